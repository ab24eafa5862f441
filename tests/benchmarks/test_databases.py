"""Processes of a benchmark end with it."""

import signal
import subprocess
import sys

import pytest

from benchmarks import databases

BENCHMARK = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from benchmarks.databases import end_with_parent

process = ProcessPoolExecutor(1, get_context("spawn"), end_with_parent)
process.submit(os.getpid).result()
print("waits", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_processes_of_a_killed_benchmark_end(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BENCHMARK], cwd=databases.ROOT, stdout=subprocess.PIPE, text=True
    ) as benchmark:
        assert benchmark.stdout is not None
        assert benchmark.stdout.readline() == "waits\n"

        benchmark.send_signal(how)

        # All processes have this pipe: it ends with the last of them.
        assert benchmark.communicate(timeout=30) == ("", None)
