"""A spreadsheet of 10,000 new donations: seconds and memory of reading, checking, importing and
undoing it; and a check that a process killed half-way leaves no partial import.

Each part runs in a process of its own, on a database with the dataset. The kernel counts peak
memory; idle is the same process before the file. Then importing processes are killed (SIGKILL) at
random moments, and after each kill the database must have no draft of the file, or all of them.
Exit status 1 if a preview takes more than LIMIT seconds or a kill leaves a partial import.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import databases

LIMIT = 60
"""Seconds from the file to its preview."""
NAME = "importing"


def rows(n: int) -> list[dict[str, Any]]:
    """Return new donations between parties of the dataset, always the same."""
    from records.models import Item, Party, Statement

    chance = random.Random(2020)
    parties = list(Party.objects.order_by("code").values_list("code", "name"))
    items = list(Item.objects.order_by("code").values_list("code", "default_unit"))
    statements = list(
        Statement.objects.filter(state="published")
        .order_by("public_id")
        .values("public_id", "said_on", "published_on")
    )
    made = []
    for number in range(n):
        donor, recipient = chance.sample(parties, 2)
        item, unit = chance.choice(items)
        statement = chance.choice(statements)
        value = chance.randint(1, 10**7)
        made.append(
            {
                "title": f"{donor[1]} gives {recipient[1]} lot {number}",
                "donors": donor[number % 2],
                "recipients": recipient[0],
                "form": "goods",
                "stage": "unknown",
                "stated_by": "donor",
                "as_of": statement["said_on"] or statement["published_on"],
                "note": "Made for a measurement.",
                "measure": "quantity",
                "operator": "exact",
                "value": value,
                "item": item,
                "unit": unit or "piece",
                "statement": statement["public_id"],
                "quote": f"{value:,} as lot {number}",
            }
        )
    return made


def as_csv(made: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(made[0]))
    writer.writeheader()
    writer.writerows(made)
    return text.getvalue().encode()


def as_xlsx(made: list[dict[str, Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(made[0]))
    for cells in made:
        sheet.append(list(cells.values()))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def curator() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get_or_create(
        username="curator", defaults={"is_superuser": True, "is_staff": True}
    )[0]


def write_file(url: str, form: str, n: int, path: str) -> None:
    databases.set_up_django(url)
    made = rows(n)
    Path(path).write_bytes(as_csv(made) if form == "csv" else as_xlsx(made))


def check(url: str, path: str) -> tuple[int, dict[str, float]]:
    """Return the import's key, and seconds and megabytes of reading and checking."""
    databases.set_up_django(url)
    from records.curation.imports import batches
    from records.models import Donation

    by = curator()
    idle = databases.memory("VmRSS")
    measured, begun, busy = {}, time.perf_counter(), time.process_time()
    batch, _ = batches.receive(Path(path).read_bytes(), Path(path).name, Donation, by=by)
    measured["read s"] = time.perf_counter() - begun
    longest = 0.0
    while batch.state == "checking":
        slice_begun = time.perf_counter()
        batch = batches.check_slice(batch)
        longest = max(longest, time.perf_counter() - slice_begun)
    measured["preview s"] = time.perf_counter() - begun
    measured["preview CPU s"] = time.process_time() - busy
    measured["longest slice s"] = longest
    measured["peak MB"] = databases.memory("VmHWM")
    measured["above idle MB"] = databases.memory("VmHWM") - idle
    if batch.state != "ready":
        raise SystemExit(f"{path}: {[row.findings for row in batch.lines.all()[:5]]}")
    return batch.pk, measured


def confirm(url: str, key: int) -> dict[str, float]:
    databases.set_up_django(url)
    from records.curation.imports import batches
    from records.curation.imports.models import ImportBatch

    by = curator()
    batch = ImportBatch.objects.get(pk=key)
    idle, begun, busy = databases.memory("VmRSS"), time.perf_counter(), time.process_time()
    batches.confirm(batch, by=by, again=True)
    return {
        "confirm s": time.perf_counter() - begun,
        "confirm CPU s": time.process_time() - busy,
        "confirm peak MB": databases.memory("VmHWM"),
        "confirm above idle MB": databases.memory("VmHWM") - idle,
    }


