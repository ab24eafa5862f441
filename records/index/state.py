"""State of the derived rows: whether all of them were written by the code that runs."""

from records.index.models import DerivedState
from records.index.signature import Rows, signatures

Derived = tuple[str, Rows]
"""(kind, rows): the derived rows of one sort and of one kind of record."""


def out_of_date(using: str = "default") -> list[Derived]:
    """Return the derived rows that other code wrote, or that were never completed; one query."""
    rows = DerivedState.objects.using(using).values_list("kind", "rows", "signature")
    stored = {(kind, name): signature for kind, name, signature in rows}
    return [key for key, signature in signatures().items() if stored.get(key) != signature]


def describe(derived: list[Derived]) -> str:
    """Return the derived rows as words: `documents of donations, exports; statistics of …`."""
    labels = {
        Rows.DOCUMENT: "documents",
        Rows.FILE: "rows in files",
        Rows.SEARCH: "search documents",
        Rows.STATISTICS: "statistics",
    }
    found = {rows: [kind for kind, other in derived if other == rows] for rows in Rows}
    return "; ".join(
        f"{labels[rows]} of {', '.join(f'{kind}s' for kind in kinds)}"
        for rows, kinds in found.items()
        if kinds
    )


def mark_complete(kind: str, rows: Rows) -> None:
    """Note that all rows of the sort were written by this code."""
    DerivedState.objects.update_or_create(
        kind=kind, rows=rows, defaults={"signature": signatures()[kind, rows], "progress": None}
    )


def note_writing() -> None:
    """Note in the publishing transaction that this code writes derived rows: where other code
    completed them, they are no longer all of one signature."""
    ours = ["", *signatures().values()]
    DerivedState.objects.exclude(signature__in=ours).update(signature="")
