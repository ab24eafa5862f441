"""Differences between two responses, each with its sort and its place.

A place is the header, JSON pointer, column or line. Positions in a list are written `*`, so that
one change in five hundred records is one kind. Entries of lists are paired by what identifies
them, so that one that is new changes nothing about those after it.
"""

import csv
import difflib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

MOST = 20_000
"""Maximum number of separate differences in one response; the others count as one."""
NOTHING = "(none)"
IDENTIFIERS = (
    *(("id",), ("id", "figure"), ("id", "version"), ("parameter",), ("code",), ("number",)),
    *(("slug",), ("value",), ("month",), ("name",), ("url",)),
)
"""Fields that identify an entry of a list or a row, if each has other values."""
MOST_LINES = 200
"""Maximum number of lines that are compared in order; of more only those in one alone are told."""


class Sort(StrEnum):
    """What kind of change a difference is, the mildest first."""

    BYTES = "other bytes or order"
    ADDED = "added"
    HEADER = "header"
    ERROR = "text of an error"
    RENAMED = "renamed"
    REMOVED = "removed"
    VALUE = "other value"
    STATUS = "status"


@dataclass(frozen=True)
class Answer:
    """A response, without what differs in every run."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True)
class Difference:
    """One difference: its place, and the values before and after."""

    place: str
    before: str
    after: str
    sort: Sort = Sort.VALUE

    @property
    def change(self) -> str:
        return f"{self.before} → {self.after}"


def added(place: str, value: str) -> Difference:
    return Difference(place, NOTHING, value, Sort.ADDED)


def removed(place: str, value: str) -> Difference:
    return Difference(place, value, NOTHING, Sort.REMOVED)


def differences(before: Answer, after: Answer) -> Iterator[Difference]:
    """Yield all differences of two responses; of different statuses nothing else."""
    if before.status != after.status:
        yield Difference("status", str(before.status), str(after.status), Sort.STATUS)
        return
    for name in sorted({*before.headers, *after.headers}):
        one, other = (answer.headers.get(name, NOTHING) for answer in (before, after))
        if one != other:
            yield Difference(f"header {name}", one, other, Sort.HEADER)
    if before.body != after.body:
        if before.media_type != after.media_type:
            yield Difference("body", f"{before.media_type} form", f"{after.media_type} form")
        else:
            yield from capped(list(in_bodies(before, after)))


def capped(found: list[Difference]) -> Iterator[Difference]:
    """Yield each difference, or that the bodies differ only in bytes."""
    if not found:
        yield Difference("body bytes", "same content", "in other bytes", Sort.BYTES)
    yield from found[:MOST]
    if len(found) > MOST:
        gravest = max((one.sort for one in found[MOST:]), key=[*Sort].index)
        yield Difference("body more", f"{len(found) - MOST} more", "differences", gravest)


def in_bodies(before: Answer, after: Answer) -> Iterator[Difference]:
    """Yield the differences of two bodies of one media type."""
    one, other = (answer.body.decode("utf-8", "replace") for answer in (before, after))
    media_type = before.media_type
    try:
        if media_type == "application/problem+json":
            for found in in_values(json.loads(one), json.loads(other), "body "):
                words = found.sort == Sort.VALUE and not found.place.endswith(("code", "status"))
                yield replace(found, sort=Sort.ERROR) if words else found
            return
        if media_type == "application/x-ndjson":
            lines, others = (
                [json.loads(line) for line in text.splitlines()] for text in (one, other)
            )
            yield from in_values(lines, others, "body ")
            return
        if media_type.endswith("json"):
            yield from in_values(json.loads(one), json.loads(other), "body ")
            return
        if media_type == "text/csv":
            yield from in_tables(*(list(csv.reader(io.StringIO(text))) for text in (one, other)))
            return
        if media_type.endswith("spreadsheetml.sheet"):
            sheets, other_sheets = (dict(sheets_of(text)) for text in (one, other))
            for name in sorted({*sheets, *other_sheets}):
                if name not in other_sheets:
                    yield removed("body sheet", name)
                elif name not in sheets:
                    yield added("body sheet", name)
                else:
                    yield from in_tables(sheets[name], other_sheets[name])
            return
    except (ValueError, ElementTree.ParseError):
        pass
    yield from in_lines(one, other)


def in_values(before: Any, after: Any, place: str) -> Iterator[Difference]:
    """Yield the differences of two JSON values by their pointers."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from in_objects(before, after, place)
    elif isinstance(before, list) and isinstance(after, list):
        yield from in_lists(before, after, f"{place}/*")
    elif shown(before) != shown(after):
        yield Difference(place or "/", shown(before), shown(after))


def in_objects(before: dict[str, Any], after: dict[str, Any], place: str) -> Iterator[Difference]:
    new = [name for name in after if name not in before]
    for name in before:
        here = f"{place}/{name}"
        if name in after:
            yield from in_values(before[name], after[name], here)
            continue
        # A value that says something, at another name.
        same = [other for other in new if before[name] and after[other] == before[name]]
        if len(same) == 1:
            new.remove(same[0])
            yield Difference(here, name, same[0], Sort.RENAMED)
        else:
            yield removed(here, shown(before[name]))
    for name in new:
        yield added(f"{place}/{name}", shown(after[name]))
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield Difference(f"{place} order of names", shown([*before]), shown([*after]), Sort.BYTES)


