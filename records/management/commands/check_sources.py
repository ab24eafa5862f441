"""Ask the addresses of published statements whether the pages are still there."""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.curation.source_check.asking import PRODUCT, Asker, Limits
from records.curation.source_check.checking import check, due, sources
from records.curation.source_check.models import Outcome
from records.models import Statement


class Command(BaseCommand):
    help = (
        "Asks the addresses of published statements and of their archived copies, those not asked "
        "for the longest first: whether they are there, changed, moved, dead or not reached. One "
        "request at a time, slowly, as robots.txt allows. Curators see the outcome at the "
        "statement; nothing published changes. With ARCHIVE_API set, archived copies are proposed "
        "to them. Nothing else in AidAPI asks these addresses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        limits = Limits()
        parser.add_argument(
            "statements", nargs="*", metavar="st-…", help="Statements to check. Default: all."
        )
        parser.add_argument(
            "--most", type=int, default=200, help="Most addresses to ask. Default: 200."
        )
        parser.add_argument(
            "--days",
            type=int,
            default=7,
            help="Leave addresses alone that were asked in so many days. Default: 7; 0 asks all.",
        )
        parser.add_argument(
            "--delay",
            type=float,
            default=limits.delay,
            help=f"Seconds between two requests to a host. Default: {limits.delay:g}.",
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=limits.timeout,
            help=f"Seconds that a request may take. Default: {limits.timeout:g}.",
        )
        parser.add_argument(
            "--size",
            type=int,
            default=limits.size,
            help=f"Most bytes to read of a page. Default: {limits.size:,}.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("most", "days", "delay", "size"):
            if options[name] < 0:
                raise CommandError(f"--{name} {options[name]}: give no negative number.")
        if options["timeout"] <= 0:
            raise CommandError(f"--timeout {options['timeout']:g}: give a positive number.")
        wanted = options["statements"]
        found = sources(wanted)
        known = {id for source in found.values() for id in source.statements}
        if unknown := [id for id in wanted if id not in known]:
            raise CommandError(
                f"No such published {Statement._meta.verbose_name}: {', '.join(unknown)}."
            )
        asked = due(found, options["most"], options["days"])
        limits = Limits(options["delay"], options["timeout"], options["size"])
        asker = Asker(agent(), limits, private=settings.ASK_PRIVATE_ADDRESSES)
        counts: Counter[str] = Counter()
        for row in check(asker, asked, settings.ARCHIVE_API):
            counts[row.outcome] += 1
            if row.outcome != Outcome.FOUND:
                ids = ", ".join(found[row.address].statements)
                moved = f" → {row.moved_to}" if row.moved_to else ""
                label = row.get_outcome_display()
                self.stdout.write(f"{ids} {label}: {row.address}{moved} {row.detail}")
        numbers = ", ".join(f"{counts[one.value]} {one.label}" for one in Outcome)
        left = len(found) - len(asked)
        self.stdout.write(f"{len(asked)} addresses asked: {numbers}. {left} were left alone.")


def agent() -> str:
    """Return the name under which sites see the checks, with whom they may write to."""
    contact = settings.CONTACT or settings.PUBLIC_URL
    if not contact.isascii() or not urlsplit(f"//{contact}").path.isprintable():
        contact = ""
    return f"{PRODUCT}/{settings.VERSION} (check of cited sources{contact and f'; {contact}'})"
