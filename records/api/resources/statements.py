"""Statements over HTTP. Their full text is its authors' and stays with the curators."""

from records.api.parameter_sets import (
    LanguageListField,
    RecordConditions,
    RecordListParameters,
    ids,
    ordering,
    record_format,
    rows_parameter,
)
from records.api.views.records import RecordViewSet
from records.documents.statements import StatementSerializer
from records.models import Statement
from records.query.filters import ColumnParameter, FoldedParameter, day


class StatementConditions(RecordConditions):
    """The conditions by which statements are selected."""

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
    organisation = FoldedParameter("organisation", "name of the speaker's body", "foreign affairs")
    event = FoldedParameter("event", "name of the occasion", "press conference")
    topic = FoldedParameter("topics", "topics", "customs-facilitation")
    language = ColumnParameter(
        LanguageListField(example="en"),
        "language__in",
        "Language of the text, as a BCP 47 tag; several as a comma list.",
    )
    published_from = day("published_on__gte", "First day of publication.", example="2020-04-01")
    published_to = day("published_on__lte", "Last day of publication.", example="2020-04-30")
    said_from = day("said_on__gte", "First day on which it was said.", example="2020-04-10")
    said_to = day("said_on__lte", "Last day on which it was said.", example="2020-04-10")


class StatementParameters(StatementConditions, RecordListParameters):
    """What `/statements/` can be asked."""

    ORDERINGS = {
        "published_on": "published_on",
        "said_on": "said_on",
        "published_in": "published_in",
        "title": "title_key",
        "id": "public_id",
    }
    DEFAULT_ORDERING = "-published_on"
    NULLABLE = ("said_on",)

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="said_on")
    rows = rows_parameter("records")
    format = record_format()


class StatementViewSet(RecordViewSet):
    """Statements: the sentences behind the figures."""

    model = Statement
    serializer_class = StatementSerializer
    conditions_class = StatementConditions
    filterset_class = StatementParameters
    examples = {
        "fields": "id,title,summary",
        "omit": "summary,links",
        "linked": "same_event_as",
    }
    example_id = "st-76867pfx"
