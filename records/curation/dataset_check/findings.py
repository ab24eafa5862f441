"""Findings: what a sceptical reader would ask, and where to look for the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from records.curation.dataset_check.rows import Published


@dataclass(frozen=True, order=True)
class Finding:
    """A doubt about something published. Code and place identify it; a decision names both."""

    code: str
    at: str
    """`don-7k3m9q2x`, `don-7k3m9q2x figures[2]`, `party who`: places in lists count from 0."""
    seen: str
    """What is published there, in its own words."""
    expected: str
    look: tuple[str, ...] = ()
    """Ids of the statements and records to read."""


Rule = Callable[[Published], Iterator[Finding]]
"""Yields the findings of one code. A rule is a plain function over plain rows."""


def figure_at(record: str, place: int) -> str:
    """Return the place of a figure, as errors about the dataset's files write it."""
    return f"{record} figures[{place}]"
