"""The recipes of backup and restore, in the short form of their drill."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from drills.clusters import binaries


@pytest.mark.slow
def test_every_recipe_restores_what_was_acknowledged() -> None:
    if connection.vendor == "postgresql" and not os.environ.get("CI"):
        try:
            binaries()
        except SystemExit as error:
            pytest.skip(str(error))

    drill = subprocess.run(
        [sys.executable, "drills/restore.py", "--short", "--database", connection.vendor],
        cwd=settings.BASE_DIR,
        text=True,
        capture_output=True,
    )

    assert drill.returncode == 0, f"{drill.stdout}\n{drill.stderr}"
