"""The filter by a total: the records of which a figure is in it."""

from typing import Any

from aidapi.errors import nearest
from aidapi.parameters import ListField, refuse
from records.query.filters.base import RecordFilter
from records.query.groupings import SPLIT, groupings, reasons

TotalNames = dict[str, list[str]]
"""Name → the values given for it."""


class TotalField(ListField):
    """Values of one total, as `name:value`; `include:` takes what totals leave out."""

    pattern = r"[a-z_]+:[A-Za-z0-9_-]*"
    hint = "give name:value as the `url` of a total has it, such as measure:money."

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = {"include": reasons(model)}
        self.names = list(dict.fromkeys([*groupings(model), *SPLIT, *self.choices]))

    def clean(self, value: str) -> Any:
        found: TotalNames = {}
        for pair in super().clean(value):
            name, _, given = pair.partition(":")
            if name in found and name != "include":
                raise refuse("repeated", f"Give `{name}` once.")
            found.setdefault(name, []).append(given)
        return found

    def clean_value(self, value: str) -> str:
        name, _, given = super().clean_value(value).partition(":")
        for word, known in ((name, self.names), (given, self.choices.get(name))):
            if known is not None and word not in known:
                raise refuse(
                    "unknown_value",
                    f"`{word[:60]}` is none of: {', '.join(known)}.",
                    nearest(word, known),
                )
        return value


class TotalParameter(RecordFilter):
    """The records of which a figure is in a total over what the other filters select. The
    planner answers it, since it takes them all."""

    def __init__(self, model: Any, example: str) -> None:
        super().__init__(
            TotalField(model, example=example),
            f"Only the records of which a figure is in `at_least` or `about` of that total of "
            f"`/{model.KIND}s/summary/`, given as its `url` gives it: name:value pairs as a comma "
            f"list, with `include:` for each reason that the total overrode. The other "
            f"conditions say over what is totalled.",
        )
