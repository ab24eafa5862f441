"""What the Reconciliation Service API 0.2 requires of responses, as JSON Schemas."""

from typing import Any

Json = dict[str, Any]
TEXT: Json = {"type": "string", "minLength": 1}
ADDRESS: Json = {"type": "string", "pattern": "^https?://"}
TEMPLATE: Json = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}


def closed(required: Json, optional: Json | None = None) -> Json:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def many(items: Json) -> Json:
    return {"type": "array", "items": items}


TYPE = closed({"id": TEXT, "name": TEXT})
TYPE_WITH_BROADER = closed({"id": TEXT, "name": TEXT}, {"broader": many({"$ref": "#/$defs/type"})})
SUGGESTER = closed(
    {"service_url": ADDRESS, "service_path": TEXT},
    {
        "flyout_service_url": ADDRESS,
        "flyout_service_path": {"type": "string", "pattern": r"\$\{id\}"},
    },
)
MANIFEST = closed(
    {
        "versions": {"type": "array", "items": TEXT, "contains": {"const": "0.2"}},
        "name": TEXT,
        "identifierSpace": ADDRESS,
        "schemaSpace": ADDRESS,
    },
    {
        "defaultTypes": {
            "type": "array",
            "items": {"$ref": "#/$defs/type"},
            "uniqueItems": True,
            "minItems": 1,
        },
        "documentation": ADDRESS,
        "logo": ADDRESS,
        "serviceVersion": TEXT,
        "view": closed({"url": TEMPLATE}),
        "preview": closed(
            {"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}}
        ),
        "suggest": closed({}, dict.fromkeys(("entity", "type", "property"), SUGGESTER)),
        "extend": closed(
            {},
            {
                "propose_properties": closed({"service_url": ADDRESS, "service_path": TEXT}),
                "property_settings": {"type": "array"},
            },
        ),
        "batchSize": {"type": "integer", "minimum": 1},
    },
) | {"$defs": {"type": TYPE_WITH_BROADER}}
CANDIDATE = closed(
    {
        "id": TEXT,
        "name": TEXT,
        "type": many(TYPE),
        "score": {"type": "number"},
        "match": {"type": "boolean"},
    },
    {
        "description": {"type": "string"},
        "features": many(closed({"id": TEXT, "value": {"type": ["boolean", "number"]}})),
    },
)
RESULT = closed({"result": many(CANDIDATE)})
RESULTS: Json = {"type": "object", "additionalProperties": RESULT}
SUGGESTED_ENTITIES = closed(
    {
        "result": many(
            closed(
                {"id": TEXT, "name": TEXT},
                {"description": {"type": "string"}, "notable": many(TYPE)},
            )
        )
    }
)
SUGGESTED_TYPES = closed({"result": many({"$ref": "#/$defs/type"})}) | {
    "$defs": {"type": TYPE_WITH_BROADER}
}
SUGGESTED_PROPERTIES = closed(
    {"result": many(closed({"id": TEXT, "name": TEXT}, {"description": {"type": "string"}}))}
)
FLYOUT = closed({"id": TEXT, "html": TEXT})
PROPOSED = closed(
    {
        "type": TEXT,
        "properties": many(closed({"id": TEXT, "name": TEXT}, {"type": TYPE})),
    },
    {"limit": {"type": "integer"}},
)
VALUE: Json = {
    "oneOf": [
        closed({}),
        closed({"id": TEXT, "name": TEXT}, {"description": {"type": "string"}}),
        closed({"str": {"type": "string"}}),
        closed({"float": {"type": "number"}}),
        closed({"int": {"type": "integer"}}),
        closed({"date": {"type": "string"}}),
    ]
}
EXTENSION = closed(
    {
        "meta": many(closed({"id": TEXT, "name": TEXT}, {"type": TYPE, "service": ADDRESS})),
        "rows": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": many(VALUE)},
        },
    }
)
