"""Which representation an answer has: what `format` (or `style`) names, else what Accept prefers.

Qualities are honoured: of what the address offers, that with the highest `q` of its most specific
range; of equal ones the first, which is JSON nearly everywhere. Nothing admitted is 406.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from aidapi.parameters import RepresentationField
from aidapi.renderers import JSONRenderer

MAX_RANGES = 100
"""More media types than anybody has are not even looked at."""


class Negotiation(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Any) -> None:
        """Nothing is written here, so nothing is parsed."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        named = {renderer.parameter for renderer in renderers if renderer.parameter in request.GET}
        for renderer in renderers:
            if request.GET.get(renderer.parameter) == renderer.format:
                return renderer, renderer.media_type
        if named:
            # A word that is no representation: the strict parameters tell.
            return renderers[0], renderers[0].media_type
        tokens = request.headers.get("Accept", "*/*").split(",", MAX_RANGES)
        if len(tokens) > MAX_RANGES:
            raise NotAcceptable
        ranges = [MediaType(token) for token in tokens if token.strip()]
        best = max(renderers, key=lambda renderer: quality(renderer.media_type, ranges))
        if not quality(best.media_type, ranges):
            raise NotAcceptable
        return best, best.media_type


def quality(media_type: str, ranges: Sequence[MediaType]) -> float:
    """How much a media type is wanted: the `q` of the most specific range that admits it."""
    main, _, sub = media_type.partition("/")
    fitting = [
        ((r.main_type != "*") + (r.sub_type != "*"), r.quality)
        for r in ranges
        if r.main_type in ("*", main) and r.sub_type in ("*", sub)
    ]
    return max(fitting)[1] if fitting else 0.0


def parameters_of(view: Any) -> Any:
    """The set of parameters that the view's present action takes, by convention of names; None
    where nothing is asked, as with OPTIONS."""
    conventional = {"list": "filterset_class", "retrieve": "detail_parameters"}
    return getattr(view, conventional.get(view.action, f"{view.action}_parameters"), None)


@cache
def renderers_of(parameters: Any) -> Sequence[Any]:
    """What a set of parameters can ask for, the default first; of none, the default."""
    found: list[Any] = [JSONRenderer]
    for parameter in parameters.base_filters.values() if parameters else ():
        if isinstance(parameter.field, RepresentationField):
            found += [one for one in parameter.field.renderers if one not in found]
    return found
