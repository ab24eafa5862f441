"""Decisions about findings: a file beside the dataset, where each stays with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from records.curation.dataset_check.findings import Finding
from records.dataset_files.reading import Problems, line_of, root_of

KEYS = ("code", "at", "seen", "reason")


class DecisionsError(Exception):
    """The faults of the file, one line each."""


@dataclass(frozen=True)
class Decision:
    """Why findings of one code need no mending, at one place or at several."""

    code: str
    at: tuple[str, ...]
    reason: str
    seen: str = ""
    """What was published there when it was decided; empty to hold whatever is."""
    line: int = 0

    def stale(self, place: str) -> str:
        """Return a line about a place of which there is no finding."""
        seen = f" “{self.seen}”" if self.seen else ""
        return f"line {self.line}: {self.code} {place}{seen}"


@dataclass
class Report:
    """Findings, told apart by whether somebody decided about them."""

    undecided: list[Finding] = field(default_factory=list)
    decided: list[tuple[Finding, Decision]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    """Decisions that match no finding: what they were about was mended, or is another now."""


def judge(findings: Iterable[Finding], decisions: Sequence[Decision], codes: list[str]) -> Report:
    """Match findings with decisions; only decisions about rules that ran can be stale."""
    known = {(one.code, place): one for one in decisions for place in one.at}
    report = Report()
    used = set()
    for finding in findings:
        key = finding.code, finding.at
        decision = known.get(key)
        if decision is None or decision.seen not in ("", finding.seen):
            report.undecided.append(finding)
        else:
            used.add(key)
            report.decided.append((finding, decision))
    report.stale = [
        one.stale(place)
        for one in decisions
        for place in one.at
        if (one.code, place) not in used and one.code in codes
    ]
    return report


# The file


def read(path: Path, codes: Iterable[str]) -> list[Decision]:
    """Read a file of decisions; raise DecisionsError with all of its faults. A file that is not
    there holds none."""
    if not path.exists():
        return []
    unreadable = Problems()
    root = root_of(path, unreadable)
    if unreadable:
        raise DecisionsError("\n".join(unreadable.lines()))
    nodes: list[Node] = [] if root is None else [root]
    if isinstance(root, SequenceNode):
        nodes = root.value
    faults: list[str] = []
    found: list[Decision] = []
    for node in nodes:
        line = line_of(node)
        entry, problems = read_entry(node, set(codes))
        faults += [f"{path.name}:{line}: {problem}" for problem in problems]
        if not problems:
            found.append(
                Decision(
                    code=str(entry["code"]),
                    at=tuple(entry["at"]),
                    reason=str(entry["reason"]),
                    seen=str(entry.get("seen", "")),
                    line=line,
                )
            )
    places = [(one.code, place) for one in found for place in one.at]
    twice = sorted({place for place in places if places.count(place) > 1})
    faults += [f"{path.name}: {code} {place} is decided twice." for code, place in twice]
    if faults:
        raise DecisionsError("\n".join(faults))
    return found


def read_entry(node: Node, codes: set[str]) -> tuple[dict[str, str | list[str]], list[str]]:
    """Return the values of an entry, and what is wrong with it."""
    if not isinstance(node, MappingNode):
        return {}, ["Write an entry of the keys code, at, seen and reason here."]
    entry: dict[str, str | list[str]] = {}
    problems = []
    for key, value in node.value:
        name = key.value
        if name not in KEYS:
            problems.append(f"There is no key {name!r} here: use {', '.join(KEYS)}.")
        elif isinstance(value, ScalarNode):
            entry[name] = [value.value] if name == "at" else value.value.strip()
        elif name == "at" and isinstance(value, SequenceNode):
            entry[name] = [one.value for one in value.value if isinstance(one, ScalarNode)]
        else:
            problems.append(f"`{name}` is one text.")
    for name in ("code", "at", "reason"):
        if not entry.get(name):
            problems.append(f"`{name}` is missing.")
    if entry.get("code") and entry["code"] not in codes:
        problems.append(
            f"There is no rule {entry['code']}: use one of {', '.join(sorted(codes))}."
        )
    if entry.get("seen") and len(entry.get("at", ())) > 1:
        problems.append("`seen` is of one place: give each its own entry, or leave `seen` out.")
    return entry, problems


def as_yaml(findings: Iterable[Finding]) -> str:
    """Return entries for the file, each with an empty reason to be filled in."""
    entries = [
        {"code": one.code, "at": one.at, **({"seen": one.seen} if one.seen else {}), "reason": ""}
        for one in findings
    ]
    return yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=92)
