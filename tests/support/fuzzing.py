"""Requests of every sort, and what no answer may be.

Three sources, for every operation of the OpenAPI document:

- `systematic`: what schemathesis derives from the document itself, for each parameter each of its
  boundaries, valid and violated, and methods that it does not name;
- `drawn`: what it draws at random, valid (all parameters together) and invalid;
- `hostile`: for each parameter each text that has broken something somewhere; odd paths, headers,
  methods and bodies.

`faults` holds an answer against the document, with the checks of schemathesis, and `difference`
two answers against each other. A test requests some of them, and `benchmarks/fuzz.py`
all, of both databases.
"""

import base64
import contextlib
import io
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes
from wsgiref.util import setup_testing_defaults

import orjson
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    RejectedPositiveData,
    UndefinedContentType,
    UndefinedStatusCode,
)

SITE = "http://testserver"
HEADERS = {"X-Request-Id": "asked-by-a-test", "Accept-Encoding": "identity"}
"""Problems carry the request's id: equal questions are to have equal answers."""


@dataclass(frozen=True)
class Request:
    """What goes over the wire."""

    method: str
    target: str
    """Path and query, as they stand in the request line."""
    headers: dict[str, str]
    body: bytes = b""

    def __str__(self) -> str:
        odd = {name: value for name, value in self.headers.items() if name not in HEADERS}
        reported = f"{self.method} {self.target[:2_000]}"
        return (
            f"{reported} { ({name: value[:100] for name, value in odd.items()}) }"
            if odd
            else reported
        )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True)
class HostileRequest:
    """A request, and the case of the OpenAPI document that it is one of, if it is."""

    request: Request
    case: schemathesis.Case | None = None
    statuses: tuple[int, ...] = ()
    """Those that it may have, where the document does not decide."""


