"""Statements: filters, parameters and documents of /api/v1/statements/. Their full texts belong to
their authors and are not public."""

from records.api.parameter_sets import (
    VAGUE_FIRST,
    DocumentParameters,
    RecordFilters,
    RecordListParameters,
    ids,
    ordering,
    record_format,
    rows_parameter,
)
from records.api.resource import RecordResource
from records.api.views.citations import CitationParameters, StyleParameters
from records.api.views.facets import FacetsParameters, facets_parameter
from records.documents.statements import StatementSerializer
from records.models import Statement
from records.query.filters import DateParameter, FoldedParameter, LanguageParameter


class StatementFilters(RecordFilters):
    SYNONYMS = {
        "source": "publisher",
        "newspaper": "publisher",
        "author": "speaker",
        "spokesperson": "speaker",
        "organization": "organisation",
        "topics": "topic",
        "lang": "language",
        "date_from": "published_from",
        "date_to": "published_to",
        "as_of_from": "said_from",
        "as_of_to": "said_to",
    }
    id = ids(Statement.PREFIX, "st-76867pfx")
    publisher = FoldedParameter("publisher", "publisher's name", "xinhua")
    speaker = FoldedParameter("speaker", "speaker's name", "zhao lijian")
    organisation = FoldedParameter(
        "organisation", "name of the speaker's organisation", "foreign affairs"
    )
    event = FoldedParameter("event", "name of the occasion", "press conference")
    topic = FoldedParameter("topics", "topics", "customs-facilitation")
    language = LanguageParameter(example="zh")
    published_from = DateParameter("published_on", "from", "of publication", example="2020-04-01")
    published_to = DateParameter("published_on", "to", "of publication", example="2020-04")
    said_from = DateParameter("said_on", "from", "on which it was said", example="2020-04-10")
    said_to = DateParameter("said_on", "to", "on which it was said", example="2020-04-10")


class StatementListParameters(StatementFilters, RecordListParameters):
    serializer_class = StatementSerializer

    ORDERINGS = {
        "published_on": "published_on_key",
        "said_on": "said_on_key",
        "published_in": "published_in",
        "title": "title_key",
        "id": "public_id",
    }
    DEFAULT_ORDERING = "-published_on"
    NULLABLE = ("said_on_key",)

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, "said_on", VAGUE_FIRST)
    rows = rows_parameter("records")
    format = record_format()


class StatementDetailParameters(DocumentParameters):
    """Parameters of `/statements/{id}/`."""

    serializer_class = StatementSerializer


class StatementFacetsParameters(StatementFilters, FacetsParameters):
    facets = facets_parameter(StatementFilters)


class StatementListCitationParameters(StyleParameters, StatementFilters):
    """Parameters of `/statements/cite/`."""


STATEMENTS = RecordResource(
    name="statements",
    description="Statements: the sentences behind the figures.",
    model=Statement,
    serializer_class=StatementSerializer,
    filters=StatementFilters,
    list_parameters=StatementListParameters,
    detail_parameters=StatementDetailParameters,
    facets_parameters=StatementFacetsParameters,
    citation_parameters=CitationParameters,
    list_citation_parameters=StatementListCitationParameters,
    example_id="st-76867pfx",
    examples={
        "fields": "id,title,summary",
        "omit": "summary,links",
        "linked": "same_event_as",
    },
)
