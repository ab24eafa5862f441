"""Values of forms as people read them, and the values that a form changes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst


def show_value(field: Any, value: Any) -> str:
    """Return a value of a form's field as people read it."""
    if isinstance(field, forms.BooleanField):
        return "yes" if value in (True, "on") else "no"
    if value in (None, ""):
        return ""
    if isinstance(field, forms.ModelChoiceField):
        try:
            return str(field.label_from_instance(field.clean(value)))
        except ValidationError:
            return str(value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.widget.choices).get(value, value))
    return str(field.prepare_value(value))


def changed_values(form: Any, formsets: Any) -> list[list[str]]:
    """Return [label, before, after] of every value that a form and its rows change, with the
    values of rows that are added or deleted."""
    found = _changes("", form, form.changed_data)
    for formset in formsets:
        # Of "donation figure" the last word: the page names the kind of record.
        name = capfirst(str(formset.model._meta.verbose_name).rpartition(" ")[2])
        for number, row in enumerate(formset.forms, start=1):
            label = f"{name} {number}: "
            if row in formset.deleted_forms:
                found += _changes(label, row, row.fields, after=False)
            elif number > formset.initial_form_count():
                if row.has_changed():
                    found += _changes(label, row, row.fields, before=False)
            else:
                found += _changes(label, row, row.changed_data)
    return found


def _changes(
    where: str, form: Any, names: Iterable[str], *, before: bool = True, after: bool = True
) -> list[list[str]]:
    found = []
    for name in names:
        bound = form[name]
        if bound.is_hidden or name == "DELETE":
            continue
        old = show_value(bound.field, bound.initial) if before else ""
        new = show_value(bound.field, bound.data) if after else ""
        if old != new:
            found.append([where + capfirst(str(bound.label)), old, new])
    return found
