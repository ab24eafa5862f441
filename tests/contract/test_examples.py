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


@pytest.mark.parametrize("path", document()["paths"])
def test_examples_find_something(client: Client, dataset: None, db: None, path: str) -> None:
    parameters = document()["paths"][path]["get"].get("parameters", ())
    address = path
    for lookup in parameters:
        if lookup["in"] == "path":
            address = address.replace(f"{{{lookup['name']}}}", str(lookup["example"]))
    for parameter in parameters:
        if parameter["in"] == "query" and parameter["name"] != "cursor":
            check_example(client, path, address, parameter)


def check_example(client: Client, path: str, address: str, parameter: Json) -> None:
    query = {parameter["name"]: as_sent(parameter["example"])}
    if parameter["name"] in ("value_min", "value_max"):
        query["currency"] = "USD"
    else:
        query |= BESIDE.get(parameter["name"], {})

    response = ask(client, address, **query)

    assert response.status_code == 200, (query, response.content)
    if response["Content-Type"] != "application/json":
        assert len(response.getvalue()) > 100
        return
    results = response.json().get("results", [response.json()])
    assert bool(results) != (f"{path}?{parameter['name']}" in FINDS_NOTHING), query
