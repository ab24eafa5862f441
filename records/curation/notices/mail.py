"""Notices: one mail to each person, with the versions that wait for their review, were returned or
assigned to them, and the threads in which others have the last word, if there is anything new.

Mail is read by others on its way, so it has ids, titles, names and links: no text, no comment, no
reason.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from aidapi.addresses import origin_of
from records.content.lines import titles_of
from records.curation.notices.models import SentNotice
from records.curation.teamwork.models import Assignment, Thread
from records.curation.teamwork.sections import page_of
from records.curation.workflow.worklist import OLDEST, WORK
from records.models import KINDS, Contributor, ContributorRole, Record

MAX_LISTED = 50
"""Versions that a mail lists of each sort; it says how many more there are."""
PARTS = {
    "review": ("Waiting for your review", "to review"),
    "returned": ("Returned to you", "returned to you"),
    "assigned": ("Assigned to you", "assigned to you"),
    "threads": ("Comments for you", "with comments"),
}
"""Work that is notified of → its heading, and its words in the subject."""
WORKED_ON = {"review": ("publish", "approve"), "returned": ("change", "change")}
"""Work with versions → the permission that it needs, and the page that it links to."""


class Result(StrEnum):
    SENT = "sent"
    NOT_DUE = "not due yet"
    NOTHING_NEW = "with nothing new"


@dataclass(frozen=True)
class Item:
    """What a notice lists: a version, a report or a thread."""

    work: str
    name: str
    """Id and version of the record."""
    title: str
    by: str
    path: str
    mark: str
    """What distinguishes it from the same submitted, returned, assigned or commented on another
    time."""

    @property
    def key(self) -> str:
        return f"{self.work}:{self.name.replace(' v', ':')}:{self.mark}"

    @property
    def address(self) -> str:
        return origin_of(settings.PUBLIC_URL) + self.path


def recipients() -> Any:
    """Return the users who can sign in to the admin and have an address."""
    users = get_user_model().objects.filter(is_active=True, is_staff=True)
    return users.exclude(email="").order_by("pk")


def waiting(user: Any) -> list[Item]:
    """Return what waits for the user, the oldest first; nothing that they may not do."""
    return [
        *chain.from_iterable(versions(user, work) for work in WORKED_ON),
        *assigned(user),
        *comments(user),
    ]


def versions(user: Any, work: str) -> list[Item]:
    """Return the versions that wait for the user's review, or that were returned to them."""
    permission, page = WORKED_ON[work]
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
    found = []
    for row in rows:
        by = ", ".join(names.get((row.public_id, row.version), []))
        if work == "returned":
            by = row.review_comment.partition(": ")[0]
            if by == user.get_username():
                continue
        said = row.digest if work == "review" else row.review_comment
        mark = hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
        path = reverse(f"admin:records_{row.KIND}_{page}", args=[row.pk])
        found.append(Item(work, f"{row.public_id} v{row.version}", row.title, by, path, mark))
    return found


def assigned(user: Any) -> list[Item]:
    """Return the open versions and reports that somebody else assigned to the user."""
    is_mine = WORK["assigned"][1](user)
    current = {
        key
        for kind, model in KINDS.items()
        if may(user, kind, "change", "publish")
        for key in model._default_manager.filter(is_mine).values_list("public_id", "version")
    }
    rows = Assignment.objects.filter(user=user).exclude(by=user).select_related("by", "report")
    listed = [
        row
        for row in rows.order_by("at", "pk")
        if (
            row.report.is_open and may(user, row.kind, "change")
            if row.report
            else (row.public_id, row.version) in current
        )
    ]
    titles = titles_of(row.public_id for row in listed)
    found = []
    for row in listed:
        title = titles.get(row.public_id, "")
        path = reverse(f"admin:records_{row.kind}_now", args=[row.public_id])
        if row.report:
            title = f"{title} (reported error)"
            path = reverse("admin:records_report_change", args=[row.report.pk])
        name = f"{row.public_id} v{row.version}"
        found.append(Item("assigned", name, title, str(row.by), path, str(row.pk)))
    return found


def comments(user: Any) -> list[Item]:
    """Return the open threads that concern the user, in which somebody else has the last word."""
    kinds = [kind for kind in KINDS if may(user, kind, "change", "publish")]
    rows: Any = Thread.objects.open().filter(kind__in=kinds).concerning(user).with_last()
    threads = list(rows.exclude(last_user=user.pk).order_by("last_entry"))
    names = get_user_model().objects.in_bulk({thread.last_user for thread in threads})
    titles = titles_of(thread.public_id for thread in threads)
    return [
        Item(
            "threads",
            f"{thread.public_id} v{thread.version}",
            titles.get(thread.public_id, ""),
            str(names[thread.last_user]),
            page_of(thread),
            str(thread.last_entry),
        )
        for thread in threads
    ]


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
        f"{len(of(items, work))} {words}" for work, (_, words) in PARTS.items() if of(items, work)
    ]
    return f"AidAPI: {', '.join(parts)}"


def body(items: list[Item], listed: set[str]) -> str:
    """Return the lists, what is new first; `listed` has the keys of the last notice."""
    lines = []
    for work, (heading, _) in PARTS.items():
        rows = sorted(of(items, work), key=lambda item: item.key in listed)
        if not rows:
            continue
        lines += [f"{heading}: {len(rows)}", ""]
        for item in rows[:MAX_LISTED]:
            new = "" if item.key in listed else "New: "
            # Titles are typed: without line breaks, they cannot look like another entry.
            title = " ".join(item.title.split())
            lines += [f"{new}{item.name}: {title}"]
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
