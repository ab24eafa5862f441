"""Review: a version as it will be published beside what is public now, field by field and figure
by figure, with the words of each figure where they stand in the text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils.text import capfirst

from records.models import (
    DATED,
    KINDS,
    OPEN,
    Contributor,
    ContributorRole,
    LinkType,
    Record,
    State,
    Statement,
    plain,
)

AROUND = 140
"""Characters of the text shown on either side of a quote."""
ALIKE = 6
"""Points from which two figures count as one that was changed."""
MOST_WORDS = 4000
"""Longer texts are shown beside each other without marking their words."""

Parts = list[tuple[str, str]]


@dataclass
class Line:
    """A field: what is public and what will be. `parts` are the words of the second, marked
    where they differ from the first."""

    label: str
    before: str
    after: str
    status: str = ""
    """`added`, `removed`, `changed` or empty."""
    parts: Parts = field(default_factory=list)


@dataclass
class Quote:
    """A figure's words in the text of its statement, or why they are not shown there."""

    statement: Any
    words: str
    before: str = ""
    after: str = ""
    found: bool | None = None


@dataclass
class FigurePair:
    """A figure, what it was before, and what differs."""

    title: str
    status: str
    lines: list[Line]
    quote: Quote | None
    quote_before: Quote | None = None


@dataclass
class Comparison:
    """A version under review beside the published one, if there is one."""

    record: Any
    published: Any
    lines: list[Line] = field(default_factory=list)
    figures: list[FigurePair] = field(default_factory=list)
    links: list[Line] = field(default_factory=list)
    hands: list[Contributor] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Why the reviewer cannot approve it, whatever they write."""
    chosen: bool = True

    @property
    def unverified(self) -> list[Quote]:
        return [
            pair.quote for pair in self.figures if pair.quote is not None and not_found(pair.quote)
        ]

    @property
    def differences(self) -> int:
        lines = [line for line in [*self.lines, *self.links] if line.status]
        return len(lines) + sum(bool(pair.status) for pair in self.figures)

    @property
    def page(self) -> str:
        return reverse(f"admin:records_{self.record.KIND}_change", args=[self.record.pk])

    @property
    def token(self) -> str:
        """What the page sends back of the version that it showed."""
        return f"{self.record.KIND}:{self.record.pk}:{self.record.digest}"


def not_found(quote: Quote) -> bool:
    return quote.found is False


def whole(rows: models.QuerySet) -> models.QuerySet:
    """The versions with all that a comparison reads."""
    model = rows.model
    if model in DATED.values():
        parties, figures = model.child("parties"), model.child("figures")
        return rows.prefetch_related(
            Prefetch("parties", parties.objects.select_related("party")),
            Prefetch("figures", figures.objects.select_related("item", "statement")),
            "links",
        )
    return rows.prefetch_related("links")


def compare(records: Sequence[Record], user: Any) -> list[Comparison]:
    """The records beside what is public of each; as many queries for many as for one of a
    kind."""
    by_kind: dict[type[Record], list[Record]] = {}
    for record in records:
        by_kind.setdefault(type(record), []).append(record)
    found: dict[tuple[str, int], Comparison] = {}
    targets: set[str] = set()
    for model, rows in by_kind.items():
        ids = [row.public_id for row in rows]
        fresh = {row.pk: row for row in whole(model.objects.filter(pk__in=[r.pk for r in rows]))}
        public = {
            row.public_id: row
            for row in whole(model.objects.filter(public_id__in=ids, state=State.PUBLISHED))
        }
        for row in fresh.values():
            found[model.KIND, row.pk] = Comparison(row, public.get(row.public_id))
            targets |= {link.target for link in row.links.all()}
            if row.public_id in public:
                targets |= {link.target for link in public[row.public_id].links.all()}
    titles = titles_of(targets)
    hands: dict[tuple[str, int], list[Contributor]] = {}
    ids = [comparison.record.public_id for comparison in found.values()]
    for hand in (
        Contributor.objects.filter(public_id__in=ids).select_related("user").order_by("at", "pk")
    ):
        hands.setdefault((hand.public_id, hand.version), []).append(hand)
    for comparison in found.values():
        record, published = comparison.record, comparison.published
        comparison.hands = hands.get((record.public_id, record.version), [])
        comparison.lines = field_lines(record, published) + party_lines(record, published)
        comparison.links = link_lines(record, published, titles)
        if record.ROLES:
            comparison.figures = figure_pairs(
                record.ordered_figures(), published.ordered_figures() if published else []
            )
        comparison.refusals = refusals(comparison, user)
    return [found[r.KIND, r.pk] for r in records if (r.KIND, r.pk) in found]


def refusals(comparison: Comparison, user: Any) -> list[str]:
    record = comparison.record
    found = []
    if record.state != State.IN_REVIEW:
        found.append(f"It is {record.get_state_display()}, not in review.")
    elif record.content_digest() != record.digest:
        found.append("Its content changed since it was submitted: return it.")
    if any(
        hand.user_id == user.pk and hand.role == ContributorRole.EDITOR
        for hand in comparison.hands
    ):
        found.append("You had a hand in it: somebody else must approve it.")
    return found


def titles_of(targets: Iterable[str]) -> dict[str, str]:
    """Public id → title, of the newest version; one query per kind that is named."""
    found: dict[str, str] = {}
    for model in KINDS.values():
        ids = [id for id in targets if id.startswith(f"{model.PREFIX}-")]
        if ids:
            rows = model._default_manager.filter(public_id__in=ids).order_by("version")
            found |= dict(rows.values_list("public_id", "title"))
    return found


def line(label: str, before: str | None, after: str) -> Line:
    """A line of the table; `before` is None where nothing is public yet."""
    if before is None:
        return Line(label, "", after)
    if before == after:
        return Line(label, before, after)
    status = "added" if not before else "removed" if not after else "changed"
    return Line(label, before, after, status, marked(before, after) if before and after else [])


def marked(before: str, after: str) -> Parts:
    """The words of both, each marked as kept, gone or new; none where they share little."""
    old, new = before.split(" "), after.split(" ")
    if len(old) < 3 or len(old) + len(new) > MOST_WORDS:
        return []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:
        return []
    parts: Parts = []
    for operation, i, j, k, m in matcher.get_opcodes():
        if operation == "equal":
            parts.append(("", " ".join(old[i:j])))
            continue
        if old[i:j]:
            parts.append(("del", " ".join(old[i:j])))
        if new[k:m]:
            parts.append(("ins", " ".join(new[k:m])))
    return parts


def shown(row: Any, column: models.Field) -> str:
    """A column's value as people read it."""
    value = column.value_from_object(row)
    if column.choices:
        return str(dict(column.flatchoices).get(value, value) or "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(plain(value))


def field_lines(record: Record, published: Record | None) -> list[Line]:
    """The fields that either has, in the model's order; the reason first."""
    lines = []
    if record.version > 1:
        lines.append(Line("Why it changes", "", record.reason or "(not given)"))
    columns = [column for column in record.content_fields() if column.name != "text_sha256"]
    if isinstance(record, Statement):
        columns.append(Statement._meta.get_field("text"))
    for column in columns:
        before = None if published is None else shown(published, column)
        after = shown(record, column)
        name = capfirst(str(column.verbose_name))
        if column.name == "text":
            name += " (curators only)"
        if column.name.endswith("_precision") and {before, after} <= {None, "day"}:
            continue
        if before or after:
            lines.append(line(name, before, after))
    return lines


def party_lines(record: Record, published: Record | None) -> list[Line]:
    lines = []
    for role, plural in record.ROLES.items():
        before, after = (
            None
            if row is None
            else ", ".join(party.party.name for party in row.parties_by_role[role])
            for row in (published, record)
        )
        if before or after:
            lines.append(line(capfirst(plural), before, after or ""))
    return lines


def link_lines(record: Record, published: Record | None, titles: Mapping[str, str]) -> list[Line]:
    def told(row: Any) -> dict[tuple[str, str], str]:
        return {
            (link.type, link.target): f"{link.target}: {titles.get(link.target, 'no such record')}"
            for link in row.ordered_links()
        }

    before, after = told(published) if published else None, told(record)
    return [
        line(
            capfirst(LinkType(key[0]).label),
            None if before is None else before.get(key, ""),
            after.get(key, ""),
        )
        for key in dict.fromkeys([*(before or ()), *after])
    ]


def figure_pairs(after: Sequence[Any], before: Sequence[Any]) -> list[FigurePair]:
    """Each figure with the one that it was: most alike first, whatever their places; those left
    over were added or removed."""
    scored = sorted(
        (
            (-likeness(old, new), abs(i - k), i, k)
            for i, old in enumerate(before)
            for k, new in enumerate(after)
        ),
    )
    was: dict[int, int] = {}
    for score, _, i, k in scored:
        if -score >= ALIKE and k not in was and i not in was.values():
            was[k] = i
    first = not before
    pairs = []
    for k, new in enumerate(after):
        old = before[was[k]] if k in was else None
        lines = figure_lines(old, new)
        status = "" if old or first else "added"
        if old and (any(each.status for each in lines) or old.quote != new.quote):
            status = "changed"
        pair = FigurePair(f"Figure {k + 1}: {headline(new)}", status, lines, in_context(new))
        if old and (old.quote != new.quote or old.statement_id != new.statement_id):
            pair.quote_before = in_context(old)
            pair.status = "changed"
        pairs.append(pair)
    for i, old in enumerate(before):
        if i not in was.values():
            lines = [Line(each.label, each.after, "") for each in figure_lines(None, old)]
            pair = FigurePair(f"Removed: {headline(old)}", "removed", lines, None, in_context(old))
            pairs.append(pair)
    return pairs


def likeness(old: Any, new: Any) -> int:
    """How much speaks for the two being one figure."""
    if old.measure != new.measure:
        return 0
    score = 3 * (old.quote == new.quote)
    score += 2 * (old.statement.public_id == new.statement.public_id)
    score += 3 * (old.rival_key() == new.rival_key())
    score += 2 * (old.item_id == new.item_id) + (old.basis == new.basis)
    score += (old.unit, old.currency) == (new.unit, new.currency)
    score += 3 * (old.claim() == new.claim())
    return score


HIDDEN = {"position", "offset", "quote_found", "quote", "statement", "record", "id", "low", "high"}
"""Columns of figures that are told otherwise, or not at all."""


def figure_lines(old: Any, new: Any) -> list[Line]:
    lines = []
    for column in new._meta.concrete_fields:
        if column.name in HIDDEN:
            continue
        if column.name == "item":
            before, after = (
                None if row is None else row.item.name if row.item else "" for row in (old, new)
            )
        else:
            before = None if old is None else shown(old, column)
            after = shown(new, column)
        if before or after:
            lines.append(line(capfirst(str(column.verbose_name)), before, after or ""))
    before = None if old is None else cited(old)
    lines.append(line("Statement", before, cited(new)))
    return lines


def cited(figure: Any) -> str:
    statement = figure.statement
    return (
        f"{statement.title} · {statement.publisher}, {statement.published_on} "
        f"({statement.public_id} v{statement.version})"
    )


def headline(figure: Any) -> str:
    """The figure in a line: more than 50000 pieces, Surgical masks."""
    numbers = [plain(n) for n in (figure.value, figure.lower, figure.upper) if n is not None]
    number = numbers[0] if figure.value is not None else "–".join(numbers)
    words = [figure.get_operator_display(), number, figure.unit or figure.currency]
    told = " ".join(word for word in words if word)
    about = figure.item.name if figure.item else figure.party_type
    return f"{told}, {about}" if about else told


def in_context(figure: Any) -> Quote:
    """The quote with the words around it."""
    statement = figure.statement
    quote = Quote(statement, figure.quote, found=figure.quote_found)
    if not statement.text:
        # What an earlier check found of a text that is not on file here.
        quote.found = None
        return quote
    at = statement.text.find(figure.quote)
    quote.found = at >= 0
    if quote.found:
        end = at + len(figure.quote)
        before, after = statement.text[:at], statement.text[end:]
        quote.before = cut(before[-AROUND:], whole=len(before) <= AROUND, front=True)
        quote.after = cut(after[:AROUND], whole=len(after) <= AROUND, front=False)
    return quote


def cut(text: str, *, whole: bool, front: bool) -> str:
    """A piece of text that begins, or ends, with a whole word."""
    if whole:
        return text
    if front:
        return "… " + text.partition(" ")[2]
    return text.rpartition(" ")[0] + " …"


def companions(records: Sequence[Record], user: Any) -> list[Record]:
    """The open versions that these wait for, or that wait for them, among those that the user may
    publish: the statements of their figures, records to which they link, records in review that
    rest on them; and what those wait for in turn."""
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
            statements |= {figure.statement_id for figure in record.figures.all()}
        else:
            ids.add(record.pk)
    found: list[Record] = []
    for model in KINDS.values():
        rows = model._default_manager.filter(state__in=OPEN)
        public = model._default_manager.filter(
            public_id=OuterRef("public_id"), state=State.PUBLISHED
        )
        wanted = Q(~Exists(public), public_id__in=targets)
        if model in DATED.values():
            resting = model.child("figures").objects.filter(statement__in=ids)
            wanted |= Q(pk__in=resting.values("record"), state=State.IN_REVIEW)
        else:
            wanted |= Q(pk__in=statements)
        if user.has_perm(f"records.publish_{model.KIND}"):
            found += whole(rows.filter(wanted)).order_by("pk")
    return found
