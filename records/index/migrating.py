"""Derived rows after `manage.py migrate`."""

import sys
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from records.index import state
from records.index.reindex import Reindex, published
from records.models import KINDS, RevisionCounter


def after_migrate(
    using: str = "default", verbosity: int = 1, stdout: Any = sys.stdout, **kwargs: Any
) -> None:
    """Mark the derived rows of an empty database as up to date. Of another, rebuild what is out
    of date, if its versions are few, or print what to run."""
    executor = MigrationExecutor(connections[using])
    if using != "default" or executor.migration_plan(executor.loader.graph.leaf_nodes("records")):
        return
    if not (found := state.out_of_date()):
        return
    if not RevisionCounter.number():
        for kind, rows in found:
            state.mark_complete(kind, rows)
        return
    few = sum(published(kind).count() for kind in KINDS) <= settings.REINDEX_ON_MIGRATE
    if verbosity:
        act = "rebuilding them now" if few else "run manage.py reindex"
        stdout.write(f"  Derived rows are out of date ({state.describe(found)}): {act}.\n")
    if few:
        # In transactions of its own: those of migrations hold locks of whole tables.
        transaction.on_commit(lambda: Reindex().run(), using=using)
