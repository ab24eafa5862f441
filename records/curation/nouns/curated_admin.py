"""What all pages of curators share, of records as of vocabularies: form fields, folded search, and
the refusal to overwrite unseen changes."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts.keeping_admin import KeepingAdmin
from accounts.kept_forms import fill, typed_values
from accounts.lookups import WholeLookups
from aidapi.fields import NumberField
from records.curation.saved_views.pages import SavedViewsAdmin
from records.curation.workflow.form_changes import changed_values
from records.curation.workflow.history import history_page
from records.models import fold, plain

MAX_SEARCH = 200
MAX_WORDS = 10
STALE = (
    "Somebody saved this after you opened it, so nothing was written. Compare above, copy what "
    "you wrote, load the page again and enter it there."
)


class UnchangingField(forms.IntegerField):
    """A hidden number beside the content: it alone never makes a form a changed one."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class ExactField(forms.DecimalField):
    """A figure's number, shown without the zeros that pad it in the database."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "vTextField exact"})
    GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", re.ASCII)

    def to_python(self, value: Any) -> Any:
        """Read a number, also with a comma before each three digits."""
        if isinstance(value, str) and self.GROUPED.fullmatch(value.strip()):
            value = value.replace(",", "")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else plain(value)


class VerbatimField(forms.CharField):
    """Text in which places are numbered: a line break is one character, as browsers show it, not
    the two that they send."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != self.to_python(initial)


class LinesField(forms.CharField):
    """A list of words or names, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        # Changes are found against the database, not against a copy sent along.
        super().__init__(**kwargs | {"show_hidden_initial": False})
        self.help_text = f"{self.help_text} One a line."

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def run_validators(self, value: list[str]) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])


def short(field: str) -> Callable[[Any, Any], str]:
    """A column of a list that shows a choice by its code; the labels explain, and are long."""

    @admin.display(description=field.replace("_", " "), ordering=field)
    def shown(modeladmin: Any, row: Any) -> str:
        return getattr(row, field).replace("_", " ")

    return shown


class SeenForm(forms.ModelForm):
    """A form that knows which save of its row it was opened on: `seen` comes back with the form
    and is compared with the row's `COUNTER`, read under the lock of the save."""

    COUNTER: ClassVar[str]

    seen = UnchangingField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = getattr(self.instance, self.COUNTER)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.instance._state.adding and cleaned.get("seen") != self.initial["seen"]:
            raise ValidationError(STALE, code="stale")
        return cleaned


class CuratedAdmin(WholeLookups, SavedViewsAdmin, KeepingAdmin):
    """A noun that curators edit."""

    change_form_template = "admin/records/curated_change_form.html"
    change_list_template = "admin/records/curated_change_list.html"
    list_per_page = 50
    # Both cost a second count of the whole table on every page.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    formfield_overrides: ClassVar = {
        models.JSONField: {"form_class": LinesField},
        NumberField: {"form_class": ExactField},
        models.TextField: {
            "widget": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
        },
        models.URLField: {"assume_scheme": "https"},
    }

    class Media:
        css: ClassVar = {"all": ["records/admin/curation.css"]}
        js: ClassVar = ["records/admin/unsaved.js", "records/admin/labels.js"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here: drafts are discarded, records withdrawn, vocabularies kept."""
        return False

    def user_may(self, request: HttpRequest, permission: str) -> bool:
        """Whether the user has the model's permission, whatever the state of a row."""
        name = f"{self.opts.app_label}.{permission}_{self.opts.model_name}"
        return request.user.has_perm(name)

    def matching(self, word: str) -> models.Q:
        """The rows in which a folded word of a search occurs."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Return the rows in which every word occurs. Folded words are compared with folded
        columns, so that both databases find the same; relations are subqueries, so that no row
        comes twice."""
        for word in fold(search_term[:MAX_SEARCH]).split()[:MAX_WORDS]:
            queryset = queryset.filter(self.matching(word))
        return queryset, False

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Do an action with the rows that were chosen; what can be no row's key is refused."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError:
            self.message_user(request, "Choose rows of this list.", messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        fill(request)
        if request.method == "POST" and super().has_change_permission(request):
            found = self.get_object(request, unquote(object_id))
            if found is None or not self.has_change_permission(request, found):
                return self.gone(request, found)
        return super().change_view(request, object_id, form_url, extra_context)

    def gone(self, request: HttpRequest, found: Any) -> HttpResponse:
        """Return what was typed, where the row was published or discarded meanwhile."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Not saved",
            "opts": self.opts,
            "media": self.media,
            "original": found,
            "typed": typed_values(request.POST),
        }
        return TemplateResponse(request, "admin/records/not_saved.html", context, status=409)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        if form.is_bound and form.has_error("__all__", code="stale"):
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            context["differences"] = changed_values(form, formsets)
        return super().render_change_form(request, context, *args, **kwargs)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return the entry of the admin's history; none where nothing was saved."""
        if getattr(form.instance, "untouched", False):
            return []
        message = super().construct_change_message(request, form, formsets, add)
        return message if add else [*message, {"values": changed_values(form, formsets)}]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return history_page(self, request, object_id)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if getattr(obj, "untouched", False):
            self.message_user(request, "There was nothing to save.", messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)


def touched(form: forms.ModelForm, formsets: Any) -> bool:
    """Whether a save would change anything."""
    return bool(form.changed_data) or any(
        formset.has_changed() or getattr(formset, "reordered", False) for formset in formsets
    )
