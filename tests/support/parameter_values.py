"""Good and bad values for every kind of query parameter.

A new kind of field needs its line in both tables; the suite fails until it has them.
"""

import re
from typing import Any

from aidapi import parameters
from records.api import parameter_sets
from records.api.resources import items
from records.api.views import totals
from records.models import KINDS
from records.query import filters
from tests.support.factories import PARTIES
from tests.support.histories import BODIES, EVENTS, PUBLISHERS, SPEAKERS, TOPICS, History
from tests.support.naive_evaluator import Query

TOO_MANY = ",".join(["x"] * 101)
LONG = "a" * 201

INTEGERS = dict.fromkeys(
    [
        "-1",
        "+1",
        "1.5",
        "1e-1",
        "1e99",
        "0x1",
        "01",
        "1_0",
        "1,2",
        "１",
        "٣",
        "²",
        "NaN",
        "true",
        "2147483648",
        "9223372036854775808",
        "1" * 5000,
    ],
    "not_a_number_in_range",
)
DATES = [
    "0001-01-01",
    "2020",
    "2020-01",
    "2020-04",
    "2020-04-01",
    "2020-04-10",
    "2020-04-30",
    "2020-12-31",
    "2021-01",
    "9999-12-31",
]
DAYS = dict.fromkeys(
    [
        "0000-01-01",
        "-001-01-01",
        "10000-01-01",
        "2020-02-30",
        "2020-13-01",
        "2020-4-1",
        "20200401",
        "2020-13",
        "2020-4",
        "202",
        "20201",
        "2020-",
        "0000",
        "2020-W15-5",
        "２０２０-04-01",
        "2020-04-10T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00+14:00",
        "yesterday",
    ],
    "not_a_date",
)
NUMBERS = dict.fromkeys(
    [
        "-1",
        "+1",
        "1e15",
        "1e-7",
        "1e",
        "0x10",
        "NaN",
        "Infinity",
        "1,000",
        "1_000",
        "１００",
        "٣",
        ".5",
        "1.",
        "1.0000001",
        "1000000000000000",
        "9" * 5000,
        "$5",
    ],
    "not_a_number",
)
LISTS = {",": "empty_value", "a,": "empty_value", ",a": "empty_value", TOO_MANY: "too_many"}
CODES = dict.fromkeys(["*", "%", "'", "1 2", "-"], "malformed")
NAMES = dict.fromkeys(["a b", "a_b", "-a", "a--b", "é", "ａ"], "unknown_code")
CHOICES = dict.fromkeys(["no-such", "*", "%", "\\", "null"], "unknown_value")

