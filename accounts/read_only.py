"""Read-only admin pages for history and logs."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts.lookups import WholeLookups

MAX_SEARCH = 200
"""Maximum length of a search text in characters; the rest is ignored."""


class ReadOnlyAdmin(WholeLookups, admin.ModelAdmin):
    """Admin of a table that can be read and searched, not written."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["records/admin/curation.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        return super().get_search_results(request, queryset, search_term[:MAX_SEARCH])
