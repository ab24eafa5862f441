"""The files of a release for people: what it holds, and what changed."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from records.api.addresses import PLURALS
from records.models import Action
from records.releases import sources
from records.releases.tables import CHANGES, Table

LICENCE_TEXT = Path(settings.BASE_DIR) / "fixtures" / "LICENSE.md"


def write_readme(folder: Path, revision: Any, since: int, tables: Sequence[Table]) -> None:
    """Write README.md."""
    text = render_to_string(
        "records/releases/README.md",
        {
            "revision": revision,
            "since": since,
            "tables": tables,
            "day": f"{revision.published_at:%Y-%m-%d}",
        },
    )
    (folder / "README.md").write_text(text, "utf-8")


def write_changes(folder: Path, revision: int, since: int) -> None:
    """Write the changes after a revision up to another as a table, and for people."""
    messages = {row["number"]: row for row in sources.revisions(revision)}
    path = folder / "CHANGES.csv"
    with (
        path.open("w", encoding="utf-8", newline="") as table,
        (folder / "CHANGES.md").open("w", encoding="utf-8", newline="") as text,
    ):
        rows = csv.writer(table)
        rows.writerow([column.name for column in CHANGES.columns])
        text.write(
            f"# Changes from revision {since + 1} to {revision}\n\n"
            "`CHANGES.csv` has all of them.\n"
            if since
            else f"# Changes up to revision {revision}\n\n`CHANGES.csv` has all of them.\n"
        )
        counts: Counter[tuple[str, str]] = Counter()
        number = 0
        reasons: list[str] = []
        for page in sources.changes(revision, since):
            for change in page:
                if change["revision"] != number:
                    write_revision(text, messages.get(number), counts, reasons)
                    number, counts, reasons = change["revision"], Counter(), []
                rows.writerows(CHANGES.rows([change]))
                counts[change["action"], change["kind"]] += 1
                if change["action"] != Action.PUBLISHED and change["reason"]:
                    reasons.append(
                        f"- {change['kind']} {change['id']}, version {change['version']}, "
                        f"{change['action']}: {one_line(change['reason'])}\n"
                    )
        write_revision(text, messages.get(number), counts, reasons)


def write_revision(
    text: Any, revision: Any, counts: Counter[tuple[str, str]], reasons: Sequence[str]
) -> None:
    """Write what a revision changed: numbers, and the reasons of all but new records."""
    if revision is None:
        return
    text.write(f"\n## Revision {revision['number']}, {revision['published_at'][:10]}\n\n")
    text.write(f"{one_line(revision['message'])}\n\n")
    for (action, kind), count in sorted(counts.items()):
        text.write(f"- {action}: {count} {kind if count == 1 else PLURALS[kind]}\n")
    if reasons:
        text.write("\n")
        text.writelines(reasons)


def one_line(text: str) -> str:
    return " ".join(text.split())
