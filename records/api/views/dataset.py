"""Metadata of the dataset as a whole, for data catalogues and search engines."""

from typing import Any

import orjson
from django.db.models import Max, Min, Value
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import base_url
from aidapi.parameters import Parameter, RepresentationField
from aidapi.renderers import JSONLD, JSONRenderer
from records.api.addresses import PLURALS, pinned
from records.api.licence import AUTHOR, LICENCE
from records.api.parameter_sets import AnyParameters
from records.api.scope import scope_of
from records.api.views.base import DatasetView
from records.api.views.citations import dataset_citation, published
from records.api.views.files import FILES
from records.documents.serializers import KnownDateField
from records.models import (
    DATED,
    KINDS,
    Revision,
    RevisionCounter,
)
from records.query.revisions import shown_revision

TITLE = "AidAPI: COVID-19 aid"
DESCRIPTION = (
    "Who gave, exported or sold what to whom against COVID-19, and when, with the sentence of the "
    "public statement that bears every figure. Published as numbered revisions; what was "
    "published never changes silently."
)
KEYWORDS = ["COVID-19", "aid", "donations", "medical supplies", "exports", "procurement"]


def temporal(revision: int) -> tuple[str, str] | None:
    """Return the first and last `as_of` of all records, as far as they are known; one query."""
    first, *others = [
        model.objects.in_force(revision)
        .order_by()
        .values(kind=Value(kind))
        .annotate(first=Min("as_of_key"), last=Max("as_of_key"))
        .values_list("first", "last")
        for kind, model in DATED.items()
    ]
    days = [day for pair in first.union(*others, all=True) for day in pair if day]
    return (min(days), max(days)) if days else None


def files(request: HttpRequest, revision: int) -> list[tuple[str, str, str]]:
    """Return (kind, media type, URL) of every file with all records of a kind."""
    return [
        (
            PLURALS[kind],
            renderer.media_type,
            pinned(request, f"/api/v1/{PLURALS[kind]}/", {"format": name}, revision),
        )
        for kind in KINDS
        for name, renderer in FILES.items()
    ]


class DatasetParameters(AnyParameters):
    """Parameters of the metadata of the dataset."""

    format = Parameter(
        RepresentationField(JSONRenderer, JSONLD, example="jsonld"),
        "Media type of the response: both are the same JSON-LD; `jsonld` names it so.",
    )


