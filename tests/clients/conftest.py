"""The running server that generated clients are tried on."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from records.models import KINDS
from records.publishing import withdraw
from tests.support.factories import RECORDS, UserFactory


@dataclass(frozen=True)
class Served:
    """The real dataset over HTTP, and of each kind a record besides that was withdrawn."""

    url: str
    withdrawn: dict[str, str]
    """Plural of a kind → id of the withdrawn record."""


@pytest.fixture(scope="module")
def served(django_db_setup: None, django_db_blocker: Any) -> Iterator[Served]:
    """Loaded once for all tests of a module. The server reads on connections of its own, so
    nothing can be rolled back."""
    with django_db_blocker.unblock():
        try:
            call_command("load_dataset", Path(settings.BASE_DIR) / "fixtures", verbosity=0)
            doubtful = {kind: RECORDS[model](published=True) for kind, model in KINDS.items()}
            withdraw([*doubtful.values()], by=UserFactory(), reason="It was never said.")
            server = LiveServer("127.0.0.1")
            try:
                yield Served(
                    server.url, {f"{kind}s": row.public_id for kind, row in doubtful.items()}
                )
            finally:
                server.stop()
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def clients_python() -> str:
    """Python of the clients' own environment, which `make clients` installs."""
    default = Path(settings.BASE_DIR) / ".venv-clients" / "bin" / "python"
    python = Path(os.environ.get("CLIENTS_PYTHON", default))
    if not python.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{python} is not there: run make clients.")
        pytest.skip(f"{python} is not there: run make clients")
    return str(python)
