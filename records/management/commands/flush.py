"""Django's flush, which the guards of published rows would refuse."""

from typing import Any

from django.core.management.commands import flush
from django.db import transaction

from records.index import search_index
from records.publishing import triggers


class Command(flush.Command):
    help = f"{flush.Command.help} Takes down the guards of published rows meanwhile."

    def handle(self, **options: Any) -> None:
        database = options["database"]
        # Killed or refused in the middle, the rows and their guards are as they were.
        with transaction.atomic(using=database):
            triggers.drop(database)
            search_index.suspend(database)
            super().handle(**options)
            search_index.emptied(database)
            search_index.install(database)
            triggers.install(database)
