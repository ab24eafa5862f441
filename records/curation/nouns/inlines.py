"""The rows of a record: parties in their roles, figures with their evidence, links."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Value, When
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property

from aidapi.fields import NumberField
from records.curation.nouns.curated_admin import (
    ExactField,
    LinesField,
    UnchangingField,
    VerbatimField,
)
from records.models import (
    MAX_FIGURES,
    MAX_LINKS,
    MAX_PARTIES,
    Statement,
    VocabularyEntry,
    plain,
)
from records.models.quotes import find_quote


class RowSelect(AutocompleteSelect):
    """A search box that has the choice of its row, so that showing it needs no query."""

    held: Any = None

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        chosen = [str(one) for one in value if self.may_be_key(one)]
        if chosen:
            if self.held is None or chosen != [str(self.held.pk)]:
                return super().optgroups(name, chosen, attr)
            label = self.choices.field.label_from_instance(self.held)
            options.append(self.create_option(name, self.held.pk, label, True, 0))
        return [(None, options, 0)]

    def may_be_key(self, value: Any) -> bool:
        """Whether a choice may exist; what was sent may be no key at all."""
        try:
            self.choices.queryset.model._meta.pk.to_python(value)
        except ValidationError:
            return False
        return value not in self.choices.field.empty_values


class HeldForm(forms.ModelForm):
    """A row whose search boxes hold what the row refers to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, held in self.instance._state.fields_cache.items():
            widget = getattr(self.fields.get(name), "widget", None)
            if isinstance(search := getattr(widget, "widget", None), RowSelect):
                search.held = held


class RowForm(HeldForm):
    """A row that has a place among others."""

    place = UnchangingField(required=False, min_value=0)


class KeyField(forms.ModelChoiceField):
    """The key of a row, whose formset has read it already."""

    rows: Mapping[Any, Any] = MappingProxyType({})

    def to_python(self, value: Any) -> Any:
        return self.rows.get(value) or super().to_python(value)


class RecordFormSet(BaseInlineFormSet):
    """Rows of a record. The empty row that new ones are copies of is made once, not each time a
    page refers to it; and no row is read once more to find out that it exists."""

    @cached_property
    def rows(self) -> dict[str, Any]:
        return {str(row.pk): row for row in self.get_queryset()}

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        model: Any = self.model
        name = model._meta.pk.name
        key: Any = form.fields[name]
        field = KeyField(key.queryset, initial=key.initial, required=False, widget=key.widget)
        field.rows = self.rows if self.is_bound else {}
        form.fields[name] = field

    @cached_property
    def empty_form(self) -> forms.ModelForm:
        return super().empty_form


