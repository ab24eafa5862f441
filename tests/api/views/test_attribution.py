"""Who says so: in the titles of pages, citations and feeds, and in the sources of citations."""

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client

from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    ExportFactory,
    StatementFactory,
    publish,
)
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db


def titles(client: Client, record: Any) -> list[str]:
    """Return the title in the page, the citation and both feeds."""
    kind = f"{record.KIND}s"
    page = html.unescape(client.get(f"/records/{record.public_id}/").content.decode())
    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert f"<title>{heading} · AidAPI</title>" in page
    citation = found(client, f"{API}{kind}/{record.public_id}/cite/")["title"]
    shown = [heading, citation.split(f" ({record.KIND} ")[0]]
    for path in (f"{API}{kind}/", f"{API}changes/"):
        feed = html.unescape(client.get(path, {"format": "atom"}).content.decode())
        about = [part for part in feed.split("<entry>") if record.public_id in part]
        title = about[0].split("<title>")[1].split("</title>")[0].partition(": ")[2]
        # The entry of a revision lists the records; that of a record has its title.
        listed = re.search(rf"{record.public_id}[^>]*>([^<]*)</a>", about[0])
        shown.append(listed[1] if listed else title)
    return shown


@pytest.mark.parametrize(
    ("factory", "content", "who"),
    [
        (DonationFactory, {"stated_by": "donor", "donors": ["CHN"]}, "China"),
        (DonationFactory, {"stated_by": "donor", "donors": ["CHN", "ITA"]}, "China and Italy"),
        (DonationFactory, {"stated_by": "donor", "donors": []}, "the donor"),
        (
            DonationFactory,
            {"stated_by": "donor", "donors": ["CHN", "ITA", "JPN", "PAK"]},
            "the donor",
        ),
        (DonationFactory, {"stated_by": "recipient", "recipients": ["ITA"]}, "Italy"),
        (ExportFactory, {"reported_by": "exporter", "exporters": ["CHN"]}, "China"),
        (ExportFactory, {"reported_by": "destination", "destinations": ["ITA"]}, "Italy"),
        (DonationFactory, {"stated_by": "both"}, ""),
        (DonationFactory, {"stated_by": "official_record"}, ""),
        (ExportFactory, {"reported_by": "both"}, ""),
        (ContractFactory, {}, ""),
    ],
)
def test_title_names_the_side_that_alone_says_so(
    client: Client, factory: Any, content: dict[str, Any], who: str
) -> None:
    record = factory(published=True, title="Masks arrive", **content)
    expected = f"Masks arrive, according to {who}" if who else "Masks arrive"
    assert titles(client, record) == [expected] * 4


@pytest.mark.parametrize(
    ("factory", "side"), [(DonationFactory, "stated_by"), (ExportFactory, "reported_by")]
)
def test_title_names_the_publisher_of_what_a_third_party_reports(
    client: Client, factory: Any, side: str
) -> None:
    statement = StatementFactory(publisher="The Lahore Courier")
    record = factory(
        title="Masks arrive", **{side: "third_party"}, figures=[{"statement": statement}]
    )
    publish(record)
    expected = "Masks arrive, according to The Lahore Courier"
    assert titles(client, record) == [expected] * 4


@pytest.mark.parametrize("factory", [DonationFactory, ExportFactory, ContractFactory])
@pytest.mark.parametrize(
    ("precision", "date"), [("day", "13 April 2020"), ("month", "April 2020"), ("year", "2020")]
)
def test_citation_names_the_source_with_its_date_as_far_as_known(
    client: Client, factory: Any, precision: str, date: str
) -> None:
    statement = StatementFactory(
        publisher="Xinhua",
        title="Ministry on masks",
        url="https://example.org/masks",
        published_on=datetime.date(2020, 4, 13),
        published_on_precision=precision,
    )
    record = factory(figures=[{"statement": statement, "quote": "sent masks"}])
    publish(record)
    path = f"{API}{record.KIND}s/{record.public_id}/cite/"
    source = f"Xinhua, “Ministry on masks”, {date}, https://example.org/masks"
    whole, figure = found(client, path), found(client, path, figure="1")
    for style in ("text", "ris"):
        assert f"Source: {source}." in whole[style]
        assert f"“sent masks” ({source})." in figure[style]
    assert f"Source: {source}." in whole["csl_json"][0]["note"]
    assert "Ministry on masks" in whole["bibtex"]
    page = html.unescape(client.get(f"/records/{record.public_id}/").content.decode())
    assert f"Source: {source}." in page
