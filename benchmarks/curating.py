"""Curators beside readers: 32 curators save, submit, approve and correct donations in the admin,
while 64 readers send requests to the API, for two minutes, on the server as `make serve` runs it.

Curators do over HTTP what a browser does: open a form, add a line of their own to its note, send
it; submit; review what others submitted; correct public records. While they type, the form is kept
as the page's script does (unsaved.js): three seconds after the last change, fifteen after the
first that is not kept. Some records have one editor, on others four work at once. Curators pause
between clicks. Afterwards each record must have the lines of all accepted saves and of no refused
one, the accepted saves must be counted, nothing may be kept of a form that was saved, and each
approval must be one revision by a user who did not edit the version. Exit status 1 if a save is
lost or a response is a 5xx, if what is typed is not kept, if the server logs a locked database or
any other error, or if nothing was saved, kept, submitted or approved.
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

from benchmarks import databases
from benchmarks.serving import serving

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
QUIET, LONGEST = 3, 15
"""Seconds after the last change, and after the first that is not kept, when a form is kept."""
PAUSE = 2
"""Seconds between two words that somebody types, on average."""
KEEP = "/admin/kept-forms/"
IDLE = 20
"""Seconds after which a browser reopens its connection: the server closes it after thirty."""


@dataclass
class Work:
    """A record and its editors."""

    public_id: str
    page: str
    editors: list[int]
    standing: str = "draft"
    taken: Any = field(default_factory=threading.Lock)
    """Lock of a step: two curators do not press the same button at once."""


@dataclass
class Tally:
    """Times, results and errors of the users of one process."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Action → seconds of each request."""
    answers: Counter = field(default_factory=Counter)
    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Id of a record → lines whose saves were accepted."""
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)


class Form(HTMLParser):
    """The (name, value) pairs that a browser would send of the page's main form."""

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
    """One user's connection to the server."""

    def __init__(self, port: int, tally: Tally, session: str = "") -> None:
        self.tally = tally
        self.used = time.monotonic()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}"} if session else {}

    def ask(
        self, what: str, address: str, data: list[tuple[str, str]] | None = None
    ) -> tuple[int, str, str]:
        """Return status, location and body of the response."""
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
        self.tally.times[what].append(time.perf_counter() - begun)
        self.tally.answers[what, response.status] += 1
        if response.status >= 500:
            self.tally.faults.append(f"{what} {address}: {response.status}")
        return response.status, response.headers.get("Location", ""), text


# --- Curators


class Curator:
    def __init__(
        self, number: int, browser: Browser, desk: list[Work], thinks: float, types: float
    ) -> None:
        self.number, self.browser, self.desk = number, browser, desk
        self.thinks, self.types = thinks, types
        self.tally = browser.tally
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
        """Save the form as it was opened, with a further line in the note."""
        page = work.page
        status, _, html = self.browser.ask("open", page)
        sent = Form(html).sent
        if status != 200 or "note" not in dict(sent):
            return  # published meanwhile: its page has no form any more
        self.saves += 1
        line = f"saved-{self.number}-{self.saves}"
        data = [
            (name, f"{value}\n{line}".strip() if name == "note" else value) for name, value in sent
        ]
        self.type(data)
        status, _, html = self.browser.ask("save", page, [*data, ("_continue", "on")])
        if status == 302:
            self.tally.accepted[work.public_id].append(line)
            if work.standing == "in review":
                work.standing = "draft"  # so does an edited version become one
        else:
            self.tally.refused[work.public_id].append(line)
            if status == 200:
                self.tally.faults.append(f"{page}: {errors(html)}")

    def type(self, data: list[tuple[str, str]]) -> None:
        """Type for a while, in words and pauses; keep the form when the page's script would."""
        until = time.monotonic() + self.chance.expovariate(1 / self.types)
        first = last = time.monotonic()
        is_kept = False
        while True:
            next_ = last + self.chance.expovariate(1 / PAUSE)
            due = min(last + QUIET, max(last, first + LONGEST))
            if not is_kept and due < min(next_, until):
                pause_until(due)
                self.keep(data)
                is_kept = True
            if next_ >= until:
                # A save ends the timer of what is not kept yet.
                pause_until(until)
                return
            pause_until(next_)
            last = time.monotonic()
            if is_kept:
                first, is_kept = last, False

    def keep(self, data: list[tuple[str, str]]) -> None:
        status, _, text = self.browser.ask("keep", KEEP, data)
        if status != 200:
            self.tally.faults.append(f"not kept: {status} {text[:200]}")

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