class PrefixedSerializer(serializers.Serializer):
    """Serializer of JSON-LD: the field `dct_title` is `dct:title`, `at_id` is `@id`."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            name.replace("at_", "@", 1) if name.startswith("at_") else name.replace("_", ":", 1): f
            for name, f in super().get_fields().items()
        }


class ReferenceSerializer(PrefixedSerializer):
    """A link."""

    at_id = serializers.CharField(help_text="The URL.")


class AgentSerializer(PrefixedSerializer):
    """The publisher."""

    at_type = serializers.CharField(help_text="`foaf:Organization`.")
    foaf_name = serializers.CharField(help_text="The name.")
    foaf_homepage = ReferenceSerializer(help_text="The site.")


class PeriodOfTimeSerializer(PrefixedSerializer):
    """A period of time."""

    at_type = serializers.CharField(help_text="`dct:PeriodOfTime`.")
    dcat_startDate = KnownDateField(help_text="First day, month or year.")
    dcat_endDate = KnownDateField(help_text="Last day, month or year.")


class DistributionSerializer(PrefixedSerializer):
    """A file with all records of a kind."""

    at_type = serializers.CharField(help_text="`dcat:Distribution`.")
    dct_title = serializers.CharField(help_text="What it holds.")
    dcat_accessURL = ReferenceSerializer(help_text="The list of the same records.")
    dcat_downloadURL = ReferenceSerializer(help_text="The file, at this revision.")
    dcat_mediaType = serializers.CharField(help_text="Its media type.")
    dct_license = ReferenceSerializer(help_text="The licence.")


class DatasetSerializer(PrefixedSerializer):
    """The dataset in DCAT, as JSON-LD."""

    at_context = serializers.DictField(
        child=serializers.CharField(), help_text="Prefix → its vocabulary."
    )
    at_id = serializers.CharField(help_text="URL of the dataset.")
    at_type = serializers.CharField(help_text="`dcat:Dataset`.")
    dct_title = serializers.CharField(help_text="Its title.")
    dct_description = serializers.CharField(help_text="What it is.")
    dct_language = serializers.CharField(help_text="Language of its texts, as a BCP 47 tag.")
    dct_coverage = serializers.ListField(
        child=serializers.CharField(),
        help_text="What it covers and what it does not, in sentences: kinds, months, countries, "
        "and what is missing.",
    )
    dct_publisher = AgentSerializer(help_text="The publisher.")
    dct_license = ReferenceSerializer(help_text="The licence.")
    dct_issued = serializers.DateTimeField(help_text="When its first revision was published.")
    dct_modified = serializers.DateTimeField(
        help_text="When the described revision was published."
    )
    dct_temporal = PeriodOfTimeSerializer(
        allow_null=True, help_text="First and last day that records refer to."
    )
    dct_bibliographicCitation = serializers.CharField(help_text="How to cite it.")
    dcat_version = serializers.CharField(help_text="Number of the revision.")
    dcat_keyword = serializers.ListField(
        child=serializers.CharField(), help_text="Keywords for catalogues."
    )
    dcat_landingPage = ReferenceSerializer(help_text="The home page.")
    dcat_distribution = DistributionSerializer(
        many=True, help_text="The files: every kind of record, in every format."
    )


class Dataset(DatasetView):
    """The dataset in DCAT: title, publisher, licence, period, revision, and the files to
    download, as JSON-LD."""

    operation_id = "getMetadata"
    summary = "Get the metadata"
    tag = "index"
    parameters = DatasetParameters
    serializer_class = DatasetSerializer

    def get(self, request: Request) -> HttpResponse:
        values = self.parse(request).cleaned
        revision = published(shown_revision(values.get("revision"), RevisionCounter.number()))
        response = HttpResponse(
            orjson.dumps(dcat(request, revision)),
            content_type=request.accepted_renderer.media_type,
        )
        response["Dataset-Revision"] = str(revision.number)
        return response


def dcat(request: HttpRequest, revision: Revision) -> dict[str, Any]:
    """Return the description of the dataset in DCAT."""
    base = base_url(request)
    licence = {"@id": LICENCE["url"]}
    covered = temporal(revision.number)
    first = published(1)
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
        },
        "@id": pinned(request, "/api/v1/metadata/", {}, revision.number),
        "@type": "dcat:Dataset",
        "dct:title": TITLE,
        "dct:description": DESCRIPTION,
        "dct:language": "en",
        "dct:coverage": scope_of(revision.number).sentences,
        "dct:publisher": {
            "@type": "foaf:Organization",
            "foaf:name": AUTHOR,
            "foaf:homepage": {"@id": f"{base}/"},
        },
        "dct:license": licence,
        "dct:issued": first.published_at,
        "dct:modified": revision.published_at,
        "dct:temporal": covered
        and {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": covered[0],
            "dcat:endDate": covered[1],
        },
        "dct:bibliographicCitation": dataset_citation(request, revision).undated(),
        "dcat:version": str(revision.number),
        "dcat:keyword": KEYWORDS,
        "dcat:landingPage": {"@id": f"{base}/"},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": f"{kind}, as {media_type}",
                "dcat:accessURL": {"@id": f"{base}/api/v1/{kind}/"},
                "dcat:downloadURL": {"@id": address},
                "dcat:mediaType": media_type,
                "dct:license": licence,
            }
            for kind, media_type, address in files(request, revision.number)
        ],
    }


def schema_org(request: HttpRequest, revision: Revision) -> dict[str, Any]:
    """Return the description of the dataset in schema.org, for search engines."""
    base = base_url(request)
    covered = temporal(revision.number)
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": f"{base}/",
        "name": TITLE,
        "description": DESCRIPTION,
        "url": f"{base}/",
        "version": str(revision.number),
        "dateModified": revision.published_at,
        "license": LICENCE["url"],
        "isAccessibleForFree": True,
        "inLanguage": "en",
        "keywords": KEYWORDS,
        "creator": {"@type": "Organization", "name": AUTHOR, "url": f"{base}/"},
        "publisher": {"@type": "Organization", "name": AUTHOR, "url": f"{base}/"},
        **({"temporalCoverage": "/".join(covered)} if covered else {}),
        "creditText": dataset_citation(request, revision).undated(),
        "distribution": [
            {
                "@type": "DataDownload",
                "name": kind,
                "encodingFormat": media_type,
                "contentUrl": address,
            }
            for kind, media_type, address in files(request, revision.number)
        ],
    }
