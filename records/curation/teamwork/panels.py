"""Threads as a page of a version shows them: each at the figure that it is about, in whichever
version of the record it was begun."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from accounts.permissions import may
from records.content.diff import pair_figures
from records.content.numbers import amount_in_words
from records.curation.teamwork.models import LONGEST, Comment, Thread, VersionKey
from records.models import CURRENT, DATED, Record

Figures = Mapping[VersionKey, Sequence[Any]]
"""Version → its figures, in their order."""


@dataclass(frozen=True)
class PlacedThread:
    """A thread on the page of a version."""

    thread: Thread
    entries: list[Comment]
    figure: int | None
    """Key of the figure in the version of the page; None if it is about the version as a whole,
    or its figure is not in this version."""
    title: str
    """What it is about; empty for the version as a whole."""

    @property
    def anchor(self) -> str:
        return f"thread-{self.thread.pk}"


@dataclass(frozen=True)
class Panel:
    """The threads on the page of a version, and what may be written."""

    record: Record
    threads: list[PlacedThread]
    figures: list[tuple[int, str]]
    """Key and title of the figures that a new thread may be about."""
    may_write: bool
    longest: int = LONGEST

    @property
    def form(self) -> str:
        """Id of the form that its boxes and buttons belong to."""
        return f"talk-{self.record.KIND}-{self.record.pk}"

    @property
    def address(self) -> str:
        """Where comments are sent."""
        return reverse(f"admin:records_{self.record.KIND}_threads", args=[self.record.pk])

    @property
    def open(self) -> list[PlacedThread]:
        return [one for one in self.threads if one.thread.is_open]

    @property
    def resolved(self) -> list[PlacedThread]:
        return [one for one in self.threads if not one.thread.is_open]

    @property
    def of_version(self) -> list[PlacedThread]:
        """Return those on no figure of this version."""
        return [one for one in self.threads if one.figure is None]

    def of_figure(self, key: int) -> list[PlacedThread]:
        return [one for one in self.threads if one.figure == key]


def may_write(user: Any, record: Record) -> bool:
    """Return whether the user may read and write about versions of the kind: who edits or reviews
    them."""
    return may(user, record.KIND, "change", "publish")


def panels(figures: Mapping[Record, Sequence[Any]], user: Any, known: Figures) -> list[Panel]:
    """Return the threads on the pages of versions, each given with its figures in their order;
    none for who may only look at the kind. `known` has figures of others. One query, and others
    where there are threads."""
    threads = threads_of(record.public_id for record in figures if may_write(user, record))
    known = {**known, **{(one.public_id, one.version): rows for one, rows in figures.items()}}
    every = {**figures_elsewhere(chain.from_iterable(threads.values()), known), **known}
    return [
        Panel(
            record,
            place(threads.get(record.public_id, ()), record, every),
            titles(rows),
            record.state in CURRENT and may_write(user, record),
        )
        for record, rows in figures.items()
    ]


def titles(figures: Sequence[Any]) -> list[tuple[int, str]]:
    """Return key and title of figures in their order."""
    return [
        (row.pk, f"Figure {number}: {amount_in_words(row)}")
        for number, row in enumerate(figures, start=1)
    ]


def threads_of(ids: Iterable[str]) -> dict[str, list[Thread]]:
    """Return id of a record → its threads with their entries, the oldest first; one query, and
    another where there are any."""
    entries = Comment.objects.select_related("user").order_by("pk")
    rows = Thread.objects.filter(public_id__in=list(ids)).order_by("pk")
    found: dict[str, list[Thread]] = {}
    for thread in rows.prefetch_related(Prefetch("comments", entries)):
        found.setdefault(thread.public_id, []).append(thread)
    return found


def figures_elsewhere(threads: Iterable[Thread], known: Figures) -> Figures:
    """Return the figures of the versions on whose figures threads were begun, beside those that
    are known; one query for each kind that has such versions."""
    wanted: dict[str, set[VersionKey]] = {}
    for thread in threads:
        key = thread.public_id, thread.version
        if thread.figure is not None and key not in known:
            wanted.setdefault(thread.kind, set()).add(key)
    found: dict[VersionKey, list[Any]] = {}
    for kind, keys in wanted.items():
        if kind not in DATED:
            continue
        rows = (
            DATED[kind]
            .child("figures")
            .objects.filter(
                record__public_id__in={public_id for public_id, _ in keys},
                record__version__in={version for _, version in keys},
            )
        )
        rows = rows.select_related("record", "statement", "item").defer("statement__text")
        for row in rows.order_by("position", "pk"):
            key = row.record.public_id, row.record.version
            if key in keys:
                found.setdefault(key, []).append(row)
    return found


def place(threads: Sequence[Thread], record: Record, figures: Figures) -> list[PlacedThread]:
    """Return the threads of a record as the page of one of its versions shows them; `figures` has
    those of that version, and of the others on whose figures threads were begun."""
    own = figures.get((record.public_id, record.version), ())
    numbered = {row.pk: (number, row) for number, row in enumerate(own, start=1)}
    partners: dict[VersionKey, dict[int, int]] = {}
    found = []
    for thread in threads:
        key = thread.public_id, thread.version
        figure = thread.figure
        if figure is not None and figure not in numbered:
            if key not in partners:
                partners[key] = same_figures(figures.get(key, ()), own)
            figure = partners[key].get(figure)
        title = ""
        if figure is not None:
            number, row = numbered[figure]
            now = amount_in_words(row)
            was = f" (was: {thread.about})" if now != thread.about else ""
            title = f"Figure {number}: {now}{was}"
        elif thread.figure is not None:
            title = f"A figure that is not in this version: {thread.about}"
        found.append(PlacedThread(thread, list(thread.comments.all()), figure, title))
    return found


def same_figures(before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
    """Return key of a figure → key of the same figure in another version, by the pairing that
    reviews use."""
    pairs = pair_figures([row.content() for row in before], [row.content() for row in after])
    return {
        before[pair.before].pk: after[pair.after].pk
        for pair in pairs
        if pair.before is not None and pair.after is not None
    }
