"""How much of a database stays in the memory of a process that passes over all of it."""

import pytest
from django.db import connection

from aidapi.database.memory import LITTLE, little_cache
from records.models import Revision

pytestmark = pytest.mark.django_db


def cache_size() -> int:
    with connection.cursor() as cursor:
        ((size,),) = cursor.execute("PRAGMA cache_size").fetchall()
    return size


def test_little_is_kept_for_one_pass_and_as_much_as_usual_afterwards() -> None:
    if connection.vendor != "sqlite":
        with little_cache():
            assert Revision.objects.count() == 0
        return
    usual = cache_size()

    with pytest.raises(ValueError, match="broken off"), little_cache():  # noqa: PT012
        assert cache_size() == LITTLE
        raise ValueError("broken off")

    assert cache_size() == usual < LITTLE
