"""The recipes of CONTRIBUTING.md, followed in a copy of the project on a loaded database: fields,
filters and a resource that are added later, with the rows that earlier code published."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.upgrade import upgraded
from tests.upgrade.recipes import (
    FIELD,
    FILTER,
    FILTER_OF_AN_EXISTING_COLUMN,
    RESOURCE,
    ROOT,
    copy_project,
    pledge_roles,
)
from tests.upgrade.restoring import restored_release

pytestmark = pytest.mark.slow


class Site:
    """A copy of the project with a database of its own."""

    def __init__(self, root: Path, database: str) -> None:
        self.root = root
        self.environment = {
            **os.environ,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "aidapi.settings",
            "RATE_LIMIT": "0",
            "ALLOWED_HOSTS": "testserver",
        }

    def manage(self, *arguments: str, **environment: str) -> str:
        return self.run("manage.py", *arguments, **environment)

    def check(self, name: str) -> Any:
        return json.loads(self.run(str(Path(upgraded.__file__)), name))

    def run(self, *arguments: str, **environment: str) -> str:
        process = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**self.environment, "PYTHONPATH": str(self.root), **environment},
            capture_output=True,
            text=True,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of the release, upgraded to this code with a further field and two further filters;
    its derived rows are still those of the earlier code, but for one correction."""
    with restored_release(tmp_path_factory.mktemp("upgraded")) as database:
        yield upgraded_site(tmp_path_factory, database)


def upgraded_site(tmp_path_factory: pytest.TempPathFactory, database: str) -> Site:
    before = Site(ROOT, database)
    before.manage("migrate", "-v0")
    root = tmp_path_factory.mktemp("copy") / "project"
    copy_project(root)
    for edit in (*FIELD, *FILTER, *FILTER_OF_AN_EXISTING_COLUMN, *RESOURCE):
        edit.apply(root)
    site = Site(root, database)
    site.manage("makemigrations", "records", "-n", "later")
    pledge_roles(root)
    said = site.manage("migrate", REINDEX_ON_MIGRATE="0")
    assert "run manage.py reindex" in said
    site.check("publish")
    return site


@pytest.fixture(scope="module")
def before(site: Site) -> dict[str, Any]:
    """What a site answers before it is reindexed, whichever test runs first."""
    return {name: site.check(name) for name in ("ready", "filters")}


@pytest.fixture(scope="module")
def reindexed(site: Site, before: dict[str, Any]) -> Site:
    site.manage("reindex")
    return site


def test_digests_stay_valid_when_a_field_is_added(site: Site) -> None:
    found = site.check("digests")

    assert found["versions"] > 150
    assert found["wrong"] == 0


def test_folded_texts_are_folded_again(site: Site) -> None:
    found = site.check("folded")

    assert found["rows"] > 400
    assert found["wrong"] == []


def test_a_site_is_not_ready_before_it_is_reindexed(before: dict[str, Any]) -> None:
    found = before["ready"]

    assert found["status"] == 503
    assert "Run manage.py reindex." in found["detail"]
    assert "documents of donations" in found["detail"]
    assert "exports" not in found["detail"]


def test_filters_are_right_before_a_site_is_reindexed(before: dict[str, Any]) -> None:
    judge(before["filters"])


def test_filters_are_right_after_a_site_is_reindexed(reindexed: Site) -> None:
    judge(reindexed.check("filters"))


def judge(compared: list[dict[str, Any]]) -> None:
    wrong = [
        case["query"]
        for case in compared
        if case["found"] != case["expected"] or case["count"] != len(case["expected"])
    ]
    sizes = {case["query"]: len(case["expected"]) for case in compared}

    assert wrong == []
    assert sizes["urgency=emergency"] == 1
    assert sizes["as_of_precision=month"] > 0


def test_a_further_resource_is_published_and_read(reindexed: Site) -> None:
    reindexed.manage("collectstatic", "--noinput", "-v0")

    found = reindexed.check("pledge")

    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert found["counts"] == {"list": 1, "found": 1, "missed": 0, "changes": 1}
    assert found["detail"]["id"].startswith("plg-")
    assert found["detail"]["figures"]
    assert found["lines"] == 1 + len(found["detail"]["figures"])
    assert reindexed.check("documents")["faults"] == {}


def test_every_document_is_valid_after_a_site_is_reindexed(reindexed: Site) -> None:
    found = reindexed.check("documents")

    assert found["documents"] > 150
    assert found["faults"] == {}


def test_nothing_differs_after_a_site_is_reindexed(reindexed: Site) -> None:
    assert reindexed.check("ready")["status"] == 200
    assert "documents of 0 and 0 rows of statistics differ" in reindexed.manage(
        "reindex", "--check"
    )
    assert reindexed.manage("reindex").startswith("Went through 0 versions")
