"""A client in TypeScript, with types generated from the committed document: it compiles strictly,
with a question for every path, and the answers of a running server are what it takes them for."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from aidapi.schema import document
from tests.clients.conftest import Served

PROGRAM = Path(settings.BASE_DIR) / "clients" / "typescript"

pytestmark = pytest.mark.django_db  # requests the database that the server reads


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compiled() -> None:
    if not (PROGRAM / "node_modules").exists():
        if os.environ.get("CI"):
            pytest.fail("The packages of clients/typescript are not installed: `make clients`.")
        pytest.skip("TypeScript is not installed: `make clients`.")
    run("npm", "run", "--silent", "generate")
    run("npm", "run", "--silent", "compile")


def test_every_operation_answers_as_its_type_says(compiled: None, served: Served) -> None:
    reported = run("node", "build/ask.js", served.url, json.dumps(served.withdrawn))

    assert sorted(reported.splitlines()) == sorted(document()["paths"])


def test_lock_file_has_checksums_and_no_addresses() -> None:
    locked = json.loads((PROGRAM / "package-lock.json").read_text("utf-8"))["packages"]

    packages = {name: package for name, package in locked.items() if name}
    assert packages
    assert all("integrity" in package for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
