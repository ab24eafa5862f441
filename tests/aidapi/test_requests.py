"""What is known of each request: its id, its line in the log, its counters."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from aidapi import logs
from tests.support.routes import API, problem

pytestmark = pytest.mark.django_db


def test_a_request_has_an_id_that_its_problem_names(db: None) -> None:
    client = Client()

    one, other = client.get(f"{API}nothing/"), client.get(f"{API}nothing/")

    assert problem(one, 404)["request_id"] == one["X-Request-Id"]
    assert one["X-Request-Id"] != other["X-Request-Id"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", True),
        ("short", False),
        ("x" * 65, False),
        ("line\nbreak-in-it", False),
        ("é" * 10, False),
    ],
)
def test_an_id_from_outside_is_kept_if_it_looks_like_one(given: str, kept: bool) -> None:
    response = Client().get("/livez", HTTP_X_REQUEST_ID=given)

    assert (response["X-Request-Id"] == given) is kept


def test_a_line_of_the_log_is_json_with_the_id() -> None:
    """Of requests, and of what Django logs while it answers one."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    formatter = dict(logs.configure(json=True))
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("aidapi.requests")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        response = Client().get(f"{API}donations/?donr=CHN")
        token = logs.request_id.set("a-request-of-django")
        logger.warning("of %s", "Django")
        logs.request_id.reset(token)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logs.configure(json=False)

    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert ours["request_id"] == response["X-Request-Id"]
    assert (ours["event"], ours["status"], ours["path"]) == ("request", 400, f"{API}donations/")
    assert ours["query"] == "donr=CHN"
    assert (theirs["event"], theirs["request_id"]) == ("of Django", "a-request-of-django")


def counted(page: str, line: str) -> float:
    found = [row for row in page.splitlines() if row.startswith(line)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0


def test_requests_are_counted_by_route_not_by_address(client: Client) -> None:
    line = 'aidapi_requests_total{method="GET",route="/api/v1/donations/<str:id>/",status='
    before = counted(client.get("/metrics").content.decode(), f'{line}"404"')

    for name in ("don-00000000", "don-11111111"):
        client.get(f"{API}donations/{name}/")
    page = client.get("/metrics").content.decode()

    assert counted(page, f'{line}"404"') == before + 2
    assert "don-00000000" not in page


def test_metrics_are_of_all_processes(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.METRICS_FOLDER = str(tmp_path)
    count = "from prometheus_client import Counter; Counter('aidapi_things', 'Things.').inc()"
    for _ in range(2):
        variables = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", count], env=variables, check=True)

    assert "aidapi_things_total 2.0" in client.get("/metrics").content.decode()


def test_routes_are_paths_also_where_they_are_regular_expressions(client: Client) -> None:
    client.get("/admin/nothing/at/all")
    client.get("/admin/records/donation/5/change/")

    routes = set(re.findall(r'route="([^"]*)"', client.get("/metrics").content.decode()))
    assert "/admin/<url>" in routes
    assert not [route for route in routes if re.search(r"[()?*^$\\]", route)]


def test_unknown_methods_and_addresses_make_no_series_of_their_own(client: Client) -> None:
    for n in range(3):
        client.generic(f"METHOD{n}", f"/nothing/{n}")

    page = client.get("/metrics").content.decode()

    assert "METHOD" not in page
    assert "/nothing/" not in page


def test_in_production_counters_are_shown_on_demand_only(client: Client, settings: Any) -> None:
    with override_settings(METRICS=False):
        problem(client.get("/metrics"), 404)
