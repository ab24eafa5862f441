"""Write the published dataset into files that can be loaded again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.dataset_files import DatasetError, dump


class Command(BaseCommand):
    help = (
        "Writes every published version and term, the withdrawals and the revisions into the "
        "dataset's files, one per noun. Drafts are left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="Directory to write into.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = dump(options["directory"])
        except DatasetError as error:
            raise CommandError(
                f"{error}\nThe database holds what the files cannot say; nothing was written."
            ) from error
        counts = ", ".join(f"{count} {file}" for file, count in written.items())
        self.stdout.write(f"Wrote {counts} into {options['directory']}.")
