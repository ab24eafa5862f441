"""Curators beside readers: 32 people save, submit, approve and correct donations in the admin,
while 64 readers ask the API, for two minutes, against the server as `make serve` starts it.

Curators do over HTTP what a browser does: open a form, write a line of their own into the note
among what its fields hold, send it; submit; review what others submitted; correct what is public.
Some records are theirs alone, others four of them edit at once. Between two clicks people think.
Afterwards every line whose save was accepted must stand in its record, none whose save was
refused, each accepted save be counted, and each approval be one revision by somebody who had no
hand in it. Exit status 1 if a save is lost or an answer is a 5xx, if the server complains of a
locked database or of any other error, or if nothing was saved, submitted or approved.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import http.client
import random
import re
import statistics
import tempfile
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import databases
from run import serving

CURATORS = 32
READERS = 64
OWN = 2
"""Records that a curator edits alone."""
SHARED = 24
CROWD = 4
"""Curators who edit the same shared record."""
NAME = "curating"
COMPLAINTS = ["database is locked", "Traceback", "OperationalError", "deadlock"]
LINE = re.compile(r"^saved-\d+-\d+$", re.MULTILINE)
CSRF = "c" * 32
IDLE = 20
"""Seconds after which a browser does not count on a connection any more: the server ends it
after thirty."""


@dataclass
class Work:
    """A record as curators know it."""

    public_id: str
    page: str
    editors: list[int]
    standing: str = "draft"
    taken: Any = field(default_factory=threading.Lock)
    """Held by whoever takes a step of it: two people do not press the same button at once."""


@dataclass
class Told:
    """What the people of one process saw."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """What was done → seconds of each request."""
    answers: Counter = field(default_factory=Counter)
    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Id of a record → lines whose saves were accepted."""
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)


