"""A move: a whole instance from SQLite to PostgreSQL and back, by `copy_database`.

The site has generated donations, and beside them 200 drafts with texts and contributors, and 20
accounts. It is copied into PostgreSQL, a cluster of its own, and from there into SQLite again.
The tallies of all tables, which the command prints, must be equal, and all three must give the
same responses to 2,000 addresses, byte for byte. Exit status 1 if anything differs.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))
import databases  # noqa: E402 (a script beside its own kind)
from addresses import API, Target  # noqa: E402
from answers import Client  # noqa: E402
from differences import Answer, differences  # noqa: E402

from drills.clusters import cluster  # noqa: E402
from drills.overload import serving  # noqa: E402
from drills.restore import Report, copy_online, manage, printed, run, seconds  # noqa: E402

DRAFTS, ACCOUNTS = 200, 20
KINDS = ("statements", "donations", "exports", "contracts")
QUERIES = (
    *("ordering=title", "ordering=-published_in", "count=true", "search=masks", "search=mask*"),
    *("page_size=200", "format=csv", "format=ndjson", "format=atom", "revision=1", "latest=true"),
)
SHOWN = 5
"""Differences that are printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000, help="donations of the site")
    parser.add_argument("--addresses", type=int, default=2_000)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare()
        return
    # Its header says how many requests are left.
    os.environ["RATE_LIMIT"] = "0"
    report = Report()
    with tempfile.TemporaryDirectory() as folder, cluster(fsync="off") as server:
        site, back = (f"sqlite:///{Path(folder) / name}.sqlite3" for name in ("site", "back"))
        generated = databases.generated("sqlite", options.n)
        copy_online(file_of(generated), file_of(site))
        run(site, "drills/moving.py", "--prepare")
        moved = [
            move(report, "SQLite → PostgreSQL", site, server.url()),
            move(report, "PostgreSQL → SQLite", server.url(), back),
        ]
        same = moved[0] == moved[1]
        report.row("tables with the same rows and digests", len(moved[0]), same)
        given = []
        targets: Sequence[Target] = ()
        for url in (site, server.url(), back):
            with serving(url) as drill:
                drill.wait()
                client = Client(drill.port)
                targets = targets or chosen(client, options.addresses)
                with ThreadPoolExecutor(4) as pool:
                    given.append(list(pool.map(client.answer, targets)))
        report.row("addresses that were requested of each", len(targets), bool(targets))
        for name, others in (("PostgreSQL", given[1]), ("SQLite again", given[2])):
            different = compared(targets, given[0], others)
            report.row(f"{name}: other responses", different, different == 0)
    if report.failures:
        sys.exit(f"Failed: {'; '.join(report.failures)}.")


def move(report: Report, name: str, source: str, target: str) -> list[str]:
    """Copy one database into another, new one; return the lines of the tables."""
    manage(target, "migrate", "--verbosity", "0")
    began = time.monotonic()
    *tables, summary = printed(target, "manage.py", "copy_database", source).splitlines()
    report.row(f"{name}: copied and compared in", seconds(began), True)
    report.row(f"{name}: rows", summary.split()[1], True)
    return tables


def chosen(client: Client, number: int) -> list[Target]:
    """Return that many addresses: lists, totals, facets, files, searches and details."""
    paths = ["parties/", "items/", "changes/", "revisions/", "coverage/", "metadata/"]
    parties = [row["code"] for row in walk(client, "parties/")]
    for kind in KINDS:
        paths += [f"{kind}/?{query}" for query in QUERIES]
        if kind != "statements":
            paths += [
                f"{kind}/{view}?{query}"
                for view in ("", "summary/", "facets/")
                for query in ("", *(f"party={code}" for code in parties[:40]))
            ]
    ids = [(kind, row["id"]) for kind in KINDS for row in walk(client, f"{kind}/")]
    rest = max(number - len(paths), 0) // 2
    for kind, public_id in ids[:: max(len(ids) // (rest or 1), 1)]:
        paths += [f"{kind}/{public_id}/", f"{kind}/{public_id}/versions/"]
    return [Target(path, f"{API}{path}") for path in paths[:number]]


def walk(client: Client, path: str) -> Iterator[Any]:
    """Yield the rows of a list, page by page."""
    following = f"{API}{path}?page_size=500"
    while following:
        page = client.json(following)
        yield from page["results"]
        parts = urlsplit(page["next"] or "")
        following = f"{parts.path}?{parts.query}" if page["next"] else ""


def compared(targets: Sequence[Target], before: Sequence[Answer], after: Sequence[Answer]) -> int:
    different = 0
    for target, one, other in zip(targets, before, after, strict=True):
        if found := list(differences(one, other)):
            different += 1
            if different <= SHOWN:
                print(f"  {target}: {found[0].place}: {found[0].change}")  # noqa: T201
    return different


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def prepare() -> None:
    """Add accounts, and drafts with texts."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    from django.contrib.auth.models import Group, User

    from accounts.second_factor import make_recovery_codes
    from drills.publisher import draft
    from records.publishing import note_edit

    users = [
        User.objects.create_user(f"curator-{number}", password="a password for drills")
        for number in range(ACCOUNTS)
    ]
    for user in users:
        user.groups.add(Group.objects.get(name="curator"))
        make_recovery_codes(user)
    for number in range(DRAFTS):
        one = draft(f"in work {number}")
        one.text = f"China sends {number:,} masks. 中国提供口罩。"
        one.save()
        note_edit(one, by=users[number % ACCOUNTS])


if __name__ == "__main__":
    main()