class RowFormSet(RecordFormSet):
    """Rows in an order: `place` is the place of a row on the page, kept up by rows.js; a new
    row without it comes last."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if index is not None and index < self.initial_form_count():
            form.initial["place"] = index

    def in_order(self) -> list[forms.ModelForm]:
        def place(form: forms.ModelForm) -> tuple[bool, int]:
            at = getattr(form, "cleaned_data", {}).get("place")
            return (at is None, at or 0)

        return sorted(self.forms, key=place)

    @property
    def reordered(self) -> bool:
        return self.in_order() != self.forms

    def write_positions(self) -> None:
        """Number the saved rows in their order, from 0, parties within their role."""
        counts: Counter[str] = Counter()
        for form in self.in_order():
            row = form.instance
            if row.pk is None:  # left empty, or deleted
                continue
            role = getattr(row, "role", "")
            if row.position != counts[role]:
                row.position = counts[role]
                row.save(update_fields=["position"])
            counts[role] += 1


class OfRecord(InlineModelAdmin):
    """Rows are part of their record: who may edit the one may edit the others."""

    formset = RecordFormSet
    formfield_overrides = {
        models.JSONField: {"form_class": LinesField},
        models.TextField: {
            "widget": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        },
        NumberField: {"form_class": ExactField},
    }

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", RowSelect(db_field, self.admin_site))
        if issubclass(db_field.related_model, VocabularyEntry):
            kwargs.setdefault("queryset", db_field.related_model.with_proposed.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Refuse rows beyond `max_num`, which Django by default only stops offering."""
        made = super().get_formset(request, obj, validate_max=self.max_num is not None, **kwargs)
        rows = str(self.verbose_name_plural).lower()
        made.default_error_messages = made.default_error_messages | {
            "too_many_forms": f"A record has at most %(num)d {rows}: divide it into several, and "
            f"link them."
        }
        return made

    def writable(self, request: HttpRequest, obj: Any) -> bool:
        parent = self.admin_site.get_model_admin(self.parent_model)
        if obj is None:
            return parent.has_add_permission(request)
        return parent.has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        parent = self.admin_site.get_model_admin(self.parent_model)
        return parent.has_view_or_change_permission(request, obj) or self.writable(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writable(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writable(request, obj)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """One empty row on a new record; on others the button below the rows adds one."""
        return 1 if obj is None else 0


class PartyFormSet(RowFormSet):
    """A new record has a row for each of its main roles; one without a party is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial_extra = [{"role": role} for role in self.instance.MAIN_ROLES]


class PartyInline(OfRecord, admin.TabularInline):
    """Parties by role, and within a role in the order that readers see."""

    form = RowForm
    formset = PartyFormSet
    autocomplete_fields = ["party"]
    max_num = MAX_PARTIES
    verbose_name = "party"
    verbose_name_plural = "Parties"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["role", "party", *(["place"] if self.writable(request, obj) else [])]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return len(self.parent_model.MAIN_ROLES) if obj is None else 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        roles = Case(
            *(When(role=role, then=Value(n)) for n, role in enumerate(self.parent_model.ROLES))
        )
        rows = super().get_queryset(request).select_related("party")
        return rows.order_by(roles, "position", "pk")

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "role":
            roles = [(role, role) for role in self.parent_model.ROLES]
            return forms.ChoiceField(
                choices=[("", "---------"), *roles], label="Role", help_text=db_field.help_text
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class LinkInline(OfRecord, admin.TabularInline):
    """Links to other records, by public id."""

    fields = ["type", "target"]
    max_num = MAX_LINKS
    verbose_name = "link"
    verbose_name_plural = "Links"

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0


def statement_label(statement: Statement) -> str:
    """Return the label of a statement in a choice: title, publisher, date and version."""
    state = "" if statement.state == "published" else f", {statement.get_state_display()}"
    return (
        f"{statement.title} · {statement.publisher}, {statement.published_on_key} "
        f"({statement.public_id} v{statement.version}{state})"
    )


class StatementChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return statement_label(obj)


class StatementSelect(RowSelect):
    """A search of statements that offers what a figure or milestone may rest on."""

    url_name = "%s:records_statement_autocomplete"


def bare(column: str) -> Callable[[Any, Any], Any]:
    """A read-only column that shows a number without its padding."""

    @admin.display(description=column, empty_value="-")
    def shown(inline: Any, figure: Any) -> Any:
        return plain(getattr(figure, column))

    return shown


class EvidenceForm(HeldForm):
    """A row and the words that bear it. `at` is where they were selected in the statement's
    text, in characters; without it they are looked for. `preset` is the statement that new rows
    begin with."""

    at = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        label="Place in the text",
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, preset: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["at"] = self.instance.offset
        elif preset is not None:
            self.initial.setdefault("statement", preset)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        statement, quote, at = (cleaned.get(name) for name in ("statement", "quote", "at"))
        if not statement or not quote:
            return cleaned
        text = statement.text
        chosen = "at" in self.changed_data
        place = find_quote(quote, text, at if chosen else self.instance.offset)
        if place:
            cleaned["quote"] = text[slice(*place)]
        if chosen and at is not None and (place is None or place[0] != at):
            self.add_error(
                "quote",
                "These words are not where they were selected in the statement's text: "
                "select them again.",
            )
        elif chosen and text:
            self.instance.offset = at
        elif not text and {"quote", "statement"} & set(self.changed_data):
            self.instance.offset = self.instance.quote_found = None
        return cleaned


class FigureForm(EvidenceForm, RowForm):
    """A figure in its place, and the words that bear it."""


class EvidenceInline(OfRecord, admin.StackedInline):
    """Rows that rest on statements."""

    form = EvidenceForm
    RELATED: ClassVar[tuple[str, ...]] = ("statement",)
    """What the rows refer to, as names to select with them."""

    @admin.display(description="Quote found")
    def found(self, row: Any) -> str:
        if row.pk is None:
            return "-"
        if row.quote_found is None:
            return "unknown: the statement's text is not on file"
        if row.quote_found:
            return f"in the statement's text, at character {row.offset}"
        return "not in the statement's text"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["found"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        # Without the statements' full texts, which no label needs.
        rows = super().get_queryset(request).select_related(*self.RELATED)
        return rows.defer("statement__text")

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "quote":
            kwargs["form_class"] = VerbatimField
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "statement":
            kwargs["form_class"] = StatementChoiceField
            kwargs["widget"] = StatementSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MilestoneInline(EvidenceInline):
    """A stage that all of it reached, when, and the words that say so."""

    verbose_name = "milestone"
    verbose_name_plural = "Milestones"

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        says = ["statement", "quote", "quote_translation", "found", "quote_reason"]
        says += ["at"] if self.writable(request, obj) else []
        return [
            ("What happened", {"fields": ["stage", ("date", "date_precision", "dated")]}),
            ("Who says so", {"fields": says}),
        ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """In the order in which readers see them, as far as a database can sort them."""
        return super().get_queryset(request).order_by("date", "pk")


class FigureInline(EvidenceInline):
    """A number, how it counts, and the words that bear it."""

    form = FigureForm
    formset = RowFormSet
    autocomplete_fields = ["item"]
    max_num = MAX_FIGURES
    verbose_name = "figure"
    verbose_name_plural = "Figures"
    NUMBERS = ("value", "lower", "upper")
    RELATED = ("item", "statement")

    bare_value, bare_lower, bare_upper = map(bare, NUMBERS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        numbers = [] if self.writable(request, obj) else [f"bare_{name}" for name in self.NUMBERS]
        return ["found", *numbers]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        writable = self.writable(request, obj)
        numbers = self.NUMBERS if writable else tuple(f"bare_{name}" for name in self.NUMBERS)
        says = ["statement", "quote", "quote_translation", "found", "quote_reason"]
        says += ["at", "place"] if writable else []
        return [
            (
                "What",
                {
                    "fields": [
                        ("measure", "operator"),
                        numbers,
                        ("item", "unit", "currency"),
                        ("party_type", "party_role"),
                    ]
                },
            ),
            (
                "How it counts",
                {"fields": [("basis", "countable", "countable_reason"), ("rank", "rank_reason")]},
            ),
            ("Who says so", {"fields": says}),
        ]
