"""Copy a whole instance into an empty database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from tqdm import tqdm

from aidapi.database.addresses import attached, connection_settings
from records.copying.copy import CopyError, Tallies, copy
from records.copying.tables import LEFT_OUT, tables

SOURCE = "source"


class Command(BaseCommand):
    help = (
        "Copies everything from the database at SOURCE into that of DATABASE_URL, which must be "
        "migrated and empty: accounts, roles, second factors, drafts, texts, contributors, "
        "imports, verdicts on duplicates, the audit log and the whole history. Sessions are left "
        "out, and forms that are not saved: people sign in again. All of it or nothing; rows and "
        "digests are compared before it is committed. From SQLite or PostgreSQL to either."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            help="Address of the database to copy, as in DATABASE_URL. A password may be in "
            "~/.pgpass instead.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source = connection_settings(
                options["source"],
                lock_seconds=settings.LOCK_SECONDS,
                statement_seconds=settings.STATEMENT_SECONDS,
            )
        except ValueError as error:
            raise CommandError(f"The address of the source {error}") from None
        if source["ENGINE"].endswith("sqlite3") and not Path(source["NAME"]).is_file():
            # SQLite would make an empty one.
            raise CommandError(f"There is no file {source['NAME']}.")
        bar = tqdm(total=2 * len(tables()), desc="Copying", unit="table", disable=None)
        try:
            with attached(source, SOURCE), bar:
                copied = copy(SOURCE, DEFAULT_DB_ALIAS, bar.update)
                left = {model: model.objects.using(SOURCE).count() for model in LEFT_OUT}
        except CopyError as error:
            raise CommandError(f"{error}\nNothing was written.") from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was written: {str(error).strip()}") from error
        self.report(copied, left)
        self.gather_statistics()

    def report(self, copied: Tallies, left: dict[Any, int]) -> None:
        for table, tally in sorted(copied.items()):
            if tally.rows:
                self.stdout.write(f"{table:36} {tally.rows:>10,}  {tally.digest[:16]}")
        rows = sum(tally.rows for tally in copied.values())
        left_out = ", ".join(f"{count:,} {LEFT_OUT[model]}" for model, count in left.items())
        self.stdout.write(
            f"Copied {rows:,} rows of {len(copied)} tables. Numbers of rows and digests are the "
            f"same in both databases. Left out: {left_out}."
        )

    def gather_statistics(self) -> None:
        """Let PostgreSQL know what the tables hold, as autovacuum would before long."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                # Index-only scans need the vacuum.
                cursor.execute("VACUUM ANALYZE")
                cursor.execute(f"SET statement_timeout = '{settings.STATEMENT_SECONDS}s'")
