"""How the OpenAPI document comes from the views: by convention, not by annotation.

A view declares, and this module reads:

- `serializer_class`: the document of its noun; the list of it comes in an envelope;
- `filterset_class`: the parameters of the list; `detail_parameters`: those of one document;
- `<action>_serializer` and `<action>_parameters`: the same for any other action, where a
  serializer with `many=True` means an envelope;
- `lookup_parameter`: what stands in the path;
- `examples`: examples of parameters that suit the noun better than the parameters' own;
- `tag` and `noun`: where and as what it is listed, for what is no list;
- `tombstones`: whether a record may be gone (410).

A field of a serializer may bring its own JSON Schema (`json_schema()`), as parameters do.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ResolvedComponent,
    append_meta,
    get_doc,
    is_list_serializer,
)

from aidapi.deprecation import deprecating, serializer_of
from aidapi.errors import MEDIA_TYPE
from aidapi.negotiation import parameters_of, renderers_of
from aidapi.parameters import Parameter
from aidapi.problems import FAILURES, PROBLEM_SCHEMAS

Json = dict[str, Any]

REVISION_HEADER: Json = {
    "description": "Number of the revision that the answer shows. With `revision=` and this "
    "number the same question has the same answer for ever.",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
    "example": 4,
}
HEADERS: dict[str, Json] = {
    "DatasetRevision": REVISION_HEADER,
    "Link": {
        "description": "What belongs to the answer (RFC 8288): its licence (`rel=license`), and "
        "what describes it (`rel=describedby`): of a list how to cite it, of a download what its "
        "columns mean.",
        "required": True,
        "schema": {"type": "string"},
        "example": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"',
    },
    "ETag": {
        "description": "Names this answer: send it back as If-None-Match, and as long as it is "
        "still the answer you get a 304 without a body. Citations have none: they tell the day.",
        "schema": {"type": "string"},
        "example": 'W/"4n-5f0c1d2e3a4b596877869504a1b2c3d4"',
    },
    "CacheControl": {
        "description": "`no-cache` (ask again, with the ETag) for the newest revision; "
        "`immutable` for an answer that names its revision.",
        "required": True,
        "schema": {"type": "string"},
        "example": "public, no-cache",
    },
    "RateLimit": {
        "description": "How many requests your address has left (`r`) and after how many seconds "
        "it begins anew (`t`); RateLimit-Policy has the limit.",
        "schema": {"type": "string"},
        "example": '"requests";r=1199;t=60',
    },
    "RequestId": {
        "description": "Id of the request: tell it when you report a fault.",
        "required": True,
        "schema": {"type": "string"},
        "example": "9f86d081884c7d65",
    },
}
"""Component → what a header of every answer means."""
HEADER_NAMES = {
    "DatasetRevision": "Dataset-Revision",
    "DatasetRows": "Dataset-Rows",
    "CacheControl": "Cache-Control",
    "RequestId": "X-Request-Id",
}
"""Component → the header's name, where it is another."""
ROWS_HEADER: Json = {
    "description": "Of a download: how many rows it has, counted before the first was sent. A "
    "file with fewer was cut off; if the server failed, its last line says so.",
    "schema": {"type": "integer", "minimum": 0},
    "example": 1234,
}
DEPRECATION_HEADERS: dict[str, Json] = {
    "Deprecation": {
        "description": "Where the question uses something deprecated: since when it is, in "
        "seconds since 1970 (RFC 9745).",
        "schema": {"type": "string"},
        "example": "@1767225600",
    },
    "Sunset": {
        "description": "Where the question uses something deprecated: from when it may be gone "
        "(RFC 8594).",
        "schema": {"type": "string"},
        "example": "Fri, 01 Jan 2027 00:00:00 GMT",
    },
}
ENVELOPE: Json = {
    "revision": {
        "type": "integer",
        "description": "Number of the revision that the list shows; a walk along `next` stays in "
        "it to its end.",
    },
    "count": {
        "type": ["integer", "null"],
        "description": "How many results there are on all pages; null unless `count=true`.",
    },
    "next": {
        "type": ["string", "null"],
        "format": "uri",
        "description": "Address of the next page; null on the last.",
    },
    "previous": {
        "type": ["string", "null"],
        "format": "uri",
        "description": "Address of the page before; null on the first.",
    },
}


