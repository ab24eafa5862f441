"""Clients that other people's generators write from the document of a running server: each calls
every operation, files included, and returns all that was sent. And what checkers of the document
find.

openapi-python-client is in `tests/clients/test_python.py`, openapi-typescript in
`tests/clients/test_typescript.py`.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.clients.conftest import Served

FOLDER = Path(settings.BASE_DIR) / "generators"
PACKAGES = FOLDER / "node_modules"
PYTHON = Path(
    os.environ.get("GENERATORS_PYTHON", Path(settings.BASE_DIR) / ".venv-generators/bin/python")
)

pytestmark = [
    pytest.mark.django_db,  # requests the database that the server reads
    pytest.mark.skipif(
        not (PACKAGES.exists() and PYTHON.exists() and shutil.which("java")),
        reason="The generators are not installed: `make generators`.",
    ),
]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document as the server gives it, with its address."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{served.url}/api/v1/openapi.json") as response:
        path.write_bytes(response.read())
    assert read(path)["servers"] == [{"url": served.url}]
    return path


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def operations(document: Path) -> list[str]:
    return sorted(path["get"]["operationId"] for path in read(document)["paths"].values())


def run(folder: Path, *command: object, status: int | None = 0, **more: str) -> str:
    """Run a program, with Node and the packages of the generators before the machine's own."""
    (node,) = PACKAGES.glob("node-linux-*/bin")
    paths = [str(PYTHON.parent), str(node), str(PACKAGES / ".bin"), os.environ["PATH"]]
    own = {"PATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **own, **more},
        capture_output=True,
        text=True,
    )
    assert status in (None, done.returncode), done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


# --- Generated clients


def write_orval(document: Path, folder: Path) -> str:
    output = {"target": "src/client.ts", "client": "fetch"}
    base = {"baseUrl": {"getBaseUrlFromSpecification": True}}
    config = {"aidapi": {"input": str(document), "output": output | base}}
    (folder / "orval.config.mjs").write_text(f"export default {json.dumps(config)};\n", "utf-8")
    run(folder, "orval", "--config", "orval.config.mjs")
    return "client.js"


def write_hey_api(document: Path, folder: Path) -> str:
    run(folder, "openapi-ts", "--input", document, "--output", "src")
    return "index.js"


def write_swagger_typescript_api(document: Path, folder: Path) -> str:
    command = ["swagger-typescript-api", "generate", "--path", document]
    run(folder, *command, "--output", "src", "--name", "client.ts")
    return "client.js"


def write_typescript_fetch(document: Path, folder: Path) -> str:
    command = ["openapi-generator-cli", "generate", "--generator-name", "typescript-fetch"]
    run(folder, *command, "--input-spec", document, "--output", "src")
    return "index.js"


@pytest.mark.parametrize(
    ("generator", "write"),
    [
        ("orval", write_orval),
        ("hey-api", write_hey_api),
        ("swagger-typescript-api", write_swagger_typescript_api),
        ("typescript-fetch", write_typescript_fetch),
    ],
)
def test_a_client_in_typescript_calls_every_operation(
    document: Path, tmp_path: Path, generator: str, write: Any
) -> None:
    module = write(document, tmp_path)
    types = {"typeRoots": [str(PACKAGES / "@types")], "rootDir": "src", "outDir": "build"}
    config = {"extends": str(FOLDER / "tsconfig.json"), "include": ["src"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config | {"compilerOptions": types}))
    run(tmp_path, "tsc")
    (tmp_path / "build" / "package.json").write_text('{"type": "commonjs"}')

    calls = [generator, tmp_path / "build" / module, document]
    reported = run(tmp_path, "node", FOLDER / "call.mjs", *calls)

    check(reported.splitlines(), operations(document))


