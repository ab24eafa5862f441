"""The scope of the dataset in words: what it covers and what it does not, from its coverage."""

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

from aidapi.dates import in_words
from records.api.views.coverage import coverage
from records.models import DATED, KINDS, Change, Party, PartyType
from records.query.bodies import bodies_at

HALF = 0.5
MOST_MONTHS = 12
"""Months in which half of the records may lie to be worth naming."""
THIN = 0.1
"""A kind is thin that has less than this share of the records of the largest."""
MISSING = {
    "day": "the day is not known",
    "month": "not even the month is known",
    "number": "a figure has no number",
    "unit": "a quantity has no unit",
    "currency": "an amount has no currency",
}


@dataclass(frozen=True)
class Scope:
    """What a revision covers, in sentences, and what is missing."""

    covered: list[str]
    gaps: list[str]
    absent: list[str]
    """Names, or codes, of the countries and territories that no record names in a main role."""

    @property
    def sentences(self) -> list[str]:
        absent = [f"No record names {', '.join(self.absent)}."] if self.absent else []
        return [*self.covered, *self.gaps, *absent]


def scope_of(revision: int, *, named: bool = False) -> Scope:
    """Return the scope of the dataset as of a revision; countries by their codes, which never
    change, or by their present names."""
    kinds = [coverage(kind, revision) for kind in KINDS]
    names = countries(revision, named)
    found = {
        row["country"] for of_kind in kinds if of_kind["records"] for row in of_kind["countries"]
    }
    largest = max((of_kind["records"] for of_kind in kinds if of_kind["kind"] in DATED), default=0)
    covered, gaps = [], []
    for of_kind in kinds:
        covered += covered_by(of_kind, names)
        gaps += gaps_of(of_kind, largest)
    absent = sorted(name for code, name in names.items() if code not in found)
    if absent:
        gaps.append(
            f"Of {len(names)} countries and territories, {len(absent)} are in no donation, export "
            "or contract: a query for one of them finds nothing, which does not mean that nothing "
            "was given, sold or bought."
        )
    return Scope(covered, gaps, absent)


def countries(revision: int, named: bool) -> dict[str, str]:
    """Return code → name, or code, of every country that the vocabulary had at a revision, and
    that no other code replaced."""
    rows = Party.objects.filter(type=PartyType.COUNTRY).values_list("code", "name")
    later = Change.objects.filter(kind=Party.KIND, version=1, revision_id__gt=revision)
    absent = {
        *later.values_list("public_id", flat=True),
        *bodies_at(revision).replaced.get(Party.KIND, {}),
    }
    return {code: name if named else code for code, name in rows if code not in absent}


def plural(kind: str) -> str:
    return str(KINDS[kind]._meta.verbose_name_plural)


def covered_by(of_kind: dict[str, Any], names: dict[str, str]) -> list[str]:
    """Return what the records of a kind cover."""
    kind, n = of_kind["kind"], of_kind["records"]
    if not n:
        return []
    days = f"{in_words(of_kind['first'])} to {in_words(of_kind['last'])}"
    text = f"{n:,} {plural(kind)}, of {days}"
    busiest = half_of(of_kind["months"], n)
    if busiest:
        text += f"; half of them of {listed([in_words(month) for month in busiest])}"
    sentences = [f"{text}."]
    for role in KINDS[kind].MAIN_ROLES if kind in DATED else ():
        rows = [row for row in of_kind["countries"] if row["role"] == role]
        if rows:
            first = max(rows, key=lambda row: (row["records"], row["country"]))
            name = names.get(first["country"], first["country"])
            number = "1 country" if len(rows) == 1 else f"{len(rows)} countries"
            sentences.append(
                f"The {plural(kind)} name {number} as {role}, most often {name}: in "
                f"{first['records']:,} of {n:,}."
            )
    return sentences


def half_of(months: list[dict[str, Any]], n: int) -> list[str]:
    """Return the fewest months with half of all records, in their order; none if these are
    many."""
    ranked = sorted(months, key=lambda row: (-row["records"], row["month"]))
    sums = list(accumulate(row["records"] for row in ranked))
    fewest = next((place for place, total in enumerate(sums, 1) if total >= HALF * n), 0)
    if not 0 < fewest <= MOST_MONTHS:
        return []
    return sorted(row["month"] for row in ranked[:fewest])


def gaps_of(of_kind: dict[str, Any], largest: int) -> list[str]:
    """Return what the records of a kind lack."""
    kind, n = of_kind["kind"], of_kind["records"]
    name = plural(kind)
    if not n:
        return [f"There are no {name}."]
    gaps = []
    if kind in DATED and n < THIN * largest:
        gaps.append(f"There are only {n:,} {name}: they show examples, no whole.")
    if empty := runs(of_kind["months"]):
        gaps.append(f"No {name} of {listed(empty)}.")
    for gap in of_kind["gaps"]:
        gaps.append(f"No {name} from {in_words(gap['first'])} to {in_words(gap['last'])}.")
    for row in of_kind["missing"]:
        what = MISSING.get(row["what"], f"no {row['what']} is named")
        gaps.append(f"In {row['records']:,} of {n:,} {name} {what}.")
    quotes = of_kind["quotes"]
    if of_kind["figures"] and quotes["not_checked"]:
        gaps.append(
            f"Of {of_kind['figures']:,} figures of {name}, the quotes of "
            f"{quotes['not_checked']:,} could not be compared with the full text."
        )
    return gaps


def runs(months: list[dict[str, Any]]) -> list[str]:
    """Return the months without records, those in a row as one text."""
    found = []
    for is_empty, group in groupby(months, key=lambda row: not row["records"]):
        if is_empty:
            row = [in_words(month["month"]) for month in group]
            found.append(row[0] if len(row) == 1 else f"{row[0]} to {row[-1]}")
    return found


def listed(texts: list[str]) -> str:
    """Return texts as a list in a sentence."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