BAD: dict[type, dict[str, str]] = {
    parameters.TextField: {LONG: "too_long", "\ufffd": "not_text"},
    filters.FoldedField: {LONG: "too_long", "\ufffd": "not_text", "\u0301": "empty"},
    filters.SearchField: {
        LONG: "too_long",
        "\ufffd": "not_text",
        **dict.fromkeys(["\u0301", '""', "' ) ; %_", "。"], "empty"),
        **dict.fromkeys(["title:mask", "m?sk", "-", "mask OR", "NOT mask", '"m'], "not_a_search"),
    },
    parameter_sets.CursorField: {
        "a" * 4001: "too_long",
        "\ufffd": "not_text",
        "a": "bad_cursor",
        "a:b": "bad_cursor",
        ":": "bad_cursor",
    },
    parameters.SlugField: {
        **dict.fromkeys(["A", "a b", "a_b", "-a", "a--b", "é", "*"], "not_a_slug"),
        LONG: "too_long",
    },
    parameters.BooleanField: dict.fromkeys(
        ["tRUE", "2", "01", "yes", "maybe", "null", "true,false"], "not_a_boolean"
    ),
    parameters.IntegerField: INTEGERS,
    parameters.NumberField: NUMBERS,
    parameters.DateField: DAYS,
    filters.BoundField: DAYS,
    parameters.ChoiceField: LISTS | CHOICES,
    parameters.OneOfField: {",": "unknown_value", LONG: "unknown_value", **CHOICES},
    parameters.OrderingField: {",": "unknown_value", LONG: "unknown_value", **CHOICES},
    parameters.RepresentationField: {",": "unknown_value", LONG: "unknown_value", **CHOICES},
    filters.CodeListField: LISTS | CODES | NAMES | {LONG: "too_long"},
    filters.IdListField: {
        **LISTS,
        LONG: "too_long",
        **dict.fromkeys(
            ["1", "don-", "don-7k3m9q2", "don-7k3m9q2xx", "DON-7K3M9Q2X", "don-7k3m9q2i", "*"],
            "malformed",
        ),
    },
    filters.RegionField: {
        **LISTS,
        "atlantis": "unknown_value",
        "999": "unknown_value",
        "2.5": "malformed",
        "02": "malformed",
        "Africa": "malformed",
        "٠٠٢": "malformed",
        "0021": "malformed",
        LONG: "too_long",
    },
    parameter_sets.PathListField: {
        **LISTS,
        "no_such": "unknown_field",
        "figures.no_such": "unknown_field",
        "title.x": "unknown_field",
        "__class__": "unknown_field",
        "A": "malformed",
        "a..b": "malformed",
        "$": "malformed",
    },
    parameter_sets.CurrencyListField: LISTS
    | dict.fromkeys(["usd", "US", "USDX", "$"], "malformed")
    | dict.fromkeys(["RMB", "XXX"], "unknown_value"),
    filters.LanguageListField: {
        **LISTS,
        LONG: "too_long",
        **dict.fromkeys(["*", "[]", "en--GB"], "malformed"),
        **dict.fromkeys(
            ["english", "cn", "en_GB", "xx", "zh-xx1", "中文", "e", "-en"], "unknown_value"
        ),
    },
    filters.TotalField: {
        **LISTS,
        "stage": "malformed",
        "unit:piece:dose": "malformed",
        "é:a": "malformed",
        "no_such:a": "unknown_value",
        "include:no-such": "unknown_value",
        "unit:piece,unit:dose": "repeated",
        LONG: "too_long",
    },
    totals.GroupByField: {**LISTS, **CHOICES, "month,quarter,year": "too_many"},
    totals.OneCurrencyField: {
        **dict.fromkeys(["usd", "US", "USDX", "$", "USD,EUR"], "malformed"),
        "XXX": "unknown_value",
        LONG: "too_long",
    },
    items.HSCodeField: LISTS | dict.fromkeys(["63079", "6307.9", "６307.90"], "malformed"),
}
"""Kind of field → bad value → the code of the error that it is."""


def bad_values(field: Any) -> dict[str, str]:
    """The first list entry that is wrong decides which error is reported, so entries are apart."""
    return BAD[type(field)]


def good_values(name: str, parameter: Any, history: History) -> list[str]:
    """Values that a parameter takes, most of them found in the history."""
    field = parameter.field
    match field:
        case parameter_sets.CursorField():
            return []
        case parameters.OneOfField():
            return field.choices
        case totals.GroupByField():
            return [*field.choices, ",".join(field.choices[:2])]
        case parameters.ChoiceField():
            return [*field.choices, ",".join(field.choices[:3])]
        case parameters.BooleanField():
            return ["true", "false", "True", "FALSE", "1"]
        case parameters.IntegerField():
            known = {"revision": ["2", "3", "7"], "figure": ["1"]}
            return known.get(name, [str(field.minimum), "2", "3"])
        case parameters.NumberField():
            return ["0", "1.5", "5", "500.5", "5e+04", "2000001", "999999999999999.999999", "1e6"]
        case parameters.DateField():
            return DATES
        case filters.RegionField():
            return [
                "africa",
                "002",
                "030,014",
                "asia",
                "south-eastern-asia",
                "150",
                "world",
                "2",
                "19.0",
            ]
        case filters.IdListField():
            return ids(field, history)
        case parameter_sets.PathListField():
            return []
        case filters.TotalField():
            return TOTALS
        case totals.OneCurrencyField():
            return ["USD", "EUR", "CNY"]
        case parameter_sets.CurrencyListField():
            return ["USD", "CNY,USD", "XDR"]
        case filters.LanguageListField():
            return ["en", "zh", "ZH-hant,de", "sr"]
        case items.HSCodeField():
            return ["6307.90", "3002.15,6307.90"]
        case filters.CodeListField():
            return codes(parameter)
        case parameters.SlugField():
            series = ["vaccine-doses-given", "china-customs-exports"]
            return {"within": ["medical-supplies"]}.get(name, series)
        case parameters.TextField():
            return WORDS[name]
    raise AssertionError(f"Give good values for a {type(field).__name__}.")