def test_openapi_generators_client_in_python_calls_every_operation(
    document: Path, tmp_path: Path
) -> None:
    command = ["openapi-generator-cli", "generate", "--generator-name", "python"]
    command += ["--package-name", "generated"]
    run(tmp_path, *command, "--input-spec", document, "--output", tmp_path)

    program = [PYTHON, FOLDER / "call_python.py", document]
    reported = run(tmp_path, *program, PYTHONPATH=str(tmp_path))

    check(reported.splitlines(), operations(document))


def test_fastmcp_makes_a_tool_of_every_operation_but_workbooks(
    document: Path, tmp_path: Path
) -> None:
    reported = run(tmp_path, PYTHON, FOLDER / "call_fastmcp.py", document)

    wanted = [name for name in operations(document) if not name.endswith("Xlsx")]
    assert len(wanted) > 100
    check(reported.splitlines(), wanted)


def check(lines: Iterable[str], wanted: list[str]) -> None:
    reports = [json.loads(line) for line in lines]
    assert [report for report in reports if "error" in report] == []
    assert sorted(report["operation"] for report in reports) == wanted


# --- Collections of requests


def test_postman_imports_every_operation(document: Path, tmp_path: Path) -> None:
    """With all parameters at their examples, which go together."""
    command = ["openapi2postmanv2", "--spec", document, "--output", "collection.json"]
    run(tmp_path, *command, "--options", "parametersResolution=Example")

    newman = ["newman", "run", "collection.json", "--reporters", "json"]
    run(tmp_path, *newman, "--reporter-json-export", "report.json", status=None)

    sent = read(tmp_path / "report.json")["run"]["executions"]
    failed = [
        (one["item"]["name"], one.get("requestError"), bytes(one["response"]["stream"]["data"]))
        for one in sent
        if one.get("response", {}).get("code") != 200
    ]
    assert failed == []
    assert len(sent) == len(operations(document))


def test_bruno_imports_every_operation(document: Path, tmp_path: Path) -> None:
    """With all parameters switched off."""
    imported = ["bru", "import", "openapi", "--source", document, "--output", tmp_path]
    run(tmp_path, *imported, "--collection-name", "AidAPI")
    (environment,) = (tmp_path / "AidAPI" / "environments").iterdir()

    run_all = ["bru", "run", "-r", "--env", environment.stem, "--reporter-json", "report.json"]
    run(tmp_path / "AidAPI", *run_all, status=None)

    (report,) = read(tmp_path / "AidAPI" / "report.json")
    failed = [
        (one["request"]["url"], one["error"], one["response"].get("data"))
        for one in report["results"]
        if one["response"].get("status") != 200
    ]
    assert failed == []
    assert len(report["results"]) == len(operations(document))


# --- Checkers of documents


def test_spectral_finds_only_closing_slashes(document: Path, tmp_path: Path) -> None:
    """And, where the site's public address is not known, that there is nobody to ask."""
    (tmp_path / "rules.yaml").write_text('extends: ["spectral:oas"]\n', "utf-8")

    command = ["spectral", "lint", document, "--ruleset", "rules.yaml", "--format", "json"]
    run(tmp_path, *command, "--output", "report.json")

    found = Counter(one["code"] for one in read(tmp_path / "report.json"))
    assert found.pop("path-keys-no-trailing-slash") == closing_slashes(document)
    assert found == {"info-contact": 1}


def test_redocly_finds_only_closing_slashes(document: Path, tmp_path: Path) -> None:
    command = ["redocly", "lint", document, "--extends", "recommended", "--format", "json"]
    report = json.loads(run(tmp_path, *command, "--max-problems", "1000", status=None))

    found = Counter(one["ruleId"] for one in report["problems"])
    assert found == {"no-path-trailing-slash": closing_slashes(document)}


def closing_slashes(document: Path) -> int:
    return sum(path.endswith("/") for path in read(document)["paths"])


# --- The lists of versions


def test_lock_file_has_checksums_and_no_addresses() -> None:
    locked = read(FOLDER / "package-lock.json")["packages"]

    packages = [package for name, package in locked.items() if name]
    assert packages
    assert all("integrity" in package for package in packages)
    assert not any("resolved" in package for package in packages)
