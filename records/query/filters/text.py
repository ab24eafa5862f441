"""The full-text search as a filter."""

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from aidapi.parameters import TextField, refuse
from records.index.search import BODY, HEAD, Phrase, Search, SearchError
from records.query.filters.base import RecordFilter


def any_of(phrases: Iterable[Phrase], *columns: str) -> Q:
    """Return the condition that one of the columns of the search document has one of the
    phrases."""
    return reduce(
        or_,
        [
            Q(GreaterThan(StrIndex(F(f"search_document__{column}"), Value(phrase.padded)), 0))
            for phrase in phrases
            for column in columns
        ],
    )


class SearchField(TextField):
    """Words to search for."""

    def clean(self, value: str) -> Any:
        try:
            search = Search.parse(super().clean(value))
        except SearchError as error:
            raise refuse("not_a_search", str(error)) from None
        if not search.phrases:
            raise refuse("empty", "It has no letter and no digit to look for.")
        return search


class SearchParameter(RecordFilter):
    """Words that must all occur in a record. The condition reads the words of one record; where
    few records have them, the planner takes their ids from the full-text index first."""

    def __init__(self) -> None:
        super().__init__(
            SearchField(example='"test kits" chin*'),
            "Words that must all occur in the record, whatever their case and accents, letters "
            "and digits joined or apart: in its title or summary, in quotes, in names and other "
            "names of its parties and items (as they were when it was published), in publisher or "
            'speaker of its statements. `vent*` finds words that begin so, `"test kits"` words '
            'that follow one another; `-n95` and `-"test kits"` exclude; `OR` joins alternatives: '
            "`china mask OR gown` finds records with the first and one of the others. Other text "
            "is split into words, but a sign that can only be meant otherwise (`title:mask`, "
            "`m?sk`, `NOT`) is an error that says what a search takes; between quotation marks "
            "it is text. Without `ordering`, records "
            "come first whose title or names of parties and items have all of it, then the rest, "
            "each newest first.",
        )

    def condition(self, records: Any, value: Search) -> Any:
        def of(tier: int) -> Value:
            return Value(int(value.tier in (None, tier)))

        tiers: list[When] = []
        if value.excluded:
            tiers.append(When(any_of(value.excluded, "head", "body"), then=Value(0)))
        if value.groups:
            in_head = [any_of(group, "head") for group in value.groups]
            anywhere = [any_of(group, "head", "body") for group in value.groups]
            tiers.append(When(reduce(and_, in_head), then=of(HEAD)))
            tiers.append(When(reduce(and_, anywhere), then=of(BODY)))
        # One expression, so that PostgreSQL does not estimate its parts. A search that only
        # excludes has all that it finds in its head.
        tier = Case(*tiers, default=Value(0) if value.groups else of(HEAD))
        return GreaterThan(tier, 0)
