"""Notices: one mail to each person, with the versions that wait for their review or were returned
to them, if there is anything new.

Mail is read by others on its way, so it has ids, titles, names and links: no text, no comment, no
reason.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from aidapi.addresses import origin_of
from records.curation.notices.models import SentNotice
from records.curation.workflow.worklist import OLDEST, WORK
from records.models import KINDS, Contributor, ContributorRole, Record

MAX_LISTED = 50
"""Versions that a mail lists of each sort; it says how many more there are."""
PARTS = {
    "review": ("publish", "approve", "Waiting for your review", "to review"),
    "returned": ("change", "change", "Returned to you", "returned to you"),
}
"""Work that is notified of → the permission that it needs, the page that it links to, its heading
and its words in the subject."""


class Result(StrEnum):
    SENT = "sent"
    NOT_DUE = "not due yet"
    NOTHING_NEW = "with nothing new"


@dataclass(frozen=True)
class Item:
    """A version that a notice lists."""

    record: Record
    work: str
    by: str

    @property
    def key(self) -> str:
        """What distinguishes it from the same version submitted or returned another time."""
        record = self.record
        said = record.digest if self.work == "review" else record.review_comment
        mark = hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
        return f"{self.work}:{record.public_id}:{record.version}:{mark}"

    @property
    def address(self) -> str:
        page = PARTS[self.work][1]
        path = reverse(f"admin:records_{self.record.KIND}_{page}", args=[self.record.pk])
        return origin_of(settings.PUBLIC_URL) + path


def recipients() -> Any:
    """Return the users who can sign in to the admin and have an address."""
    users = get_user_model().objects.filter(is_active=True, is_staff=True)
    return users.exclude(email="").order_by("pk")


def waiting(user: Any) -> list[Item]:
    """Return what waits for the user, the oldest first; nothing that they may not do."""
    found = []
    for work, (permission, *_) in PARTS.items():
        rows: list[Any] = []
        for kind, model in KINDS.items():
            if may(user, kind, permission):
                rows += (
                    model._default_manager.filter(WORK[work][1](user))
                    .only("public_id", "version", "title", "digest", "review_comment", OLDEST[0])
                    .order_by()
                )
        rows.sort(key=lambda row: tuple(getattr(row, name) for name in OLDEST))
        names = editors(rows) if work == "review" else {}
        for row in rows:
            returned_by = row.review_comment.partition(": ")[0]
            if work == "review":
                found.append(
                    Item(row, work, ", ".join(names.get((row.public_id, row.version), [])))
                )
            elif returned_by != user.get_username():
                found.append(Item(row, work, returned_by))
    return found


def editors(records: Iterable[Record]) -> dict[tuple[str, int], list[str]]:
    """Return (id, version) → the names of its editors."""
    found: dict[tuple[str, int], list[str]] = {}
    rows = Contributor.objects.filter(
        public_id__in=[record.public_id for record in records], role=ContributorRole.EDITOR
    )
    for public_id, version, name in rows.order_by("at", "pk").values_list(
        "public_id", "version", "user__username"
    ):
        found.setdefault((public_id, version), []).append(name)
    return found


def notify(user: Any) -> Result:
    """Send the user a notice, if it is due and something is new. That it was sent is written
    first, so that of two processes one sends it, and taken back if the server refuses it."""
    sent, _ = SentNotice.objects.get_or_create(user=user)
    now = timezone.now()
    items = waiting(user)
    listed = set(sent.items)
    still = [item.key for item in items if item.key in listed]
    if len(still) < len(sent.items):
        SentNotice.objects.filter(pk=sent.pk, at=sent.at).update(items=still)
    if len(still) == len(items):
        return Result.NOTHING_NEW
    if sent.at and now - sent.at < timedelta(hours=settings.NOTICE_HOURS):
        return Result.NOT_DUE
    if not SentNotice.objects.filter(pk=sent.pk, at=sent.at).update(
        at=now, items=[item.key for item in items]
    ):
        return Result.NOT_DUE
    try:
        send_mail(subject(items), body(items, listed), None, [user.email])
    except Exception:
        SentNotice.objects.filter(pk=sent.pk, at=now).update(at=sent.at, items=still)
        raise
    return Result.SENT


def of(items: list[Item], work: str) -> list[Item]:
    return [item for item in items if item.work == work]


def subject(items: list[Item]) -> str:
    parts = [
        f"{len(of(items, work))} {words}" for work, (*_, words) in PARTS.items() if of(items, work)
    ]
    return f"AidAPI: {', '.join(parts)}"


def body(items: list[Item], listed: set[str]) -> str:
    """Return the lists, what is new first; `listed` has the keys of the last notice."""
    lines = []
    for work, (_, _, heading, _) in PARTS.items():
        rows = sorted(of(items, work), key=lambda item: item.key in listed)
        if not rows:
            continue
        lines += [f"{heading}: {len(rows)}", ""]
        for item in rows[:MAX_LISTED]:
            record = item.record
            new = "" if item.key in listed else "New: "
            # Titles are typed: without line breaks, they cannot look like another entry.
            title = " ".join(record.title.split())
            lines += [f"{new}{record.public_id} v{record.version}: {title}"]
            lines += [f"by {item.by}"] if item.by else []
            lines += [item.address, ""]
        if len(rows) > MAX_LISTED:
            lines += [f"… and {len(rows) - MAX_LISTED} more.", ""]
    home = origin_of(settings.PUBLIC_URL) + reverse("admin:index")
    lines += [
        f"Your worklist: {home}",
        "You get this because your account has this address. An administrator can remove it.",
    ]
    return "\n".join(lines) + "\n"
