"""The tables show what the API returns, for the same parameters."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from records.site.browse import views
from records.site.wording import bounds_in_words
from tests.support.thoroughness import some

API = "/api/v1/"
KINDS = ("donations", "exports", "contracts", "statements")
STATES = [
    ("donations", ""),
    ("donations", "donor=CHN&recipient_region=africa&ordering=title&page_size=20"),
    ("donations", "search=mask -n95&as_of_from=2020-03"),
    ("donations", "item=mask&unit=piece&ordering=-value&page_size=7"),
    ("donations", "recipient=SRB,PAK&revision=4"),
    ("donations", "measure=money&total=measure:money,currency:USD"),
    ("exports", "series=china-customs-anti-epidemic-exports&item=mask&ordering=as_of"),
    ("exports", "latest=true&value_min=1e6&unit=piece"),
    ("contracts", "item=test-kit&stage=cancelled,returned&count=true"),
    ("contracts", "milestone=signed&reached_from=2020-03&reached_to=2020-04&certain=true"),
    ("statements", "speaker=zhao&page_size=5"),
    ("statements", "language=zh&ordering=-said_on&fields=title,topics"),
]

pytestmark = pytest.mark.usefixtures("dataset")


def shown(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, (address, response.status_code)
    return response.content.decode()


def table(page: str) -> list[str]:
    """Return the ids of the records in the table of a page, in order."""
    return re.findall(r'<th scope="row"[^>]*><a href="/records/([a-z0-9-]+)/"', page)


def count(page: str) -> int:
    found = re.search(r"<strong>([\d,]+)</strong> records?", page)
    assert found
    return int(found[1].replace(",", ""))


def chips(page: str) -> dict[str, str]:
    """Return the filters in force, as “label: value” → the address without it."""
    found = re.findall(
        r'<li><a href="([^"]*)"><span class="soft">([^<]*)</span> ([^<]*) <span', page
    )
    return {f"{label} {unescape(value)}": unescape(address) for address, label, value in found}


def link(page: str, text: str) -> str:
    """Return the address of the only link with a text, a regular expression."""
    (address,) = re.findall(rf'<a[^>]* ?href="([^"]*)"[^>]*>{text}', page)
    return unescape(address)


def pages(client: Client, address: str, direction: str = "next") -> Iterator[str]:
    """Yield a page and those that its links lead to."""
    while address:
        page = shown(client, address)
        yield page
        found = re.search(rf'<a href="([^"]*)" rel="{direction}"', page)
        address = unescape(found[1]) if found else ""


# --- The same records as the API


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("kind", "query"), STATES)
def test_a_table_has_the_records_of_the_list(client: Client, kind: str, query: str) -> None:
    listed = client.get(f"{API}{kind}/?{query}{'' if 'count=' in query else '&count=true'}").json()

    page = shown(client, f"/browse/{kind}/?{query}" if query else f"/browse/{kind}/")

    if "fields" not in query:
        assert table(page) == [one["id"] for one in listed["results"]]
    assert len(table(page)) == len(listed["results"])
    assert count(page) == listed["count"] > 0
    assert ('rel="next"' in page) == (listed["next"] is not None)
    json = link(page, "JSON")
    assert dict(parse_qsl(urlsplit(json).query)) == dict(parse_qsl(query))
    assert client.get(json).json()["results"] == listed["results"]


def listed(client: Client, address: str) -> Iterator[Any]:
    """Yield all documents of a list; none where the kind does not have the filter."""
    following: str | None = f"{address}&page_size=500"
    while following:
        page = client.get(following).json()
        yield from page.get("results", ())
        following = page.get("next")


@pytest.mark.slow(every=True)
def test_the_table_of_all_kinds_merges_the_lists(client: Client) -> None:
    queries = ["&item=mask&as_of_to=2020-04", "", "&search=masks", "&party=PAK"]
    for query in some(queries, 2):
        documents = [
            document for kind in KINDS for document in listed(client, f"{API}{kind}/?{query}")
        ]
        expected = {document["id"] for document in documents}
        dates = {d["id"]: d.get("as_of") or d["published_on"] for d in documents}

        every = list(pages(client, f"/browse/?page_size=50{query}"))
        found = [id for page in every for id in table(page)]

        assert len(found) == len(set(found)) == count(every[0])
        assert set(found) == expected
        if "search" not in query:
            assert found == sorted(found, key=lambda id: (dates[id], id), reverse=True)
        if len(every) > 1:
            last = re.search(r'<a href="([^"]*)" rel="prev"', every[-1])
            assert last
            back = [table(page) for page in pages(client, unescape(last[1]), "prev")]
            assert back == [table(page) for page in reversed(every[:-1])]


def test_a_search_of_all_kinds_returns_titles_first(client: Client) -> None:
    """The tier of a search comes before the date, in all kinds together."""
    tiers: dict[str, int] = {}
    for kind in KINDS:
        address = f"{API}{kind}/?search=serbia&page_size=1"
        while address:
            listed = client.get(address).json()
            tiers |= {one["id"]: one["title"].lower().count("serbia") for one in listed["results"]}
            address = listed["next"]

    found = [
        id for page in pages(client, "/browse/?search=serbia&page_size=3") for id in table(page)
    ]

    assert set(found) == set(tiers)
    in_title = [id for id in found if tiers[id]]
    assert in_title
    # Names of parties are in the same tier as titles: what has neither comes after all titles.
    assert max(found.index(id) for id in in_title) < len(found)
    assert found == [
        id for page in pages(client, "/browse/?search=serbia&page_size=100") for id in table(page)
    ]


def test_filters_that_a_kind_does_not_have_leave_it_out(client: Client) -> None:
    page = shown(client, "/browse/?donor=CHN&page_size=25")

    assert {id[:3] for id in table(page)} == {"don"}
    assert count(page) == client.get(f"{API}donations/?donor=CHN&count=true").json()["count"]
    assert "Without exports, which have no <code>donor</code>" in page
    # Where no kind has all of them, the page says which kind has which.
    wrong = shown(client, "/browse/?donor=CHN&exporter=CHN", 400)
    assert "<code>donor</code> is of donations; <code>exporter</code> is of exports" in wrong


# --- What the form does


def test_a_form_becomes_an_address_without_empty_fields(client: Client) -> None:
    sent = "search=&as_of_from=&stage=delivered&stage=paid&ordering=&page_size="
    usual = "&fields=as_of&fields=title&fields=donors&fields=recipients&fields=figures"
    usual += "&fields=stage"

    for query in (sent, sent + usual):
        response = client.get(f"/browse/donations/?{query}")

        assert response.status_code == 302
        assert response["Location"] == "/browse/donations/?stage=delivered,paid"
    # What is no parameter is wrong, whether empty or not.
    assert client.get("/browse/donations/?stages=").status_code == 400


def test_a_chip_removes_one_value(client: Client) -> None:
    page = shown(client, "/browse/donations/?stage=delivered,paid&donor=CHN&as_of_from=2020-03")

    found = chips(page)
    assert {chip: address.partition("?")[2] for chip, address in found.items()} == {
        "Stage: delivered": "stage=paid&donor=CHN&as_of_from=2020-03",
        "Stage: paid": "stage=delivered&donor=CHN&as_of_from=2020-03",
        "Donor: China": "stage=delivered,paid&as_of_from=2020-03",
        "From: March 2020": "stage=delivered,paid&donor=CHN",
    }
    for chip in ("Donor: China", "From: March 2020"):
        assert count(shown(client, found[chip])) >= count(page) > 0
    # An order by amount goes with the unit that it needs.
    page = shown(client, "/browse/donations/?unit=piece&ordering=-value")
    assert chips(page) == {"Unit: piece": "/browse/donations/"}


def test_headings_sort_and_columns_are_chosen(client: Client) -> None:
    page = shown(client, "/browse/donations/?item=mask&unit=piece")

    assert re.search(r'aria-sort="descending"><a href="([^"]*)">Date', page)
    by_title = link(page, "Title")
    assert by_title == "/browse/donations/?item=mask&unit=piece&ordering=title"
    by_value = shown(client, link(page, "Figures, with their quotes"))
    listed = client.get(f"{API}donations/?item=mask&unit=piece&ordering=-value").json()
    assert table(by_value) == [one["id"] for one in listed["results"]]
    assert "Amount, largest first" in page
    # Numbers of different units have no order.
    assert "Amount, largest first" not in shown(client, "/browse/donations/?item=mask")

    page = shown(client, "/browse/donations/?fields=as_of,stage,published_in")

    heads = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert heads == ["Date", "Title", "Stage", "Revision"]


def test_facets_count_what_a_value_would_find(client: Client, monkeypatch: Any) -> None:
    def counted(page: str, name: str) -> dict[str, int]:
        found = re.findall(
            rf'type="checkbox" name="{name}" value="([^"]*)"[^>]*>[^<]*<span class="n">([\d,]+)',
            page,
        )
        return {value: int(n.replace(",", "")) for value, n in found}

    page = shown(client, "/browse/donations/?item=mask&stage=delivered")

    for name in ("donor", "stage", "item"):
        for value, n in list(counted(page, name).items())[:3]:
            other = {"item": "mask", "stage": "delivered"} | {name: value}
            listed = client.get(f"{API}donations/", other | {"count": "true"}).json()
            assert listed["count"] == n, (name, value)
    assert 'value="delivered" checked' in page
    # All values of one filter have a page.
    more = shown(client, link(page, "[0-9]+ more<span[^>]*> of Donor"))
    assert len(counted(more, "donor")) > 8
    assert '<input type="hidden" name="stage" value="delivered">' in more

    # Of very many records they are counted after the page, or at a link.
    monkeypatch.setattr(views, "COUNTED_AT_ONCE", 0)
    page = shown(client, "/browse/donations/?stage=delivered")
    assert not counted(page, "donor")
    later = shown(client, link(page, "Count the records of each value"))
    assert counted(later, "donor")
    # When that takes too long, the rest has links, and nothing is cached.
    monkeypatch.setattr(views, "FACET_SECONDS", -1)
    late = client.get("/browse/donations/facets/?stage=delivered")
    assert not counted(late.content.decode(), "donor")
    assert "facets=donor" in late.content.decode()
    assert late["Cache-Control"] == "no-store"
    monkeypatch.undo()
    monkeypatch.setattr(views, "COUNTED_AT_ONCE", 0)
    every = shown(client, "/browse/")
    assert counted(shown(client, link(every, "Count the records of each value")), "party")


# --- What goes wrong, and what is empty


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    ("address", "parameter", "words", "right"),
    [
        ("donations/?recipent=SRB&stage=paid", "recipent", "Did you mean", "recipient=SRB"),
        ("donations/?stage=payed", "stage", "valid values", "stage=paid"),
        ("donations/?recipient=Serbia", "recipient", "Unknown party code", ""),
        ("donations/?format=csv", "format", "belongs to the API", ""),
        ("donations/?ordering=-value", "ordering", "add one <code>unit</code>", ""),
        ("donations/?cursor=x&stage=paid", "cursor", "Invalid cursor", ""),
        ("statements/?item=mask", "item", "Unknown parameter", ""),
        ("?recipent=SRB", "recipent", "Did you mean", "recipient=SRB"),
        ("?stage=payed&donor=CHN", "stage", "valid values", "stage=paid"),
        ("?party=XXX", "party", "Unknown party code", ""),
        ("?ordering=-value", "ordering", "valid values", ""),
    ],
)
def test_a_wrong_address_says_what_is_right(
    client: Client, address: str, parameter: str, words: str, right: str
) -> None:
    page = shown(client, f"/browse/{address}", 400)

    assert f"<code>{parameter}</code></dt>" in page
    assert words in page
    assert not table(page)
    if right:
        target = link(page, "Use <code>")
        assert right in target
        assert count(shown(client, target)) >= 0
    # The rest stays.
    rest = link(page, "Show the records without it")
    assert parameter not in dict(parse_qsl(urlsplit(rest).query))
    assert count(shown(client, rest)) > 0
    assert '<form id="filters"' in page


def test_an_unknown_revision_is_not_found(client: Client) -> None:
    assert "There is no revision 99" in shown(client, "/browse/donations/?revision=99", 404)
    assert "There is no revision 99" in shown(client, "/browse/?revision=99", 404)


def test_an_empty_answer_says_what_the_dataset_has(client: Client) -> None:
    donations = client.get(f"{API}coverage/").json()["kinds"][1]
    n = client.get(f"{API}donations/?stage=paid&count=true").json()["count"]

    page = shown(client, "/browse/donations/?recipient=BVT&stage=paid")

    assert "No record here has “Recipient: Bouvet Island”." in page
    assert "Nor has any record of any kind, in any role." in page
    assert f"With “Stage: paid” alone there are {n} records." in page
    assert f"The dataset has {donations['records']} donations from" in page
    # A party that takes part elsewhere is said to.
    page = shown(client, "/browse/contracts/?supplier=who")
    assert re.search(r"In other roles or kinds there are \d+ records with it", page)
    assert shown(client, link(page, "In other roles or kinds"))


def test_an_empty_answer_says_what_the_bodies_of_a_country_have(client: Client) -> None:
    wider = "buyer_country=BRA&item=covaxin-vaccine"
    n = client.get(f"{API}contracts/?{wider}&count=true").json()["count"]

    page = shown(client, "/browse/contracts/?buyer=BRA&item=covaxin-vaccine")

    assert f"its bodies and companies included, there is {n} record." in page
    assert count(shown(client, link(page, "With “Buyer country: Brazil”"))) == n
    # A party that is no country has none.
    assert "“Supplier country" not in shown(client, "/browse/contracts/?supplier=who")


# --- Totals, figures, and other forms


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("exports", "exporter=CHN&item=mask"),
        ("donations", "donor=CHN&recipient=who&form=cash&currency=USD"),
        ("contracts", "item=ventilator&unit=piece"),
        ("donations", "recipient_region=africa&measure=parties"),
    ],
)
def test_totals_are_those_of_the_summary(client: Client, kind: str, query: str) -> None:
    summary = client.get(f"{API}{kind}/summary/?{query}").json()
    most = sorted(summary["totals"], key=lambda total: -total["records"])
    totals = [total for total in most if total["figures"]]
    assert totals

    page = shown(client, f"/browse/{kind}/?{query}")

    found = re.findall(r'<div class="total">\s*<p><strong>([^<]*)</strong>', page)
    for total, words in zip(totals, found, strict=False):
        numbers = {
            name: None if total[name] is None else Decimal(str(total[name]))
            for name in ("at_least", "about", "at_most")
        }
        assert unescape(words) == bounds_in_words(total | numbers)
        for one in total["left_out"]:
            plural = "" if one["figures"] == 1 else "s"
            assert f"<li>{one['figures']:,} figure{plural}:" in page
    # The records of the first total are a table as well.
    listed = client.get(totals[0]["url"] + "&page_size=500").json()["results"]
    address = re.search(r'<div class="total">.*?<a href="([^"]*)">', page, re.DOTALL)
    assert address
    behind = shown(client, unescape(address[1]) + "&page_size=500")
    assert table(behind) == [one["id"] for one in listed]


def test_a_row_has_the_figures_that_pass_and_leads_to_their_quotes(client: Client) -> None:
    query = "item=ventilator&ordering=title&page_size=100"
    listed = client.get(f"{API}donations/?{query}").json()["results"]

    page = shown(client, f"/browse/donations/?{query}")

    items = client.get(f"{API}items/?page_size=500").json()["results"]
    below = {"ventilator"}
    while more := {one["code"] for one in items if one["parent"] in below} - below:
        below |= more
    rows = re.findall(r"<tr>(<td.*?)</tr>", page, re.DOTALL)
    assert len(rows) == len(listed)
    for row, document in zip(rows, listed, strict=True):
        numbers = [int(n) for n in re.findall(rf"{document['id']}/#figure-(\d+)", row)]
        assert numbers
        for number in numbers:
            figure = document["figures"][number - 1]
            assert figure["item"] in below
            assert figure["evidence"]["quote"] in unescape(row)
    record = shown(client, f"/records/{listed[0]['id']}/")
    assert 'id="figure-1"' in record
    assert 'href="/parties/' in record
    assert 'href="/items/' in record


def test_other_forms_lead_to_the_api(client: Client) -> None:
    page = shown(client, "/browse/donations/?donor=CHN&ordering=title&page_size=25&fields=title")

    for text, type_ in {
        "CSV": "text/csv",
        "NDJSON": "application/x-ndjson",
        "XLSX": "application/vnd.openxmlformats",
        "JSON": "application/json",
        "Feed": "application/atom+xml",
        "Cite": "application/json",
    }.items():
        response = client.get(link(page, text))
        assert response.status_code == 200, text
        assert response["Content-Type"].startswith(type_), text
    # Of all kinds, each has its own.
    every = shown(client, "/browse/?party=CHN")
    files = re.findall(r'href="([^"]*format=csv)"', every)
    assert [unescape(one) for one in files] == [
        f"{API}{kind}/?party=CHN&format=csv" for kind in ("donations", "exports", "contracts")
    ]


def test_a_table_is_cached_as_long_as_its_revision(client: Client) -> None:
    response = client.get("/browse/donations/?stage=paid")

    assert response["Dataset-Revision"] == client.get(API)["Dataset-Revision"]
    again = client.get(
        "/browse/donations/?stage=paid", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304
    pinned = client.get("/browse/donations/?stage=paid&revision=4")
    assert "immutable" in pinned["Cache-Control"]
    assert pinned["ETag"] != response["ETag"]


@pytest.mark.parametrize(
    ("search", "pages"),
    [
        ("Serbia", ["/parties/SRB/"]),
        ("face masks", ["/items/mask/"]),
        ("serbia masks", []),
        ('"Jack Ma Foundation"', ["/parties/jack-ma-foundation/"]),
        ("a", []),
    ],
)
def test_a_search_for_a_name_leads_to_its_page(
    client: Client, search: str, pages: list[str]
) -> None:
    page = client.get("/browse/", {"search": search}).content.decode()

    line = re.search(r'<p class="called">(.*?)</p>', page)
    assert re.findall(r'href="([^"]+)"', line[1] if line else "") == pages


def test_charts_are_of_kinds_that_have_records(client: Client) -> None:
    page = shown(client, "/browse/?search=Serbia")

    assert "kind=donation" in page
    assert "kind=export" not in page


def test_further_totals_unfold(client: Client) -> None:
    page = shown(client, "/browse/contracts/?buyer_country=ESP")

    totals = client.get(f"{API}contracts/summary/", {"buyer_country": "ESP"}).json()["totals"]
    for total in totals:
        if total["records"]:
            assert bounds_in_words(total) in page
