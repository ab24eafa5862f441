"""A release is made whole or not at all, never changes, and is the same when made again."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from records.models import Revision, RevisionCounter
from records.releases import making
from records.releases.making import make
from records.releases.shelf import Shelf
from tests.support.databases import address

pytestmark = pytest.mark.django_db


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return path → content of all files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("dataset")
def test_release_made_again_has_the_same_bytes(release: Path, tmp_path: Path) -> None:
    revision = Revision.objects.latest("number")

    again = make(Shelf(tmp_path), revision, since=4)

    assert again.name == release.name == f"{revision.published_at:%Y-%m-%d}-r{revision.number}"
    assert bytes_of(again) == bytes_of(release)


def test_checksums_and_sizes_are_those_of_the_files(release: Path) -> None:
    files = bytes_of(release)
    lines = [line.split("  ", 1) for line in files["SHA256SUMS"].decode().splitlines()]
    sums = {path: digest for digest, path in lines}
    package = orjson.loads(files["datapackage.json"])

    assert sums.keys() == files.keys() - {"SHA256SUMS"}
    assert all(hashlib.sha256(files[path]).hexdigest() == sums[path] for path in sums)
    described = {one["path"]: (one["bytes"], one["hash"]) for one in package["resources"]}
    assert described == {
        path: (len(files[path]), f"sha256:{sums[path]}")
        for path in sums
        if path != "datapackage.json"
    }
    assert len({one["name"] for one in package["resources"]}) == len(described)


@pytest.mark.usefixtures("dataset")
def test_command_makes_what_is_missing_and_nothing_twice(tmp_path: Path) -> None:
    latest = RevisionCounter.number()

    def run(**options: Any) -> str:
        out = io.StringIO()
        call_command("make_release", directory=tmp_path, stdout=out, **options)
        return out.getvalue()

    made = run(revision=latest - 1)
    assert made.startswith(f"Made {tmp_path}")
    assert f"-r{latest - 1} (" in made
    with pytest.raises(CommandError, match="exists, and releases never change"):
        run(revision=latest - 1)
    with pytest.raises(CommandError, match=f"no revision 99; the latest is {latest}"):
        run(revision=99)
    with pytest.raises(CommandError, match="no revision 0"):
        run(revision=0)
    assert run(revision=latest - 1, if_new=True) == ""
    assert f"-r{latest} (" in run(each=True)
    assert run(each=True) == run(if_new=True) == ""
    assert [one.revision for one in Shelf(tmp_path).releases()] == [latest, latest - 1]
    assert Shelf(tmp_path).releases()[0].changes_since == latest - 1


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("options", [{"revision": 1, "since": 1}, {"since": -1},
                                     {"each": True, "since": 1}])  # fmt: skip
def test_changes_are_listed_since_an_earlier_revision_only(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(CommandError, match="cannot be listed since revision"):
        call_command("make_release", directory=tmp_path, **options)

    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("dataset")
def test_failure_leaves_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(making, "write_readme", fail)
    with pytest.raises(OSError, match="No space"):
        make(Shelf(tmp_path), Revision.objects.get(number=1))

    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.slow
def test_killed_making_leaves_no_release(dataset_is_loaded: str, tmp_path: Path) -> None:
    """What it left is removed by the next."""
    command = [sys.executable, "manage.py", "make_release", "--revision=2", "--directory"]
    environment = os.environ | {"DATABASE_URL": address(dataset_is_loaded)}

    def start() -> Any:
        return subprocess.Popen(
            [*command, str(tmp_path)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    with start() as process:
        until = time.monotonic() + 60
        while not list(tmp_path.glob(".making-*/csv/donation*")):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert [path.name[:8] for path in sorted(tmp_path.iterdir())] == [".lock", ".making-"]
    assert Shelf(tmp_path).releases() == []

    with start() as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert [one.revision for one in Shelf(tmp_path).releases()] == [2]
    assert not list(tmp_path.glob(".making-*"))


@pytest.mark.slow
@pytest.mark.usefixtures("dataset")
def test_sqlite_and_postgresql_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("On PostgreSQL the files are compared with those of SQLite.")
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'other.sqlite3'}"}
    for command in (
        ["migrate", "--verbosity=0"],
        ["load_dataset", "fixtures"],
        ["make_release", "--since=4", f"--directory={tmp_path}"],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    assert bytes_of(tmp_path / release.name) == bytes_of(release)
