"""Whether the examples of the documentation are real: those of parameters find something in the
dataset and go together, and those of responses are what the dataset's are.

`make examples` records the responses anew."""

import os
import re
from typing import Any

import orjson
import pytest
from django.test import Client

from aidapi.document import EXAMPLE_SITE, EXAMPLES
from aidapi.schema import document
from tests.support.parameter_values import BESIDE, as_sent
from tests.support.routes import ask
from tests.support.thoroughness import some

Json = dict[str, Any]

FINDS_NOTHING = {
    "/api/v1/contracts/?method": "no contract of the dataset tells how it was awarded",
}
REVISION = "6"
"""The revision whose responses are recorded, where one can be named."""
ONLY_HERE = {"fields", "omit", "rows", "raw"}
"""Parameters that JSON has not; the others are tried with it."""
OPERATIONS: dict[str, Json] = {path: item["get"] for path, item in document()["paths"].items()}


def parameters_of(path: str) -> list[Json]:
    return OPERATIONS[path].get("parameters", [])


def address_of(path: str) -> str:
    for parameter in parameters_of(path):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    return path


def examples_of(path: str) -> dict[str, str]:
    return {
        parameter["name"]: as_sent(parameter["example"])
        for parameter in parameters_of(path)
        if parameter["in"] == "query" and "example" in parameter
    }


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("path", OPERATIONS)
def test_examples_find_something(client: Client, dataset: None, db: None, path: str) -> None:
    is_form = not path.endswith("/")
    for name, example in examples_of(path).items():
        if not is_form or name in ONLY_HERE:
            check_example(client, path, name, example)


def check_example(client: Client, path: str, name: str, example: str) -> None:
    query = {name: example}
    if name in ("value_min", "value_max"):
        query["currency"] = "USD"
    else:
        query |= {beside: value for beside, value in BESIDE.get(name, {}).items()
                  if beside != "format"}  # fmt: skip

    response = ask(client, address_of(path), **query)

    assert response.status_code == 200, (query, response.content)
    if response["Content-Type"] != "application/json":
        assert len(response.getvalue()) > 100
        return
    results = response.json().get("results", [response.json()])
    assert bool(results) != (f"{path}?{name}" in FINDS_NOTHING), query


@pytest.mark.slow(every=True)
def test_examples_of_an_operation_go_together(client: Client, dataset: None, db: None) -> None:
    """Importers switch all parameters with an example on."""
    for path in some(OPERATIONS, 25):
        response = ask(client, address_of(path), **examples_of(path))

        assert response.status_code == 200, (path, response.content)
        assert response.getvalue() or "ndjson" in path


# --- Responses


def recorded_request(path: str) -> str:
    """The request of the example of an operation, which is short."""
    names = {parameter["name"] for parameter in parameters_of(path)}
    query = {"page_size": "1"} if "page_size" in names else {}
    if not query and "id" in names and "{id}" not in path:
        query = {"id": examples_of(path)["id"]}
    if not query and "name" in names:
        query = {"name": examples_of(path)["name"]}
    if "fields" in names:
        query |= {"fields": examples_of(path)["fields"]}
    if "revision" in names:
        query |= {"revision": REVISION}
    return f"{address_of(path)}{'?' if query else ''}" + "&".join(
        f"{name}={value}" for name, value in query.items()
    )


def recorded(client: Client, path: str) -> Json | None:
    """The example of an operation: none of workbooks, which are no text."""
    request = recorded_request(path)
    response = client.get(request)
    assert response.status_code == 200, (request, response.content)
    body = response.getvalue()
    if path.endswith(".xlsx"):
        return None
    is_json = re.search(r"[/+]json$", response["Content-Type"])
    return {"request": request, "response": orjson.loads(body) if is_json else body.decode()}


def test_responses_are_those_of_the_dataset(
    client: Client, dataset: None, db: None, clock: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = EXAMPLE_SITE

    found = {
        operation["operationId"]: example
        for path, operation in OPERATIONS.items()
        if (example := recorded(client, path))
    }

    if os.environ.get("OPENAPI_EXAMPLES"):
        EXAMPLES.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    assert orjson.loads(EXAMPLES.read_bytes()) == found, (
        "openapi/examples.json is not what the dataset says: run `make examples`."
    )
