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


def test_no_package_fetches_addresses() -> None:
    """No address that a curator or a file names is ever requested by the server."""
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for package in ("aidapi", "accounts", "records")
        for path in modules(package)
        for name in imports(path)
        if any(within(name, client) for client in CLIENTS)
    ]

    assert not found