class Schema(AutoSchema):
    """One operation, from what its view declares."""

    view: Any

    # What the view declares

    @property
    def action(self) -> str:
        return self.view.action

    @property
    def query_parameters(self) -> dict[str, Parameter]:
        return self.parameter_set.documented()

    @property
    def parameter_set(self) -> Any:
        parameters = parameters_of(self.view)
        assert parameters is not None, (
            f"{self.view} says nothing of the parameters of {self.action}"
        )
        return parameters

    def get_response_serializers(self) -> Any:
        return getattr(self.view, f"{self.action}_serializer", self.view.serializer_class)

    @property
    def is_list(self) -> bool:
        return self.action == "list" or is_list_serializer(self.get_response_serializers())

    @property
    def singular(self) -> str:
        """The noun, as its component is called, Donation, or as the view calls it."""
        if hasattr(self.view, "noun"):
            return camel(self.view.noun)
        return self._get_serializer_name(self.view.serializer_class(), "response")

    # Names and words

    def get_operation_id(self) -> str:
        if self.action == "list":
            return f"list{self.get_tags()[0].title()}"
        if self.action == "retrieve":
            return f"get{self.singular}"
        return f"{'list' if self.is_list else 'get'}{self.singular}{camel(self.action)}"

    def get_summary(self) -> str:
        if self.action == "list":
            return f"List {self.get_tags()[0]}"
        if self.action == "retrieve":
            noun = getattr(self.view, "noun", self.singular.lower())
            return f"Get {'one' if '{' in self.path else 'the'} {noun}"
        noun = self.action.replace("_", " ")
        whose = f"one {self.singular.lower()}" if "{" in self.path else self.get_tags()[0]
        return f"{'List' if self.is_list else 'Get'} the {noun} of {whose}"

    def get_description(self) -> str:  # type: ignore[override]  # as the library's has it
        about = get_doc(getattr(self.view, self.action))
        return f"{get_doc(type(self.view))}\n\n{about}" if self.action == "list" else about

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", None) or (*self._tokenize_path(), "index")[0]]

    def get_extensions(self) -> Json:
        # Taken out again by `tidy`, which describes the tag with it.
        return {"x-tag-description": get_doc(type(self.view))}

    # Parameters

    def _get_parameters(self) -> list[Json]:
        parameters = []
        examples = getattr(self.view, "examples", {})
        if "{" in self.path:
            name = self.view.lookup_field
            lookup = described(name, self.view.lookup_parameter, {})
            parameters.append({"in": "path", **lookup, "required": True})
        for name, parameter in self.query_parameters.items():
            style = {"style": "form", "explode": False} if parameter.field.many else {}
            parameters.append({"in": "query", **described(name, parameter, examples), **style})
        return parameters

    # Responses

    def _get_response_bodies(self, direction: Any = "response") -> Json:
        for name, header in HEADERS.items():
            self.register("headers", name, header)
        for name, schema in PROBLEM_SCHEMAS.items():
            self.register("schemas", name, schema)
        statuses = [400, 405, 406, 429, 500, 503]
        if "{" in self.path or {"revision", "raw"} & self.query_parameters.keys():
            # Before the first revision there is nothing to download.
            statuses.append(404)
        if "{" in self.path and getattr(self.view, "tombstones", False):
            statuses.append(410)
        return {
            "200": {
                "description": "The answer, with the number of the revision that it shows.",
                "headers": self.headers(),
                "content": {"application/json": {"schema": self.answer()}} | self.written(),
            },
            "304": self.not_modified(),
        } | {str(status): self.problem(status) for status in sorted(statuses)}

    def not_modified(self) -> Json:
        response = {"description": "What If-None-Match names is still the answer; no body."}
        return self.register("responses", "NotModified", response).ref

    def headers(self) -> Json:
        names = [*HEADERS]
        if self.is_deprecating():
            for name, header in DEPRECATION_HEADERS.items():
                self.register("headers", name, header)
                names.append(name)
        if "rows" in self.query_parameters or "raw" in self.query_parameters:
            self.register("headers", "DatasetRows", ROWS_HEADER)
            names.append("DatasetRows")
        return {
            HEADER_NAMES.get(name, name): {"$ref": f"#/components/headers/{name}"}
            for name in names
        }

    def is_deprecating(self) -> bool:
        """Whether a parameter or a field of the answer is deprecated."""
        return deprecating(self.parameter_set, serializer_of(self.view))

    def written(self) -> Json:
        """The further representations of the answer."""
        return {
            renderer.media_type: {
                "schema": renderer.schema | {"description": renderer.description}
            }
            for renderer in renderers_of(self.parameter_set)[1:]
        }

    def answer(self) -> Json:
        serializer = self.get_response_serializers()
        serializer = getattr(serializer, "child", serializer)
        component = self.resolve_serializer(serializer, "response")
        components = [component]
        if "fields" in self.query_parameters:
            components.append(self.sparse(component))
        if self.is_list:
            components = [self.envelope(component) for component in components]
        refs = [component.ref for component in components]
        # The whole document first: generated clients try the alternatives in this order.
        return refs[0] if len(refs) == 1 else {"anyOf": refs}

    def envelope(self, component: ResolvedComponent) -> ResolvedComponent:
        """A page of documents."""
        results = {
            "type": "array",
            "items": component.ref,
            "description": "The results of this page.",
        }
        schema = {
            "type": "object",
            "description": "A page of a list, and the way to the next.",
            "properties": ENVELOPE | {"results": results},
            "required": [*ENVELOPE, "results"],
        }
        return self.register("schemas", f"{component.name}List", schema)

    def sparse(self, component: ResolvedComponent) -> ResolvedComponent:
        """The document as `fields` and `omit` may leave it: any part of it, at any depth."""
        schema = self.with_sparse_parts(component.schema) | {
            "description": f"The parts of one {component.name} that `fields` named or `omit` left."
        }
        del schema["required"]
        return self.register("schemas", f"Sparse{component.name}", schema)

    def with_sparse_parts(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self.with_sparse_parts(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.sparse(self.registry[name, ResolvedComponent.SCHEMA]).ref
        return {key: self.with_sparse_parts(part) for key, part in schema.items()}

    def problem(self, status: int) -> Json:
        """A reference to the response of that status."""
        failure = FAILURES[status]
        schema = "WithdrawnProblem" if status == 410 else "Problem"
        response: Json = {
            "description": failure.meaning,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{schema}"},
                    "examples": {
                        example.code: {
                            "summary": example.title,
                            "value": example.body()
                            | {"request_id": HEADERS["RequestId"]["example"]},
                        }
                        for example in failure.examples
                    },
                }
            },
        }
        if status == 405:
            response["headers"] = {
                "Allow": {
                    "description": "The methods that the address knows.",
                    "schema": {"type": "string"},
                    "example": "GET, HEAD, OPTIONS",
                }
            }
        if status in (429, 503):
            response["headers"] = {
                "Retry-After": {
                    "description": "So many seconds later it is worth trying again.",
                    "schema": {"type": "integer", "minimum": 0},
                    "example": 5,
                }
            }
        return self.register("responses", failure.name, response).ref

    def register(self, type_: str, name: str, schema: Json) -> ResolvedComponent:
        component = ResolvedComponent(name, type_, schema, object=name)
        self.registry.register_on_missing(component)
        return self.registry[component]

    # Fields that bring their own schema

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        deprecation = getattr(field.parent, "deprecated", {}).get(field.field_name)
        if deprecation and deprecation.sentence() not in field.help_text:
            field.help_text += f" {deprecation.sentence()}"
        if hasattr(field, "json_schema"):
            meta = self._get_serializer_field_meta(field, direction)
            return append_meta(field.json_schema(), meta)
        return super()._map_serializer_field(field, direction, bypass_extensions)


