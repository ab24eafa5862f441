"""Crawlers find every record in force, and are kept from lists without end."""

import re
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.test import Client

from records.models import DATED, KINDS, Item, Party
from records.site import crawlers
from tests.support.histories import History

pytestmark = pytest.mark.django_db

TABLES = ("donations", "exports", "contracts", "statements")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def rows(client: Client, path: str, tag: str) -> list[dict[str, str]]:
    """Return the entries of a sitemap or an index of sitemaps."""
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(response.content)
    return [
        {each.tag.removeprefix(SITEMAP): each.text or "" for each in row}
        for row in root.iter(f"{SITEMAP}{tag}")
    ]


def path_of(address: str) -> str:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("http", "testserver")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.mark.parametrize("limit", [3, 10_000])
def test_the_sitemaps_have_every_page_and_record_in_force_once(
    client: Client, history: History, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawlers.SiteSitemap, "limit", limit)
    expected = {
        f"/records/{row.id}/": row.published_in for kind in KINDS for row in history.at(kind)
    }

    index = rows(client, "/sitemap.xml", "sitemap")
    found = [row for each in index for row in rows(client, path_of(each["loc"]), "url")]
    paths = [path_of(row["loc"]) for row in found]

    assert len(paths) == len(set(paths))
    pages = (
        *("guide", "how-we-count", "dictionary", "charts", "releases", "docs", "reference"),
        *("about", "changes", "corrections"),
        *("browse", *(f"browse/{plural}" for plural in TABLES)),
    )
    entries = {
        *(f"/parties/{code}/" for code in Party.objects.values_list("code", flat=True)),
        *(f"/items/{code}/" for code in Item.objects.values_list("code", flat=True)),
        *(
            f"/series/{row.document['series']}/"
            for kind in DATED
            for row in history.at(kind)
            if row.document["series"]
        ),
    }
    assert set(paths) == {*expected, "/", *(f"/{page}/" for page in pages), *entries}
    assert all(row["lastmod"] for row, path in zip(found, paths, strict=True) if path in expected)
    assert all(client.get(path).status_code == 200 for path in paths[:: max(len(paths) // 9, 1)])


def test_robots_keeps_crawlers_from_lists_and_the_admin(client: Client) -> None:
    response = client.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(response.content.decode().splitlines())

    assert response["Content-Type"].startswith("text/plain")
    for path in ("/api/v1/donations/?cursor=x", "/api/v1/donations/?format=csv", "/admin/"):
        assert not robots.can_fetch("anybody", path), path
    for path in ("/", "/guide/", "/records/don-7k3m9q2x/", "/docs/", "/api/v1/metadata/"):
        assert robots.can_fetch("anybody", path), path
    assert robots.site_maps() == ["http://testserver/sitemap.xml"]


def test_robots_keeps_crawlers_from_tables_with_filters(client: Client) -> None:
    """Python's parser knows no asterisk, so the rules are read here as RFC 9309 says: the longest
    that matches decides."""
    lines = client.get("/robots.txt").content.decode().splitlines()
    rules = [line.split(": ", 1) for line in lines if line.startswith(("Allow", "Disallow"))]

    def may_fetch(address: str) -> bool:
        matching = [
            (len(rule), name == "Allow")
            for name, rule in rules
            if re.match(re.escape(rule).replace(r"\*", ".*"), address)
        ]
        return max(matching, default=(0, True))[1]

    for plural in TABLES:
        assert may_fetch(f"/browse/{plural}/")
        assert not may_fetch(f"/browse/{plural}/?ordering=title")
        assert not may_fetch(f"/browse/{plural}/facets/")
    assert may_fetch("/browse/")
    assert may_fetch("/api/v1/metadata/")
    assert not may_fetch("/browse/?search=masks")
    assert not may_fetch("/browse/facets/")
    assert not may_fetch("/api/v1/")


def test_an_icon_is_found_where_programs_look_for_it(client: Client) -> None:
    response = client.get("/favicon.ico", follow=True)

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"


def test_past_versions_and_revisions_name_the_present_page(
    client: Client, history: History
) -> None:
    record = next(row for row in history.at("donation") if row.document["version"] > 1)
    address = f"/records/{record.id}/"

    for query in ("", "?version=1", f"?revision={record.published_in}"):
        page = client.get(address + query).content.decode()
        assert f'<link rel="canonical" href="http://testserver{address}">' in page


def test_an_unknown_sitemap_is_not_found(client: Client) -> None:
    assert client.get("/sitemaps/gifts.xml").status_code == 404
    assert client.get("/sitemaps/donations.xml?p=99").status_code == 404
