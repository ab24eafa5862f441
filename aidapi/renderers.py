"""The representations that answers have: JSON by orjson, for what is not served from stored
documents; the OpenAPI document as YAML; and the names of those that views write themselves."""

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
    """The query parameter by which it is asked for."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class YAMLDumper(yaml.SafeDumper):
    """Text is quoted where a reader of YAML 1.2 would see a number: it takes the code 018 for 18,
    which the 1.1 of this library does not."""

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


# --- Written by the views: here stand their names, for negotiation and for the documentation


class Written(BaseRenderer):
    """A representation whose bytes a view makes; errors beside it are problems, as everywhere."""

    parameter = "format"
    schema: ClassVar[dict[str, Any]] = {"type": "string"}
    description: ClassVar[str] = ""


class CSV(Written):
    media_type = "text/csv"
    format = "csv"
    description = (
        "Every row, as a table: UTF-8 with a byte order mark, RFC 4180, columns in fixed order."
    )


class NDJSON(Written):
    media_type = "application/x-ndjson"
    format = "ndjson"
    charset = None
    description = "Every row as one line of JSON."


class XLSX(Written):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    charset = None
    schema = {"type": "string", "format": "binary"}
    description = "Every row in the first sheet of a workbook; the second explains the columns."


class TableMetadata(Written):
    media_type = "application/csvm+json"
    format = "metadata"
    charset = None
    schema = {"type": "object", "additionalProperties": True}
    description = (
        "What stands in a download and what its columns mean, as CSV on the Web describes tables: "
        "the query as understood, revision, licence, citation and number of rows."
    )


class Atom(Written):
    media_type = "application/atom+xml"
    format = "atom"
    description = "A feed for readers of news (RFC 4287), newest first."


class JSONLD(Written):
    media_type = "application/ld+json"
    format = "jsonld"
    charset = None
    schema = {"type": "object", "additionalProperties": True}
    description = "The same JSON, by its name as linked data."


class Style(Written):
    """A way in which a citation is written down."""

    parameter = "style"


class Text(Style):
    media_type = "text/plain"
    format = "text"
    description = "A sentence to put below an article."


class BibTeX(Style):
    media_type = "application/x-bibtex"
    format = "bibtex"
    description = "An entry for BibTeX; Unicode is kept."


class RIS(Style):
    media_type = "application/x-research-info-systems"
    format = "ris"
    description = "A reference for EndNote, Zotero and their like."


class CSLJSON(Style):
    media_type = "application/vnd.citationstyles.csl+json"
    format = "csl-json"
    charset = None
    schema = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    description = "A reference for whatever reads the Citation Style Language."
