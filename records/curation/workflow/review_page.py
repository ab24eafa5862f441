"""Review: a version as it will be published beside what is public now, field by field and figure
by figure, with the quote of each figure in its text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.urls import reverse

from records.content.lines import (
    Line,
    figure_lines,
    figure_pairs,
    link_lines,
    linked_titles,
    milestone_lines,
    milestone_pairs,
    record_lines,
)
from records.content.numbers import amount_in_words
from records.curation.teamwork.panels import PlacedThread, panels
from records.models import (
    DATED,
    EVIDENCE,
    KINDS,
    OPEN,
    STAGED,
    Contributor,
    ContributorRole,
    DatedRecord,
    Rank,
    Record,
    State,
    Statement,
)
from records.models.evidence import length_problem

AROUND = 140
"""Characters of the text shown on either side of a quote."""


@dataclass
class Quote:
    """A quote in the text of its statement, or why it is not shown there."""

    statement: Any
    words: str
    translation: str = ""
    before: str = ""
    after: str = ""
    found: bool | None = None


@dataclass
class EvidencePair:
    """A figure or milestone, what it was before, and what differs."""

    title: str
    status: str
    lines: list[Line]
    quote: Quote | None
    quote_before: Quote | None = None
    doubts: list[str] = field(default_factory=list)
    """What is doubtful about it, or wrong with its quote."""
    reason: str = ""
    """Why its editors say that it is right."""
    counts: str = ""
    """Of a figure, how it counts."""
    figure: int | None = None
    """Key of the figure, of which one may write."""
    threads: list[PlacedThread] = field(default_factory=list)


@dataclass
class Comparison:
    """A version under review beside the published one, if there is one."""

    record: Any
    published: Any
    lines: list[Line] = field(default_factory=list)
    figures: list[EvidencePair] = field(default_factory=list)
    milestones: list[EvidencePair] = field(default_factory=list)
    links: list[Line] = field(default_factory=list)
    contributors: list[Contributor] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Errors for which the reviewer cannot approve it."""
    doubts: list[str] = field(default_factory=list)
    """What is doubtful about its dates."""
    talk: Any = None
    """The threads about it."""
    chosen: bool = True
    decision: Any = None
    """What the reviewer decided about it, in a review of several."""

    @property
    def evidence(self) -> list[EvidencePair]:
        return [*self.figures, *self.milestones]

    @property
    def unverified(self) -> list[Quote]:
        quotes = [pair.quote for pair in self.evidence]
        return [quote for quote in quotes if quote is not None and not_found(quote)]

    @property
    def is_doubtful(self) -> bool:
        return bool(self.doubts or any(pair.doubts for pair in self.evidence))

    @property
    def differences(self) -> int:
        lines = [line for line in [*self.lines, *self.links] if line.status]
        return len(lines) + sum(bool(pair.status) for pair in self.evidence)

    @property
    def page(self) -> str:
        return reverse(f"admin:records_{self.record.KIND}_change", args=[self.record.pk])

    @property
    def token(self) -> str:
        """The value by which the page names the version that it showed."""
        return f"{self.record.KIND}:{self.record.pk}:{self.record.digest}"


def not_found(quote: Quote) -> bool:
    return quote.found is False


def whole(rows: models.QuerySet) -> models.QuerySet:
    """Return the versions with all that a comparison reads."""
    model = rows.model
    if model in DATED.values():
        parties, figures = model.child("parties"), model.child("figures")
        rows = rows.prefetch_related(
            Prefetch("parties", parties.objects.select_related("party")),
            Prefetch("figures", figures.objects.select_related("item", "statement")),
            "links",
        )
        if model in STAGED.values():
            milestones = model.child("milestones").objects.select_related("statement")
            rows = rows.prefetch_related(Prefetch("milestones", milestones))
        return rows
    return rows.prefetch_related("links")


