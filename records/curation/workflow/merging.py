"""Merging what others saved while a form was open with what was typed in it: field by field and
row by row, the value on which the form was opened, theirs and mine. What only one side changed is
chosen already. The outcome is data as the form would have sent it, and is saved like any form."""

import json
from collections.abc import Iterator, Mapping
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
    """A list of rows in a form: what a row is called, and its fields."""

    prefix: str
    called: str
    fields: dict[str, forms.Field]
    blank: Values
    ordered: bool


@dataclass
class Shape:
    """The fields that a form shows, and its lists of rows."""

    fields: dict[str, forms.Field]
    rows: list[Rows]


@dataclass
class Sheet:
    """What a form says, as a browser sends it: rows by their keys, in their order."""

    fields: Values
    rows: dict[str, dict[str, Values]]


@dataclass
class Choice:
    """Where theirs and mine differ: what each says, in words, and which is chosen, if any."""

    key: str
    label: str
    base: str
    theirs: str
    mine: str
    pick: str


@dataclass
class Merge:
    """The differences, and what comes of the choices so far."""

    choices: list[Choice] = field(default_factory=list)
    outcome: Sheet = field(default_factory=lambda: Sheet({}, {}))

    @property
    def open(self) -> list[Choice]:
        return [choice for choice in self.choices if not choice.pick]


def shape(form: forms.ModelForm, formsets: list[tuple[Any, str]]) -> Shape:
    """Of an unbound form, and of its unbound formsets, each with what a row is called."""
    rows = []
    for formset, called in formsets:
        empty = formset.empty_form
        fields = {name: f for name, f in empty.fields.items() if name not in ASIDE}
        blank = {name: sent(f, empty.get_initial_for_field(f, name)) for name, f in fields.items()}
        rows.append(Rows(formset.prefix, called, fields, blank, "place" in empty.fields))
    return Shape({name: f for name, f in form.fields.items() if name not in ASIDE}, rows)


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
    return Sheet(
        {name: sent(f, content["fields"].get(name)) for name, f in form.fields.items()},
        {
            rows.prefix: {
                str(row["id"]): {name: sent(f, row.get(name)) for name, f in rows.fields.items()}
                for row in content["rows"].get(rows.prefix, ())
            }
            for rows in form.rows
        },
    )


def sheet_typed(data: QueryDict, form: Shape) -> Sheet:
    """Return what was typed in the form, without the rows that were deleted or left empty."""
    sheet = Sheet({name: typed(f, data.get(name, "")) for name, f in form.fields.items()}, {})
    for rows in form.rows:
        found = []
        for n in range(min(number(data.get(f"{rows.prefix}-TOTAL_FORMS")) or 0, MOST_ROWS)):
            at = f"{rows.prefix}-{n}"
            if data.get(f"{at}-DELETE"):
                continue
            key = data.get(f"{at}-id", "")
            row = {name: typed(f, data.get(f"{at}-{name}", "")) for name, f in rows.fields.items()}
            if key or row != rows.blank:
                place = number(data.get(f"{at}-place"))
                found.append((MOST_ROWS if place is None else place, key or f"new-{n}", row))
        found.sort(key=lambda each: each[0])
        sheet.rows[rows.prefix] = {key: row for _, key, row in found}
    return sheet


def number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def merge(
    form: Shape, base: Sheet | None, theirs: Sheet, mine: Sheet, picks: Mapping[str, str]
) -> Merge:
    """Return the differences and the outcome of the choices. Without a base every difference is to
    be chosen, since it is unknown who changed what; a pick for every key (`*`) overrides the
    others."""
    merged = Merge()

    def choose(key: str, label: str, auto: str, *said: str) -> str:
        pick = picks.get("*") or picks.get(key) or auto
        if pick not in (THEIRS, MINE):
            pick = ""
        base, theirs, mine = said
        merged.choices.append(Choice(key, label, base, theirs, mine, pick))
        return pick

    def values(
        fields: dict[str, forms.Field],
        at: str,
        label: str,
        was: Values | None,
        other: Values,
        own: Values,
    ) -> Values:
        found = {}
        for name, shown in fields.items():
            pick = THEIRS
            if other[name] != own[name]:
                auto = one_side(was and was.get(name), other[name], own[name])
                sides = (was, other, own)
                said = [show_value(shown, each[name]) if each else "?" for each in sides]
                label_of = capfirst(shown.label or name)
                pick = choose(f"{at}{name}", f"{label}{label_of}", auto, *said)
            found[name] = own[name] if pick == MINE else other[name]
        return found

    merged.outcome.fields = values(
        form.fields, "", "", base.fields if base else None, theirs.fields, mine.fields
    )
    for rows in form.rows:
        merged.outcome.rows[rows.prefix] = merge_rows(rows, base, theirs, mine, choose, values)
    return merged


