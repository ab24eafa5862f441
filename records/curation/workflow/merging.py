"""Merging what others saved while a form was open with what was typed in it: field by field and
row by row, the value on which the form was opened, theirs and mine. What only one side changed is
chosen already. The outcome is data as the form would have sent it, and is saved like any form."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import QueryDict
from django.utils.text import Truncator, capfirst

from records.curation.workflow.form_changes import show_value

THEIRS, MINE = "theirs", "mine"
ASIDE = {"seen", "place", "DELETE", "id", "record"}
"""Fields of forms that carry no content."""
MOST_ROWS = 1000

Values = dict[str, str]


@dataclass
class Rows:
    """A list of rows in a form; the form itself is one row, in a list without a prefix."""

    prefix: str
    called: str
    fields: dict[str, forms.Field]
    blank: Values = field(default_factory=dict)
    ordered: bool = False


Shape = list[Rows]
"""The form itself, then its lists of rows."""
Sheet = dict[str, dict[str, Values]]
"""Prefix → key of a row → its values as a browser sends them, in their order."""


@dataclass
class Choice:
    """A difference between theirs and mine: what each has, as people read it, and which is
    chosen, if any."""

    key: str
    label: str
    base: str
    theirs: str
    mine: str
    pick: str


@dataclass
class Merge:
    """The differences between theirs and mine, and the outcome of the choices so far. Without a
    base every difference is to be chosen, since it is unknown who changed what; a pick for every
    key (`*`) overrides the others."""

    base: Sheet | None
    theirs: Sheet
    mine: Sheet
    picks: Mapping[str, str]
    choices: list[Choice] = field(default_factory=list)
    outcome: Sheet = field(default_factory=dict)

    @property
    def open(self) -> list[Choice]:
        return [choice for choice in self.choices if not choice.pick]

    def choose(self, key: str, label: str, auto: str, texts: Sequence[str]) -> str:
        pick = self.picks.get("*") or self.picks.get(key) or auto
        if pick not in (THEIRS, MINE):
            pick = ""
        base, theirs, mine = texts
        self.choices.append(Choice(key, label, base, theirs, mine, pick))
        return pick

    def merge_values(
        self, rows: Rows, at: str, label: str, sides: tuple[Values | None, Values, Values]
    ) -> Values:
        was, other, own = sides
        merged = {}
        for name, shown in rows.fields.items():
            pick = THEIRS
            if other[name] != own[name]:
                auto = one_side(was and was.get(name), other[name], own[name])
                texts = [show_value(shown, each[name]) if each else "?" for each in sides]
                text = f"{label}{capfirst(shown.label or name)}"
                pick = self.choose(f"{at}{name}", text, auto, texts)
            merged[name] = own[name] if pick == MINE else other[name]
        return merged

    def merge_rows(self, rows: Rows) -> None:
        """Add the rows of one list to the outcome, in the order that was chosen."""
        known = self.base[rows.prefix] if self.base else {}
        other, own = self.theirs[rows.prefix], self.mine[rows.prefix]
        added = [row for key, row in other.items() if key not in known]
        kept: dict[str, Values] = {}
        labels = {
            key: f"{capfirst(rows.called)} {n}{title_of(rows, row)}"
            for n, (key, row) in enumerate({**own, **other}.items(), start=1)
        }
        for key, label in labels.items():
            at = f"{rows.prefix}-{key}"
            was, saved, typed_row = known.get(key), other.get(key), own.get(key)
            texts = [summary(rows, each) for each in (was, saved, typed_row)]
            if saved and typed_row:
                prefix, title = (f"{at}-", f"{label}: ") if rows.prefix else ("", "")
                kept[key] = self.merge_values(rows, prefix, title, (was, saved, typed_row))
            elif saved:
                # Added by them, or deleted by me; without a base the form cannot have shown it.
                auto = THEIRS if was is None else MINE if was == saved else ""
                texts[2] = "not there" if was is None else "struck out"
                if self.choose(at, label, auto, texts) != MINE:
                    kept[key] = saved
            elif typed_row and key.startswith("new-"):
                if typed_row not in added and self.choose(at, label, MINE, texts) == MINE:
                    kept[key] = typed_row
            elif typed_row:
                texts[1] = "struck out"
                auto = THEIRS if was == typed_row else ""
                if self.choose(at, label, auto, texts) == MINE:
                    # The row is gone: what is kept of it is a new one.
                    kept[f"new-{key}"] = typed_row
        self.outcome[rows.prefix] = self.in_order(rows, kept, labels) if rows.ordered else kept

    def in_order(
        self, rows: Rows, kept: dict[str, Values], labels: Mapping[str, str]
    ) -> dict[str, Values]:
        """Return the rows in the order of the side that moved them; if both did, as chosen."""
        was = self.base[rows.prefix] if self.base else None
        other, own = self.theirs[rows.prefix], self.mine[rows.prefix]
        common = kept.keys() & other.keys() & own.keys()
        orders = [[key for key in each or {} if key in common] for each in (was, other, own)]
        lead, follow = other, own
        if orders[1] != orders[2]:
            auto = one_side(orders[0] if was else None, orders[1], orders[2])
            texts = ["\n".join(labels[key] for key in order) or "?" for order in orders]
            label = f"Order of {rows.called} rows"
            if self.choose(f"{rows.prefix}-order", label, auto, texts) == MINE:
                lead, follow = own, other
        keys = dict.fromkeys([*lead, *follow, *kept])
        return {key: kept[key] for key in keys if key in kept}


def merge(
    form: Shape, base: Sheet | None, theirs: Sheet, mine: Sheet, picks: Mapping[str, str]
) -> Merge:
    merged = Merge(base, theirs, mine, picks)
    for rows in form:
        merged.merge_rows(rows)
    return merged


def one_side(was: Any, other: Any, own: Any) -> str:
    """Return the only side that changed the base; empty where both did or the base is unknown."""
    if was is None:
        return ""
    return MINE if was == other else THEIRS if was == own else ""


# --- Forms as sheets


def shape(form: forms.ModelForm, formsets: list[tuple[Any, str]]) -> Shape:
    """Return the fields of an unbound form and of its unbound formsets, each with the name of a
    row."""
    found = [Rows("", "", content_fields(form))]
    for formset, called in formsets:
        empty = formset.empty_form
        fields = content_fields(empty)
        blank = {name: sent(f, empty.get_initial_for_field(f, name)) for name, f in fields.items()}
        found.append(Rows(formset.prefix, called, fields, blank, "place" in empty.fields))
    return found


def content_fields(form: forms.BaseForm) -> dict[str, forms.Field]:
    return {name: f for name, f in form.fields.items() if name not in ASIDE}


def sent(shown: forms.Field, value: Any) -> str:
    """Return a value of the database as the form's field would send it back."""
    if isinstance(shown, forms.BooleanField):
        return "on" if value else ""
    value = shown.prepare_value(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return "" if value is None else str(value).replace("\r\n", "\n")


def typed(shown: forms.Field, raw: str) -> str:
    """Return what was typed, as the form itself would write it."""
    if isinstance(shown, forms.BooleanField):
        return "on" if raw not in ("", "false", "False", "0") else ""
    raw = raw.replace("\r\n", "\n")
    if isinstance(shown, forms.ModelChoiceField):
        return raw.strip()
    try:
        return sent(shown, shown.to_python(raw))
    except ValidationError:
        return raw


def sheet_of(content: Mapping[str, Any], form: Shape) -> Sheet:
    """Return a version's content (`records.models.form_values`) as the form would show it."""
    rows = content["rows"] | {"": [content["fields"] | {"id": ""}]}
    return {
        part.prefix: {
            str(row["id"]): {name: sent(f, row.get(name)) for name, f in part.fields.items()}
            for row in rows.get(part.prefix, ())
        }
        for part in form
    }


def sheet_typed(data: QueryDict, form: Shape) -> Sheet:
    """Return what was typed in the form, without the rows that were deleted or left empty."""

    def values(rows: Rows, at: str) -> Values:
        return {name: typed(f, data.get(f"{at}{name}", "")) for name, f in rows.fields.items()}

    itself, *lists = form
    sheet: Sheet = {"": {"": values(itself, "")}}
    for rows in lists:
        found = []
        for n in range(min(number(data.get(f"{rows.prefix}-TOTAL_FORMS")) or 0, MOST_ROWS)):
            at = f"{rows.prefix}-{n}"
            if data.get(f"{at}-DELETE"):
                continue
            key, row = data.get(f"{at}-id", ""), values(rows, f"{at}-")
            if key or row != rows.blank:
                place = number(data.get(f"{at}-place"))
                found.append((MOST_ROWS if place is None else place, key or f"new-{n}", row))
        found.sort(key=lambda each: each[0])
        sheet[rows.prefix] = {key: row for _, key, row in found}
    return sheet


def number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def summary(rows: Rows, row: Values | None) -> str:
    """Return all values of a row."""
    if row is None:
        return "not there"
    return "\n".join(
        f"{capfirst(shown.label or name)}: {show_value(shown, row[name])}"
        for name, shown in rows.fields.items()
        if row[name]
    )


def title_of(rows: Rows, row: Values) -> str:
    """Return what identifies a row to people: the party, the quote, the other record."""
    for name in ("party", "quote", "target"):
        if row.get(name):
            words = Truncator(show_value(rows.fields[name], row[name])).chars(40)
            return f" (“{words}”)" if name == "quote" else f" ({words})"
    return ""


def as_sent(outcome: Sheet, theirs: Sheet, form: Shape, data: QueryDict, seen: int) -> QueryDict:
    """Return the outcome as the form would have sent it, had it been opened on their save: rows
    that are gone from it are marked as deleted."""
    itself, *lists = form
    prefixes = tuple(f"{rows.prefix}-" for rows in lists)
    result = QueryDict(mutable=True)
    for name, values in data.lists():
        if name not in itself.fields and not name.startswith(prefixes):
            result.setlist(name, values)
    for name, value in flat("", itself.fields, outcome[""][""]):
        result[name] = value
    result["seen"] = str(seen)
    for rows in lists:
        saved, kept = theirs[rows.prefix], outcome[rows.prefix]
        places = {key: str(place) for place, key in enumerate(kept)}
        keys = [*saved, *(key for key in kept if key not in saved)]
        for n, key in enumerate(keys):
            at = f"{rows.prefix}-{n}-"
            for name, value in flat(at, rows.fields, kept.get(key) or saved[key]):
                result[name] = value
            result[f"{at}id"] = key if key in saved else ""
            if key not in kept:
                result[f"{at}DELETE"] = "on"
            elif rows.ordered:
                result[f"{at}place"] = places[key]
        counts = {"TOTAL": len(keys), "INITIAL": len(saved), "MIN_NUM": 0, "MAX_NUM": MOST_ROWS}
        for name, n in counts.items():
            result[f"{rows.prefix}-{name}_FORMS"] = str(n)
    return result


def flat(at: str, fields: dict[str, forms.Field], values: Values) -> Iterator[tuple[str, str]]:
    """Yield names and values to send: with the line ends that browsers send, and without boxes
    that are not ticked."""
    for name, shown in fields.items():
        if values[name] or not isinstance(shown, forms.BooleanField):
            yield f"{at}{name}", values[name].replace("\n", "\r\n")


def packed(data: QueryDict) -> str:
    """Return all that was sent as text, to be carried through the page of the merge."""
    return json.dumps({name: data.getlist(name) for name in data if name != "csrfmiddlewaretoken"})


def unpacked(text: str) -> QueryDict:
    try:
        found = json.loads(text)
        data = QueryDict(mutable=True)
        for name, values in found.items():
            if not all(isinstance(value, str) for value in values):
                raise ValueError(name)
            data.setlist(name, list(values))
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise SuspiciousOperation("What the page of a merge carried is not readable.") from error
    return data
