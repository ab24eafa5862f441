"""What totals are to say, computed from the documents that are served, plainly and slowly.

Written from the rules of counting (the statements' words, not the program): every figure is asked
one question after the other, each looking at all the others anew.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from records.models import KINDS
from tests.support.histories import Version

Document = dict[str, Any]

SAME = ("measure", "item", "unit", "currency", "basis", "party_type", "party_role")
BESIDE = {"part_of_total", "valuation", "conversion", "option", "instalment", "refund"}
DONE = {
    "donation": {"committed", "dispatched", "delivered", "paid"},
    "contract": {"signed", "dispatched", "delivered"},
}
NOT_AMOUNTS = {"per_recipient", "per_unit", "per_day", "target"}


@dataclass(eq=False)
class Claim:
    """A figure, and the record whose it is."""

    version: Version
    figure: Document
    why: str = ""
    """Why no total has it."""

    @property
    def record(self) -> Document:
        return self.version.document

    @property
    def about(self) -> tuple:
        return tuple(self.figure[name] for name in SAME)

    @property
    def says(self) -> tuple:
        return tuple(self.figure[name] for name in ("operator", "value", "lower", "upper"))

    @property
    def says_a_number(self) -> bool:
        return self.figure["operator"] != "unspecified"

    @property
    def is_beside(self) -> bool:
        return self.figure["countable_reason"] in BESIDE


def later(one: Claim, other: Claim) -> bool:
    return (one.record["as_of"], one.record["id"]) > (other.record["as_of"], other.record["id"])


def refused(claim: Claim, include: set[str]) -> str:
    """Why the figure alone is no part of a total."""
    figure, record = claim.figure, claim.record
    if figure["basis"] in NOT_AMOUNTS:
        return figure["basis"]
    if figure["rank"] == "deprecated":
        return "deprecated"
    if not figure["countable"] and figure["countable_reason"] not in include:
        return figure["countable_reason"]
    stage = record.get("stage")
    if stage is not None and stage not in DONE[record["kind"]] and stage not in include:
        return stage
    return ""


def judged(claims: list[Claim], everything: list[Version], include: set[str]) -> list[Claim]:
    """The claims, each with the reason why it stands in no total. `everything` is what was in
    force: a part may belong to a whole by way of a record that was not asked for."""
    for claim in claims:
        claim.why = refused(claim, include)

    for claim in claims:
        if claim.why or claim.is_beside:
            continue
        rivals = [Claim(claim.version, figure) for figure in claim.record["figures"]]
        preferred = [
            rival
            for rival in rivals
            if rival.about == claim.about and rival.figure["rank"] == "preferred"
        ]
        if preferred and preferred[0].says != claim.says:
            claim.why = "rival"
    for number, claim in enumerate(claims):
        if (
            not claim.why
            and not claim.is_beside
            and any(
                not earlier.why
                and not earlier.is_beside
                and earlier.version is claim.version
                and earlier.about == claim.about
                for earlier in claims[:number]
            )
        ):
            claim.why = "repeated"

    present = {claim.record["id"] for claim in claims if not claim.why and claim.says_a_number}
    wholes = whole_of(everything)
    for claim in claims:
        above = wholes.get(claim.record["id"], set())
        in_circle = {whole for whole in above if claim.record["id"] in wholes.get(whole, set())}
        if not claim.why and (above - in_circle) & present and "part" not in include:
            claim.why = "part"

    standing = [claim for claim in claims if not claim.why]
    if "overtaken" not in include:
        for claim in standing:
            if claim.record["series"] is not None and any(
                other.record["series"] == claim.record["series"]
                and other.about == claim.about
                and later(other, claim)
                and (other.says_a_number or not claim.says_a_number)
                for other in standing
            ):
                claim.why = "overtaken"
    return claims


def whole_of(everything: Iterable[Version]) -> dict[str, set[str]]:
    """Id → all that it is part of, near and far."""
    direct = {
        version.id: {link["id"] for link in version.document["links"] if link["type"] == "part_of"}
        for version in everything
    }
    far = {id: set(wholes) for id, wholes in direct.items()}
    for _ in far:
        for wholes in far.values():
            for whole in list(wholes):
                wholes |= direct.get(whole, set())
    return far


# --- Groups


def value_in(claim: Claim, by: str) -> str | None:
    record, figure = claim.record, claim.figure
    roles = KINDS[claim.version.kind].ROLES
    role, _, column = by.partition("_")
    if role in roles:
        parties = record[roles[role]]
        if not parties:
            return "unknown"
        if not column and len(parties) > 1:
            return "joint"
        if column == "region":
            found = {claim.version.regions[party["code"]] or None for party in parties}
        else:
            found = {party[column or "code"] for party in parties}
        return found.pop() if len(found) == 1 else "joint"
    known_to = ["year", "month", "day"].index(record["as_of_precision"])
    year, month, _ = record["as_of"].split("-")
    match by:
        case "year":
            return year
        case "quarter":
            quarter = {"01": 1, "02": 1, "03": 1, "04": 2, "05": 2, "06": 2, "07": 3, "08": 3,
                       "09": 3}.get(month, 4)  # fmt: skip
            return f"{year}-Q{quarter}" if known_to else None
        case "month":
            return f"{year}-{month}" if known_to else None
        case "item_category":
            if figure["item"] is None:
                return None
            line = claim.version.lineages[figure["item"]]
            return line[0] if len(line) == 1 else line[-2]
        case "form" | "series":
            return record[by]
    return figure[by]


def totals(claims: list[Claim], by: list[str]) -> dict[tuple, dict[str, Any]]:
    """(group, stage, sort) → the total."""
    groups: dict[tuple, list[Claim]] = defaultdict(list)
    for claim in claims:
        if not claim.why:
            figure = claim.figure
            split = tuple(figure[name] for name in SAME if name != "item")
            group = tuple(value_in(claim, name) for name in by)
            groups[(*group, claim.record.get("stage"), *split)].append(claim)
    return {key: added(group) for key, group in groups.items()}


def exactly(number: Any) -> Fraction:
    return Fraction(str(number))


def added(claims: list[Claim]) -> dict[str, Any]:
    numbered = [claim.figure for claim in claims if claim.says_a_number]
    least = most = None
    if numbered and (len(numbered) == 1 or numbered[0]["measure"] != "parties"):
        low = [row["value"] if row["operator"] == "approx" else row["lower"] for row in numbered]
        high = [row["value"] if row["operator"] == "approx" else row["upper"] for row in numbered]
        least = sum((exactly(number) for number in low), Fraction(0))
        if None not in high:
            most = sum((exactly(number) for number in high), Fraction(0))
    exact = all(claim.figure["operator"] == "exact" for claim in claims)
    return {
        "ids": {claim.record["id"] for claim in claims},
        "figures": len(claims),
        "unspecified": len(claims) - len(numbered),
        "exact": exact,
        "sum": least if exact else None,
        "sum_lower": least,
        "sum_upper": most,
    }


def left_out(claims: list[Claim]) -> dict[str, tuple[int, int]]:
    """Reason → records and figures."""
    found: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        if claim.why:
            found[claim.why].append(claim.record["id"])
    return {why: (len(set(ids)), len(ids)) for why, ids in found.items()}


def counted_ids(claims: list[Claim], everything: list[Version], asked: str) -> set[str]:
    """Ids of the records that are counted in the groups asked for, as `name:value` pairs."""
    pairs = [pair.split(":") for pair in asked.split(",")]
    include = {value for name, value in pairs if name == "include"}
    wanted = {name: value or None for name, value in pairs if name != "include"}
    return {
        claim.record["id"]
        for claim in judged(claims, everything, include)
        if not claim.why and all(in_group(claim, name) == value for name, value in wanted.items())
    }


def in_group(claim: Claim, name: str) -> str | None:
    if name == "stage":
        return claim.record.get("stage")
    return value_in(claim, name)
