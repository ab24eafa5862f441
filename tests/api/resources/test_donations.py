"""What is peculiar to donations: their document, joint gifts, parties that are not named."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from records.publishing import begin_correction
from tests.support.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

DONATIONS = f"{API}donations/"


def titles(client: Client, **query: Any) -> set[str]:
    answer = found(client, DONATIONS, **query, count="true")
    assert answer["count"] == len(answer["results"])
    return {row["title"] for row in answer["results"]}


def test_the_document_of_the_contract(client: Client) -> None:
    """Field by field and in order: what every client relies on."""
    statement = StatementFactory(
        title="The Foreign Ministry on support to other countries",
        url="https://example.org/nation",
        published_on=datetime.date(2020, 4, 13),
        said_on=datetime.date(2020, 4, 10),
    )
    donation = DonationFactory(
        title="China gives cash to the World Health Organization",
        form="cash",
        stage="committed",
        stated_by="donor",
        donors=["CHN"],
        recipients=["who"],
        figures=[{"money": True, "statement": statement, "quote": "donated $20 million to WHO"}],
    )
    publish(donation)

    document = found(client, f"{DONATIONS}{donation.public_id}/")

    expected = {
        "id": donation.public_id,
        "kind": "donation",
        "version": 1,
        "published_in": 1,
        "page": f"/records/{donation.public_id}/",
        "title": "China gives cash to the World Health Organization",
        "note": None,
        "donors": [{"code": "CHN", "name": "China", "type": "country", "country": "CHN"}],
        "recipients": [
            {
                "code": "who",
                "name": "World Health Organization",
                "type": "international_organisation",
                "country": None,
            }
        ],
        "intermediaries": [],
        "form": "cash",
        "stage": "committed",
        "stated_by": "donor",
        "milestones": [
            {
                "stage": "committed",
                "date": "2020-04-10",
                "precision": "day",
                "dated": "on",
                "evidence": {
                    "statement": statement.public_id,
                    "quote": "donated $20 million to WHO",
                    "lang": "en",
                    "quote_translation": None,
                },
            }
        ],
        "period": {"start": None, "end": None},
        "as_of": "2020-04-10",
        "as_of_precision": "day",
        "series": None,
        "figures": [
            {
                "measure": "money",
                "operator": "exact",
                "value": 20000000,
                "lower": 20000000,
                "upper": 20000000,
                "item": None,
                "unit": None,
                "currency": "USD",
                "party_type": None,
                "party_role": None,
                "basis": "single",
                "countable": True,
                "countable_reason": None,
                "rank": "normal",
                "rank_reason": None,
                "evidence": {
                    "statement": statement.public_id,
                    "quote": "donated $20 million to WHO",
                    "lang": "en",
                    "quote_translation": None,
                    "offset": None,
                    "quote_found": None,
                },
            }
        ],
        "missing": None,
        "statements": [
            {
                "id": statement.public_id,
                "version": 1,
                "title": "The Foreign Ministry on support to other countries",
                "publisher": "The Nation",
                "published_on": "2020-04-13",
                "published_on_precision": "day",
                "said_on": "2020-04-10",
                "said_on_precision": "day",
                "speaker": "Zhao Lijian",
                "speaker_role": "Spokesperson",
                "organisation": "Ministry of Foreign Affairs of China",
                "url": "https://example.org/nation",
            }
        ],
        "links": [],
    }
    assert document == expected
    assert list(document) == list(expected)
    assert list(document["figures"][0]) == list(expected["figures"][0])


def test_numbers_are_json_numbers(client: Client) -> None:
    """Whole ones without a point; 15 digits survive."""
    numbers = ["1.5", "0.000001", "999999999999999", "20000000", "123456789.123456"]
    for number in numbers:
        DonationFactory(title=number, figures__value=Decimal(number), published=True)

    body = client.get(f"{DONATIONS}?fields=title,figures.value").content.decode()

    written = {"1.5": "1.5", "0.000001": "1e-6"} | {number: number for number in numbers[2:]}
    for number in numbers:
        assert f'{{"title":"{number}","figures":[{{"value":{written[number]}}}]}}' in body


def test_joint_gifts_are_one_group(client: Client) -> None:
    """Several givers or several receivers, named together; their amount is not repeated."""
    DonationFactory(title="one to one", published=True)
    DonationFactory(
        title="two to one", donors=["jack-ma-foundation", "alibaba-foundation"], published=True
    )
    DonationFactory(title="one to two", recipients=["ITA", "PAK"], published=True)
    DonationFactory(title="through two", intermediaries=["who", "ETH"], published=True)

    assert titles(client, joint="true") == {"two to one", "one to two"}
    assert titles(client, joint="false") == {"one to one", "through two"}
    assert titles(client, donor="jack-ma-foundation,alibaba-foundation") == {"two to one"}
    assert titles(client, recipient="ITA") == {"one to two"}
    assert len(titles(client, recipient="ITA,PAK")) == 4


def test_a_party_is_found_in_its_role_and_in_any(client: Client) -> None:
    DonationFactory(title="from", donors=["ITA"], recipients=["PAK"], published=True)
    DonationFactory(title="to", donors=["CHN"], recipients=["ITA"], published=True)
    DonationFactory(
        title="through", donors=["CHN"], recipients=["PAK"], intermediaries=["ITA"], published=True
    )

    assert titles(client, donor="ITA") == {"from"}
    assert titles(client, recipient="ITA") == {"to"}
    assert titles(client, intermediary="ITA") == {"through"}
    assert titles(client, party="ITA") == {"from", "to", "through"}
    assert titles(client, donor="ITA", recipient="ITA") == set()


def test_unknown_finds_records_that_name_no_party(client: Client) -> None:
    DonationFactory(title="anonymous", donors=[], published=True)
    DonationFactory(title="to many", recipients=[], published=True)
    DonationFactory(title="named", published=True)

    assert titles(client, donor="unknown") == {"anonymous"}
    assert titles(client, recipient="unknown") == {"to many"}
    assert titles(client, recipient="unknown,PAK") == {"anonymous", "to many", "named"}
    assert titles(client, donor="unknown", recipient="PAK") == {"anonymous"}
    assert titles(client, intermediary="unknown", donor="CHN") == {"to many", "named"}


def test_a_country_is_found_with_all_that_belongs_to_it(client: Client) -> None:
    DonationFactory(title="to the country", recipients=["ITA"], published=True)
    DonationFactory(title="to a region of it", recipients=["lombardy"], published=True)
    DonationFactory(title="to another", recipients=["PAK"], published=True)

    assert titles(client, recipient="ITA") == {"to the country"}
    assert titles(client, recipient_country="ITA") == {"to the country", "to a region of it"}
    assert titles(client, recipient_type="local_government") == {"to a region of it"}


def test_a_region_is_found_by_number_and_name_with_those_inside_it(client: Client) -> None:
    for code in ("ETH", "ITA", "PAK", "who"):
        DonationFactory(title=code, recipients=[code], published=True)

    for region, countries in {
        "africa": {"ETH"},
        "002": {"ETH"},
        "014": {"ETH"},
        "eastern-africa": {"ETH"},
        "sub-saharan-africa": {"ETH"},
        "011": set(),
        "europe,asia": {"ITA", "PAK"},
        "world": {"ETH", "ITA", "PAK"},
    }.items():
        assert titles(client, recipient_region=region) == countries, region


def test_latest_leaves_of_each_series_its_last_point(client: Client) -> None:
    """What is in no series stays; of two points of one day the greater id is the later."""
    for day, value in ((1, 10), (9, 20), (9, 30)):
        DonationFactory(
            title=str(value), series="doses", as_of=datetime.date(2021, 4, day), published=True
        )
    DonationFactory(title="other series", series="masks", published=True)
    DonationFactory(title="alone", published=True)

    last = max(
        found(client, DONATIONS, as_of_from="2021-04-09")["results"], key=lambda row: row["id"]
    )["title"]
    assert titles(client, latest="true") == {last, "other series", "alone"}
    assert titles(client, latest="false") == {"10", "20", "30"} - {last}
    assert titles(client, series="doses") == {"10", "20", "30"}
    assert titles(client, series="doses", latest="true") == {last}
    # A point is overtaken in the dataset, whatever else the question leaves out.
    assert titles(client, latest="true", as_of_to="2021-04-01", series="doses") == set()


def test_links_are_found_from_the_record_that_has_them(client: Client) -> None:
    one = DonationFactory(title="one", published=True)
    DonationFactory(title="two", links={"contradicts": one}, published=True)
    DonationFactory(title="three", links={"part_of": one, "same_event_as": one}, published=True)

    assert titles(client, linked="contradicts") == {"two"}
    assert titles(client, linked="contradicts,part_of,same_event_as") == {"two", "three"}
    assert titles(client, linked="funds") == set()
    (row,) = found(client, DONATIONS, linked="part_of")["results"]
    assert row["links"] == [
        {"type": "part_of", "id": one.public_id},
        {"type": "same_event_as", "id": one.public_id},
    ]


def test_the_statement_is_found_in_any_of_its_versions(client: Client) -> None:
    statement = StatementFactory(publisher="Xinhua", published=True)
    DonationFactory(title="read the first", figures__statement=statement, published=True)
    corrected = begin_correction(
        statement, by=UserFactory(username="editor"), reason="The publisher's name was wrong."
    )
    corrected.publisher = "People's Daily"
    corrected.save()
    publish(corrected)
    DonationFactory(title="read the second", figures__statement=corrected, published=True)

    assert titles(client, statement=statement.public_id) == {"read the first", "read the second"}
    assert titles(client, publisher="xinhua") == {"read the first"}
    assert titles(client, publisher="people's") == {"read the second"}
    first, second = sorted(found(client, DONATIONS)["results"], key=lambda row: row["title"])
    assert (first["statements"][0]["version"], second["statements"][0]["version"]) == (1, 2)


def test_codes_need_not_be_in_use(client: Client) -> None:
    """A party of the vocabulary that gave nothing is a good question with an empty answer."""
    PartyFactory(code="JPN")
    ItemFactory(code="goggles")
    DonationFactory(published=True)

    assert titles(client, donor="JPN") == set()
    assert titles(client, item="goggles") == set()


def test_recipient_list_counts_a_record_of_several_once(client: Client) -> None:
    publish(DonationFactory(recipients=["ITA", "PAK"]), DonationFactory(recipients=["ITA"]))
    publish(DonationFactory(recipients=["ETH", "ITA", "PAK"]))

    page = found(client, DONATIONS, recipient="ITA,PAK", count="true")

    assert page["count"] == len(page["results"]) == 3
