"""Readers beside publishers: all pages of a list and many single reads, while five processes
publish a hundred revisions into a copy of a generated database.

The pages must contain exactly the records in force at the revision of the first page. Every
response must be that of the revision that it names. Exit status 1 if either is violated.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import datetime
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import databases

PUBLISHERS = 5
READERS = 2
REVISIONS = 100
HOT = 12
"""Number of records that one publisher corrects and withdraws repeatedly."""
LIST = "/api/v1/donations/"
PAGE = 50
SPAWN = get_context("spawn")

Version = tuple[str, int]
"""Public id and version."""


@dataclass
class Stage:
    """Records and numbers that publishers and readers share from the start."""

    latest: int
    """The revision before the first that the publishers make."""
    counters: list[str]
    """One record for each publisher: every revision of it adds one to its figure, so that the
    sum of all counters identifies the revision."""
    hot: list[list[str]]
    pages: int
    reads: int


@dataclass
class Seen:
    """Results of a reader, compared with the database afterwards."""

    versions: dict[tuple[int, str], int | None] = field(default_factory=dict)
    """(revision, id) → the version in the response; None if the record was absent."""
    first_pages: dict[int, list[Version]] = field(default_factory=dict)
    reads: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def note(self, revision: int, public_id: str, version: int | None) -> None:
        if self.versions.setdefault((revision, public_id), version) != version:
            self.faults.append(f"{public_id} at {revision}: two answers, one is v{version}")

    def note_page(self, revision: int, page: list[Version]) -> None:
        if self.first_pages.setdefault(revision, page) != page:
            self.faults.append(f"the first page of {revision} came in two forms")

    def add(self, other: "Seen") -> None:
        for (revision, public_id), version in other.versions.items():
            self.note(revision, public_id, version)
        for revision, page in other.first_pages.items():
            self.note_page(revision, page)
        self.reads += other.reads
        self.faults += other.faults


# --- In the processes

clock: Any = None
"""Numbers of reads and revisions done, shared by all processes. They spread the publishers and the
pages over the reads, and make readers wait for publishers."""


def begin(database_url: str, shared_clock: Any) -> None:
    global clock
    clock = shared_clock
    databases.set_up_django(database_url)
    from django.db import connection

    if connection.vendor == "sqlite":
        # Whether a busy machine makes a writer wait too long is not the question here.
        connection.settings_dict["OPTIONS"]["timeout"] = 300


def tick(counter: Any, by: int = 1) -> None:
    with counter.get_lock():
        counter.value += by


def wait_for_reads(share: float, stage: Stage) -> None:
    """Wait until that share of the reads is done."""
    while clock["reads"].value < share * stage.reads:
        time.sleep(0.005)


def wait_for_revisions(stage: Stage) -> None:
    """Wait until at most one turn of the publishers is missing at this point of the reads."""
    share = clock["reads"].value / stage.reads
    while clock["revisions"].value < share * REVISIONS - PUBLISHERS:
        time.sleep(0.005)


def prepare(reads: int) -> Stage:
    """Create the users, the counters and the records that will change."""
    from django.contrib.auth.models import User

    from records.models import (
        Donation,
        Origin,
        RevisionCounter,
        State,
    )
    from records.publishing import Publication, publish_revision

    for name in ("editor", "approver"):
        User.objects.create(username=name)
    published = Donation.objects.filter(state=State.PUBLISHED).order_by("public_id")
    model = published.first()
    counters = []
    for number in range(PUBLISHERS):
        counter = new_donation(model, f"Counter {number}", model.as_of)
        counter.figures.update(value=0, lower=0, upper=0)
        counters.append(counter)
    hand_in(counters)
    acts = [Publication(record) for record in counters]
    publish_revision(acts, message="Counters.", origin=Origin.FILE)
    ids = list(published.exclude(public_id__in=[c.public_id for c in counters]).values_list(
        "public_id", flat=True
    ))  # fmt: skip
    chosen = random.Random(1).sample(ids, PUBLISHERS * HOT)
    return Stage(
        latest=RevisionCounter.number(),
        counters=[counter.public_id for counter in counters],
        hot=[chosen[number::PUBLISHERS] for number in range(PUBLISHERS)],
        pages=published.count() // PAGE,
        reads=reads,
    )


def new_donation(model: Any, title: str, as_of: datetime.date) -> Any:
    """Return a draft of a new record, with one figure, copied from another."""
    from records.models import Donation

    figure = model.figures.filter(measure="quantity").first()
    draft = Donation.objects.create(
        title=title, as_of=as_of, form=model.form, stage=model.stage, stated_by=model.stated_by
    )
    for row in model.parties.all():
        draft.parties.create(role=row.role, party=row.party, position=row.position)
    draft.figures.create(
        measure="quantity",
        operator="exact",
        value=1,
        item=figure.item if figure else None,
        unit="piece",
        statement=(figure or model.figures.first()).statement,
        quote="one piece",
    )
    return draft


def hand_in(drafts: list[Any]) -> None:
    """Complete and seal versions, as loading a file does."""
    for draft in drafts:
        draft.digest = draft.content_digest()
        draft.state = "in_review"
        draft.save()


def publish(number: int, stage: Stage) -> None:
    """Run one publisher. If it fails, no process waits for it, and its error ends the run."""
    try:
        publish_in_turns(number, stage)
    except BaseException:
        tick(clock["revisions"], REVISIONS)
        raise


def publish_in_turns(number: int, stage: Stage) -> None:
    """Publish one publisher's share of the revisions."""
    from django.contrib.auth.models import User
    from django.db import transaction

    from records.models import Donation, Origin, State
    from records.publishing import (
        Publication,
        Withdrawal,
        begin_correction,
        publish_revision,
        revert,
        submit,
    )

    rng = random.Random(number)
    editor, approver = (User.objects.get(username=name) for name in ("editor", "approver"))
    days = list(Donation.objects.order_by("as_of").values_list("as_of", flat=True)[::50])

    def latest(public_id: str) -> Any:
        return (
            Donation.objects.exclude(state__in=["draft", "in_review"])
            .filter(public_id=public_id)
            .latest()
        )

    turns = REVISIONS // PUBLISHERS
    for turn in range(turns):
        # All of them at once: they race for the next number.
        wait_for_reads(turn / turns, stage)
        with transaction.atomic():
            counter = begin_correction(
                latest(stage.counters[number]), by=editor, reason="One more revision."
            )
            figure = counter.figures.get()
            figure.value += 1
            figure.save()
            # Another day moves a record to another place of every list.
            moving, leaving = (latest(one) for one in rng.sample(stage.hot[number], 2))
            change = begin_correction if moving.state == State.PUBLISHED else revert
            moved = change(moving, by=editor, reason="Another day.")
            moved.as_of = rng.choice([*days, days[-1]])
            moved.save()
            day = rng.choice([*days, days[-1]])
            drafts = [counter, moved, new_donation(moving, f"Added by {number}, {turn}", day)]
            if turn % 3:
                hand_in(drafts)
                origin, by = Origin.FILE, None
            else:
                for draft in drafts:
                    submit(draft, by=editor)
                origin, by = Origin.PEOPLE, approver
        withdrawals = []
        if leaving.state == State.PUBLISHED and turn % 2:
            withdrawals.append(Withdrawal(leaving, "Said no more."))
        publish_revision(
            [*(Publication(draft) for draft in drafts), *withdrawals],
            message=f"Turn {turn} of publisher {number}.",
            origin=origin,
            by=by,
        )
        tick(clock["revisions"])


