"""The API keeps what its last release promised, and the check that says so finds what breaks."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from aidapi import dates
from aidapi.schema import document
from tests.support.breaking_changes import breaking_changes, report

RELEASED = Path(settings.BASE_DIR) / "openapi" / "released"
LAST = max(RELEASED.glob("*.yaml"), key=lambda path: [*map(int, path.stem.split("."))])
PROMISED = yaml.load(LAST.read_text("utf-8"), Loader=yaml.CSafeLoader)
Json = dict[str, Any]

WRONG_SUMS = (
    "the sum added figures that may count the same goods; at_least, about and at_most say what is "
    "proven"
)
ONE_TOTAL = "one total takes in all bases and stages, which breakdown names"
DECIDED = "which of two overlapping figures counts is no longer a choice: that which proves most"
NEW_NAME = "it named what the old sums counted; total names the new totals"
KNOWN = "a date that lacks its day is written without it: the first day of a month misled"
UNDATED = "without a date there is no precision"
VAGUE = "takes months and years as well; every day that it took is taken"
PATTERN = f'"^{dates.PATTERN}$"'
DATES = {
    **dict.fromkeys(
        ("Donation", "Export", "Contract"),
        ("as_of",),
    ),
    **dict.fromkeys(
        ("Statement", "StatementInRecord"),
        ("published_on", "said_on"),
    ),
    **dict.fromkeys(("KindCoverage", "Series"), ("first", "last")),
    "PeriodOfTime": ("dcat:startDate", "dcat:endDate"),
    "Point": ("as_of",),
}
RANGES = {
    "statements": ("published_from", "published_to", "said_from", "said_to"),
    **dict.fromkeys(("donations", "exports", "contracts"), ("as_of_from", "as_of_to")),
}
TAGS = "tags are taken in any case, and those that do not exist are errors, not empty lists"
ONE_CLIENT = "a cache gives an immutable response to others, whose request it is not"
CSL = "CSL-JSON has no such variable: its schema refuses it, and programs warn; see `note`"
ONE_TYPE = (
    "an operation has one type of success: the address still accepts it, and each representation "
    "has an address and an operation of its own"
)


def separated() -> Iterator[str]:
    """What the document says of representations at their own addresses, no longer at that of the
    JSON."""
    for path, item in PROMISED["paths"].items():
        names = {parameter["name"] for parameter in item["get"].get("parameters", ())}
        for name in names & {"format", "style", "fields", "omit", "raw", "rows"}:
            yield f"GET {path}: parameter {name} is gone"
        for media_type in item["get"]["responses"]["200"]["content"].keys() - {"application/json"}:
            yield f"GET {path} 200: the media type {media_type} is gone"
        if "raw" in names:
            yield f"GET {path} 200: the header Dataset-Rows is gone"
            if "revision" not in names:
                # Before the first revision only files are absent.
                yield f"GET {path}: the status 404 is gone"


ACCEPTED: dict[str, str] = {
    **dict.fromkeys(separated(), ONE_TYPE),
    **{f"GET {path} 200: the header X-Request-Id is no longer sent for sure": ONE_CLIENT
       for path in PROMISED["paths"]},
    "CSL.license: the field is gone or has another name": CSL,
    "LinkType: may now be may_overlap": "Totals need to know which records may be the same goods, "
                                        "and no other link says so.",
    **{f"Total.{name}: the field is gone or has another name": WRONG_SUMS
       for name in ("sum", "sum_lower", "sum_upper", "unspecified")},
    **{f"Converted.{name}: the field is gone or has another name": WRONG_SUMS
       for name in ("sum", "sum_lower", "sum_upper")},
    **{f"Total.{name}: the field is gone or has another name": ONE_TOTAL
       for name in ("basis", "stage")},
    **{f"GET /api/v1/{kind}/summary/: parameter include[]: no longer takes {reason}": DECIDED
       for kind in ("donations", "exports", "contracts") for reason in ("part", "overtaken")},
    **{f"GET /api/v1/{kind}/: parameter counted is gone": NEW_NAME
       for kind in ("donations", "exports", "contracts")},
    **{f'{schema}.{name}: has no longer the bound format "date"': KNOWN
       for schema, names in DATES.items() for name in names},
    'Contract.signed_on: has no longer the bound format "date"': KNOWN,
    **{f"{schema}_on_precision: {change}": UNDATED
       for schema in ("Statement.said", "Contract.signed")
       for change in ("may now be others than day, month, year",
                      "has 2 schemas in oneOf, had 0")},
    **{f"GET /api/v1/{noun}/{view}: parameter {name}: has now the bound pattern {PATTERN}": VAGUE
       for noun, names in RANGES.items() for name in names
       for view in ("", "facets/", "cite/", "summary/")
       if (noun, view) != ("statements", "summary/")},
    f"GET /api/v1/revisions/: parameter on: has now the bound pattern {PATTERN}": VAGUE,
    **{f"GET /api/v1/statements/{view}: parameter language[]: has now the bound pattern "
       '"^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$"': TAGS for view in ("", "facets/", "cite/")},
}  # fmt: skip
"""Break, as the check says it → why it is worth it. Is in CHANGELOG.md under "Breaks", and is
taken out when the release is made."""


def test_nothing_breaks_clients_of_the_last_release() -> None:
    found = breaking_changes(PROMISED, document())

    unexplained = [change for change in found if change not in ACCEPTED]
    assert not unexplained, report(unexplained, LAST.stem)
    assert not ACCEPTED.keys() - set(found), "these break nothing any more: take them out"


# --- The check itself

GIVEN: Json = {
    "paths": {
        "/gifts/": {
            "get": {
                "operationId": "listGifts",
                "tags": ["gifts"],
                "parameters": [
                    {
                        "in": "query",
                        "name": "form",
                        "style": "form",
                        "explode": False,
                        "schema": {
                            "type": "array",
                            "items": {"type": "string", "enum": ["cash", "goods"]},
                            "maxItems": 100,
                        },
                    },
                    {
                        "in": "query",
                        "name": "donor",
                        "schema": {"type": "string", "pattern": "^[A-Z]+$", "maxLength": 9},
                    },
                    {"in": "query", "name": "least", "schema": {"type": "number", "minimum": 0}},
                    {"in": "query", "name": "search", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "headers": {"Revision": {"required": True, "schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Gift"}},
                            "text/csv": {"schema": {"type": "string"}},
                        },
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            }
        },
        "/parties/": {"get": {"operationId": "listParties", "responses": {}}},
    },
    "components": {
        "responses": {
            "NotFound": {
                "content": {"application/problem+json": {"schema": {"type": "object"}}},
            }
        },
        "schemas": {
            "Gift": {
                "type": "object",
                "properties": {
                    "kind": {"const": "gift"},
                    "form": {"type": "string", "enum": ["cash", "goods"]},
                    "value": {"type": ["number", "null"], "minimum": 0},
                    "day": {"type": "string", "format": "date"},
                    "url": {"type": "string"},
                    "item": {"oneOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Gift"}},
                },
                "required": ["kind", "form", "value", "day", "url", "item", "parts"],
            },
            "Item": {
                "type": "object",
                "properties": {"code": {"type": "string"}},
                "required": ["code"],
            },
        },
    },
}


def operation(given: Json) -> Json:
    return given["paths"]["/gifts/"]["get"]


def parameter(given: Json, name: str) -> Json:
    return next(one for one in operation(given)["parameters"] if one["name"] == name)


def answer(given: Json) -> Json:
    return operation(given)["responses"]["200"]


def gift(given: Json) -> Json:
    return given["components"]["schemas"]["Gift"]


def fields(given: Json) -> Json:
    return gift(given)["properties"]


def drop(holder: Callable[[Json], Json], name: str) -> Callable[[Json], Any]:
    return lambda given: holder(given).pop(name)


def put(holder: Callable[[Json], Json], **content: Any) -> Callable[[Json], Any]:
    return lambda given: holder(given).update(content)


def rename(holder: Callable[[Json], Json], old: str, new: str) -> Callable[[Json], Any]:
    return lambda given: holder(given).update({new: holder(given).pop(old)})


def rename_component(given: Json) -> None:
    schemas = given["components"]["schemas"]
    schemas["Thing"] = schemas.pop("Item")
    fields(given)["item"]["oneOf"][0] = {"$ref": "#/components/schemas/Thing"}


def take_parameter(given: Json) -> None:
    operation(given)["parameters"].remove(parameter(given, "donor"))


def form_codes(given: Json) -> Json:
    return parameter(given, "form")["schema"]["items"]


def donor(given: Json) -> Json:
    return parameter(given, "donor")["schema"]


BREAKING = {
    "a path goes": (drop(lambda g: g["paths"], "/parties/"), "the path is gone"),
    "an operation goes": (drop(lambda g: g["paths"]["/parties/"], "get"), "operation is gone"),
    "an operation has another name": (
        put(operation, operationId="listDonations"),
        "operationId is listDonations, was listGifts",
    ),
    "an operation has another tag": (put(operation, tags=["donations"]), "other tags"),
    "a parameter goes": (take_parameter, "parameter donor is gone"),
    "a parameter is required that was not": (
        put(lambda g: parameter(g, "donor"), required=True),
        "parameter donor has become required",
    ),
    "a new parameter is required": (
        lambda g: operation(g)["parameters"].append(
            {"in": "query", "name": "key", "required": True, "schema": {"type": "string"}}
        ),
        "the new parameter key is required",
    ),
    "a parameter loses a code": (put(form_codes, enum=["cash"]), "form[]: no longer takes goods"),
    "a free parameter gets a code list": (
        put(lambda g: parameter(g, "search")["schema"], enum=["masks"]),
        "search: no longer takes others than masks",
    ),
    "a list is written otherwise": (
        put(lambda g: parameter(g, "form"), explode=True),
        "written in another way",
    ),
    "a list may be less long": (
        put(lambda g: parameter(g, "form")["schema"], maxItems=50),
        "form: has now the bound maxItems 50",
    ),
    "a number must be greater": (
        put(lambda g: parameter(g, "least")["schema"], minimum=1),
        "least: has now the bound minimum 1",
    ),
    "a number is bounded that was not": (
        put(lambda g: parameter(g, "least")["schema"], maximum=10),
        "least: has now the bound maximum 10",
    ),
    "a text must be shorter": (put(donor, maxLength=3), "donor: has now the bound maxLength 3"),
    "a text has another pattern": (put(donor, pattern="^[A-Z]{3}$"), "the bound pattern"),
    "a text has a pattern that had none": (
        put(lambda g: parameter(g, "search")["schema"], pattern="^a"),
        "search: has now the bound pattern",
    ),
    "a parameter has another type": (
        put(lambda g: parameter(g, "search")["schema"], type="integer"),
        "search: no longer takes string",
    ),
    "a number must be whole": (
        put(lambda g: parameter(g, "least")["schema"], type="integer"),
        "least: no longer takes number",
    ),
    "a status goes": (drop(lambda g: operation(g)["responses"], "404"), "the status 404 is gone"),
    "a media type goes": (drop(lambda g: answer(g)["content"], "text/csv"), "text/csv is gone"),
    "a media type of a shared response goes": (
        drop(
            lambda g: g["components"]["responses"]["NotFound"]["content"],
            "application/problem+json",
        ),
        "application/problem+json is gone",
    ),
    "a header goes": (drop(lambda g: answer(g)["headers"], "Revision"), "Revision is gone"),
    "a header is no longer sure": (
        put(lambda g: answer(g)["headers"]["Revision"], required=False),
        "Revision is no longer sent for sure",
    ),
    "a header has another type": (
        put(lambda g: answer(g)["headers"]["Revision"], schema={"type": "string"}),
        "header Revision: may now be string",
    ),
    "a field goes": (drop(fields, "url"), "Gift.url: the field is gone"),
    "a field has another name": (rename(fields, "url", "link"), "Gift.url: the field is gone"),
    "a field may be absent": (
        lambda g: gift(g)["required"].remove("url"),
        "Gift.url: may now be absent",
    ),
    "a field may be null": (
        put(lambda g: fields(g)["url"], type=["string", "null"]),
        "Gift.url: may now be null",
    ),
    "a field has another type": (
        put(lambda g: fields(g)["value"], type=["string", "null"]),
        "Gift.value: may now be string",
    ),
    "a whole number may be a fraction": (
        put(lambda g: answer(g)["headers"]["Revision"]["schema"], type="number"),
        "may now be number",
    ),
    "a field may be less than ever": (
        put(lambda g: fields(g)["value"], minimum=-1),
        "Gift.value: has no longer the bound minimum 0",
    ),
    "a field has no format any more": (
        drop(lambda g: fields(g)["day"], "format"),
        'Gift.day: has no longer the bound format "date"',
    ),
    "a field may have a further code": (
        put(lambda g: fields(g)["form"], enum=["cash", "goods", "loan"]),
        "Gift.form: may now be loan",
    ),
    "a field has no code list any more": (
        drop(lambda g: fields(g)["form"], "enum"),
        "Gift.form: may now be others than cash, goods",
    ),
    "a constant changes": (put(lambda g: fields(g)["kind"], const="donation"), "donation"),
    "a field of what a field refers to goes": (
        drop(lambda g: g["components"]["schemas"]["Item"]["properties"], "code"),
        "Item.code: the field is gone",
    ),
    "a further alternative": (
        lambda g: fields(g)["item"]["oneOf"].append({"type": "string"}),
        "Gift.item: has 3 schemas in oneOf, had 2",
    ),
    "a component has another name": (rename_component, "schemas.Item: the component is gone"),
}
HARMLESS: dict[str, Callable[[Json], Any]] = {
    "nothing changes": lambda given: None,
    "a path comes": put(lambda g: g["paths"], **{"/items/": {"get": {"responses": {}}}}),
    "an optional parameter comes": lambda g: operation(g)["parameters"].append(
        {"in": "query", "name": "item", "schema": {"type": "string"}}
    ),
    "a parameter takes a further code": put(form_codes, enum=["cash", "goods", "loan"]),
    "a parameter takes longer texts": put(donor, maxLength=20),
    "a parameter takes any text": drop(donor, "pattern"),
    "a whole number may be a fraction in a question": put(
        lambda g: parameter(g, "least")["schema"], type=["number", "string"]
    ),
    "a field comes": put(fields, note={"type": "string"}),
    "a status comes": put(lambda g: operation(g)["responses"], **{"410": {}}),
    "a media type comes": put(lambda g: answer(g)["content"], **{"text/plain": {"schema": {}}}),
    "a header comes": put(lambda g: answer(g)["headers"], Age={"schema": {"type": "integer"}}),
    "a field is never null any more": put(lambda g: fields(g)["value"], type="number"),
    "a field loses a code": put(lambda g: fields(g)["form"], enum=["cash"]),
    "a field is bounded tighter": put(lambda g: fields(g)["value"], minimum=1),
    "words change": put(lambda g: fields(g)["url"], description="Where it stands."),
    "a field is deprecated": put(lambda g: fields(g)["url"], deprecated=True),
}


@pytest.mark.parametrize("name", BREAKING)
def test_breaking_change_is_reported(name: str) -> None:
    change, reported = BREAKING[name]
    changed = copy.deepcopy(GIVEN)
    change(changed)

    found = breaking_changes(GIVEN, changed)

    assert any(reported in line for line in found), found


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_change_is_no_failure(name: str) -> None:
    changed = copy.deepcopy(GIVEN)
    HARMLESS[name](changed)

    assert breaking_changes(GIVEN, changed) == []


def test_report_names_each_change_and_the_way_out() -> None:
    reported = report(
        ["GET /gifts/: parameter donor is gone", "Gift.url: the field is gone"], "0.1.0"
    )

    assert "release 0.1.0" in reported
    assert reported.count("\n- ") == 2
    assert "deprecated" in reported
