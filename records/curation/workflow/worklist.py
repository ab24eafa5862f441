"""Open work: the filters by which lists show it, and what the sections of the home find."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Value
from django.http import HttpRequest
from django.urls import reverse

from accounts.permissions import may
from records.curation.teamwork.models import Thread, assigned
from records.models import (
    CURRENT,
    DATED,
    EVIDENCE,
    KINDS,
    OPEN,
    Change,
    Contributor,
    ContributorRole,
    Record,
    State,
)

SHOWN = 5
"""Rows that a section of the home shows of all that it counts."""
OLDEST = ("created_at", "public_id")
"""The order of open work."""


def edited_by(user: Any) -> Exists:
    """Return the condition that the user edited the version."""
    return Exists(
        Contributor.objects.filter(
            public_id=OuterRef("public_id"),
            version=OuterRef("version"),
            user=user.pk,
            role=ContributorRole.EDITOR,
        )
    )


WORK: dict[str, tuple[str, Callable[[Any], Q]]] = {
    "mine": ("my drafts", lambda user: Q(edited_by(user), state=State.DRAFT)),
    "returned": (
        "returned to me",
        lambda user: Q(edited_by(user), ~Q(review_comment=""), state=State.DRAFT),
    ),
    "review": ("waiting for my review", lambda user: Q(~edited_by(user), state=State.IN_REVIEW)),
    "assigned": ("assigned to me", lambda user: Q(assigned(user=user.pk), state__in=OPEN)),
}
"""What lists can be narrowed to → its name, and the versions meant."""


class WorkFilter(admin.SimpleListFilter):
    """The user's own work, and what they may review."""

    title = "work"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [(name, label) for name, (label, _) in WORK.items()]
        found += [("unassigned", "assigned to nobody"), ("threads", "with open threads")]
        if model_admin.model in DATED.values():
            found.append(("unverified", "evidence does not verify"))
        return found

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        chosen = self.value()
        if chosen in WORK:
            return queryset.filter(WORK[chosen][1](request.user))
        if chosen == "unassigned":
            return queryset.filter(~assigned(), state__in=OPEN)
        if chosen == "threads":
            threads = Thread.objects.open().filter(public_id=OuterRef("public_id"))
            return queryset.filter(Exists(threads), state__in=CURRENT)
        if chosen == "unverified" and queryset.model in DATED.values():
            return queryset.filter(pk__in=unverified(queryset.model).values("pk"))
        return queryset


def unverified(model: type[Record]) -> models.QuerySet:
    """Return the versions that are public or open with figures or milestones that their
    statements' texts do not bear out."""
    wanted = Q()
    for rows in lost_rows(model):
        wanted |= Q(pk__in=rows.values("record"))
    return model._default_manager.filter(wanted)


def lost_rows(model: type[Record]) -> list[models.QuerySet]:
    """Return the rows of each table of a kind whose words are not in the statements' texts."""
    return [
        model.child(relation).objects.unverified()
        for of_kind, relation in EVIDENCE
        if of_kind is model
    ]


@dataclass
class Row:
    """A line of a section: where it leads, what it is, and a word about it."""

    page: str
    title: str
    about: str = ""
    at: Any = None


@dataclass
class Found:
    """Content of a section: the number, the lists that show them all, the first few."""

    count: int
    lists: list[tuple[str, str]] = field(default_factory=list)
    """(what it leads to, address)."""
    rows: list[Row] = field(default_factory=list)
    note: str = ""
    """What the number leaves out."""


@dataclass(frozen=True)
class Section:
    """A part of the home. `find` returns what it holds, in as few queries as it can, or
    None where it is not for this user; `empty` says what to do when there is nothing."""

    name: str
    title: str
    empty: str
    find: Callable[[HttpRequest], Found | None]


def kinds(request: HttpRequest, *permissions: str) -> list[type[Record]]:
    """The kinds of record with which the user may do any of that."""
    return [model for kind, model in KINDS.items() if may(request.user, kind, *permissions)]


def changelist(model: type[Record], work: str) -> str:
    return f"{reverse(f'admin:records_{model.KIND}_changelist')}?work={work}"


def how_many(model: type[Record], n: int) -> str:
    names = model._meta.verbose_name, model._meta.verbose_name_plural
    return f"{n} {names[n != 1]}"


def united(parts: Sequence[models.QuerySet]) -> models.QuerySet:
    """One query of them all."""
    first, *others = parts
    return first.union(*others, all=True) if others else first


