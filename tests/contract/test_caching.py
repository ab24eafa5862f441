"""Finished answers over every resource: ETags, 304s, what is kept and when it is not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from aidapi import caching
from aidapi.limits import may_be_reused
from tests.support.factories import DonationFactory
from tests.support.histories import History
from tests.support.routes import API, addresses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache in this process, and a number of the revision that is read every time."""
    monkeypatch.setattr(caching, "MAX_AGE", -1)
    with override_settings(CACHE_ENTRIES=500):
        yield


def answers(client: Client, history: History) -> list[str]:
    """Addresses of the dataset that are answered."""
    found = [
        address
        for address, _ in addresses(history)
        if address.startswith(API) and "openapi" not in address
    ]
    return [address for address in found if client.get(address).status_code == 200]


def test_an_answer_is_kept_whole(client: Client, history: History) -> None:
    found = answers(client, history)
    assert len(found) > 10
    for address in found:
        first, second = client.get(address), client.get(address)
        assert second.content == first.content
        assert dict(second.items()) == dict(first.items())


def test_what_is_kept_costs_one_query_for_the_number_and_pinned_none(
    client: Client, history: History
) -> None:
    for query, queries in (("", 1), (f"revision={history.newest}", 0)):
        address = f"{API}donations/?{query}"
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        assert len(captured) == queries


