"""Citations of a record, one of its figures, a list, and the dataset. Each names the revision, so
that its link always returns what was cited; only the date of retrieval changes."""

from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from aidapi.addresses import base_url
from aidapi.dates import in_words
from aidapi.errors import InvalidParameters, ParameterError
from aidapi.parameters import (
    IntegerField,
    Parameter,
    ParameterSet,
    RepresentationField,
)
from aidapi.renderers import (
    CSLJSON,
    RIS,
    BibTeX,
    Text,
)
from records.api.addresses import digest, pinned
from records.api.parameter_sets import AnyParameters
from records.api.quotes import quoted
from records.api.titles import attributed_title
from records.api.views.base import (
    DatasetView,
    DocumentView,
    ResourceView,
    filters_given,
    record_query,
)
from records.api.views.citation_styles import Citation, CitationSerializer
from records.api.views.details import find_document
from records.models import Revision, RevisionCounter
from records.query.revisions import shown_revision, unknown_revision

MAX_SOURCES = 5
"""Maximum number of statements that the citation of a record names."""


class StyleParameters(ParameterSet):
    """The style of a citation."""

    SYNONYMS: ClassVar = {"type": "style", "as": "style"}

    style = Parameter(
        RepresentationField(Text, BibTeX, RIS, CSLJSON, example="bibtex"),
        "One style, in its own media type, instead of all of them in JSON: `text`, `bibtex`, "
        "`ris` or `csl-json`. The Accept header can select it as well.",
    )

    def check(self) -> list[ParameterError]:
        errors = super().check()
        if "style" in self.cleaned and "format" in self.cleaned:
            errors.append(
                ParameterError(
                    "format",
                    "not_with_style",
                    "Not allowed with `style`: leave one of the two out.",
                )
            )
        return errors


class CitationParameters(StyleParameters, AnyParameters):
    """Parameters of the citation of a record without figures, or of the dataset."""


class FigureCitationParameters(CitationParameters):
    """Parameters of the citation of a record with figures."""

    SYNONYMS: ClassVar = {"figures": "figure", "number": "figure"}

    figure = Parameter(
        IntegerField(minimum=1, maximum=1000, example="1"),
        "Number of a figure within the record, from 1: cites that figure, with the quote it is "
        "based on.",
    )


def published(number: int) -> Revision:
    """Return the revision of that number, or raise that there is none."""
    found = Revision.objects.filter(number=number).first()
    if found is None:
        raise unknown_revision(number, number)
    return found


def dataset_citation(request: HttpRequest, revision: Revision) -> Citation:
    """Return the citation of the whole dataset."""
    return Citation(
        f"aidapi-r{revision.number}",
        "AidAPI: COVID-19 aid, with the sentence behind every figure",
        pinned(request, "/api/v1/metadata/", {}, revision.number),
        revision,
    )


def record_citation(
    request: HttpRequest,
    path: str,
    document: dict[str, Any],
    revision: Revision,
    number: int | None,
) -> Citation:
    """Return the citation of a record as of the revision, or of one of its figures."""
    title = attributed_title(document).rstrip(".")
    codes = f"({document['kind']} {document['id']})"
    key = f"aidapi-{document['id']}-r{revision.number}"
    url = pinned(request, path, {}, revision.number)
    if number is None:
        cited = document.get("statements", [document])
        sources = [in_source(one) for one in cited[:MAX_SOURCES]]
        if len(cited) > MAX_SOURCES:
            sources.append(f"and {len(cited) - MAX_SOURCES} more")
        evidence = f"Source{'s' if len(sources) > 1 else ''}: {'; '.join(sources)}."
        return Citation(
            key, f"{title} {codes}", url, revision, document["version"], evidence, codes
        )
    figures = document["figures"]
    if number > len(figures):
        raise InvalidParameters(
            [
                ParameterError(
                    "figure",
                    "no_such_figure",
                    f"Unknown figure {number}: {document['id']} has {len(figures)}; give a number "
                    f"from 1 to {len(figures)}.",
                    str(len(figures)),
                )
            ]
        )
    evidence = figures[number - 1]["evidence"]
    source = next(one for one in document["statements"] if one["id"] == evidence["statement"])
    codes = f"{codes[:-1]}, figure {number})"
    return Citation(
        f"{key}-figure-{number}",
        f"{title} {codes}",
        url,
        revision,
        document["version"],
        f"{quoted(evidence)} ({in_source(source)}).",
        codes,
    )


def in_source(statement: dict[str, Any]) -> str:
    """Return the original source as a citation names it, with its date as far as it is known."""
    day = in_words(statement["published_on"])
    return f"{statement['publisher']}, “{statement['title']}”, {day}, {statement['url']}"


def vocabulary_citation(
    request: HttpRequest, kind: str, count: int, revision: Revision
) -> Citation:
    """Return the citation of a vocabulary, which has no past revisions."""
    return Citation(
        f"aidapi-{kind}-r{revision.number}",
        f"AidAPI {kind} ({count})",
        f"{base_url(request)}/api/v1/{kind}/",
        revision,
    )


def list_citation(
    request: HttpRequest, kind: str, filters: dict[str, str], count: int, revision: Revision
) -> Citation:
    """Return the citation of the list of the records that match the filters."""
    query = "; ".join(f"{name}={value}" for name, value in sorted(filters.items())) or "all"
    return Citation(
        f"aidapi-{kind}-r{revision.number}-{digest(filters)}",
        f"AidAPI {kind}: {query} ({count} record{'' if count == 1 else 's'})",
        pinned(request, f"/api/v1/{kind}/", filters, revision.number),
        revision,
        codes=query,
    )


class RecordCitation(DocumentView):
    """How to cite the record or, with `figure`, one of its figures: in JSON every style, with
    `style` that one. The link returns the record as of this revision, byte for byte."""

    operation = "get{Noun}Citation"
    title = "Get the citation of one {noun}"
    serializer_class = CitationSerializer

    @property
    def parameters(self) -> Any:
        return self.resource.citation_parameters

    def get(self, request: Request, id: str) -> HttpResponse:
        values = self.parse(request).cleaned
        revision, document = find_document(self.resource, id, values.get("revision"))
        citation = record_citation(
            request,
            f"/api/v1/{self.resource.name}/{id}/",
            orjson.loads(document),
            published(revision),
            values.get("figure"),
        )
        return citation.response(request.accepted_renderer.format)


class ListCitation(ResourceView):
    """How to cite the list of records that match the filters, which are the same as those of the
    list. The link returns that list as of this revision."""

    operation = "get{Noun}QueryCitation"
    title = "Get the query citation of {nouns}"
    serializer_class = CitationSerializer

    @property
    def parameters(self) -> Any:
        return self.resource.list_citation_parameters

    def get(self, request: Request) -> HttpResponse:
        parameters = self.parse(request)
        query = record_query(self.resource, parameters, parameters.cleaned.get("revision"))
        citation = list_citation(
            request,
            self.resource.name,
            filters_given(self.resource, parameters),
            query.selection().count(),
            published(query.revision),
        )
        return citation.response(request.accepted_renderer.format)


class DatasetCitation(DatasetView):
    """The dataset as a whole, as of the latest revision or of `revision`: in JSON every style,
    with `style` that one."""

    operation_id = "getDatasetCitation"
    summary = "Get the dataset citation"
    tag = "index"
    parameters = CitationParameters
    serializer_class = CitationSerializer

    def get(self, request: Request) -> HttpResponse:
        values = self.parse(request).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        citation = dataset_citation(request, published(revision))
        return citation.response(request.accepted_renderer.format)
