"""Who changed what and when: the values that a save changed, and the page that tells of a record
or term all that was ever done to it, over its versions, drafts that are gone included."""

import json
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from accounts.models import AuditEntry
from records.models import (
    Action,
    Change,
    Contributor,
    ContributorRole,
    Record,
)

MOST = 500
"""So many of the newest entries are shown."""


def changed_values(form: Any, formsets: Any) -> list[list[str]]:
    """[field, before, after] of every value that the save changed, rows that came or went too."""
    found = _of_form("", form, form.changed_data)
    for formset in formsets:
        # Of "donation figure" the last word: which record it is, the page says.
        name = capfirst(str(formset.model._meta.verbose_name).rpartition(" ")[2])
        for n, row in enumerate(formset.forms, start=1):
            label = f"{name} {n}: "
            if row in formset.deleted_forms:
                found += _of_form(label, row, row.fields, after=False)
            elif n > formset.initial_form_count():
                if row.has_changed():
                    found += _of_form(label, row, row.fields, before=False)
            else:
                found += _of_form(label, row, row.changed_data)
    return found


def _of_form(
    where: str, form: Any, names: Any, *, before: bool = True, after: bool = True
) -> list[list[str]]:
    found = []
    for name in names:
        bound = form[name]
        if bound.is_hidden or name == "DELETE":
            continue
        old = _told(bound.field, bound.initial) if before else ""
        new = _told(bound.field, bound.data) if after else ""
        if old != new:
            found.append([where + capfirst(str(bound.label)), old, new])
    return found


def shown(field: forms.Field, value: Any) -> Any:
    """The value of a form's field as a person reads it."""
    if isinstance(field, forms.ModelChoiceField):
        try:
            return field.label_from_instance(field.clean(value)) if value else ""
        except ValidationError:
            return value
    if isinstance(field, forms.ChoiceField):
        return dict(field.widget.choices).get(value, value)
    return field.prepare_value(value)


def _told(field: Any, value: Any) -> str:
    if isinstance(value, bool) or value in ("on", "off"):
        return "yes" if value in (True, "on") else "no"
    told = shown(field, value)
    return "" if told is None else str(told)


def history_page(modeladmin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """All that was done to a record or term, by people and in public, newest first."""
    row = modeladmin.get_object(request, unquote(object_id))
    if row is None:
        return modeladmin._get_obj_does_not_exist_redirect(request, modeladmin.opts, object_id)
    if not modeladmin.has_view_or_change_permission(request, row):
        raise PermissionDenied
    name = row.public_id if isinstance(row, Record) else row.code
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": f"History of {name}",
        "opts": modeladmin.opts,
        "media": modeladmin.media,
        "object": row,
        "name": name,
        "acts": [_act(entry) for entry in _entries(modeladmin, row)],
        "changes": _changes(row, name),
    }
    return TemplateResponse(request, "admin/records/history.html", context)


def _entries(modeladmin: Any, row: Any) -> Any:
    """The admin's log of the row; of a record in all its versions, which its name begins with."""
    about = Q(object_id=str(row.pk))
    if isinstance(row, Record):
        about |= Q(object_repr__startswith=f"{row.public_id} v")
    of_kind = ContentType.objects.get_for_model(modeladmin.model)
    entries = LogEntry.objects.filter(about, content_type=of_kind).select_related("user")
    return entries.order_by("-action_time", "-pk")[:MOST]


def _act(entry: LogEntry) -> dict[str, Any]:
    """Who did what and when, and the values that it changed."""
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        parts = []
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    reasons = [part["reason"] for part in parts if "reason" in part]
    if entry.is_deletion():
        text = f"Discarded. {entry.change_message}"
    else:
        text = reasons[0] if reasons else entry.get_change_message()
    version = entry.object_repr.partition(":")[0].rpartition(" v")[2]
    return {
        "at": entry.action_time,
        "user": entry.user,
        "version": version if version.isdigit() else "",
        "text": text,
        "values": [value for part in parts for value in part.get("values", ())],
    }


def _changes(row: Any, name: str) -> list[dict[str, Any]]:
    """What readers saw of it, revision by revision, and by whom: the audit log knows, and the
    approver's hand of what was published before there was one."""
    changes = list(
        Change.objects.filter(kind=row.KIND, public_id=name)
        .select_related("revision")
        .order_by("-revision_id", "-position")
    )
    audited = dict(
        AuditEntry.objects.filter(
            act="published", about__in={f"revision {change.revision_id}" for change in changes}
        ).values_list("about", "person")
    )
    approvers = dict(
        Contributor.objects.filter(public_id=name, role=ContributorRole.APPROVER).values_list(
            "version", "user__username"
        )
    )
    return [
        {
            "change": change,
            "by": audited.get(f"revision {change.revision_id}")
            or (change.action != Action.WITHDRAWN and approvers.get(change.version))
            or "",
        }
        for change in changes
    ]
