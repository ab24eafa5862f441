"""OpenAPI document, generated from what the views declare rather than from annotations.

A view declares, and this module reads:

- `documented_parameters`: the set of its query parameters;
- `form`: its representation, a renderer (aidapi.renderers), if that is not whole JSON;
- `forms`: the representations of the same that have addresses of their own;
- `serializer_class`: the serializer of its response, or of each result where `many` is true;
- `operation_id`, `summary`, `tag` and `tag_description`; the docstring of `get` describes it;
- `lookup_field` and `lookup_parameter`: what the path contains;
- `examples`: examples of parameters that suit the endpoint better than the parameters' own;
- `tombstones`: whether the response may be 410.

A serializer field may have a JSON Schema of its own (`json_schema()`), as parameters do.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ResolvedComponent,
    append_meta,
)

from aidapi.deprecation import deprecates
from aidapi.errors import MEDIA_TYPE
from aidapi.parameters import Parameter
from aidapi.problems import FAILURES, PROBLEM_SCHEMAS
from aidapi.renderers import (
    CSV,
    NDJSON,
    XLSX,
    Sparse,
    TableMetadata,
    form_path,
    operation_suffix,
)

Json = dict[str, Any]

FILES = (CSV, NDJSON, XLSX, TableMetadata)
REVISION_HEADER: Json = {
    "description": "Number of the revision that the response shows. The same request with "
    "`revision=` and this number always returns the same response.",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
    "example": 4,
}
HEADERS: dict[str, Json] = {
    "DatasetRevision": REVISION_HEADER,
    "Link": {
        "description": "Links of the response (RFC 8288): its licence (`rel=license`); for a list "
        "also its permanent URL (`rel=cite-as`) and its citation (`rel=describedby`), and for a "
        "download, before the others, the meaning of its columns (`rel=describedby`).",
        "required": True,
        "schema": {"type": "string"},
        "example": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"',
    },
    "ETag": {
        "description": "Identifier of this response: send it as If-None-Match to receive 304 "
        "without a body while the response is unchanged. Citations have none, since they contain "
        "the date of retrieval, nor have files of more than 10,000 rows.",
        "schema": {"type": "string"},
        "example": 'W/"4n-5f0c1d2e3a4b596877869504a1b2c3d4"',
    },
    "CacheControl": {
        "description": "`no-cache` (revalidate with the ETag) for the latest revision; "
        "`immutable` for a request that names its revision.",
        "required": True,
        "schema": {"type": "string"},
        "example": "public, no-cache",
    },
    "RateLimit": {
        "description": "Requests that your address has left (`r`) and seconds until the count is "
        "reset (`t`); RateLimit-Policy has the limit.",
        "schema": {"type": "string"},
        "example": '"requests";r=1199;t=60',
    },
    "RequestId": {
        "description": "Id of the request: quote it when you report a problem. What caches may "
        "give to others (`immutable`) has none.",
        "schema": {"type": "string"},
        "example": "9f86d081884c7d65",
    },
}
"""Component → description of a header that every response has."""
HEADER_NAMES = {
    "DatasetRevision": "Dataset-Revision",
    "DatasetRows": "Dataset-Rows",
    "CacheControl": "Cache-Control",
    "RequestId": "X-Request-Id",
}
"""Component → name of the header, where they differ."""
ROWS_HEADER: Json = {
    "description": "Number of rows of a download, counted before the first is sent. A file with "
    "fewer rows is incomplete; if the server failed, its last line says so.",
    "schema": {"type": "integer", "minimum": 0},
    "example": 1234,
}
DEPRECATION_HEADERS: dict[str, Json] = {
    "Deprecation": {
        "description": "If the request uses something deprecated: the date of its deprecation, "
        "in seconds since 1970 (RFC 9745).",
        "schema": {"type": "string"},
        "example": "@1767225600",
    },
    "Sunset": {
        "description": "If the request uses something deprecated: the date after which it may "
        "be removed (RFC 8594).",
        "schema": {"type": "string"},
        "example": "Fri, 01 Jan 2027 00:00:00 GMT",
    },
}
ENVELOPE: Json = {
    "revision": {
        "type": "integer",
        "description": "Number of the revision that the list shows; following `next` stays in "
        "this revision.",
    },
    "count": {
        "type": ["integer", "null"],
        "description": "Total number of results on all pages; null unless `count=true`.",
    },
    "next": {
        "type": ["string", "null"],
        "format": "uri",
        "description": "URL of the next page; null on the last.",
    },
    "previous": {
        "type": ["string", "null"],
        "format": "uri",
        "description": "URL of the previous page; null on the first.",
    },
}


class Schema(AutoSchema):
    """One operation, as its view declares it."""

    view: Any

    # What the view declares

    @property
    def query_parameters(self) -> dict[str, Parameter]:
        return self.view.documented_parameters.documented()

    def get_response_serializers(self) -> Any:
        return self.view.serializer_class

    def get_operation_id(self) -> str:
        form = self.view.form
        return self.view.operation_id + (operation_suffix(form) if form else "")

    def get_summary(self) -> str:
        form = self.view.form
        return self.view.summary + (f", {form.title}" if form else "")

    def get_description(self) -> str:  # type: ignore[override]  # as the library's has it
        if form := self.view.form:
            return form.description
        return "\n\n".join([self.view.get_view_description(), *self.other_forms()])

    def other_forms(self) -> Iterator[str]:
        """Yield what the description says of representations with addresses of their own."""
        if forms := [one for one in self.view.forms if one is not Sparse]:
            addresses = ", ".join(f"`{form_path(self.path, one)}`" for one in forms)
            yield (
                f"Also as {addresses}. `{forms[0].parameter}=` and the Accept header select these "
                "here as well."
            )
        if Sparse in self.view.forms:
            yield (
                f"With some of the fields only: `{form_path(self.path, Sparse)}`; `fields` and "
                "`omit` are accepted here as well."
            )

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_extensions(self) -> Json:
        # Removed again by `tidy`, which describes the tag with it.
        return {"x-tag-description": self.view.tag_description}

    # Parameters

    def _get_parameters(self) -> list[Json]:
        parameters = []
        examples = self.view.examples
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
        statuses = [400, 405, 429, 500, 503]
        if self.view.form is None:
            # At other addresses the extension decides, not the Accept header.
            statuses.append(406)
        if "{" in self.path or "revision" in self.query_parameters or self.is_file:
            # Before the first revision there is nothing to download.
            statuses.append(404)
        if self.view.tombstones:
            statuses.append(410)
        if self.view.form in (CSV, NDJSON, XLSX):
            statuses.append(416)
        return {
            "200": {
                "description": "The response, with the number of the revision that it shows.",
                "headers": self.headers(),
                "content": self.content(),
            },
            "304": self.not_modified(),
        } | {str(status): self.problem(status) for status in sorted(statuses)}

    def not_modified(self) -> Json:
        response = {"description": "Unchanged since the ETag in If-None-Match; no body."}
        return self.register("responses", "NotModified", response).ref

    def headers(self) -> Json:
        names = [*HEADERS]
        if deprecates(self.view.documented_parameters, self.view.serializer_class):
            for name, header in DEPRECATION_HEADERS.items():
                self.register("headers", name, header)
                names.append(name)
        if self.is_file:
            self.register("headers", "DatasetRows", ROWS_HEADER)
            names.append("DatasetRows")
        return {
            HEADER_NAMES.get(name, name): {"$ref": f"#/components/headers/{name}"}
            for name in names
        }

    @property
    def is_file(self) -> bool:
        return self.view.form in FILES

    def content(self) -> Json:
        """Return the body of a success, which has one type."""
        form = self.view.form
        if form is None or form is Sparse:
            return {"application/json": {"schema": self.json_body().ref}}
        return {form.media_type: {"schema": form.schema | {"description": form.description}}}

    def json_body(self) -> ResolvedComponent:
        component = self.resolve_serializer(self.view.serializer_class, "response")
        if self.view.form is Sparse:
            component = self.sparse(component)
        return self.envelope(component) if self.view.many else component

    def envelope(self, component: ResolvedComponent) -> ResolvedComponent:
        """Return the component of a page of documents."""
        results = {
            "type": "array",
            "items": component.ref,
            "description": "The results of this page.",
        }
        schema = {
            "type": "object",
            "description": "A page of a list, with links to the next and the previous page.",
            "properties": ENVELOPE | {"results": results},
            "required": [*ENVELOPE, "results"],
        }
        return self.register("schemas", f"{component.name}List", schema)

    def sparse(self, component: ResolvedComponent) -> ResolvedComponent:
        """Return the component of the document as `fields` and `omit` may reduce it."""
        schema = self.with_sparse_parts(component.schema) | {
            "description": f"The part of one {component.name} that `fields` or `omit` leave."
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
        """Return a reference to the response of that status."""
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
                    "description": "Methods that the endpoint supports.",
                    "schema": {"type": "string"},
                    "example": "GET, HEAD, OPTIONS",
                }
            }
        if status in (429, 503):
            response["headers"] = {
                "Retry-After": {
                    "description": "Seconds to wait before the next attempt.",
                    "schema": {"type": "integer", "minimum": 0},
                    "example": 5,
                }
            }
        return self.register("responses", failure.name, response).ref

    def register(self, type_: str, name: str, schema: Json) -> ResolvedComponent:
        component = ResolvedComponent(name, type_, schema, object=name)
        self.registry.register_on_missing(component)
        return self.registry[component]

    # Fields that need not be there, and fields that bring their own schema

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        optional = {
            name for name, field in serializer.fields.items() if getattr(field, "optional", False)
        }
        if optional:
            schema["required"] = [name for name in schema["required"] if name not in optional]
        return schema

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


def described(name: str, parameter: Parameter, examples: dict[str, str]) -> Json:
    """Return a parameter object, with its example as JSON."""
    schema = parameter.field.json_schema()
    parameter_object: Json = {"name": name, "description": parameter.help_text, "schema": schema}
    example = examples.get(name, parameter.field.example)
    if parameter.deprecated:
        parameter_object["description"] += f" {parameter.deprecated.sentence()}"
        parameter_object["deprecated"] = True
    if example is not None:
        readers: dict[str, Callable[[str], Any]] = {
            "array": lambda text: text.split(","),
            "integer": int,
            "number": lambda text: float(text) if "." in text else int(text),
            "boolean": lambda text: text == "true",
        }
        parameter_object["example"] = readers.get(schema["type"], str)(example)
    return parameter_object


# --- Hooks on the whole document


def tidy(result: Json, generator: SchemaGenerator, **kwargs: Any) -> Json:
    """Return the document with what applies to the whole API said once: no `readOnly`, code lists
    as components, one tag per resource in the order of the routes."""
    result["paths"] = by_noun(result["paths"])
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
    result["servers"] = [{"url": "/"}]
    # All of it is public.
    result["security"] = []
    return result


def by_noun(paths: Json) -> Json:
    """Return the paths with those of representations beside their JSON, for readers; the routes
    have them last."""
    place = {path: number for number, path in enumerate(paths)}

    def json_place(path: str) -> int:
        of_json = re.sub(r"\.[^/]*$", "/", path)
        return place.get(of_json, place.get(f"{path.rpartition('/')[0]}/", place[path]))

    return dict(sorted(paths.items(), key=lambda item: json_place(item[0])))


def codes(schema: Json) -> tuple[str, ...]:
    return tuple(schema.get("enum", ()))


def simplified(schema: Any) -> Any:
    """Return the schema without `readOnly` and defaults, which mean nothing in a read-only API,
    without wrappers that OpenAPI 3.1 does not need, and without the code lists that descriptions
    repeat from their components."""
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


GENERATING = Lock()
"""The generator loads its extensions on first use, which two threads at once must not do."""


def document() -> Json:
    """Return the OpenAPI document, generated once per process."""
    with GENERATING:
        return _generated()


@cache
def _generated() -> Json:
    return SchemaGenerator().get_schema(request=None, public=True)


OWN_ADDRESS = re.compile(r"(?<![\w.~/-])/(?=(?:api/v1|docs|records)/)")
"""Beginning of an address of this site in a text."""


def below_path(part: Any, path: str) -> Any:
    """Return the document, or part of it, with the path of the site before addresses in texts.
    Keys stay: the paths of operations follow the address of the server."""
    if isinstance(part, str):
        return OWN_ADDRESS.sub(f"{path}/", part)
    if isinstance(part, dict):
        return {key: below_path(value, path) for key, value in part.items()}
    return [below_path(one, path) for one in part] if isinstance(part, list) else part
