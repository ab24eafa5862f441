"""Totals over HTTP: what the figures of a query add up to, and what was left out of it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.decorators import action
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
from records.api.views.records import Answer, RecordViewSet
from records.documents.serializers import LinkField, NullableCharField, NullableChoiceField
from records.models import (
    COUNTED_TYPE,
    Basis,
    Measure,
    PartyRole,
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
"""So many groups are told; with more the question is refused, never cut short."""
CENT = Decimal("0.01")
NAMED_BY = {
    Measure.QUANTITY: ("measure", "basis", "stage", "unit"),
    Measure.MONEY: ("measure", "basis", "stage", "currency"),
    Measure.PARTIES: ("measure", "basis", "stage", "party_type", "party_role"),
}
"""What names a total of a measure, beside its group; the rest is empty."""


class GroupByField(ChoiceField):
    """One or two groupings."""

    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"maxItems": MAX_GROUPING}

    def clean(self, value: str) -> list[str]:
        found = super().clean(value)
        if len(found) > MAX_GROUPING:
            raise refuse("too_many", f"At most {MAX_GROUPING} groupings at once.")
        return found


class OneCurrencyField(CurrencyListField):
    """One currency that has a rate."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()

    def clean(self, value: str) -> str:  # type: ignore[override]
        currency = self.clean_value(value)
        if currency not in rates.currencies():
            known = sorted(rates.currencies())
            raise refuse(
                "unknown_value",
                f"There is no rate for `{currency}`. There are rates for: {', '.join(known)}.",
                nearest(currency, known),
            )
        return currency


class SummaryParameters(ParameterSet):
    """What totals can be asked beside conditions on the records; the kind adds its groupings."""

    SYNONYMS: ClassVar = {
        "by": "group_by",
        "groupby": "group_by",
        "group": "group_by",
        "including": "include",
        "convert_to": "convert",
    }

    convert = Parameter(
        OneCurrencyField(example="USD"),
        "Currency (ISO 4217) into which amounts are converted as well, each at the reference rate "
        "of the European Central Bank of its `as_of`, or of the last working day before it.",
    )


def summary_parameters(model: Any, conditions: type[ParameterSet]) -> type[ParameterSet]:
    """The parameters of a kind's totals."""
    receiver = model.MAIN_ROLES[1]
    return type(
        f"{model.__name__}SummaryParameters",
        (conditions, SummaryParameters),
        {
            "group_by": Parameter(
                GroupByField(choices=groupings(model), example=f"{receiver},year"),
                "By what to group, one or two of a list; without it all is one group. A record "
                "of several parties in a role stands in the group `joint` of that role, one that "
                "names none in `unknown`. Of `month`, `quarter` and `year` it is that of `as_of`, "
                "null where that is not known so closely; `item_category` is the branch of the "
                "tree of items, such as personnel.",
            ),
            "include": Parameter(
                ChoiceField(choices=reasons(model), example="unclear"),
                "Reasons for which figures are left out and that you override knowingly, as a "
                "comma list: `left_out` of the answer names them. What is left out for good "
                "(each, per unit, per day, aims, rival and repeated reports) cannot be named.",
            ),
        },
    )


# --- The answer


