"""Totals: what is surely reached, which figures say so, and why others add nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Used:
    """A figure that a total includes: the id of its record, and its number there from 1."""

    id: str
    figure: int
    value: float | None
    in_at_least: bool
    in_about: bool


@dataclass(frozen=True)
class LeftOut:
    """A figure that a total leaves out: why, and the record that already holds it, if one does."""

    id: str
    figure: int
    reason: str
    held_by: str | None


@dataclass(frozen=True)
class Total:
    """Total of one unit, currency or kind of party within a group."""

    group: dict[str, Any]
    measure: str
    unit: str | None
    currency: str | None
    party_type: str | None
    at_least: float | None
    """The amount that is proven; None if no figure proves one."""
    about: float | None
    at_most: float | None
    exact: bool
    conflict: bool
    used: tuple[Used, ...]
    left_out: tuple[LeftOut, ...]
    document: dict[str, Any] = field(repr=False)
    """The total as the API sends it."""

    @classmethod
    def of(cls, sent: dict[str, Any]) -> "Total":
        """Build a total from what was sent."""
        return cls(
            **{name: sent[name] for name in ("group", "measure", "unit", "currency")},
            **{name: sent[name] for name in ("party_type", "at_least", "about", "at_most")},
            exact=sent["exact"],
            conflict=sent["conflict"],
            used=tuple(
                Used(one["id"], one["figure"], one["value"], one["in_at_least"], one["in_about"])
                for one in sent["used"]
            ),
            left_out=tuple(
                LeftOut(one["id"], one["figure"], part["reason"], one["held_by"])
                for part in sent["left_out"]
                for one in part["which"]
            ),
            document=sent,
        )


@dataclass(frozen=True)
class Totals:
    """Totals of a query, as of a revision."""

    revision: int
    records: int
    figures: int
    totals: tuple[Total, ...]
    document: dict[str, Any] = field(repr=False)

    def __iter__(self) -> Iterator[Total]:
        return iter(self.totals)

    def __len__(self) -> int:
        return len(self.totals)

    @classmethod
    def of(cls, sent: dict[str, Any]) -> "Totals":
        """Build totals from what was sent."""
        totals = tuple(Total.of(one) for one in sent["totals"])
        return cls(sent["revision"], sent["records"], sent["figures"], totals, sent)
