"""How many names in statements a running reconciliation service ranks first.

Reads the parties and items of facts files (`*.ndjson`, one source a line, with `facts`) and sends
them to the service in batches. A name is right if the first candidate has it exactly, or is the
entry that `reconciliation_names.yaml` gives; names without an entry do not count.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

ROLES = ("giver", "recipient", "buyer", "supplier", "exporter", "destination", "actor", "target")
JUDGED = yaml.safe_load(Path(__file__).with_name("reconciliation_names.yaml").read_text("utf-8"))
BATCH = 50


def names_in(value: Any) -> Iterator[str]:
    """Yield the names of parties in the value of a role: a name, an object, or a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from names_in(value.get("name") or [])
    elif isinstance(value, list):
        for one in value:
            yield from names_in(one)


def read(folder: Path) -> dict[str, Counter[str]]:
    """Return vocabulary → name → the number of times that facts have it."""
    found: dict[str, Counter[str]] = {"parties": Counter(), "items": Counter()}
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text("utf-8").splitlines():
            for fact in json.loads(line)["facts"]:
                for role in ROLES:
                    found["parties"].update(names_in(fact.get(role)))
                items = fact.get("items") or []
                found["items"].update(one["item"] for one in items if one.get("item"))
    return found


def first_candidates(site: str, vocabulary: str, names: list[str]) -> dict[str, Any]:
    """Return name → the first candidate, or None."""
    found: dict[str, Any] = {}
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        queries = {str(number): {"query": name, "limit": 3} for number, name in enumerate(batch)}
        form = urlencode({"queries": json.dumps(queries)}).encode()
        with urlopen(f"{site}/reconcile/{vocabulary}/", form) as response:
            results = json.load(response)
        for number, name in enumerate(batch):
            found[name] = next(iter(results[str(number)]["result"]), None)
    return found


def report(site: str, vocabulary: str, names: Counter[str]) -> tuple[int, int]:
    """Print what was found; return how many names were right, of how many."""
    judged = JUDGED[vocabulary]
    began = time.perf_counter()
    first = first_candidates(site, vocabulary, list(names))
    seconds = time.perf_counter() - began
    kinds: Counter[str] = Counter()
    times: Counter[str] = Counter()
    misses = []
    for name, count in names.items():
        one = first[name]
        exact = one is not None and one["features"][0]["value"]
        if exact:
            kind = "exact"
        elif name in judged["none"]:
            kind = "no entry"
        elif name not in judged["entries"]:
            kind = "not judged"
        else:
            kind = "similar" if one and one["id"] == judged["entries"][name] else "missed"
        kinds[kind] += 1
        times[kind] += count
        if kind in ("missed", "not judged"):
            got = f"{one['id']} ({one['score']})" if one else "nothing"
            misses.append(f"  {kind}: {name!r} is {judged['entries'].get(name)}, got {got}")
    right, wrong = kinds["exact"] + kinds["similar"], kinds["missed"] + kinds["not judged"]
    often = times["exact"] + times["similar"]
    often_wrong = times["missed"] + times["not judged"]
    print(f"{vocabulary}: {len(names)} names, {seconds:.2f} s; {dict(kinds)}")
    print(f"  first of its candidates: {right} of {right + wrong} names", end="")
    print(f" ({right / (right + wrong):.1%}), {often} of {often + often_wrong} mentions", end="")
    print(f" ({often / (often + often_wrong):.1%})")
    print(*misses, sep="\n")
    return right, right + wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of facts files, *.ndjson")
    parser.add_argument("--site", default="http://127.0.0.1:8000", help="the running site")
    given = parser.parse_args()
    results = [report(given.site, name, found) for name, found in read(given.folder).items()]
    right, count = (sum(column) for column in zip(*results, strict=True))
    print(f"together: {right} of {count} names ({right / count:.1%})")


if __name__ == "__main__":
    main()
