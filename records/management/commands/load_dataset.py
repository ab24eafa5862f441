"""Bring the database to what the dataset's files say."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.dataset_files import DatasetError, load


class Command(BaseCommand):
    help = (
        "Checks the dataset's files, replays the revisions that the database lacks, and "
        "publishes entries without a revision as one new revision. All of it or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="Directory of the dataset's files.")
        parser.add_argument(
            "--message",
            default="",
            help="What the new revision brings, in a sentence, if there is one.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = load(options["directory"], message=options["message"])
        except DatasetError as error:
            count = len(error.problems)
            raise CommandError(
                f"{error}\n{count} fault{'s' if count > 1 else ''}; nothing was written."
            ) from error
        if not outcome.revisions:
            self.stdout.write(f"Nothing to do: the database is at revision {outcome.head}.")
            return
        first, last = outcome.revisions[0], outcome.revisions[-1]
        which = f"revision {first}" if first == last else f"revisions {first} to {last}"
        self.stdout.write(
            f"Published {which}. Terms: {outcome.terms}, versions of records: "
            f"{outcome.versions}, withdrawals: {outcome.withdrawals}."
        )