def work_counts(request: HttpRequest) -> dict[str, dict[str, int]]:
    """Kind → how many of each sort of open work; one query, remembered with the request."""
    found: dict[str, dict[str, int]] | None = getattr(request, "_work", None)
    if found is None:
        parts = [
            model._default_manager.filter(state__in=OPEN)
            .order_by()
            .annotate(kind=Value(kind, CharField()))
            .values("kind")
            .annotate(
                **{name: Count("pk", filter=q(request.user)) for name, (_, q) in WORK.items()}
            )
            for kind, model in KINDS.items()
        ]
        found = {row.pop("kind"): row for row in united(parts)}
        request._work = found  # type: ignore[attr-defined]
    return found


def first_rows(request: HttpRequest) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(sort of open work, kind) → its oldest versions; one query, remembered with the request."""
    found: dict[tuple[str, str], list[dict[str, Any]]] | None = getattr(request, "_rows", None)
    if found is None:
        found = defaultdict(list)
        parts = []
        for kind, counts in work_counts(request).items():
            versions = KINDS[kind]._default_manager
            for work_name in WORK:
                if not counts[work_name]:
                    continue
                oldest = versions.filter(WORK[work_name][1](request.user)).order_by(*OLDEST)
                # A part of a union is not cut short on SQLite: the cut is within.
                cut = oldest.values("pk")[:SHOWN]
                parts.append(
                    versions.filter(pk__in=cut)
                    .order_by()
                    .annotate(
                        work_name=Value(work_name, CharField()),
                        kind=Value(kind, CharField()),
                        of=F("pk"),
                    )
                    .values(
                        "work_name", "kind", "of", "title", "version", "review_comment", *OLDEST
                    )
                )
        for row in united(parts) if parts else ():
            found[row["work_name"], row["kind"]].append(row)
        request._rows = found  # type: ignore[attr-defined]
    return found


def work(work_name: str, *permissions: str) -> Callable[[HttpRequest], Found | None]:
    """A section of open versions, oldest first; all such sections share their two queries."""

    def find(request: HttpRequest) -> Found | None:
        models_ = kinds(request, *permissions)
        if not models_:
            return None
        counts = [
            (model, work_counts(request).get(model.KIND, {}).get(work_name, 0))
            for model in models_
        ]
        total = sum(n for _, n in counts)
        found = Found(
            total,
            [(how_many(model, n), changelist(model, work_name)) for model, n in counts if n],
        )
        if total:
            rows = [row for model in models_ for row in first_rows(request)[work_name, model.KIND]]
            rows.sort(key=itemgetter(*OLDEST))
            step = "approve" if work_name == "review" else "change"
            found.rows = [
                Row(
                    reverse(f"admin:records_{row['kind']}_{step}", args=[row["of"]]),
                    f"{row['public_id']} v{row['version']}: {row['title']}",
                    row["review_comment"] if work_name == "returned" else "",
                    row["created_at"],
                )
                for row in rows[:SHOWN]
            ]
        return found

    return find


def published(request: HttpRequest) -> Found | None:
    """Return the latest changes of records; one query."""
    seen = kinds(request, "view", "change")
    if not seen:
        return None
    changes = Change.objects.filter(kind__in=[model.KIND for model in seen]).select_related(
        "revision"
    )
    rows = [
        Row(
            reverse(
                f"admin:records_{change.kind}_version", args=[change.public_id, change.version]
            ),
            f"{change.public_id} v{change.version}: {change.get_action_display()}",
            change.reason or change.revision.message,
            change.revision.published_at,
        )
        for change in changes.order_by("-revision_id", "-position")[:SHOWN]
    ]
    lists = [("all changes", reverse("admin:records_change_changelist"))]
    return Found(len(rows), lists if request.user.has_perm("records.view_change") else [], rows)


def lost_evidence(request: HttpRequest) -> Found | None:
    """Return the section of figures and milestones whose words their statements do not hold; one
    query to count, one to show."""
    seen = [model for model in kinds(request, "view", "change") if model in DATED.values()]
    if not seen:
        return None
    parts = [
        unverified(model)
        .order_by()
        .annotate(kind=Value(model.KIND, CharField()))
        .values("kind")
        .annotate(n=Count("pk"))
        for model in seen
    ]
    counts = {row["kind"]: row["n"] for row in united(parts)}
    found = Found(
        sum(counts.values()),
        [
            (how_many(model, counts[model.KIND]), changelist(model, "unverified"))
            for model in seen
            if counts.get(model.KIND)
        ],
    )
    if found.count:
        shown = [
            rows.order_by()
            .annotate(kind=Value(model.KIND, CharField()), of=F("record_id"))
            .values_list("kind", "of", "record__public_id", "record__title", "quote", "pk")
            for model in seen
            if counts.get(model.KIND)
            for rows in lost_rows(model)
        ]
        found.rows = [
            Row(
                reverse(f"admin:records_{kind}_change", args=[of]),
                f"{public_id}: {title}",
                f"“{quote}”",
            )
            for kind, of, public_id, title, quote, _ in united(shown).order_by("kind", "-of")[
                :SHOWN
            ]
        ]
    return found
