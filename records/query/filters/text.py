"""The full-text search as a filter."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Case, Expression, F, Q, Value, When
from django.db.models.lookups import GreaterThan

from aidapi.parameters import TextField, refuse
from records.index.search import BODY, HEAD, Phrase, Search, SearchError
from records.query.filters.base import RecordFilter


class AnyPhrase(Expression):
    """Whether one of the columns of the search document has one of the phrases. One node, however
    many phrases there are: Django takes longer to compile a node for each than a database takes
    to compare them."""

    conditional = True

    def __init__(self, phrases: Iterable[Phrase], *columns: str) -> None:
        super().__init__(output_field=BooleanField())
        self.texts = [phrase.padded for phrase in phrases]
        self.columns: list[Any] = [F(f"search_document__{column}") for column in columns]

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Any) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        function = "INSTR" if connection.vendor == "sqlite" else "STRPOS"
        parts: list[str] = []
        params: list[Any] = []
        for column in self.columns:
            sql, own = compiler.compile(column)
            parts += [f"{function}({sql}, %s) > 0"] * len(self.texts)
            for text in self.texts:
                params += [*own, text]
        return f"({' OR '.join(parts)})", tuple(params)


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
            "and digits joined or apart: in its title, note, stages or summary, in quotes, in "
            "names and other names of its parties and items (as they were when it was "
            "published), in publisher or speaker of its statements, in topics. `vent*` finds "
            'words that begin so, `"test kits"` words that follow one another; `-n95` and '
            '`-"test kits"` exclude; `OR` joins alternatives: `china mask OR gown` finds records '
            "with the first and one of the others. English words find their other forms, too, and "
            "some those of the same meaning, unless they are quoted: `refund` finds what was "
            "refunded, `faulty` what is called defective or unusable. "
            "Other text is split into words, but a sign that can only be meant otherwise "
            "(`title:mask`, `m?sk`, `NOT`) is an error that says what a search takes; between "
            "quotation marks it is text. Without `ordering`, records come first whose title or "
            "names of parties and items have all of it, then the rest, each newest first.",
        )

    def condition(self, records: Any, value: Search) -> Any:
        def of(tier: int) -> Value:
            return Value(int(value.tier in (None, tier)))

        tiers: list[When] = []
        if value.excluded:
            tiers.append(When(AnyPhrase(value.excluded, "head", "body"), then=Value(0)))
        if value.groups:
            in_head = [AnyPhrase(group, "head") for group in value.groups]
            anywhere = [AnyPhrase(group, "head", "body") for group in value.groups]
            tiers.append(When(Q(*in_head), then=of(HEAD)))
            tiers.append(When(Q(*anywhere), then=of(BODY)))
        # One expression, so that PostgreSQL does not estimate its parts. A search that only
        # excludes has all that it finds in its head.
        tier = Case(*tiers, default=Value(0) if value.groups else of(HEAD))
        return GreaterThan(tier, 0)
