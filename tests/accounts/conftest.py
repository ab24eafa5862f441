"""People of the tests of forms."""

import pytest
from django.contrib.auth.models import User

from records.models import KINDS
from tests.accounts.test_kept_forms import with_password
from tests.curation.workflow.test_steps import allow


@pytest.fixture
def writer(editor: User) -> User:
    allow(editor, ["view", "add", "change"], [*KINDS, "party", "item"])
    return with_password(editor)
