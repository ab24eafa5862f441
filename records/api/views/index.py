"""The front door for programs: an index of what there is."""

import inspect
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.pagination import base_url
from records.api.parameter_sets import FormatParameters
from records.api.views.records import Answer, DatasetViewSet
from records.models import RevisionCounter


class EndpointSerializer(serializers.Serializer):
    """One list, and what it holds."""

    name = serializers.CharField(help_text="Its name, as in the address.")
    url = serializers.URLField(help_text="Its address.")
    description = serializers.CharField(help_text="What it holds, in a sentence.")


class IndexSerializer(serializers.Serializer):
    """Where everything is."""

    revision = serializers.IntegerField(
        help_text="Number of the newest revision; 0 before anything is published."
    )
    endpoints = EndpointSerializer(many=True, help_text="The lists.")
    coverage = serializers.URLField(
        help_text="What the dataset holds, by kind, month and country, and what is missing."
    )
    openapi = serializers.URLField(help_text="This API as an OpenAPI document, for programs.")
    docs = serializers.URLField(help_text="The documentation, to try queries in.")
    reference = serializers.URLField(help_text="The documentation, to read.")


class Index(DatasetViewSet):
    """Index: where everything is."""

    serializer_class = IndexSerializer
    detail_parameters = FormatParameters
    registry: ClassVar[list[tuple[str, Any, str]]] = []
    """What the router serves; `records.api.urls` passes it in."""

    def retrieve(self, request: Request) -> HttpResponse:
        """All lists, with a sentence on each, and the newest revision."""
        self.detail_parameters(request.GET)
        base = base_url(request)
        revision = RevisionCounter.number()
        index = {
            "revision": revision,
            "endpoints": [
                {
                    "name": name,
                    "url": f"{base}{reverse(f'{basename}-list')}",
                    "description": inspect.getdoc(viewset),
                }
                for name, viewset, basename in self.registry
            ],
            "coverage": f"{base}{reverse('coverage')}",
            "openapi": f"{base}{reverse('openapi-json')}",
            "docs": f"{base}{reverse('docs')}",
            "reference": f"{base}{reverse('reference')}",
        }
        body = orjson.dumps(self.serializer_class().to_representation(index))
        return Answer(revision, body)
