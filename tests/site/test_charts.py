"""Charts draw what the API returns: the same numbers, with the sentence behind each."""

import csv
import io
import struct
from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from django.test import Client

from aidapi.caching import newest_revision
from records.api.addresses import PLURALS
from records.site.charts.drawing import PNG_SCALE, WIDTHS, Canvas, short_amount
from records.site.charts.pages import NAMES, read
from records.site.charts.series_drawing import meet
from records.site.charts.world import outlined
from tests.support.routes import API

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

Json = dict[str, Any]

CUSTOMS = "china-customs-anti-epidemic-exports"
QUERIES: list[tuple[str, Json]] = [
    ("series", {"series": CUSTOMS}),
    ("series", {"series": CUSTOMS, "item": "mask", "unit": "piece"}),
    ("series", {"series": "china-mfa-recipient-countries"}),
    ("months", {"kind": "donation", "donor": "CHN", "item": "mask"}),
    ("months", {"kind": "contract", "item": "ventilator", "revision": "4"}),
    ("months", {"kind": "donation", "recipient": "who", "currency": "USD"}),
    ("parties", {"kind": "donation", "item": "mask", "limit": "5"}),
    ("parties", {"kind": "contract", "by": "buyer", "unit": "piece"}),
    ("parties", {"kind": "donation", "donor": "alibaba-foundation"}),
    ("parties", {"kind": "donation", "include": "unclear,announced", "measure": "money"}),
    ("compare", {"kind": "donation", "donor": "CHN,jack-ma-foundation,huawei", "item": "mask"}),
    ("compare", {"kind": "contract", "item": "mask,ventilator", "by": "item"}),
    ("map", {"kind": "donation", "donor_country": "CHN"}),
    ("map", {"kind": "donation", "by": "donor_country", "recipient_country": "CHN"}),
    ("map", {"kind": "contract", "item": "mask"}),
    ("months", {"kind": "donation", "donor": "PNG"}),
]
GROUPING = {"months": "month", "parties": "donor", "compare": "", "map": "recipient_country"}
EVIDENCE = ("record", "quote", "publisher", "statement")


def rows_of(client: Client, name: str, query: Json) -> list[dict[str, str]]:
    """Return the lines of the file of a chart."""
    response = client.get(f"/charts/{name}/", query | {"format": "csv"})
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def get_json(client: Client, path: str, query: Json) -> Json:
    response = client.get(f"{API}{path}", query)
    assert response.status_code == 200, response.content
    return orjson.loads(response.content)


@pytest.fixture
def seen(client: Client) -> Iterator[list[int]]:
    """Numbers of rows that a test compared; it must have compared some."""
    found: list[int] = []
    yield found
    assert sum(found) > 20


def test_bars_are_the_totals_of_the_api(client: Client, seen: list[int]) -> None:
    for name, query in QUERIES:
        if name == "series":
            continue
        rows = rows_of(client, name, query)
        kind = query["kind"]
        filters = {key: text for key, text in query.items() if key not in ("kind", "by", "limit")}
        columns = [key for key in (rows[0] if rows else {}) if key not in EVIDENCE]
        by = [key for key in columns[:2] if key not in ("name", "at_least")]
        body = get_json(
            client,
            f"{PLURALS[kind]}/summary/",
            filters | ({"group_by": ",".join(by)} if by else {}),
        )
        totals = {
            (
                *total["group"].values(),
                *(exact(total[one]) for one in ("at_least", "about", "at_most")),
            )
            for total in body["totals"]
        }
        for row in rows:
            amounts = (number(row[one]) for one in ("at_least", "about", "at_most"))
            assert (*(row[one] for one in by), *amounts) in totals, (name, query, row)
        seen.append(len(rows))


def test_points_are_those_of_the_series(client: Client, seen: list[int]) -> None:
    for name, query in QUERIES:
        if name != "series":
            continue
        body = get_json(client, f"series/{query['series']}/", {})
        figures = {
            (
                point["id"],
                *(
                    str(figure[one]) if figure[one] is not None else ""
                    for one in ("item", "unit", "operator")
                ),
                *(
                    Decimal(str(figure[one])) if figure[one] is not None else None
                    for one in ("value", "lower", "upper")
                ),
                figure["left_out"] or "",
                figure["evidence"]["quote"],
            ): point
            for point in body["points"]
            for figure in point["figures"]
        }
        rows = rows_of(client, name, query)
        for row in rows:
            point = figures[
                row["record"],
                row["item"],
                row["unit"],
                row["operator"],
                *(number(row[one]) for one in ("value", "lower", "upper")),
                row["left_out"],
                row["quote"],
            ]
            assert row["as_of"] == point["as_of"]
            doubted = point["contradicts"] or row["left_out"] in ("rival", "deprecated")
            expected = (
                "contradicted" if doubted else "overtaken" if point["overtaken"] else "latest"
            )
            assert row["status"] == expected
        seen.append(len(rows))


