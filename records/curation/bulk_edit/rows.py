"""One draft of a bulk edit: what its form would send, what changes, and the save of that form."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.contrib.messages.storage.base import BaseStorage
from django.db import transaction
from django.forms.formsets import all_valid
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst

from records.curation.bulk_edit.forms import REASON, Edits, edited
from records.curation.workflow.form_changes import changed_values
from records.curation.workflow.merging import typed
from records.models import Record, State

CHANGED_MEANWHILE = "Somebody saved it after this page was opened: look at it again."


@dataclass
class EditedRow:
    """A draft, the values that an edit changes, and the errors that prevent it."""

    record: Record
    seen: int
    """Number of saves of the draft that the page showed."""
    changes: list[list[str]] = field(default_factory=list)
    """[label, before, after]."""
    problems: list[str] = field(default_factory=list)
    is_saved: bool = False


class Aside(BaseStorage):
    """Messages of single saves, of which a page of many has its own."""

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any], bool]:
        return [], True

    def _store(self, messages: Any, response: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return []


def edit_row(
    admin: Any, request: HttpRequest, row: EditedRow, edits: Edits, *, save: bool
) -> None:
    """Note in the row what the edit changes and what prevents it; save it as its form would."""
    with transaction.atomic():
        sent: Any = copy(request)
        sent._messages = Aside(sent)
        # Locked, as for any save.
        record = admin.get_object(sent, str(row.record.pk))
        if refusal := not_editable(admin, request, record):
            row.problems = [refusal]
            return
        sent.POST = data = untouched(admin, sent, record)
        there = admin.get_form(sent, record, change=True).base_fields
        for (name, how), text in edits.items():
            if name in there:
                value = edited(typed(there[name], data.get(name, "")), how, text)
                data[name] = value.replace("\n", "\r\n")
            elif name != REASON:
                row.problems.append(f"Its milestones decide its {name}.")
        form = admin.get_form(sent, record, change=True)(data, {}, instance=record)
        is_valid = form.is_valid()
        if is_valid:
            # As Django's view of a form does: not yet written.
            admin.save_form(sent, form, change=True)
        formsets, _ = admin._create_formsets(sent, form.instance, change=True)
        is_valid = all_valid(formsets) and is_valid
        row.problems += errors_of(form, formsets)
        row.changes = changed_values(form, formsets)
        # Sent twice, it has all of it already.
        if row.changes and record.edits != row.seen:
            row.problems.insert(0, CHANGED_MEANWHILE)
        if not save or row.problems or not is_valid or not row.changes:
            return
        admin.save_model(sent, form.instance, form, change=True)
        admin.save_related(sent, form, formsets, change=True)
        message = admin.construct_change_message(sent, form, formsets, False)
        admin.log_change(sent, form.instance, message)
        row.is_saved = True


def not_editable(admin: Any, request: HttpRequest, record: Any) -> str:
    """Return why a version is not edited with others; empty if it may be."""
    if record is None:
        return "It is not there any more."
    if record.state == State.IN_REVIEW:
        return "It is in review: return it for changes first, or edit it on its page."
    if record.state != State.DRAFT:
        return f"It is {record.get_state_display()}: only drafts are edited."
    return "" if admin.has_change_permission(request, record) else "You may not change it."


def untouched(admin: Any, request: Any, record: Record) -> QueryDict:
    """Return what a browser would send back from the draft's page if nobody changed it."""
    shown = copy(request)
    # The forms of a page that is only looked at.
    shown.method = "GET"
    form = admin.get_form(shown, record, change=True)(instance=record)
    formsets, _ = admin._create_formsets(shown, record, change=True)
    data = QueryDict(mutable=True)
    for part in [form, *(each for one in formsets for each in (one.management_form, *one.forms))]:
        for name, value in values_of(part):
            data[name] = value
    return data


def values_of(form: Any) -> Iterator[tuple[str, str]]:
    """Yield names and values that a form sends: none of boxes that are not ticked."""
    for bound in form:
        value = bound.value()
        if value is True:
            yield bound.html_name, "on"
        elif value is not False:
            text = "" if value is None else str(value)
            yield bound.html_name, text.replace("\r\n", "\n").replace("\n", "\r\n")


def errors_of(form: Any, formsets: Any) -> list[str]:
    """Return the errors of a form and its rows, each with the field that it is about."""
    found = list(sentences(form, ""))
    for formset in formsets:
        found += map(str, formset.non_form_errors())
        name = capfirst(str(formset.model._meta.verbose_name).rpartition(" ")[2])
        for number, row in enumerate(formset.forms, start=1):
            found += sentences(row, f"{name} {number}: ")
    return found


def sentences(form: Any, where: str) -> Iterator[str]:
    for name, errors in form.errors.items():
        label = "" if name == "__all__" else f"{capfirst(str(form.fields[name].label or name))}: "
        for error in errors:
            yield f"{where}{label}{error}"
