"""Releases over HTTP: pages, feed, files with validators and ranges, and nothing else."""

import hashlib
from pathlib import Path

import feedparser
import pytest
from django.test import Client, override_settings

from records.releases.shelf import Shelf

pytestmark = pytest.mark.django_db

TYPES = {
    "csv/donations.csv": "text/csv; charset=utf-8",
    "datapackage.json": "application/json",
    "ndjson/donations.ndjson": "application/x-ndjson",
    "parquet/donations.parquet": "application/vnd.apache.parquet",
    "aidapi.sqlite3": "application/vnd.sqlite3",
    "README.md": "text/markdown; charset=utf-8",
    "SHA256SUMS": "text/plain; charset=utf-8",
}


def test_pages_and_feed_list_the_releases(client: Client, served: Shelf) -> None:
    latest, before = served.releases()

    index = client.get("/releases/")
    page = client.get(f"/releases/{latest.name}/")
    feed = feedparser.parse(client.get("/releases/feed.atom").content)

    text = index.content.decode()
    assert text.index(latest.name) < text.index(before.name)
    assert "no releases yet" not in text
    assert all(
        f'href="/releases/{latest.name}/{file.path}"' in page.content.decode()
        for file in latest.files
    )
    assert index["Cache-Control"] == page["Cache-Control"] == "public, no-cache"
    assert not feed.bozo
    assert [entry.link for entry in feed.entries] == [
        f"http://testserver/releases/{one.name}/" for one in (latest, before)
    ]
    assert client.get("/releases").headers["Location"] == "/releases/"


def test_without_releases_the_page_says_so(client: Client, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with override_settings(RELEASES_DIR=folder):
            assert b"no releases yet" in client.get("/releases/").content
            assert not feedparser.parse(client.get("/releases/feed.atom").content).entries
            assert client.get("/releases/latest/").status_code == 404


def test_latest_leads_to_the_latest_release(client: Client, served: Shelf) -> None:
    name = served.releases()[0].name
    for path in ("", "csv/donations.csv"):
        response = client.get(f"/releases/latest/{path}")
        assert response.status_code == 302
        assert response["Location"] == f"/releases/{name}/{path}"
        assert "immutable" not in response["Cache-Control"]


def test_files_are_sent_whole_with_validators(client: Client, served: Shelf) -> None:
    release = served.releases()[0]
    for path, media_type in TYPES.items():
        address = f"/releases/{release.name}/{path}"
        wanted = (release.folder / path).read_bytes()
        response = client.get(address)
        assert response.getvalue() == wanted
        assert response["Content-Type"] == media_type
        assert response["Content-Length"] == str(len(wanted))
        assert response["ETag"] == f'"{hashlib.sha256(wanted).hexdigest()}"'
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["Accept-Ranges"] == "bytes"
        assert response["Last-Modified"].endswith(" GMT")
        assert "Set-Cookie" not in response
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        names = ("Content-Type", "Content-Length", "ETag", "Last-Modified")
        assert all(head[name] == response[name] for name in names)
        for tag in (response["ETag"], f"W/{response['ETag']}", f'"x", {response["ETag"]}', "*"):
            same = client.get(address, headers={"If-None-Match": tag})
            assert (same.status_code, same.content) == (304, b"")
            assert same["ETag"] == response["ETag"]
        assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
        assert client.post(address).status_code == 405


def test_ranges_are_parts_of_the_file(client: Client, served: Shelf) -> None:
    release = served.releases()[0]
    address = f"/releases/{release.name}/csv/statements.csv"
    wanted = (release.folder / "csv" / "statements.csv").read_bytes()
    size = len(wanted)
    etag = client.get(address)["ETag"]
    parts = {
        "bytes=0-99": (0, 99),
        "bytes=100-": (100, size - 1),
        "bytes=-50": (size - 50, size - 1),
        f"bytes=0-{size + 5}": (0, size - 1),
        f"bytes=-{size + 5}": (0, size - 1),
        f"bytes={size - 1}-{size - 1}": (size - 1, size - 1),
    }
    for header, (first, last) in parts.items():
        # Also for a client that takes compressed files: a part is of the file as it is.
        response = client.get(address, headers={"Range": header, "Accept-Encoding": "gzip, br"})
        assert response.status_code == 206
        assert response.getvalue() == wanted[first : last + 1]
        assert response["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert response["Content-Length"] == str(last - first + 1)
        assert response["ETag"] == etag
        assert "Content-Encoding" not in response
    for header in (f"bytes={size}-", "bytes=-0"):
        response = client.get(address, headers={"Range": header})
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{size}")
    for header in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=-", ""):
        response = client.get(address, headers={"Range": header})
        assert (response.status_code, response.getvalue()) == (200, wanted)
    for known, status in ((etag, 206), ('"x"', 200), (f"W/{etag}", 200)):
        response = client.get(address, headers={"Range": "bytes=0-9", "If-Range": known})
        assert response.status_code == status
    assert client.head(address, headers={"Range": "bytes=0-9"}).status_code == 200


def test_whole_text_files_are_compressed(client: Client, served: Shelf) -> None:
    address = f"/releases/{served.releases()[0].name}/csv/statements.csv"
    plain = client.get(address)

    response = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert len(response.getvalue()) < len(plain.getvalue()) / 2
    assert response["ETag"] == f"W/{plain['ETag']}"
    assert "accept-encoding" in response["Vary"].lower()


def test_nothing_else_is_served(client: Client, served: Shelf) -> None:
    """Not what lies beside the releases, and nothing outside them."""
    name = served.releases()[0].name
    (served.folder / "secret.txt").write_text("secret", "utf-8")
    unfinished = served.folder / f".making-{name}"
    unfinished.mkdir(exist_ok=True)
    (unfinished / "README.md").write_text("secret", "utf-8")
    addresses = [
        "secret.txt/",
        ".lock/",
        f".making-{name}/",
        f".making-{name}/README.md",
        f"{name}/../secret.txt",
        f"{name}/..%2fsecret.txt",
        f"{name}/csv/../../secret.txt",
        f"{name}/csv/..%2F..%2Fsecret.txt",
        f"{name}//etc/passwd",
        f"{name}/csv",
        f"{name}/csv/",
        f"{name}/README.md/",
        f"{name}%0a/",
        "2020-01-01-r1/",
        "2020-01-01-r1/README.md",
        "..%2f/README.md",
        "latest/secret.txt",
        "%2e%2e/manage.py",
    ]
    for address in addresses:
        response = client.get(f"/releases/{address}")
        assert response.status_code == 404, address
        assert response.content != b"secret"
        assert "immutable" not in response.get("Cache-Control", "no-store")
        assert response["Content-Type"].startswith(("text/html", "application/problem+json"))
    for address in ("2020-01-01-r1/", f"{name}/csv", "latest/secret.txt"):
        response = client.get(f"/releases/{address}")
        assert response["Cache-Control"] == "no-store"
        assert f'href="/releases/{name}/"' in response.content.decode()