def test_the_masks_that_china_exported(client: Client) -> None:
    rows = rows_of(client, "series", {"series": CUSTOMS, "item": "mask", "unit": "piece"})

    assert [(row["as_of"], row["operator"], row["value"], row["status"]) for row in rows] == [
        ("2020-04-04", "exact", "3860000000.0", "overtaken"),
        ("2020-04-25", "exact", "21100000000.0", "overtaken"),
        ("2020-05-16", "exact", "50900000000.0", "overtaken"),
        ("2020-05-31", "more_than", "70600000000.0", "overtaken"),
        ("2020-12-31", "exact", "224200000000.0", "latest"),
        ("2020-12-31", "exact", "224000000000.0", "contradicted"),
    ]


def test_the_page_has_the_rows_of_the_file_and_the_sentence_behind_each(client: Client) -> None:
    for name, query in QUERIES:
        page = client.get(f"/charts/{name}/", query)
        assert page.status_code == 200
        html = ElementTree.fromstring(table_of(page.content.decode()))
        shown = list(html.iter("tr"))[1:]
        rows = rows_of(client, name, query)

        assert len(shown) == len(rows), (name, query)
        for cells, row in zip(shown, rows, strict=True):
            text = "".join(cells.itertext())
            links = [link.get("href") for link in cells.iter("a")]
            if row["record"]:
                assert f"“{row['quote']}”" in text
                assert f"/records/{row['record']}/" in links
                assert f"/records/{row['statement']}/" in links
                assert row["publisher"] in text
            assert row.get("name", "") in text
        assert f"revision {query.get('revision', newest_revision())}" in page.content.decode()


def table_of(page: str) -> str:
    """Return the table of a page as XML; an empty one where there is none."""
    if "<table>" not in page:
        return "<table><tr/></table>"
    text = page[page.index("<table>") : page.index("</table>") + len("</table>")]
    return text.replace("&nbsp;", " ").replace("<br>", "<br/>")


@pytest.mark.slow
def test_images_have_the_size_that_the_page_leaves_for_them(client: Client, rf: Any) -> None:
    svg = "{http://www.w3.org/2000/svg}"
    shown = cycle([{"size": "wide", "scheme": "light"}, {"size": "narrow", "scheme": "dark"}])
    for (name, query), look in zip(QUERIES, shown, strict=False):
        chart, _ = read(rf.get(f"/charts/{name}/", query), name)
        width, height = chart.size(Canvas.of(look["size"]))
        drawn = client.get(f"/charts/{name}/", query | look | {"format": "svg"})
        root = ElementTree.fromstring(drawn.content)

        assert drawn["Content-Type"] == "image/svg+xml"
        assert root.tag == f"{svg}svg"
        assert (root.get("width"), root.get("height")) == (str(width), str(height))
        assert width == WIDTHS[look["size"]]
        # The policy forbids inline styles.
        assert not [one for one in root.iter() if one.get("style") or one.tag == f"{svg}style"]
        box = [float(part) for part in str(root.get("viewBox")).split()]
        assert box[2] / width < 1.12, "the drawing is much larger than the room for it"
        words = " ".join(root.itertext())
        assert chart.title.split(",")[0][:20] in words
        assert "AidAPI, revision" in words

    image = client.get("/charts/months/", QUERIES[3][1] | {"format": "png"})
    chart, _ = read(rf.get("/charts/months/", QUERIES[3][1]), "months")
    assert image["Content-Type"] == "image/png"
    assert image.content[:8] == b"\x89PNG\r\n\x1a\n"
    expected = tuple(PNG_SCALE * length for length in chart.size(Canvas.of()))
    assert struct.unpack(">II", image.content[16:24]) == expected


def test_what_no_bar_holds_is_said(client: Client) -> None:
    page = client.get("/charts/months/", QUERIES[3][1]).content.decode()
    assert "no single month holds at least 10.187 million pieces" in page
    page = client.get("/charts/parties/", QUERIES[6][1]).content.decode()
    assert "Several parties together, whose parts are not known: at least" in page
    assert "more with smaller totals" in page
    page = client.get("/charts/months/", QUERIES[-1][1]).content.decode()
    assert "Nothing to draw" in page
    assert "<table>" not in page


def test_every_country_is_on_the_map_or_in_words(client: Client) -> None:
    query = {"kind": "donation", "donor_country": "CHN"}
    rows = rows_of(client, "map", query)
    spec = get_spec(client, "map", query)
    page = client.get("/charts/map/", query).content.decode()

    drawn = {
        value["code"]
        for layer in spec["vconcat"][0]["layer"]
        for step in layer.get("transform", ())
        if "lookup" in step
        for value in step["from"]["data"]["values"]
    }
    assert drawn == {row["recipient_country"] for row in rows}
    for row in rows:
        if row["recipient_country"] not in outlined():
            assert row["name"] in page.partition("Too small for the map")[2]
    assert {"CHN", "TWN", "XKX", "PSE", "ITA"} <= outlined()


def get_spec(client: Client, name: str, query: Json) -> Json:
    response = client.get(f"/charts/{name}/", query | {"format": "vega"})
    assert response["Content-Type"] == "application/json"
    return orjson.loads(response.content)


