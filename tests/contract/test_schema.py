"""The OpenAPI document: valid, complete, as committed, and true of everything that is served."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from aidapi.document import examples
from aidapi.schema import document
from records.documents.render import SERIALIZERS
from records.models import KINDS
from tests.support.parameter_values import as_sent
from tests.support.routes import API, FORMS, RESOURCES, ROUTES, Resource, found, problem

ROOT = Path(settings.BASE_DIR)
COMMITTED = ROOT / "openapi" / "openapi.yaml"

Json = dict[str, Any]


# --- The document itself


@pytest.mark.slow
def test_document_is_committed(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)

    assert fresh.read_text("utf-8") == COMMITTED.read_text("utf-8"), (
        "openapi/openapi.yaml is not what the code says: run `make schema` and look at the diff."
    )


def test_document_is_valid() -> None:
    validate(yaml.load(COMMITTED.read_text("utf-8"), yaml.CSafeLoader))


def test_document_reads_alike_as_yaml_1_1_and_1_2() -> None:
    """The library reads 1.1; in 1.2 plain digits are a number, whatever they begin with."""
    number = re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
    )
    resolver = yaml.SafeLoader("")
    plain_text = [
        event.value
        for event in yaml.parse(COMMITTED.read_text("utf-8"), yaml.CSafeLoader)
        if isinstance(event, yaml.ScalarEvent)
        and event.style in (None, "")
        and resolver.resolve(yaml.ScalarNode, event.value, (True, False)).endswith(":str")
    ]

    assert len(plain_text) > 1000
    assert not [text for text in plain_text if number.fullmatch(text)]


def test_names_of_code_lists_are_pinned() -> None:
    pinned = settings.SPECTACULAR_SETTINGS["ENUM_NAME_OVERRIDES"]
    named = {name for name, schema in components().items() if "enum" in schema}

    assert named == set(pinned), "name every code list in ENUM_NAME_OVERRIDES"


def test_every_address_is_described() -> None:
    described = {re.sub(r"{\w+}", "{id}", path) for path in document()["paths"]}

    assert described == {f"{API}{path}" for path in ROUTES | FORMS}


def test_tags_are_the_resources_in_the_order_of_the_routes() -> None:
    assert [tag["name"] for tag in document()["tags"]] == [
        "index",
        "coverage",
        *(resource.name for resource in RESOURCES),
    ]
    assert all(tag["description"] for tag in document()["tags"])


PARAMETERS = [
    (f"{operations['get']['operationId']}: {parameter['name']}", parameter)
    for operations in document()["paths"].values()
    for parameter in operations["get"].get("parameters", ())
]


def test_only_reading_is_described() -> None:
    assert {method for path in document()["paths"].values() for method in path} == {"get"}


def test_operations_are_described() -> None:
    for path, operations in document()["paths"].items():
        operation = operations["get"]
        assert re.fullmatch(r"(get|list)([A-Z][a-z]+)+", operation["operationId"]), path
        assert operation["summary"], path
        assert operation["description"].endswith("."), path

        responses = {status: resolved(one) for status, one in operation["responses"].items()}
        assert {"200", "304", "400", "405", "429", "500", "503"} <= responses.keys(), path
        is_form = not path.endswith("/")
        assert ("406" in responses) != is_form, path
        is_file = "Dataset-Rows" in responses["200"]["headers"]
        assert is_file == bool(re.search(r"\.(csv|ndjson|xlsx|csv-metadata\.json)$", path)), path
        is_absent = "{" in path or "revision" in names(operation) or is_file
        assert ("404" in responses) == is_absent, path
        assert "Dataset-Revision" in responses.pop("200")["headers"], path
        assert "content" not in responses.pop("304"), path
        for status, response in responses.items():
            assert response["description"], (path, status)
            assert list(response["content"]) == ["application/problem+json"], (path, status)
            content = response["content"]["application/problem+json"]
            assert content["examples"], (path, status)
            for code, example in content["examples"].items():
                check(example["value"], content["schema"])
                stated = example["value"]["code"], example["value"]["status"]
                assert stated == (code, int(status)), path
        assert "Allow" in responses["405"]["headers"], path


def test_every_parameter_is_described() -> None:
    for name, parameter in PARAMETERS:
        assert parameter["description"].endswith("."), name
        if parameter["name"] == "cursor":
            continue
        check(parameter["example"], parameter["schema"])
        if parameter["schema"].get("type") == "array":
            assert (parameter["style"], parameter["explode"]) == ("form", False), name


def test_no_parameter_takes_a_text_of_any_length() -> None:
    endless = "a" * 5_000
    for name, parameter in PARAMETERS:
        schema = parameter["schema"]
        value = [endless] if schema.get("type") == "array" else endless
        assert not validator(schema).is_valid(value), name


def test_fields_say_what_they_mean() -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in components().items()
        for field, inner in schema.get("properties", {}).items()
        if not inner.get("description") and "$ref" not in inner
    ]

    assert not silent


OF_TOTALS = {"in_at_least", "in_about", "left_out_reason", "held_by"}
"""Fields of a figure in lists with `total=` only."""


def test_whole_documents_have_all_their_fields_and_sparse_ones_none_for_sure() -> None:
    for name, schema in components().items():
        if name.startswith("Sparse") and not name.endswith("List"):
            assert "required" not in schema, name
        elif "properties" in schema:
            optional = OF_TOTALS if name == "Figure" else set()
            assert set(schema["required"]) == set(schema["properties"]) - optional, name


def test_kind_is_constant() -> None:
    for kind in KINDS:
        assert components()[kind.title()]["properties"]["kind"]["const"] == kind


def test_every_problem_that_is_raised_is_described() -> None:
    described = {
        code
        for response in document()["components"]["responses"].values()
        if "content" in response
        for code in response["content"]["application/problem+json"]["examples"]
    }

    assert set(raised_codes()) <= described | {
        "forbidden",  # the admin's, which is for people
        "not_ready",  # the probes', which are not of the API
        # The server's, of request bodies, which the API does not take.
        "body_incomplete",
        "body_timeout",
        "body_too_large",
        "read_only",  # that of the form for errors
        "not_here",  # the same, and the admin's, of processes for reading
        # Those of the reconciliation services, and of parts of files.
        "range_not_satisfiable",
        "too_large",
        "unsupported_media_type",
    }


def raised_codes() -> Iterator[str]:
    """The second argument of every Problem(…) in the source."""
    for package in ("aidapi", "records"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(func=ast.Name("Problem"), args=[_, ast.Constant(code), *_]):
                        yield str(code)


# --- How it is served


def test_document_is_served_as_committed(client: Client) -> None:
    committed = yaml.load(COMMITTED.read_text("utf-8"), yaml.CSafeLoader)

    as_json = client.get(f"{API}openapi.json")
    as_yaml = client.get(f"{API}openapi.yaml")

    assert as_json["Content-Type"] == "application/json"
    assert as_yaml["Content-Type"] == "application/yaml"
    assert as_json.json() == yaml.load(as_yaml.content, yaml.CSafeLoader)
    # The examples and the server are of the site that is requested.
    text = as_json.content.decode()
    own = json.loads(text.replace("http://testserver", ""))
    assert own | {"servers": [{"url": "/"}]} == committed


def test_slim_document_is_for_assistants(client: Client) -> None:
    """Valid, in few tokens (some four bytes each), and without what they do not need."""
    response = client.get(f"{API}openapi.slim.json")
    slim = response.json()

    validate(slim)
    assert len(response.content) < 4 * 15_000
    whole = document()["paths"]
    for path, item in slim["paths"].items():
        operation = item["get"]
        assert operation["operationId"] == whole[path]["get"]["operationId"]
        assert operation["responses"]["200"]["content"].keys() == {"application/json"}
        parameters = [resolved(one, slim)["name"] for one in operation["parameters"]]
        assert set(parameters) <= names(whole[path]["get"])
    kinds = ("Statement", "Donation", "Export", "Contract")
    ids = {item["get"]["operationId"] for item in slim["paths"].values()}
    assert {f"{verb}{kind}" for kind in kinds for verb in ("get",)} <= ids
    assert {f"get{kind}Summary" for kind in kinds[1:]} <= ids


def test_document_says_what_importers_need(settings: Any) -> None:
    settings.PUBLIC_URL = "https://aid.example.org"

    served = Client().get(f"{API}openapi.json").json()

    assert served["security"] == []
    assert served["info"]["contact"] == {"name": "AidAPI", "url": "https://aid.example.org/"}
    without = [
        path
        for path, item in served["paths"].items()
        for content in item["get"]["responses"]["200"]["content"].values()
        if "examples" not in content and not path.endswith(".xlsx")
    ]
    assert not without
    settings.PUBLIC_URL = ""
    assert "contact" not in Client().get(f"{API}openapi.json").json()["info"]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("path", document()["paths"])
def test_example_responses_are_as_described(path: str) -> None:
    operation = document()["paths"][path]["get"]
    (content,) = operation["responses"]["200"]["content"].values()
    example = examples().get(operation["operationId"])
    if example and content["schema"].get("format") != "binary":
        check(example["response"], content["schema"])


def test_document_names_the_public_address(settings: Any) -> None:
    settings.PUBLIC_URL = "https://aid.example.org"

    served = Client().get(f"{API}openapi.json").json()

    assert served["servers"] == [{"url": "https://aid.example.org"}]


def test_document_takes_no_parameters(client: Client) -> None:
    assert problem(client.get(f"{API}openapi.json?lang=fr"), 400)["code"] == "invalid_parameters"


# --- Whether it is true


@pytest.mark.parametrize("kind", KINDS)
def test_every_stored_document_is_as_described(dataset: None, db: None, kind: str) -> None:
    stored: Any = KINDS[kind].child("document")
    validator = closed_validator({"$ref": f"#/components/schemas/{kind.title()}"})

    bodies = list(stored.objects.values_list("body", flat=True))

    assert bodies
    assert SERIALIZERS[kind]
    for body in bodies:
        faults = [error.message for error in validator.iter_errors(orjson.loads(body))]
        assert not faults, body


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_answers_are_as_described(
    client: Client, dataset: None, db: None, resource: Resource
) -> None:
    path = resource.path
    page = found(client, path, page_size=20, count="true")
    check_answer(path, page)

    lookup = resource.declared.lookup_field
    if f"{path}{{{lookup}}}/" in document()["paths"]:
        for row in page["results"]:
            at = row[lookup]
            check_answer(f"{path}{{{lookup}}}/", found(client, f"{path}{at}/"))
            if resource.is_record:
                versions = found(client, f"{path}{at}/versions/")
                check_answer(f"{path}{{{lookup}}}/versions/", versions)


def test_versions_that_changed_something_are_as_described(
    client: Client, dataset: None, db: None
) -> None:
    corrected = found(client, f"{API}changes/", action="corrected,withdrawn")["results"]
    seen = set()

    for change in corrected:
        path = f"{API}{change['kind']}s/{{id}}/versions/"
        response = client.get(path.replace("{id}", change["id"]))
        check_answer(path, response.json())
        seen |= {bool(version["changes"]) for version in response.json()["results"]}

    assert seen == {True, False}


def test_index_is_as_described(client: Client, dataset: None, db: None) -> None:
    index = found(client, API)

    check_answer(API, index)
    assert [endpoint["name"] for endpoint in index["endpoints"]] == list(map(str, RESOURCES))
    for endpoint in index["endpoints"]:
        assert client.get(endpoint["url"]).status_code == 200


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_sparse_answers_are_as_described(
    client: Client, dataset: None, db: None, resource: Resource
) -> None:
    path = f"{resource.path.removesuffix('/')}.sparse.json"
    operation = document()["paths"][path]["get"]
    whole, sparse = (
        document()["paths"][one]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        for one in (resource.path, path)
    )
    sent = {
        parameter["name"]: as_sent(parameter["example"])
        for parameter in operation["parameters"]
        if parameter["name"] in ("fields", "omit")
    }

    for query in [
        {"fields": sent["fields"]},
        {"omit": sent["omit"]},
        *([{"fields": "title,links.id"}, {"omit": "links.type"}] if resource.is_record else []),
    ]:
        page = found(client, path, page_size=50, **query)

        assert page["results"]
        assert page["results"] == found(client, resource.path, page_size=50, **query)["results"]
        assert not list(closed_validator(sparse).iter_errors(page))
        if query != {"omit": "links.type"} or any(row["links"] for row in page["results"]):
            assert not validator(whole).is_valid(page), "a part is not taken for the whole"


# --- Reading the document


def components() -> Json:
    return document()["components"]["schemas"]


def names(operation: Json) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


def resolved(part: Json, of: Json | None = None) -> Json:
    """What a reference of the document is for."""
    if "$ref" not in part:
        return part
    found: Any = of or document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def validator(schema: Json, of: Json | None = None) -> Draft202012Validator:
    whole = schema | {"components": {"schemas": of or components()}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check(value: Any, schema: Json) -> None:
    faults = [error.message for error in validator(schema).iter_errors(value)]
    assert not faults


@cache
def closed() -> Json:
    """The components, with fields forbidden that they do not name: clients must expect them, this
    version of the API does not send them."""
    schemas = copy.deepcopy(components())
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return schemas


def closed_validator(schema: Json) -> Draft202012Validator:
    return validator(schema, closed())


def check_answer(path: str, answer: Json) -> None:
    """The answer has the form that the document gives the address, and nothing besides."""
    ok = document()["paths"][path]["get"]["responses"]["200"]
    schema = ok["content"]["application/json"]["schema"]
    faults = [error.message for error in closed_validator(schema).iter_errors(answer)]
    assert not faults
