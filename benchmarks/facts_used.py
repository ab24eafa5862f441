"""Count what became of facts that people noted from public pages: used, merged or left out.

    FACTS_DIR=… .venv/bin/python benchmarks/facts_used.py [FILE …] [--left-out]

A fact (facts.py) is *used* if a figure or milestone of a published record quotes its words from
its page, and *merged* if that record quotes another statement as well: several pages tell of one
event. Any other is left out, for the first of REASONS that holds: found from amount, parties,
dates and note, not written down when it was left out. `--left-out` lists these.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from facts import PARTIES, listed

ROOT = Path(__file__).resolve().parent.parent
Json = dict[str, Any]

NO_TOTAL = re.compile(
    r"\b(targets?|goals?|plans?|rates?|capacity|per|a (?:day|week|month|year)|weekly|persons?|"
    r"people|never|ceiling|equivalents?|floor|loans?|outstanding)\b"
)
DOUBTFUL = re.compile(
    r"\b(conflict|doubt\w*|ambig\w+|unclear|garbled|slip|disput\w+|contradict\w*|unstated|lumped|"
    r"mixed|judgement|umbrella|together|excerpt)\b"
)
REASONS = {
    "told by another statement": "the amount is in a record with one of its parties",
    "no amount": "it says that something was given, not how much",
    "no date": "neither the fact nor its page has one, or only a month or year",
    "no total": "a target, rate, capacity, ceiling, loan, or a number of people",
    "doubtful": "gift or purchase unstated, kinds mixed, words cut or at odds",
    "by judgement": "seizures, promises soon overtaken, no COVID aid, a better page has it",
}
"""Reason → what it means, in the order in which they are tried."""


class Dataset:
    """What the dataset's files say of pages, quotes, amounts and parties."""

    def __init__(self, directory: Path) -> None:
        self.statements: dict[str, set[str]] = defaultdict(set)
        """Address of a page → statements."""
        self.quotes: dict[str, list[tuple[str, str]]] = defaultdict(list)
        """Statement → its quotes, each with the record that quotes it."""
        self.cited: dict[str, set[str]] = defaultdict(set)
        """Record → statements that it quotes."""
        self.amounts: dict[float, set[str]] = defaultdict(set)
        """Number → parties of the records that have it."""
        self.parties: dict[str, set[str]] = defaultdict(set)
        """Name → codes of the party and its country."""
        self.directory = directory
        countries: dict[str, str] = {}
        for entry in self.entries("parties"):
            codes = {entry["code"], entry.get("country") or entry["code"]}
            countries[entry["code"]] = entry.get("country") or entry["code"]
            for name in (entry["name"], *entry.get("aliases", ())):
                self.parties[str(name).casefold()] |= codes
        for entry in self.entries("statements"):
            for key in ("url", "archived_url"):
                self.statements[address(entry.get(key, ""))].add(entry["id"])
        for noun in ("donations", "exports", "contracts"):
            for entry in self.entries(noun):
                self.take(entry, countries)

    def entries(self, noun: str) -> Iterator[Json]:
        text = (self.directory / f"{noun}.yaml").read_text("utf-8")
        for entry in yaml.load(text, yaml.CSafeLoader):
            if entry.get("action") != "withdrawn":
                yield entry

    def take(self, entry: Json, countries: dict[str, str]) -> None:
        parties = {code for value in entry.values() for code in codes_in(value, countries)}
        for row in (*entry.get("figures", ()), *entry.get("milestones", ())):
            self.quotes[row["statement"]].append((folded(row["quote"]), entry["id"]))
            self.cited[entry["id"]].add(row["statement"])
            for key in ("value", "lower", "upper"):
                if row.get(key):
                    self.amounts[float(row[key])] |= parties

    def fate(self, fact: Json, source: Json) -> str:
        """Return `used`, `merged` or the reason why a fact was left out."""
        words = folded(fact.get("fragment") or "")
        records = {
            record
            for statement in self.statements.get(address(source["url"]), ())
            for quote, record in self.quotes[statement]
            if words and (words in quote or quote in words)
        }
        if records:
            return "merged" if any(len(self.cited[one]) > 1 for one in records) else "used"
        note = str(fact.get("note") or "").lower()
        amounts = list(amounts_of(fact))
        named = {
            code
            for role in PARTIES
            for party in listed(fact.get(role))
            if isinstance(party, dict)
            for code in self.parties.get(str(party.get("name")).casefold(), ())
        }
        dates = (str(date) for date in (fact.get("as_of"), source.get("published")) if date)
        holds = (
            any(named & self.amounts.get(amount, set()) for amount in amounts),
            not amounts,
            not any(len(date) == len("2020-04-10") for date in dates),
            bool(NO_TOTAL.search(note)),
            bool(DOUBTFUL.search(note)),
            True,
        )
        return next(reason for reason, held in zip(REASONS, holds, strict=True) if held)


def codes_in(value: Any, countries: dict[str, str]) -> Iterator[str]:
    """Yield the codes of parties in a list, and those of their countries."""
    for code in value if isinstance(value, list) else ():
        if isinstance(code, str) and code in countries:
            yield from (code, countries[code])


def amounts_of(fact: Json) -> Iterator[float]:
    for row, keys in (("items", ("quantity", "lower", "upper")), ("money", ("amount",))):
        for one in listed(fact.get(row)):
            yield from (float(one[key]) for key in keys if one.get(key))


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def address(text: str) -> str:
    return text.removeprefix("https://").removeprefix("http://").rstrip("/")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments.add_argument("--left-out", action="store_true", help="list what was left out")
    given = arguments.parse_args()
    files = given.files or sorted(Path(os.environ.get("FACTS_DIR", ".")).glob("*.ndjson"))
    if not files:
        arguments.error("Name a file of facts, or their directory in FACTS_DIR.")
    dataset = Dataset(ROOT / "fixtures")
    counts: dict[str, Counter[str]] = {}
    for path in files:
        counts[path.stem] = count = Counter()
        for line in path.read_text("utf-8").splitlines():
            page = json.loads(line)
            count["pages"] += 1
            for fact in page["facts"]:
                fate = dataset.fate(fact, page["source"])
                count[fate] += 1
                if given.left_out and fate in REASONS:
                    print(f"{fate}: {fact.get('fragment')} ({page['source']['url']})")
    total = sum(counts.values(), Counter())
    print(f"| | {' | '.join(counts)} | all | |\n|---|{'---:|' * (len(counts) + 1)}---|")
    lines = {"used": "", "merged": "one of several pages on one event", **REASONS}
    columns = [*counts.values(), total]
    cells = [str(column["pages"]) for column in columns]
    print(f"| pages | {' | '.join(cells)} | |")
    for name, meaning in lines.items():
        label = f"left out: {name}" if name in REASONS else name
        cells = [str(column[name]) for column in columns]
        print(f"| {label} | {' | '.join(cells)} | {meaning} |")
    cells = [str(sum(column[name] for name in lines)) for column in columns]
    print(f"| **all facts** | {' | '.join(cells)} | |")


if __name__ == "__main__":
    main()
