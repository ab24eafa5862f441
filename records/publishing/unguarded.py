"""Work on whole tables, for which the triggers are down."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from records.index import search_index
from records.publishing import triggers


@contextmanager
def unguarded(using: str) -> Iterator[None]:
    """Take the triggers down for one transaction, and put them up at its end; full-text indexes
    are then rebuilt. Killed or refused in the middle, the rows and their guards are as they
    were."""
    with transaction.atomic(using=using):
        triggers.drop(using)
        search_index.suspend(using)
        yield
        search_index.rewritten(using)
        search_index.install(using)
        triggers.install(using)