def ids(field: Any, history: History) -> list[str]:
    known = [row.id for row in history.versions if re.fullmatch(field.pattern, row.id)]
    absent = [f"{model.PREFIX}-00000000" for model in KINDS.values()]
    known += [id for id in absent if re.fullmatch(field.pattern, id)]
    return [known[0], ",".join(known[:4]), known[-1]]


def codes(parameter: Any) -> list[str]:
    if isinstance(parameter, filters.ItemParameter):
        return ["mask", "surgical-mask", "medical-supplies", "goggles,ventilator", "personnel"]
    if isinstance(parameter, filters.AnyRolePartyParameter):
        return ["CHN", "ITA", "who", "PAK,lombardy", ",".join(PARTIES)]
    if isinstance(parameter, filters.PartyParameter):
        return ["CHN", "ITA", "who", "PAK,lombardy", "unknown", "JPN,unknown", ",".join(PARTIES)]
    return ["CHN", "ITA,PAK", "JPN"]


WORDS = {
    "publisher": [
        *PUBLISHERS,
        "XINHUA",
        "osterreich",
        "ÖSTERREICHISCHER",
        "известия",
        "ИЗВЕСТИЯ",
        "strasse",
        "STRASSE",
        "%",
        "_",
        "\\",
        "100%",
        "n_ews",
        "華",
        "新華",
        "新华",
    ],
    "speaker": [*SPEAKERS[1:], "emile", "ÉMILE ZOLA", "o'connor", "(press)"],
    "organisation": [*BODIES[1:], "auswartiges", "affairs of"],
    "event": [*EVENTS[1:], "ano", "PRESS"],
    "topic": [*TOPICS, "track", "FAST"],
    "name": ["china", "CHINÁ", "mask", "health"],
    "search": [
        "masks",
        "ÉMILE zola",
        '"surgical masks"',
        '"masks surgical"',
        "mask* -n95",
        '-"surgical masks"',
        "zola OR pakistan masks",
        "mask* chin*",
        '"test ki*"',
        "China",
        "italia",
        "bel paese",
        "COVID-19",
        "covid 19",
        "3.86",
        "50,000",
        "50000",
        "口罩",
        "罩口",
        "中国 口罩",
        "маски",
        "STRASSE",
        "o'connor",
        "masks (kits) near/2 x: y ^b {c} 'd' & ! <-> not or",
        "100%_",
        "nothing has-this",
    ],
}
"""Parameter → texts that it may be requested: whole ones, parts, other case and accents, and
what a pattern would take for a wildcard."""


TOTALS = [
    "measure:quantity",
    "measure:money,currency:USD",
    "item_category:medical-supplies,unit:",
    "series:vaccine-doses-given,include:unclear",
    "month:2020-04,include:pass_through,include:unclear",
    "item:",
    "item:none-such",
]
"""Totals."""
BESIDE = {
    "value_min": {"measure": "parties"},
    "value_max": {"measure": "parties"},
    "rows": {"format": "csv"},
    "raw": {"format": "csv"},
}
"""Parameter → what must stand beside it."""


def anchored(name: str, value: str) -> Query:
    """The parameter with what must stand beside it."""
    beside = BESIDE.get(name, {})
    if name == "ordering" and value.lstrip("-") == "match":
        beside = {"name": "mask"}
    if name == "ordering" and value.lstrip("-") == "value":
        beside = {"unit": "piece"}
    return {name: value} | beside


def as_sent(example: Any) -> str:
    """An example of the documentation as it is in a query."""
    if isinstance(example, bool):
        return str(example).lower()
    return ",".join(example) if isinstance(example, list) else str(example)
