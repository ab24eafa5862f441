"""Loading the dataset of fixtures/ into an empty database, beside the code as it was before rows
were written in sets (decision 68), which is taken from the history of the repository."""

import contextlib
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases
from benchmarks.load import cpu_of
from benchmarks.rows import Row, Run

CASES = ("load_dataset",)
BEFORE = "8d83cd07592fb268e01e9c9aea8cb2e63160eaab"
PEER = "the code before decision 68"
TARGET = 3


@dataclass(frozen=True)
class Load:
    """What a load took."""

    records: int
    """Versions of records that it published."""
    seconds: float
    cpu: float


def load(vendor: str, code: Path) -> Load:
    """Load the dataset by that code, into a database of its own."""
    name = "loading"
    databases.create(vendor, name)
    url = databases.url(vendor, name)
    environment = {**os.environ, "DATABASE_URL": url}

    def manage(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=code,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    try:
        manage("migrate")
        start, cpu = time.perf_counter(), cpu_of(resource.RUSAGE_CHILDREN)
        manage("load_dataset", str(databases.ROOT / "fixtures"))
        took = time.perf_counter() - start, cpu_of(resource.RUSAGE_CHILDREN) - cpu
        records = databases.number(vendor, name, "SELECT count(*) FROM records_change")
        return Load(records, *took)
    finally:
        databases.drop(vendor, name)


@contextlib.contextmanager
def code_before() -> Iterator[Path | None]:
    """Write the code of BEFORE into a temporary folder; None where its history is not at hand."""
    git = ["git", "-C", str(databases.ROOT), "archive", BEFORE]
    done = subprocess.run(git, capture_output=True)
    if done.returncode:
        yield None
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive,
    ):
        archive.extractall(folder, filter="data")
        yield Path(folder)


def rows(vendor: str, cases: Sequence[str], run: Run) -> Iterator[Row]:
    """Yield the row."""
    ours = load(vendor, databases.ROOT)
    with code_before() as code:
        theirs = load(vendor, code) if code else None
    yield Row(
        CASES[0],
        "versions/s",
        ours.records / ours.seconds,
        peer=PEER,
        theirs=theirs.records / theirs.seconds if theirs else None,
        our_cpu=ours.cpu * 1000,
        their_cpu=theirs.cpu * 1000 if theirs else None,
        judged="cpu",
        target=TARGET,
    )
