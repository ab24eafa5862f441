"""The full-text search as a filter."""

from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from aidapi.parameters import TextField, refuse
from records.index.search import BODY, HEAD, Search
from records.query.filters.base import RecordFilter


class SearchField(TextField):
    """Words to search for."""

    def clean(self, value: str) -> Any:
        search = Search.parse(super().clean(value))
        if not search.phrases:
            raise refuse("empty", "It has no letter and no digit to look for.")
        return search


class SearchParameter(RecordFilter):
    """Words that must all occur in a record. The condition reads the words of one record; where
    few records have them, the planner takes their ids from the full-text index first."""

    def __init__(self) -> None:
        super().__init__(
            SearchField(example='"test kits" chin*'),
            "Words that must all occur in the record, whatever their case and accents: in its "
            "title or summary, in quotes, in names and other names of its parties and items (as "
            "they were when it was published), in publisher or speaker of its statements. "
            '`vent*` finds words that begin so, `"test kits"` words that follow one another. '
            "Any text will do, as long as it has a letter or digit. Without `ordering`, records "
            "come first whose title or names of parties and items have all of it, then the rest, "
            "each newest first.",
        )

    def condition(self, records: Any, value: Search) -> Any:
        in_head, anywhere = Q(), Q()
        for phrase in value.phrases:
            text = Value(phrase.padded)
            head = Q(GreaterThan(StrIndex(F("search_document__head"), text), 0))
            body = Q(GreaterThan(StrIndex(F("search_document__body"), text), 0))
            in_head &= head
            anywhere &= head | body
        # One expression, so that PostgreSQL does not estimate its parts.
        tier = Case(
            When(in_head, then=Value(int(value.tier in (None, HEAD)))),
            When(anywhere, then=Value(int(value.tier in (None, BODY)))),
            default=Value(0),
        )
        return GreaterThan(tier, 0)
