"""Read the figures of short fragments of statements, and compare them with what people read.

    python benchmarks/extraction.py FILE...          this checkout, per language
    … --against REVISION                             and an earlier state of it, side by side
    … --half A                                       one half of the fragments only (by hash)
    … --libraries                                    libraries instead
    … --list wrong|sure|items|units|missed           the fragments behind a column

FILE is NDJSON in the form that facts.py describes; without one, all `*.ndjson` in the directory
FACTS_DIR are read. Of each fragment the figures that a parser proposes are compared with the
figures of the facts that rest on it, or on the same page:

- *number*: recall: of the fragments that say an amount, those of which a proposed figure has both
  number and qualifier of a fact; precision: of the proposed figures, those that agree with a fact
  in both; F1 of the two;
- *item*, *unit*: of the figures with the right number whose fragment names the item (or whose
  fact has a unit or currency), those in which it is right. A more general item is right where the
  words name no more (“102,000 doses” of a page on one vaccine);
- *sure*: of the proposed figures, those in which anything is wrong and nothing is marked as not
  understood, in per cent.

extraction_exceptions.yaml lists fragments that do not say what their fact says (a sum of two
numbers, a qualifier from another sentence), with what they do say; `--strict` ignores the list.
`--libraries` measures those of libraries.py that are installed instead, on the numbers alone,
without qualifiers; it needs nothing of this project, so an environment of their own will do.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from facts import VOCABULARY, Expected, Fragment, fragments

ROOT = Path(__file__).parent.parent
EXCEPTIONS = Path(__file__).with_name("extraction_exceptions.yaml")
READ = (
    VOCABULARY
    + r"""
from records.curation.statement_reader import suggestions
try:
    known = suggestions.Known.of(rows, parents)
except TypeError:
    known = suggestions.Known.of(rows)
proposals = getattr(suggestions, "proposals", None)
def read(words, language):
    if proposals:
        return [{**one.fields, "doubts": one.doubts} for one in proposals(words, known, language)]
    one = suggestions.suggest(words, known, language)
    return [{**one, "doubts": []}] if "value" in one or "lower" in one else []
asked = json.load(sys.stdin)
found = {term: known.find(suggestions.folded(term)) for term in asked["terms"]}
terms = {term: one and one[0] for term, one in found.items()}
names = {}
for name, code in known.names:
    names.setdefault(code, []).append(name)
