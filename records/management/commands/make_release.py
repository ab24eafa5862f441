"""Make the files of a revision: the whole dataset, to take along."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.models import Revision
from records.releases.making import ReleaseExists, make
from records.releases.shelf import Shelf, shelf


class Command(BaseCommand):
    help = (
        "Writes a release: the whole dataset as of a revision, as CSV, Parquet, NDJSON, SQLite "
        "and in the standards of the field, in a dated folder that never changes. For a timer, "
        "with --if-new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--revision", type=int, help="Revision; by default the latest.")
        parser.add_argument(
            "--directory", type=Path, help="Folder of the releases; by default RELEASES_DIR."
        )
        parser.add_argument(
            "--since",
            type=int,
            help="Revision after which changes are listed; by default that of the release before.",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--if-new",
            action="store_true",
            help="Do nothing if the revision has a release, or nothing is published yet.",
        )
        which.add_argument(
            "--each",
            action="store_true",
            help="Make a release of every revision after the latest release, in order.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        place = Shelf(options["directory"]) if options["directory"] else shelf()
        revisions, since = self.revisions(place, options), options["since"]
        for revision in revisions:
            # Before any is made: a release never changes.
            if since is not None and not 0 <= since < revision.number:
                raise CommandError(
                    f"Changes of revision {revision.number} cannot be listed since revision "
                    f"{since}: give 0 to {revision.number - 1}."
                )
        for revision in revisions:
            try:
                folder = make(place, revision, since)
            except ReleaseExists as error:
                if options["if_new"]:
                    return
                raise CommandError(str(error)) from error
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            self.stdout.write(f"Made {folder} ({size / 1e6:.1f} MB).")

    def revisions(self, place: Shelf, options: dict[str, Any]) -> list[Revision]:
        """Return the revisions to make releases of."""
        revisions = Revision.objects.order_by("number")
        if options["each"]:
            done = max((one.revision for one in place.releases()), default=0)
            return list(revisions.filter(number__gt=done))
        wanted = options["revision"]
        named = wanted is not None
        revision = revisions.filter(number=wanted).first() if named else revisions.last()
        if revision is not None:
            return [revision]
        if named:
            latest = revisions.last()
            raise CommandError(
                f"There is no revision {wanted}; the latest is {latest.number if latest else 0}."
            )
        if options["if_new"]:
            return []
        raise CommandError("Nothing has been published yet: load or publish records first.")
