"""Totals: what the figures that match a query prove, and what becomes of each of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, ClassVar
from urllib.parse import urlencode

import numpy as np
import orjson
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import base_url
from aidapi.dates import span
from aidapi.errors import InvalidParameters, ParameterError, nearest
from aidapi.parameters import (
    ChoiceField,
    IntegerField,
    OrderingField,
    Parameter,
    RepresentationField,
    refuse,
)
from aidapi.renderers import CSV, XLSX, JSONRenderer, TableMetadata
from records.api.numbers import number, sum_field
from records.api.parameter_sets import CurrencyListField, DownloadParameters, check_fitting
from records.api.views.base import (
    DatasetResponse,
    ResourceView,
    filters_given,
    record_query,
)
from records.api.views.total_files import totals_download
from records.documents.serializers import LinkField, NullableCharField, NullableChoiceField
from records.models import (
    COUNTED_TYPE,
    Basis,
    Measure,
    PartyRole,
    Record,
    Unit,
)
from records.query.groupings import SPLIT, groupings, reasons
from records.query.totals import Group, Totals
from records.totals import rates
from records.totals.answer import DIGITS, Judged, Outcome, Total
from records.totals.figures import Split
from records.totals.table import Array, count

MAX_GROUPING = 2
MAX_GROUPS = 10_000
"""Maximum number of totals; a request for more is refused, not truncated."""
LISTED, LISTED_IN_GROUPS = 100, 10
"""Maximum number of figures that a total lists, in all and in one of several groups."""
CENT = Decimal("0.01")
NAMED_BY = {
    Measure.QUANTITY: ("measure", "unit"),
    Measure.MONEY: ("measure", "currency"),
    Measure.PARTIES: ("measure", "party_type", "party_role"),
}
"""What identifies a total of a measure, beside its group; the rest is empty."""
NOTE = (
    "Each group is a total of its own. Groups need not add up to the whole, nor may they be "
    "added: a figure can be in several groups, or in none that holds all of it."
)
AMOUNTS = ("at_least", "about")
AMOUNT_WORDS = dict.fromkeys(("amount", "sum", "total", "value"), "at_least")


class GroupByField(ChoiceField):
    """One or two groupings."""

    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"maxItems": MAX_GROUPING}

    def clean(self, value: str) -> list[str]:
        groupings = super().clean(value)
        if len(groupings) > MAX_GROUPING:
            raise refuse("too_many", f"Too many groupings: give at most {MAX_GROUPING}.")
        return groupings


class OneCurrencyField(CurrencyListField):
    """Single currency with a known exchange rate."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()

    def clean(self, value: str) -> str:  # type: ignore[override]
        currency = self.clean_value(value)
        if currency not in rates.currencies():
            known = sorted(rates.currencies())
            raise refuse(
                "unknown_value",
                f"No exchange rate for `{currency}`; valid values: {', '.join(known)}.",
                nearest(currency, known),
            )
        return currency


class TotalsParameters(DownloadParameters):
    """Parameters of totals, beside the filters; each kind adds `group_by` and `include`."""

    SYNONYMS: ClassVar = {
        "by": "group_by",
        "groupby": "group_by",
        "group": "group_by",
        "including": "include",
        "convert_to": "convert",
        "order_by": "ordering",
        "top": "limit",
        "page_size": "limit",
        "sort": "ordering",
    }

    convert = Parameter(
        OneCurrencyField(example="USD"),
        "Currency (ISO 4217) into which amounts are also converted, each at the reference rate of "
        "the European Central Bank on its `as_of` (of a month or year its last day), or on the "
        "last working day before it.",
    )
    ordering = Parameter(
        OrderingField(AMOUNTS, AMOUNT_WORDS, example="-at_least"),
        "Order of the groups among totals of one measure and unit or currency: by amount, "
        "reversed by a leading `-`; null comes last. By default they are ordered by group.",
    )
    limit = Parameter(
        IntegerField(minimum=1, maximum=MAX_GROUPS, example="10"),
        "Maximum number of groups for each measure and unit or currency, the first by "
        "`ordering`; `more` says how many there are besides.",
    )


