"""Pages of parties, items and series: the totals of the API in words, and where they lead."""

import html
import re

import pytest
from django.test import Client

from records.api.views.series import point_rows
from records.models import DATED, Item, Party, RevisionCounter
from records.site.addresses import page_of
from records.site.wording import amount
from tests.support.routes import API
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db

CUSTOMS = "china-customs-anti-epidemic-exports"


def page(client: Client, address: str, status: int = 200) -> str:
    """Return the text of a page, with entities as the letters that they mean."""
    response = client.get(address)
    assert response.status_code == status, address
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return html.unescape(response.content.decode())


def links(text: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', text)


@pytest.mark.slow(every=True)
def test_every_party_item_and_series_has_a_page(client: Client, dataset: None) -> None:
    series = sorted({row["series"] for row in point_rows(RevisionCounter.number(), list(DATED))})
    for kind, keys, number in (
        ("party", Party.objects.order_by("code").values_list("code", "name"), 12),
        ("item", Item.objects.order_by("code").values_list("code", "name"), 8),
        ("series", zip(series, series, strict=True), 4),
    ):
        for key, name in some(keys, number):
            text = page(client, page_of(kind, key))
            assert f"<h1>{name}</h1>" in text
            assert f'rel="canonical" href="http://testserver{page_of(kind, key)}"' in text


def test_sections_have_the_totals_of_the_api(client: Client, dataset: None) -> None:
    cases = [
        ("/parties/jack-ma-foundation/", "donations", {"donor": "jack-ma-foundation"}),
        ("/parties/CHN/", "exports", {"exporter_country": "CHN"}),
        ("/parties/IND/", "contracts", {"buyer_country": "IND"}),
        ("/items/mask/", "donations", {"item": "mask"}),
        ("/items/ventilator/", "contracts", {"item": "ventilator"}),
    ]
    compared = 0
    for address, kind, query in cases:
        text = page(client, address).lower()
        of_query = "&".join(f"{name}={text}" for name, text in query.items()).lower()
        lines = rf"/browse/{kind}/\?{of_query}(?:&item=([a-z0-9-]+))?&"
        for item in {found or query.get("item", "") for found in re.findall(lines, text)} - {""}:
            body = client.get(f"{API}{kind}/summary/", query | {"item": item}).json()
            for total in body["totals"]:
                if total["at_least"] is None:
                    continue
                word = "exactly" if total["exact"] else "at least"
                assert f"{word} {amount(total, total['at_least'])}".lower() in text
                compared += 1
    assert compared > 10


def test_what_china_exported_is_said_as_the_api_says_it(client: Client, dataset: None) -> None:
    summary = client.get(f"{API}exports/summary/?exporter_country=CHN&item=mask&unit=piece").json()
    (total,) = summary["totals"]
    assert (total["at_least"], total["about"]) == (224_200_000_000, 372_000_000_000)

    text = page(client, "/parties/CHN/")

    exported = text.partition("<h2>Exported</h2>")[2].partition("<h2>")[0]
    assert "At least 224.2 billion pieces, about 372 billion pieces" in exported
    table = "/browse/exports/?exporter_country=CHN&item=mask"
    assert f"{table}&total=measure:quantity,unit:piece" in links(exported)
    assert "/items/mask/" in links(exported)


def test_a_joint_giver_is_said_to_have_given_with_others(client: Client, dataset: None) -> None:
    text = page(client, "/parties/alibaba-foundation/")

    assert "Nothing alone; at least" in text
    assert "together with others" in text


def test_a_country_has_its_bodies_and_itself_apart(client: Client, dataset: None) -> None:
    text = page(client, "/parties/CHN/")

    assert "China itself: at least" in text
    assert "<h2>Bodies and firms of China</h2>" in text
    for code in ("huawei", "sinopharm", "byd"):
        assert f"/parties/{code}/" in links(text)
    huawei = page(client, "/parties/huawei/")
    assert "/parties/CHN/" in links(huawei)
    assert "itself:" not in huawei


def test_a_series_has_its_points_with_their_quotes(client: Client, dataset: None) -> None:
    text = page(client, f"/series/{CUSTOMS}/")
    body = client.get(f"{API}series/{CUSTOMS}/").json()

    for point in body["points"]:
        assert f"/records/{point['id']}/" in links(text)
    assert '“<span lang="en">3.86 billion masks</span>”' in text
    assert f"/charts/series/?series={CUSTOMS}" in links(text)
    old = page(client, f"/series/{CUSTOMS}/?revision=1")
    assert "As of revision 1." in old


def test_customs_codes_say_that_they_are_unchecked(client: Client, dataset: None) -> None:
    text = page(client, "/items/surgical-mask/")

    assert "6307.90 (HS 2017, high confidence)" in text
    assert "not checked against a list of the World Customs Organization" in text
    assert "Customs codes" not in page(client, "/items/doctor/")
    assert "not checked" not in page(client, "/items/doctor/")


def test_an_item_has_its_place_in_the_tree(client: Client, dataset: None) -> None:
    text = page(client, "/items/mask/")

    above = text.partition("<h1>")[0]
    assert [link for link in links(above) if link.startswith("/items/")] == [
        "/items/medical-supplies/",
        "/items/ppe/",
    ]
    assert "/items/surgical-mask/" in links(text)
    assert "6307.90" in text


def test_records_lead_to_profiles(client: Client, dataset: None) -> None:
    text = page(client, "/records/exp-p19e7t6s/")

    for address in ("/parties/CHN/", "/items/mask/", f"/series/{CUSTOMS}/"):
        assert address in links(text)
    assert f"{API}parties/CHN/" not in links(text)


def test_an_unknown_code_is_a_page_with_the_nearest_ones(client: Client, dataset: None) -> None:
    cases = [
        ("/parties/jack-ma-fundation/", "/parties/jack-ma-foundation/"),
        ("/parties/pk/", "/parties/PAK/"),
        ("/parties/united-states/", "/parties/USA/"),
        ("/items/ventilators/", "/items/ventilator/"),
        ("/items/facemask/", "/items/mask/"),
    ]
    for address, nearest in cases:
        text = page(client, address, 404)
        assert nearest in links(text), address
    for code in ("xqzwvk", "QQ", "x" * 61):
        assert "Perhaps" not in page(client, f"/parties/{code}/", 404)
    assert "There is no series `no-such`" in page(client, "/series/no-such/", 404)


def test_unknown_parameters_are_refused(client: Client, dataset: None) -> None:
    assert "This endpoint has none" in page(client, "/parties/CHN/?revision=1", 400)
    assert "Did you mean" in page(client, f"/series/{CUSTOMS}/?revison=1", 400)


def test_pages_are_cached_by_revision(client: Client, dataset: None) -> None:
    for address in ("/parties/who/", "/items/mask/", f"/series/{CUSTOMS}/"):
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert "Cookie" not in first.get("Vary", "")
