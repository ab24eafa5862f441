"""Rebuild the derived rows: documents, search documents, full-text indexes, filter statistics."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from records.index.recount import RecountedElsewhereError
from records.index.reindex import Reindex, Report

MAX_NAMED = 10
"""Maximum versions that a message names."""


class Command(BaseCommand):
    help = (
        "Rebuilds the rows that are derived from published versions and were written by other "
        "code: documents, search documents and filter statistics. It runs beside a running "
        "site; killed, it continues where it was when it is run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--all",
            action="store_true",
            help="Rebuild everything, and the full-text indexes, from the start.",
        )
        which.add_argument(
            "--check",
            action="store_true",
            help="Compare everything with what this code derives, change nothing, and fail if "
            "anything differs.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reindex = Reindex(everything=options["all"], check=options["check"])
        verb = "Checking" if reindex.check else "Rebuilding"
        try:
            with tqdm(total=reindex.total(), desc=verb, unit="version", disable=None) as bar:
                reindex.progress = bar.update
                report = reindex.run()
        except RecountedElsewhereError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{'Compared' if reindex.check else 'Went through'} {report.versions} versions: "
            f"documents of {len(report.outdated)} and {report.statistics} rows of statistics "
            f"{'differ' if reindex.check else 'were rewritten'}."
        )
        if report.damaged or (reindex.check and not report.is_clean):
            raise CommandError(" ".join(faults(report, reindex.check)))


def faults(report: Report, check: bool) -> list[str]:
    """Return what is wrong, in sentences."""
    found = []
    if report.damaged:
        found.append(
            f"The content of {named(report.damaged)} does not match its digest: it was changed "
            f"after publication, and its documents are left as they are."
        )
    if check and report.outdated:
        found.append(f"Documents of {named(report.outdated)} differ: run manage.py reindex --all.")
    if check and report.statistics:
        found.append("Filter statistics differ: run manage.py reindex --all.")
    if check and report.indexes:
        found.append(
            f"{', '.join(report.indexes)} does not match its table: run manage.py reindex --all."
        )
    return found


def named(versions: list[str]) -> str:
    more = [f"{len(versions) - MAX_NAMED} more"] if len(versions) > MAX_NAMED else []
    return ", ".join([*versions[:MAX_NAMED], *more])
