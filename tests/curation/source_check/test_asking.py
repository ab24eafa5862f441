"""Asking addresses: what is never asked, how politely, and what comes of faulty sites."""

import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from records.curation.source_check.addresses import (
    NotAsked,
    is_public,
    origin_of,
    parsed,
    resolve,
    target_of,
)
from records.curation.source_check.asking import Asker, Limits, Unreachable
from tests.support.sites import drip, endless, page, redirect, respond, site

FAST = Limits(delay=0, timeout=5, size=10_000)


def asker(limits: Limits = FAST, **options: Any) -> Asker:
    return Asker("AidAPI/0 (tests)", limits, private=True, **options)


# Which addresses


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)
def test_address_inside_a_network_is_not_public(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("ip", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_address_of_the_internet_is_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "address",
    [
        *("ftp://example.org/a", "file:///etc/passwd", "gopher://example.org", "//example.org"),
        *("http://", "http://user:secret@example.org/", "http://example.org:99999/", "http://[::"),
        *("http://example.org:0/", "javascript:alert(1)"),
    ],
)
def test_no_address_of_the_web_is_not_asked(address: str) -> None:
    with pytest.raises(NotAsked):
        parsed(address)


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/"),
        *("http://2130706433/", "http://0x7f.1/", "http://169.254.169.254/latest/meta-data/"),
    ],
)
def test_spelling_of_a_private_address_is_not_asked(address: str) -> None:
    with pytest.raises(NotAsked, match="inside a network"):
        resolve(parsed(address))


def test_host_with_one_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answers)

    with pytest.raises(NotAsked, match="inside a network"):
        resolve(parsed("http://example.org/"))