def totals_format() -> Parameter:
    """Return `format` of totals. The class of each kind declares it, since its filters inherit
    the plain one."""
    return Parameter(
        RepresentationField(JSONRenderer, CSV, XLSX, TableMetadata, example="csv"),
        "Representation of the response; it overrides the Accept header. `csv` and `xlsx` are "
        "files with a row per entry of `totals`, with names beside the codes of groups; "
        "`metadata` describes the file of the same request and its columns.",
    )


def group_by_parameter(model: type[Record]) -> Parameter:
    """Return the parameter that groups the totals of a kind."""
    receiver = model.MAIN_ROLES[1]
    return Parameter(
        GroupByField(choices=groupings(model), example=f"{receiver},year"),
        "One or two groupings, separated by commas; without it there is one group. Every group is "
        "a query of its own, and groups need not add up. A record with several parties in a role "
        "is in the group of each, where it counts in `with_others` only, and in `joint`; one "
        "without a party is in `unknown`. An item is in its own group and in those of all items "
        "above it; `item_category` is the top-level branch of the item tree, such as personnel. "
        "`month`, `quarter` and `year` hold the figures whose dates lie in one whole; the others "
        "are in the group null.",
    )


def include_parameter(model: type[Record]) -> Parameter:
    """Return the parameter that includes figures which totals of a kind leave out."""
    return Parameter(
        ChoiceField(choices=reasons(model), example="unclear"),
        "Reasons for which figures are left out by default, to include those figures, separated "
        "by commas; `left_out` in the response lists them. With a reason that means no stage "
        "`at_least` is null, since such figures prove nothing. Figures that are always left out "
        "(each, per unit, per day, targets, rival and repeated reports) cannot be included.",
    )


AT_LEAST = (
    "The proven minimum: the greatest sum of lower bounds over figures of which no two can count "
    "the same goods."
)
ABOUT = "The same with approximate numbers at their face: `nearly 500` is 500."


class ExchangeRateSerializer(serializers.Serializer):
    """An exchange rate and the number of figures converted at it."""

    date = serializers.DateField(help_text="Date of the rate.")
    rate = sum_field("Units of the target currency per unit of the stated one.")
    figures = serializers.IntegerField(help_text="Figures converted at it.")


class ConvertedSerializer(serializers.Serializer):
    """`at_least` in the currency that `convert` names, rounded to hundredths."""

    currency = serializers.CharField(help_text="ISO 4217 code of the target currency.")
    at_least = sum_field(
        "The figures of `at_least`, each at the rate of its date. Null where that is null, and if "
        "one of them has no rate."
    )
    without_rate = serializers.IntegerField(
        help_text="Figures without a rate for their currency and date."
    )
    rates = ExchangeRateSerializer(many=True, help_text="The rates, by day.")
    rate_source = serializers.CharField(help_text="Source of the rates.")


class WithOthersSerializer(serializers.Serializer):
    """A total in which joint gifts count whole."""

    at_least = sum_field(AT_LEAST)
    about = sum_field(ABOUT)


class UnprovenSerializer(serializers.Serializer):
    """Figures that may overlap those of a total."""

    figures = serializers.IntegerField(help_text="Such figures.")
    records = serializers.IntegerField(help_text="Their records.")
    sum = sum_field("What they would add to `about` if none overlapped; null for parties.")


class TotalPartSerializer(serializers.Serializer):
    """Part of a total, by the same rule; parts need not add up to it."""

    basis = serializers.ChoiceField(choices=Basis.choices, help_text="The basis.")
    stage = NullableCharField(
        allow_null=True, help_text="The stage reached; null for exports, which have none."
    )
    at_least = sum_field(AT_LEAST)
    about = sum_field(ABOUT)
    search = serializers.CharField(help_text="`exact` or `greedy`, of `at_least`.")
    figures = serializers.IntegerField(help_text="Figures that may count in it.")
    records = serializers.IntegerField(help_text="Their records.")


