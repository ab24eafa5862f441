"""Whether the examples of the documentation are real: each finds something in the dataset."""

from typing import Any

import pytest
from django.test import Client

from aidapi.schema import document
from tests.support.parameter_values import BESIDE, as_sent
from tests.support.routes import ask

Json = dict[str, Any]

FINDS_NOTHING = {
    "/api/v1/contracts/?method": "no contract of the dataset tells how it was awarded",
}
EXAMPLES = [
    pytest.param(path, parameter, id=f"{path}?{parameter['name']}")
    for path, operations in document()["paths"].items()
    for parameter in operations["get"].get("parameters", ())
    if parameter["in"] == "query" and parameter["name"] != "cursor"
]


@pytest.mark.parametrize(("path", "parameter"), EXAMPLES)
def test_example_finds_something(
    client: Client, dataset: None, db: None, path: str, parameter: Json
) -> None:
    address = path
    for lookup in document()["paths"][path]["get"]["parameters"]:
        if lookup["in"] == "path":
            address = address.replace(f"{{{lookup['name']}}}", str(lookup["example"]))
    query = {parameter["name"]: as_sent(parameter["example"])}
    if parameter["name"] in ("value_min", "value_max"):
        query["currency"] = "USD"
    else:
        query |= BESIDE.get(parameter["name"], {})

    response = ask(client, address, **query)

    assert response.status_code == 200, response.content
    if response["Content-Type"] != "application/json":
        assert len(response.getvalue()) > 100
        return
    results = response.json().get("results", [response.json()])
    assert bool(results) != (f"{path}?{parameter['name']}" in FINDS_NOTHING)
