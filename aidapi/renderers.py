"""Representations of responses: JSON by orjson, the OpenAPI document as YAML, and the formats that
views write themselves."""

import re
from typing import Any, ClassVar

import orjson
import yaml
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    parameter = "format"
    """The query parameter that selects it."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class YAMLDumper(yaml.SafeDumper):
    """Dumper that quotes text which YAML 1.2 would read as a number: the code 018, unlike in
    YAML 1.1, would be 18."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: YAMLDumper, text: str) -> yaml.ScalarNode:
    style = (
        "|" if "\n" in text else "'" if re.fullmatch(r"[-+]?[0-9.][0-9.eE+_-]*", text) else None
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


YAMLDumper.add_representer(str, represent_text)


class YAMLRenderer(BaseRenderer):
    media_type = "application/yaml"
    format = "yaml"
    charset = None
    parameter = "format"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        return yaml.dump(
            data, Dumper=YAMLDumper, sort_keys=False, allow_unicode=True, encoding="utf-8"
        )


# --- Written by the views: declared here for negotiation and documentation


BYTES: dict[str, Any] = {"type": "string", "format": "binary"}
"""Schema of a file, which generated clients return as it is."""


class Written(BaseRenderer):
    """Representation that a view writes; its errors are problems, as everywhere. It also has an
    address of its own: that of the JSON without the last slash, and with an extension."""

    parameter = "format"
    schema: ClassVar[dict[str, Any]] = BYTES
    description: ClassVar[str] = ""
    extension: ClassVar[str]
    title: ClassVar[str]
    """What it is called, also in names of operations."""


class CSV(Written):
    media_type = "text/csv"
    format = "csv"
    extension = "csv"
    title = "CSV"
    description = (
        "All rows as a table: UTF-8 with a byte order mark, RFC 4180, columns in fixed order."
    )


class NDJSON(Written):
    media_type = "application/x-ndjson"
    format = "ndjson"
    extension = "ndjson"
    title = "NDJSON"
    charset = None
    description = "All rows, each as one line of JSON."


class XLSX(Written):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    extension = "xlsx"
    title = "XLSX"
    charset = None
    description = "All rows in the first sheet of a workbook; the second explains the columns."


class TableMetadata(Written):
    media_type = "application/csvm+json"
    format = "metadata"
    extension = "csv-metadata.json"
    title = "CSV metadata"
    charset = None
    schema = {"type": "object", "additionalProperties": True}
    description = (
        "Metadata of a download as CSV on the Web: query, revision, licence, citation, number of "
        "rows, and the meaning of each column."
    )


class Atom(Written):
    media_type = "application/atom+xml"
    format = "atom"
    extension = "atom"
    title = "Atom"
    description = "A feed for feed readers (RFC 4287), newest first."


class JSONLD(Written):
    media_type = "application/ld+json"
    format = "jsonld"
    extension = "jsonld"
    title = "JSON-LD"
    charset = None
    schema = {"type": "object", "additionalProperties": True}
    description = "The same JSON, with the media type of linked data."


class Style(Written):
    """Style of a citation."""

    parameter = "style"


class Text(Style):
    media_type = "text/plain"
    format = "text"
    extension = "txt"
    title = "text"
    schema = {"type": "string"}
    description = "A sentence for the end of an article."


class BibTeX(Style):
    media_type = "application/x-bibtex"
    format = "bibtex"
    extension = "bib"
    title = "BibTeX"
    description = "An entry for BibTeX; Unicode is kept."


class RIS(Style):
    media_type = "application/x-research-info-systems"
    format = "ris"
    extension = "ris"
    title = "RIS"
    description = "A reference for EndNote, Zotero and similar programs."


class CSLJSON(Style):
    media_type = "application/vnd.citationstyles.csl+json"
    format = "csl-json"
    extension = "csl.json"
    title = "CSL-JSON"
    charset = None
    schema = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    description = "A reference for programs that read the Citation Style Language."


class Sparse(JSONRenderer):
    """JSON with some of the fields of each document. At the address of whole documents `fields`
    and `omit` select it as well; here it has a type of its own."""

    extension = "sparse.json"
    title = "sparse"
    description = "Documents with the fields that `fields` names, or without those in `omit`."


def form_path(path: str, form: Any) -> str:
    """Return the path of a representation: `donations.csv`, but `donations/{id}/sparse.json`,
    since programs that import the document take a parameter for a whole segment of the path."""
    return re.sub(r"(?<![}>])/$", ".", path) + str(form.extension)


def operation_suffix(form: Any) -> str:
    """Return what ends the ids of the operations of a representation: `CsvMetadata`."""
    return "".join(word.capitalize() for word in re.split(r"[ -]", form.title))
