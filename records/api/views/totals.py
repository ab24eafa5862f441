"""Totals: sums of the figures that match a query, and what they leave out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.errors import InvalidParameters, ParameterError, nearest
from aidapi.pagination import base_url
from aidapi.parameters import (
    ChoiceField,
    Parameter,
    ParameterSet,
    refuse,
)
from records.api.parameter_sets import CurrencyListField
from records.api.views.base import (
    DatasetResponse,
    ResourceView,
    filters_given,
    record_query,
)
from records.documents.serializers import LinkField, NullableCharField, NullableChoiceField
from records.models import (
    COUNTED_TYPE,
    Basis,
    Measure,
    PartyRole,
    Record,
    Unit,
)
from records.query.figure_rows import (
    counting,
    grouped,
    groupings,
    number,
    reasons,
)
from records.totals import rates
from records.totals.rules import (
    SPLIT,
    Row,
    Sum,
    add_up,
)

MAX_GROUPING = 2
MAX_GROUPS = 10_000
"""Maximum number of groups; a request for more is refused, not truncated."""
CENT = Decimal("0.01")
SUMS = ("sum", "sum_lower", "sum_upper")
NAMED_BY = {
    Measure.QUANTITY: ("measure", "basis", "stage", "unit"),
    Measure.MONEY: ("measure", "basis", "stage", "currency"),
    Measure.PARTIES: ("measure", "basis", "stage", "party_type", "party_role"),
}
"""What identifies a total of a measure, beside its group; the rest is empty."""


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


class TotalsParameters(ParameterSet):
    """Parameters of totals, beside the filters; each kind adds `group_by` and `include`."""

    SYNONYMS: ClassVar = {
        "by": "group_by",
        "groupby": "group_by",
        "group": "group_by",
        "including": "include",
        "convert_to": "convert",
    }

    convert = Parameter(
        OneCurrencyField(example="USD"),
        "Currency (ISO 4217) into which amounts are also converted, each at the reference rate of "
        "the European Central Bank on its `as_of`, or on the last working day before it.",
    )


def group_by_parameter(model: type[Record]) -> Parameter:
    """Return the parameter that groups the totals of a kind."""
    receiver = model.MAIN_ROLES[1]
    return Parameter(
        GroupByField(choices=groupings(model), example=f"{receiver},year"),
        "One or two groupings, separated by commas; without it there is one group. A record with "
        "several parties in a role is in the group `joint` of that role, one without a party in "
        "`unknown`. `month`, `quarter` and `year` are those of `as_of`, and null if it is less "
        "precise; `item_category` is the top-level branch of the item tree, such as personnel.",
    )


def include_parameter(model: type[Record]) -> Parameter:
    """Return the parameter that includes figures which totals of a kind leave out."""
    return Parameter(
        ChoiceField(choices=reasons(model), example="unclear"),
        "Reasons for which figures are left out by default, to include those figures, separated "
        "by commas; `left_out` in the response lists them. Figures that are always left out "
        "(each, per unit, per day, targets, rival and repeated reports) cannot be included.",
    )


class SumField(serializers.Field):
    """Sum with all its digits."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def to_representation(self, value: Decimal) -> Decimal:
        return value


def sum_field(help_text: str) -> SumField:
    return SumField(read_only=True, allow_null=True, help_text=help_text)


SUM = "The total if every figure is exact, else null; the bounds give what is known."
SUM_LOWER = (
    "Lower bound of the total; a figure with `about` counts with its value. Null if no figure has "
    "a number, or if several counts of parties would have to be added."
)
SUM_UPPER = "Upper bound of the total; null if there is none, as with `more than`."


class ExchangeRateSerializer(serializers.Serializer):
    """An exchange rate and the number of figures converted at it."""

    date = serializers.DateField(help_text="Date of the rate.")
    rate = sum_field("Units of the target currency per unit of the stated one.")
    figures = serializers.IntegerField(help_text="Figures converted at it.")


