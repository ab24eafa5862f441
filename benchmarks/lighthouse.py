"""Scores of pages by Lighthouse at mobile settings: the median of three runs of each page.

    npm install --prefix FOLDER lighthouse@12.8.2
    LIGHTHOUSE=FOLDER/node_modules/.bin/lighthouse .venv/bin/python benchmarks/lighthouse.py

The server is started as `make serve` starts it, on a new database with the dataset. Lighthouse 13
needs a newer Node than Debian's. It measures the speed of a simulated telephone by the speed of
this machine: other work on it lowers the scores for performance.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import databases

KINDS = ("performance", "accessibility", "best-practices", "seo")
OWED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
OWED_DOCS = {"performance": 70, "accessibility": 100, "best-practices": 100, "seo": 100}
PAGES = ("/", "/browse/", "/parties/CHN/", "/series/{series}/", "/records/{record}/", "/guide/")
CHROMIUM = "chromium"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"{url} does not answer.")


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)


def scores(lighthouse: str, url: str) -> dict[str, float]:
    """Return the scores of one run, from 0 to 100."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(lighthouse, url, "--quiet", "--output=json", f"--output-path={report}"),
                *(f"--only-categories={','.join(KINDS)}", f"--chrome-flags={FLAGS}"),
            ],
            check=True,
            env={"CHROME_PATH": shutil.which(CHROMIUM) or CHROMIUM, **os.environ},
            stdout=subprocess.DEVNULL,
        )
        categories = json.loads(report.read_text())["categories"]
    return {kind: 100 * (categories[kind]["score"] or 0) for kind in KINDS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--lighthouse", default=os.environ.get("LIGHTHOUSE", "lighthouse"), help="the program"
    )
    options = parser.parse_args()
    database_url = databases.with_dataset("sqlite", "lighthouse")
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "DATABASE_URL": database_url}
    databases.manage(database_url, "collectstatic", "--noinput", "--verbosity", "0")
    command = [sys.executable, "-m", "aidapi.server", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, cwd=databases.ROOT, env=environment)
    try:
        wait_for(f"{site}/readyz")
        series = asked(f"{site}/api/v1/series/?page_size=1")["results"][0]["slug"]
        record = asked(f"{site}/api/v1/donations/?page_size=1")["results"][0]["id"]
        print(f"{'':44}" + "".join(f"{kind:>16}" for kind in KINDS))
        for page in (*PAGES, "/docs/"):
            path = page.format(series=series, record=record)
            runs = [scores(options.lighthouse, site + path) for _ in range(options.runs)]
            medians = {kind: statistics.median(one[kind] for one in runs) for kind in KINDS}
            owed = OWED_DOCS if page == "/docs/" else OWED
            missed = [kind for kind in KINDS if medians[kind] < owed[kind]]
            cells = "".join(f"{medians[kind]:16.0f}" for kind in KINDS)
            print(f"{path:44}{cells}{'  MISSED' if missed else ''}", flush=True)
    finally:
        server.terminate()
        server.wait(30)
        databases.drop("sqlite", "lighthouse")


if __name__ == "__main__":
    main()
