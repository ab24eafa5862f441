"""Questions meant to break something: each has its answer, the same on both databases, and none
is a failure of the server."""

import time
from typing import Any
from unittest import mock

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import Client, RequestFactory

from tests.support.histories import History
from tests.support.routes import API, RECORDS, RESOURCES, Resource, addresses, ask, problem
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db

DONATIONS = f"{API}donations/"
STATEMENTS = f"{API}statements/"
BIG = 2**63
MEGABYTES = 3 * 2**20


def answer(client: Client, address: str, status: int, **headers: Any) -> Any:
    """The answer, after no more than a moment of work."""
    begun = time.thread_time()
    response = client.get(address, **headers)
    took = time.thread_time() - begun
    assert response.status_code == status, response.content[:500]
    assert len(response.content) < 100_000
    # A second is the aim; test machines are slow.
    assert took < 5
    if status >= 400:
        problem(response, status)
    return response


# Characters


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_nul_is_refused_anywhere(client: Client, db: None, resource: Resource) -> None:
    for query in (
        "name=%00",
        "publisher=a%00b",
        "cursor=%00",
        "%00=1",
        "unheard%00of=1",
        "id=don-%00",
        "ordering=as_of%00",
        "page_size=1%00",
    ):
        response = answer(client, f"{resource.path}?{query}", 400)

        assert response.json()["code"] == "nul_character", query


@pytest.mark.parametrize(
    "path", ["/%00", "/api/v1/donations/%00/", "/api/v1/%00/", "/api/v1/items/mask%00/"]
)
def test_nul_is_refused_in_a_path(client: Client, db: None, path: str) -> None:
    answer(client, path, 400)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
@pytest.mark.parametrize(
    "octets", ["%ED%A0%80", "%ED%BF%BF", "%FF", "%C3", "%C0%AF", "%F5%80%80%80", "%80"]
)
def test_what_is_no_utf8_is_refused(
    client: Client, db: None, resource: Resource, octets: str
) -> None:
    """Lone surrogates, overlong and cut sequences: in every parameter, and in names of none."""
    for name in [*resource.parameters.base_filters, "unheard_of", octets]:
        answer(client, f"{resource.path}?{name}={octets}", 400)


@pytest.mark.parametrize(
    ("publisher", "found"),
    [
        # LIKE's wildcards and its escape mean themselves …
        ("%", [r"100%_\ News"]),
        ("_", [r"100%_\ News"]),
        ("\\", [r"100%_\ News"]),
        ("%_", [r"100%_\ News"]),
        ("\\ n", [r"100%_\ News"]),
        ("%%", []),
        ("x%a", []),
        ("x_nhua", []),
        ("\\%", []),
        # … and so does what other languages would take for syntax.
        ("*", []),
        ("?", []),
        ("(", []),
        ("^(a+)+$", []),
        (".*", []),
        ("[a-z]", []),
        ("'", []),
        ("' OR 1=1 --", []),
        ('"', []),
        ("a AND b", []),
        ("-a", []),
        ("publisher:xinhua", []),
        ("NEAR/2", []),
        ("{}", []),
        ("${jndi:ldap://localhost}", []),
        ("<script>", []),
        ("\r\nSet-Cookie: a=b", []),
        ("x\u202ey", []),
        ("\U0001f9a0", []),
        ("a" * 26 + "!", []),
    ],
)
def test_text_means_itself(
    client: Client, history: History, publisher: str, found: list[str]
) -> None:
    """On statements and on the evidence of donations alike."""
    response = ask(client, STATEMENTS, publisher=publisher, revision=1)
    assert [row["publisher"] for row in response.json()["results"]] == found

    response = ask(client, DONATIONS, publisher=publisher)
    assert response.status_code == 200
    assert all(
        any(statement["publisher"] in found for statement in row["statements"])
        for row in response.json()["results"]
    )


@pytest.mark.parametrize(
    ("requested", "publisher"),
    [
        ("XINHUA", "Xinhua"),
        ("xinhua", "Xinhua"),
        ("Xīnhuá", "Xinhua"),
        ("Ｘｉｎｈｕａ", "Xinhua"),
        ("ÖSTERREICHISCHER", "Österreichischer Rundfunk"),
        ("osterreichischer  rundfunk", "Österreichischer Rundfunk"),
        ("o\u0308sterreichischer", "Österreichischer Rundfunk"),
        ("ИЗВЕСТИЯ", "Известия"),
        ("известия", "Известия"),
        ("STRASSE", "Straße"),
        ("straße", "Straße"),
        ("STRAẞE", "Straße"),
        ("华", "新华社"),
    ],
)
def test_text_is_found_without_case_and_accents(
    client: Client, history: History, requested: str, publisher: str
) -> None:
    """The databases fold differently, and by themselves no further than ASCII."""
    response = ask(client, STATEMENTS, publisher=requested, revision=1)

    assert {row["publisher"] for row in response.json()["results"]} == {publisher}


