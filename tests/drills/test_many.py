"""A site of many machines while they fail, in the short form of its drill."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from drills.clusters import binaries

DRILLS = os.environ.get("DRILLS", "") == "1"
PROGRAMS = ("haproxy", "pgbouncer", "redis-server")


@pytest.mark.slow
@pytest.mark.skipif(not DRILLS, reason="takes minutes: run with DRILLS=1")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")
@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}")
def test_no_answer_is_wrong_and_nothing_acknowledged_is_lost_while_machines_fail() -> None:
    try:
        binaries()
    except SystemExit as error:
        pytest.skip(str(error))

    drill = subprocess.run(
        [sys.executable, "drills/many.py", "--short"],
        cwd=settings.BASE_DIR,
        text=True,
        capture_output=True,
    )

    assert drill.returncode == 0, f"{drill.stdout}\n{drill.stderr}"
