"""Index of the API."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import origin
from records.api.parameter_sets import FormatParameters
from records.api.views.base import DatasetResponse, DatasetView
from records.query.revisions import latest_revision


class EndpointSerializer(serializers.Serializer):
    """A list of the API."""

    name = serializers.CharField(help_text="Its name, as in the URL.")
    url = serializers.URLField(help_text="Its URL.")
    description = serializers.CharField(help_text="What it holds, in a sentence.")


class IndexSerializer(serializers.Serializer):
    """Links to everything."""

    revision = serializers.IntegerField(
        help_text="Number of the latest revision; 0 before the first."
    )
    endpoints = EndpointSerializer(many=True, help_text="The lists.")
    coverage = serializers.URLField(
        help_text="What the dataset holds, by kind, month and country, and what is missing."
    )
    openapi = serializers.URLField(help_text="This API as an OpenAPI document, for programs.")
    docs = serializers.URLField(help_text="The documentation, with a form to try queries.")
    reference = serializers.URLField(help_text="The documentation, for reading.")


class Index(DatasetView):
    """All lists, each with a description, and the latest revision."""

    operation_id = "getIndex"
    summary = "Get the index"
    tag = "index"
    tag_description = "Index: links to everything, the citation and the metadata of the dataset."
    parameters = FormatParameters
    serializer_class = IndexSerializer
    resources: Any = ()
    """The resources that `records.api.urls` routes."""

    def get(self, request: Request) -> HttpResponse:
        self.parse(request)
        base = origin(request)
        revision = latest_revision()
        index = {
            "revision": revision,
            "endpoints": [
                {
                    "name": resource.name,
                    "url": f"{base}{reverse(f'{resource.name}-list')}",
                    "description": resource.description,
                }
                for resource in self.resources
            ],
            "coverage": f"{base}{reverse('coverage')}",
            "openapi": f"{base}{reverse('openapi-json')}",
            "docs": f"{base}{reverse('docs')}",
            "reference": f"{base}{reverse('reference')}",
        }
        body = orjson.dumps(self.serializer_class().to_representation(index))
        return DatasetResponse(revision, body)