def test_axes_begin_at_zero(client: Client) -> None:
    for name, query in QUERIES:
        if name == "map":
            continue
        for scale in scales(get_spec(client, name, query)):
            assert scale.get("type") in (None, "utc"), scale
            if scale.get("type") != "utc" and "nice" in scale:
                assert scale["domain"][0] == 0


def scales(part: Any) -> Iterator[Json]:
    """Yield all scales of a specification."""
    if isinstance(part, dict):
        if isinstance(part.get("scale"), dict):
            yield part["scale"]
        for inner in part.values():
            yield from scales(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from scales(inner)


def test_numbers_on_bars_are_rounded_down() -> None:
    """At least 45.6 million is true of 45,619,444, at least 45.7 million is not."""
    assert [short_amount(one) for one in (0, 7, 999, 1_234, 45_619_444, 224_200_000_000)] == [
        *("0", "7", "999", "1,230", "45.6 million", "224 billion"),
    ]
    assert short_amount(0.75) == "0.75"
    assert short_amount(999_999) == "999,000"


def test_labels_do_not_touch() -> None:
    assert meet((0, 10, 0, 10), (5, 15, 5, 15))
    assert not meet((0, 10, 0, 10), (10, 20, 0, 10))


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/charts/months/", 400, "Give a kind of record: donation, export, contract"),
        ("/charts/months/?kind=gift", 400, "valid values: donation, export, contract"),
        ("/charts/months/?kind=donation&kind=export", 400, "Repeated: give it once"),
        ("/charts/months/?kind=donation&giver=CHN", 400, "Did you mean `donor`?"),
        ("/charts/months/?kind=donation&donor=XXX", 400, "Unknown party code `XXX`"),
        ("/charts/months/?kind=donation&scheme=red", 400, "valid values: light, dark"),
        ("/charts/months/?kind=donation&limit=3", 400, "Unknown parameter"),
        ("/charts/months/?kind=donation&revision=99", 404, "There is no revision 99"),
        ("/charts/compare/?kind=donation&donor=CHN", 400, "Give two or more codes in one of"),
        ("/charts/compare/?kind=donation&donor=CHN,USA&by=item", 400, "Give two or more codes"),
        ("/charts/parties/?kind=donation&limit=31", 400, "from 1 to 30"),
        ("/charts/series/", 400, "Give the name of a series"),
        ("/charts/series/?series=no-such", 404, "There is no series `no-such`"),
        ("/charts/pie/?kind=donation", 404, "There is no chart `pie`"),
        ("/embed/months/?kind=gift", 400, "valid values"),
    ],
)
def test_a_wrong_request_is_an_error_that_says_what_would_be_right(
    client: Client, address: str, status: int, said: str
) -> None:
    page = client.get(address)
    assert page.status_code == status
    assert said in page.content.decode().replace("&#x27;", "'")
    assert page["Content-Type"] == "text/html; charset=utf-8"

    file = client.get(f"{address}{'&' if '?' in address else '?'}format=svg")
    assert file.status_code == status
    assert file["Content-Type"] == "application/problem+json"


def test_only_embeds_may_be_framed(client: Client) -> None:
    query = {"kind": "donation", "item": "mask"}
    embed, page = client.get("/embed/parties/", query), client.get("/charts/parties/", query)

    assert "frame-ancestors *" in embed["Content-Security-Policy"]
    assert not embed.has_header("X-Frame-Options")
    assert 'src="/charts/parties/?kind=donation&amp;item=mask&amp;format=svg"' in (
        embed.content.decode()
    )
    assert "/embed/parties/?kind=donation&amp;item=mask" in page.content.decode()
    for other in (page, client.get("/charts/"), client.get("/parties/CHN/"), client.get("/")):
        assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
        assert other["X-Frame-Options"] == "DENY"
    for one in (embed, page):
        directives = one["Content-Security-Policy"]
        assert "default-src 'self'" in directives
        assert "unsafe" not in directives


def test_charts_are_cached_by_revision(client: Client) -> None:
    query = {"kind": "donation", "item": "mask"}
    for address in ("/charts/parties/", "/embed/parties/"):
        latest = client.get(address, query)
        pinned = client.get(address, query | {"revision": "4", "format": "svg"})

        assert latest["Cache-Control"] == "public, no-cache"
        assert pinned["Cache-Control"] == "public, max-age=86400, immutable"
        assert pinned["Dataset-Revision"] == "4"
        again = client.get(address, query, headers={"If-None-Match": latest["ETag"]})
        assert again.status_code == 304
        assert not latest.cookies


def test_each_chart_has_an_example(client: Client) -> None:
    page = client.get("/charts/").content.decode()
    for name in NAMES:
        address = page.partition(f'href="/charts/{name}/?')[2].partition('"')[0]
        response = client.get(f"/charts/{name}/?{address.replace('&amp;', '&')}")
        assert response.status_code == 200
        assert b"<table>" in response.content
