"""Parties and items by a part of their name, the best match first."""

from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import GreaterThan

from aidapi.fields import CodeField
from aidapi.parameters import Parameter


class NameParameter(Parameter):
    """A part of one of the names of a vocabulary entry."""

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        found = super().filter(queryset, value)
        # Names between line breaks, so that where a name begins and ends can be compared.
        names = Concat(Value("\n"), F("words_key"), Value("\n"))

        def have(text: str) -> GreaterThan:
            return GreaterThan(StrIndex(names, Value(text)), 0)

        place = Case(
            When(name_key=value, then=Value("0")),
            When(have(f"\n{value}\n"), then=Value("1")),
            When(name_key__startswith=value, then=Value("2")),
            When(have(f"\n{value}") | have(f" {value}"), then=Value("3")),
            default=Value("4"),
        )
        return found.annotate(match_key=Concat(place, F("name_key"), output_field=CodeField()))
