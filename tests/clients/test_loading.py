"""docs/loading.md: its lines are run in the clients' environment, and give the right types."""

import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from django.conf import settings

from tests.clients.conftest import Served

pytestmark = pytest.mark.django_db
GUIDE = Path(settings.BASE_DIR) / "docs" / "loading.md"
PROGRAMS = Path(__file__).parent / "programs"
SECTIONS = ("The client", "pandas", "polars", "DuckDB", "dlt", "Datasette")
Tables = dict[str, dict[str, list[Any]]]


def run(command: list[str], folder: Path) -> str:
    # dlt keeps its state in the home of its user otherwise.
    home = {"HOME": str(folder), "DLT_DATA_DIR": str(folder / "dlt")}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | home, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def check(tables: Tables, site: str, *, booleans: type = bool) -> None:
    """The types are right, and what is in the proven minimum adds up to the API's own total."""
    donations, parties = tables["donations"], tables["parties"]
    types = {
        name: {type(value) for value in column if value is not None}
        for name, column in donations.items()
    }
    assert types["version"] == {int}
    assert types["countable"] == types["in_at_least"] == {booleans}
    assert {float} <= types["value"] <= {int, float}
    assert types["as_of"] == types["currency"] == {str}
    assert {len(day) for day in donations["as_of"]} >= {7, 10}
    regions = set(parties["region"]) - {None}
    assert "030" in regions
    assert all(re.fullmatch("[0-9]{3}", region) for region in regions)
    assert "10" in parties["iati_type"]
    summary = httpx.get(f"{site}/api/v1/donations/summary/", params={"measure": "money"}).json()
    totals = {total["currency"]: total["at_least"] for total in summary["totals"]}
    assert len(totals) > 2
    sums = dict.fromkeys(totals, 0.0)
    for lower, included, currency in zip(
        donations["lower"], donations["in_at_least"], donations["currency"], strict=True
    ):
        if included and currency:
            sums[currency] += lower
    assert all(math.isclose(sums[currency], total or 0) for currency, total in totals.items())


@pytest.mark.parametrize("section", SECTIONS)
def test_lines_give_right_types(
    served: Served, clients_python: str, tmp_path: Path, section: str
) -> None:
    program = [clients_python, str(PROGRAMS / "load.py"), served.url, str(GUIDE), section]

    tables = json.loads(run(program, tmp_path))

    # SQLite has no booleans.
    check(tables, served.url, booleans=int if section == "Datasette" else bool)
    if section == "Datasette":
        datasette = str(Path(clients_python).with_name("datasette"))
        address = "/aid/parties.json?code=who&_shape=array"
        (who,) = json.loads(run([datasette, "aid.db", "--get", address], tmp_path))
        assert (who["name"], who["iati_type"]) == ("World Health Organization", "40")


@pytest.fixture
def installed() -> Callable[[str], str]:
    """Finds a program of the system, or skips the test."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


def test_lines_for_r_give_right_types(
    served: Served, installed: Callable[[str], str], tmp_path: Path
) -> None:
    script = installed("Rscript")
    packages = subprocess.run([script, "-e", "library(readr); library(jsonlite)"])
    if packages.returncode:
        pytest.skip("r-cran-readr and r-cran-jsonlite are not installed")

    tables = json.loads(run([script, str(PROGRAMS / "load.R"), served.url, str(GUIDE)], tmp_path))

    check(tables, served.url)


def test_lines_for_libreoffice_keep_text(
    served: Served, installed: Callable[[str], str], tmp_path: Path
) -> None:
    installed("soffice")
    (lines,) = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.S)
    parties = httpx.get(f"{served.url}/api/v1/parties/?format=csv").content
    (tmp_path / "parties.csv").write_bytes(parties)

    run(["sh", "-ec", lines.replace("http://127.0.0.1:8000", served.url)], tmp_path)

    head, *rows = (tmp_path / "donations.csv").read_text("utf-8").splitlines()
    assert head.lstrip("\ufeff").startswith("id,kind,version")
    assert len(rows) > 300
    sheet: Any = openpyxl.load_workbook(tmp_path / "parties.xlsx").active
    columns = {cell.value: cell.column - 1 for cell in sheet[1]}
    regions = {row[columns["region"]] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert "030" in regions
    assert columns["code"] == 0


def test_every_section_with_lines_is_run() -> None:
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE.read_text("utf-8"), re.M | re.S)

    assert {name for name, text in sections if "```python" in text} == set(SECTIONS)
