"""Filters by milestones: the records that may have reached a stage in a period.

This is the rule of totals (`place_time` in `records/totals/scopes.py`) in SQL: a list has the
records of all figures that the totals of the same query place inside or cannot place. A month, a
year, a date dated `by` and a running total may lie in a period of which they are not all in.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import DateField as DateColumn
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Trunc

from aidapi.parameters import OneOfField
from records.models import Dated, Precision
from records.query.filters.base import RecordFilters
from records.query.filters.dates import BoundField
from records.query.filters.figures import FigureParameter
from records.query.groupings import stages
from records.totals.figures import PERIOD, SINGLE
from records.totals.milestones import AMENDED, COUNTED, FLOOR, implies


@dataclass(frozen=True)
class Reach:
    """A stage to be reached, "" for the first counted one, and the period."""

    milestone: str = ""
    start: date | None = None
    end: date | None = None
    certain: bool = False
    """Whether it must have been reached in the period; else it may have been."""


class ReachedParameter(FigureParameter):
    """A part of what must have been reached, and when; the parts of one query hold for one and
    the same milestone."""

    part: str

    def __init__(self, model: Any, field: Any, help_text: str) -> None:
        super().__init__(field, "", help_text)
        self.record_model = model

    def together(self, value: Any, filters: RecordFilters) -> Reach | None:
        parts = {
            other.part: (other, given)
            for other, given in filters.values()
            if isinstance(other, ReachedParameter)
        }
        first, _ = next(iter(parts.values()))
        if first is not self:
            return None
        given = {name: getattr(part, "day", part) for name, (_, part) in parts.items()}
        certain = any(getattr(part, "certain", False) for _, part in parts.values())
        return Reach(given.get("milestone") or "", given.get("start"), given.get("end"), certain)

    def on_figure(self, value: Reach, prefix: str) -> Q:
        reaching = SurelyReaching if value.certain else Reaching
        return reaching(self.record_model, value, prefix).condition()

    def on_figure_of_record(self, figures: Any, value: Reach) -> Q:
        return self.on_figure(value, "")


class MilestoneParameter(ReachedParameter):
    """The stage to be reached."""

    part = "milestone"

    def __init__(self, model: Any, example: str) -> None:
        super().__init__(
            model,
            OneOfField(choices=stages(model), example=example),
            "Stage that must have been reached, within `reached_from` and `reached_to` where "
            "these are given. What reached a further stage had reached it, on a day that is not "
            "known unless the record has a milestone of it.",
        )


class ReachedFromParameter(ReachedParameter):
    """The first day of the period."""

    part = "start"

    def __init__(self, model: Any) -> None:
        super().__init__(
            model,
            BoundField("from", example="2020-04-01"),
            "First day of the period in which the stage of `milestone` was reached or, without "
            "`milestone`, the first stage that totals count. Finds what may lie in the period: a "
            "month that it cuts, what was reached `by` a later day, running totals that overlap "
            "it.",
        )


class ReachedToParameter(ReachedParameter):
    """The last day of the period."""

    part = "end"

    def __init__(self, model: Any) -> None:
        super().__init__(
            model,
            BoundField("to", example="2020-04"),
            "Last day of the period in which the stage was reached; see `reached_from`.",
        )


NOTHING = Q(pk__in=[])
"""The condition that nothing meets."""


class Reaching:
    """The condition that a figure's record may have reached a stage in a period."""

    def __init__(self, model: Any, reach: Reach, prefix: str) -> None:
        self.milestone, self.start, self.end = reach.milestone, reach.start, reach.end
        self.kind = model.KIND
        self.milestones = model.child("milestones").objects
        self.prefix = prefix
        """Leads to the figure from the rows that are tested, which have its record."""
        self.proving = [stage for stage in stages(model) if implies(stage, reach.milestone)]

    def condition(self) -> Q:
        if self.end is not None and self.end < FLOOR:
            return NOTHING
        single = Q(**{f"{self.prefix}basis": SINGLE})
        undated = ~Q(Exists(self.of_record()))
        return (
            (single & self.by_milestones())
            | (single & self.stage() & undated & self.by_as_of())
            | (~single & self.stage() & self.running())
        )

    def of_record(self) -> QuerySet:
        """Return the milestones of the figure's record."""
        return self.milestones.filter(record=OuterRef("record"))

    def stage(self) -> Q:
        """Return the condition on the stage of a record without milestones."""
        return Q(record__stage__in=self.proving) if self.milestone else Q()

    def by_as_of(self) -> Q:
        """Return the condition on the date of a record that reached its stage `by` then."""
        return self.ends("record__as_of")

    def running(self) -> Q:
        """Return the condition on the period of a running or period total."""
        begins = Q()
        if self.end is not None:
            begins = Q(record__period_start=None) | Q(record__period_start__lte=self.end)
            # What went further had reached the stage on any day until then.
            begins |= ~Q(record__stage=self.milestone) if self.milestone else NOTHING
        if self.start is None:
            return begins
        bounded = Q(**{f"{self.prefix}basis": PERIOD}) & Q(record__period_end__isnull=False)
        return begins & (
            (bounded & Q(record__period_end__gte=self.start))
            | (~bounded & self.ends("record__as_of"))
        )

    def by_milestones(self) -> Q:
        """Return the condition on the milestones of the record, which it must have."""
        if not self.milestone:
            return self.first_counted()
        proving = self.of_record().filter(stage__in=self.proving)
        if self.start is None and self.end is None:
            return Q(Exists(proving))
        own = self.of_record().filter(stage=self.milestone)
        grown = self.grown()
        further = ~Q(Exists(own)) & (
            Q(Exists(proving.filter(self.ends()))) | (Q(Exists(proving)) & grown)
        )
        if self.start is None:
            return Q(Exists(proving.filter(self.begins()))) | further
        begun = own if self.end is None else own.filter(self.begins() | self.contradicted())
        return Q(Exists(begun.filter(self.ends()))) | (Q(Exists(begun)) & grown) | further

    def first_counted(self) -> Q:
        """Return the condition on the first stage that totals count or, where the record reached
        none of these, on its first stage."""
        counted = self.of_record().filter(stage__in=COUNTED[self.kind])
        reached = self.of_record().exclude(stage=AMENDED)
        return (Q(Exists(counted)) & self.first_of(counted)) | (
            ~Q(Exists(counted)) & Q(Exists(reached)) & self.first_of(reached)
        )

    def first_of(self, milestones: QuerySet) -> Q:
        """Return the condition that the first of the milestones may lie in the period."""
        found = Q(Exists(milestones.filter(self.begins())))
        if self.start is not None:
            found &= ~Q(Exists(milestones.exclude(self.ends()))) | self.grown()
        return found

    def begins(self) -> Q:
        """Return the condition that a milestone may lie before the end of the period."""
        return Q() if self.end is None else Q(dated=Dated.BY) | Q(date__lte=self.end)

    def ends(self, column: str = "date") -> Q:
        """Return the condition that a date may lie after the start of the period."""
        if self.start is None:
            return Q()
        precision = f"{column}_precision"
        first = {"month": self.start.replace(day=1), "year": self.start.replace(month=1, day=1)}
        return (
            Q(**{precision: Precision.DAY, f"{column}__gte": self.start})
            | Q(**{precision: Precision.MONTH, f"{column}__gte": first["month"]})
            | Q(**{precision: Precision.YEAR, f"{column}__gte": first["year"]})
        )

    def grown(self) -> Q:
        """Return the condition that the amount grew after the start of the period: what counts
        today was not all there before."""
        if self.start is None:
            return NOTHING
        return Q(Exists(self.of_record().filter(self.ends(), stage=AMENDED)))

    def contradicted(self) -> Q:
        """Return the condition that a further stage surely lies before a milestone, and may lie
        before the end of the period: the dates of the record contradict each other."""
        own = ExpressionWrapper(OuterRef("date"), output_field=DateColumn())
        earlier = (
            Q(date_precision=Precision.DAY, date__lt=own)
            | Q(date_precision=Precision.MONTH, date__lt=Trunc(own, "month"))
            | Q(date_precision=Precision.YEAR, date__lt=Trunc(own, "year"))
        )
        others = self.of_record().filter(stage__in=self.proving)
        return Q(Exists(others.filter(earlier, self.contradicting())))

    def contradicting(self) -> Q:
        """Return the condition on a further stage that lies before a milestone, by which it may
        lie in the period."""
        return self.begins()


