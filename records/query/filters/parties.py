"""Filters on the parties of a record, by what was copied from them on publishing."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet

from aidapi.parameters import ChoiceField, ListField
from records.index.statistics import UNKNOWN, IndexKey
from records.models import DATED, PartyType
from records.models.regions import regions_within
from records.query.filters.base import RecordFilter
from records.query.filters.fields import CodeListField, RegionField

MAIN_ROLES = {role for model in DATED.values() for role in model.MAIN_ROLES}
"""Roles by whose country records are found, too."""


class PartyRowsFilter(RecordFilter):
    """A filter that rows of parties meet."""

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        """Return the matching rows of parties."""
        raise NotImplementedError

    def condition(self, records: Any, value: list[str]) -> Any:
        return Exists(self.rows(records.model, value).filter(record=OuterRef("pk")))

    def record_ids(self, model: Any, value: list[str]) -> QuerySet:
        # Repeated, so that the partial indexes of published rows can be used.
        return self.rows(model, value).filter(published_in__isnull=False).values("record")


class PartyParameter(PartyRowsFilter):
    """A party in a role, by code; `unknown` matches records that name none."""

    vocabulary = "party"

    def __init__(self, role: str, example: str) -> None:
        self.role = self.statistics_role = role
        bodies = (
            f"The code of a country finds what names the country itself: `{role}_country` finds "
            f"its ministries, provinces, cities and companies, too. "
        )
        super().__init__(
            CodeListField(example=example),
            f"Code of a party that is {role} of the record, as `/parties/` lists them; several "
            f"as a comma list (any of them). {bodies if role in MAIN_ROLES else ''}`unknown` "
            f"finds records that name no {role}.",
        )

    def codes(self, value: list[str]) -> list[str]:
        return [code for code in value if code != UNKNOWN]

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("parties").objects.filter(role=self.role, party__in=value)

    def condition(self, records: Any, value: list[str]) -> Any:
        if UNKNOWN not in value:
            return super().condition(records, value)
        rows = records.model.child("parties").objects.filter(role=self.role)
        unknown = ~Exists(rows.filter(record=OuterRef("pk")))
        named = self.codes(value)
        return super().condition(records, named) | unknown if named else unknown

    def varies(self, value: list[str]) -> bool:
        return UNKNOWN not in value

    def index_keys(self, value: list[str]) -> list[IndexKey]:
        # No index finds the records that name no party.
        return [] if UNKNOWN in value else super().index_keys(value)

    def join(self, model: Any, value: list[str]) -> tuple[str, dict[str, Any]] | None:
        if len(value) != 1 or UNKNOWN in value:
            return None
        return "parties", {"role": self.role, "party": value[0]}


class AnyRolePartyParameter(PartyRowsFilter):
    """A party in any role."""

    vocabulary = "party"
    statistics_role = "party"

    def __init__(self, example: str) -> None:
        super().__init__(
            CodeListField(example=example),
            "Code of a party that takes part in any role; several as a comma list (any of them).",
        )

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        # With the roles named, for the indexes begin with the role.
        return model.child("parties").objects.filter(role__in=list(model.ROLES), party__in=value)


class PartyColumnParameter(PartyRowsFilter):
    """Something that is copied from the party into the record when it is published."""

    column: ClassVar[str]

    def __init__(self, role: str, field: ListField, help_text: str) -> None:
        self.role = role
        self.statistics_role = f"{role}_{self.column}"
        super().__init__(field, help_text)

    def stored_values(self, value: list[str]) -> list[str]:
        """Return the values of the column that match."""
        return value

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("parties").objects.filter(
            **{"role": self.role, f"{self.column}__in": self.stored_values(value)}
        )


class PartyTypeParameter(PartyColumnParameter):
    coded = True
    column = "type"

    def __init__(self, role: str, example: str = "company") -> None:
        super().__init__(
            role,
            ChoiceField(choices=PartyType.values, example=example),
            f"Type of a party that is {role}, as it was when the record was published; several "
            f"as a comma list.",
        )


class PartyCountryParameter(PartyColumnParameter):
    column = "country"
    vocabulary = "party"

    def __init__(self, role: str, example: str = "ITA") -> None:
        super().__init__(
            role,
            CodeListField(example=example),
            f"Country that a {role} is or belongs to (ISO 3166-1 alpha-3): the country itself, "
            f"its ministries, provinces, cities, companies and foundations; several as a comma "
            f"list.",
        )


class PartyRegionParameter(PartyColumnParameter):
    coded = True
    column = "region"

    def __init__(self, role: str, example: str = "africa") -> None:
        super().__init__(
            role,
            RegionField(example=example),
            f"UN M49 region that a {role} lies in, by number (`002`) or name (`africa`), the "
            f"regions inside it included; several as a comma list.",
        )

    def stored_values(self, value: list[str]) -> list[str]:
        # The rows hold the innermost region; the statistics count every region around it.
        return sorted({inner for number in value for inner in regions_within(number)})
