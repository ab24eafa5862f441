"""Record all responses of a server, and compare them with those of another state of the code.

    python benchmarks/answers.py record FILE     before a change that must not be visible
    python benchmarks/answers.py compare FILE    after it: exit status 1 if a response differs

`record` serves a checkout (`--checkout`, by default this one) with a fresh database and the
dataset of its fixtures/, derives thousands of addresses from the OpenAPI document that it serves
(addresses.py), requests each and keeps requests and responses in FILE, a SQLite file. `compare`
serves the checkout likewise, requests exactly the addresses of FILE and prints the differences,
grouped by kind (differences.py), and how many addresses have differences of which sort: added,
removed, renamed, other value, status, header, text of an error, bytes. With `--against OTHER` it
serves nothing and compares two recordings. `--dataset DIRECTORY` loads another dataset than the
checkout's, so that two states of the code can be compared on the same content. `--keep OTHER`
writes what compare received into a recording of its own, and `--every N` or `--only REGEX` takes
only every N-th address, or those that match the expression, for a quick check.

The status, all headers except those below, and the body are compared byte for byte. Values that
differ in every run are left out on both sides:

- headers: `Date`, `Server`, the values of `Content-Length`, `Expires`, `X-Noise` (of random
  length, in compressed responses) and `ETag` (its presence, and whether it is weak, are kept),
  the value and end of cookies, the order of directives in `Content-Security-Policy`;
- cursors: each is replaced by `*`. Lists are followed along `next` and `previous`, and the pages
  are compared;
- the day of retrieval in citations, in each style;
- the hash in the names of static files, and the token of forms;
- of a workbook the unzipped parts are compared, without the times at which it was made;
- of `/metrics` only the names of the counters.

Every request carries the same `X-Request-Id`, `Host: localhost` (so that links do not depend on
the port) and, unless the address is about it, `Accept-Encoding: identity`.

An allow-list (`--allow FILE`) has the intended differences: one regular expression per line, under
a line that begins with `#` and says why. It is searched in

    SORT: METHOD PATTERN STATUS MEDIA-TYPE PLACE: before → after at ADDRESS

as in `text of an error: GET /api/v1/donations/ 400 application/problem+json body /errors/*/detail:
"Give it once." → "Repeat no parameter." at GET /api/v1/donations/?x=1`; the first that fits
counts. Differences and addresses of each reason are counted, and expressions without a match are
listed. `intended_differences.txt` has those since the commit before the tree of the code was
rebuilt.

DATABASE_URL names the database server: with `postgres://…/name` a database beside `name` is made
and removed again. SQLite in a temporary directory is the default. The server runs on a copy of
the checkout, so that editing it disturbs nothing, and in one process, which makes the OpenAPI
document before anything else is requested of it. The product may only be known by `manage.py
migrate`, `load_dataset`, `collectstatic`, by `aidapi.wsgi:application` and by HTTP.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import contextlib
import gzip
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from addresses import Target, addresses
from differences import Answer, Difference, Sort, differences
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = (".git", ".venv", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
DOCUMENT = "/api/v1/openapi.json"
REQUEST_ID = "recorded-answers"
SETTINGS = {
    "ENVIRONMENT": "development",
    "SECRET_KEY": "recorded-answers-" + "0123456789" * 5,
    "CURSOR_KEYS": "recorded-answers",
    "RATE_LIMIT": "0",
    # A busy machine is no difference.
    "QUERY_SECONDS": "300",
    "LOG_REQUESTS": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")
"""Variables kept from the caller's environment: none of its settings changes a response."""
THREADS = 4
START_SECONDS = 300
REQUEST_SECONDS = 330

# --- A server of a checkout


