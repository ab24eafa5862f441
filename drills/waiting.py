"""Waiting: ten approvals that wait, for a lock or for a standby that is away, while readers read.

On both databases another connection holds the lock of publishing, as a long load does: every
approval must end with the words that nothing was written. Then PostgreSQL is given a synchronous
standby that does not exist: every approval must end either as written but not confirmed, or as
not written, and the revisions must be as many as were reported. Meanwhile lists and probes must
be answered within a second each. PostgreSQL is a cluster of its own, in a temporary folder. Exit
status 1 if anything takes longer than it may, or is reported wrongly.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import http.cookiejar
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.clusters import cluster  # noqa: E402 (a script beside its own kind)
from drills.overload import Drill, read, serving  # noqa: E402
from drills.publisher import draft  # noqa: E402

APPROVALS, PUBLISHED = 10, 200
READ = ["/api/v1/statements/", "/api/v1/statements/?count=true&search=masks", "/livez", "/readyz"]
PASSWORD = "a password for drills"
LIMITS = {"LOCK_SECONDS": 4, "COMMIT_SECONDS": 3, "LOGIN_RATE": 0}
LONGEST = 20
"""Seconds that an approval may take: in line, for the lock and for the commit, and some more."""
NOTHING, UNCONFIRMED = "Nothing was written.", "has not confirmed it"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().prepare:
        prepare()
        return
    os.environ |= {name: str(value) for name, value in LIMITS.items()}
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "site.sqlite3"
        failures += drill(f"sqlite:///{file}", lambda: sqlite_lock(file))
    with cluster() as server:
        url = server.url()
        failures += drill(url, lambda: postgresql_lock(url), url)
    if failures:
        sys.exit(f"Failed: {'; '.join(failures)}.")


def drill(url: str, lock: Any, standby: str = "") -> list[str]:
    """Let approvals wait at a small site; return what went wrong."""
    name = "PostgreSQL" if standby else "SQLite"
    manage(url, "manage.py", "migrate", "--verbosity", "0")
    drafts = json.loads(manage(url, __file__, "--prepare"))
    with serving(url) as server:
        server.wait()
        # No more at once than are executed: a slow machine refuses who waits for ten seconds.
        with ThreadPoolExecutor(2) as pool:
            reviewers = list(pool.map(lambda n: Reviewer(server, n), range(APPROVALS)))
            signed_in = sum(reviewer.signed_in for reviewer in reviewers)
            server.expect(f"{name}: reviewers signed in", signed_in, signed_in == APPROVALS)
            before = revisions(server)
            with lock():
                answers = approvals(server, reviewers, drafts, f"{name}, locked")
            refused = sum(answer.is_refused for answer in answers)
            server.expect(f"{name}, locked: nothing written, and said so", refused, refused == 10)
            server.expect(
                f"{name}, locked: new revisions",
                new := revisions(server) - before,
                new == 0,
            )
            remaining = list(drafts)
            if standby:
                with standby_away(standby):
                    answers = approvals(server, reviewers, drafts, "standby away")
                written = sum(answer.is_unconfirmed for answer in answers)
                refused = sum(answer.is_refused for answer in answers)
                server.expect("standby away: written, and said so", written, written > 0)
                server.expect(
                    "standby away: nothing written, and said so",
                    refused,
                    written + refused == APPROVALS,
                )
                new = revisions(server) - before
                server.expect("standby away: new revisions", new, new == written)
                remaining = [
                    draft
                    for draft, answer in zip(drafts, answers, strict=True)
                    if not answer.is_unconfirmed
                ]
            answer = reviewers[0].approve(remaining[-1])
            ok = answer.status == 200 and "was approved" in answer.text
            server.expect(f"{name}: afterwards an approval is published", answer.status, ok)
        return server.failures


class Answer:
    """What a reviewer read."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        self.is_refused = status == 503 and NOTHING in text
        self.is_unconfirmed = status == 200 and UNCONFIRMED in text


class Reviewer:
    """A reviewer, signed in."""

    def __init__(self, server: Drill, number: int) -> None:
        self.root = f"http://127.0.0.1:{server.port}"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        self.send("/admin/login/", username=f"reviewer-{number}", password=PASSWORD)
        self.signed_in = "logout-form" in self.get("/admin/").text

    def get(self, path: str, data: dict[str, Any] | None = None) -> Answer:
        body = urllib.parse.urlencode(data, doseq=True).encode() if data else None
        request = urllib.request.Request(self.root + path, body)
        try:
            with self.opener.open(request, timeout=60) as response:
                return Answer(response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    def send(self, path: str, **words: str) -> Answer:
        """Open a page, and send its form, if there is one."""
        page = self.get(path)
        if page.status != 200:
            return page
        hidden = re.findall(r'name="(csrfmiddlewaretoken|seen)" value="([^"]+)"', page.text)
        return self.get(path, {**dict(hidden), **words})

    def approve(self, draft: int) -> Answer:
        path = f"/admin/records/statement/{draft}/approve/"
        return self.send(path, message="Publishes what two people agreed on.")


def approvals(
    server: Drill, reviewers: list[Reviewer], drafts: list[int], name: str
) -> list[Answer]:
    """Let every reviewer approve a draft at once, while readers read."""
    answers: list[Answer | None] = [None] * len(drafts)

    def act(number: int) -> None:
        answers[number] = reviewers[number].approve(drafts[number])

    threads = [threading.Thread(target=act, args=[number]) for number in range(len(drafts))]
    for thread in threads:
        thread.start()
    read(server, LONGEST, f"{name}, {APPROVALS} approvals wait", READ)
    waiting = sum(thread.is_alive() for thread in threads)
    server.expect(f"{name}: approvals without an answer after {LONGEST} s", waiting, not waiting)
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer]


def revisions(server: Drill) -> int:
    """Return the latest revision's number, as readers see it a second later."""
    threading.Event().wait(1.5)
    address = f"http://127.0.0.1:{server.port}/api/v1/revisions/?page_size=1"
    with urllib.request.urlopen(address, timeout=30) as response:
        return json.load(response)["revision"]


# --- What approvals wait for


@contextlib.contextmanager
def sqlite_lock(file: Path) -> Iterator[None]:
    connection = sqlite3.connect(file, isolation_level=None)
    with contextlib.closing(connection):
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def postgresql_lock(url: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT * FROM records_revisioncounter FOR UPDATE")
        yield
        connection.rollback()


@contextlib.contextmanager
def standby_away(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
        connection.execute("SELECT pg_reload_conf()")
        yield
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")


# --- The site


def manage(url: str, *command: str) -> str:
    """Run a script for the site; return what it prints."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "aidapi.settings"},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout


def prepare() -> None:
    """Publish statements, and make reviewers, and a statement in review for each; print the keys
    of these."""
    django.setup()
    from django.contrib.auth.models import Group, User

    from records.publishing import approve, submit

    role = Group.objects.get(name="reviewer")
    for number in range(APPROVALS):
        user = User.objects.create_user(f"reviewer-{number}", password=PASSWORD, is_staff=True)
        user.groups.add(role)
    editor = User.objects.create_user("editor")
    statements = [draft(str(number)) for number in range(PUBLISHED + APPROVALS)]
    for statement in statements:
        submit(statement, by=editor)
    approve(statements[APPROVALS:], by=user, message="Publishes what two people agreed on.")
    print(json.dumps([statement.pk for statement in statements[:APPROVALS]]))


if __name__ == "__main__":
    main()
