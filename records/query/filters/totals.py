"""The filter by a total: the records of which a figure is in it."""

from typing import Any

from django.db.models import QuerySet

from aidapi.errors import nearest
from aidapi.parameters import ListField, refuse
from records.query.figure_rows import SelectedFigures, counted_records, groupings, reasons
from records.query.filters.base import RecordFilter
from records.query.filters.figures import FigureFilters
from records.query.ids import id_list
from records.totals.rules import SPLIT


class CountedField(ListField):
    """Values of one group of totals, as `name:value`; `include:` takes what totals leave out."""

    pattern = r"[a-z_]+:[A-Za-z0-9_-]*"
    hint = "give name:value as the `url` of a total has it, such as stage:delivered."

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = [*groupings(model), *SPLIT, "include"]
        self.reasons = reasons(model)

    def clean(self, value: str) -> Any:
        found: dict[str, list[str]] = {}
        for pair in super().clean(value):
            name, _, of_group = pair.partition(":")
            if name in found and name != "include":
                raise refuse("repeated", f"Give `{name}` once.")
            found.setdefault(name, []).append(of_group)
        return found

    def clean_value(self, value: str) -> str:
        name, _, of_group = super().clean_value(value).partition(":")
        if name not in self.names:
            raise refuse(
                "unknown_value",
                f"`{name[:60]}` is none of: {', '.join(self.names)}.",
                nearest(name, self.names),
            )
        if name == "include" and of_group not in self.reasons:
            raise refuse(
                "unknown_value",
                f"`{of_group[:60]}` is none of: {', '.join(self.reasons)}.",
                nearest(of_group, self.reasons),
            )
        return value


class CountedParameter(RecordFilter):
    """The records of which a figure is in a total over what the other filters select."""

    def __init__(self, model: Any, example: str) -> None:
        super().__init__(
            CountedField(model, example=example),
            f"Only the records of which a figure is counted in that group of "
            f"`/{model.KIND}s/summary/`, given as its `url` gives it: name:value pairs as a comma "
            f"list, with `include:` for each reason that the total overrode. The other "
            f"conditions say over what is totalled.",
        )

    def filter(self, qs: Any, value: Any, figures: FigureFilters | None = None) -> QuerySet:
        """Return those of the records that a total over all of them counts; `figures` are the
        filters on figures by which they were selected."""
        return qs.filter(pk__in=id_list(self.counted_ids(qs, value, figures or NO_FILTERS)))

    def counted_ids(self, records: Any, value: Any, figures: FigureFilters) -> set[int]:
        """Return the ids of the records that a total over all the given ones counts."""
        return counted_records(SelectedFigures(records, figures), value)


NO_FILTERS = FigureFilters({})