class PlainSerializer(serializers.Serializer):
    """Of rows that are made as they are shown: hundreds in each response."""

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return instance


class UsedFigureSerializer(PlainSerializer):
    """A figure that is in a total."""

    id = serializers.CharField(help_text="Id of its record.")
    figure = serializers.IntegerField(help_text="Number of the figure in its record, from 1.")
    in_at_least = serializers.BooleanField(help_text="Whether it is in `at_least`.")
    in_about = serializers.BooleanField(help_text="Whether it is in `about`.")
    lower = sum_field("Its lower bound: what it adds to `at_least`.")
    value = sum_field("Its number; null for a range.")


class UnusedFigureSerializer(PlainSerializer):
    """A figure that is not in a total."""

    id = serializers.CharField(help_text="Id of its record.")
    figure = serializers.IntegerField(help_text="Number of the figure in its record, from 1.")
    held_by = NullableCharField(
        allow_null=True,
        help_text="Id of the record whose figure counts in its place; null where none does.",
    )


class LeftOutSerializer(PlainSerializer):
    """Figures that are left out for one reason."""

    reason = serializers.CharField(
        help_text="The figure's `countable_reason` or basis, its record's stage, or: "
        "`deprecated`; `rival` (another report of the same is preferred); `repeated` (an equal "
        "report counts); `contained` (surely inside a figure that counts); `overlaps` (possibly "
        "inside one); `overtaken` (a later point of its series counts); `part` (its whole "
        "counts); `whole` (its parts count); `same_event` (another report of the event counts); "
        "`joint` (named with others); `undated` (it cannot be placed in the period); "
        "`no_lower_bound` and `unspecified` (its words prove no amount)."
    )
    records = serializers.IntegerField(help_text="Records with such a figure.")
    figures = serializers.IntegerField(help_text="Such figures.")
    includable = serializers.BooleanField(help_text="Whether `include` accepts the reason.")


class LeftOutOfTotalSerializer(LeftOutSerializer):
    """The same for one total, with the figures."""

    which = UnusedFigureSerializer(
        many=True,
        help_text=f"The figures, by id of their records: at most {LISTED}, or {LISTED_IN_GROUPS} "
        f"with `group_by`. A download of figures has all.",
    )


