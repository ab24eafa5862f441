"""Commands that a file fails, or that are stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from aidapi.outcomes import INTERRUPTED, explained

STOPPED = """
import os, signal, sys
sys.argv = ["manage.py", "check"]
import django.core.management
import manage
def stop(arguments):
    os.kill(os.getpid(), int(os.environ["SIGNAL"]))
    for _ in range(1000): pass
    raise AssertionError("It was not stopped.")
django.core.management.execute_from_command_line = stop
manage.main()
"""


def test_file_that_fails_a_command_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    told = explained((tmp_path / "file" / "folder").mkdir)

    assert told == f"{tmp_path / 'file' / 'folder'}: Not a directory."


def test_error_without_a_file_is_not_hidden() -> None:
    def fail() -> None:
        raise OSError("Something else.")

    with pytest.raises(OSError, match=r"Something else\."):
        explained(fail)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_command_says_so_in_one_line(number: signal.Signals) -> None:
    environment = os.environ | {"SIGNAL": str(int(number)), "PYTHONPATH": str(settings.BASE_DIR)}

    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED], env=environment, capture_output=True, text=True
    )

    assert stopped.returncode == 1
    assert stopped.stderr == f"{INTERRUPTED}\n"