# Numbers and days


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"changed_since={BIG}", 400),
        (f"changed_since=-{BIG}", 400),
        (f"revision={BIG}", 400),
        (f"page_size={10**9}", 400),
        (f"page_size={10**30}", 400),
        (f"page_size={'9' * 5000}", 400),
        ("page_size=501", 400),
        ("page_size=500", 200),
        ("page_size=0", 400),
        ("page_size=-1", 400),
        # Digits of other scripts, and Python's own way of writing numbers.
        ("page_size=１", 400),
        ("page_size=١", 400),
        ("page_size=1_0", 400),
        ("page_size=%2B1", 400),
        ("page_size=1%20", 400),
        ("page_size=٣&count=true", 400),
        ("as_of_from=0000-01-01", 400),
        ("as_of_from=0-01-01", 400),
        ("as_of_from=-1-01-01", 400),
        ("as_of_from=10000-01-01", 400),
        ("as_of_from=9999-12-31T23:59:59-12:00", 400),
        ("as_of_from=0001-01-01T00:00%2B14:00", 400),
        ("as_of_from=٢٠٢٠-٠٤-٠١", 400),
        ("as_of_from=0001-01-01", 200),
        ("as_of_to=9999-12-31", 200),
        (f"unit=piece&value_min={BIG}", 400),
        ("unit=piece&value_min=1e400", 400),
        ("unit=piece&value_min=1e-400", 400),
        ("unit=piece&value_min=NaN", 400),
        ("unit=piece&value_min=Infinity", 400),
        ("unit=piece&value_min=-0", 400),
        ("unit=piece&value_min=999999999999999.999999", 200),
        ("unit=piece&value_min=0.0000001", 400),
        ("unit=piece&value_max=000000000000005", 200),
        ("recipient_region=٠٠٢", 400),
        ("recipient_region=002", 200),
        (f"id=don-{BIG}", 400),
    ],
)
def test_numbers_and_days_out_of_range(
    client: Client, history: History, query: str, status: int
) -> None:
    answer(client, f"{DONATIONS}?{query}", status)


@pytest.mark.parametrize(
    "number", ["0", "-1", "01", "1.0", "１", "٣", "1e3", str(BIG), "9" * 5000]
)
def test_a_revision_has_one_number(client: Client, history: History, number: str) -> None:
    answer(client, f"{API}revisions/{number}/", 404)


# Too much


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("publisher=" + "a" * 200, 200),
        ("publisher=" + "a" * 201, 400),
        ("publisher=" + "a" * 50_001, 400),
        ("publisher=" + "a " * 1_100, 400),
        ("publisher=" + "%25" * 200, 200),
        ("id=" + ",".join(f"don-{n:08d}" for n in range(100)), 200),
        ("id=" + ",".join(f"don-{n:08d}" for n in range(101)), 400),
        ("id=" + ",".join(f"don-{n:08d}" for n in range(26_000)), 400),
        ("id=" + ",".join(str(BIG + n) for n in range(50)), 400),
        ("party=" + ",".join(f"nobody-{n}" for n in range(100)), 400),
        ("party=" + "CHN," * 99 + "CHN", 200),
        ("party=" + "-".join("a" * 100), 400),
        ("stage=" + "," * 1_000, 400),
        ("fields=" + ",".join(["figures.value"] * 100), 200),
        ("fields=" + ".".join(["figures"] * 100), 400),
        ("recipient_region=world,001,africa,asia", 200),
        ("ordering=" + ",".join(["as_of"] * 2_200), 400),
    ],
)
def test_long_lists_and_texts(client: Client, history: History, query: str, status: int) -> None:
    answer(client, f"{DONATIONS}?{query}", status)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_query_of_three_megabytes(client: Client, history: History, resource: Resource) -> None:
    """In a parameter of each sort, and in place of its name."""
    sorts = {type(filter.field): name for name, filter in resource.parameters.base_filters.items()}
    for name in [*sorts.values(), "unheard_of"]:
        answer(client, f"{resource.path}?{name}={'a' * MEGABYTES}", 400)
    answer(client, f"{resource.path}?{'a' * MEGABYTES}=1", 400)
    answer(client, f"{resource.path}?{','.join(['a'] * 300_000)}", 400)


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"unheard_of_{n}=1" for n in range(1_001)),
        "&".join(f"unheard_of_{n}=1" for n in range(1_000)),
        "&".join("page_size=1" for _ in range(1_001)),
        "&".join("page_size=1" for _ in range(1_000)),
        "&" * 5_000 + "giver=1",
        "=" * 5_000,
        "%" * 5_000,
    ],
)
def test_a_thousand_parameters(client: Client, history: History, query: str) -> None:
    for resource in RESOURCES:
        answer(client, f"{resource.path}?{query}", 400)


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_long_id_is_not_found(client: Client, history: History, resource: Resource) -> None:
    for below in resource.sets:
        if "{id}" in below:
            answer(client, resource.path + below.format(id="a" * MEGABYTES), 404)


