"""The history over which the contract suite runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.histories import History, inside_transaction, long_history


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    """Eight revisions, made once for all tests of a module."""
    with inside_transaction(django_db_blocker):
        yield long_history()
