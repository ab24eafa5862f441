"""docs/threats.md: every test that it names exists, and what it says of addresses is so."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.contract.test_architecture import imports, modules, within

ROOT = Path(settings.BASE_DIR)
THREATS = (ROOT / "docs" / "threats.md").read_text("utf-8")
RISKS = [f"API{number}" for number in range(1, 11)]
CLIENTS = ("urllib.request", "http.client", "requests", "httpx", "aiohttp", "urllib3", "ftplib")


def named() -> list[tuple[str, str]]:
    return sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", THREATS)))


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in named()
        if not re.search(rf"^ *def {name}\(", (ROOT / "tests" / path).read_text("utf-8"), re.M)
    ]

    assert len(named()) > 50
    assert not missing


@pytest.mark.parametrize("risk", RISKS)
def test_every_risk_of_the_top_ten_has_a_test(risk: str) -> None:
    (row,) = re.findall(rf"^\| {risk} .*$", THREATS, re.M)

    assert "::test_" in row


def test_every_row_names_a_test() -> None:
    rows = [
        line for line in THREATS.splitlines() if re.match(r"\| (?!Who \||Risk|Section)\w", line)
    ]

    assert [row for row in rows if "::test_" not in row] == []


def importing(*names: str) -> set[str]:
    """Return the modules that import any of these packages."""
    return {
        str(path.relative_to(ROOT))
        for package in ("aidapi", "accounts", "records")
        for path in modules(package)
        for name in imports(path)
        if any(within(name, other) for other in names)
    }


def test_one_module_fetches_addresses_and_no_request_leads_to_it() -> None:
    """What curators and files name is requested by the command `check_sources` alone, through the
    module that looks where an address leads."""
    check = "records/curation/source_check"
    asking = importing(check.replace("/", ".") + ".asking")

    assert importing(*CLIENTS) == {f"{check}/asking.py"}
    assert asking == {
        *(f"{check}/{name}.py" for name in ("archives", "checking", "judging")),
        "records/management/commands/check_sources.py",
    }
    for name in ("archives", "checking", "judging"):
        users = importing(f"records.curation.source_check.{name}")
        assert users <= asking, name
