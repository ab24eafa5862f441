"""Differences between two responses, each with its kind.

A kind says where: path, status, media type, and the header, JSON pointer, column or line.
Positions in a list are written `*`, so that one change in five hundred records is one kind.
"""

import csv
import difflib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST = 200
"""Maximum number of separate differences in one response; the others count as one."""


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

    @property
    def change(self) -> str:
        return f"{self.before} → {self.after}"


def differences(before: Answer, after: Answer) -> Iterator[Difference]:
    """Yield all differences of two responses."""
    if before.status != after.status:
        yield Difference("status", str(before.status), str(after.status))
    for name in sorted({*before.headers, *after.headers}):
        one, other = (answer.headers.get(name, "(none)") for answer in (before, after))
        if one != other:
            yield Difference(f"header {name}", one, other)
    if before.body != after.body:
        if before.media_type != after.media_type:
            yield Difference("body", f"{before.media_type} form", f"{after.media_type} form")
        else:
            yield from capped(list(in_bodies(before, after)))


def capped(found: list[Difference]) -> Iterator[Difference]:
    """Yield each difference, or that the bodies differ only in bytes."""
    if not found:
        yield Difference("body bytes", "same content", "in other bytes")
    yield from found[:MOST]
    if len(found) > MOST:
        yield Difference("body more", f"{len(found) - MOST} more", "differences")


def in_bodies(before: Answer, after: Answer) -> Iterator[Difference]:
    """Yield the differences of two bodies of one media type."""
    one, other = (answer.body.decode("utf-8", "replace") for answer in (before, after))
    media_type = before.media_type
    try:
        if media_type.endswith("json") and media_type != "application/x-ndjson":
            yield from in_values(json.loads(one), json.loads(other), "body ")
            return
        if media_type == "application/x-ndjson":
            lines = [[json.loads(line) for line in text.splitlines()] for text in (one, other)]
            yield from in_values(*lines, "body ")
            return
        if media_type == "text/csv":
            yield from in_tables(one, other)
            return
    except ValueError:
        pass
    yield from in_lines(one, other)


def in_values(before: Any, after: Any, place: str) -> Iterator[Difference]:
    """Yield the differences of two JSON values by their pointers."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            here = f"{place}/{name}"
            if name not in after:
                yield Difference(here, shown(before[name]), "(none)")
            elif name not in before:
                yield Difference(here, "(none)", shown(after[name]))
            else:
                yield from in_values(before[name], after[name], here)
        common = [name for name in before if name in after]
        if common != [name for name in after if name in before]:
            yield Difference(f"{place} order of names", shown([*before]), shown([*after]))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield Difference(f"{place} length", str(len(before)), str(len(after)))
        for one, other in zip(before, after, strict=False):
            yield from in_values(one, other, f"{place}/*")
    elif shown(before) != shown(after):
        yield Difference(place or "/", shown(before), shown(after))


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def in_tables(before: str, after: str) -> Iterator[Difference]:
    """Yield the differences of two CSV files by their columns."""
    one, other = (list(csv.reader(io.StringIO(text))) for text in (before, after))
    if one[:1] != other[:1]:
        yield Difference("body header row", str(one[:1]), str(other[:1]))
        return
    if len(one) != len(other):
        yield Difference("body rows", str(len(one)), str(len(other)))
    for first, second in zip(one[1:], other[1:], strict=False):
        if len(first) != len(second):
            yield Difference("body cells", str(len(first)), str(len(second)))
        for name, left, right in zip(one[0], first, second, strict=False):
            if left != right:
                yield Difference(f"body column {name}", left, right)


def in_lines(before: str, after: str) -> Iterator[Difference]:
    """Yield the differences of two texts, block by block."""
    one, other = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "replace" and end - start == other_end - other_start:
            pairs = zip(one[start:end], other[other_start:other_end], strict=True)
            for left, right in pairs:
                yield Difference("body line", *around(left.strip(), right.strip()))
        elif tag != "equal":
            left = "\n".join(line.strip() for line in one[start:end])
            right = "\n".join(line.strip() for line in other[other_start:other_end])
            yield Difference("body line", left, right)


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