def compare(records: Sequence[Record], user: Any) -> list[Comparison]:
    """Return the records beside what is public of each; the number of queries does not depend on
    the number of records."""
    if not records:
        return []
    by_kind: dict[type[Record], list[Record]] = {}
    for record in records:
        by_kind.setdefault(type(record), []).append(record)
    found: dict[tuple[str, int], Comparison] = {}
    for model, rows in by_kind.items():
        ids = [row.public_id for row in rows]
        fresh = {row.pk: row for row in whole(model.objects.filter(pk__in=[r.pk for r in rows]))}
        public = {
            row.public_id: row
            for row in whole(model.objects.filter(public_id__in=ids, state=State.PUBLISHED))
        }
        for row in fresh.values():
            found[model.KIND, row.pk] = Comparison(row, public.get(row.public_id))
    titles = linked_titles(
        version
        for comparison in found.values()
        for version in (comparison.record, comparison.published)
        if version
    )
    contributors: dict[tuple[str, int], list[Contributor]] = {}
    ids = [comparison.record.public_id for comparison in found.values()]
    for contributor in (
        Contributor.objects.filter(public_id__in=ids).select_related("user").order_by("at", "pk")
    ):
        contributors.setdefault((contributor.public_id, contributor.version), []).append(
            contributor
        )
    for comparison in found.values():
        record, published = comparison.record, comparison.published
        comparison.contributors = contributors.get((record.public_id, record.version), [])
        comparison.lines = field_lines(record, published)
        comparison.links = link_lines(published, record, titles)
        comparison.doubts = [doubt.text for doubt in [*record.doubts(), *record.doubts_beside()]]
        if isinstance(record, DatedRecord):
            comparison.figures = compared_figures(record, published)
            comparison.milestones = compared_milestones(record, published)
        comparison.refusals = refusals(comparison, user)
    add_threads(list(found.values()), user)
    return [found[r.KIND, r.pk] for r in records if (r.KIND, r.pk) in found]


def add_threads(comparisons: Sequence[Comparison], user: Any) -> None:
    """Put the threads about versions beside them and their figures."""

    def figures(record: Record) -> list[Any]:
        return record.ordered_figures() if isinstance(record, DatedRecord) else []

    shown = {each.record: figures(each.record) for each in comparisons}
    public = [each.published for each in comparisons if each.published]
    known = {(one.public_id, one.version): figures(one) for one in public}
    for each, talk in zip(comparisons, panels(shown, user, known), strict=True):
        each.talk = talk
        for pair in each.figures:
            pair.threads = talk.of_figure(pair.figure) if pair.figure else []


def refusals(comparison: Comparison, user: Any) -> list[str]:
    record = comparison.record
    found = []
    if record.state != State.IN_REVIEW:
        found.append(f"It is {record.get_state_display()}, not in review.")
    elif record.content_digest() != record.digest:
        found.append("Its content changed since it was submitted: return it.")
    if any(
        contributor.user_id == user.pk and contributor.role == ContributorRole.EDITOR
        for contributor in comparison.contributors
    ):
        found.append("You edited it: somebody else must approve it.")
    return found


def field_lines(record: Record, published: Record | None) -> list[Line]:
    """Return the fields and parties that either has; the reason comes first, a statement's text
    last."""
    lines = []
    if record.version > 1:
        lines.append(Line("Why it changes", "", record.reason or "(not given)", is_first=True))
    lines += record_lines(published, record)
    if isinstance(record, Statement):
        before = getattr(published, "text", "")
        if before or record.text:
            first = published is None
            lines.append(Line("Text (curators only)", before, record.text, is_first=first))
    return lines


def compared_figures(record: Record, published: Record | None) -> list[EvidencePair]:
    """Return each figure with the one that it was, and those that were removed."""
    pairs = figure_pairs(published, record)
    first = not any(old for old, _ in pairs)

    def title(number: int, old: Any, new: Any) -> str:
        if new is None:
            return f"Removed: {amount_in_words(old)}"
        return f"Figure {number}: {amount_in_words(new)}"

    return [
        compared(title(number, *pair), pair, figure_lines(*pair), first=first)
        for number, pair in enumerate(pairs, start=1)
    ]


def compared_milestones(record: Record, published: Record | None) -> list[EvidencePair]:
    """Return each milestone with the one of its stage before, and those that were removed."""
    return [
        compared(
            f"Removed: milestone {old}" if new is None else f"Milestone: {new}",
            (old, new),
            milestone_lines(old, new),
            first=published is None,
        )
        for old, new in milestone_pairs(published, record)
    ]