class SumField(serializers.Field):
    """A sum with all its digits."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def to_representation(self, value: Decimal) -> Decimal:
        return value


def sum_field(help_text: str) -> SumField:
    return SumField(read_only=True, allow_null=True, help_text=help_text)


SUM = "The total, where every figure is exact; else null, and the bounds say what is known."
SUM_LOWER = (
    "Least that the figures add up to; one that says `about` is taken by its value. Null where no "
    "figure has a number, and where several counts of parties would have to be added."
)
SUM_UPPER = "Most that the figures add up to; null where that is open, as with `more than`."


class ExchangeRateSerializer(serializers.Serializer):
    """An exchange rate, and how many of the figures it converted."""

    date = serializers.DateField(help_text="The day of the rate.")
    rate = sum_field("Units of the wanted currency for one of the stated one.")
    figures = serializers.IntegerField(help_text="Figures converted at it.")


class ConvertedSerializer(serializers.Serializer):
    """The total in the currency that `convert` names, rounded to hundredths."""

    currency = serializers.CharField(help_text="ISO 4217 code of the wanted currency.")
    sum = sum_field(SUM)
    sum_lower = sum_field(f"{SUM_LOWER} Null, too, where one of them has no rate.")
    sum_upper = sum_field(SUM_UPPER)
    without_rate = serializers.IntegerField(
        help_text="Figures of whose currency and day there is no rate."
    )
    rates = ExchangeRateSerializer(many=True, help_text="The rates, by day.")
    rate_source = serializers.CharField(help_text="Whose rates they are.")


class TotalSerializer(serializers.Serializer):
    """A total: figures of one measure, basis, stage and unit or currency."""

    group = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="The value in each grouping of `group_by`: codes as parameters take them.",
    )
    measure = serializers.ChoiceField(choices=Measure.choices, help_text="What it measures.")
    basis = serializers.ChoiceField(choices=Basis.choices, help_text="On which basis.")
    stage = NullableCharField(
        allow_null=True, help_text="How far it came; null for exports, which have no stage."
    )
    unit = NullableChoiceField(
        choices=Unit.choices,
        allow_null=True,
        help_text="Unit of a quantity; null where the sources leave it open.",
    )
    currency = NullableCharField(
        allow_null=True, help_text="ISO 4217 code of an amount; null where unclear."
    )
    party_type = NullableChoiceField(
        choices=COUNTED_TYPE, allow_null=True, help_text="Sort of parties counted."
    )
    party_role = NullableChoiceField(
        choices=PartyRole.choices, allow_null=True, help_text="Role of the parties counted."
    )
    records = serializers.IntegerField(help_text="Records with a figure in it.")
    figures = serializers.IntegerField(help_text="Figures in it.")
    unspecified = serializers.IntegerField(
        help_text="Those of them that have no number: counted, not summed."
    )
    exact = serializers.BooleanField(
        help_text="Whether every figure is an exact number; if not, the total is none either."
    )
    sum = sum_field(SUM)
    sum_lower = sum_field(SUM_LOWER)
    sum_upper = sum_field(SUM_UPPER)
    converted = ConvertedSerializer(
        allow_null=True, help_text="Amounts in the currency of `convert`; else null."
    )
    url = LinkField(help_text="The list of exactly the records that are counted in it.")

    def get_url(self, total: dict[str, Any]) -> str:
        return total["url"]


class LeftOutSerializer(serializers.Serializer):
    """Figures that one reason kept out of all totals."""

    reason = serializers.CharField(
        help_text="Why: a figure's `countable_reason` or basis, its record's stage, `deprecated`, "
        "`rival` (another report of the same is preferred), `repeated` (an equal one counts), "
        "`part` (its whole counts), `overtaken` (a later point of its series counts)."
    )
    records = serializers.IntegerField(help_text="Records with such a figure.")
    figures = serializers.IntegerField(help_text="Such figures.")
    includable = serializers.BooleanField(help_text="Whether `include` can override it.")


class SummarySerializer(serializers.Serializer):
    """What the figures of a query add up to, and what was left out of it."""

    revision = serializers.IntegerField(help_text="Number of the revision that is totalled.")
    group_by = serializers.ListField(
        child=serializers.CharField(), help_text="The groupings, as asked."
    )
    include = serializers.ListField(
        child=serializers.CharField(), help_text="The reasons that were overridden."
    )
    records = serializers.IntegerField(help_text="Records that meet the conditions.")
    figures = serializers.IntegerField(
        help_text="Their figures that meet the conditions on figures."
    )
    totals = TotalSerializer(
        many=True,
        help_text="The totals, never to be added: each of another group, measure, basis, stage, "
        "unit, currency or sort of party.",
    )
    left_out = LeftOutSerializer(
        many=True, help_text="What stands in no total, by reason; each figure under the first."
    )


class CountedRecordViewSet(RecordViewSet):
    """A kind of record whose figures can be added up."""

    summary_parameters: ClassVar[Any]
    summary_serializer = SummarySerializer

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # The conditions of the kind, and what it can be grouped by.
        cls.summary_parameters = summary_parameters(cls.model, cls.conditions_class)

    @action(detail=False)
    def summary(self, request: Request) -> HttpResponse:
        """What the figures of all records that meet the conditions add up to: split by basis,
        stage, measure and unit or currency, of rival reports the preferred, of a series the
        latest point, of a whole and its parts the whole. Conditions on figures also choose the
        figures. Donations count from `committed` on, contracts from `signed` on, and what is left
        out is counted by its reason."""
        parameters = self.summary_parameters(request.GET)
        asked = parameters.cleaned
        by, include = asked.get("group_by", []), asked.get("include", [])
        query = self.query(parameters, asked.get("revision"))
        judged = counting(query, include)
        apart = judged.left_out
        groups = grouped(query, judged.taken, by)
        if len(groups) > MAX_GROUPS:
            raise too_many_groups(len(groups))
        conditions = [
            (name, value) for name, value in request.GET.items() if name in query.filters
        ]
        here = f"{base_url(request)}/api/v1/{self.basename}/"
        totals = []
        for key, rows in groups.items():
            group = dict(zip(by, key, strict=False))
            split = dict(zip(SPLIT, key[len(by) :], strict=True))
            named = group | {name: split[name] for name in NAMED_BY[Measure(split["measure"])]}
            counted = [f"{name}:{value}" for name, value in named.items()]
            counted += [f"include:{reason}" for reason in include]
            link = [*conditions, ("revision", query.revision), ("counted", ",".join(counted))]
            totals.append(
                {
                    "group": {name: value or None for name, value in group.items()},
                    **split,
                    **total(rows),
                    "converted": converted(rows, asked.get("convert")),
                    "url": f"{here}?{urlencode(link, safe=',:')}",
                }
            )
        summary = {
            "revision": query.revision,
            "group_by": by,
            "include": include,
            "records": len(
                {row.record for row in judged.taken} | {row.record for row, _ in apart}
            ),
            "figures": len(judged.taken) + len(apart),
            "totals": totals,
            "left_out": left_out(apart, reasons(self.model)),
        }
        body = self.summary_serializer().to_representation(summary)
        rendered = orjson.dumps(body, default=number)
        return Answer(query.revision, rendered)


def too_many_groups(found: int) -> InvalidParameters:
    return InvalidParameters(
        [
            ParameterError(
                "group_by",
                "too_many_groups",
                f"That makes {found} totals; at most {MAX_GROUPS} are told. Add conditions, or "
                f"group by less.",
            )
        ]
    )


def sums(found: Sum, measure: str) -> dict[str, Decimal | None]:
    """The sums as they are told. Counts of parties are never added: who is counted twice in 127
    and 4 is not known."""
    if not found.summed or (measure == Measure.PARTIES and found.summed > 1):
        return {"sum": None, "sum_lower": None, "sum_upper": None}
    return {
        "sum": found.lower if found.exact else None,
        "sum_lower": found.lower,
        "sum_upper": found.upper,
    }


def total(rows: Sequence[Row]) -> dict[str, Any]:
    found = add_up(rows)
    return {
        "records": len({row.record for row in rows}),
        "figures": found.figures,
        "unspecified": found.unspecified,
        "exact": found.exact,
        **sums(found, rows[0].measure),
    }


def converted(rows: Sequence[Row], target: str | None) -> dict[str, Any] | None:
    """The rows' amounts in another currency, each at the rate of its day."""
    if target is None or rows[0].measure != Measure.MONEY:
        return None
    found, used, without = Sum(), Counter[rates.Rate](), 0
    with localcontext(prec=60):
        for row in rows:
            if not row.numbered:
                found.add(row)
            elif found_rate := rates.rate(row.currency, target, date.fromisoformat(row.as_of)):
                found.add(row, found_rate.rate)
                used[found_rate] += 1
            else:
                without += 1
        told = sums(found, rows[0].measure) if not without else dict.fromkeys(SUMS)
        hundredths = {
            name: None if value is None else value.quantize(CENT, ROUND_HALF_EVEN)
            for name, value in told.items()
        }
    return {
        "currency": target,
        **hundredths,
        "without_rate": without,
        "rates": [
            {"date": used_rate.date, "rate": used_rate.rate, "figures": n}
            for used_rate, n in sorted(used.items())
        ],
        "rate_source": rates.SOURCE,
    }


SUMS = ("sum", "sum_lower", "sum_upper")


def left_out(apart: Sequence[tuple[Row, str]], includable: Sequence[str]) -> list[dict[str, Any]]:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row, reason in apart:
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