class ConvertedSerializer(serializers.Serializer):
    """The total in the currency that `convert` names, rounded to hundredths."""

    currency = serializers.CharField(help_text="ISO 4217 code of the target currency.")
    sum = sum_field(SUM)
    sum_lower = sum_field(f"{SUM_LOWER} Also null if one of them has no rate.")
    sum_upper = sum_field(SUM_UPPER)
    without_rate = serializers.IntegerField(
        help_text="Figures without a rate for their currency and date."
    )
    rates = ExchangeRateSerializer(many=True, help_text="The rates, by day.")
    rate_source = serializers.CharField(help_text="Source of the rates.")


class TotalSerializer(serializers.Serializer):
    """A total: figures of one measure, basis, stage and unit or currency."""

    group = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="The value in each grouping of `group_by`, as filters accept it.",
    )
    measure = serializers.ChoiceField(choices=Measure.choices, help_text="The measure.")
    basis = serializers.ChoiceField(choices=Basis.choices, help_text="The basis.")
    stage = NullableCharField(
        allow_null=True, help_text="The stage reached; null for exports, which have none."
    )
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
    records = serializers.IntegerField(help_text="Records with a figure in it.")
    figures = serializers.IntegerField(help_text="Figures in it.")
    unspecified = serializers.IntegerField(
        help_text="Figures in it without a number, which add nothing to the sum."
    )
    exact = serializers.BooleanField(
        help_text="Whether every figure is an exact number, and therefore the total."
    )
    sum = sum_field(SUM)
    sum_lower = sum_field(SUM_LOWER)
    sum_upper = sum_field(SUM_UPPER)
    converted = ConvertedSerializer(
        allow_null=True, help_text="The amounts in the currency of `convert`; null without it."
    )
    url = LinkField(help_text="The list of exactly the records in this total.")

    def get_url(self, total: dict[str, Any]) -> str:
        return total["url"]


class LeftOutSerializer(serializers.Serializer):
    """Figures that are left out of all totals for one reason."""

    reason = serializers.CharField(
        help_text="The figure's `countable_reason` or basis, its record's stage, `deprecated`, "
        "`rival` (another report of the same is preferred), `repeated` (an equal report counts), "
        "`part` (its whole counts) or `overtaken` (a later point of its series counts)."
    )
    records = serializers.IntegerField(help_text="Records with such a figure.")
    figures = serializers.IntegerField(help_text="Such figures.")
    includable = serializers.BooleanField(help_text="Whether `include` accepts the reason.")


class SummarySerializer(serializers.Serializer):
    """Totals of the figures that match a query, and what they leave out."""

    revision = serializers.IntegerField(help_text="Number of the revision.")
    group_by = serializers.ListField(
        child=serializers.CharField(), help_text="The groupings of the request."
    )
    include = serializers.ListField(
        child=serializers.CharField(), help_text="The reasons of `include`."
    )
    records = serializers.IntegerField(help_text="Records that match the filters.")
    figures = serializers.IntegerField(
        help_text="Their figures that match the filters on figures."
    )
    totals = TotalSerializer(
        many=True,
        help_text="The totals, which must not be added up: each has another group, measure, "
        "basis, stage, unit, currency or type of party.",
    )
    left_out = LeftOutSerializer(
        many=True, help_text="Figures in no total, by reason; each under the first that applies."
    )


class RecordTotals(ResourceView):
    """What the figures of all records that match the filters add up to, by basis, stage, measure
    and unit or currency. Of rival reports only the preferred counts, of a series the latest
    point, of a whole and its parts the whole. Filters on figures also select the figures.
    Donations count from `committed` on, contracts from `signed` on; `left_out` counts the other
    figures by reason."""

    operation = "get{Noun}Summary"
    title = "Get the summary of {nouns}"
    serializer_class = SummarySerializer

    @property
    def parameters(self) -> Any:
        return self.resource.totals_parameters

    def get(self, request: Request) -> HttpResponse:
        parameters = self.parse(request)
        asked = parameters.cleaned
        by, include = asked.get("group_by", []), asked.get("include", [])
        query = record_query(self.resource, parameters, asked.get("revision"))
        counted = counting(query, include)
        groups = grouped(query, counted.taken, by)
        if len(groups) > MAX_GROUPS:
            raise too_many_groups(len(groups))
        filters = list(filters_given(self.resource, parameters).items())
        address = f"{base_url(request)}/api/v1/{self.resource.name}/"

        def link(group: list[str]) -> str:
            query_string = [
                *filters,
                ("revision", query.revision),
                ("counted", ",".join(group)),
            ]
            return f"{address}?{urlencode(query_string, safe=',:')}"

        taken, left = counted.taken, counted.left_out
        summary = {
            "revision": query.revision,
            "group_by": by,
            "include": include,
            "records": len({row.record for row in taken} | {row.record for row, _ in left}),
            "figures": len(taken) + len(left),
            "totals": [
                total(key, rows, by, include, asked.get("convert"), link)
                for key, rows in groups.items()
            ],
            "left_out": left_out(left, reasons(self.resource.model)),
        }
        body = self.serializer_class().to_representation(summary)
        return DatasetResponse(query.revision, orjson.dumps(body, default=number))