print(json.dumps({
    "read": [read(words, language) for words, language in asked["fragments"]],
    "terms": terms,
    "names": names,
    "parents": parents,
    "folded": {words: suggestions.folded(words) for words, _ in asked["fragments"]},
}))
"""
)
TERMS = {
    "protective clothing": "protective-suit",
    "protective gown": "isolation-gown",
    "medical clothing": "protective-suit",
    "medical protective clothing": "protective-suit",
    "medical brigade": "medical-team",
    "mobile medical brigade": "medical-team",
    "medical worker": "health-worker",
    "medical specialist": "medical-expert",
    "medical aid": "medical-supplies",
    "medical assistance": "medical-supplies",
    "humanitarian aid": "relief-supplies",
    "epidemic prevention supplies": "medical-supplies",
    "medical material": "medical-supplies",
    "medical equipment and supplies": "medical-supplies",
    "oxygen generation plant": "oxygen-generator",
    "protective equipment": "ppe",
    "flight": "air-transport",
    "respirator (ambiguous)": "",
    "respirator": "",
    "vaccine": "vaccine",
}
"""Terms of the facts that the vocabulary calls otherwise."""


@dataclass
class Score:
    """What was read of the fragments of a language."""

    fragments: int = 0
    found: int = 0
    proposed: int = 0
    right: int = 0
    items: list[bool] = field(default_factory=list)
    units: list[bool] = field(default_factory=list)
    wrong_and_sure: int = 0
    marked: int = 0

    def add(self, other: "Score") -> None:
        for name in ("fragments", "found", "proposed", "right", "wrong_and_sure", "marked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.items += other.items
        self.units += other.units

    def row(self) -> list[str]:
        recall, precision = share(self.found, self.fragments), share(self.right, self.proposed)
        f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
        return [
            f"{self.fragments}",
            *(f"{one:.1f}" for one in (precision, recall, f1)),
            *(
                f"{share(sum(one), len(one)):.1f}" if one else "–"
                for one in (self.items, self.units)
            ),
            f"{share(self.wrong_and_sure, self.proposed):.2f}",
            f"{share(self.marked, self.proposed):.1f}",
        ]


def share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments.add_argument("--against", metavar="REVISION")
    arguments.add_argument("--half", choices="AB")
    arguments.add_argument("--language")
    arguments.add_argument("--list", choices=["wrong", "sure", "items", "units", "missed"])
    arguments.add_argument("--strict", action="store_true")
    arguments.add_argument("--libraries", action="store_true")
    given = arguments.parse_args()
    files = given.files or sorted(Path(os.environ.get("FACTS_DIR", ".")).glob("*.ndjson"))
    if not files:
        arguments.error("Name a file of facts, or their directory in FACTS_DIR.")
    wanted = [
        one
        for one in fragments(files)
        if given.half in (None, one.half) and given.language in (None, one.language)
    ]
    if not given.strict:
        wanted = corrected(wanted)
    print(f"{len(wanted)} fragments of {len(files)} files")
    if given.libraries:
        libraries(wanted)
        return
    measure("this checkout", ROOT, wanted, given.list)
    if given.against:
        with tempfile.TemporaryDirectory() as directory:
            tree = f"{directory}/tree"
            git = ["git", "-C", str(ROOT), "worktree"]
            subprocess.run(
                [*git, "add", "--detach", "-f", tree, given.against],
                check=True,
                capture_output=True,
            )
            try:
                measure(given.against, Path(tree), wanted, given.list)
            finally:
                subprocess.run([*git, "remove", "--force", tree], check=True)


def corrected(wanted: list[Fragment]) -> list[Fragment]:
    """Return the fragments with the figures that they say themselves, where these differ from
    those of their facts; without those that say none."""
    exceptions = yaml.safe_load(EXCEPTIONS.read_text("utf-8")) or {} if EXCEPTIONS.exists() else {}
    found = []
    for fragment in wanted:
        exception = exceptions.get(fragment.words)
        if exception is None:
            found.append(fragment)
        elif says := exception.get("says"):
            figures = [
                Expected(
                    one["measure"],
                    one.get("operator", "exact"),
                    tuple(Decimal(str(number)).normalize() for number in one["numbers"]),
                    item=one.get("item", ""),
                    unit=one.get("unit", ""),
                    currency=one.get("currency", ""),
                )
                for one in says
            ]
            kept = [] if exception.get("instead", True) else fragment.figures
            found.append(replace(fragment, figures=[*figures, *kept], page=[*figures, *kept]))
    return found


def measure(name: str, tree: Path, wanted: list[Fragment], shown: str | None) -> None:
    """Read the fragments with the code of a tree, and print a row for each language."""
    scores: dict[str, Score] = defaultdict(Score)
    answers = read(tree, wanted)
    if tree != ROOT:
        # What the words name does not depend on the parser.
        answers |= {key: value for key, value in read(ROOT, wanted).items() if key != "read"}
    for fragment, figures in zip(wanted, answers["read"], strict=True):
        score = judge(fragment, figures, answers, shown)
        scores[fragment.language.partition("-")[0]].add(score)
    total = Score()
    for score in scores.values():
        total.add(score)
    print(f"\n{name}\n")
    print(
        "| Language | Fragments | Precision | Recall | F1 | Item | Unit | Sure, wrong | Marked |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for language in sorted(scores, key=lambda one: (-scores[one].fragments, one)):
        print(f"| {language} | {' | '.join(scores[language].row())} |")
    print(f"| all | {' | '.join(total.row())} |")


def read(tree: Path, wanted: list[Fragment]) -> dict[str, Any]:
    """Return what the parser of a tree proposes for each fragment, and its vocabulary."""
    terms = sorted({figure.item for one in wanted for figure in one.page if figure.item})
    request = {
        "fragments": [(one.words, one.language) for one in wanted],
        "terms": [turned(term) for term in terms],
    }
    answer = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=tree,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "aidapi.settings",
            "PYTHONPATH": str(tree),
            "DATABASE_URL": "sqlite://:memory:",
        },
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    answers = json.loads(answer.stdout)
    answers["codes"] = {
        term: TERMS.get(term, answers["terms"].get(turned(term)) or "") for term in terms
    }
    answers["units"] = unit_words()
    return answers


def unit_words() -> dict[str, list[str]]:
    """Return the words for each unit, of all languages."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in (ROOT / "records/models/reading/words").glob("*.yaml"):
        entries = yaml.safe_load(path.read_text("utf-8")).get("units", {})
        for unit, words in entries.items():
            found[unit] += [
                word.strip(" *")
                for word in words.split(",")
                if len(word.strip(" *")) > 2 or not word.isascii()
            ]
    return found


def turned(term: str) -> str:
    """“vaccine (Sputnik V)” as “Sputnik V vaccine”."""
    name, _, kind = term.partition(" (")
    return f"{kind.rstrip(')')} {name}" if kind else term