@dataclass
class Server:
    """A server process with a database and a copy of the code of its own."""

    checkout: Path
    python: str
    workers: int
    dataset: Path | None = None
    """The dataset files to load, if they are not those of the checkout."""
    port: int = 0

    def __enter__(self) -> "Server":
        self.stack = contextlib.ExitStack()
        try:
            with self.stack:
                self.start()
                self.stack = self.stack.pop_all()
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{' '.join(error.cmd)}:\n{error.output}") from None
        return self

    def __exit__(self, *_: Any) -> None:
        self.stack.close()

    def start(self) -> None:
        directory = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.code = directory / "code"
        shutil.copytree(self.checkout, self.code, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (self.code / "var").mkdir()
        database = self.stack.enter_context(fresh_database(directory))
        self.environment = {
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            **SETTINGS,
            "DATABASE_URL": database,
        }
        # Static files are squeezed beside the loading of the dataset: it takes as long.
        with ThreadPoolExecutor(1) as pool:
            static = pool.submit(self.manage, "collectstatic", "--noinput", "--verbosity", "0")
            self.manage("migrate", "--verbosity", "0")
            dataset = self.dataset.resolve() if self.dataset else "fixtures"
            self.manage("load_dataset", str(dataset), "--verbosity", "0")
            static.result()
        self.port = free_port()
        log = self.stack.enter_context((directory / "log").open("w"))
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        options += ["--workers", str(self.workers), "--blocking-threads", "4", "--no-ws"]
        process = subprocess.Popen(
            [self.python, "-m", "granian", *options, "aidapi.wsgi:application"],
            cwd=self.code,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self.stack.callback(tell_of_crashes, directory / "log")
        self.stack.callback(stop, process)
        self.wait(process, directory / "log")

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [self.python, "manage.py", *arguments],
            cwd=self.code,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self, process: subprocess.Popen, log: Path) -> None:
        """Wait until the server answers that it is ready."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            client = Client(self.port)
            with contextlib.suppress(OSError, http.client.HTTPException):
                if client.send(Target("/readyz", "/readyz")).status == 200:
                    # Made once in a process, and by nobody else while it is made.
                    client.json(DOCUMENT)
                    return
            time.sleep(0.2)
        raise SystemExit(f"The server does not become ready:\n{log.read_text()[-4000:]}")


def tell_of_crashes(log: Path) -> None:
    """Print what the server's log says about a crash, if there was one."""
    text = log.read_text()
    start = text.find("Internal Server Error")
    if start >= 0:
        print(f"The server's log of the first crash:\n{text[start:][:6000]}", file=sys.stderr)


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def fresh_database(directory: Path) -> Iterator[str]:
    """Yield the URL of an empty database, which is removed afterwards."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{directory / 'answers.sqlite3'}"
        return
    parts = urlsplit(url)
    name = f"{parts.path.strip('/')}_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# --- Requests


@dataclass
class Client:
    """Connections to a server, one for each thread."""

    port: int
    local: threading.local = field(default_factory=threading.local)

    def answer(self, target: Target) -> Answer:
        """Return the response to a target, without what differs in every run."""
        raw = self.send(target)
        for step in target.steps:
            followed = self.follow(target, raw, step)
            if followed is None:
                return Answer(0, {}, f"The answer has no {step}.".encode())
            raw = followed
        return settled(raw, target)

    def follow(self, target: Target, raw: Answer, step: str) -> Answer | None:
        if step == "again":
            tag = raw.headers.get("etag")
            headers = (*target.headers, ("If-None-Match", tag or ""))
            return self.send(Target(target.pattern, target.path, "GET", headers)) if tag else None
        link = json.loads(raw.body).get(step) if raw.status == 200 else None
        if not link:
            return None
        parts = urlsplit(link)
        return self.send(Target(target.pattern, f"{parts.path}?{parts.query}"))

    def send(self, target: Target) -> Answer:
        """Return the response, with its body decompressed."""
        headers = {
            "Host": "localhost",
            "X-Request-Id": REQUEST_ID,
            "Accept-Encoding": "identity",
            **dict(target.headers),
        }
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=REQUEST_SECONDS
                )
                self.local.connection = connection
            try:
                connection.request(target.method, target.path, headers=headers)
                return received(connection.getresponse())
            except (OSError, http.client.HTTPException):
                # A server may close a connection that was kept: a new one is tried once.
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def json(self, path: str) -> Any:
        """Return the JSON at a path; raise LookupError where there is none."""
        raw = self.send(Target(path, path))
        if raw.status != 200:
            raise LookupError(f"{path} answers {raw.status}: {raw.body[:300]!r}")
        return json.loads(raw.body)

    def text(self, path: str) -> str:
        return self.send(Target(path, path)).body.decode()


def received(response: http.client.HTTPResponse) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        headers[name] = f"{headers[name]}; {value}" if name in headers else value
    try:
        body = response.read()
    except http.client.IncompleteRead as error:
        body = error.partial + b"\n(the connection broke off here)"
    if headers.get("content-encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return Answer(response.status, headers, body)


# --- What varies by itself

DROPPED = {"date", "server"}
PRESENT = {"content-length", "expires", "x-noise"}
"""Headers of which only the presence, and whether they are 0, is compared."""
CURSOR = re.compile(rb"(cursor=)[^&\"'<>\s;]+")
STATIC = re.compile(rb"(/static/[^\s\"'<>]*?\.)[0-9a-f]{12}(?=\.)")
FORM_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')
RETRIEVAL = re.compile(
    rb"(retrieved on )\d{1,2} [A-Z][a-z]+ \d{4}"
    rb"|(urldate = \{)\d{4}-\d\d-\d\d"
    rb"|(Y2  - )\d{4}/\d\d/\d\d"
    rb'|("retrieved_on":\s*")\d{4}-\d\d-\d\d'
)
ACCESSED = re.compile(rb'("accessed":\s*\{"date-parts":\s*\[\[)\d+,\s*\d+,\s*\d+')
MADE_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def settled(raw: Answer, target: Target) -> Answer:
    """Return the response without what differs from run to run."""
    headers = {
        name: settled_header(name, value)
        for name, value in raw.headers.items()
        if name not in DROPPED
    }
    body = raw.body
    if body[:4] == b"PK\x03\x04":
        body = unzipped(body)
    if target.path.startswith("/metrics") and raw.status == 200:
        body = b"\n".join(line for line in sorted(set(body.splitlines())) if line[:1] == b"#")
    body = CURSOR.sub(rb"\1*", body)
    body = STATIC.sub(rb"\1*", body)
    body = FORM_TOKEN.sub(rb"\1*", body)
    body = RETRIEVAL.sub(lambda found: next(g for g in found.groups() if g) + b"*", body)
    body = ACCESSED.sub(rb"\g<1>0,0,0", body)
    return Answer(raw.status, headers, body)


def settled_header(name: str, value: str) -> str:
    if name == "etag":
        return 'W/"*"' if value.startswith("W/") else '"*"'
    if name in PRESENT:
        return "0" if value == "0" else "*"
    if name == "set-cookie":
        value = re.sub(r"^([^=]+=)[^;]*", r"\1*", value)
        return re.sub(r"(expires=)[^;]*", r"\1*", value, flags=re.IGNORECASE)
    if name == "content-security-policy":
        return "; ".join(sorted(value.split("; ")))
    return CURSOR.sub(rb"\1*", value.encode()).decode()


def unzipped(body: bytes) -> bytes:
    """Return the parts of a workbook one after another, an element a line."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            content = MADE_AT.sub(rb"\1*", archive.read(name)).replace(b"><", b">\n<")
            parts.append(b"== " + name.encode() + b"\n" + content)
    return b"\n".join(parts)


# --- Recordings

TABLES = """
    CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
    CREATE TABLE body (digest BLOB PRIMARY KEY, packed BLOB);
    CREATE TABLE answer (
        number INTEGER PRIMARY KEY, pattern TEXT, method TEXT, path TEXT, sent TEXT, steps TEXT,
        status INTEGER, headers TEXT, digest BLOB
    );
"""


class Recording:
    """Targets and their answers in a SQLite file; equal bodies are kept once."""

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(path)

    @classmethod
    def new(cls, path: Path | str) -> "Recording":
        if path != ":memory:":
            Path(path).unlink(missing_ok=True)
        made = cls(path)
        made.connection.executescript(TABLES)
        return made

    def add(self, number: int, target: Target, answer: Answer) -> None:
        digest = hashlib.blake2b(answer.body, digest_size=20).digest()
        known = self.connection.execute("SELECT 1 FROM body WHERE digest = ?", [digest])
        if not known.fetchone():
            packed = zlib.compress(answer.body, 6)
            self.connection.execute("INSERT INTO body VALUES (?, ?)", [digest, packed])
        self.connection.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                number,
                target.pattern,
                target.method,
                target.path,
                json.dumps(target.headers),
                json.dumps(target.steps),
                answer.status,
                json.dumps(answer.headers, sort_keys=True),
                digest,
            ],
        )

    def targets(self) -> list[Target]:
        rows = self.connection.execute(
            "SELECT pattern, path, method, sent, steps FROM answer ORDER BY number"
        )
        return [
            Target(
                pattern,
                path,
                method,
                tuple((name, value) for name, value in json.loads(sent)),
                tuple(json.loads(steps)),
            )
            for pattern, path, method, sent, steps in rows
        ]

    def marks(self) -> dict[Target, tuple[int, str, bytes]]:
        """Return status, headers and digest of each answer."""
        rows = self.connection.execute(
            "SELECT status, headers, digest FROM answer ORDER BY number"
        )
        return dict(zip(self.targets(), rows, strict=True))

    def body(self, digest: bytes) -> bytes:
        rows = self.connection.execute("SELECT packed FROM body WHERE digest = ?", [digest])
        return zlib.decompress(rows.fetchone()[0])


