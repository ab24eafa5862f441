"""JSON by orjson, for the endpoints that are not served from stored documents; and the OpenAPI
document as YAML."""

import re
from typing import Any

import orjson
import yaml
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

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

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        return yaml.dump(
            data, Dumper=YAMLDumper, sort_keys=False, allow_unicode=True, encoding="utf-8"
        )
