"""Who may import whom, read from the source: HTTP knows no record, models know no HTTP."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

FORBIDDEN = {
    "records/models": (
        "records.api",
        "records.admin",
        "records.actions",
        "records.pages",
        "rest_framework",
    ),
    "records/actions": ("records.api", "records.admin", "records.pages", "rest_framework"),
    "records/api": ("records.admin", "records.actions", "records.pages"),
    "records/pages": ("records.admin", "records.actions"),
    "records/admin": ("records.api", "records.pages", "rest_framework"),
    "aidapi": ("records",),
}
"""Package → what none of its modules may import."""
ROOTS_OF_COMPOSITION = {"aidapi/urls.py", "aidapi/settings.py"}
NOUNS = ("statements", "donations", "exports", "contracts")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, wherever in it; strings of settings do not count."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_arrows_point_one_way(package: str) -> None:
    paths = modules(package)

    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        if str(path.relative_to(ROOT)) not in ROOTS_OF_COMPOSITION
        for name in imports(path)
        for forbidden in FORBIDDEN[package]
        if within(name, forbidden)
    ]

    assert paths
    assert not wrong


@pytest.mark.parametrize("layer", ["models", "api", "admin"])
def test_kinds_of_record_do_not_know_each_other(layer: str) -> None:
    wrong = [
        f"records/{layer}/{noun}.py imports {name}"
        for noun in NOUNS
        for name in imports(ROOT / "records" / layer / f"{noun}.py")
        for other in NOUNS
        if other != noun and within(name, f"records.{layer}.{other}")
    ]

    assert not wrong


def test_only_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("aidapi", "records")
        for path in modules(package)
        if {"environ", "os.environ", "os.getenv"} & set(imports(path))
        or "os.environ" in path.read_text("utf-8")
    ]

    # The server's entry point names the settings module, which is no setting.
    assert set(readers) == {"aidapi/settings.py", "aidapi/wsgi.py"}