def fill(recording: Recording, client: Client, targets: Sequence[Target], first: int = 0) -> None:
    """Request all targets and keep their answers, in order, numbered from `first`."""
    with ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(client.answer, targets)
        shown = tqdm(answers, total=len(targets), unit=" answers", disable=None)
        for number, (target, answer) in enumerate(zip(targets, shown, strict=True), first):
            recording.add(number, target, answer)
    recording.connection.commit()


# --- Comparing


@dataclass
class Kind:
    """Equal differences of many addresses."""

    count: int = 0
    targets: dict[Target, None] = field(default_factory=dict)
    """The addresses, each once, in order."""
    changes: Counter = field(default_factory=Counter)

    def add(self, target: Target, change: str = "") -> None:
        self.count += 1
        self.targets[target] = None
        self.changes[change] += 1

    @property
    def numbers(self) -> str:
        return f"{self.count:,} times at {len(self.targets):,} addresses"


@dataclass(frozen=True)
class Rule:
    """An expression of an allow-list, and why the differences that it matches are intended."""

    reason: str
    expression: re.Pattern[str]


def compared(
    before: Recording, after: Recording, targets: Sequence[Target], rules: Sequence[Rule]
) -> bool:
    """Print what differs at the addresses, by kind; return whether nothing does that is not
    allowed."""
    sorts, reasons, kinds = (defaultdict[Any, Kind](Kind) for _ in range(3))
    seen: set[Rule] = set()
    differing: dict[Target, set[Sort]] = defaultdict(set)
    unexplained = set()
    earlier, later = before.marks(), after.marks()
    for target in tqdm(targets, unit=" compared", disable=None):
        one, other = earlier[target], later[target]
        if one == other:
            continue
        first, second = (
            Answer(status, json.loads(headers), recording.body(digest))
            for recording, (status, headers, digest) in ((before, one), (after, other))
        )
        for found in differences(first, second):
            sorts[found.sort].add(target)
            differing[target].add(found.sort)
            kind = named(target, first, found)
            line = f"{kind}: {found.change} at {target}"
            rule = next((r for r in rules if r.expression.search(line)), None)
            if rule:
                seen.add(rule)
                reasons[rule.reason].add(target)
            else:
                unexplained.add(target)
                kinds[kind].add(target, found.change)
    for place, all_of_it in sorted(kinds.items(), key=lambda item: -item[1].count):
        print(f"{place}\n  {all_of_it.numbers}")
        for change, count in all_of_it.changes.most_common(3):
            print(f"    {count:,} × {change[:400]}")
        for target in [*all_of_it.targets][:3]:
            print(f"    at {str(target)[:300]}")
    for rule in rules:
        if rule not in seen:
            print(f"allowed, but not seen: {rule.expression.pattern}")
    for title, counted in (("Sort", sorts), ("Allowed because", reasons)):
        for label, numbers in sorted(counted.items(), key=lambda item: -len(item[1].targets)):
            print(f"{title}: {label}: {numbers.numbers}")
    same_body = sum(found <= {Sort.HEADER} for found in differing.values())
    mild = sum(found <= {Sort.HEADER, Sort.ADDED, Sort.BYTES} for found in differing.values())
    print(
        f"{len(targets):,} addresses compared: {len(targets) - len(differing):,} are equal byte "
        f"for byte, {same_body:,} others in status and body, {mild - same_body:,} others but for "
        f"additions and order; {len(unexplained):,} differ in {len(kinds):,} kinds that are not "
        "allowed."
    )
    return not kinds


