"""Bring the database to what the dataset's files say."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from records.curation.proposals.deciding import remove_done
from records.dataset_files import DatasetError, Outcome, load


class Command(BaseCommand):
    help = (
        "Checks the dataset's files, publishes the revisions that the database lacks, and then "
        "entries without a revision as one new revision. Entries of records that this database "
        "changed itself are held back, with what rests on them, and listed. Everything else is "
        "published, or nothing."
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
        self.report(outcome)
        if done := remove_done():
            self.stdout.write(f"Proposals removed, since the dataset has them now: {done}.")
        if held := outcome.held_back:
            number = f"{len(held)} {'entries were' if len(held) > 1 else 'entry was'}"
            raise CommandError(
                "\n".join(held)
                + f"\n{number} held back, since this database changed the same itself: see "
                f"docs/operating.md, “Own work beside the dataset's”."
            )

    def report(self, outcome: Outcome) -> None:
        if not outcome.revisions:
            self.stdout.write(f"Nothing to do: the database is at revision {outcome.head}.")
            return
        first, last = outcome.revisions[0], outcome.revisions[-1]
        which = f"revision {first}" if first == last else f"revisions {first} to {last}"
        self.stdout.write(
            f"Published {which}. Parties and items: {outcome.entries:,}, versions of records: "
            f"{outcome.versions:,}, withdrawals: {outcome.withdrawals:,}."
        )
        if connection.vendor == "postgresql":
            # Autovacuum does it within minutes; plans by older statistics can take seconds.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