class TotalSerializer(serializers.Serializer):
    """A total: what figures of one measure and unit or currency prove."""

    group = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="The value in each grouping of `group_by`, as filters accept it.",
    )
    measure = serializers.ChoiceField(choices=Measure.choices, help_text="The measure.")
    unit = NullableChoiceField(
        choices=Unit.choices,
        allow_null=True,
        help_text="Unit of a quantity; null if the sources do not state it.",
    )
    currency = NullableCharField(
        allow_null=True, help_text="ISO 4217 code of an amount; null if unclear."
    )
    party_type = NullableChoiceField(
        choices=COUNTED_TYPE, allow_null=True, help_text="Type of the parties counted."
    )
    party_role = NullableChoiceField(
        choices=PartyRole.choices, allow_null=True, help_text="Role of the parties counted."
    )
    at_least = sum_field(
        f"{AT_LEAST} Of parties it is the largest lower bound, since counts of parties are never "
        f"added. Null if no figure has a lower bound, and with an `include` that proves nothing."
    )
    about = sum_field(f"{ABOUT} It may rest on other figures than `at_least`.")
    at_most = sum_field(
        "The least upper bound of a running or period total that surely covers the query; null "
        "where there is none."
    )
    exact = serializers.BooleanField(help_text="Whether `at_least` and `at_most` are equal.")
    conflict = serializers.BooleanField(
        help_text="Whether the figures contradict each other: `at_most` is below `at_least`."
    )
    search = serializers.CharField(
        help_text="How `at_least` was found: `exact`, or `greedy` where the greatest sum may be "
        "larger."
    )
    with_others = WithOthersSerializer(
        help_text="The total if gifts count whole as soon as one of their names fits."
    )
    unproven = UnprovenSerializer(
        help_text="What is left out because it may overlap: what it would add if it did not."
    )
    breakdown = TotalPartSerializer(
        many=True, help_text="The total by basis and stage; parts need not add up to it."
    )
    records = serializers.IntegerField(help_text="Records with a figure in it.")
    figures = serializers.IntegerField(help_text="Figures in `at_least` or `about`.")
    used = UsedFigureSerializer(
        many=True,
        help_text=f"These figures, the largest first: at most {LISTED}, or {LISTED_IN_GROUPS} "
        f"with `group_by`. The list behind `url` has all.",
    )
    left_out = LeftOutOfTotalSerializer(
        many=True, help_text="Figures that the query may hold and the total has not, by reason."
    )
    converted = ConvertedSerializer(
        allow_null=True, help_text="The amounts in the currency of `convert`; null without it."
    )
    url = LinkField(help_text="The list of exactly the records in this total.")

    def get_url(self, total: dict[str, Any]) -> str:
        return total["url"]


class KnownMissingSerializer(PlainSerializer):
    """A record that names amounts which no figure holds."""

    id = serializers.CharField(help_text="Id of the record.")
    missing = serializers.CharField(help_text="What it says of them.")


class SummarySerializer(serializers.Serializer):
    """Totals of the figures that match a query, and what they leave out."""

    revision = serializers.IntegerField(help_text="Number of the revision.")
    group_by = serializers.ListField(
        child=serializers.CharField(), help_text="The groupings of the request."
    )
    include = serializers.ListField(
        child=serializers.CharField(), help_text="The reasons of `include`."
    )
    milestone = NullableCharField(allow_null=True, help_text="The stage of `milestone`.")
    note = NullableCharField(
        allow_null=True, help_text="With `group_by`: that groups need not add up, and why."
    )
    records = serializers.IntegerField(help_text="Records with a figure that the query may hold.")
    figures = serializers.IntegerField(help_text="Such figures.")
    totals = TotalSerializer(
        many=True,
        help_text="The totals, which must not be added up: each has another group, measure, unit, "
        "currency or type of party.",
    )
    more = serializers.IntegerField(help_text="Number of further totals that `limit` leaves out.")
    left_out = LeftOutSerializer(
        many=True, help_text="Figures in no total, by reason; each under the first that applies."
    )
    known_missing = KnownMissingSerializer(
        many=True, help_text="Records that name amounts which no figure holds."
    )


class RecordTotals(ResourceView):
    """What the figures of all records that match the filters prove, by measure and unit or
    currency. Figures are added only where no two can count the same goods, which follows from who
    gave, who received, the item and the time; of figures that may overlap those count that prove
    most. Filters on parties, items and dates say what a total covers; others choose among the
    figures, and then there is no upper bound. Donations count from `committed` on, contracts from
    `signed` on; `left_out` has the other figures, with the reason. As `csv` or `xlsx` a file with
    a row per total."""

    operation = "get{Noun}Summary"
    title = "Get the summary of {nouns}"
    serializer_class = SummarySerializer

    @property
    def parameters(self) -> Any:
        return self.resource.totals_parameters

    def get(self, request: Request) -> HttpResponseBase:
        parameters = self.parse(request)
        representation = request.accepted_renderer.format
        check_fitting(parameters, representation)
        values = parameters.cleaned
        by, include = values.get("group_by", []), values.get("include", [])
        query = record_query(self.resource, parameters, values.get("revision"))
        totals = Totals(query, include)
        groups = totals.grouped(by)
        if len(groups) > MAX_GROUPS:
            raise too_many_groups(len(groups))
        if ordering := values.get("ordering"):
            groups = ordered(groups, ordering)
        link = linker(
            f"{base_url(request)}/api/v1/{self.resource.name}/",
            filters_given(self.resource, parameters),
            totals.revision,
        )
        summary = Summary(totals, include, values.get("convert"), link)
        body = self.serializer_class().to_representation(
            {
                "revision": totals.revision,
                "group_by": by,
                "include": include,
                "milestone": totals.milestone or None,
                "note": NOTE if by else None,
                **summary.content(groups, values.get("limit")),
            }
        )
        if representation == "json":
            return DatasetResponse(totals.revision, orjson.dumps(body, default=number))
        file = totals_download(request, self.resource, parameters, body, TotalSerializer())
        return file.response(representation)


