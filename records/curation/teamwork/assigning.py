"""Who takes care of an open version or report: themself, or as somebody else says."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.permissions import may
from records.curation.reports.models import Report
from records.curation.teamwork.models import Assignment
from records.models import Record

Subject = Record | Report
BACKEND = "accounts.permissions.PermissionBackend"


def permissions_for(subject: Subject) -> tuple[str, ...]:
    """Return the permissions of which one is needed to take care of it."""
    return ("change",) if isinstance(subject, Report) else ("change", "publish")


def kind_of(subject: Subject) -> str:
    return subject.kind if isinstance(subject, Report) else subject.KIND


def may_take(user: Any, subject: Subject) -> bool:
    """Return whether the user may take care of it, and say who does."""
    return may(user, kind_of(subject), *permissions_for(subject))


def candidates(subject: Subject) -> Any:
    """Return the people who may take care of it, by name."""
    users: Any = get_user_model().objects
    found = users.none()
    for permission in permissions_for(subject):
        name = f"records.{permission}_{kind_of(subject)}"
        found |= users.with_perm(name, backend=BACKEND)
    return found.filter(is_staff=True).distinct().order_by(users.model.USERNAME_FIELD)


def assignment_of(subject: Subject) -> Assignment | None:
    """Return who takes care of it; one query."""
    rows = Assignment.objects.select_related("user", "by")
    if isinstance(subject, Report):
        return rows.filter(report=subject).first()
    own = rows.filter(public_id=subject.public_id, version=subject.version, report=None)
    return own.first()


def assign(subject: Subject, to: Any, *, by: Any, seen: int | None) -> None:
    """Write down who takes care of it, nobody if `to` is None. `seen` is whom the page named:
    refuse what would undo, unseen, what somebody else did since."""
    with transaction.atomic():
        # Locked: what is published or discarded meanwhile gets no assignment after its end.
        rows = type(subject)._default_manager.select_for_update()
        found = rows.filter(pk=subject.pk).first()
        if found is None or not found.is_open:
            raise ValidationError(
                f"{subject} is not open any more: nobody has to take care of it."
            )
        if to is not None and not may_take(to, found):
            raise ValidationError(f"{to} may not work on this.")
        now = assignment_of(found)
        holder = now.user_id if now else None
        if holder == (to.pk if to else None):
            return
        if holder != seen:
            did = "the assignment ended"
            if now is not None:
                whom = "took it" if now.by_id == now.user_id else f"assigned it to {now.user}"
                did = f"{now.by} {whom}"
            raise ValidationError(f"Meanwhile {did}: look at it again.")
        if now is not None:
            now.delete()
        if to is not None:
            Assignment.objects.create(
                kind=kind_of(found),
                public_id=found.public_id,
                version=found.version,
                report=found if isinstance(found, Report) else None,
                user=to,
                by=by,
            )
