"""Content negotiation: the representation that `format` (or `style`) names, else the one that the
Accept header prefers.

Quality values are honoured: the representation with the highest `q` of its most specific range
wins; among equals the first, which is JSON nearly everywhere. If none is acceptable, 406.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from aidapi.parameters import ParameterSet, RepresentationField
from aidapi.renderers import JSONRenderer

MAX_RANGES = 100
"""Maximum number of media ranges in an Accept header; a longer header is not parsed."""
JSON_ONLY = (JSONRenderer(),)


class Negotiation(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Any) -> None:
        """Select none: the API is read-only."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        query = request.GET
        named = False
        for renderer in renderers:
            name = query.get(renderer.parameter)
            if name == renderer.format:
                return renderer, renderer.media_type
            named = named or name is not None
        # An empty header prefers nothing, as none does.
        accept = request.META.get("HTTP_ACCEPT", "").strip(" \t") or "*/*"
        if named or accept == "*/*":
            # An unknown format is an error that the parameter set reports.
            return renderers[0], renderers[0].media_type
        tokens = accept.split(",", MAX_RANGES)
        if len(tokens) > MAX_RANGES:
            raise NotAcceptable
        ranges = [MediaType(token) for token in tokens if token.strip()]
        best = max(renderers, key=lambda renderer: quality(renderer.media_type, ranges))
        if not quality(best.media_type, ranges):
            raise NotAcceptable
        return best, best.media_type


def quality(media_type: str, ranges: Sequence[MediaType]) -> float:
    """Return the `q` of the most specific range that includes the media type; 0 if none does."""
    main, _, sub = media_type.partition("/")
    fitting = [
        ((r.main_type != "*") + (r.sub_type != "*"), r.quality)
        for r in ranges
        if r.main_type in ("*", main) and r.sub_type in ("*", sub)
    ]
    return max(fitting)[1] if fitting else 0.0


@cache
def renderers_of(parameters: type[ParameterSet]) -> Sequence[Any]:
    """Return a renderer for each representation that the parameters can name, the default
    first."""
    classes: list[Any] = [JSONRenderer]
    for parameter in parameters.base_filters.values():
        if isinstance(parameter.field, RepresentationField):
            classes += [one for one in parameter.field.renderers if one not in classes]
    return tuple(one() for one in classes)
