"""Narrowing a list to a year, a month or a day."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest

from aidapi.dates import LENGTHS, in_words, parsed, span
from records.query.filters.dates import not_after, not_before

INNER = {None: "year", "year": "month", "month": "day"}
"""What a choice is narrowed to next."""


class KnownDateFilter(admin.SimpleListFilter):
    """A date as far as it is known: its years, of a chosen year the months, of a month the days.
    Chosen is what may lie there, as in the API: a date known to the year may lie in any month."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen: str | None = self.value()
        precision = None
        found: list[str] = []
        if chosen:
            _, precision = known(chosen)
            found = [
                chosen[:length] for length in sorted(LENGTHS.values()) if length <= len(chosen)
            ]
        if precision in INNER:
            length = LENGTHS[INNER[precision]]
            keys = model_admin.model._default_manager.filter(
                **{f"{self.column}__startswith": chosen or ""}
            )
            inner = keys.order_by().values_list(Left(self.column, length), flat=True).distinct()
            found += sorted(key for key in inner if len(key) == length)
        return [(key, in_words(key)) for key in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen: str | None = self.value()
        if not chosen:
            return queryset
        first, last = span(*known(chosen))
        return queryset.filter(not_before(self.column, first), not_after(self.column, last))


class AsOfFilter(KnownDateFilter):
    title = "as of"
    parameter_name = "as_of"
    column = "as_of_key"


class PublicationFilter(KnownDateFilter):
    title = "published on"
    parameter_name = "published_on"
    column = "published_on_key"


def known(text: str) -> Any:
    """Return the first day of a chosen date and its precision; refuse what is no date."""
    try:
        return parsed(text)
    except ValueError as error:
        raise IncorrectLookupParameters(error) from error