def merge_rows(
    rows: Rows, base: Sheet | None, theirs: Sheet, mine: Sheet, choose: Any, values: Any
) -> dict[str, Values]:
    """Return the merged rows, in the order that was chosen."""
    was = base.rows[rows.prefix] if base else None
    other, own = theirs.rows[rows.prefix], mine.rows[rows.prefix]
    known = was or {}
    added = [row for key, row in other.items() if key not in known]
    kept: dict[str, Values] = {}
    labels = {}
    for n, (key, row) in enumerate({**own, **other}.items(), start=1):
        labels[key] = f"{capfirst(rows.called)} {n}{title_of(rows, row)}"
    for key, label in labels.items():
        at = f"{rows.prefix}-{key}"
        ours, saved = own.get(key), other.get(key)
        if saved and ours:
            was_row = known.get(key)
            kept[key] = values(rows.fields, f"{at}-", f"{label}: ", was_row, saved, ours)
        elif saved:
            # Added by them, or struck out by me; without a base the form cannot have shown it.
            struck = key in known
            auto = THEIRS if not struck else MINE if known[key] == saved else ""
            gone = "struck out" if struck else "not there"
            said = summary(rows, known.get(key)), summary(rows, saved), gone
            if choose(at, label, auto, *said) != MINE:
                kept[key] = saved
        elif ours and key.startswith("new-"):
            if ours not in added:
                said = "not there", "not there", summary(rows, ours)
                if choose(at, label, MINE, *said) == MINE:
                    kept[key] = ours
        elif ours:
            auto = THEIRS if known.get(key) == ours else ""
            said = summary(rows, known.get(key)), "struck out", summary(rows, ours)
            if choose(at, label, auto, *said) == MINE:
                # The row is gone: what is kept of it is a new one.
                kept[f"new-{key}"] = ours
    return in_order(rows, kept, was, other, own, labels, choose) if rows.ordered else kept


def in_order(
    rows: Rows,
    kept: dict[str, Values],
    was: dict[str, Values] | None,
    other: dict[str, Values],
    own: dict[str, Values],
    labels: dict[str, str],
    choose: Any,
) -> dict[str, Values]:
    """Return the rows in the order of the side that moved them; if both did, as chosen."""
    common = kept.keys() & other.keys() & own.keys()
    orders = [[key for key in each or {} if key in common] for each in (was, other, own)]
    lead, follow = other, own
    if orders[1] != orders[2]:
        auto = one_side(orders[0] if was else None, orders[1], orders[2])
        said = ["\n".join(labels[key] for key in order) or "?" for order in orders]
        if choose(f"{rows.prefix}-order", f"Order of {rows.called} rows", auto, *said) == MINE:
            lead, follow = own, other
    keys = [*lead, *follow, *kept]
    return {key: kept[key] for key in dict.fromkeys(keys) if key in kept}


def one_side(was: Any, other: Any, own: Any) -> str:
    """Return the only side that changed the base; empty where both did or the base is unknown."""
    if was is None:
        return ""
    return MINE if was == other else THEIRS if was == own else ""


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
    prefixes = tuple(f"{rows.prefix}-" for rows in form.rows)
    result = QueryDict(mutable=True)
    for name, values in data.lists():
        if name not in outcome.fields and not name.startswith(prefixes):
            result.setlist(name, values)
    for name, value in flat("", form.fields, outcome.fields):
        result[name] = value
    result["seen"] = str(seen)
    for rows in form.rows:
        saved, kept = theirs.rows[rows.prefix], outcome.rows[rows.prefix]
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