def in_lists(before: list[Any], after: list[Any], place: str) -> Iterator[Difference]:
    identified = keyed(before, after)
    if identified is None:
        if len(before) != len(after):
            yield Difference(f"{place} length", str(len(before)), str(len(after)))
        for one, other in zip(before, after, strict=False):
            yield from in_values(one, other, place)
        return
    ones, others = identified
    for key, value in ones.items():
        if key in others:
            yield from in_values(value, others[key], place)
        else:
            yield removed(place, shown(value))
    yield from (added(place, shown(value)) for key, value in others.items() if key not in ones)
    common = [key for key in ones if key in others]
    if common != [key for key in others if key in ones]:
        yield Difference(f"{place} order", shown(common[:9]), "another order")


def keyed(before: list[Any], after: list[Any]) -> tuple[dict, dict] | None:
    """Return the entries of two lists by what identifies them, or None if nothing does."""
    if not any(isinstance(one, dict | list) for one in (*before, *after)):
        found = [{shown(one): one for one in values} for values in (before, after)]
        same = len(found[0]) == len(before) and len(found[1]) == len(after)
        return (found[0], found[1]) if same else None
    for names in IDENTIFIERS:
        found = [by_identifier(values, names) for values in (before, after)]
        if all(found):
            return found[0], found[1]
    return None


def by_identifier(values: list[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the entries by the values of these fields; none if that does not tell them apart."""
    if not all(isinstance(one, dict) and one.keys() >= {*names} for one in values):
        return {}
    found = {shown([one[name] for name in names]): one for one in values}
    return found if len(found) == len(values) else {}


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


Table = Sequence[Sequence[str]]


def in_tables(before: Table, after: Table) -> Iterator[Difference]:
    """Yield the differences of two tables by their columns, paired by their names."""
    before, after = from_head(before), from_head(after)
    one, other = ((list(table[0]) if table else []) for table in (before, after))
    yield from (removed("body column", name) for name in one if name not in other)
    yield from (added("body column", name) for name in other if name not in one)
    common = [name for name in one if name in other]
    if common != [name for name in other if name in one]:
        yield Difference("body order of columns", str(one), str(other), Sort.BYTES)
    left, right = (
        [{name: row[at] for at, name in enumerate(names) if at < len(row)} for row in table[1:]]
        for names, table in ((one, before), (other, after))
    )
    for found in in_lists(left, right, "body"):
        # Columns were told already.
        column = found.place.removeprefix("body/")
        if column in common:
            yield replace(found, place=f"body column {column}")
        elif column == found.place:
            yield found


def from_head(table: Table) -> Table:
    """Return a table from its names of columns on: sheets begin with a title, files with a mark of
    their encoding."""
    for number, row in enumerate(table[:9]):
        names = [name.lstrip("\ufeff") for name in row]
        if len(names) > 3 and {"id", "code", "number", "measure"} & {*names}:
            return [names, *table[number + 1 :]]
    return table


CELL = re.compile(r"([A-Z]+)\d+")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets_of(unzipped: str) -> Iterator[tuple[str, Table]]:
    """Yield the name and rows of each sheet of a workbook whose parts follow one another."""
    parts = dict(part.split("\n", 1) for part in unzipped.split("== ")[1:])
    texts = ElementTree.fromstring(parts.get("xl/sharedStrings.xml", "<none/>"))
    shared = ["".join(one.itertext()).strip("\n") for one in texts.iter(f"{SHEET}si")]
    for name, part in parts.items():
        if not name.startswith("xl/worksheets/sheet"):
            continue
        rows = []
        for row in ElementTree.fromstring(part).iter(f"{SHEET}row"):
            cells: dict[int, str] = {}
            for cell in row.iter(f"{SHEET}c"):
                column = 0
                for letter in CELL.match(cell.get("r", "A1"))[1]:  # type: ignore[index]
                    column = column * 26 + ord(letter) - 64
                value = "".join(cell.itertext()).strip("\n")
                cells[column] = shared[int(value)] if cell.get("t") == "s" else value
            rows.append([cells.get(number + 1, "") for number in range(max(cells, default=0))])
        yield name, rows


def in_lines(before: str, after: str) -> Iterator[Difference]:
    """Yield the differences of two texts, block by block."""
    one, other = before.splitlines(), after.splitlines()
    if max(len(one), len(other)) > MOST_LINES:
        # Putting them in order takes the square of their number.
        gone, new = Counter(one) - Counter(other), Counter(other) - Counter(one)
        yield from (removed("body line", line.strip()) for line in gone.elements())
        yield from (added("body line", line.strip()) for line in new.elements())
        return
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        left = "\n".join(line.strip() for line in one[start:end])
        right = "\n".join(line.strip() for line in other[other_start:other_end])
        if tag == "replace" and end - start == other_end - other_start:
            pairs = zip(one[start:end], other[other_start:other_end], strict=True)
            for line, instead in pairs:
                yield Difference("body line", *around(line.strip(), instead.strip()))
        elif tag == "replace":
            yield Difference("body line", left, right)
        elif tag == "delete":
            yield removed("body line", left)
        elif tag == "insert":
            yield added("body line", right)


def around(before: str, after: str) -> tuple[str, str]:
    """Return two long lines without what they have in common, except a few words of context."""
    if max(len(before), len(after)) < 300:
        return before, after
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    left = max(0, start - 40)
    right = max(0, end - 40)
    return before[left : len(before) - right], after[left : len(after) - right]