def test_what_is_the_same_is_not_sent_again(client: Client, history: History) -> None:
    for address in answers(client, history):
        answer = client.get(address)
        caching.store.clear()
        if "/cite/" in address:
            # It says when it was retrieved.
            assert (answer["Cache-Control"], answer.has_header("ETag")) == ("no-cache", False)
            continue

        with CaptureQueriesContext(connection) as captured:
            again = client.get(address, headers={"If-None-Match": answer["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Dataset-Revision"):
            assert again[name] == answer[name], address
        assert len(captured) == 1, address


@pytest.mark.parametrize(
    "known", ["*", '"x"', 'W/"4n-"', "W/", ",,,", 'W/"99999999999999999999n-x"', "é", 'W/"²n-x"']
)
def test_other_tags_get_the_whole_answer(client: Client, history: History, known: str) -> None:
    response = client.get(f"{API}donations/", headers={"If-None-Match": known})

    assert response.status_code == 200
    assert response.content


def test_a_tag_among_several_is_found(client: Client, history: History) -> None:
    tag = client.get(f"{API}donations/")["ETag"]

    # Weakly compared: it means the same without W/.
    for known in (f'"other", {tag}', f'"other",{tag.removeprefix("W/")}'):
        for empty in (False, True):
            if empty:
                caching.store.clear()
            response = client.get(f"{API}donations/", headers={"If-None-Match": known})
            assert response.status_code == 304, (known, empty)


def test_the_tag_of_another_question_is_no_copy_of_this_one(
    client: Client, history: History
) -> None:
    tag = client.get(f"{API}donations/")["ETag"]

    for address in (f"{API}exports/", f"{API}donations/?donor=CHN", f"{API}donations/?donr=CHN"):
        response = client.get(address, headers={"If-None-Match": tag})
        assert response.status_code in (200, 400)


def test_nothing_kept_goes_back_behind_an_answer(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the number of the revision is remembered for a while."""
    monkeypatch.setattr(caching, "MAX_AGE", 3_600)
    kept, other = f"{API}donations/?page_size=2", f"{API}donations/?page_size=3"
    assert client.get(kept)["Dataset-Revision"] == str(history.newest)
    DonationFactory(published=True)
    assert client.get(kept)["Dataset-Revision"] == str(history.newest)

    assert client.get(other)["Dataset-Revision"] == str(history.newest + 1)

    assert client.get(kept)["Dataset-Revision"] == str(history.newest + 1)


def test_a_new_revision_ends_what_was_kept(client: Client, history: History) -> None:
    """Of the newest at once, of a past one never."""
    newest, past = f"{API}donations/?page_size=2", f"{API}donations/?page_size=2&revision=1"
    before = {address: client.get(address) for address in (newest, past)}
    walk = before[newest].json()["next"]
    page = client.get(walk)

    published = DonationFactory(published=True, title="overtakes what was kept")

    after = client.get(newest)
    assert after["Dataset-Revision"] == str(history.newest + 1)
    assert after["ETag"] != before[newest]["ETag"]
    assert client.get(newest, headers={"If-None-Match": before[newest]["ETag"]}).status_code == 200
    assert (
        published.public_id
        in client.get(f"{API}donations/?ordering=-published_in").content.decode()
    )
    assert client.get(past).content == before[past].content
    assert client.get(past, headers={"If-None-Match": before[past]["ETag"]}).status_code == 304
    # A cursor pins its revision.
    assert client.get(walk).content == page.content
    assert client.get(walk)["Cache-Control"] == "public, max-age=86400, immutable"


def test_only_what_names_its_revision_is_immutable(client: Client, history: History) -> None:
    assert client.get(f"{API}donations/")["Cache-Control"] == "public, no-cache"
    pinned = client.get(f"{API}donations/?revision={history.newest}")
    assert pinned["Cache-Control"] == "public, max-age=86400, immutable"


def test_refusals_are_not_kept(client: Client, history: History) -> None:
    for address in (
        f"{API}donations/?revision={history.newest + 1}",
        f"{API}donations/?donr=CHN",
        f"{API}donations/don-00000000/",
        f"{API}nothing/",
    ):
        assert client.get(address)["Cache-Control"] == "no-store"

    DonationFactory(published=True)

    assert client.get(f"{API}donations/?revision={history.newest + 1}").status_code == 200


def test_equal_questions_are_one(client: Client, history: History) -> None:
    """In whatever order the parameters stand, links included."""
    one = client.get(f"{API}donations/?page_size=2&donor=CHN")
    other = client.get(f"{API}donations/?donor=CHN&page_size=2")

    assert other["ETag"] == one["ETag"]
    caching.store.clear()
    assert client.get(f"{API}donations/?donor=CHN&page_size=2").content == one.content


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1"},
        {"Accept": "application/json"},
        {"Accept-Encoding": "gzip"},
    ],
)
def test_what_the_answer_depends_on_is_reported_apart(
    client: Client, history: History, headers: dict[str, str]
) -> None:
    plain = client.get(f"{API}donations/?page_size=2")

    other: Any = client.get(f"{API}donations/?page_size=2", headers=headers)

    assert other["ETag"] != plain["ETag"]
    assert {name.strip().lower() for name in other["Vary"].split(",")} >= {
        "accept",
        "accept-encoding",
    }
    if "Host" in headers:
        assert other.json()["next"].startswith("http://127.0.0.1/")
        assert plain.json()["next"].startswith("http://testserver/")


def test_a_host_that_is_not_ours_gets_nothing_that_is_kept(
    client: Client, history: History
) -> None:
    client.get(f"{API}donations/")

    response = client.get(f"{API}donations/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert b"evil" not in client.get(f"{API}donations/?page_size=1").content


@pytest.mark.parametrize(("accepted", "sent"), [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd")])
def test_answers_are_compressed_and_kept_so(
    client: Client, history: History, accepted: str, sent: str
) -> None:
    address = f"{API}donations/"
    answers = [client.get(address, headers={"Accept-Encoding": accepted}) for _ in range(2)]

    assert [answer["Content-Encoding"] for answer in answers] == [sent, sent]
    assert answers[0].content == answers[1].content
    assert len(answers[0].content) < len(client.get(address).content)


def test_pages_of_all_sites_have_one_answer(client: Client, history: History) -> None:
    """The same without `Origin`: a cache on the way gives that answer to scripts, too."""
    own = {"X-Request-Id": "asked-by-a-test"}
    for address in answers(client, history):
        plain = client.get(address, headers=own)
        caching.store.clear()
        other = client.get(address, headers={**own, "Origin": "https://example.org"})

        assert dict(other.items()) == dict(plain.items()), address
        assert plain["Access-Control-Allow-Origin"] == "*"
        assert "origin" not in plain["Vary"].lower()


def test_any_page_may_read(client: Client, history: History) -> None:
    response = client.get(f"{API}donations/", headers={"Origin": "https://example.org"})

    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Dataset-Revision" in response["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response
    preflight = client.options(
        f"{API}donations/",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert preflight.status_code == 200
    assert "POST" not in preflight["Access-Control-Allow-Methods"]
    assert preflight["Access-Control-Allow-Headers"] == "*"
    assert not client.get("/guide/").has_header("Access-Control-Allow-Origin")


def test_what_an_answer_depends_on_is_one_short_line(client: Client, history: History) -> None:
    """nginx 1.22 heeds only the last `Vary`, keeps no response with one of 128 characters, and of
    variants that say it in other words only one."""
    found = [*(address for address, _ in addresses(history)), "/", "/guide/", "/admin/login/"]
    variants = [{}, {"Accept-Encoding": "gzip"}, {"Accept": "text/html, */*;q=0.5"}]
    for address in found:
        said = set()
        for headers in variants:
            response = client.get(address, headers=headers)
            if response.status_code == 200:
                varies = [value for name, value in response.items() if name.lower() == "vary"]
                said.add(", ".join(varies))
                assert len(varies) <= 1, address

        assert all(len(words) < 128 for words in said), address
        assert len(said) <= 1 or not address.startswith(caching.PREFIXES), said


def test_the_number_is_remembered_for_a_second(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(caching, "MAX_AGE", 1.0)
    now = [0.0]
    monkeypatch.setattr(caching.time, "monotonic", lambda: now[0])
    caching.newest_revision.forget()
    address = f"{API}donations/"
    client.get(address)
    client.get(address)
    DonationFactory(published=True)

    soon = client.get(address)
    now[0] = 1.1
    late = client.get(address)

    assert (soon["Dataset-Revision"], late["Dataset-Revision"]) == (
        str(history.newest),
        str(history.newest + 1),
    )


def test_an_answer_sets_no_cookie(client: Client, history: History) -> None:
    """Not even in place of one that is broken: a cache on the way would give it to everybody."""
    for address in answers(client, history):
        for method in (client.get, client.head):
            response = method(address, headers={"Cookie": "sessionid=x; csrftoken=\x01"})

            assert response.status_code == 200
            assert not response.cookies


def test_long_questions_are_answered_and_forgotten(client: Client, history: History) -> None:
    response = client.get(f"{API}donations/", headers={"Accept": "application/json," * 100})

    assert response.status_code in (200, 406)
    assert not response.has_header("ETag")


@pytest.mark.parametrize("limit", [0, 1_000])
def test_no_cache_guesses_how_long_a_page_is_valid(
    client: Client, history: History, limit: int
) -> None:
    """With and without a limit of requests."""
    id = history.at("donation")[0].id
    with override_settings(RATE_LIMIT=limit):
        for page in ("/", f"/records/{id}/", "/guide/", "/docs/", "/nothing/", "/admin/login/"):
            assert "no-cache" in client.get(page)["Cache-Control"], page


def test_what_is_reused_for_others_has_no_header_of_one_client(
    client: Client, history: History
) -> None:
    expected = {"revision=3": False, "revision=3&format=csv": False, "": True, "page_size=a": True}
    with override_settings(RATE_LIMIT=1_000):
        for query, has_own in expected.items():
            response = client.get(f"{API}donations/?{query}")
            assert response.getvalue()
            for name in ("X-Request-Id", "RateLimit", "RateLimit-Policy"):
                assert response.has_header(name) == has_own, (query, name)


@pytest.mark.parametrize(
    ("told", "is_for_all"),
    [
        ("public, max-age=86400, immutable", True),
        ("max-age=315360000, public, immutable", True),  # of static files
        ("public, no-cache", False),
        ("max-age=0, no-cache, no-store, must-revalidate, private", False),
        ("no-store", False),
        ("", False),
    ],
)
def test_lifetimes_that_shared_caches_reuse(told: str, is_for_all: bool) -> None:
    assert may_be_reused({"Cache-Control": told} if told else {}) == is_for_all


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_document_is_validated_and_compressed(
    client: Client, history: History, name: str, encoding: str
) -> None:
    headers = {"Accept-Encoding": encoding}
    first = client.get(f"{API}{name}", headers=headers)
    assert first["Cache-Control"] == "public, no-cache"
    assert first.get("Content-Encoding", "identity") == encoding

    same = client.get(f"{API}{name}", headers={**headers, "If-None-Match": first["ETag"]})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    other = {**headers, "If-None-Match": first["ETag"], "Host": "127.0.0.1"}
    assert client.get(f"{API}{name}", headers=other).status_code == 200