def test_connection_is_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers look-ups differently the second time reaches nothing."""
    looked_up = []

    def answer(host: str, port: int, **options: Any) -> list[Any]:
        looked_up.append(host)
        return [(2, 1, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    public = Asker("AidAPI/0", FAST)

    http = public.connection(parsed("http://example.org:8080/a"))
    https = public.connection(parsed("https://example.org/a"))

    assert (http.host, http.port) == ("93.184.216.34", 8080)
    assert (https.host, https.port) == ("93.184.216.34", 443)
    assert https.server_hostname == https.assert_hostname == "example.org"  # type: ignore[attr-defined]
    assert looked_up == ["example.org", "example.org"]


def test_redirect_into_the_network_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with site(a=redirect("http://10.0.0.1/admin")) as there:
        public = Asker("AidAPI/0", FAST)
        port = urlsplit(there.address).port
        monkeypatch.setattr(
            "records.curation.source_check.asking.resolve",
            lambda parts, **options: (
                "127.0.0.1" if parts.port == port else resolve(parts, **options)
            ),
        )

        with pytest.raises(NotAsked, match="inside a network"):
            public.ask(there.url("/a"))


def test_address_is_written_in_ascii() -> None:
    parts = parsed("https://bücher.example/a b/ä?q=ö&x=1#there")

    assert origin_of(parts) == "https://xn--bcher-kva.example"
    assert target_of(parts) == "/a%20b/%C3%A4?q=%C3%B6&x=1"
    assert target_of(parsed("https://a.example/x%20y?z=%C3%A4")) == "/x%20y?z=%C3%A4"
    assert target_of(parsed("https://a.example")) == "/"


# Answers


def test_request_names_the_product_and_the_site() -> None:
    with site(a=page("500 masks")) as there:
        answer = asker().ask(there.url("/a?b=1"), {"If-None-Match": '"x"'})

    path, headers = there.requests[-1]
    assert path == "/a?b=1"
    assert headers["User-Agent"] == "AidAPI/0 (tests)"
    assert headers["Host"] == there.address.removeprefix("http://")
    assert headers["If-None-Match"] == '"x"'
    assert (answer.status, answer.whole, answer.moved_to) == (200, True, "")
    assert b"500 masks" in answer.body


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_status_is_returned(status: int) -> None:
    with site(a=page("Sorry", status)) as there:
        assert asker().ask(there.url("/a")).status == status


def test_redirects_are_followed_and_permanent_ones_remembered() -> None:
    with site(
        a=redirect("/b", 301),
        b=redirect("c?d=1#e", 308),
        c=redirect("/last", 302),
        last=page("500 masks"),
        once=redirect("/a", 302),
    ) as there:
        answer = asker().ask(there.url("/a"))

        assert (answer.status, answer.address) == (200, there.url("/last"))
        assert answer.moved_to == there.url("/c?d=1")
        # What begins with a temporary redirect has not moved.
        assert asker().ask(there.url("/once")).moved_to == ""


def test_conditions_are_not_sent_to_another_address() -> None:
    with site(a=redirect("/b"), b=page("500 masks")) as there:
        asker().ask(there.url("/a"), {"If-None-Match": '"x"'})

    assert ["If-None-Match" in headers for path, headers in there.requests if path == "/b"] == [
        False
    ]


def test_circle_of_redirects_ends() -> None:
    with (
        site(a=redirect("/b"), b=redirect("/a")) as there,
        pytest.raises(Unreachable, match="in a circle"),
    ):
        asker().ask(there.url("/a"))

    assert there.asked() == ["/a", "/b"]


def test_many_redirects_end() -> None:
    chain = {f"p{n}": redirect(f"/p{n + 1}") for n in range(20)}
    with site(**chain) as there, pytest.raises(Unreachable, match="more than 5 times"):
        asker().ask(there.url("/p0"))

    assert len(there.asked()) == 6


def test_slow_site_is_given_up() -> None:
    """Each byte comes in time; the response as a whole does not."""
    with site(a=drip) as there:
        begun = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.5 seconds"):
            asker(Limits(delay=0, timeout=0.5)).ask(there.url("/a"))

    assert time.monotonic() - begun < 4


def test_huge_page_is_read_in_part() -> None:
    with site(a=endless) as there:
        answer = asker(Limits(delay=0, size=100_000)).ask(there.url("/a"))

    assert (answer.status, len(answer.body), answer.whole) == (200, 100_000, False)


def test_page_of_exactly_the_limit_is_whole() -> None:
    with site(a=lambda handler: respond(handler, 200, b"x" * 10_000)) as there:
        answer = asker().ask(there.url("/a"))

    assert (len(answer.body), answer.whole) == (10_000, True)


def test_host_that_refuses_connections() -> None:
    with site() as there:
        closed = there.url("/a")

    with pytest.raises(Unreachable, match="refuses connections"):
        asker().ask(closed)


def test_host_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Unreachable, match="no address"):
        asker().ask("https://gone.example/")


def test_response_that_is_no_http() -> None:
    with (
        site(a=lambda handler: handler.wfile.write(b"\x00\xff nonsense\r\n\r\n")) as there,
        pytest.raises(Unreachable, match="connection failed"),
    ):
        asker().ask(there.url("/a"))


# Politeness


def robots(text: str, status: int = 200) -> dict[str, Any]:
    return {"robots.txt": lambda handler: respond(handler, status, text.encode())}


@pytest.mark.parametrize(
    ("rules", "status", "is_asked"),
    [
        pytest.param("User-agent: *\nDisallow: /private", 200, True, id="another path"),
        pytest.param("User-agent: *\nDisallow: /", 200, False, id="everybody"),
        pytest.param("User-agent: AidAPI\nDisallow: /a", 200, False, id="this program"),
        pytest.param("User-agent: Other\nDisallow: /", 200, True, id="another program"),
        pytest.param("", 404, True, id="no rules"),
        pytest.param("", 403, False, id="rules that are not shown"),
    ],
)
def test_robots_txt_is_obeyed(rules: str, status: int, is_asked: bool) -> None:
    with site(a=page("500 masks"), **robots(rules, status)) as there:
        if is_asked:
            assert asker().ask(there.url("/a")).status == 200
        else:
            with pytest.raises(NotAsked, match=r"robots\.txt"):
                asker().ask(there.url("/a"))

    assert there.asked() == ["/a"] * is_asked


def test_site_whose_robots_txt_fails_is_not_asked_and_tried_once() -> None:
    with site(a=page("500 masks"), **robots("", 500)) as there:
        once = asker()
        for path in ("/a", "/b"):
            with pytest.raises(Unreachable, match=r"robots\.txt cannot be read"):
                once.ask(there.url(path))

    assert [path for path, _ in there.requests] == ["/robots.txt"]


def test_robots_txt_of_the_site_that_is_redirected_to_is_obeyed() -> None:
    with (
        site(b=page("500 masks"), **robots("User-agent: *\nDisallow: /")) as other,
        site(a=redirect(other.url("/b"))) as there,
        pytest.raises(NotAsked, match=r"robots\.txt"),
    ):
        asker().ask(there.url("/a"))

    assert other.asked() == []


def test_robots_txt_is_read_once_and_a_host_is_left_in_peace() -> None:
    waits: list[float] = []
    with site(a=page("1"), b=page("2")) as there:
        patient = asker(Limits(delay=30), sleep=waits.append)
        patient.ask(there.url("/a"))
        patient.ask(there.url("/b"))

    assert [path for path, _ in there.requests] == ["/robots.txt", "/a", "/b"]
    # Not before the first request, and before every other.
    assert len(waits) == 2
    assert all(29 < wait <= 30 for wait in waits)
    assert there.at_once == 1


def test_longer_delay_that_a_site_asks_for_is_kept_within_reason() -> None:
    for wished, kept in (("12", 12), ("9000", 60)):
        waits: list[float] = []
        rules = robots(f"User-agent: *\nCrawl-delay: {wished}")
        with site(a=page("1"), **rules) as there:
            asker(Limits(delay=1), sleep=waits.append).ask(there.url("/a"))

        assert kept - 1 < waits[-1] <= kept