def named(target: Target, answer: Answer, found: Difference) -> str:
    media_type = answer.media_type or "-"
    place = f"{target.pattern} {answer.status} {media_type} {found.place}"
    return f"{found.sort}: {target.method} {place}"


def rules_of(path: Path | None) -> list[Rule]:
    """Return the rules of an allow-list."""
    rules = []
    reason = ""
    for line in path.read_text().splitlines() if path else ():
        if line.startswith("#"):
            reason = line.strip("# ")
        elif line.strip():
            rules.append(Rule(reason, re.compile(line)))
    return rules


# --- The program


def record(options: argparse.Namespace) -> None:
    started = time.monotonic()
    with Server(options.checkout, options.python, options.workers, options.dataset) as server:
        ready = time.monotonic()
        client = Client(server.port)
        document = client.json(DOCUMENT)
        targets = addresses(document, client.json, client.text)
        part = options.file.with_name(f"{options.file.name}.part")
        if options.add:
            shutil.copyfile(options.file, part)
            recording = Recording(part)
            known = recording.marks()
            targets = [target for target in targets if target not in known]
            fill(recording, client, targets, first=len(known))
        else:
            recording = Recording.new(part)
            fill(recording, client, targets)
        recording.connection.close()
        part.replace(options.file)
    print(
        f"{len(targets):,} addresses recorded in {time.monotonic() - ready:.0f} s, after "
        f"{ready - started:.0f} s of preparing the server."
    )


