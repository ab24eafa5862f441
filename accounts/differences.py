"""What changed in a form since its page kept it: little enough to be sent while the page is left,
however long the form is.

A page names each state of its form. A difference says which state it begins from, the values of
the fields that changed, the fields that are gone, and of a long text only the part that changed.
"""

import json
from collections.abc import Mapping
from typing import Any

STATE = "_state"
"""Field with the name of the state that a form is in."""
DIFFERENCES = "_differences"
"""Field with the differences, in JSON: one for each state that the server may have."""

Content = dict[str, list[str]]


class Unusable(Exception):
    """The differences begin from no state that is kept, or are none."""


def merged(kept: Mapping[str, list[str]], state: str, differences: str) -> Content:
    """Return the values of a kept form with what changed since, in that state."""
    at = (kept.get(STATE) or [""])[-1]
    if not at or not state:
        raise Unusable
    if at == state:
        return dict(kept)
    try:
        found = next(one for one in json.loads(differences) if one["since"] == at)
        return changed(kept, found) | {STATE: [state]}
    except (
        AttributeError,
        IndexError,
        KeyError,
        StopIteration,
        TypeError,
        ValueError,
    ) as error:
        raise Unusable from error


def changed(kept: Mapping[str, list[str]], difference: Mapping[str, Any]) -> Content:
    gone = set(difference["gone"])
    values = {name: value for name, value in kept.items() if name not in gone}
    for name, value in difference["values"].items():
        values[name] = [text(one) for one in value]
    for name, (start, end, part) in difference["parts"].items():
        values[name] = [with_part(kept[name][-1], start, end, text(part))]
    return values


def text(value: Any) -> str:
    """Return a text that can be stored; refuse anything else."""
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def with_part(value: str, start: int, end: int, part: str) -> str:
    """Return a text with other words in a place, which is counted as browsers count: in units of
    UTF-16."""
    units = value.encode("utf-16-le")
    if not 0 <= start <= end <= len(units) // 2:
        raise ValueError
    before, after = units[: 2 * start], units[2 * end :]
    return before.decode("utf-16-le") + part + after.decode("utf-16-le")
