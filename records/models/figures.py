"""Figures: numbers with their qualifier, how they count, and their evidence."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from aidapi.fields import (
    NOT_EXACT,
    CodeField,
    NumberField,
    exact_digits,
)
from records.models.base import date_key, plain
from records.models.currencies import CURRENCY_CODES
from records.models.doubts import Doubt
from records.models.evidence import MAX_QUOTE_LENGTH, Evidence
from records.models.items import Unit
from records.models.parties import PartyType
from records.models.quotes import find_quote
from records.models.reading import Claim, claims, number_cut


class Measure(models.TextChoices):
    QUANTITY = "quantity", "quantity of an item"
    MONEY = "money", "amount of money"
    PARTIES = "parties", "number of parties"


class Operator(models.TextChoices):
    EXACT = "exact", "exactly"
    APPROX = "approx", "about, nearly, some"
    AT_LEAST = "at_least", "at least"
    MORE_THAN = "more_than", "more than, over"
    AT_MOST = "at_most", "at most, up to"
    LESS_THAN = "less_than", "less than, under"
    BETWEEN = "between", "between two numbers"
    ORDER_OF_MAGNITUDE = "order_of_magnitude", "order of magnitude (tens of thousands)"
    UNSPECIFIED = "unspecified", "no number given"


class Basis(models.TextChoices):
    SINGLE = "single", "one transfer or event"
    CUMULATIVE_TO_DATE = "cumulative_to_date", "running total up to the date"
    PERIOD_TOTAL = "period_total", "total of a closed period"
    PER_RECIPIENT = "per_recipient", "for each recipient"
    PER_UNIT = "per_unit", "for each unit, a price"
    PER_DAY = "per_day", "for each day, a capacity"
    TARGET = "target", "a target"


class CountableReason(models.TextChoices):
    PLEDGE = "pledge", "promised, not yet given"
    DUPLICATE_REPORT = "duplicate_report", "reported in another record too"
    PART_OF_TOTAL = "part_of_total", "contained in another figure of the record"
    UMBRELLA = "umbrella", "sums up other records"
    CANCELLED = "cancelled", "never came about"
    TARGET = "target", "a target, not a transfer"
    PASS_THROUGH = "pass_through", "passed on; counted where it was first given"
    VALUATION = "valuation", "a price put on gifts"
    CONVERSION = "conversion", "the reporter's currency conversion"
    OPTION = "option", "optional or framework maximum"
    INSTALMENT = "instalment", "a part payment of a counted amount"
    REFUND = "refund", "money given back"
    LENT = "lent", "lent, not given"
    NOT_SIGNED = "not_signed", "negotiated, not signed"
    UNCLEAR = "unclear", "unclear; see the note"


class Rank(models.TextChoices):
    PREFERRED = "preferred", "preferred among contradicting reports"
    NORMAL = "normal", "normal"
    DEPRECATED = "deprecated", "known to be wrong, kept for the record"


class PartyRole(models.TextChoices):
    DONOR = "donor", "donor"
    RECIPIENT = "recipient", "recipient"
    INTERMEDIARY = "intermediary", "intermediary"
    EXPORTER = "exporter", "exporter"
    DESTINATION = "destination", "destination"
    BUYER = "buyer", "buyer"
    SUPPLIER = "supplier", "supplier"


COUNTED_TYPE = [*PartyType.choices, ("mixed", "counted together with other types")]
NEVER_COUNT = [Basis.PER_RECIPIENT, Basis.PER_UNIT, Basis.PER_DAY, Basis.TARGET]
ASIDE = [
    CountableReason.PART_OF_TOTAL,
    CountableReason.VALUATION,
    CountableReason.CONVERSION,
    CountableReason.OPTION,
    CountableReason.INSTALMENT,
    CountableReason.REFUND,
]
"""Reasons of figures that accompany a counted one and contradict none: "1,000, of which 200"."""
BOUNDED_BY_VALUE = {
    # operator: (lower, upper) from the value; None where open or unknown
    Operator.EXACT: (True, True),
    Operator.APPROX: (None, None),
    Operator.AT_LEAST: (True, None),
    Operator.MORE_THAN: (True, None),
    Operator.AT_MOST: (0, True),
    Operator.LESS_THAN: (0, True),
}
RANGES = [Operator.BETWEEN, Operator.ORDER_OF_MAGNITUDE]


def _bounds_follow_operator() -> Q:
    def bound(column: str, rule: bool | int | None) -> dict[str, Any]:
        if rule is None:
            return {f"{column}__isnull": True}
        # A CHECK accepts NULL, so a missing bound is refused explicitly.
        return {column: F("value") if rule is True else rule, f"{column}__isnull": False}

    condition = Q(
        operator__in=RANGES,
        value=None,
        lower__isnull=False,
        upper__isnull=False,
        upper__gt=F("lower"),
    ) | Q(operator=Operator.UNSPECIFIED, value=None, lower=None, upper=None)
    for operator, (lower, upper) in BOUNDED_BY_VALUE.items():
        condition |= Q(
            operator=operator,
            value__isnull=False,
            **bound("lower", lower),
            **bound("upper", upper),
        )
    return condition


UNKNOWN_CURRENCY = (
    "“{}” is no code of ISO 4217, as CNY is for RMB. Where the currency is unclear, leave it "
    "empty, and say in the note what the source has."
)


class Figure(Evidence):
    """A figure of a donation, export or contract. It cannot exist without a statement and the
    words in it that bear the figure."""

    position = models.PositiveIntegerField(default=0, help_text="Place in the record, from 0.")

    # What
    measure = models.CharField(
        max_length=8, choices=Measure, help_text="What the figure measures."
    )
    operator = models.CharField(
        max_length=18,
        choices=Operator,
        default=Operator.EXACT,
        help_text="How the source qualifies the number; it determines the bounds.",
    )
    value = NumberField(
        null=True,
        blank=True,
        help_text="The number as stated, at most 15 significant digits; null for a range, an "
        "order of magnitude or an unnumbered mention.",
    )
    lower = NumberField(
        null=True,
        blank=True,
        help_text="Lower bound of the quote; exclusive if the operator is `more_than`. Null if "
        "open.",
    )
    upper = NumberField(
        null=True,
        blank=True,
        help_text="Upper bound of the quote; exclusive if the operator is `less_than`. Null if "
        "open.",
    )
    low = models.GeneratedField(
        expression=Coalesce("value", "lower"),
        output_field=NumberField(),
        db_persist=True,
        help_text="The value, or without one the lower bound: `value_max` is compared with it.",
    )
    high = models.GeneratedField(
        expression=Coalesce("value", "upper"),
        output_field=NumberField(),
        db_persist=True,
        help_text="The value, or without one the upper bound: `value_min` is compared with it.",
    )
    item = models.ForeignKey(
        "records.Item",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Code of the item that is counted, or that the money is for.",
    )
    unit = models.CharField(
        max_length=8,
        blank=True,
        choices=Unit,
        help_text="Unit of a quantity; null if the source does not give it.",
    )
    currency = CodeField(
        max_length=3,
        blank=True,
        help_text="ISO 4217 code of an amount as stated; null if unclear, see the note.",
    )
    party_type = models.CharField(
        max_length=26,
        blank=True,
        choices=COUNTED_TYPE,
        help_text="Type of the parties that a number of parties counts.",
    )
    party_role = models.CharField(
        max_length=12,
        blank=True,
        choices=PartyRole,
        help_text="Role of the counted parties.",
    )

    # How it counts
    basis = models.CharField(
        max_length=18,
        choices=Basis,
        default=Basis.SINGLE,
        help_text="What the number refers to: an event, a running total, a price.",
    )
    countable = models.BooleanField(
        default=True, help_text="Whether totals may include the figure."
    )
    countable_reason = models.CharField(
        max_length=16,
        blank=True,
        choices=CountableReason,
        help_text="Why totals must not include the figure; null if they may.",
    )
    rank = models.CharField(
        max_length=10,
        choices=Rank,
        default=Rank.NORMAL,
        help_text="Rank of the figure among contradicting reports of the same thing.",
    )
    rank_reason = models.TextField(blank=True, help_text="Reason for the rank.")

    quote = models.CharField(
        max_length=MAX_QUOTE_LENGTH,
        help_text="The words of the statement that bear the figure, verbatim.",
    )

    NO_CONTENT: ClassVar[frozenset[str]] = frozenset(
        {"id", "record", "position", "low", "high", "statement"}
    )

    class Meta(Evidence.Meta):
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_measure_fields",
                condition=Q(
                    measure=Measure.QUANTITY,
                    item__isnull=False,
                    currency="",
                    party_type="",
                    party_role="",
                )
                | Q(measure=Measure.MONEY, unit="", party_type="", party_role="")
                | Q(
                    ~Q(party_type=""),
                    ~Q(party_role=""),
                    measure=Measure.PARTIES,
                    item__isnull=True,
                    unit="",
                    currency="",
                ),
                violation_error_message="A quantity needs an item and has no currency; money has "
                "no unit; a number of parties needs their type and role and nothing else.",
            ),
            models.CheckConstraint(
                name="%(class)s_bounds",
                condition=_bounds_follow_operator(),
                violation_error_message="The numbers do not fit the operator: give a value; for "
                "between and order of magnitude give the lower and upper bound instead; for "
                "unspecified give none.",
            ),
            models.CheckConstraint(
                name="%(class)s_digits",
                condition=exact_digits("value") & exact_digits("lower") & exact_digits("upper"),
                violation_error_message=NOT_EXACT,
            ),
            models.CheckConstraint(
                name="%(class)s_countable",
                condition=Q(countable=True, countable_reason="")
                | Q(~Q(countable_reason=""), countable=False)
                | Q(
                    countable=False,
                    basis__in=[Basis.PER_RECIPIENT, Basis.PER_UNIT, Basis.PER_DAY],
                ),
                violation_error_message="Say why the figure does not count, or let it count.",
            ),
            models.CheckConstraint(
                name="%(class)s_basis_counts",
                condition=~Q(basis__in=NEVER_COUNT, countable=True),
                violation_error_message="Figures per recipient, per unit or per day, and "
                "targets, are never part of a total: clear “countable”.",
            ),
            models.CheckConstraint(
                name="%(class)s_rank_reason",
                condition=Q(rank=Rank.NORMAL) | ~Q(rank_reason=""),
                violation_error_message="Say why this report is preferred or deprecated.",
            ),
            models.CheckConstraint(
                name="%(class)s_has_quote",
                condition=~Q(quote=""),
                violation_error_message="The figure has no quote: quote the words that state it.",
            ),
        ]
        indexes = [
            # ?currency=USD&value_min=: amounts of a size.
            models.Index(fields=["currency", "high", "low", "record"], name="%(class)s_currency"),
            # ?unit=dose&value_min=: quantities of a size.
            models.Index(fields=["unit", "high", "low", "record"], name="%(class)s_unit"),
            # ?measure=parties&value_min=: counts of a size.
            models.Index(fields=["measure", "high", "low", "record"], name="%(class)s_measure"),
            # Any filter on figures, checked per record without reading the figures.
            models.Index(
                fields=[
                    "record",
                    "measure",
                    "basis",
                    "operator",
                    "unit",
                    "currency",
                    "party_type",
                    "countable",
                    "statement",
                ],
                name="%(class)s_tested",
            ),
            # The curators' worklist: quotes that are not in their text.
            models.Index(
                fields=["record"], condition=Q(quote_found=False), name="%(class)s_not_found"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.describe()}: {self.operator} {plain(self.value) or ''}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_bounds()
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude)
        self.fill_bounds()

    def clean(self) -> None:
        """Refuse a currency that does not exist as well, beside what evidence is refused for."""
        errors: dict[str, Any] = {}
        try:
            super().clean()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if self.currency and self.currency not in CURRENCY_CODES:
            errors["currency"] = UNKNOWN_CURRENCY.format(self.currency)
        if errors:
            raise ValidationError(errors)

    def doubts(self) -> list[Doubt]:
        """Return a doubt where the quote has numbers and none is the figure's, where the words
        beside its number mean another operator, or where it cuts a number of the text. Words
        without a number say nothing."""
        if self.operator == Operator.UNSPECIFIED:
            return []
        found = self._doubts_of(claims(self.quote))
        if found and self.statement_id:
            # In the language of the statement, words may mean more: “mil”, “bin”, “dix millions”.
            found = self._doubts_of(claims(self.quote, self.statement.language)) and found
        return found or self._cut_doubts()

    def _cut_doubts(self) -> list[Doubt]:
        """Return a doubt where the text has more of a number than the quote: “1,500 masks”, and
        not “500 masks”."""
        text = self.statement.text if self.statement_id else ""
        place = find_quote(self.quote, text, self.offset) if text else None
        number = number_cut(text, *place, self.statement.language) if place else ""
        return [Doubt("quote", f"The text has “{number}” there.")] if number else []

    def _doubts_of(self, said: list[Claim]) -> list[Doubt]:
        """Return the doubts that the numbers of the quote raise."""
        own = {number for number in (self.value, self.lower, self.upper) if number is not None}
        if not own or not said:
            return []
        borne = [claim for claim in said if claim.values & own]
        if not borne:
            words = " and ".join(f"“{claim.words}”" for claim in said)
            figure = "–".join(f"{Decimal(plain(number)):,}" for number in sorted(own))
            field = "lower" if self.value is None else "value"
            return [Doubt(field, f"The quote has {words}, the figure {figure}.")]
        if all(claim.qualifiers and self.operator not in claim.qualifiers for claim in borne):
            means = " or ".join(sorted(borne[0].qualifiers))
            text = f"The quote means “{means}”, the figure has “{self.operator}”."
            return [Doubt("operator", text)]
        return []

    def fill_bounds(self) -> None:
        """Set the bounds that the operator derives from the value."""
        rule = BOUNDED_BY_VALUE.get(Operator(self.operator)) if self.operator else None
        if rule and self.value is not None:
            self.lower, self.upper = (
                self.value if bound is True else None if bound is None else Decimal(bound)
                for bound in rule
            )

    @property
    def is_aside(self) -> bool:
        """Return whether the figure accompanies a counted one, and so is no rival of any other."""
        return self.countable_reason in ASIDE

    def rival_key(self) -> tuple:
        """Return the key that figures of one record share if they report the same thing."""
        return (
            self.measure,
            self.item_id,
            self.unit,
            self.currency,
            self.basis,
            self.party_type,
            self.party_role,
        )

    def claim(self) -> tuple:
        """Return what the figure claims: rivals with equal claims agree."""
        return tuple(plain(value) for value in (self.operator, self.value, self.lower, self.upper))

    def describe(self) -> str:
        """Return what the figure measures, for messages."""
        parts = [
            self.measure,
            self.item_id,
            self.unit or self.currency,
            self.party_type,
        ]
        return " ".join(part for part in parts if part)


class FigureItem(models.Model):
    """A published figure under its item and under each ancestor of it, so that `item=mask` is one
    indexed filter. Written on publishing."""

    item = models.ForeignKey(
        "records.Item",
        models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The item or an ancestor of it.",
    )
    lead = models.BooleanField(
        help_text="Whether this is the record's first figure under the item: one row per record."
    )
    low = NumberField(null=True, help_text="The bound that `value_max` is compared with.")
    high = NumberField(null=True, help_text="The bound that `value_min` is compared with.")
    unit = models.CharField(max_length=8, blank=True, help_text="The figure's unit.")
    currency = CodeField(max_length=3, blank=True, help_text="The figure's currency.")
    public_id = CodeField(max_length=12, help_text="The record's id.")
    as_of_key = date_key("as_of")
    published_in = models.PositiveIntegerField(
        help_text="The revision that published the record's version."
    )

    if TYPE_CHECKING:
        figure_id: int

    class Meta:
        abstract = True
        indexes = [
            # ?item=mask, also with ?value_min=, latest first: the filter that drives the query.
            models.Index(
                fields=[
                    "item",
                    "-as_of_key",
                    "-public_id",
                    "published_in",
                    "record",
                    "lead",
                    "high",
                    "low",
                ],
                name="%(class)s_newest",
            ),
            # ?item=mask&value_min=: rare values of an item.
            models.Index(fields=["item", "high", "low", "record"], name="%(class)s_value"),
            # Filters on a figure's item, checked per record.
            models.Index(fields=["record", "item", "high", "low"], name="%(class)s_record"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} of figure {self.figure_id}"
