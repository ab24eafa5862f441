"""The schema of IATI activities, and the ruleset, which says what a schema cannot."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lxml import etree


def problems(document: Any, standards: Path) -> Iterator[str]:
    """Yield what in a parsed document breaks the schema of activities or the ruleset."""
    folder = standards / "iati-2.03"
    schema = etree.XMLSchema(etree.parse(str(folder / "iati-activities-schema.xsd")))
    if not schema.validate(document):
        yield from (str(error) for error in schema.error_log)
    rules = json.loads((folder / "standard_ruleset.json").read_text("utf-8"))
    for context, kinds in rules.items():
        for element in document.xpath(context):
            for kind, rule in kinds.items():
                for case in rule["cases"]:
                    if not CHECKS[kind](element, case):
                        yield f"{name_of(element)}: {kind} {json.dumps(case)}"


def name_of(element: Any) -> str:
    """Return which activity an element is of."""
    activity = element.xpath("ancestor-or-self::iati-activity/iati-identifier/text()")
    return f"{activity[0] if activity else ''} {element.tag}".strip()


def values(element: Any, paths: list[str]) -> list[str]:
    """Return the texts that paths lead to."""
    found = [one for path in paths for one in element.xpath(path)]
    return [one if isinstance(one, str) else (one.text or "") for one in found]


def atleast_one(element: Any, case: Any) -> bool:
    return any(element.xpath(path) for path in case["paths"])


def no_more_than_one(element: Any, case: Any) -> bool:
    return sum(len(element.xpath(path)) for path in case["paths"]) <= 1


def date_order(element: Any, case: Any) -> bool:
    """Return whether no earlier date is after a later one, where both are given."""

    def dates(path: str) -> list[date]:
        if path == "NOW":
            return [datetime.now(UTC).date()]
        return [date.fromisoformat(text[:10]) for text in values(element, [path])]

    return all(less <= more for less in dates(case["less"]) for more in dates(case["more"]))


def regex_matches(element: Any, case: Any) -> bool:
    return all(re.fullmatch(case["regex"], text) for text in values(element, case["paths"]))


def sum_is(element: Any, case: Any) -> bool:
    """Return whether percentages add up, where any are given."""
    found = values(element, case["paths"])
    return not found or sum(map(float, found)) == case["sum"]


CHECKS = {
    "atleast_one": atleast_one,
    "no_more_than_one": no_more_than_one,
    "date_order": date_order,
    "regex_matches": regex_matches,
    "sum": sum_is,
}