def compare(options: argparse.Namespace) -> None:
    before = Recording(options.file)
    if options.against:
        after = Recording(options.against)
        if not {*after.targets()} <= {*before.targets()}:
            raise SystemExit("The other recording has addresses that this one lacks.")
        targets = chosen(after, options)
    else:
        after = Recording.new(options.keep or ":memory:")
        with Server(options.checkout, options.python, options.workers, options.dataset) as server:
            targets = chosen(before, options)
            fill(after, Client(server.port), targets)
    sys.exit(not compared(before, after, targets, rules_of(options.allow)))


def chosen(recording: Recording, options: argparse.Namespace) -> list[Target]:
    """Return the addresses that `--only` and `--every` select."""
    only = re.compile(options.only)
    return [one for one in recording.targets() if only.search(str(one))][:: options.every]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    for function in (record, compare):
        command = commands.add_parser(function.__name__)
        command.set_defaults(function=function)
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--checkout", type=Path, default=ROOT, help="whose code is served")
        command.add_argument("--python", default=sys.executable, help="the server's interpreter")
        command.add_argument("--workers", type=int, default=1)
        command.add_argument("--dataset", type=Path, help="the dataset files to load")
        if function is record:
            command.add_argument(
                "--add", action="store_true", help="only the addresses that FILE lacks"
            )
        if function is compare:
            command.add_argument("--allow", type=Path, help="the intended differences")
            command.add_argument("--against", type=Path, help="another recording, not a server")
            command.add_argument("--every", type=int, default=1, metavar="N")
            command.add_argument("--only", default="", metavar="REGEX")
            command.add_argument("--keep", type=Path, help="where to keep what was received")
    options = parser.parse_args()
    # Ended from outside, it still stops its server and removes its database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by a signal."))
    options.function(options)


if __name__ == "__main__":
    main()