def answer(application: Callable, request: Request) -> Answer:
    """What a WSGI application says."""
    status, headers = 0, dict[str, str]()

    def start_response(line: str, fields: list[tuple[str, str]], error: Any = None) -> None:
        nonlocal status, headers
        status = int(line.split()[0])
        headers = {name.lower(): value for name, value in fields}

    began = time.perf_counter()
    parts = application(environ(request), start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return Answer(status, headers, body, time.perf_counter() - began)


def environ(request: Request) -> dict[str, Any]:
    """The request as a server hands it on (PEP 3333): the path decoded, and octets as Latin-1."""
    path, _, query = request.target.partition("?")
    found: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": io.BytesIO(request.body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        found[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    setup_testing_defaults(found)
    return found


# What is requested


def schema_of(document: dict[str, Any]) -> Any:
    return schemathesis.openapi.from_dict(document)


def operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


def of_case(case: schemathesis.Case) -> HostileRequest:
    """The request that a case is for."""
    prepared = prepare(case)
    headers = {name: as_text(value) for name, value in prepared.headers.items()}
    headers.pop("X-Schemathesis-TestCaseId", None)
    # Nothing is written here: the document knows no bodies.
    return HostileRequest(Request(str(prepared.method), prepared.path_url, headers), case)


def as_text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def prepare(case: schemathesis.Case) -> requests.PreparedRequest:
    return requests.Request(**case.as_transport_kwargs(SITE, HEADERS)).prepare()


def systematic(schema: Any, operation: Any) -> Iterator[HostileRequest]:
    for case in schema.iter_coverage_cases(
        operation,
        generation_modes=list(schemathesis.GenerationMode),
        generation_config=schema.config.generation_for(operation=operation, phase="coverage"),
    ):
        yield of_case(case)


def drawn(operation: Any, *, examples: int, seed_: int) -> list[HostileRequest]:
    """So many valid and as many invalid ones, less those that repeat another."""
    found: dict[str, HostileRequest] = {}
    for mode in schemathesis.GenerationMode:

        @seed(seed_)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def note(case: schemathesis.Case) -> None:
            requested = of_case(case)
            found.setdefault(requested.request.target, requested)

        # What has no parameter has no invalid request.
        with contextlib.suppress(Unsatisfiable):
            note()
    return list(found.values())


def cursor(*row: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(row)).decode().rstrip("=")


TEXTS = [
    # No text, or none for everybody.
    *("%00", "a%00b", "%ED%A0%80", "%FF", "%C3", "%C0%AF", "%F5%80%80%80", "%EF%BF%BD", "%"),
    *("", "+", "%0D%0ASet-Cookie:+a%3Db", "%E2%80%AE", "%F0%9F%A6%A0", "%CC%81", "%EF%BB%BFa"),
    *map(quote, ["ＭＡＳＫ", "ß", "İ", "新华社", "שלום", "a\u200db"]),
    # Numbers and days that are none, or too large for some machine.
    *("-1", "0", "%2B1", "01", "1.0", "1e400", "1e-400", "NaN", "Infinity", "0x1", "1_0"),
    *("2147483648", "9223372036854775808", "9" * 5_000, quote("１"), quote("٣"), "-0"),
    *("0000-01-01", "10000-01-01", "2020-02-30", "9999-12-31T23:59:59-12:00"),
    *("0001-01-01T00:00%2B14:00", "0001-01-01", "9999-12-31", "999999999+00:00:00", "::zz"),
    # Too much.
    *("a" * 201, "a" * 50_001, "a+" * 1_100, "a," * 100 + "a", "," * 1_000, "[" * 5_000),
    # Syntax of something.
    *map(quote, ['"', "AND", "-a", "x:y", "it's", 'a* OR ("b" NEAR/2 c', "^a {b} : c & ! | <->"]),
    *map(quote, ["%", "_", "\\", "*", "(", "^(a+)+$", "a" * 26 + "!", "' OR 1=1 --", "id;DROP"]),
    *map(quote, ["<img src=x onerror=alert(1)>", "javascript:alert(1)", "=1+1", "@SUM(A1)"]),
    *map(quote, ["${jndi:ldap://localhost}", "{{7*7}}", "../../etc/passwd", "file:///etc/passwd"]),
    *map(quote, ['{"$ne": 1}', "null", "undefined", "True", "true,false", "?", "-", ",", "a,,b"]),
    # Cursors that we did not write.
    *(cursor("junk"), cursor(1, "-as_of", 0, "\0", "x", 0, ""), f"{cursor(1)}:{'a' * 43}"),
]
"""What is in place of a parameter's value, as it is sent."""
NAMES = ["{}%5B%5D", "{}%5B$ne%5D", "{}__in", "{}__regex", "{}.code", "{}%00", "_{}"]
"""What is made of a parameter's name."""
PLACES = [
    *(
        "%00",
        "%FF",
        "%ED%A0%80",
        "%C3%A9",
        "a%20b",
        "01",
        "-1",
        "0",
        "1.0",
        quote("１"),
        "9" * 400,
    ),
    *("don-00000000", "don-zzzzzzzz", "st-76867pfx", "DON-7K3M9Q2X", "a" * 5_000, "*", "%25", "~"),
    *("%2e%2e", "%2F", "a%2Fb", "%0D%0A", "null", "'%20OR%201=1", "%7Bid%7D", ";a=b"),
]
"""What is in a path in place of an id."""
ACCEPTED = [
    *("*/*", "application/*", "APPLICATION/JSON", "application/json; charset=utf-7", "text/html"),
    *("application/json;q=0", "*/*;q=0", "application/json; indent=99999999999", "garbage", "/"),
    *("text/csv", "application/x-ndjson", "application/atom+xml", "application/ld+json", ";"),
    *(
        "text/csv;q=0.5,application/json;q=0.4",
        "application/json;q=nan",
        "\x01",
        "é",
        "," * 10_000,
    ),
    *("text/html," * 10_000, "text/html;" + "a=b;" * 10_000, "a/b," * 1_000 + "application/json"),
]
ODD_HEADERS = [
    *({"Accept": accept} for accept in ACCEPTED),
    *(
        {"Accept-Encoding": text}
        for text in ("gzip", "br", "zstd", "gzip;q=nan", "*;q=0", "x" * 9_000)
    ),
    *({"If-None-Match": text} for text in ("*", 'W/"1n-x"', "W/*,,,", '"4p-' + "0" * 32 + '"')),
    *(
        {"Content-Type": f"text/plain; charset={text}"}
        for text in ("utf-16", "undefined", "base64")
    ),
    *({"Host": text} for text in ("evil.example", "testserver:99999999", "a b", "", "[::1")),
    {"X-Forwarded-For": "'; DROP TABLE records_donation"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Request-Id": "\x01" * 10},
    {"X-Request-Id": "a" * 10_000},
    {"If-Modified-Since": "yesterday"},
    {"If-Match": '"x"'},
    {"Range": "bytes=0-0"},
    {"Content-Length": "-1"},
    {"Content-Length": "abc"},
    {"Accept-Language": "../../etc"},
    {"Cookie": "sessionid=nonsense; csrftoken=\x01"},
    {"Authorization": "Basic !!!"},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Referer": "javascript:alert(1)"},
    {"Transfer-Encoding": "chunked"},
    {"Expect": "100-continue"},
]
METHODS = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LOCK", "FOO"]
BODIES = [b"[" * 100_000, b'{"title": "\\u0000\\ud800"}', b"a=b&_method=GET", b"\xff\xfe\x00"]


def hostile(operation: Any) -> Iterator[HostileRequest]:
    """Each parameter with each text, and odd names, paths, headers, methods and bodies."""
    examples = {
        parameter.name: str(parameter.definition["example"])
        for parameter in operation.path_parameters
    }
    path = operation.full_path.format(**examples)

    def requested(
        query: str = "",
        *,
        at: str = path,
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        statuses: tuple[int, ...] = (),
    ) -> HostileRequest:
        target = f"{at}?{query}" if query else at
        case = operation.Case(method=method, path_parameters=examples)
        return HostileRequest(
            Request(method, target, HEADERS | (headers or {}), body), case, statuses
        )

    for parameter in operation.query:
        name = parameter.name
        for text in TEXTS:
            yield requested(f"{name}={text}")
        for pattern in NAMES:
            yield requested(f"{pattern.format(name)}=1", statuses=(400,))
        # Repeated, a list is the union of its values, and 1 may be one.
        is_list = parameter.definition.get("schema", {}).get("type") == "array"
        yield requested(f"{name}=1&{name}=1", statuses=(200, 400) if is_list else (400,))
        # An empty text is refused, but for a parameter whose example it is.
        may_be_empty = parameter.definition.get("example") == ""
        yield requested(name, statuses=(200,) if may_be_empty else (400,))
    for text in TEXTS:
        if text and text != "+":
            yield requested(f"{text[:5_000]}=1", statuses=(400,))
    for query in (
        "&" * 5_000,
        "=" * 5_000,
        "%" * 5_000,
        "&".join(f"u{n}=1" for n in range(1_001)),
    ):
        yield requested(query, statuses=(200, 400, 404))
    for name in examples:
        for place in PLACES:
            at = operation.full_path.format(**{**examples, name: place})
            yield requested(at=at, statuses=(200, 400, 404, 410))
            yield requested("format=json&revision=1", at=at, statuses=(200, 400, 404, 410))
    for headers in ODD_HEADERS:
        partial = (206,) if "Range" in headers else ()
        yield requested(headers=headers, statuses=(200, *partial, 304, 400, 404, 406))
    for method in METHODS:
        for body in (b"", *BODIES):
            yield requested(
                method=method,
                body=body,
                headers={"Content-Type": "application/json"},
                statuses=(405,),
            )
    # The example of a path may not be in the database.
    there = (200, 404) if examples else (200,)
    for method in ("HEAD", "OPTIONS"):
        yield requested(method=method, statuses=there)
    for body in BODIES:
        yield requested(body=body, headers={"Content-Type": "application/json"}, statuses=there)


ELSEWHERE = [
    *(
        "/",
        "/docs/",
        "/reference/",
        "/guide/",
        "/how-we-count/",
        "/dictionary/",
        "/livez",
        "/readyz",
    ),
    *("/nothing/", "/%00", "/%FF", "/a%2Fb/", "/..%2f..%2fetc/passwd", "/.git/config", "/.env"),
    *("/records/", "/records/don-00000000/", "/records/%00/", "/records/don-%00/", "/static/%00"),
    *(
        "/static/../settings.py",
        "/static/..%2f..%2fmanage.py",
        "/static/nothing.js",
        "/metrics%00",
    ),
    *("/api/", "/api/v1", "/api/v2/", "/api/v1/nothing/", "/api/v1/%00/", "/api/v1/donations"),
    *(
        "/api/v1/donations//",
        "//api/v1/",
        "/api/v1/donations/a/b/",
        "/API/V1/",
        "/api/v1/donations/%",
    ),
    *(
        "/api/v1/openapi.json",
        "/api/v1/openapi.yaml",
        "/api/v1/openapi.json?a=1",
        "/api/v1/summary/",
    ),
    *("/admin/", "/admin/login/?next=//evil.example", "/admin/%00", "/admin/nothing/"),
    *("/admin/records/donation/1/change/", "/" + "a" * 5_000, "/" + "a/" * 2_000),
]
"""Addresses that the document does not name."""


def elsewhere() -> Iterator[HostileRequest]:
    for target in ELSEWHERE:
        for method in ("GET", "HEAD", "OPTIONS", *METHODS):
            if "/admin/" in target and method not in ("GET", "HEAD"):
                continue  # forms of curators, held by tests of their own
            yield HostileRequest(Request(method, target, HEADERS))


# What no answer may be


ONLY_TOGETHER = {
    "not_with_style",
    "not_with_this_format",
    "needs_name",
    "needs_unit_of_comparison",
    "empty_range",
    "no_such_figure",
}
"""Codes of what is wrong with parameters that are right one by one."""
ONLY_IN_WORDS = {
    "not_a_number",
    "not_a_search",
    "nul_character",
    "unknown_code",
    "unknown_field",
    "bad_cursor",
    "empty",
    "unknown_value",
    "repeated",
    "not_text",
}
"""Codes of what a JSON Schema cannot say of a text: that it names what there is, that it was
signed by us, that there is a letter in it, that its quotation marks are pairs, that a number is
written without an exponent, that there is no NUL in it."""


def faults(requested: HostileRequest, got: Answer) -> list[str]:
    """What is wrong with an answer: as the OpenAPI document has it, and by what we promise."""
    found = []
    if requested.statuses and got.status not in requested.statuses:
        found.append(f"{got.status} is none of {requested.statuses}")
    squeezed = "content-encoding" in got.headers
    if (
        requested.case is not None
        and requested.request.method not in ("HEAD", "OPTIONS")
        and not squeezed
    ):
        found += against_document(requested.case, requested.request, got)
    if got.status >= 500:
        found.append(f"{got.status}: a server error")
    if got.status >= 400 and requested.request.method != "HEAD" and not squeezed:
        found += against_promise(requested, got)
    return found


def against_document(case: schemathesis.Case, request: Request, got: Answer) -> list[str]:
    response = schemathesis.Response(
        got.status,
        {name: [value] for name, value in got.headers.items()},
        got.body,
        prepare(case),
        got.seconds,
        verify=False,
    )
    try:
        case.validate_response(response)
    except FailureGroup as group:
        return [
            f"{type(failure).__name__}: {failure}"[:1000]
            for failure in group.exceptions
            if not excused(failure, request, got)
        ]
    return []


def excused(failure: BaseException, request: Request, got: Answer) -> bool:
    """Whether it is a request that is valid by the document, refused for a reason that this cannot
    hold: and each of its reasons is such a one. Or one whose `Accept` selects the format of a
    file, whose own address the document describes. Or one for a part of a file: each operation of
    the document has one type of success."""
    if isinstance(failure, UndefinedStatusCode):
        return got.status == 206 and "Range" in request.headers
    if isinstance(failure, UndefinedContentType):
        media_type = got.headers["content-type"].partition(";")[0]
        return got.status == 200 and media_type in request.headers.get("Accept", "")
    if not isinstance(failure, RejectedPositiveData) or got.status != 400:
        return False
    problem = orjson.loads(got.body)
    codes = {error["code"] for error in problem["errors"]} or {problem["code"]}
    return codes <= ONLY_TOGETHER | ONLY_IN_WORDS


def against_promise(requested: HostileRequest, got: Answer) -> list[str]:
    """Every refusal is a problem that says what it is."""
    if got.headers.get("content-type") != "application/problem+json":
        if requested.case is None and requested.request.target.startswith(
            ("/records/", "/admin/")
        ):
            return []  # a page for people
        return [f"refused as {got.headers.get('Content-Type')}"]
    problem = orjson.loads(got.body)
    missing = {"type", "title", "status", "detail", "code", "request_id", "errors"} - set(problem)
    return [f"a problem without {missing}"] if missing or problem["status"] != got.status else []


def difference(request: Request, one: Answer, other: Answer) -> str | None:
    """In what two databases answer the same question differently."""
    if one.status != other.status:
        return f"status {one.status} and {other.status}"
    odd = any(request.headers.get(name) != value for name, value in HEADERS.items())
    if odd or request.target.startswith("/admin/"):
        # Compressed with some randomness, with an id made up for it, or with a token in its forms.
        return None
    if one.headers != other.headers:
        differ = {name for name, _ in one.headers.items() ^ other.headers.items()}
        return f"headers {', '.join(sorted(differ))}"
    return "bodies" if one.body != other.body else None


# Searches


LETTERS = [
    *"aeiou zwjåßéÉ新口罩中国マスクКитaйשלוםकमกา",
    *"\"“”«»'*-:()^+&|!<>~\\/.,%_{}[]#@$?;=`\u0301\u0327\u200d\u200f\u202e\ufeff\u00ad",
    *"0123456789１٣²½\t\n\r\x0b\x7f\x85\xa0\u2028\u3000",
    *"🦠❤️👩🏽‍🔬🇨🇳\U0010ffff\U000e0001",
]
"""Characters that mean something to a search of somebody's."""
WORDS = [
    *(
        "masks",
        "China",
        "COVID-19",
        "3.86",
        "50,000",
        "billion",
        "口罩",
        "test kits",
        "WHO",
        "the",
    ),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR/2",
        "head:",
        '"surgical masks"',
        "chin*",
        "vent*",
        "Jack Ma",
        "-a",
    ),
]
OCTETS = ["%00", "%FF", "%ED%A0%80", "%C0%AF", "%80", "%F5%80%80%80"]


def searches(number: int, seed_: int) -> Iterator[str]:
    """Random texts, as they are sent: of odd letters, of any letters, with words that there are,
    short and long, and some that are no text."""
    rng = random.Random(seed_)
    for _ in range(number):
        sort = rng.randrange(10)
        size = rng.choice([1, 2, 3, 5, 8, 13, 40, 120, 199])
        if sort < 4:
            text = "".join(rng.choices(LETTERS, k=size))
        elif sort < 6:
            text = "".join(chr(anything(rng)) for _ in range(size))
        else:
            parts = rng.choices([*WORDS, *LETTERS], k=rng.randint(1, 6))
            text = rng.choice(["", " "]).join(parts)
        sent = quote(text, safe="")
        if rng.random() < 0.03:
            sent += rng.choice(OCTETS)
        elif rng.random() < 0.02:
            sent *= rng.choice([20, 200])
        yield sent or "%20"


def anything(rng: random.Random) -> int:
    """Any character but a surrogate, those of the smaller planes more often."""
    while True:
        number = rng.randrange(rng.choice([0x80, 0x800, 0x10000, 0x110000]))
        if not 0xD800 <= number < 0xE000:
            return number