def pause_until(moment: float) -> None:
    time.sleep(max(0, moment - time.monotonic()))


def errors(html: str) -> str:
    found = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', html, re.DOTALL)
    return "; ".join(re.sub(r"<[^>]+>|\s+", " ", each).strip() for each in found)[:300]


def curate(port: int, desk: list[Work], sessions: list[str], options: argparse.Namespace) -> Tally:
    tallies = [Tally() for _ in sessions]
    until = time.monotonic() + options.seconds
    pace = options.curators_think, options.curators_type
    people = [
        Curator(n, Browser(port, tallies[n], session), desk, *pace)
        for n, session in enumerate(sessions)
    ]
    run_together([lambda one=one: one.work(until) for one in people], tallies)
    return united(tallies)


# --- Readers


def questions(ids: list[str], chance: random.Random) -> Iterator[str]:
    """Return the requests that readers repeat."""
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


def read(port: int, ids: list[str], thinks: float, seconds: float) -> Tally:
    """Run all readers in a process of their own, since curators' pages take time of this one."""
    tallies = [Tally() for _ in range(READERS)]
    until = time.monotonic() + seconds

    def reader(number: int) -> None:
        chance, browser = random.Random(number), Browser(port, tallies[number])
        for question in questions(ids, chance):
            time.sleep(chance.expovariate(1 / thinks))
            if time.monotonic() >= until:
                return
            status, *_ = browser.ask("read", question)
            if status != 200:
                tallies[number].faults.append(f"{question}: {status}")

    run_together([lambda n=n: reader(n) for n in range(READERS)], tallies)
    return united(tallies)