def compared(title: str, rows: tuple[Any, Any], lines: list[Line], *, first: bool) -> EvidencePair:
    """Return a row beside what it was; `first` where nothing like it was public."""
    old, new = rows
    if new is None:
        return EvidencePair(title, "removed", lines, None, in_context(old))
    status = "" if old or first else "added"
    requoted = old and (old.quote, old.statement_id) != (new.quote, new.statement_id)
    if requoted or any(line.status for line in lines):
        status = "changed"
    before = in_context(old) if requoted else None
    doubts = [*filter(None, [length_problem(new.quote)]), *(doubt.text for doubt in new.doubts())]
    counts = how_it_counts(new) if hasattr(new, "basis") else ""
    figure = new.pk if counts else None
    quote = in_context(new)
    return EvidencePair(
        title, status, lines, quote, before, doubts, new.quote_reason, counts, figure
    )


def how_it_counts(figure: Any) -> str:
    """Return basis, whether it counts in totals and, unless it is normal, its rank: “single,
    counts”."""
    counts = "counts" if figure.countable else f"does not count ({figure.countable_reason})"
    rank = "" if figure.rank == Rank.NORMAL else f"rank {figure.rank}"
    role = f"counted as {figure.party_role}" if figure.party_role else ""
    return ", ".join(filter(None, [figure.basis, role, counts, rank])).replace("_", " ")


def in_context(row: Any) -> Quote:
    """Return the quote of a figure or milestone with the words around it."""
    statement = row.statement
    quote = Quote(statement, row.quote, row.quote_translation, found=row.quote_found)
    if not statement.text:
        # What an earlier check found of a text that is not on file here.
        quote.found = None
        return quote
    at = statement.text.find(row.quote)
    quote.found = at >= 0
    if quote.found:
        end = at + len(row.quote)
        before, after = statement.text[:at], statement.text[end:]
        quote.before = cut(before[-AROUND:], whole=len(before) <= AROUND, front=True)
        quote.after = cut(after[:AROUND], whole=len(after) <= AROUND, front=False)
    return quote


def cut(text: str, *, whole: bool, front: bool) -> str:
    """Return a piece of text that begins, or ends, with a whole word."""
    if whole:
        return text
    if front:
        return "… " + text.partition(" ")[2]
    return text.rpartition(" ")[0] + " …"


def companions(records: Sequence[Record], user: Any) -> list[Record]:
    """Return the open versions that these wait for, or that wait for them, among those that the
    user may publish: the statements that they cite, records to which they link, records in review
    that rest on them; and what those wait for in turn."""
    known = {(record.KIND, record.pk) for record in records}
    found: list[Record] = []
    frontier = list(records)
    while frontier:
        frontier = [row for row in waiting(frontier, user) if (row.KIND, row.pk) not in known]
        known |= {(row.KIND, row.pk) for row in frontier}
        found += frontier
    return found


def waiting(records: Sequence[Record], user: Any) -> list[Record]:
    statements, targets, ids = set(), set(), set()
    for record in records:
        targets |= {link.target for link in record.links.all()}
        if record.ROLES:
            statements |= {row.statement_id for row in record.ordered_evidence()}
        else:
            ids.add(record.pk)
    found: list[Record] = []
    for model in KINDS.values():
        cited: Any = ids if model in DATED.values() else statements
        if not targets and not cited:
            continue
        rows = model._default_manager.filter(state__in=OPEN)
        public = model._default_manager.filter(
            public_id=OuterRef("public_id"), state=State.PUBLISHED
        )
        wanted = Q(~Exists(public), public_id__in=targets)
        if model in DATED.values():
            for of_kind, relation in EVIDENCE:
                if of_kind is model:
                    resting = model.child(relation).objects.filter(statement__in=ids)
                    wanted |= Q(pk__in=resting.values("record"), state=State.IN_REVIEW)
        else:
            wanted |= Q(pk__in=statements)
        if user.has_perm(f"records.publish_{model.KIND}"):
            found += whole(rows.filter(wanted)).order_by("pk")
    return found