def too_many_groups(groups: int) -> InvalidParameters:
    return InvalidParameters(
        [
            ParameterError(
                "group_by",
                "too_many_groups",
                f"Too many totals: {groups}, with a maximum of {MAX_GROUPS}. Add filters, or use "
                f"fewer groupings.",
            )
        ]
    )


def total(
    key: Sequence[str],
    rows: Sequence[Row],
    by: Sequence[str],
    include: Sequence[str],
    target: str | None,
    link: Callable[[list[str]], str],
) -> dict[str, Any]:
    """Return the total of the rows of one group; `link` returns the list of its records."""
    group = dict(zip(by, key, strict=False))
    split = dict(zip(SPLIT, key[len(by) :], strict=True))
    named = group | {name: split[name] for name in NAMED_BY[Measure(split["measure"])]}
    counted = [f"{name}:{value}" for name, value in named.items()]
    counted += [f"include:{reason}" for reason in include]
    summed = add_up(rows)
    return {
        "group": {name: value or None for name, value in group.items()},
        **split,
        "records": len({row.record for row in rows}),
        "figures": summed.figures,
        "unspecified": summed.unspecified,
        "exact": summed.exact,
        **sums(summed, rows[0].measure),
        "converted": converted(rows, target),
        "url": link(counted),
    }


def sums(summed: Sum, measure: str) -> dict[str, Decimal | None]:
    """Return sum and bounds. Counts of parties are never added: 127 and 4 may count the same
    parties."""
    if not summed.summed or (measure == Measure.PARTIES and summed.summed > 1):
        return dict.fromkeys(SUMS)
    return {
        "sum": summed.lower if summed.exact else None,
        "sum_lower": summed.lower,
        "sum_upper": summed.upper,
    }


def converted(rows: Sequence[Row], target: str | None) -> dict[str, Any] | None:
    """Return the sum of amounts in another currency, each at the rate of its date."""
    if target is None or rows[0].measure != Measure.MONEY:
        return None
    summed, used, without_rate = Sum(), Counter[rates.Rate](), 0
    with localcontext(prec=60):
        for row in rows:
            if not row.numbered:
                summed.add(row)
            elif rate := rates.rate(row.currency, target, date.fromisoformat(row.as_of)):
                summed.add(row, rate.rate)
                used[rate] += 1
            else:
                without_rate += 1
        exact: dict[str, Decimal | None] = (
            sums(summed, rows[0].measure) if not without_rate else dict.fromkeys(SUMS)
        )
        hundredths = {
            name: None if value is None else value.quantize(CENT, ROUND_HALF_EVEN)
            for name, value in exact.items()
        }
    return {
        "currency": target,
        **hundredths,
        "without_rate": without_rate,
        "rates": [
            {"date": rate.date, "rate": rate.rate, "figures": n}
            for rate, n in sorted(used.items())
        ],
        "rate_source": rates.SOURCE,
    }


def left_out(rows: Sequence[tuple[Row, str]], includable: Sequence[str]) -> list[dict[str, Any]]:
    """Return the numbers of records and figures that are left out, by reason."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row, reason in rows:
        by_reason[reason].append(row.record)
    return [
        {
            "reason": reason,
            "records": len(set(records)),
            "figures": len(records),
            "includable": reason in includable,
        }
        for reason, records in sorted(by_reason.items())
    ]