def camel(words: str) -> str:
    return "".join(word.title() for word in re.split(r"[ _]", words))


def described(name: str, parameter: Parameter, examples: dict[str, str]) -> Json:
    """What a parameter means, with its example as JSON."""
    schema = parameter.field.json_schema()
    found: Json = {"name": name, "description": parameter.help_text, "schema": schema}
    example = examples.get(name, parameter.field.example)
    if parameter.deprecated:
        found["description"] += f" {parameter.deprecated.sentence()}"
        found["deprecated"] = True
    if example is not None:
        readers: dict[str, Callable[[str], Any]] = {
            "array": lambda text: text.split(","),
            "integer": int,
            "number": lambda text: float(text) if "." in text else int(text),
            "boolean": lambda text: text == "true",
        }
        found["example"] = readers.get(schema["type"], str)(example)
    return found


# --- Hooks on the whole document


def tidy(result: Json, generator: SchemaGenerator, **kwargs: Any) -> Json:
    """What holds for the API as a whole is said once: it only reads; code lists are components;
    each noun is a tag, in the router's order."""
    result["components"] = simplified(result["components"])
    result["components"]["schemas"].pop("NullEnum", None)
    enums = {
        tuple(schema["enum"]): {"$ref": f"#/components/schemas/{name}"}
        for name, schema in result["components"]["schemas"].items()
        if "enum" in schema
    }
    tags: dict[str, str] = {}
    for operations in result["paths"].values():
        for operation in operations.values():
            tags.setdefault(operation["tags"][0], operation.pop("x-tag-description"))
            operation.pop("x-tag-description", None)
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                if "items" in schema:
                    schema["items"] = enums.get(codes(schema["items"]), schema["items"])
                else:
                    parameter["schema"] = enums.get(codes(schema), schema)
    result["tags"] = [{"name": name, "description": about} for name, about in tags.items()]
    return result


def codes(schema: Json) -> tuple[str, ...]:
    return tuple(schema.get("enum", ()))


def simplified(schema: Any) -> Any:
    """Without `readOnly` and defaults, which say nothing of an API that only reads, without
    wrappers that OpenAPI 3.1 does not need, and without the code lists that descriptions repeat
    from their components."""
    if isinstance(schema, list):
        return [simplified(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") == "#/components/schemas/NullEnum":
        return {"type": "null"}
    plain = {
        key: simplified(part) for key, part in schema.items() if key not in ("readOnly", "default")
    }
    wrapped = plain.get("allOf")
    if isinstance(wrapped, list) and len(wrapped) == 1 and not {"properties"} & plain.keys():
        plain = {**wrapped[0], **{key: part for key, part in plain.items() if key != "allOf"}}
    if "enum" not in plain and isinstance(plain.get("description"), str):
        plain["description"] = plain["description"].partition("\n\n* ")[0]
    return plain


@cache
def document() -> Json:
    """The OpenAPI document, generated once per process."""
    return SchemaGenerator().get_schema(request=None, public=True)
