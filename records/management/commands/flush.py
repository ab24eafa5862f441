"""Django's flush, which the guards of published rows would refuse."""

from typing import Any

from django.core.management.commands import flush
from django.db import transaction

from records import guards, indexes


class Command(flush.Command):
    help = f"{flush.Command.help} Takes down the guards of published rows meanwhile."

    def handle(self, **options: Any) -> None:
        database = options["database"]
        # Killed or refused in the middle, the rows and their guards are as they were.
        with transaction.atomic(using=database):
            guards.drop(database)
            indexes.suspend(database)
            super().handle(**options)
            indexes.emptied(database)
            indexes.install(database)
            guards.install(database)