def judge(
    fragment: Fragment, figures: list[dict], answers: dict[str, Any], shown: str | None
) -> Score:
    score = Score()
    text = answers["folded"][fragment.words]
    score.fragments = 1
    hit = False
    for figure in figures:
        score.proposed += 1
        score.marked += bool(figure["doubts"])
        problems = []
        right = [one for one in (*fragment.figures, *fragment.page) if agrees(figure, one)]
        if right:
            score.right += 1
            hit = True
            item, unit = min(
                (
                    (
                        compare_item(figure, one, text, answers),
                        compare_unit(figure, one, text, answers),
                    )
                    for one in right
                ),
                key=lambda pair: (pair.count(False), -pair.count(True)),
            )
            if item is not None:
                score.items.append(item)
                problems += [] if item else ["items"]
            if unit is not None:
                score.units.append(unit)
                problems += [] if unit else ["units"]
        else:
            problems.append("wrong")
        sure = bool(problems) and not figure["doubts"]
        score.wrong_and_sure += sure
        if shown in problems or (shown == "sure" and sure):
            report(fragment, figure)
    score.found = int(hit)
    if not hit and shown == "missed":
        report(fragment, figures)
    return score


def report(fragment: Fragment, figure: Any) -> None:
    facts = "; ".join(
        " ".join(
            [one.operator, *map(str, map(int, one.numbers)), one.item, one.unit, one.currency]
        )
        for one in dict.fromkeys(fragment.figures)
    )
    print(f"{fragment.language} | {fragment.words} | {figure} | {facts}")


def agrees(figure: dict[str, Any], one: Expected) -> bool:
    """Whether number and qualifier are those of a fact."""
    keys = ["value"] if "value" in figure else ["lower", "upper"]
    numbers = tuple(Decimal(figure[key]).normalize() for key in keys if key in figure)
    return (numbers, figure.get("operator")) == (one.numbers, one.operator)


def compare_item(figure: dict, one: Expected, text: str, answers: dict[str, Any]) -> bool | None:
    """Whether the item is right; None where the words name none and none was proposed."""
    code = answers["codes"].get(one.item, "") if one.measure == "quantity" else ""
    proposed = figure.get("item", "")
    if not code:
        return None
    parents = answers["parents"]
    if proposed == code or (
        code in above(proposed, parents) and is_named(proposed, text, answers)
    ):
        return True
    lineage = [code, *above(code, parents)]
    named = next((one for one in lineage if is_named(one, text, answers)), None)
    if proposed == "":
        return None if named is None else False
    if proposed in lineage:
        return named is None or lineage.index(proposed) <= lineage.index(named)
    return False


def above(code: str, parents: dict[str, str | None]) -> list[str]:
    """Return the items that an item is a kind of, the nearest first."""
    found, parent = [], parents.get(code)
    while parent:
        found.append(parent)
        parent = parents.get(parent)
    return found


def is_named(code: str, text: str, answers: dict[str, Any]) -> bool:
    return any(name in text for name in answers["names"].get(code, ()))


def compare_unit(figure: dict, one: Expected, text: str, answers: dict[str, Any]) -> bool | None:
    """Whether the currency or unit is right; None where the words name none and none was
    proposed."""
    if one.measure == "money":
        return figure.get("currency") == one.currency if one.currency else None
    if not one.unit:
        return None
    if "unit" in figure:
        return figure["unit"] == one.unit
    names = answers["units"].get(one.unit, ())
    said = any(re.search(rf"\b{name}" if name.isascii() else name, text) for name in names)
    return False if said else None


def libraries(wanted: list[Fragment]) -> None:
    """Print how many fragments have a number of a fact, by each library that is installed."""
    from importlib import import_module

    from libraries import READERS

    for name, (module, reader) in READERS.items():
        try:
            import_module(module)
        except ImportError as error:
            print(f"{name}: not installed ({error})")
            continue
        scores: dict[str, list[bool]] = defaultdict(list)
        for fragment in wanted:
            language = fragment.language.partition("-")[0]
            numbers = reader(fragment.words, language)
            if numbers is not None:
                facts = {number for one in fragment.figures for number in one.numbers}
                scores[language].append(bool(facts & numbers))
        every = [hit for hits in scores.values() for hit in hits]
        rows = {"all its languages": every, **scores}
        shares = (f"{one} {share(sum(hits), len(hits)):.1f}" for one, hits in rows.items())
        print(f"{name}: {', '.join(shares)}")


if __name__ == "__main__":
    main()
