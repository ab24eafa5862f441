"""Milestones: the stages that all of a gift or purchase reached, each with its date and with the
statement that says so. The stage of the record is derived from them."""

import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from aidapi import dates
from records.models.base import DatedRecord, Precision, round_dates
from records.models.doubts import Doubt, beside, date_doubts, known_date
from records.models.evidence import MAX_QUOTE_LENGTH, Evidence
from records.models.figures import Basis
from records.models.reading import SaidDate, dates_in, folded
from records.totals.figures import Milestone as PlainMilestone
from records.totals.milestones import AMENDED, FLOOR, stage_of

UNKNOWN = "unknown"
"""The stage of a record of which no milestone is known."""
PLANNED = ["announced", "in_talks"]
"""Stages of what is still to come."""
ORDERED = ["committed", "signed"]
"""Stages of what is still to come, as agreed, in a period."""
RUNNING = [Basis.CUMULATIVE_TO_DATE, Basis.PERIOD_TOTAL]
"""Bases of figures that sum up many events, each of which reached its stages on its own days."""


class Dated(models.TextChoices):
    ON = "on", "on that date"
    BY = "by", "by that date: a later summary says so"


def reachable(stages: type[models.TextChoices]) -> list[tuple[str, str]]:
    """Return the stages that a noun's milestones can have, each with its label."""
    reached = [(code, str(label)) for code, label in stages.choices if code != UNKNOWN]
    return [*reached, (AMENDED, "amended: the amount grew")]


def stage_field(stages: list[tuple[str, str]]) -> models.CharField:
    """Return the column of the stage of a noun's milestones."""
    return models.CharField(
        max_length=10,
        choices=stages,
        help_text="The stage that all of it had reached. `amended`: the amount grew, so that the "
        "figures hold only from then on.",
    )


