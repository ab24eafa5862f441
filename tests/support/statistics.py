"""Filter statistics as they may be: empty, stale, random, or true."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from django.db import transaction

from records.index.models import FilterStatistics
from records.index.statistics import StatisticsIncrement, keys_of
from records.models import KINDS

STATES = ["empty", "stale", "random", "true"]


@contextmanager
def statistics(state: str, rng: Random) -> Iterator[None]:
    """Put the statistics into a state, and back again."""
    with transaction.atomic():
        if state == "empty":
            FilterStatistics.objects.all().delete()
        elif state == "stale":
            FilterStatistics.objects.all().delete()
            write_statistics(revision=rng.randint(1, 3))
        elif state == "random":
            scramble(rng)
        yield
        transaction.set_rollback(True)


def write_statistics(revision: int) -> None:
    """Write the statistics as they were at a revision."""
    change = StatisticsIncrement()
    for kind, model in KINDS.items():
        for record in model.objects.filter(published_in__lte=revision):
            change.publish(kind, keys_of(record))
    change.write()


def scramble(rng: Random) -> None:
    """Give each key of the statistics any number of versions, or none."""
    rows = list(FilterStatistics.objects.order_by("pk"))
    absent = [row.pk for row in rows if rng.random() < 0.3]
    for row in rows:
        row.versions = rng.choice([0, 1, 2, 50, 10**6])
    FilterStatistics.objects.bulk_update(rows, ["versions"], batch_size=200)
    FilterStatistics.objects.filter(pk__in=absent).delete()
