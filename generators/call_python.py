"""Every operation of the API, called through the client that openapi-generator wrote in Python:
with no parameters, and with the examples of all of them.

    python call_python.py DOCUMENT

The package `generated` is importable. Prints a line of JSON for each operation: its name, and an
error where the call failed or the client did not return all that was sent.
"""

import functools
import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def resolved(part: Json, document: Json) -> Json:
    names = part["$ref"].split("/")[1:] if "$ref" in part else []
    return functools.reduce(dict.__getitem__, names, document) if names else part


def examples(operation: Json, document: Json) -> tuple[Json, Json]:
    """Return the examples of the parameters in the path, and of those in the query."""
    given: dict[str, Json] = {"path": {}, "query": {}}
    for each in operation.get("parameters", ()):
        parameter = resolved(each, document)
        given[parameter["in"]][parameter["name"]] = parameter["example"]
    return given["path"], given["query"]


def values(part: Any) -> int:
    """How many values there are."""
    if part is None:
        return 0
    if isinstance(part, dict):
        return sum(values(inner) for inner in part.values())
    if isinstance(part, list):
        return sum(values(inner) for inner in part)
    return 1


def plain(content: Any) -> Any:
    return content.to_dict() if hasattr(content, "to_dict") else content


def check(response: Any, media_type: str) -> None:
    assert response.status_code == 200
    if re.search(r"[/+]json$", media_type):
        assert values(plain(response.data)) == values(json.loads(response.raw_data)), (
            "values are lost"
        )
    elif isinstance(response.data, str):
        assert response.data == response.raw_data.decode()
    else:
        assert bytes(response.data) == response.raw_data


def main(path: str) -> None:
    document = json.loads(Path(path).read_bytes())
    client = importlib.import_module("generated").ApiClient()
    for address, operations in document["paths"].items():
        operation = operations["get"]
        (media_type,) = operation["responses"]["200"]["content"]
        in_path, in_query = examples(operation, document)
        needed = {key: value for key, value in in_query.items() if key == "fields"}
        tag = operation["tags"][0]
        module = importlib.import_module(f"generated.api.{tag}_api")
        api = getattr(module, f"{tag.capitalize()}Api")(client)
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation["operationId"]).lower()
        call = getattr(api, f"{name}_with_http_info")
        report = {"operation": operation["operationId"]}
        try:
            for query in (needed, in_query):
                response = call(**in_path, **query)
                check(response, media_type)
                # All examples together may match nothing.
                assert response.raw_data or query is not needed, "nothing was sent"
        except Exception as error:
            report["error"] = f"{address}: {type(error).__name__}: {error}"[:600]
        sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