class Milestone(Evidence):
    """A stage, the date when all of the record had reached it, and the words that say so."""

    stage: Any = models.CharField(max_length=10)
    date = models.DateField(help_text="When all of it had reached the stage.")
    date_precision = models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text="Whether day, month or year of the date are known; a month or year is stored as "
        "its first day.",
    )
    dated = models.CharField(
        max_length=2,
        choices=Dated,
        default=Dated.ON,
        help_text="`on`: the statement says that it happened on the date. `by`: only a later "
        "summary says so, and the date is the last on which it can have happened.",
    )
    quote = models.CharField(
        max_length=MAX_QUOTE_LENGTH,
        help_text="The words of the statement that bear the milestone, verbatim.",
    )

    NO_CONTENT: ClassVar[frozenset[str]] = frozenset({"id", "record", "statement"})

    if TYPE_CHECKING:
        record: Any

    class Meta(Evidence.Meta):
        abstract = True
        ordering = ["date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage"],
                name="%(class)s_once",
                violation_error_message="The record has this stage already: each is reached once.",
            ),
            models.CheckConstraint(
                name="%(class)s_has_quote",
                condition=~Q(quote=""),
                violation_error_message="No milestone without a sentence: quote the words that "
                "bear it.",
            ),
            models.CheckConstraint(
                name="%(class)s_not_before",
                condition=Q(date__gte=FLOOR),
                violation_error_message=f"The dataset begins in {FLOOR.year}: give a later date.",
            ),
        ]
        indexes = [
            # Which records reached a stage in a period.
            models.Index(
                fields=["stage", "date", "date_precision", "dated", "record"],
                name="%(class)s_stage",
            ),
            # Which records reached any stage in a period.
            models.Index(
                fields=["date", "date_precision", "dated", "record"], name="%(class)s_date"
            ),
            # The curators' worklist: evidence that does not verify.
            models.Index(
                fields=["record"], condition=Q(quote_found=False), name="%(class)s_not_found"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.dated} {self.date_text}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        round_dates(self)
        super().save(*args, **kwargs)

    def doubts(self) -> list[Doubt]:
        """Return doubts about the date: beside the calendar, the dates in the quote, and the day
        of publication of its statement."""
        if not isinstance(self.date, datetime.date) or self.date < FLOOR:
            # The column refuses what is earlier.
            return []
        found = date_doubts(self)
        said = dates_in(folded(self.quote))
        if said and not any(self.agrees(one) for one in said):
            named = " and ".join(map(str, said))
            found.append(Doubt("date", f"The quote has {named}, the milestone {self.date_text}."))
        known, published = known_date(self, "date"), None
        if self.statement_id:
            published = known_date(self.statement, "published_on")
        if found or not known or not published:
            return found
        text = beside(known, published.first, published.last)
        return [Doubt("date", text)] if text else []

    def agrees(self, said: SaidDate) -> bool:
        """Whether a date in the quote may be this one; what happened `by` a date may have happened
        on an earlier one that the words name."""
        if said.may_be(self.date, self.date_precision):
            return True
        if self.dated == Dated.ON:
            return False
        named = (said.year or self.date.year, said.month, said.day or 1)
        return named <= (self.date.year, self.date.month, self.date.day)

    @property
    def date_text(self) -> str:
        """The date as far as it is known: 2020-04-10, 2020-04 or 2020."""
        return dates.written(self.date, self.date_precision)

    @classmethod
    def place(cls, stage: str) -> int:
        """Return the place of a stage among those of the noun."""
        places = places_of(cls)
        return places.get(stage, len(places))

    def plain(self) -> PlainMilestone:
        """Return the row as the rules of stages and totals take it."""
        return PlainMilestone(self.stage, self.date, self.date_precision, self.dated)


@cache
def places_of(model: type[Milestone]) -> dict[str, int]:
    """Return stage → its place among those of the noun."""
    field: Any = model._meta.get_field("stage")
    return {code: place for place, (code, _) in enumerate(field.flatchoices)}


class StagedRecord(DatedRecord):
    """A record whose stage is derived from its milestones: a donation or contract."""

    ROWS = (*DatedRecord.ROWS, "milestones__statement")

    if TYPE_CHECKING:
        milestones: Any

    stage: Any = models.CharField(max_length=10, help_text="How far it came.")

    class Meta(DatedRecord.Meta):
        abstract = True

    def ordered_milestones(self) -> list[Any]:
        """Return the milestones by their dates, on one date in the order of the stages."""

        def place(row: Any) -> tuple[datetime.date, int]:
            return row.date, row.place(row.stage)

        return sorted(self.rows_of("milestones"), key=place)

    def ordered_evidence(self) -> list[Any]:
        return [*super().ordered_evidence(), *self.ordered_milestones()]

    def content(self) -> dict[str, Any]:
        content = super().content()
        if milestones := self.ordered_milestones():
            content["milestones"] = [row.content() for row in milestones]
        return content

    def derived_stage(self) -> str:
        """Return the stage that the milestones give; without any, the one that was typed."""
        milestones = [row.plain() for row in self.ordered_milestones()]
        return stage_of(milestones) if milestones else self.stage

    def is_planned(self, date: str) -> bool:
        ahead = self.stage in (*PLANNED, *(ORDERED if date.startswith("period_") else ()))
        return ahead or super().is_planned(date)

    def is_running_total(self) -> bool:
        """Return whether it sums up many events: its stage is typed and holds at `as_of`."""
        return bool(self.series) or any(
            figure.basis in RUNNING for figure in self.ordered_figures()
        )

    def problems(self) -> list[ValidationError]:
        problems = super().problems()
        if not self.ordered_milestones():
            return problems
        if self.is_running_total():
            problems.append(
                ValidationError(
                    {"milestones": "A running total has no milestones, since its parts reached "
                     "their stages on days of their own: remove them, and give its `stage`."}
                )
            )  # fmt: skip
        elif self.stage != (derived := self.derived_stage()):
            problems.append(
                ValidationError(
                    {"stage": f"By its milestones the stage is {derived}, not {self.stage}: write "
                     f"{derived}."}
                )
            )  # fmt: skip
        return problems

    def stage_problem(self, form: str = "") -> ValidationError | None:
        """Return why a stage may not be published from now on: nothing says when it was reached.
        What was published before milestones were kept stays as it is. `form` says how a source
        writes a milestone."""
        if self.stage == UNKNOWN or self.ordered_milestones() or self.is_running_total():
            return None
        return ValidationError(
            {"milestones": f"Nothing says when it was {self.stage}: add a milestone with its date "
             f"and source{form and f', as {form}'}, or choose the stage {UNKNOWN}."}
        )  # fmt: skip


def reached_by(record: type[StagedRecord]) -> models.CheckConstraint:
    """Return the constraint of a kind's table of milestones: its stages are those of the kind."""
    stages: Any = record._meta.get_field("stage")
    known = [code for code, _ in stages.flatchoices if code != UNKNOWN]
    return models.CheckConstraint(
        name="%(class)s_known_stage",
        condition=Q(stage__in=[*known, AMENDED]),
        violation_error_message=f"A {record.KIND} has no such stage: use one of "
        f"{', '.join([*known, AMENDED])}.",
    )
