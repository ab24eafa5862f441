"""Two versions beside each other, line by line, as curators read them: in a review, a version and
what is public of it; in a comparison of possible duplicates, two records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from django.utils.text import capfirst

from records.content.builder import kind_of
from records.content.diff import Pair, pair_figures
from records.content.fields import named_fields
from records.models import KINDS, LinkType, Record, StagedRecord

NOT_SHOWN = {"text_sha256"}
CITED = ("quote", "offset", "quote_found")
"""Fields of figures and milestones that are shown in another form."""

MOST_WORDS = 4000
"""Words of both texts up to which the differing words are marked."""

Texts = dict[str, tuple[str, str]]
"""Key → label and text of each line."""


@dataclass(frozen=True)
class Line:
    """A label with the texts of both sides."""

    label: str
    before: str
    after: str
    is_first: bool = False
    """Whether there is no other side, so that nothing is a change."""

    @property
    def status(self) -> str:
        """`added`, `removed`, `changed` or empty."""
        if self.is_first or self.before == self.after:
            return ""
        return "added" if not self.before else "removed" if not self.after else "changed"

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The words of a changed text, each marked as kept, gone (`del`) or new (`ins`)."""
        return marked(self.before, self.after) if self.status == "changed" else []


def record_lines(before: Record | None, after: Record) -> list[Line]:
    """Return the fields and parties that either side has."""
    return _lines(None if before is None else _record_texts(before), _record_texts(after))


def link_lines(before: Record | None, after: Record, titles: Mapping[str, str]) -> list[Line]:
    """Return the links of either side, each with the title of the other record."""
    return _lines(
        None if before is None else _link_texts(before, titles), _link_texts(after, titles)
    )


def figure_lines(before: Any, after: Any) -> list[Line]:
    """Return the fields that either figure has; None where there is no figure."""
    if after is None:
        return [replace(line, before=line.after, after="") for line in figure_lines(None, before)]
    return _lines(before and _figure_texts(before), _figure_texts(after))


def figure_pairs(before: Record | None, after: Record) -> list[tuple[Any, Any]]:
    """Return the figures of both sides in the order of `after`, then those that it lacks."""
    old = before.ordered_figures() if before else []
    new = after.ordered_figures()
    pairs = pair_figures([row.content() for row in old], [row.content() for row in new])

    def place(pair: Pair) -> tuple[bool, int]:
        return (pair.after is None, (pair.before if pair.after is None else pair.after) or 0)

    return [
        (
            None if pair.before is None else old[pair.before],
            None if pair.after is None else new[pair.after],
        )
        for pair in sorted(pairs, key=place)
    ]


def milestone_lines(before: Any, after: Any) -> list[Line]:
    """Return the fields that either milestone has; None where there is no milestone."""
    if after is None:
        lines = milestone_lines(None, before)
        return [replace(line, before=line.after, after="") for line in lines]
    return _lines(before and _milestone_texts(before), _milestone_texts(after))


def milestone_pairs(before: Record | None, after: Record) -> list[tuple[Any, Any]]:
    """Return the milestones of both sides, those of one stage as a pair."""
    old, new = (
        {row.stage: row for row in side.ordered_milestones()}
        if isinstance(side, StagedRecord)
        else {}
        for side in (before, after)
    )
    return [(old.get(stage), new.get(stage)) for stage in dict.fromkeys([*new, *old])]


def linked_titles(records: Iterable[Record]) -> dict[str, str]:
    """Return id → title of every record to which these link."""
    return titles_of(link.target for record in records for link in record.ordered_links())


def titles_of(ids: Iterable[str], revision: int | None = None) -> dict[str, str]:
    """Return id → title of records, as of a revision or as their latest versions have it; one
    query for each kind."""
    by_kind: dict[str | None, list[str]] = {}
    for public_id in ids:
        by_kind.setdefault(kind_of(public_id), []).append(public_id)
    titles: dict[str, str] = {}
    for kind, model in KINDS.items():
        if kind in by_kind:
            rows = model._default_manager.filter(public_id__in=by_kind[kind])
            rows = rows.order_by("version") if revision is None else rows.in_force(revision)
            titles |= dict(rows.values_list("public_id", "title"))
    return titles


def _lines(before: Texts | None, after: Texts) -> list[Line]:
    """Return a line for each key of which either side has a text; `before` is None where there
    is no other side."""
    nothing = ("", "")
    lines = []
    for key in dict.fromkeys([*(before or ()), *after]):
        old, new = (before or {}).get(key, nothing), after.get(key, nothing)
        whole_days = key.endswith("_precision") and {old[1], new[1]} <= {"", "day"}
        if (old[1] or new[1]) and not whole_days:
            lines.append(Line(new[0] or old[0], old[1], new[1], is_first=before is None))
    return lines


def _record_texts(record: Record) -> Texts:
    """Return the fields in the model's order, then the parties of each role."""
    names = [column.name for column in record.content_fields() if column.name not in NOT_SHOWN]
    texts = _field_texts(record, names)
    if record.ROLES:
        for role, rows in record.parties_by_role.items():
            texts[role] = (capfirst(record.ROLES[role]), ", ".join(row.party.name for row in rows))
    return texts


def _field_texts(row: Any, names: Iterable[str]) -> Texts:
    return {
        field.name: (field.label, field.show(row)) for field in named_fields(type(row), [*names])
    }


def _link_texts(record: Record, titles: Mapping[str, str]) -> Texts:
    return {
        f"{link.type} {link.target}": (
            capfirst(LinkType(link.type).label),
            f"{link.target}: {titles.get(link.target, 'no such record')}",
        )
        for link in record.ordered_links()
    }


def _figure_texts(figure: Any) -> Texts:
    names = [field.name for field in figure.content_fields() if field.attname not in CITED]
    return _field_texts(figure, names) | {"statement": ("Statement", cited(figure))}


def _milestone_texts(milestone: Any) -> Texts:
    names = [field.name for field in milestone.content_fields() if field.attname not in CITED]
    texts = _field_texts(milestone, names)
    return texts | {"statement": ("Statement", cited(milestone))}


def cited(row: Any) -> str:
    """Return the statement that a figure or milestone cites, in the version that was read."""
    statement = row.statement
    return (
        f"{statement.title} · {statement.publisher}, {statement.published_on_key} "
        f"({statement.public_id} v{statement.version})"
    )


def marked(before: str, after: str) -> list[tuple[str, str]]:
    """Return the words of both, each marked as kept, gone or new; none where they share
    little."""
    old, new = before.split(" "), after.split(" ")
    if len(old) < 3 or len(old) + len(new) > MOST_WORDS:
        return []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:
        return []
    parts: list[tuple[str, str]] = []
    for operation, i, j, k, m in matcher.get_opcodes():
        if operation == "equal":
            parts.append(("", " ".join(old[i:j])))
            continue
        if old[i:j]:
            parts.append(("del", " ".join(old[i:j])))
        if new[k:m]:
            parts.append(("ins", " ".join(new[k:m])))
    return parts
