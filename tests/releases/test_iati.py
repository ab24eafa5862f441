"""Donations as IATI activities: valid, and nothing said that is not known."""

from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from lxml import etree

from records.releases.standards.iati import IATIWriter, is_activity
from tests.support.standards import standards
from validators.iati_rules import problems

STAGES = {"announced": "12", "committed": "2", "dispatched": "2", "delivered": "3", "paid": "3"}
AID = "{urn:x-aidapi:iati:1}"


@pytest.fixture(scope="module")
def activities(release: Path) -> dict[str, Any]:
    """Return id → activity."""
    root = etree.parse(str(release / "iati" / "activities.xml")).getroot()
    return {one.findtext("iati-identifier").removeprefix("AIDAPI-"): one for one in root}


@pytest.fixture(scope="module")
def donations(release: Path) -> dict[str, Any]:
    lines = (release / "ndjson" / "donations.ndjson").read_bytes().splitlines()
    return {one["id"]: one for one in map(orjson.loads, lines)}


def test_activities_keep_schema_and_ruleset(release: Path) -> None:
    document = etree.parse(str(release / "iati" / "activities.xml"))

    assert list(problems(document, standards("iati-2.03"))) == []


def test_the_check_of_rules_can_fail(activities: dict[str, Any]) -> None:
    root = etree.fromstring(
        "<iati-activities version='2.03'><iati-activity><iati-identifier>a|b</iati-identifier>"
        "<recipient-country code='IT' percentage='60'/></iati-activity></iati-activities>"
    )

    found = "\n".join(problems(root.getroottree(), standards("iati-2.03")))

    assert all(kind in found for kind in ("atleast_one", "regex_matches", "sum", "expected"))


def test_no_activity_where_something_it_must_say_is_not_known(
    activities: dict[str, Any], donations: dict[str, Any]
) -> None:
    """A month is no day, a group no organisation, and a running total no gift of its own."""
    for id, donation in donations.items():
        organisations = [
            party
            for role in ("donors", "intermediaries")
            for party in donation[role]
            if party["type"] != "group"
        ]
        running = donation["series"] or all(
            figure["basis"] != "single" for figure in donation["figures"]
        )
        said = (
            donation["as_of_precision"] == "day"
            and donation["stage"] != "unknown"
            and bool(organisations)
            and not running
        )
        assert (id in activities) == said, id
        if said:
            named = [one.findtext("narrative") for one in activities[id].iter("participating-org")]
            assert named == [party["name"] for party in organisations]
    assert len(activities) > 150


def test_one_transaction_of_the_furthest_stage_for_exact_countable_sums(
    activities: dict[str, Any], donations: dict[str, Any]
) -> None:
    kinds: Counter[str] = Counter()
    for id, activity in activities.items():
        donation = donations[id]
        ranked = any(
            figure["rank"] == "preferred" and figure["measure"] == "money"
            for figure in donation["figures"]
        )
        sums = {
            (figure["value"], figure["currency"])
            for figure in donation["figures"]
            if figure["measure"] == "money"
            and figure["countable"]
            and figure["operator"] == "exact"
            and figure["basis"] == "single"
            and figure["rank"] != "deprecated"
            # Of rival reports the preferred one.
            and (figure["rank"] == "preferred" or not ranked)
        }
        transactions = activity.findall("transaction")
        assert len(transactions) == len(sums) <= 1, id
        for transaction in transactions:
            value = transaction.find("value")
            assert {(float(value.text), value.get("currency"))} == sums
            assert value.get("value-date") == donation["as_of"]
            code = transaction.find("transaction-type").get("code")
            assert code == STAGES[donation["stage"]]
            kinds[code] += 1
    assert kinds.keys() == {"12", "2", "3"}


def test_places_are_countries_or_the_region_around(
    activities: dict[str, Any], donations: dict[str, Any]
) -> None:
    """Shares are not known, so there are no percentages."""
    for id, activity in activities.items():
        countries = {party["country"] for party in donations[id]["recipients"]} - {None}
        assert len(activity.findall("recipient-country")) == (len(countries) == 1)
        assert len(activity.findall("recipient-region")) == (len(countries) != 1)
        assert not activity.xpath("*/@percentage")
    codes = {
        one.get("code") for each in activities.values() for one in each.iter("recipient-country")
    }
    assert all(len(code) == 2 and code.isupper() for code in codes)


@pytest.mark.parametrize(
    ("parties", "code", "vocabulary"),
    [({}, "998", "1"), ({"ABX": {"region": "039"}}, "039", "2")],
    ids=["unspecified", "region"],
)
def test_country_that_the_standard_does_not_know_is_the_region_around_it(
    donations: dict[str, Any], tmp_path: Path, parties: Any, code: str, vocabulary: str
) -> None:
    """Curators may enter a country that has no code of ISO 3166."""
    document = next(one for one in donations.values() if is_activity(one))
    recipients = [{**one, "country": "ABX"} for one in document["recipients"][:1]]
    known: Any = SimpleNamespace(
        revision=SimpleNamespace(published_at=datetime(2026, 5, 1, tzinfo=UTC)),
        iati_publisher="AIDAPI",
        parties=parties,
        items=defaultdict(lambda: {"name": "masks"}),
        times=defaultdict(lambda: "2026-05-01T00:00:00Z"),
    )

    with closing(IATIWriter(tmp_path / "iati" / "activities.xml", known)) as writer:
        writer.write([document | {"recipients": recipients}])

    (activity,) = etree.parse(str(tmp_path / "iati" / "activities.xml")).getroot()
    assert activity.find("recipient-country") is None
    assert dict(activity.find("recipient-region").attrib) == {
        "code": code,
        "vocabulary": vocabulary,
    }


def test_extension_has_every_figure_with_its_quote(
    activities: dict[str, Any], donations: dict[str, Any]
) -> None:
    for id, activity in activities.items():
        figures = donations[id]["figures"]
        found = activity.findall(f"{AID}figure")
        assert len(found) == len(figures)
        for element, figure in zip(found, figures, strict=True):
            assert element.get("operator") == figure["operator"]
            assert element.get("countable") == ("1" if figure["countable"] else "0")
            for name in ("value", "lower", "upper"):
                text = element.get(name)
                assert (text is None) == (figure[name] is None)
                assert text is None or float(text) == figure[name]
            quote = element.find(f"{AID}quote")
            assert quote.text == figure["evidence"]["quote"]
            assert quote.get("statement") == figure["evidence"]["statement"]
