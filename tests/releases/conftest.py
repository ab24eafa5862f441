"""A release of the shipped dataset, made once for all tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from records.models import Revision
from records.query import kept
from records.releases.making import make
from records.releases.shelf import Shelf
from tests.support.databases import connected_to


@pytest.fixture(scope="session")
def shelf_of_dataset(
    dataset_is_loaded: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Shelf:
    """Return a folder with a release of revision 4 and one of the latest."""
    shelf = Shelf(tmp_path_factory.mktemp("releases"))
    with django_db_blocker.unblock(), connected_to(dataset_is_loaded):
        kept.forget()
        make(shelf, Revision.objects.get(number=4))
        kept.forget()
        make(shelf, Revision.objects.latest("number"))
        kept.forget()
    return shelf


@pytest.fixture(scope="session")
def release(shelf_of_dataset: Shelf) -> Path:
    """Return the folder of the release of the latest revision."""
    return shelf_of_dataset.releases()[0].folder


@pytest.fixture
def served(shelf_of_dataset: Shelf) -> Iterator[Shelf]:
    """Serve these releases."""
    with override_settings(RELEASES_DIR=shelf_of_dataset.folder):
        yield shelf_of_dataset
