"""The edge: a caching nginx (deploy/nginx.conf) before one process, while readers of eight kinds
read and one publisher publishes.

Readers differ in what they accept, where they come from and what they send of themselves. Every
response must be what the process itself gives to the same request, and nothing that is kept may be
of one client. Nothing is purged. Then the process is killed: what is kept is served on. Everything
stays on 127.0.0.1. Exit status 1 if it is otherwise. `--short` is what CI runs.
"""

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.clusters import cluster  # noqa: E402 (scripts beside this one)
from drills.faults import wait_for  # noqa: E402
from drills.many import free_port  # noqa: E402
from drills.overload import Drill, serving  # noqa: E402
from drills.proxies import proxy  # noqa: E402
from drills.restore import EMPTY, Report, environment, made, manage, publishing  # noqa: E402
from drills.waiting import PUBLISHED  # noqa: E402

BROWSER = "gzip, deflate, br, zstd"
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
KINDS = [
    {"Accept": "*/*", "Accept-Encoding": BROWSER, "Origin": "https://{client}.example"},
    {"Accept": "*/*", "Accept-Encoding": BROWSER, "Origin": "https://news.{client}.example"},
    {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br", "Cookie": "own={client}"},
    {"Accept": PAGE, "Accept-Encoding": BROWSER, "Cookie": "sessionid={client}"},
    {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "X-Request-Id": "{client}"},
    {"Accept": "application/json", "Accept-Encoding": "deflate, gzip"},
    {"Accept": "text/csv", "Accept-Encoding": "gzip", "Authorization": "Basic {client}"},
    {"Accept": "*/*"},
]
"""What browsers, libraries and tools send; `{client}` is a word of one client."""
TABLES = ["/api/v1/statements/?revision=1", "/api/v1/statements/?search=masks&revision=1"]
"""Addresses that are also tables, by `Accept`."""
LATEST = ["/api/v1/statements/?page_size=20", "/api/v1/statements/?page_size=5"]
DEPENDS = ("Accept", "Accept-Encoding", "Range")
"""What a response may depend on."""
OWN = ("set-cookie", "x-request-id", "ratelimit", "ratelimit-policy")
"""Headers about one client."""
VARY = 128
"""Characters from which on nginx 1.22 keeps no response."""
LEAST_HITS = 0.8
"""Of requests that may be kept, once each has been asked for several times."""
LIMITS = {"RATE_LIMIT": "600000", "PROXIES": "1", "CACHE_ENTRIES": "500", "LOAD_AT_START": "0"}
LOG = "$upstream_cache_status $status $request_uri"


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")

    @property
    def vary(self) -> list[str]:
        return [value for name, value in self.headers if name == "vary"]

    @property
    def is_kept(self) -> bool:
        return "max-age" in self.header("cache-control")

    def content(self) -> tuple[object, ...]:
        """What must be the same from the cache and from the process."""
        names = ("content-type", "content-encoding", "etag", "cache-control", "content-range",
                 "access-control-allow-origin", "dataset-revision")  # fmt: skip
        digest = hashlib.blake2b(self.body).hexdigest()
        return self.status, *(self.header(name) for name in names), digest


@dataclass
class Edge:
    """nginx, and what was read through it."""

    port: int
    folder: Path
    process: subprocess.Popen
    origin: Drill
    pinned: list[str] = field(default_factory=list)
    seen: dict[tuple[str, tuple[str, ...]], tuple[dict[str, str], set[tuple]]] = field(
        default_factory=dict
    )
    """Kept responses: address and what it depends on → headers of a request, and contents."""
    statuses: Counter[int] = field(default_factory=Counter)
    varies: set[tuple[str, ...]] = field(default_factory=set)
    older: int = 0
    """Responses with an earlier revision than the same client had seen."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, path: str, headers: dict[str, str], number: int = 0) -> Response:
        return get(self.port, path, headers, f"127.0.1.{number + 1}", self.port)

    def of_process(self, path: str, headers: dict[str, str]) -> Response:
        """Return the response of the process to a request as nginx sends it."""
        return get(self.origin.port, path, headers, "127.0.1.1", self.port)

    def note(self, path: str, headers: dict[str, str], response: Response) -> None:
        with self.lock:
            self.statuses[response.status] += 1
            self.varies.add(tuple(response.vary))
            if response.is_kept:
                known = tuple(headers.get(name, "") for name in DEPENDS)
                _, contents = self.seen.setdefault((path, known), (headers, set()))
                contents.add(response.content())

    def log(self) -> list[list[str]]:
        return [line.split() for line in (self.folder / "requests").read_text().splitlines()]

    def kept(self) -> list[bytes]:
        """Return what is in the cache: of each response the key, the headers and the body."""
        return [path.read_bytes() for path in (self.folder / "kept").rglob("*") if path.is_file()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=60, help="length of the load")
    parser.add_argument("--short", action="store_true", help="what CI runs: five seconds")
    parser.add_argument("--empty", metavar="FILE", help=EMPTY)
    options = parser.parse_args()
    if shutil.which("nginx") is None:
        sys.exit("nginx is not installed.")
    # Whoever stops the drill stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    report = Report()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # nginx gives up root.
        folder.chmod(0o755)
        url = f"sqlite:///{folder}/site.sqlite3"
        if options.database == "postgresql":
            url = stack.enter_context(cluster(fsync="off")).url()
        made(url, options.empty)
        run_script(url, "drills/waiting.py", "--prepare")
        manage(url, "make_release", "--directory", str(folder / "releases"), "--verbosity", "0")
        port = free_port()
        os.environ |= LIMITS | {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RELEASES_DIR": str(folder / "releases"),
        }
        origin = stack.enter_context(serving(url))
        origin.wait()
        edge = stack.enter_context(caching(folder, port, origin))
        edge.pinned = addresses(edge, folder / "releases")
        load(edge, url, 5 if options.short else options.seconds, report, options.short)
        nothing_of_one_client(edge, report)
        nothing_purged(edge, report)
        without_process(edge, report)
    if report.failures:
        sys.exit(f"Failed: {'; '.join(report.failures)}.")


def run_script(url: str, *command: str) -> None:
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(url),
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def caching(folder: Path, port: int, origin: Drill) -> Iterator[Edge]:
    place = folder / "nginx"
    place.mkdir()
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(proxy("nginx", place, port, [origin.port], LOG), stderr=errors)
    try:
        edge = Edge(port, place, process, origin)
        if wait_for(lambda: answers(edge), 20) > 20:
            raise SystemExit(f"nginx does not answer: {(place / 'log').read_text()}")
        yield edge
    finally:
        process.terminate()
        process.wait(10)


def answers(edge: Edge) -> bool:
    with contextlib.suppress(OSError):
        return edge.get("/livez", {}).status == 200
    return False


def get(port: int, path: str, headers: dict[str, str], address: str, host: int) -> Response:
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=30, source_address=(address, 0)
    )
    with contextlib.closing(connection):
        connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": f"127.0.0.1:{host}", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        found = tuple((name.lower(), value) for name, value in response.getheaders())
        return Response(response.status, found, response.read())


def addresses(edge: Edge, releases: Path) -> list[str]:
    """Return addresses that name a revision or a release, those most asked for first."""
    found = []
    paths = ["statements/?page_size=20", "statements/?count=true&search=masks", "changes/",
             "statements/?format=csv", "statements/facets/"]  # fmt: skip
    found += [f"/api/v1/{path}{'&' if '?' in path else '?'}revision=1" for path in paths]
    found += [*TABLES, "/browse/?revision=1", "/charts/?revision=1"]
    following = "/api/v1/statements/?page_size=50&revision=1"
    ids: list[str] = []
    while following:
        page = json.loads(edge.of_process(following, {}).body)
        ids += [row["id"] for row in page["results"]]
        parts = urlsplit(page["next"] or "")
        following = f"{parts.path}?{parts.query}" if page["next"] else ""
        found += [following] if following else []
    assert len(ids) == PUBLISHED
    # An empty file has no parts.
    files = [path for path in releases.rglob("*") if path.is_file() and path.stat().st_size]
    found += [f"/releases/{path.relative_to(releases)}" for path in files]
    found += [f"/api/v1/statements/{one}/?revision=1" for one in ids]
    # An address that no client has a use for is of no use here.
    return [path for path in found if edge.of_process(path, {}).is_kept]


# --- What is tried


def load(edge: Edge, url: str, seconds: float, report: Report, is_short: bool) -> None:
    end = threading.Event()
    threads = [threading.Thread(target=read, args=[edge, n, end]) for n in range(len(KINDS))]
    with publishing(url) as publisher:
        publisher.wait(1)
        for thread in threads:
            thread.start()
        try:
            time.sleep(seconds)
        finally:
            end.set()
            for thread in threads:
                thread.join()
    lines = edge.log()
    outcomes = Counter(line[0] for line in lines)
    kept = [line[0] for line in lines if line[0] != "-"]
    rate = outcomes["HIT"] / max(1, len(kept))
    report.row("requests", f"{len(lines):,}", len(lines) > 100)
    report.row("revisions published meanwhile", len(publisher.acknowledged()), True)
    other = {status: n for status, n in edge.statuses.items() if status not in (200, 206, 304)}
    report.row("other statuses than 200, 206, 304", other or 0, not other)
    report.row("of what may be kept: requests", f"{len(kept):,}", bool(kept))
    report.row("of these from the cache", f"{rate:.1%}", is_short or rate >= LEAST_HITS)
    asked = len(kept) - outcomes["HIT"]
    report.row("of these asked of the process", asked, True)
    report.row("different responses that it gave", len(edge.seen), asked <= len(edge.seen))
    report.row("revisions that went back for a client", edge.older, edge.older == 0)
    lines_of_vary = max(map(len, edge.varies))
    report.row("Vary: lines of one response", lines_of_vary, lines_of_vary <= 1)
    longest = max(len(line) for lines in edge.varies for line in lines)
    report.row("Vary: characters of the longest", longest, longest < VARY)


def read(edge: Edge, number: int, end: threading.Event) -> None:
    """Read as one client: most of what is most asked for, and each third request of the latest."""
    chance = random.Random(number)
    weights = list(itertools.accumulate(1 / (place + 1) for place in range(len(edge.pinned))))
    latest, tags = 0, dict[str, str]()
    while not end.is_set():
        kind = KINDS[number]
        headers = {name: value.format(client=f"client-{number}") for name, value in kind.items()}
        (path,) = chance.choices(edge.pinned, cum_weights=weights)
        if "/releases/" in path and chance.random() < 0.3:
            headers["Range"] = "bytes=0-30"
        if is_latest := chance.random() < 0.33:
            path = chance.choice(LATEST)
            headers |= {"If-None-Match": tags[path]} if path in tags else {}
        if headers["Accept"] == "text/csv":
            path, is_latest = chance.choice(TABLES), False
        try:
            response = edge.get(path, headers, number)
        except (OSError, http.client.HTTPException):
            response = Response(0, (), b"")
        edge.note(path, headers, response)
        if is_latest and (shown := int(response.header("dataset-revision") or 0)):
            tags[path] = response.header("etag")
            edge.older += shown < latest
            latest = max(latest, shown)


def nothing_of_one_client(edge: Edge, report: Report) -> None:
    kept = edge.kept()
    report.row("responses in the cache", len(kept), len(kept) > 0)
    own = [
        name
        for content in kept
        for name in OWN
        if f"\r\n{name}:".encode() in content.partition(b"\r\n\r\n")[0].lower()
    ]
    report.row("headers of one client in the cache", len(own), not own)
    words = [f"client-{number}".encode() for number in range(len(KINDS))]
    words += [f"127.0.1.{number + 1}".encode() for number in range(len(KINDS))]
    # Behind the key, in which nginx has the address, and with `Vary` a digest of what varies.
    named = sum(any(word in content for word in words) for content in kept)
    report.row("responses in the cache that name a client", named, named == 0)
    unfit = [content for content in kept if b"max-age" not in content.partition(b"\r\n\r\n")[0]]
    report.row("responses in the cache that may change", len(unfit), not unfit)


def nothing_purged(edge: Edge, report: Report) -> None:
    """Compare what was served from the cache with what the process gives now, revisions later."""
    different = []
    for (path, _), (headers, contents) in edge.seen.items():
        plain = {name: value for name, value in headers.items() if name != "Range"}
        now = {edge.of_process(path, headers).content()}
        if plain != headers:
            # A cache need not cut what it has compressed.
            now.add(edge.of_process(path, plain).content())
        if not contents <= now:
            different.append(f"{path} {plain}: {sorted(contents)[:2]}, not {sorted(now)[:2]}")
    report.row("kept responses that are not the process's", len(different), not different)
    if different:
        report.failures += different[:3]


def without_process(edge: Edge, report: Report) -> None:
    """Kill the process: what is kept is served on, all else is 503 and says when to try again."""
    for pid in (edge.origin.process.pid, *edge.origin.workers()):
        os.kill(pid, signal.SIGKILL)
    edge.origin.process.wait()
    expected = list(edge.seen.items())[:200]
    missing = []
    for (path, _), (headers, contents) in expected:
        now = edge.get(path, headers)
        if now.content() not in contents:
            missing.append(f"{path} {headers}: {now.status}")
    right = len(expected) - len(missing)
    report.row("process killed: kept responses served", right, not missing)
    report.failures += missing[:5]
    away = edge.get("/api/v1/statements/", {})
    documented = away.status == 503 and away.header("retry-after") != ""
    report.row("process killed: other responses", away.status, documented)


if __name__ == "__main__":
    main()
