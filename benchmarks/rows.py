"""The rows of the table that the benchmarks print, and of the file that they leave."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

HEADER = "case | ours | peer | ratio | CPU ms | target | met"
Judged = Literal["rate", "cpu", "ours", ""]


@dataclass(frozen=True)
class Run:
    """How it is measured."""

    donations: int
    rounds: int = 5
    seconds: int = 3
    """Length of a round."""


@dataclass(frozen=True)
class Row:
    """A case, measured beside a peer or alone."""

    case: str
    unit: str
    """Of the rates: `requests/s`, `rows/s`, `MB/s` …"""
    ours: float
    peer: str = ""
    """What it is compared with; empty if it is measured alone."""
    theirs: float | None = None
    our_cpu: float | None = None
    """CPU milliseconds of the server per request, or of the process per file, load or record."""
    their_cpu: float | None = None
    judged: Judged = ""
    """What must reach the target: the ratio of the rates, that of the CPU times, or our rate."""
    target: float | None = None
    megabytes: int | None = None
    """Memory of the process at most, if it is measured."""
    most_megabytes: int | None = None
    client: float | None = None
    """Share of a core that the client needed at most."""
    bytes: int | None = None
    """Of a response of ours."""
    their_bytes: int | None = None

    @property
    def ratio(self) -> float | None:
        """Return how many times as fast ours is: by CPU where that is judged, else by rate."""
        if self.judged == "cpu":
            return self.their_cpu / self.our_cpu if self.our_cpu and self.their_cpu else None
        return self.ours / self.theirs if self.theirs else None

    @property
    def met(self) -> bool | None:
        """Return whether the target is reached; None if there is none."""
        if self.target is None:
            return None
        reached = self.ours if self.judged == "ours" else self.ratio
        small = self.most_megabytes is None or (self.megabytes or 0) <= self.most_megabytes
        return reached is not None and reached >= self.target and small

    @property
    def name(self) -> str:
        """Return the case, with what it is measured against."""
        return f"{self.case} against {self.peer}" if self.peer else self.case

    def cells(self) -> list[str]:
        """Return the cells of its line, in the order of HEADER."""
        ratio, met = self.ratio, self.met
        by_cpu = " by CPU" if self.judged == "cpu" else ""
        memory = f", {self.megabytes} MB" if self.megabytes else ""
        cpu = [milliseconds(one) for one in (self.our_cpu, self.their_cpu) if one]
        target = "–"
        if self.target is not None:
            target = f"{self.target:,.0f}" if self.judged == "ours" else f"{self.target:g}×"
            if self.most_megabytes:
                target += f", {self.most_megabytes} MB"
        return [
            self.name,
            f"{number(self.ours)} {self.unit}{memory}",
            "–" if self.theirs is None else number(self.theirs),
            "–" if ratio is None else f"{ratio:.{digits(ratio)}f}×{by_cpu}",
            " against ".join(cpu) or "–",
            target,
            {True: "met", False: "MISSED", None: ""}[met],
        ]

    def line(self) -> str:
        return " | ".join(self.cells())

    def as_json(self) -> dict[str, Any]:
        """Return its fields and what follows from them, without what is empty."""
        fields = asdict(self) | {"ratio": self.ratio, "met": self.met}
        return {
            name: float(f"{value:.4g}") if isinstance(value, float) else value
            for name, value in fields.items()
            if value not in (None, "")
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Row":
        derived = ("ratio", "met")
        return cls(**{name: value for name, value in stored.items() if name not in derived})


def number(value: float) -> str:
    """Return a number for people: no decimals from 10 on."""
    return f"{value:,.{0 if value >= 10 else 1}f}"


def digits(ratio: float) -> int:
    """Return the decimals that tell a ratio from others: two below 10, one above."""
    return 1 if ratio >= 10 else 2


def milliseconds(value: float) -> str:
    return f"{value:,.{3 if value < 1 else 1 if value < 100 else 0}f}"


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a table."""
    names = HEADER.split(" | ")
    lines = [names, ["---", *["--:"] * (len(names) - 2), "---"], *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
