"""The OpenAPI document as it is published: with a server, a contact, and examples of responses
from the dataset; parameters that several operations have are said once. And a slim one for
assistants, which have to read all of it before their first request."""

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from django.conf import settings

from aidapi.schema import Json, below_path

EXAMPLES = settings.BASE_DIR / "openapi" / "examples.json"
EXAMPLE_SITE = "https://aid.example.org"
"""The site of the recorded examples; in the document they are of the site that serves it."""
WIDE = {
    *("id", "linked", "statement", "changed_since", "certain", "joint", "countable"),
    *("milestone", "reached_from", "reached_to", "operator", "basis", "party_type"),
    *("intermediary", "donor_type", "recipient_type", "buyer_type", "supplier_type"),
    *("organisation", "speaker", "event", "topic", "said_from", "said_to", "total", "include"),
    *("ordering", "count", "within", "hs_code"),
}
"""Parameters that the slim document leaves out."""
SLIM_OPERATIONS = re.compile(
    r"(?:list|get)(?:Statements?|Donations?|Exports?|Contracts?|Parties|Items|Series|Coverage)"
    r"|get(?:Donation|Export|Contract)Summary"
)
"""Operations of the slim document."""


def published(whole: Json, server: str, path: str, home: str = "") -> Json:
    """Return the document of a site: its address, its path below the host, and its home page, if
    its public address is known."""
    whole = with_examples(whole, server)
    whole = below_path(whole, path) if path else whole
    return with_shared_parameters(
        whole | {"servers": [{"url": server}], "info": about(whole, home)}
    )


def about(whole: Json, home: str) -> Json:
    """Return the information on the API, with whom to ask: the site, if its address is known."""
    info = whole["info"]
    return info | {"contact": {"name": info["title"], "url": home}} if home else info


def operations(whole: Json) -> Iterator[Json]:
    for item in whole["paths"].values():
        yield from item.values()


# --- Examples of responses


@cache
def examples() -> Json:
    """Return operation → its example: the request and the response."""
    return orjson.loads(EXAMPLES.read_bytes()) if EXAMPLES.exists() else {}


def with_examples(whole: Json, server: str) -> Json:
    """Return the document with an example of each response."""
    site = server.rstrip("/").encode()
    own = orjson.loads(orjson.dumps(examples()).replace(EXAMPLE_SITE.encode(), site))
    whole = {**whole, "paths": copy.deepcopy(whole["paths"])}
    for operation in operations(whole):
        if example := own.get(operation["operationId"]):
            (content,) = operation["responses"]["200"]["content"].values()
            content["examples"] = {
                "dataset": {"summary": example["request"], "value": example["response"]}
            }
    return whole


# --- Parameters


def with_shared_parameters(whole: Json) -> Json:
    """Return the document with references to parameters that several operations have."""
    uses: dict[bytes, list[str]] = {}
    for operation in operations(whole):
        for parameter in operation.get("parameters", ()):
            uses.setdefault(orjson.dumps(parameter), []).append(operation["tags"][0])
    shared: dict[str, Json] = {}
    names: dict[bytes, str] = {}
    for text, tags in uses.items():
        if len(tags) > 1:
            parameter = orjson.loads(text)
            names[text] = name = free_name(parameter["name"], tags, shared)
            shared[name] = parameter
    paths = copy.deepcopy(whole["paths"])
    for operation in operations({"paths": paths}):
        if "parameters" in operation:
            operation["parameters"] = [
                {"$ref": f"#/components/parameters/{names[text]}"}
                if (text := orjson.dumps(parameter)) in names
                else parameter
                for parameter in operation["parameters"]
            ]
    return {**whole, "paths": paths, "components": {**whole["components"], "parameters": shared}}


def free_name(name: str, tags: list[str], taken: Json) -> str:
    """Return a name of a component: of parameters with one name the first has it, the others that
    of their resource as well."""
    plain = "".join(word.capitalize() for word in name.split("_"))
    candidates = [plain, f"{tags[0].capitalize()}{plain}"]
    candidates += [f"{candidates[1]}{number}" for number in range(2, len(taken) + 3)]
    return next(one for one in candidates if one not in taken)


# --- The slim document


def slim(whole: Json, server: str, path: str, home: str = "") -> Json:
    """Return the document for assistants: the operations that answer questions, as JSON, with the
    parameters that select records and a sentence for each thing."""
    paths = {
        address: {"get": slim_operation(item["get"])}
        for address, item in whole["paths"].items()
        if SLIM_OPERATIONS.fullmatch(item["get"]["operationId"])
    }
    schemas = {
        name: in_short(schema, UNSAID) for name, schema in whole["components"]["schemas"].items()
    }
    used = reached({"paths": paths}, schemas)
    tags = {tag for operation in operations({"paths": paths}) for tag in operation["tags"]}
    first, _, _ = whole["info"]["description"].partition("\n")
    return below_path(
        with_shared_parameters(
            {
                "openapi": whole["openapi"],
                "info": about(whole, home) | {"description": first},
                "servers": [{"url": server}],
                "security": [],
                "tags": [one for one in whole["tags"] if one["name"] in tags],
                "paths": paths,
                "components": {"schemas": {name: schemas[name] for name in sorted(used)}},
            }
        ),
        path,
    )


UNSAID = ("example", "examples", "description", "format", "pattern", "minimum", "maximum")
"""What the slim document does not say of responses: names of fields must do."""


def slim_operation(operation: Json) -> Json:
    parameters = [
        in_short(one, ("example", "maxLength", "minLength", "minItems", "maxItems", "pattern"))
        for one in operation.get("parameters", ())
        if one["in"] == "path" or one["name"] not in WIDE
    ]
    success = operation["responses"]["200"]
    return {
        "operationId": operation["operationId"],
        "summary": operation["summary"],
        "description": sentence(operation["description"]),
        "tags": operation["tags"],
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "Success.",
                "content": {
                    media_type: {"schema": content["schema"]}
                    for media_type, content in success["content"].items()
                },
            },
            "default": {
                "description": "A problem: what is wrong, and what would be right.",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"}
                    }
                },
            },
        },
    }


def in_short(part: Any, unsaid: tuple[str, ...]) -> Any:
    """Return the part of a document without some keywords, and of descriptions the first
    sentence."""
    if isinstance(part, list):
        return [in_short(one, unsaid) for one in part]
    if not isinstance(part, dict):
        return part
    # A field may have the name of a keyword.
    properties = part.get("properties", {})
    short = {
        key: sentence(value)
        if key == "description" and isinstance(value, str)
        else in_short(value, unsaid)
        for key, value in part.items()
        if key not in unsaid and key != "properties"
    }
    if properties:
        short["properties"] = {
            name: in_short(schema, unsaid) for name, schema in properties.items()
        }
    return short


def sentence(text: str) -> str:
    return re.split(r"(?<=[.:])\s", text, maxsplit=1)[0].rstrip(":")


def reached(part: Any, schemas: Json, found: set[str] | None = None) -> set[str]:
    """Return the names of the schemas to which a part refers, directly or by others."""
    found = set() if found is None else found
    for name in set(re.findall(r"#/components/schemas/(\w+)", orjson.dumps(part).decode())):
        if name not in found:
            found.add(name)
            reached(schemas[name], schemas, found)
    return found
