"""Who may import whom, read from the source: HTTP knows no record, models know no HTTP."""

import ast
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

LEVELS = (
    ("records.models",),
    ("records.content",),
    ("records.index", "records.documents", "records.totals"),
    ("records.publishing", "records.query"),
    ("records.dataset_files", "records.copying"),
    (
        *("records.site", "records.curation", "records.api", "records.releases"),
        "records.reconciliation",
    ),
)
"""Packages of `records`, from the ground up: each may import what is below it, and itself."""
MAY_ALSO_IMPORT = {
    # The pages show the endpoints and documents of the API, and take reports of readers, about
    # which curators decide.
    "records.site": ("records.api", "records.curation.reports.models"),
    # A release has the documents and columns of the API.
    "records.releases": ("records.api",),
    # A record's stage follows from its milestones: plain functions that import no model.
    "records.models": ("records.totals.figures", "records.totals.milestones"),
}
"""Package → what it may import beside what is below it."""
APART = {
    "aidapi": ("records", "accounts"),
    "accounts": ("records",),
    "records.models": ("rest_framework", "accounts"),
    "records.totals": ("django", "rest_framework"),
    "records.publishing": ("records.query",),
    "records.query": ("records.publishing",),
    "records.curation": ("rest_framework",),
}
"""Package → what else none of its modules may import."""
COMPOSITION = {"aidapi/urls.py", "aidapi/settings.py"}
NOUNS = ("statements", "donations", "exports", "contracts")


def forbidden() -> dict[str, list[str]]:
    """Return for each package what none of its modules may import."""
    found = {package: list(others) for package, others in APART.items()}
    for height, level in enumerate(LEVELS):
        above = [package for others in LEVELS[height + 1 :] for package in others]
        for package in level:
            beside = [
                other
                for other in level
                if other != package and other not in MAY_ALSO_IMPORT.get(package, ())
            ]
            if height < len(LEVELS) - 1:
                beside = []
            found.setdefault(package, []).extend([*above, *beside])
    return found


FORBIDDEN = forbidden()


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


@cache
def imports(path: Path) -> list[str]:
    """Dotted names that a module imports, wherever in it; strings of settings do not count."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_arrows_point_one_way(package: str) -> None:
    paths = modules(package)

    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        if str(path.relative_to(ROOT)) not in COMPOSITION
        for name in imports(path)
        for forbidden in FORBIDDEN[package]
        if within(name, forbidden)
        and not any(within(name, other) for other in MAY_ALSO_IMPORT.get(package, ()))
    ]

    assert paths
    assert not wrong


def test_rules_of_stages_import_no_model() -> None:
    """The models use them, so nothing of them may lead back."""
    names = {
        name
        for module in ("figures", "milestones")
        for name in imports(ROOT / "records" / "totals" / f"{module}.py")
        if within(name, "records")
    }

    assert names
    assert all(within(name, "records.totals.figures") for name in names)


@pytest.mark.parametrize("layer", ["models", "documents", "api/resources", "curation/nouns"])
def test_kinds_of_record_do_not_know_each_other(layer: str) -> None:
    wrong = [
        f"records/{layer}/{noun}.py imports {name}"
        for noun in NOUNS
        for name in imports(ROOT / "records" / layer / f"{noun}.py")
        for other in NOUNS
        if other != noun and within(name, f"records.{layer.replace('/', '.')}.{other}")
    ]

    assert not wrong


def test_only_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("aidapi", "accounts", "records")
        for path in modules(package)
        if {"environ", "os.environ", "os.getenv"} & set(imports(path))
        or "os.environ" in path.read_text("utf-8")
    ]

    # The server's entry points name the settings module, which is not a setting.
    assert set(readers) == {"aidapi/settings.py", "aidapi/server.py", "aidapi/wsgi.py"}


def test_no_import_inside_a_function_avoids_a_cycle() -> None:
    """Django's `ready` imports what registers itself; everything else imports at the top."""
    inside = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("aidapi", "accounts", "records")
        for path in modules(package)
        if path.name != "apps.py"
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom | ast.Import)
    ]

    assert not inside