def run_together(people: list[Any], tallies: list[Tally]) -> None:
    def noted(person: Any, tally: Tally) -> None:
        try:
            person()
        except Exception as error:
            tally.faults.append("".join(traceback.format_exception(error)))

    threads = [
        threading.Thread(target=noted, args=pair) for pair in zip(people, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def united(tallies: list[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        for what, times in tally.times.items():
            whole.times[what] += times
        for name in ("accepted", "refused"):
            for public_id, lines in getattr(tally, name).items():
                getattr(whole, name)[public_id] += lines
        whole.answers += tally.answers
        whole.faults += tally.faults
    return whole


# --- The database before and after


def prepare(url: str) -> tuple[list[tuple[str, str, list[int]]], list[str], int]:
    """Return open drafts with their editors, the curators' sessions and the latest revision."""
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


def check(url: str, tally: Tally, revision: int) -> tuple[list[str], Counter]:
    """Return what is wrong in the database after the run, and counts of its content."""
    databases.set_up_django(url)
    from django.contrib.admin.models import LogEntry

    from accounts.models import KeptForm
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
    for public_id in tally.accepted.keys() | tally.refused.keys():
        versions = Donation.objects.filter(public_id=public_id).order_by("version")
        standing = [*versions][-1]
        lines = LINE.findall(standing.note.replace("\r", ""))
        accepted, refused = tally.accepted[public_id], tally.refused[public_id]
        for line in set(accepted) - set(lines):
            wrong.append(f"lost: {line} of {public_id}, whose note is {standing.note!r}")
        for line in set(lines) & set(refused):
            wrong.append(f"refused and written: {line} of {public_id}")
        if len(lines) != len(set(lines)):
            wrong.append(f"written twice: {public_id}")
        saves = sum(version.edits for version in versions)
        if saves != len(accepted):
            wrong.append(f"{public_id} counts {saves} saves, and {len(accepted)} were accepted")
        found["lines"] += len(lines)
    saved = {line for lines in tally.accepted.values() for line in lines}
    for kept in KeptForm.objects.filter(made=""):
        typed = LINE.findall(kept.content["note"].replace("\r", ""))[-1:]
        wrong += [f"kept, and saved: {line}" for line in saved.intersection(typed)]
    steps = LogEntry.objects.filter(change_message__startswith="Submit for review")
    found["submissions"] = steps.count()
    numbers = list(Revision.objects.order_by("number").values_list("number", flat=True))
    if numbers != list(range(1, RevisionCounter.number() + 1)):
        wrong.append("the revisions are not numbered without a gap")
    found["revisions"] = RevisionCounter.number() - revision
    if found["revisions"] != tally.answers["approve", 302]:
        wrong.append(f"{found['revisions']} revisions, {tally.answers['approve', 302]} approvals")
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


def warm(port: int, session: str, desk: list[Work]) -> None:
    """Wait until the server has loaded what it loads at its start."""
    browser = Browser(port, Tally(), session)
    for address in ("/api/v1/donations/summary/?group_by=month", desk[0].page):
        status, *_ = browser.ask("warm", address)
        if status != 200:
            raise SystemExit(f"{address}: {status}")


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
                pinned=False,
                CACHE_ENTRIES="500",
                LOGIN_RATE="0",
                LOAD_AT_START="1",
            )
        )
        warm(server.port, sessions[0], desk)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            reading = process.submit(
                read,
                server.port,
                [work.public_id for work in desk],
                options.readers_think,
                options.seconds,
            )
            tally = curate(server.port, desk, sessions, options)
            readers = reading.result()
        complaints = [
            line
            for line in Path(log.name).read_text().splitlines()
            if any(complaint in line for complaint in COMPLAINTS)
        ]
    wrong, found = databases.apart(check, url, tally, revision)

    locked = sum("database is locked" in line for line in complaints)
    lost = sum(each.startswith("lost") for each in wrong)
    print(
        f"{vendor}, {options.seconds:g} s: {CURATORS} curators (a click every "
        f"{options.curators_think:g} s on average, {options.curators_type:g} s of typing before a "
        f"save), {READERS} readers (a request every "
        f"{options.readers_think:g} s)"
    )
    done = {
        "saves": tally.answers["save", 302],
        "forms kept": tally.answers["keep", 200],
        "merges": tally.answers["save", 409],
        "submissions": found["submissions"],
        "approvals": tally.answers["approve", 302],
        "corrections": tally.answers["correct", 302],
        "reads": sum(readers.answers.values()),
    }
    print("    " + ", ".join(f"{n:,} {what}" for what, n in done.items()))
    print(f"    database is locked: {locked}; lost updates: {lost} of {found['lines']:,} lines")
    for what, times in [*tally.times.items(), *readers.times.items()]:
        if len(times) > 1:
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            print(
                f"    {what}: {len(times):,} requests, median {cuts[49] * 1000:.0f} ms, p95 "
                f"{cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f}"
            )
    faults = [*tally.faults, *readers.faults, *wrong, *complaints]
    for fault in faults[:20]:
        print(f"    FAULT {fault}")
    idle = [what for what, n in done.items() if not n and what != "merges"]
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
    parser.add_argument("--curators-type", type=float, default=15, metavar="SECONDS",
                        help="before a save, on average (15)")  # fmt: skip
    parser.add_argument("--readers-think", type=float, default=1, metavar="SECONDS",
                        help="between two requests, on average (1)")  # fmt: skip
    parser.add_argument("--threads", type=int, default=4, help="of each worker (4)")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    results = [measure(vendor, options) for vendor in options.databases]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