def get(client: Any, path: str) -> tuple[int, int | None, dict]:
    """Return status, revision number and body."""
    response = client.get(path)
    number = response.headers.get("Dataset-Revision")
    return response.status_code, number and int(number), response.json()


def walk(stage: Stage) -> tuple[int, list[Version], int]:
    """Return the revision of the first page, all records along the cursors, and the latest
    revision after the last page."""
    from django.test import Client

    from records.models import RevisionCounter

    client = Client()
    path, revision, page, found = LIST, None, 0, []
    while path:
        wait_for_reads(page / stage.pages, stage)
        status, number, body = get(client, path)
        revision = revision or number
        if status != 200 or number != revision or body["revision"] != revision:
            raise SystemExit(f"Page {page} answers {status} at {number}, not {revision}: {path}")
        found += [(record["id"], record["version"]) for record in body["results"]]
        page += 1
        path = body["next"] and body["next"][body["next"].index(LIST) :]
    return revision, found, RevisionCounter.number()


def read(number: int, stage: Stage) -> Seen:
    """Make one reader's share of the reads."""
    from django.test import Client

    rng = random.Random(100 + number)
    client, seen = Client(), Seen()
    hot = [public_id for ids in stage.hot for public_id in ids]
    kinds = {
        "all counters": read_counters,
        "a counter": read_counter,
        "a record": read_record,
        "a record of a past revision": read_past,
        "a list of records": read_records,
        "a first page": read_first_page,
    }
    for _ in range(stage.reads // READERS):
        kind = rng.choice(list(kinds))
        kinds[kind](client, stage, seen, rng, hot)
        seen.reads[kind] += 1
        tick(clock["reads"])
        wait_for_revisions(stage)
    return seen


def note_all(seen: Seen, path: str, ids: list[str], answer: tuple) -> dict[str, dict] | None:
    """Record the version of each of the ids in a list."""
    status, number, body = answer
    if status != 200 or body["revision"] != number:
        seen.faults.append(f"{path} answers {status} at {number}: {str(body)[:200]}")
        return None
    found = {record["id"]: record for record in body["results"]}
    for public_id in ids:
        seen.note(number, public_id, found[public_id]["version"] if public_id in found else None)
    return found


def note_one(seen: Seen, public_id: str, answer: tuple, pinned: int | None = None) -> None:
    """Record the version of the record in the response. The response for an absent record names no
    revision, unless the request did."""
    status, number, body = answer
    if pinned and number not in (pinned, None):
        seen.faults.append(f"{public_id} at {number}, but {pinned} was requested")
    if status == 200:
        seen.note(number, public_id, body["version"])
        if body["published_in"] > number:
            seen.faults.append(f"{public_id} at {number} was published in {body['published_in']}")
    elif status in (404, 410):
        if pinned:
            seen.note(pinned, public_id, None)
    else:
        seen.faults.append(f"{public_id} answers {status}: {str(body)[:200]}")


def count_of(counter: dict) -> int:
    return counter["figures"][0]["value"]


def read_counters(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    path = f"{LIST}?id={','.join(stage.counters)}"
    answer = get(client, path)
    found = note_all(seen, path, stage.counters, answer)
    if found and sum(count_of(record) for record in found.values()) != answer[1] - stage.latest:
        seen.faults.append(f"the counters at {answer[1]} do not add up to it")


def read_counter(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    public_id = rng.choice(stage.counters)
    answer = get(client, f"{LIST}{public_id}/")
    note_one(seen, public_id, answer)
    if answer[0] == 200 and count_of(answer[2]) != answer[2]["version"] - 1:
        seen.faults.append(f"{public_id}: version and figure are of two revisions")


def read_record(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    public_id = rng.choice(hot)
    note_one(seen, public_id, get(client, f"{LIST}{public_id}/"))


def read_past(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    public_id = rng.choice(hot)
    latest = max((number for number, _ in seen.versions), default=stage.latest)
    revision = rng.randint(stage.latest, latest)
    answer = get(client, f"{LIST}{public_id}/?revision={revision}")
    note_one(seen, public_id, answer, pinned=revision)


def read_records(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    path = f"{LIST}?page_size=100&id={','.join(hot)}"
    note_all(seen, path, hot, get(client, path))


def read_first_page(client: Any, stage: Stage, seen: Seen, rng: Any, hot: list[str]) -> None:
    found = note_all(seen, LIST, [], answer := get(client, LIST))
    if found is not None:
        page = [(record["id"], record["version"]) for record in answer[2]["results"]]
        seen.note_page(answer[1], page)


def verify(stage: Stage, walked: tuple[int, list[Version], int], seen: Seen) -> list[str]:
    """Return the differences between the versions in the database and the results of readers."""
    from records.models import Donation, Revision

    def in_order(revision: int) -> Any:
        rows = Donation.objects.in_force(revision).order_by("-as_of_key", "-public_id")
        return rows.values_list("public_id", "version")

    faults = list(seen.faults)
    revision, found, _ = walked
    expected = list(in_order(revision))
    if found != expected:
        faults.append(
            f"the walk at {revision} misses {len({*expected} - {*found})} records, has "
            f"{len({*found} - {*expected})} too many and {len(found) - len({*found})} twice"
        )
    made = list(
        Revision.objects.filter(number__gt=stage.latest)
        .order_by("number")
        .values_list("number", flat=True)
    )
    if made != list(range(stage.latest + 1, stage.latest + 1 + REVISIONS)):
        faults.append(f"the revisions have gaps or are not {REVISIONS}: {made}")
    history: dict[str, list[tuple[int, int, int]]] = {}
    ids = {public_id for _, public_id in seen.versions}
    for public_id, version, start, end in Donation.objects.filter(
        public_id__in=ids, published_in__isnull=False
    ).values_list("public_id", "version", "published_in", "retired_in"):
        history.setdefault(public_id, []).append((version, start, end or sys.maxsize))
    for (number, public_id), version in seen.versions.items():
        true = [v for v, start, end in history[public_id] if start <= number < end]
        if true != ([version] if version else []):
            faults.append(f"{public_id} at {number}: sent {version}, in force {true}")
    for number, page in seen.first_pages.items():
        if page != list(in_order(number)[:PAGE]):
            faults.append(f"the first page of {number} is not that of {number}")
    return faults


# --- In the main process


def run(vendor: str, n: int, reads: int) -> list[str]:
    """Run everything on one database, print counts and return errors."""
    databases.generated(vendor, n)
    copy = f"walk{n}"
    databases.create(vendor, copy, template=f"gen{n}")
    shared_clock = {"reads": SPAWN.Value("i", 0), "revisions": SPAWN.Value("i", 0)}
    try:
        with ProcessPoolExecutor(
            PUBLISHERS + READERS + 1,
            mp_context=SPAWN,
            initializer=begin,
            initargs=(databases.url(vendor, copy), shared_clock),
        ) as pool:
            stage = pool.submit(prepare, reads).result()
            start = time.monotonic()
            readers = [pool.submit(read, number, stage) for number in range(READERS)]
            walker = pool.submit(walk, stage)
            publishers = [pool.submit(publish, number, stage) for number in range(PUBLISHERS)]
            seen = Seen()
            for reader in readers:
                seen.add(reader.result())
            walked = walker.result()
            for publisher in publishers:
                publisher.result()
            seconds = time.monotonic() - start
            faults = pool.submit(verify, stage, walked, seen).result()
    finally:
        databases.drop(vendor, copy)
    revision, found, latest = walked
    numbers = {number for number, _ in seen.versions} | seen.first_pages.keys()
    print(
        f"{vendor}: {PUBLISHERS} processes published {REVISIONS} revisions in {seconds:.0f} s.\n"
        f"  Walk: {len(found):,} records of revision {revision} in {-(-len(found) // PAGE):,} "
        f"pages, while {latest - revision} revisions were published.\n"
        f"  Reads: {seen.reads.total():,} at {len(numbers)} revisions ("
        + ", ".join(f"{kind} {count:,}" for kind, count in sorted(seen.reads.items()))
        + f"), {len(seen.versions):,} different answers about a record.\n"
        f"  {len(faults)} faults."
    )
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=databases.N, help="donations (BENCH_N)")
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    options = parser.parse_args()
    broken = False
    for vendor in options.databases:
        for fault in run(vendor, options.n, options.reads)[:20]:
            broken = True
            print(f"  {fault}")
    sys.exit(broken)


if __name__ == "__main__":
    main()
