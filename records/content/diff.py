"""Differences between two contents as plain data, and the one rule by which rows are paired.

A content is a version's public document or `Record.content()`. Rows of a list are paired by what
they are about, so that a row that only moved is no difference.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SUBJECT = ("measure", "item", "unit", "currency", "party_type", "party_role", "basis")
"""What a figure is about: figures of one content with the same subject are rival reports."""
CLAIM = ("operator", "value", "lower", "upper")

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One difference: the path of the field, and its value on either side."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Pair:
    """Places of one row in the two lists, and its name in a path; None where it is missing."""

    name: str
    before: int | None
    after: int | None


def diff(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Yield every difference, fields of `before` first:
    `figures[quantity surgical-mask piece single].value`."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else name
            yield from diff(before.get(name), after.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list) and _are_rows([*before, *after]):
        for pair in pair_rows(before, after):
            old = None if pair.before is None else before[pair.before]
            new = None if pair.after is None else after[pair.after]
            yield from diff(old, new, f"{path}[{pair.name}]")
    else:
        yield Change(path, before, after)


def _are_rows(members: Sequence[Any]) -> bool:
    return all(isinstance(member, dict) for member in members)


def pair_rows(before: Sequence[Row], after: Sequence[Row]) -> list[Pair]:
    """Return the rows of both lists, those with the same name as one pair. Names come in the
    order of `before`, then those that only `after` has."""
    rivals = _repeated(before) | _repeated(after)
    old, new = _places(before, rivals), _places(after, rivals)
    return [Pair(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]


def pair_figures(before: Sequence[Row], after: Sequence[Row]) -> list[Pair]:
    """Return the figures paired as `pair_rows` does, and of those left over the most alike: a
    figure whose unit or item was corrected is one figure to people, though its name changed."""
    pairs = pair_rows(before, after)
    gone = [pair.before for pair in pairs if pair.after is None and pair.before is not None]
    come = [pair.after for pair in pairs if pair.before is None and pair.after is not None]
    partners = most_alike(before, after, gone, come)
    taken = set(partners.values())
    joined = []
    for pair in pairs:
        if pair.after is None and pair.before in partners:
            joined.append(Pair(pair.name, pair.before, partners[pair.before]))
        elif pair.before is not None or pair.after not in taken:
            joined.append(pair)
    return joined


def most_alike(
    before: Sequence[Row], after: Sequence[Row], gone: Sequence[int], come: Sequence[int]
) -> dict[int, int]:
    """Return place in `before` → place in `after` of the rows at those places that are one figure:
    the most alike first, of equals the nearest."""
    scored = sorted(
        (-score, abs(i - k), i, k)
        for i in gone
        for k in come
        if (score := likeness(before[i], after[k]))
    )
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, k in scored:
        if i not in partners and k not in taken:
            partners[i] = k
            taken.add(k)
    return partners


def likeness(old: Row, new: Row) -> int:
    """Return a score for two rows being one figure; 0 unless they share the measure, and the
    item or the quote."""

    def same(*names: str) -> bool:
        return all(old.get(name) == new.get(name) for name in names)

    quoted = _quote(old) == _quote(new)
    if not same("measure") or not (quoted or same("item")):
        return 0
    return (
        3 * quoted
        + 3 * same(*SUBJECT)
        + 3 * same(*CLAIM)
        + 2 * same("item")
        + 2 * (_statement(old) == _statement(new))
        + same("basis")
        + same("unit", "currency")
        + 1
    )


def _repeated(rows: Sequence[Row]) -> set[str]:
    return {name for name, n in Counter(map(_name, rows)).items() if n > 1}


def _places(rows: Sequence[Row], rivals: set[str]) -> dict[str, int]:
    """Return name → place of each row; rivals are named by their statement too."""
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        name = _name(row)
        if name in rivals and (statement := _statement(row)):
            name = f"{name} by {statement}"
        if name in places:
            # Figures of two versions of one statement: none may be lost.
            name = f"{name} #{place + 1}"
        places[name] = place
    return places


def _name(row: Row) -> str:
    if "measure" in row:
        return " ".join(row[key] for key in SUBJECT if row.get(key))
    if "dated" in row or "stage" in row:
        return str(row["stage"])
    if "type" in row and "id" in row:
        return f"{row['type']} {row['id']}"
    return str(row.get("code") or row.get("id"))


def _statement(row: Row) -> str:
    """Return the id of the statement that a figure cites."""
    if "evidence" in row:
        return row["evidence"]["statement"]
    return row["statement"][0] if "statement" in row else ""


def _quote(row: Row) -> str:
    return row["evidence"]["quote"] if "evidence" in row else row.get("quote", "")
