"""Saved views above a list of the admin: choosing, saving, renaming, sharing and deleting."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import URLPattern, path, reverse

from records.curation.saved_views.models import (
    LONGEST_NAME,
    LONGEST_QUERY,
    MOST_OF_A_LIST,
    SavedView,
)
from records.curation.workflow.merging import number

NOT_OF_A_VIEW = (PAGE_VAR, ERROR_FLAG, IS_POPUP_VAR, TO_FIELD_VAR)
"""Parameters of a list that are of a moment, or of the window that it is in."""

METHODS = ["GET", "HEAD", "POST"]


def normal(query: str) -> str:
    """Return the query of a list without what is of a moment, in one order, so that equal states
    are equal texts."""
    data = QueryDict(query.removeprefix("?"))
    pairs = [
        (name, value)
        for name, values in data.lists()
        if name not in NOT_OF_A_VIEW
        for value in values
        # An empty filter means what is empty, an empty search nothing.
        if value or name != SEARCH_VAR
    ]
    return urlencode(sorted(pairs))


class ViewForm(forms.Form):
    """Name of a view, and who sees it."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        error_messages={
            "required": "Give the view a name.",
            "max_length": f"Give the view a name of at most {LONGEST_NAME} characters.",
        },
    )
    is_shared = forms.BooleanField(required=False)
    query = forms.CharField(required=False)

    def clean_query(self) -> str:
        # As it is stored: characters beyond ASCII are longer in an address.
        query = normal(self.cleaned_data["query"])
        if len(query) > LONGEST_QUERY:
            raise ValidationError("The list has too many filters to be saved.")
        return query


class SavedViewsAdmin(admin.ModelAdmin):
    """Admin whose list can be saved as a view."""

    def get_urls(self) -> list[URLPattern]:
        views = path(
            "views/",
            self.admin_site.admin_view(self.saved_views_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_views",
        )
        return [views, *super().get_urls()]

    def saved_views(self, request: Any) -> dict[str, Any]:
        """Return what the list shows of views: one's own, then those that others share."""
        seen = SavedView.objects.filter(kind=self.opts.model_name).filter(
            Q(user=request.user.pk) | Q(is_shared=True)
        )
        others = Case(When(user=request.user.pk, then=Value(0)), default=Value(1))
        # One's own are all there, however many others share.
        views = list(
            seen.select_related("user").order_by(others, "name", "pk")[: SavedView.LISTED]
        )
        query = normal(request.META.get("QUERY_STRING", ""))
        current = next((view for view in views if view.query == query), None)
        return {
            "saved_views": views,
            "current_view": current,
            "view_query": query,
            "own_view": current and current.user_id == request.user.pk,
            "longest_name": LONGEST_NAME,
        }

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"views": lambda: self.saved_views(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def saved_views_view(self, request: Any) -> HttpResponse:
        """Save the state of the list, or change or delete one's own view of it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        changelist = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        query = normal(request.POST.get("query", ""))
        if request.method == "POST":
            with transaction.atomic():
                query = self.change_views(request, query)
        return HttpResponseRedirect(f"{changelist}?{query}" if query else changelist)

    def change_views(self, request: Any, query: str) -> str:
        """Do what was sent; return the query of the list to be shown."""
        # One request of a person at a time, so that several at once do not pass the bound.
        get_user_model().objects.select_for_update().get(pk=request.user.pk)
        kind = str(self.opts.model_name)
        own = SavedView.objects.filter(user=request.user, kind=kind)
        views = {view.pk: view for view in own}
        changed = None
        if key := request.POST.get("view"):
            changed = views.get(number(key) or 0)
            if changed is None:
                self.message_user(request, "You have no such view of this list.", messages.ERROR)
                return query
        if changed and "delete" in request.POST:
            changed.delete()
            self.message_user(request, f"The view “{changed}” is deleted.", messages.SUCCESS)
            return query
        form = ViewForm(request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                self.message_user(request, str(errors[0]), messages.ERROR)
            return query
        name = form.cleaned_data["name"]
        same = next((view for view in views.values() if view.name == name), None)
        if changed and same and same != changed:
            refusal = f"You have another view “{name}” of this list: choose another name."
        elif not (changed or same) and len(views) >= MOST_OF_A_LIST:
            refusal = f"“{name}” is not saved: you have {MOST_OF_A_LIST} views of this list, as "
            refusal += "many as there may be. Delete one first."
        else:
            view = changed or same or SavedView(user=request.user, kind=kind)
            view.name, view.is_shared = name, form.cleaned_data["is_shared"]
            view.query = form.cleaned_data["query"]
            view.save()
            self.message_user(request, f"The view “{name}” is saved.", messages.SUCCESS)
            return view.query
        self.message_user(request, refusal, messages.ERROR)
        return query
