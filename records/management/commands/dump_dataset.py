"""Write the published dataset into files that can be loaded again."""

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import AuditEntry
from records.curation.duplicates.models import DuplicatePair, DuplicateStatus
from records.curation.imports.models import ImportBatch
from records.curation.proposals.models import Proposal
from records.curation.reports.models import Report
from records.curation.saved_views.models import SavedView
from records.curation.teamwork.models import Assignment, Thread
from records.dataset_files import DatasetError, UnsayableError, dump
from records.models import KINDS, OPEN, Contributor, Statement


class Command(BaseCommand):
    help = (
        "Writes every published version and term, the withdrawals and the revisions into the "
        "dataset's files, one per noun. This is no backup: it leaves out what is not published, "
        "and says how much that is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="Directory to write into.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = dump(options["directory"])
        except UnsayableError as error:
            raise CommandError(
                f"{error}\nThe database holds what the files cannot say; nothing was written."
            ) from error
        except DatasetError as error:
            raise CommandError(f"{error}\nNothing was written.") from error
        counts = ", ".join(f"{count} {file}" for file, count in written.items())
        self.stdout.write(f"Wrote {counts} into {options['directory']}.")
        left_out = ", ".join(f"{what} ({count})" for what, count in unpublished().items() if count)
        if left_out:
            self.stdout.write(
                f"Left out, since it is not published: {left_out}. A backup and copy_database "
                f"keep them."
            )


def unpublished() -> dict[str, int]:
    """Return what the files have no place for → the number of its rows."""
    decided = DuplicatePair.objects.exclude(status=DuplicateStatus.OPEN)
    return {
        "drafts": sum(model.objects.filter(state__in=OPEN).count() for model in KINDS.values()),
        "texts of statements": Statement.objects.exclude(text="").count(),
        "accounts": get_user_model().objects.count(),
        "contributors to versions": Contributor.objects.count(),
        "imports": ImportBatch.objects.count(),
        "proposed names": Proposal.objects.count(),
        "threads": Thread.objects.count(),
        "saved views": SavedView.objects.count(),
        "errors that readers reported": Report.objects.count(),
        "assignments": Assignment.objects.count(),
        "verdicts on duplicates": decided.count(),
        "entries of the audit log": AuditEntry.objects.count(),
    }