# Orderings


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_orderings_are_those_of_the_list(client: Client, db: None, resource: Resource) -> None:
    for ordering in (
        "nope",
        "?",
        "-",
        "--id",
        "+id",
        "id,title",
        "id;DROP TABLE records_donation",
        "id DESC",
        "pk",
        "state",
        "-digest",
        "title_key",
        "document__body",
        "parties__party__name",
        "figures__statement__text",
        "id__lt",
        "ID",
        "1",
        "RANDOM()",
        "note",
    ):
        response = ask(client, resource.path, ordering=ordering)

        (error,) = problem(response, 400)["errors"]
        fault = (error["parameter"], error["code"])
        assert fault == ("ordering", "unknown_value"), ordering


@pytest.mark.parametrize(
    "name",
    [
        "state",
        "digest",
        "review_comment",
        "text",
        "pk",
        "id__in",
        "id__gt",
        "title__regex",
        "as_of__year",
        "figures__statement__text__contains",
        "published_in__isnull",
        "retired_in",
        "parties__party",
        "_connector",
        "_negated",
        "__class__",
        "donor[]",
        "donor.code",
        "donor%5B$ne%5D",
    ],
)
def test_columns_are_no_parameters(client: Client, db: None, name: str) -> None:
    for resource in RESOURCES:
        answer(client, f"{resource.path}?{name}=draft", 400)


# Headers


@pytest.mark.slow(every=True)
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/*", 200),
        ("application/json", 200),
        ("APPLICATION/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ("application/json; charset=utf-7", 200),
        ("application/json; charset=none-such", 200),
        ("application/json;q=0", 406),
        ("*/*;q=0", 406),
        ("application/json; indent=4", 200),
        ("application/json; indent=99999999999", 200),
        ("application/json; version=9", 200),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("application/problem+json", 406),
        ("application/pdf;q=1", 406),
        ("", 200),
        (" ", 200),
        ("garbage", 406),
        ("/", 406),
        (";", 406),
        ("application/json/extra", 406),
        ("application", 406),
        ("é", 406),
        ("\x01", 406),
        ("," * 10_000, 406),
        (";" * 10_000, 406),
        ("text/html," * 10_000, 406),
        ("text/html;" + "a=b;" * 10_000, 406),
        ("a/b," * 20 + "application/json", 200),
        # More media types than anybody has are not even looked at.
        ("a/b," * 1_000 + "application/json", 406),
    ],
)
def test_odd_accept_headers(client: Client, history: History, accept: str, status: int) -> None:
    for address, _ in some(addresses(history), 6):
        answer(client, address, status, headers={"Accept": accept})


@pytest.mark.parametrize(
    "charset",
    [
        "utf-7",
        "utf-16",
        "ascii",
        "none-such",
        "base64",
        "rot13",
        "undefined",
        "idna",
        "punycode",
        "unicode_escape",
        '"undefined"',
        "\xff",
        "a" * 10_000,
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_charset_of_a_request_changes_nothing(
    history: History, method: str, charset: str
) -> None:
    """A query is UTF-8; a Content-Type belongs to a body, and there is none."""
    plain = RequestFactory(headers={"X-Request-Id": "asked-by-a-test"}).generic(
        method, STATEMENTS, query_params={"publisher": "新华社"}
    )
    odd = plain.environ | {"CONTENT_TYPE": f"application/json; Charset={charset}; a=b"}

    assert served(odd) == served(plain.environ)
    assert served(odd)[0].startswith("200" if method == "GET" else "405")


def served(environ: dict[str, Any]) -> tuple[str, bytes]:
    """Status and body as the server gets them: Django's test client begins further in."""
    statuses: list[str] = []
    # The connection is the test's, with its open transaction: a new request must not close it.
    request_started.disconnect(close_old_connections)
    # Imported when the settings of the tests hold: the server's entry point loads all at once.
    from aidapi import wsgi

    try:
        # Without lanes, whose requests have connections of their own.
        with mock.patch.object(wsgi, "answer", wsgi.site):
            body = wsgi.application(
                environ, lambda status, headers, error=None: statuses.append(status)
            )
    finally:
        request_started.connect(close_old_connections)
    return statuses[0], b"".join(body)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ";;;"},
        {"Content-Length": "-1"},
        {"Content-Length": "abc"},
        {"Range": "bytes=0-0"},
        {"If-None-Match": "W/*,,,"},
        {"If-Modified-Since": "yesterday"},
        {"Accept-Language": "x" * 10_000},
        {"Accept-Language": "../../etc"},
        {"Accept-Encoding": "gzip;q=nan"},
        {"Cookie": "sessionid=nonsense; csrftoken=\x01"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer " + "a" * 10_000},
        {"X-Forwarded-For": "'; DROP TABLE records_donation"},
        {"Referer": "javascript:alert(1)"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_other_headers_change_nothing(
    client: Client, history: History, headers: dict[str, str]
) -> None:
    for address, _ in addresses(history):
        plain = client.get(address)
        odd = client.get(address, headers=headers)

        assert odd.status_code == 200
        assert odd.content == plain.content


def test_a_body_is_not_read(client: Client, history: History) -> None:
    body = b"[" * 100_000

    response = client.generic("GET", DONATIONS, body, "application/json")
    assert response.status_code == 200
    problem(client.generic("POST", DONATIONS, body, "application/json"), 405)
