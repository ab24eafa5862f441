"""The order in which search boxes offer parties and items: what is called exactly as typed, then
what begins so, then what has the words; among equals, what the dataset has more often."""

from typing import Any

from django.db.models import (
    Case,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from records.index.models import FilterStatistics
from records.models import VocabularyEntry, fold
from records.query.spoken import ABBREVIATION

CODE, NAME, ALIAS, BEGINNING, BEGINNING_OF_ALIAS, WORD, PART = range(7)
"""How well an entry fits what was typed, the best first."""


def offered(rows: QuerySet, found: Any, typed: str) -> QuerySet:
    """Return entries in the order in which they are offered, each with its `fit`. Of a replaced
    entry that was found, the one that replaces it is offered; `found` selects from any rows."""
    model: type[VocabularyEntry] = rows.model
    replacements = model.replacements()
    meant = {
        code: replacements[code]
        for code in found(rows.filter(code__in=replacements)).values_list("code", flat=True)
    }
    called = rows.filter(called_exactly(typed), code__in=meant).values_list("code", flat=True)
    exact = {meant[code] for code in called}
    chosen = found(rows).values("code")
    shown = rows.filter(Q(code__in=chosen) | Q(code__in=meant.values()), replaced_by=None)
    return shown.annotate(fit=fit(typed, exact), uses=uses(model)).order_by(
        "fit", "-uses", "name_key", "code"
    )


def called_exactly(typed: str) -> Q:
    """Return the condition that a code, name or alias is what was typed."""
    return is_code(typed) | called(fold(typed))


def called(folded: str) -> Q:
    """Return the condition that a name or alias is that, or what it abbreviates with points."""
    return VocabularyEntry.called(folded) | VocabularyEntry.called(ABBREVIATION.sub("", folded))


def is_code(typed: str) -> Q:
    code = typed.strip()
    return Q(code__in=[code, code.lower(), code.upper()])


def fit(typed: str, replaced: set[str]) -> Any:
    """Return how well an entry fits; `replaced` has those of which a replaced entry does."""
    folded = fold(typed)
    if not folded:
        return Value(PART, IntegerField())
    steps = [
        (is_code(typed), CODE),
        (Q(name_key=folded), NAME),
        (called(folded) | Q(code__in=replaced), ALIAS),
        (Q(name_key__startswith=folded) | Q(code__startswith=typed.strip()), BEGINNING),
        (Q(words_key__contains=f"\n{folded}"), BEGINNING_OF_ALIAS),
        (Q(words_key__contains=f" {folded}"), WORD),
    ]
    return Case(
        *(When(condition, then=Value(step)) for condition, step in steps),
        default=Value(PART),
        output_field=IntegerField(),
    )


def uses(model: type[VocabularyEntry]) -> Any:
    """Return how many versions of records have the entry."""
    counted = FilterStatistics.objects.filter(role=model.KIND, key=OuterRef("code"))
    total = counted.order_by().values("key").annotate(total=Sum("versions")).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), Value(0))