def linker(
    address: str, filters: Mapping[str, str], revision: int
) -> Callable[[Sequence[str]], str]:
    """Return what makes the address of a total's records from its name:value pairs: that of a
    list with the filters, and the revision."""

    def link(total: Sequence[str]) -> str:
        pairs = [*filters.items(), ("revision", revision), ("total", ",".join(total))]
        return f"{address}?{urlencode(pairs, safe=',:')}"

    return link


def too_many_groups(found: int) -> InvalidParameters:
    """Return the error for too many totals."""
    return InvalidParameters(
        [
            ParameterError(
                "group_by",
                "too_many_groups",
                f"Too many totals: {found}, with a maximum of {MAX_GROUPS}. Add filters, or use "
                f"fewer groupings.",
            )
        ]
    )


def ordered(groups: Iterable[Group], ordering: str) -> list[Group]:
    """Return totals by measure and unit or currency, then by amount; null comes last."""
    name, sign = ordering.lstrip("-"), -1 if ordering.startswith("-") else 1

    def place(group: Group) -> tuple[Any, ...]:
        amount = getattr(group.total, name)
        return (*group.total.split, amount is None, sign * (amount or 0))

    return sorted(groups, key=place)


def first_of_each(groups: Sequence[Group], limit: int | None) -> list[Group]:
    """Return up to so many totals of each measure and unit or currency."""
    seen = Counter[Split]()
    found = []
    for group in groups:
        seen[group.total.split] += 1
        if limit is None or seen[group.total.split] <= limit:
            found.append(group)
    return found