class Form(HTMLParser):
    """What a browser would send of the page's main form: (name, value) pairs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.form = ""
        self.chosen: str | None = None
        self.text: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "form":
            # Of several the first that has fields of a record, or of a step.
            self.form = "other" if "action" in given or given.get("method") != "post" else "main"
        elif self.form != "main" or "disabled" in given:
            return
        elif tag == "input" and name and kind not in ("submit", "button", "file"):
            ticked = kind in ("checkbox", "radio")
            if not ticked or "checked" in given:
                self.sent.append((name, given.get("value", "on" if ticked else "")))
        elif tag == "select":
            self.chosen = name
        elif tag == "option" and self.chosen and "selected" in given:
            self.sent.append((self.chosen, given.get("value", "")))
        elif tag == "textarea" and name:
            self.sent.append((name, ""))
            self.text = name

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.sent[-1] = (self.text, self.sent[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text is not None:
            # The line break after the tag is none of the text.
            self.sent[-1] = (self.text, self.sent[-1][1].removeprefix("\r").removeprefix("\n"))
            self.text = None
        elif tag == "select":
            self.chosen = None


class Browser:
    """One person's connection to the server."""

    def __init__(self, port: int, told: Told, session: str = "") -> None:
        self.told = told
        self.used = time.monotonic()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}"} if session else {}

    def ask(
        self, what: str, address: str, data: list[tuple[str, str]] | None = None
    ) -> tuple[int, str, str]:
        """Status, where it leads, body."""
        if time.monotonic() - self.used > IDLE:
            self.connection.close()  # the next request opens it again
        begun = time.perf_counter()
        headers = dict(self.headers)
        body = None
        if data is not None:
            body = urlencode([*data, ("csrfmiddlewaretoken", CSRF)])
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request("POST" if data is not None else "GET", address, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        self.used = time.monotonic()
        self.told.times[what].append(time.perf_counter() - begun)
        self.told.answers[what, response.status] += 1
        if response.status >= 500:
            self.told.faults.append(f"{what} {address}: {response.status}")
        return response.status, response.headers.get("Location", ""), text


# --- Curators


class Curator:
    def __init__(self, number: int, browser: Browser, desk: list[Work], thinks: float) -> None:
        self.number, self.browser, self.desk, self.thinks = number, browser, desk, thinks
        self.told = browser.told
        self.chance = random.Random(number)
        self.saves = 0

    def work(self, until: float) -> None:
        while time.monotonic() < until:
            self.think()
            mine = [work for work in self.desk if self.number in work.editors]
            theirs = [
                work
                for work in self.desk
                if self.number not in work.editors and work.standing == "in review"
            ]
            drawn = self.chance.random()
            if theirs and drawn < 0.4:
                self.step(self.chance.choice(theirs), "approve")
                continue
            work = self.chance.choice(mine)
            if work.standing == "published":
                self.step(work, "correct")
            elif work.standing == "draft" and drawn < 0.55:
                self.step(work, "submit")
            else:
                self.save(work)

    def think(self) -> None:
        time.sleep(self.chance.expovariate(1 / self.thinks))

    def save(self, work: Work) -> None:
        """A further line in the note, in the form as it was opened."""
        page = work.page
        status, _, html = self.browser.ask("open", page)
        sent = Form(html).sent
        if status != 200 or "note" not in dict(sent):
            return  # published meanwhile: its page has no form any more
        self.think()
        self.saves += 1
        line = f"saved-{self.number}-{self.saves}"
        data = [
            (name, f"{value}\n{line}".strip() if name == "note" else value) for name, value in sent
        ]
        status, _, html = self.browser.ask("save", page, [*data, ("_continue", "on")])
        if status == 302:
            self.told.accepted[work.public_id].append(line)
            if work.standing == "in review":
                work.standing = "draft"  # so does an edited version become one
        else:
            self.told.refused[work.public_id].append(line)
            if status == 200:
                self.told.faults.append(f"{page}: {errors(html)}")

    def step(self, work: Work, name: str) -> None:
        if not work.taken.acquire(blocking=False):
            return
        try:
            self.take(work, name)
        finally:
            work.taken.release()

    def take(self, work: Work, name: str) -> None:
        address = work.page.replace("/change/", f"/{name}/")
        data: list[tuple[str, str]] = []
        if name == "approve":
            status, _, html = self.browser.ask("review", address)
            self.think()
            data = Form(html).sent
            words = {"message": f"Approved by {self.number}.", "because": "It was checked."}
            data = [(key, words.get(key, value)) for key, value in data]
        elif name == "correct":
            data = [("reason", "A further line.")]
        status, place, html = self.browser.ask(name, address, data)
        if status != 302:
            return  # edited or taken meanwhile, and said so
        if name == "correct" and place != work.page:
            work.page, work.standing = place, "draft"
        elif name == "submit":
            work.standing = "in review"
        elif name == "approve":
            work.standing = "published"


def errors(html: str) -> str:
    found = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', html, re.DOTALL)
    return "; ".join(re.sub(r"<[^>]+>|\s+", " ", each).strip() for each in found)[:300]


def curate(
    port: int, desk: list[Work], sessions: list[str], thinks: float, seconds: float
) -> Told:
    tolds = [Told() for _ in sessions]
    until = time.monotonic() + seconds
    run_together(
        [
            lambda n=n: Curator(n, Browser(port, tolds[n], sessions[n]), desk, thinks).work(until)
            for n in range(len(sessions))
        ],
        tolds,
    )
    return united(tolds)


# --- Readers


def questions(ids: list[str], chance: random.Random) -> Iterator[str]:
    """What readers ask, again and again."""
    kinds = ["donations", "exports", "contracts", "statements"]
    while True:
        kind = chance.choice(kinds)
        list_ = f"/api/v1/{kind}/"
        yield chance.choice(
            [
                list_,
                f"{list_}?page_size={chance.randint(1, 100)}",
                f"{list_}?search={chance.choice(['mask', 'china', 'vent*', 'test+kits'])}",
                f"/api/v1/donations/?donor=CHN&item=mask&page_size={chance.randint(1, 50)}",
                "/api/v1/donations/?recipient_region=africa&count=true&ordering=title",
                f"/api/v1/donations/{chance.choice(ids)}/",
                f"/api/v1/donations/{chance.choice(ids)}/versions/",
                f"/records/{chance.choice(ids)}/",
                f"/api/v1/donations/summary/?group_by={chance.choice(['item', 'month'])}",
                "/api/v1/changes/",
            ]
        )


def read(port: int, ids: list[str], thinks: float, seconds: float) -> Told:
    """All readers, in a process of their own: curators' pages take this side's time as well."""
    tolds = [Told() for _ in range(READERS)]
    until = time.monotonic() + seconds

    def reader(number: int) -> None:
        chance, browser = random.Random(number), Browser(port, tolds[number])
        for question in questions(ids, chance):
            time.sleep(chance.expovariate(1 / thinks))
            if time.monotonic() >= until:
                return
            status, *_ = browser.ask("read", question)
            if status != 200:
                tolds[number].faults.append(f"{question}: {status}")

    run_together([lambda n=n: reader(n) for n in range(READERS)], tolds)
    return united(tolds)


def run_together(people: list[Any], tolds: list[Told]) -> None:
    def noted(person: Any, told: Told) -> None:
        try:
            person()
        except Exception as error:
            told.faults.append("".join(traceback.format_exception(error)))

    threads = [
        threading.Thread(target=noted, args=pair) for pair in zip(people, tolds, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def united(tolds: list[Told]) -> Told:
    whole = Told()
    for told in tolds:
        for what, times in told.times.items():
            whole.times[what] += times
        for name in ("accepted", "refused"):
            for public_id, lines in getattr(told, name).items():
                getattr(whole, name)[public_id] += lines
        whole.answers += told.answers
        whole.faults += told.faults
    return whole


# --- The database before and after


def prepare(url: str) -> tuple[list[tuple[str, str, list[int]]], list[str], int]:
    """Open drafts, each with the curators who edit it; the curators' sessions, the newest
    revision."""
    databases.set_up_django(url)
    from django.contrib.auth.models import Group, User
    from django.test import Client
    from django.urls import reverse

    from records.models import Donation, RevisionCounter, State
    from records.publishing import begin_correction

    people, sessions = [], []
    for number in range(CURATORS):
        person = User.objects.create(username=f"curator-{number}", is_staff=True)
        person.groups.add(Group.objects.get(name="reviewer"))
        people.append(person)
        client = Client()
        client.force_login(person, "accounts.permissions.PermissionBackend")
        sessions.append(client.cookies["sessionid"].value)
    editors = [[number] for number in range(CURATORS) for _ in range(OWN)]
    editors += [[(CROWD * n + k) % CURATORS for k in range(CROWD)] for n in range(SHARED)]
    public = Donation.objects.filter(state=State.PUBLISHED).order_by("public_id")
    desk = []
    for who, record in zip(editors, public[: len(editors)], strict=True):
        draft = begin_correction(record, by=people[who[0]], reason="A line more.")
        page = reverse("admin:records_donation_change", args=[draft.pk])
        desk.append((record.public_id, page, who))
    return desk, sessions, RevisionCounter.number()


def check(url: str, told: Told, revision: int) -> tuple[list[str], Counter]:
    """What is wrong with the database after all that was accepted; and what is in it."""
    databases.set_up_django(url)
    from django.contrib.admin.models import LogEntry

    from records.models import (
        Contributor,
        ContributorRole,
        Donation,
        Revision,
        RevisionCounter,
        State,
    )

    wrong: list[str] = []
    found: Counter = Counter()
    for public_id in told.accepted.keys() | told.refused.keys():
        versions = Donation.objects.filter(public_id=public_id).order_by("version")
        standing = [*versions][-1]
        lines = LINE.findall(standing.note.replace("\r", ""))
        accepted, refused = told.accepted[public_id], told.refused[public_id]
        for line in set(accepted) - set(lines):
            wrong.append(f"lost: {line} of {public_id}, which stands as {standing.note!r}")
        for line in set(lines) & set(refused):
            wrong.append(f"refused and written: {line} of {public_id}")
        if len(lines) != len(set(lines)):
            wrong.append(f"written twice: {public_id}")
        saves = sum(version.edits for version in versions)
        if saves != len(accepted):
            wrong.append(f"{public_id} counts {saves} saves, and {len(accepted)} were accepted")
        found["lines"] += len(lines)
    steps = LogEntry.objects.filter(change_message__startswith="Submit for review")
    found["submissions"] = steps.count()
    numbers = list(Revision.objects.order_by("number").values_list("number", flat=True))
    if numbers != list(range(1, RevisionCounter.number() + 1)):
        wrong.append("the revisions are not numbered without a gap")
    found["revisions"] = RevisionCounter.number() - revision
    if found["revisions"] != told.answers["approve", 302]:
        wrong.append(f"{found['revisions']} revisions, {told.answers['approve', 302]} approvals")
    editors = set(
        Contributor.objects.filter(role=ContributorRole.EDITOR).values_list(
            "public_id", "version", "user"
        )
    )
    approvers = set(
        Contributor.objects.filter(role=ContributorRole.APPROVER).values_list(
            "public_id", "version", "user"
        )
    )
    wrong += [f"approved their own: {each}" for each in editors & approvers]
    twice = Counter(
        Donation.objects.filter(state=State.PUBLISHED).values_list("public_id", flat=True)
    )
    wrong += [f"published twice: {id}" for id, n in twice.items() if n > 1]
    return wrong, found


def measure(vendor: str, options: argparse.Namespace) -> bool:
    url = databases.with_dataset(vendor, NAME)
    databases.manage(url, "collectstatic", "--noinput", "--verbosity", "0")
    drafts, sessions, revision = databases.apart(prepare, url)
    desk = [Work(*each) for each in drafts]
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        log = stack.enter_context((Path(directory) / "server.log").open("w+"))
        server = stack.enter_context(
            serving(
                "aidapi.settings",
                url,
                log=log,
                threads=options.threads,
                workers=options.workers,
                CACHE_ENTRIES="500",
                LOGIN_RATE="0",
            )
        )
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            reading = process.submit(
                read,
                server.port,
                [work.public_id for work in desk],
                options.readers_think,
                options.seconds,
            )
            told = curate(server.port, desk, sessions, options.curators_think, options.seconds)
            readers = reading.result()
        complaints = [
            line
            for line in Path(log.name).read_text().splitlines()
            if any(complaint in line for complaint in COMPLAINTS)
        ]
    wrong, found = databases.apart(check, url, told, revision)

    locked = sum("database is locked" in line for line in complaints)
    lost = sum(each.startswith("lost") for each in wrong)
    print(
        f"{vendor}, {options.seconds:g} s: {CURATORS} curators (a click every "
        f"{options.curators_think:g} s on average), {READERS} readers (a question every "
        f"{options.readers_think:g} s)"
    )
    done = {
        "saves": told.answers["save", 302],
        "merges asked for": told.answers["save", 409],
        "submissions": found["submissions"],
        "approvals": told.answers["approve", 302],
        "corrections": told.answers["correct", 302],
        "reads": sum(readers.answers.values()),
    }
    print("    " + ", ".join(f"{n:,} {what}" for what, n in done.items()))
    print(f"    database is locked: {locked}; lost updates: {lost} of {found['lines']:,} lines")
    for what, times in [*told.times.items(), *readers.times.items()]:
        if len(times) > 1:
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            print(
                f"    {what}: {len(times):,} requests, median {cuts[49] * 1000:.0f} ms, p95 "
                f"{cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f}"
            )
    faults = [*told.faults, *readers.faults, *wrong, *complaints]
    for fault in faults[:20]:
        print(f"    FAULT {fault}")
    idle = [what for what, n in done.items() if not n and what != "merges asked for"]
    for what in idle:
        print(f"    FAULT no {what} were made")
    return not faults and not idle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=[*databases.VENDORS]
    )
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--curators-think", type=float, default=4, metavar="SECONDS",
                        help="between two clicks, on average (4)")  # fmt: skip
    parser.add_argument("--readers-think", type=float, default=1, metavar="SECONDS",
                        help="between two questions, on average (1)")  # fmt: skip
    parser.add_argument("--threads", type=int, default=4, help="of each worker (4)")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    results = [measure(vendor, options) for vendor in options.databases]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