def undo(url: str, key: int) -> dict[str, float]:
    databases.set_up_django(url)
    from records.curation.imports import batches
    from records.curation.imports.models import ImportBatch

    begun = time.perf_counter()
    batches.undo(ImportBatch.objects.get(pk=key))
    return {"undo s": time.perf_counter() - begun}


def left(url: str, key: int, earlier: int = 0) -> tuple[str, list[int]]:
    """Return the import's state, and the number of rows that it writes, without earlier
    contributors: they are history, and are kept when an import is undone."""
    databases.set_up_django(url)
    from records.curation.imports.models import ImportBatch, ImportedDraft
    from records.models import Contributor, Donation, DonationFigure

    drafts = Donation.objects.filter(state="draft")
    counts = [
        drafts.count(),
        DonationFigure.objects.filter(record__in=drafts).count(),
        Contributor.objects.filter(user=curator(), public_id__startswith="don").count() - earlier,
        ImportedDraft.objects.filter(batch=key).count(),
    ]
    return ImportBatch.objects.get(pk=key).state, counts


def kill_halfway(
    url: str, key: int, seconds: float, kills: int, earlier: int
) -> tuple[int, list[str]]:
    """Kill imports at random moments; return how many did not finish, and what was wrong."""
    chance = random.Random(time.time())
    killed, wrong = 0, []
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.importing", "--confirm", str(key)],
            cwd=databases.ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        child.stdout.readline()  # it begins now
        time.sleep(chance.uniform(0.1, seconds * 0.98))
        child.send_signal(signal.SIGKILL)
        child.wait()
        state, counts = databases.apart(left, url, key, earlier)
        if state == "ready" and not any(counts):
            killed += 1
        elif state != "imported" or len(set(counts)) != 1:
            wrong.append(f"{state}: {counts}")
        else:
            print("  the last was imported whole before it was killed")
            break
    return killed, wrong


def measure(vendor: str, n: int, kills: int) -> bool:
    url = databases.with_dataset(vendor, NAME)
    sound, earlier = True, 0
    for form in ("csv", "xlsx"):
        path = str(databases.DIRECTORY / f"{NAME}.{form}")
        databases.DIRECTORY.mkdir(parents=True, exist_ok=True)
        databases.apart(write_file, url, form, n, path)
        key, measured = databases.apart(check, url, path)
        seconds = measured["preview s"]
        measured |= databases.apart(confirm, url, key)
        state, counts = databases.apart(left, url, key, earlier)
        earlier += counts[2]
        sound &= state == "imported" and counts == [n] * 4 and seconds <= LIMIT
        measured |= databases.apart(undo, url, key)
        figures = ", ".join(f"{name} {value:.1f}" for name, value in measured.items())
        size = Path(path).stat().st_size / 1e6
        print(f"{vendor} {form} {n:,} rows, {size:.1f} MB: {figures}", flush=True)
    if kills:
        key, _ = databases.apart(check, url, str(databases.DIRECTORY / f"{NAME}.csv"))
        killed, wrong = kill_halfway(url, key, measured["confirm s"], kills, earlier)
        sound &= not wrong
        print(f"{vendor} killed half-way: {killed}; that left a part: {len(wrong)} {wrong or ''}")
        if databases.apart(left, url, key, earlier)[0] == "ready":
            databases.apart(confirm, url, key)
        state, counts = databases.apart(left, url, key, earlier)
        sound &= state == "imported" and counts == [n] * 4
        print(f"{vendor} imported after the kills: {counts[0]:,} drafts", flush=True)
    return sound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-n", type=int, default=10_000, help="rows (10,000)")
    parser.add_argument("--kills", type=int, default=10, help="imports to kill (10)")
    parser.add_argument("--databases", nargs="+", choices=databases.VENDORS,
                        default=databases.VENDORS)  # fmt: skip
    parser.add_argument("--confirm", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.confirm:
        print("begins", flush=True)
        confirm(os.environ["DATABASE_URL"], options.confirm)
        return
    results = [measure(vendor, options.n, options.kills) for vendor in options.databases]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
