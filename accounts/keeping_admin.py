"""Admin whose forms are kept while they are typed, and saved once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import AdminErrorList
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.kept_forms import fill, not_saved, offered
from accounts.saved_once import save_once

GONE = (
    "You saved this form before, and what was made of it is not there any more, so nothing was "
    "saved now. Save once more to make it again."
)


class KeepingAdmin(admin.ModelAdmin):
    """Admin that offers what was typed and not saved, and shows a kept form again, filled."""

    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        kept = getattr(request, "kept_form", None)
        reason = getattr(request, "saved_before", "") or (kept and not_saved(kept))
        return refusing(form, reason) if reason else form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        fill(request)
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        kept = getattr(request, "kept_form", None)
        if object_id is not None or request.method != "POST" or kept is not None:
            return view()
        return save_once(request, view, again=partial(self.again, request, view))

    def response_add(
        self, request: Any, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        request.made = obj.pk
        return super().response_add(request, obj, post_url_continue)

    def again(
        self, request: Any, view: Callable[[], HttpResponse], key: str, *, is_same: bool
    ) -> HttpResponse:
        """Return what the form that made the row of that key leads to, sent again: to the same
        as before or, with other values, to the form, which asks what they are meant for."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=key).first()
        if row is not None and is_same:
            return self.response_again(request, row)
        request.saved_before = GONE
        if row is not None:
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            request.saved_before = format_html(
                'You saved this form before, as <a href="{}">{}</a>, with other values, so '
                "nothing was saved now. Change them there; or save once more to make another one.",
                reverse(page, args=[row.pk]),
                row,
            )
        return view()

    def response_again(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Return the response to a form that was saved before."""
        return self.response_add(request, row)

    def render_change_form(
        self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        kept = getattr(request, "kept_form", None)
        if kept is not None and not kept.is_sent:
            # It was not finished: what it lacks is no error yet.
            context["continued"] = not_saved(kept)
            without_errors(context)
        elif request.method == "GET" and (
            self.has_add_permission(request)
            if kwargs["add"]
            else self.has_change_permission(request)
        ):
            context["offered"] = offered(request)
        return super().render_change_form(request, context, *args, **kwargs)


def without_errors(context: dict[str, Any]) -> None:
    """Let the page of a form show what was typed, and nothing of what is wrong with it."""
    form = context["adminform"].form
    form._errors = ErrorDict()
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    for formset in formsets:
        formset._non_form_errors = formset.error_class()
        formset._errors = [ErrorDict() for _ in formset.forms]
        for row in formset.forms:
            row._errors = ErrorDict()
    context["errors"] = AdminErrorList(form, formsets)


def refusing(form: Any, reason: str) -> Any:
    """Return the form as one that is never valid, for that reason."""

    class Refusing(form):
        def full_clean(self) -> None:
            super().full_clean()
            if self.is_bound:
                self.add_error(None, ValidationError(reason, code="kept"))

    return Refusing
