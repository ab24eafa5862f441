"""Write the OpenAPI document, as it is served."""

from typing import Any

from drf_spectacular.management.commands import spectacular

from aidapi.document import published
from aidapi.renderers import YAMLRenderer


class Published(YAMLRenderer):
    """The document as any site publishes it, with a server relative to its own address."""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return super().render(published(data, "/", ""), *args, **kwargs)


class Command(spectacular.Command):
    def get_renderer(self, format: str) -> Any:
        return Published() if format == "openapi" else super().get_renderer(format)