class Summary:
    """The content of an answer."""

    def __init__(
        self,
        totals: Totals,
        include: Sequence[str],
        target: str | None,
        link: Callable[[Sequence[str]], str],
    ) -> None:
        self.totals = totals
        self.named = [f"include:{reason}" for reason in include]
        self.target = target
        self.link = link
        self.includable = reasons(totals.model)

    def content(self, groups: Sequence[Group], limit: int | None) -> dict[str, Any]:
        """Return the totals, for each split up to a limit, and what all of them leave out."""
        shown = first_of_each(groups, limit)
        table = self.totals.prepared.table
        seen, used = np.zeros(len(table), np.bool_), np.zeros(len(table), np.bool_)
        left_out: dict[str, list[Array]] = defaultdict(list)
        for group in groups:
            outcome = group.total.outcome
            used[outcome.rows[outcome.used]] = True
        for group in groups:
            outcome = group.total.outcome
            for reason, places in outcome.left_out():
                rows = outcome.rows[places]
                # A figure of several groups is left out for the reason of the first.
                left_out[reason].append(rows[~seen[rows] & ~used[rows]])
            seen[outcome.rows] = True
        return {
            "records": count(table.record[seen]),
            "figures": int(seen.sum()),
            "totals": [self.total(group) for group in shown],
            "more": len(groups) - len(shown),
            "left_out": [
                self.reason(reason, rows)
                for reason, parts in sorted(left_out.items())
                if len(rows := np.concatenate(parts))
            ],
            "known_missing": [
                {"id": id, "missing": missing}
                for id, missing in sorted(self.totals.missing().items())
            ],
        }

    def total(self, group: Group) -> dict[str, Any]:
        total = group.total
        outcome = total.outcome
        used = np.flatnonzero(outcome.used)
        listed = LISTED_IN_GROUPS if group.names else LISTED
        return {
            "group": dict(zip(group.names, group.values, strict=True)),
            **self.split(group),
            "at_least": total.at_least,
            "about": total.about,
            "at_most": total.at_most,
            "exact": total.exact,
            "conflict": total.conflict,
            "search": total.search,
            "with_others": dict(zip(AMOUNTS, total.with_others, strict=True)),
            "unproven": total.unproven,
            "breakdown": total.breakdown,
            "records": outcome.records(used),
            "figures": len(used),
            "used": [self.used(row) for row in outcome.largest(listed)],
            "left_out": self.left_out(outcome, listed),
            "converted": converted(total, self.target),
            "url": self.url(group),
        }

    def split(self, group: Group) -> dict[str, str]:
        """Return what a total counts: its measure, and its unit, currency or parties."""
        return {name: getattr(group.total.split, name) for name in SPLIT}

    def url(self, group: Group) -> str:
        """Return the address of the records in a total."""
        split = self.split(group)
        values = zip(group.names, group.values, strict=True)
        named = {name: value or "" for name, value in values}
        named |= {name: split[name] for name in NAMED_BY[Measure(split["measure"])]}
        return self.link([*(f"{name}:{value}" for name, value in named.items()), *self.named])

    def left_out(self, outcome: Outcome, listed: int) -> list[dict[str, Any]]:
        """Return the figures that a total leaves out, by reason, of each up to a limit."""
        return [
            self.reason(reason, outcome.rows[places])
            | {"which": self.which(outcome.judged(places[:listed].tolist()))}
            for reason, places in outcome.left_out()
        ]

    def used(self, row: Judged) -> dict[str, Any]:
        """Return a figure that is in a total."""
        return {
            "id": row.figure.id,
            "figure": row.figure.figure,
            "in_at_least": row.in_at_least.taken,
            "in_about": row.in_about.taken,
            "lower": row.figure.lower,
            "value": row.figure.value,
        }

    def which(self, rows: Iterable[Judged]) -> list[dict[str, Any]]:
        """Return figures that are not in a total."""
        return [
            {
                "id": row.figure.id,
                "figure": row.figure.figure,
                "held_by": row.in_about.holder,
            }
            for row in rows
        ]

    def reason(self, reason: str, rows: Array) -> dict[str, Any]:
        """Return how many figures are left out for a reason."""
        return {
            "reason": reason,
            "records": count(self.totals.prepared.table.record[rows]),
            "figures": len(rows),
            "includable": reason in self.includable,
        }


def converted(total: Total, target: str | None) -> dict[str, Any] | None:
    """Return `at_least` in another currency, each figure at the rate of its date."""
    if target is None or total.split.measure != Measure.MONEY:
        return None
    at_least, used, without_rate = Decimal(0), Counter[rates.Rate](), 0
    with localcontext(prec=DIGITS):
        for figure in total.used:
            _, day = span(figure.as_of, figure.precision)
            if rate := rates.rate(figure.currency, target, day):
                at_least += (figure.lower or 0) * rate.rate
                used[rate] += 1
            else:
                without_rate += 1
        known = total.at_least is not None and not without_rate
        hundredths = at_least.quantize(CENT, ROUND_HALF_EVEN) if known else None
    return {
        "currency": target,
        "at_least": hundredths,
        "without_rate": without_rate,
        "rates": [
            {"date": rate.date, "rate": rate.rate, "figures": n}
            for rate, n in sorted(used.items())
        ],
        "rate_source": rates.SOURCE,
    }
