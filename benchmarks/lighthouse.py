"""Scores of pages by Lighthouse at mobile settings: the median of three runs of each page.

    npm install --prefix FOLDER lighthouse@12.8.2
    LIGHTHOUSE=FOLDER/node_modules/.bin/lighthouse .venv/bin/python -m benchmarks.lighthouse

The server is that of `make serve`, on a new database with the dataset. Lighthouse 13
needs a newer Node than Debian's. It measures the speed of a simulated telephone by the speed of
this machine: other work on it lowers the scores for performance.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks import databases
from benchmarks.serving import serving

KINDS = ("performance", "accessibility", "best-practices", "seo")
OWED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
OWED_DOCS = {"performance": 70, "accessibility": 100, "best-practices": 100, "seo": 100}
PAGES = ("/", "/browse/", "/parties/CHN/", "/series/{series}/", "/records/{record}/", "/guide/")
TRIES = 3
"""Of one run: now and then the browser's trace lacks the start of the page (NO_NAVSTART), and
Lighthouse asks to be run again."""
CHROMIUM = "chromium"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"


def scores(lighthouse: str, url: str) -> dict[str, float]:
    """Return the scores of one run, from 0 to 100."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(lighthouse, url, "--quiet", "--output=json", f"--output-path={report}"),
            *(f"--only-categories={','.join(KINDS)}", f"--chrome-flags={FLAGS}"),
        ]
        environment = {"CHROME_PATH": shutil.which(CHROMIUM) or CHROMIUM, **os.environ}
        for _ in range(TRIES):
            done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
            if done.returncode == 0:
                break
        done.check_returncode()
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
    databases.manage(database_url, "collectstatic", "--noinput", "--verbosity", "0")
    usual = {"CACHE_ENTRIES": "500", "LOAD_AT_START": "1"}
    try:
        with serving("aidapi.settings", database_url, threads=4, **usual) as server:
            series = server.get("/api/v1/series/?page_size=1")["results"][0]["slug"]
            record = server.get("/api/v1/donations/?page_size=1")["results"][0]["id"]
            print(f"{'':44}" + "".join(f"{kind:>16}" for kind in KINDS))
            for page in (*PAGES, "/docs/"):
                path = page.format(series=series, record=record)
                url = f"http://127.0.0.1:{server.port}{path}"
                runs = [scores(options.lighthouse, url) for _ in range(options.runs)]
                medians = {kind: statistics.median(one[kind] for one in runs) for kind in KINDS}
                owed = OWED_DOCS if page == "/docs/" else OWED
                missed = any(medians[kind] < owed[kind] for kind in KINDS)
                cells = "".join(f"{medians[kind]:16.0f}" for kind in KINDS)
                print(f"{path:44}{cells}{'  MISSED' if missed else ''}", flush=True)
    finally:
        databases.drop("sqlite", "lighthouse")


if __name__ == "__main__":
    main()