class SurelyReaching(Reaching):
    """The condition that a figure's record must have reached a stage in a period: on whatever
    days it may have, all of them are in it."""

    def by_as_of(self) -> Q:
        return self.from_floor & self.finishes("record__as_of")

    @property
    def from_floor(self) -> Q:
        """The condition that the period has every day before its end."""
        return Q() if self.start is None or self.start <= FLOOR else NOTHING

    def running(self) -> Q:
        starts = self.from_floor
        if self.start is not None and starts:
            own = Q(record__stage=self.milestone) if self.milestone else Q()
            starts |= own & Q(record__period_start__gte=self.start)
        bounded = Q(**{f"{self.prefix}basis": PERIOD}) & Q(record__period_end__isnull=False)
        ended = Q() if self.end is None else Q(record__period_end__lte=self.end)
        as_of = self.finishes("record__as_of")
        return starts & ((bounded & ended) | (~bounded & as_of))

    def by_milestones(self) -> Q:
        if not self.milestone:
            return self.first_counted()
        proving = self.of_record().filter(self.finishes(), stage__in=self.proving)
        if self.start is None:
            return Q(Exists(proving)) & self.not_grown()
        own = self.of_record().filter(stage=self.milestone)
        within = own.filter(self.starts(), self.finishes())
        if self.start > FLOOR:
            within = within.filter(~self.contradicted())
        further = ~Q(Exists(own)) & Q(Exists(proving)) & self.from_floor
        return (Q(Exists(within)) | further) & self.not_grown()

    def first_of(self, milestones: QuerySet) -> Q:
        early = Q(Exists(milestones.exclude(self.starts()))) if self.starts() else NOTHING
        return ~early & Q(Exists(milestones.filter(self.finishes()))) & self.not_grown()

    def starts(self) -> Q:
        """Return the condition that a milestone surely lies after the start of the period."""
        if self.start is None or self.start <= FLOOR:
            return Q()
        return Q(dated=Dated.ON, date__gte=self.start)

    def finishes(self, column: str = "date") -> Q:
        """Return the condition that a date surely lies before the end of the period."""
        if self.end is None:
            return Q()
        precision = f"{column}_precision"
        after = self.end + timedelta(days=1)
        return (
            Q(**{precision: Precision.DAY, f"{column}__lt": after})
            | Q(**{precision: Precision.MONTH, f"{column}__lt": after.replace(day=1)})
            | Q(**{precision: Precision.YEAR, f"{column}__lt": after.replace(month=1, day=1)})
        )

    def not_grown(self) -> Q:
        """Return the condition that the amount did not grow later: then not all of it was there
        in the period."""
        if self.end is None:
            return Q()
        grown = self.of_record().filter(stage=AMENDED)
        return ~Q(Exists(grown.exclude(self.finishes())))

    def contradicting(self) -> Q:
        """Return the condition on a further stage that lies before a milestone, by which it may
        lie before the period."""
        return ~self.starts()
