"""A curator and a reviewer who work on the same records."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.curation.workflow.test_steps import entered
from tests.support.sign_in import person


@pytest.fixture
def curator(db: None) -> User:
    return person("curator")


@pytest.fixture
def reviewer(db: None) -> User:
    return person("reviewer")


@pytest.fixture
def curator_client(curator: User) -> Client:
    return entered(curator)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return entered(reviewer)
