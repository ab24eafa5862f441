"""The reconciliation services, through reconciler: batches of names from a column of pandas."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Served

pytestmark = pytest.mark.django_db
PROGRAM = Path(__file__).parent / "programs" / "reconcile.py"
PARTIES = {
    "World Health Organisation": "who",
    "世界卫生组织": "who",
    "Pakistan": "PAK",
    "Jack Ma Foundation": "jack-ma-foundation",
    "Côte d'Ivoire": "CIV",
    "Italie": "ITA",
    "Deutschland": "DEU",
    "Türkiye": "TUR",
    "People's Republic of China": "CHN",
    "Islamic Republic of Iran": "IRN",
    "Serbia": "SRB",
    "Россия": "RUS",
}
"""More than the client sends in one request, which is ten."""


def matched(served: Served, clients_python: str, service: str, **request: Any) -> list[Any]:
    done = subprocess.run(
        [clients_python, "-X", "utf8", str(PROGRAM), f"{served.url}/reconcile/{service}/"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_names_in_batches_match_first(served: Served, clients_python: str) -> None:
    found = matched(served, clients_python, "parties", names=list(PARTIES))

    assert {row["input_value"]: row["id"] for row in found} == PARTIES
    assert all(row["match"] and row["score"] >= 98 for row in found)
    types = {row["id"]: (row["type_id"], row["type"]) for row in found}
    assert types["PAK"][0] == "country"
    assert all(name for _, name in types.values())


def test_candidates_are_of_the_type_and_the_property(served: Served, clients_python: str) -> None:
    companies = matched(
        served, clients_python, "parties", names=["Huawei"], type="company", top="all"
    )
    assert len(companies) >= 1
    assert {row["type_id"] for row in companies} == {"company"}

    agencies = matched(
        served,
        clients_python,
        "parties",
        names=["National Emergency Supply Agency"],
        properties={"country": ["FIN"]},
    )
    assert [row["id"] for row in agencies] == ["fin-national-emergency-supply-agency"]


def test_items_match_in_any_language(served: Served, clients_python: str) -> None:
    found = matched(served, clients_python, "items", names=["口罩", "N95 masks"])

    assert [(row["id"], row["match"]) for row in found] == [
        ("mask", True),
        ("respirator-n95", True),
    ]
