"""A client in Python, generated from the committed document: it compiles, and it reads from a
running server what the server sent, operation by operation.

The document drives the loop: a new operation is requested, a new parameter is sent.
"""

import datetime
import enum
import importlib
import inspect
import re
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from django.conf import settings
from openapi_python_client.strings import PythonIdentifier, snake_case

from aidapi.schema import document
from tests.clients.conftest import Served
from tests.support.parameter_values import as_sent

ROOT = Path(settings.BASE_DIR)
PACKAGE = "aid_api_client"
Json = dict[str, Any]


def component(operation: Json) -> str:
    """The component that answers."""
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return schema["$ref"].rpartition("/")[2]


EVERY: list[tuple[str, Json]] = [
    (path, operations["get"]) for path, operations in document()["paths"].items()
]
READS = [(path, read) for path, read in EVERY if path.endswith("/")]
SPARSE = [(path, read) for path, read in EVERY if path.endswith("sparse.json")]
FILES = [pair for pair in EVERY if pair not in READS and pair not in SPARSE]


def over(reads: list[tuple[str, Json]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("path", "operation"),
        [pytest.param(path, read, id=read["operationId"]) for path, read in reads],
    )


pytestmark = pytest.mark.django_db  # requests the database that the server reads
every_operation = over(READS)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated package, importable. A warning means that it left something out."""
    folder = tmp_path_factory.mktemp("python-client")
    (folder / "config.yaml").write_text(f"post_hooks: []\n{blocks('yaml')[0]}", "utf-8")
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    generate += ["--path", str(ROOT / "openapi" / "openapi.yaml"), "--meta", "none"]
    generate += ["--config", "config.yaml", "--output-path", PACKAGE]
    run = subprocess.run(generate, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder / PACKAGE
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@cache
# --- The package itself


def test_every_operation_has_its_function(package: Path) -> None:
    generated = {
        f"{path.parent.name}.{path.stem}"
        for path in (package / "api").glob("*/*.py")
        if path.stem != "__init__"
    }

    assert generated == {
        f"{operation['tags'][0]}.{snake_case(operation['operationId'])}" for _, operation in EVERY
    }


def test_every_component_has_its_class(package: Path) -> None:
    models = importlib.import_module(f"{PACKAGE}.models")

    assert document()["components"]["schemas"].keys() <= classes(models)


def test_every_module_compiles_and_is_well_typed(package: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]

    run = subprocess.run([*command, PACKAGE], cwd=package.parent, capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr


# --- Questions


@over(EVERY)
def test_parameters_are_sent_as_documented(package: Path, path: str, operation: Json) -> None:
    module = module_of(operation)
    promised = inspect.signature(module._get_kwargs).parameters
    in_path = path_values(operation)

    for parameter in operation.get("parameters", ()):
        name = python_name(parameter["name"])
        assert name in promised, f"the client cannot send {name}"
        if parameter["in"] == "path" or "example" not in parameter:
            continue
        value = typed(parameter["example"], promised[name].annotation)
        requested = module._get_kwargs(**in_path, **{name: value})
        request = httpx.Request(
            "GET", f"http://testserver{requested['url']}", params=requested["params"]
        )
        sent = request.url.params.multi_items()
        assert {name for name, _ in sent} == {parameter["name"]}
        assert ",".join(value for _, value in sent) == as_sent(parameter["example"])


def test_the_guide_to_the_client_is_true(
    package: Path, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "\n".join(blocks("python")).replace("http://127.0.0.1:8000", served.url)
    namespace: dict[str, Any] = {}

    exec(program, namespace)

    items = {
        figure.item
        for donation in namespace["page"].results
        for figure in donation.figures
        if figure.item
    }
    assert {"mask", "ventilator"} & items
    assert len(capsys.readouterr().out.splitlines()) >= 50


# --- Answers


@every_operation
def test_answers_are_parsed_as_they_were_sent(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    requested: Json = {"page_size": 500, "count": True} if "page_size" in names else {}

    response = ask(client(served), operation, **path_values(operation), **requested)

    assert response.status_code == 200
    check_parsed(response, component(operation))
    assert response.headers["Dataset-Revision"].isdecimal()


@over(SPARSE)
def test_parts_of_answers_are_parsed_as_they_were_sent(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    examples = {
        parameter["name"]: parameter["example"]
        for parameter in operation["parameters"]
        if parameter["name"] in ("fields", "omit")
    }

    for name, value in examples.items():
        response = ask(client(served), operation, **path_values(operation), **{name: value})

        check_parsed(response, component(operation))


@over(FILES)
def test_files_are_returned_as_they_were_sent(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    response = ask(client(served), operation, **path_values(operation))

    assert response.status_code == 200
    if hasattr(response.parsed, "payload"):
        assert response.parsed.payload.read() == response.content
    elif isinstance(response.parsed, str):
        assert response.parsed == response.content.decode()
    else:
        assert response.parsed
        assert path.endswith(("json", "jsonld"))


@every_operation
def test_what_has_not_changed_has_no_body(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    first = ask(client(served), operation, **path_values(operation))
    if "ETag" not in first.headers:
        assert "cite" in path
        return

    again = ask(
        client(served, headers={"If-None-Match": first.headers["ETag"]}),
        operation,
        **path_values(operation),
    )

    assert (again.status_code, again.parsed, again.content) == (304, None, b"")


# --- Problems


@every_operation
def test_a_question_ill_put_is_a_problem_that_names_the_parameter(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    asking = client(served, httpx_args={"params": {"giver": "CHN"}})

    response = ask(asking, operation, **path_values(operation))

    assert response.status_code == 400
    check_parsed(response, "Problem")
    assert [error.parameter for error in response.parsed.errors] == ["giver"]


@every_operation
def test_what_is_not_there_is_a_problem(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    if "404" not in operation["responses"]:
        # The index, and vocabularies, which have no past.
        assert path in ("/api/v1/", "/api/v1/parties/", "/api/v1/items/")
        return
    if "{" not in path and "revision" not in names_of(operation):
        assert "raw" in names_of(operation), "only downloads can be absent: before revision 1"
        return
    if "{number}" in path:
        absent: Json = {"number": 2**31 - 1}
    elif "{" in path and "revision" not in names_of(operation):
        (lookup,) = path_values(operation)
        absent = {lookup: "no-such-thing"}
    else:
        absent = {"revision": 2**31 - 1}

    response = ask(client(served), operation, **path_values(operation) | absent)

    assert response.status_code == 404
    check_parsed(response, "Problem")


@over([read for read in READS if "410" in read[1]["responses"]])
def test_what_was_withdrawn_is_a_tombstone_with_its_reason(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    id = served.withdrawn[operation["tags"][0]]

    response = ask(client(served), operation, id=id)

    if path.endswith("/versions/"):
        # They stay readable: the last one says that it was withdrawn.
        assert response.status_code == 200
        check_parsed(response, "RecordVersionList")
        assert response.parsed.results[0].withdrawn.reason == "It was never said."
        return
    assert response.status_code == 410
    check_parsed(response, "WithdrawnProblem")
    assert response.parsed.withdrawn.id == id
    assert response.parsed.withdrawn.reason == "It was never said."


@every_operation
def test_what_cannot_be_written_so_is_a_problem(
    package: Path, served: Served, path: str, operation: Json
) -> None:
    asking = client(served, headers={"Accept": "image/png"})

    response = ask(asking, operation, **path_values(operation))

    assert response.status_code == 406
    check_parsed(response, "Problem")


# --- Using the package


def client(served: Served, **more: Any) -> Any:
    """The generated client; it raises what the document does not admit."""
    httpx_args = {"trust_env": False} | more.pop("httpx_args", {})
    made = importlib.import_module(PACKAGE).Client
    return made(
        base_url=served.url,
        raise_on_unexpected_status=True,
        verify_ssl=False,
        timeout=httpx.Timeout(60),
        httpx_args=httpx_args,
        **more,
    )


def ask(asking: Any, operation: Json, **values: Any) -> Any:
    with asking:
        return module_of(operation).sync_detailed(client=asking, **values)


def module_of(operation: Json) -> Any:
    name = snake_case(operation["operationId"])
    return importlib.import_module(f"{PACKAGE}.api.{operation['tags'][0]}.{name}")


def python_name(name: str) -> str:
    return PythonIdentifier(value=name, prefix="field_")


def names_of(operation: Json) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


def path_values(operation: Json) -> Json:
    return {
        parameter["name"]: parameter["example"]
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }


def typed(example: Any, promised: Any) -> Any:
    """An example as the function wants it: dates as dates, codes as members of their enums."""
    kinds = typing.get_args(promised) if isinstance(promised, types.UnionType) else (promised,)
    for kind in kinds:
        if typing.get_origin(kind) is list:
            return [typed(value, typing.get_args(kind)[0]) for value in example]
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return kind(example)
        if kind is datetime.date:
            return datetime.date.fromisoformat(example)
    return example


def classes(models: Any) -> set[str]:
    """Names as the document has them: the generator writes HSCode as HsCode."""
    wanted = {name.lower(): name for name in document()["components"]["schemas"]}
    return {wanted.get(name.lower(), name) for name in vars(models)}


def blocks(language: str) -> list[str]:
    guide = (ROOT / "docs" / "clients.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)


def check_parsed(response: Any, component: str) -> None:
    check(response.parsed, httpx.Response(200, content=response.content).json(), component, "")


def check(value: Any, sent: Any, promised: str, where: str) -> None:
    """The value is of a kind that the class promises, and holds what was sent: a client that
    cannot read a part leaves it as it came, without a word."""
    kinds = re.split(r" \| (?![^\[]*\])", promised)
    if "Any" in kinds:
        assert value == sent, where
    elif attrs.has(type(value)):
        assert type(value).__name__.lower() in {kind.lower() for kind in kinds}, where
        check_object(value, sent, where)
    elif isinstance(value, list):
        (inner,) = (kind[len("list[") : -1] for kind in kinds if kind.startswith("list["))
        assert len(value) == len(sent), where
        for position, (part, sent_part) in enumerate(zip(value, sent, strict=True)):
            check(part, sent_part, inner, f"{where}[{position}]")
    else:
        check_scalar(value, sent, kinds, where)


def check_object(value: Any, sent: Json, where: str) -> None:
    promised = {
        field.name: str(field.type)
        for field in attrs.fields(type(value))
        if field.name != "additional_properties"
    }
    if not promised:
        # An object of any keys.
        assert value.additional_properties == sent, where
        return
    assert value.additional_properties == {}, f"{where}: sent, but not in the document"
    parts = {python_name(name): part for name, part in sent.items()}
    assert len(parts) == len(sent)
    assert parts.keys() <= promised.keys(), where
    for name, kind in promised.items():
        if name in parts:
            check(getattr(value, name), parts[name], kind, f"{where}.{name}")
        else:
            assert "Unset" in kind, f"{where}.{name} was not sent"
            assert type(getattr(value, name)).__name__ == "Unset"


def check_scalar(value: Any, sent: Any, kinds: list[str], where: str) -> None:
    match value:
        case None:
            kind = "None"
        case datetime.datetime():
            kind, sent = "datetime.datetime", datetime.datetime.fromisoformat(sent)
        case datetime.date():
            kind, sent = "datetime.date", datetime.date.fromisoformat(sent)
        case enum.Enum():
            kind, value = type(value).__name__, value.value
        case int() if not isinstance(value, bool) and "float" in kinds:
            kind = "float"
        case str() if any(kind.startswith("Literal[") for kind in kinds):
            kind = f"Literal['{value}']"
        case _:
            kind = type(value).__name__
    assert kind in kinds, f"{where}: {value!r} is none of {kinds}"
    assert value == sent, where
