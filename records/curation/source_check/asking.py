"""Asking one address: bounded in time, size and redirects, and no more often than its host
likes."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import SplitResult, urljoin
from urllib.robotparser import RobotFileParser

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from records.curation.source_check.addresses import (
    PORTS,
    NotAsked,
    host_of,
    origin_of,
    parsed,
    resolve,
    target_of,
)

PRODUCT = "AidAPI"
"""The name under which robots.txt may address the checks."""
MOST_REDIRECTS = 5
ROBOTS_BYTES = 500_000
SERVICE_BYTES = 100_000
LONGEST_DELAY = 60.0
"""Seconds of the longest Crawl-delay that is kept to."""
PERMANENT = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)
TEMPORARY = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)


class Unreachable(Exception):
    """No response came; says why."""


@dataclass(frozen=True)
class Limits:
    """What a check may cost a site and the server."""

    delay: float = 5.0
    """Seconds between two requests to one host."""
    timeout: float = 20.0
    """Seconds of one request, from the first packet to the last."""
    size: int = 2_000_000
    """Bytes that are read of a response."""


@dataclass(frozen=True)
class Answer:
    """The last response of a chain of redirects."""

    status: int
    address: str
    moved_to: str = ""
    """Where permanent redirects from the address asked led."""
    headers: dict[str, str] = field(default_factory=dict)
    """By names in lower case."""
    body: bytes = b""
    whole: bool = True
    """Whether the body was read to its end."""


class Asker:
    """Asks addresses one after the other, as a polite program does."""

    def __init__(
        self,
        agent: str,
        limits: Limits,
        *,
        private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`private` lets it ask machines inside the network, for tests."""
        self.agent, self.limits, self.private, self.sleep = agent, limits, private, sleep
        self.robots: dict[str, RobotFileParser] = {}
        self.failed: dict[str, str] = {}
        """Site → why its robots.txt could not be read: its other pages are not tried."""
        self.asked: dict[str, float] = {}
        """Host → when its last response ended, in seconds of the monotonic clock."""
        self.context = ssl.create_default_context()

    def ask(self, address: str, headers: dict[str, str] | None = None) -> Answer:
        """Return the response of an address, after its redirects. Raises NotAsked or
        Unreachable."""
        return self.follow(address, headers or {}, self.limits.size, obey=True)

    def ask_service(self, address: str) -> Answer:
        """Return the response of a service that the operator chose: made for programs, so that
        robots.txt says nothing about it."""
        return self.follow(address, {}, SERVICE_BYTES, obey=False)

    def follow(self, address: str, headers: dict[str, str], size: int, obey: bool) -> Answer:
        seen: list[str] = []
        moved_to, permanent = "", True
        while True:
            if address in seen:
                raise Unreachable("Its redirects lead in a circle.")
            if len(seen) > MOST_REDIRECTS:
                raise Unreachable(f"It redirects more than {MOST_REDIRECTS} times.")
            seen.append(address)
            parts = parsed(address)
            if obey and not self.may_ask(parts, address):
                raise NotAsked("The site's robots.txt does not let programs ask it.")
            answer = self.request(parts, address, headers, size)
            location = answer.headers.get("location")
            if not location or answer.status not in (*PERMANENT, *TEMPORARY):
                return Answer(
                    answer.status, address, moved_to, answer.headers, answer.body, answer.whole
                )
            address = urljoin(address, location).partition("#")[0]
            permanent = permanent and answer.status in PERMANENT
            moved_to = address if permanent else moved_to
            # What is known of the address asked says nothing about another.
            headers = {}

    def may_ask(self, parts: SplitResult, address: str) -> bool:
        """Whether robots.txt of the site lets this program ask an address."""
        origin = origin_of(parts)
        if origin in self.failed:
            raise Unreachable(self.failed[origin])
        if origin not in self.robots:
            try:
                self.robots[origin] = self.read_robots(f"{origin}/robots.txt")
            except Unreachable as error:
                self.failed[origin] = str(error)
                raise
        return self.robots[origin].can_fetch(PRODUCT, f"{origin}{target_of(parts)}")

    def read_robots(self, address: str) -> RobotFileParser:
        """Return the rules of a site, by the status as RobotFileParser.read takes it; if they
        cannot be had, the site is not asked."""
        rules = RobotFileParser()
        answer = self.follow(address, {}, ROBOTS_BYTES, obey=False)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            rules.parse(["User-agent: *", "Disallow: /"])
        elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"Its robots.txt cannot be read: status {answer.status}.")
        elif answer.status == HTTPStatus.OK:
            rules.parse(answer.body.decode("utf-8", "replace").splitlines())
        else:
            rules.parse([])
        return rules

    def wait_for(self, parts: SplitResult) -> None:
        """Wait until the host may be asked again."""
        host, origin = host_of(parts), origin_of(parts)
        rules = self.robots.get(origin)
        wished = float(rules.crawl_delay(PRODUCT) or 0) if rules else 0.0
        delay = max(self.limits.delay, min(wished, LONGEST_DELAY))
        if host in self.asked:
            left = self.asked[host] + delay - time.monotonic()
            if left > 0:
                self.sleep(left)

    def request(
        self, parts: SplitResult, address: str, headers: dict[str, str], size: int
    ) -> Answer:
        """Send one request, and read what comes back, for a limited time."""
        self.wait_for(parts)
        try:
            return self.exchange(parts, address, headers, size)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            raise Unreachable(in_words(error, self.limits.timeout)) from error
        finally:
            self.asked[host_of(parts)] = time.monotonic()

    def exchange(
        self, parts: SplitResult, address: str, headers: dict[str, str], size: int
    ) -> Answer:
        connection = self.connection(parts)
        late = threading.Event()

        def stop() -> None:
            late.set()
            if connection.sock is not None:
                # Wakes the thread that reads from it, which closing would not.
                with suppress(OSError):
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

        # A timeout of the socket is one of each packet: a site could send a byte a second.
        timer = threading.Timer(self.limits.timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            connection.request(
                "GET",
                target_of(parts),
                headers={
                    "Host": origin_of(parts).partition("://")[2],
                    "User-Agent": self.agent,
                    "Accept": "text/html, application/xhtml+xml, */*;q=0.5",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    **headers,
                },
                preload_content=False,
                enforce_content_length=False,
            )
            response = connection.getresponse()
            body = b""
            while len(body) <= size and (part := response.read(min(65_536, size + 1))):
                body += part
            known = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(
                response.status, address, "", known, body[:size], whole=len(body) <= size
            )
        except Exception as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
            connection.close()
        if late.is_set():
            raise TimeoutError
        return answer

    def connection(self, parts: SplitResult) -> HTTPConnection:
        """Return a connection to the numeric address that was looked at; the certificate is held
        against the name."""
        ip = resolve(parts, private=self.private)
        port = parts.port or PORTS[parts.scheme]
        if parts.scheme == "http":
            return HTTPConnection(ip, port, timeout=self.limits.timeout)
        return HTTPSConnection(
            ip,
            port,
            timeout=self.limits.timeout,
            ssl_context=self.context,
            server_hostname=host_of(parts),
            assert_hostname=host_of(parts),
        )


def in_words(error: Exception, timeout: float) -> str:
    """Return what went wrong, for curators."""
    text = f"{type(error).__name__} {error}"
    if isinstance(error, TimeoutError) or "timed out" in text:
        return f"No whole response came within {timeout:g} seconds."
    for part, words in {
        "gaierror": "Its host has no address.",
        "resolve": "Its host has no address.",
        "ertificate": "Its certificate is not valid.",
        "refused": "Its host refuses connections.",
    }.items():
        if part in text:
            return words
    return f"The connection failed ({type(error).__name__})."
