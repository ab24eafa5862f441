"""The service manifest: what a reconciliation service offers, and at which addresses."""

from typing import Any

from aidapi.addresses import site_path
from records.reconciliation.requests import BATCH
from records.reconciliation.vocabularies import Type, Vocabulary

Json = dict[str, Any]
VERSIONS = ["0.2"]
SCHEMA_SPACE = "http://www.w3.org/2004/02/skos/core#Concept"
"""The type of all entities: an entry of a controlled vocabulary."""
PREVIEW_WIDTH, PREVIEW_HEIGHT = 430, 260


def manifest(base: str, vocabulary: Vocabulary, types: dict[str, Type]) -> Json:
    """Return the manifest of a service on a site whose addresses begin with `base`."""
    service = f"{base}/reconcile/{vocabulary.name}"
    entities = f"{base}/api/v1/{vocabulary.name}/"
    return {
        "versions": VERSIONS,
        "name": vocabulary.title,
        "identifierSpace": entities,
        "schemaSpace": SCHEMA_SPACE,
        "documentation": f"{base}/guide/",
        "logo": f"{base}/favicon.ico",
        "view": {"url": entities + "{{id}}/"},
        "defaultTypes": [described(one, types) for one in types.values()],
        "suggest": {
            kind: {
                "service_url": service,
                "service_path": f"/suggest/{kind}/",
                "flyout_service_url": service,
                "flyout_service_path": f"/flyout/{kind}/?id=${{id}}",
            }
            for kind in ("entity", "type", "property")
        },
        "preview": {
            "url": f"{service}/preview/?id={{{{id}}}}",
            "width": PREVIEW_WIDTH,
            "height": PREVIEW_HEIGHT,
        },
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/properties/"},
            "property_settings": [],
        },
        "batchSize": BATCH,
    }


def described(one: Type, types: dict[str, Type]) -> Json:
    """Return a type with those that include it."""
    broader = {"broader": [described(types[one.broader], types)]} if one.broader else {}
    return {"id": one.id, "name": one.name, **broader}


def page_address(code: str, vocabulary: Vocabulary) -> str:
    """Return the path of an entry in the API."""
    return f"{site_path()}/api/v1/{vocabulary.name}/{code}/"
