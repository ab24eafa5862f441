"""Make the small database of a release, for tests of the upgrades that follow.

    DATABASE_URL=sqlite:////tmp/release.sqlite3 python -m tests.upgrade.make_release 0.1.0

writes `releases/0.1.0.sqlite3.xz`; with a PostgreSQL database, `releases/0.1.0.sql.xz`. The
database of DATABASE_URL must be empty. It gets a part of the dataset, accounts with roles, and
versions in every state of work: a draft, one in review, one returned, a correction, a pair of
duplicates.
"""

import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

import django
import yaml

RELEASES = Path(__file__).parent / "releases"
FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
SHARE = 5
"""One of so many donations, exports and contracts is kept."""
KINDS = ("donations", "exports", "contracts")


def part_of_dataset(target: Path) -> None:
    """Write a part of the dataset's files: some records with all that they refer to."""
    entries = {
        path.stem: yaml.load(path.read_text("utf-8"), yaml.CBaseLoader)
        for path in FIXTURES.glob("*.yaml")
    }
    records = {kind: entries[kind] for kind in KINDS}
    kept = {
        entry["id"]
        for kind in KINDS
        for entry in records[kind]
        if crc32(entry["id"].encode()) % SHARE == 0 or entry.get("action") == "withdrawn"
    }
    while (
        linked := {
            link["id"]
            for kind in KINDS
            for entry in records[kind]
            if entry["id"] in kept
            for link in entry.get("links", ())
        }
        - kept
    ):
        kept |= linked
    for kind in KINDS:
        entries[kind] = [entry for entry in records[kind] if entry["id"] in kept]
    cited = {
        figure["statement"]
        for kind in KINDS
        for entry in entries[kind]
        for figure in entry.get("figures", ())
    } | kept
    statements = entries["statements"]
    while (
        linked := {
            link["id"]
            for entry in statements
            if entry["id"] in cited
            for link in entry.get("links", ())
        }
        - cited
    ):
        cited |= linked
    entries["statements"] = [entry for entry in statements if entry["id"] in cited]
    for name, rows in entries.items():
        text = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, default_style='"')
        (target / f"{name}.yaml").write_text(text, "utf-8")


def add_accounts_and_drafts() -> None:
    """Add people with roles, and versions in every state of work."""
    from django.contrib.auth.models import Group, User

    from records.curation.duplicates import finding
    from records.models import Donation, State, Statement
    from records.publishing import begin_correction, note_edit, return_for_changes, submit

    people: dict[str, Any] = {}
    for role in ("curator", "reviewer", "editor", "administrator"):
        people[role] = User.objects.create_user(role, is_staff=True)
        people[role].groups.add(Group.objects.get(name=role))
    published = Donation.objects.filter(state=State.PUBLISHED).order_by("public_id")
    drafts = [
        begin_correction(record, by=people["curator"], reason="A later statement.")
        for record in published[:3]
    ]
    note_edit(drafts[0], by=people["curator"])
    submit(drafts[1], by=people["curator"])
    submit(drafts[2], by=people["curator"])
    return_for_changes(drafts[2], by=people["reviewer"], comment="Name the occasion.")
    Statement.objects.create(
        title="A statement that is being entered",
        publisher="A publisher",
        url="https://example.org/statement",
        language="en",
        published_on="2020-04-10",
        summary="Nothing yet.",
        text="It says that 500 masks arrived.",
    )
    finding.find("donation")


def main(version: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as directory:
        part_of_dataset(Path(directory))
        call_command("load_dataset", directory, verbosity=0)
        add_accounts_and_drafts()
        RELEASES.mkdir(exist_ok=True)
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            connection.close()
            whole = Path(directory) / "whole.sqlite3"
            source = sqlite3.connect(name)
            source.execute("VACUUM INTO ?", [str(whole)])
            source.close()
            data, ending = whole.read_bytes(), "sqlite3"
        else:
            dump = ["pg_dump", "--no-owner", "--no-privileges", os.environ["DATABASE_URL"]]
            data, ending = subprocess.run(dump, check=True, capture_output=True).stdout, "sql"
    (RELEASES / f"{version}.{ending}.xz").write_bytes(lzma.compress(data, preset=9))


if __name__ == "__main__":
    main(sys.argv[1])
