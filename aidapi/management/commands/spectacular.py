"""Write the OpenAPI document, as it is served."""

from typing import Any

from drf_spectacular.management.commands import spectacular

from aidapi.renderers import YAMLRenderer


class Command(spectacular.Command):
    def get_renderer(self, format: str) -> Any:
        return YAMLRenderer() if format == "openapi" else super().get_renderer(format)
