"""The history page of a record or of a party or item: every act of a curator and every public
change, over all its versions, with the drafts that were discarded."""

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import AuditEntry
from records.models import Action, Change, Contributor, ContributorRole, Record

MOST = 500
"""Latest entries that the page shows."""


def history_page(modeladmin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Return the page of all that was done to a record, party or item, latest first."""
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
    """Return the admin's log of the row; of a record, that of all its versions."""
    about = Q(object_id=str(row.pk))
    if isinstance(row, Record):
        about |= Q(object_repr__startswith=f"{row.public_id} v")
    of_kind = ContentType.objects.get_for_model(modeladmin.model)
    entries = LogEntry.objects.filter(about, content_type=of_kind).select_related("user")
    return entries.order_by("-action_time", "-pk")[:MOST]


def _act(entry: LogEntry) -> dict[str, Any]:
    """Return who did what and when, and the values that it changed."""
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
    """Return its public changes, latest first, and who published each: by the audit log, or, for
    what was published before there was one, the approver."""
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
