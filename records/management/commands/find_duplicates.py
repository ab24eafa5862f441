"""Look through all records for pairs that may report one event."""

from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.curation.duplicates import finding
from records.curation.duplicates.models import DuplicatePair
from records.models import KINDS


class Command(BaseCommand):
    help = (
        "Compares all published and open records, and brings the queue of possible duplicates up "
        "to date: adds pairs, removes those that have nothing in common any more. What curators "
        "decided stays. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kinds",
            nargs="*",
            metavar="kind",
            help=f"Kinds of record to look through: {', '.join(KINDS)}. Default: all.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = [kind for kind in options["kinds"] if kind not in KINDS]
        if unknown:
            raise CommandError(f"No such kind: {', '.join(unknown)}. Use {', '.join(KINDS)}.")
        for kind in options["kinds"] or KINDS:
            begun = monotonic()
            found = finding.find(kind)
            waiting = DuplicatePair.objects.open().of_kinds([kind]).count()
            self.stdout.write(
                f"{KINDS[kind]._meta.verbose_name_plural}: {found.new} new, {found.reopened} back "
                f"in the queue, {found.gone} removed; {waiting} to look at "
                f"({monotonic() - begun:.1f} s)."
            )
