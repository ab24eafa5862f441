"""Filters on figures. Those of one query must all pass for one and the same figure."""

from typing import Any, ClassVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from aidapi.parameters import BooleanField, ListField, NumberField
from records.models import EVIDENCE, Statement
from records.query.filters.base import RecordFilter, RecordFilters, unindexed
from records.query.filters.fields import CodeListField, FoldedField
from records.query.ids import key_array
from records.totals.table import Array


class FigureParameter(RecordFilter):
    """A filter on figures; alone it matches the records with any such figure."""

    probed: ClassVar[bool] = False
    """Whether it may match so few records that the planner looks for them first."""

    def __init__(self, field: Any, lookup: str, help_text: str, *, indexed: bool = False) -> None:
        super().__init__(field, help_text)
        self.lookup = lookup
        self.indexed = indexed
        """Whether the index of figures by item has the column, too."""

    def condition(self, records: Any, value: Any) -> Any:
        return FigureFilters({"": (self, value)}).condition(records.model)

    def together(self, value: Any, filters: RecordFilters) -> Any:
        """Return what to test beside the other filters on figures; None where the test of one of
        them includes it."""
        return value

    def on_figure(self, value: Any, prefix: str) -> Q:
        """Return the condition on a figure that the prefix leads to."""
        return Q(**{f"{prefix}{self.lookup}": value})

    def on_figure_of_record(self, figures: Any, value: Any) -> Q:
        """Return the condition on the figures of one record, which an index has found."""
        return unindexed(figures, self.lookup, value)


class FigureFilters:
    """The filters on figures of one query."""

    def __init__(self, filters: RecordFilters) -> None:
        self.filters: Any = filters
        self.tests = [
            (filter_, together)
            for filter_, value in self.filters.values()
            if (together := filter_.together(value, filters)) is not None
        ]
        """The filters with the values to test."""
        self.items: list[str] = []
        """The items to filter by."""
        self.probed = False
        """Whether any of the filters may match very few records."""
        for filter_, value in self.filters.values():
            if isinstance(filter_, ItemParameter):
                self.items = value
            self.probed |= filter_.probed

    @classmethod
    def among(cls, filters: RecordFilters) -> "FigureFilters":
        """Return those of the filters that are on figures."""
        return cls(
            {name: pair for name, pair in filters.items() if isinstance(pair[0], FigureParameter)}
        )

    def without(self, parameter: type[FigureParameter]) -> "FigureFilters":
        """Return all filters but those of a class."""
        return FigureFilters(
            {
                name: pair
                for name, pair in self.filters.items()
                if not isinstance(pair[0], parameter)
            }
        )

    @property
    def by_item(self) -> bool:
        """Whether the filters include one by item."""
        return bool(self.items)

    def __bool__(self) -> bool:
        return bool(self.filters)

    def filter(self, records: QuerySet) -> QuerySet:
        """Return the records with a figure that passes all filters."""
        return records.filter(self.condition(records.model)) if self.filters else records

    def condition(self, model: Any) -> Exists:
        """Return the condition that a record has such a figure."""
        return Exists(self.of_record(model, "pk"))

    def of_record(self, model: Any, record: str) -> QuerySet:
        """Return the figures of one record, which a column of the outer query names, that pass
        all filters."""
        if self.by_item:
            rows = self.rows(model)
        else:
            figures, matching = model.child("figures"), Q()
            for filter_, value in self.tests:
                matching &= filter_.on_figure_of_record(figures, value)
            rows = figures.objects.filter(matching).order_by()
        return rows.filter(record=OuterRef(record))

    def one_of_each_record(self, model: Any, largest: bool) -> QuerySet:
        """Return one figure of each record with figures that pass all filters: the largest or
        the smallest, without a number only where none has one."""
        order = F("high").desc(nulls_last=True) if largest else F("high").asc(nulls_last=True)
        rows, key = self.rows(model), "pk"
        if len(self.items) > 1:
            # The index of figures by item has the order of one item only.
            rows, key = self.without(ItemParameter).rows(model), "figure"
        # A scalar subquery, which PostgreSQL does not turn into a join of all figures.
        first = self.of_record(model, "record").order_by(order, key).values(key)[:1]
        return rows.filter(pk=Subquery(first))

    def rows(self, model: Any) -> QuerySet:
        """Return the figures that pass all filters; of filters with an item among them, their
        rows in the index of figures by item."""
        table, prefix = ("figure_items", "figure__") if self.by_item else ("figures", "")
        matching = Q()
        for filter_, value in self.tests:
            matching &= filter_.on_figure(value, "" if filter_.indexed else prefix)
        return model.child(table).objects.filter(matching).order_by()

    def figure_keys(self, records: QuerySet) -> Array:
        """Return the keys of the figures of the records that pass all filters."""
        rows = self.rows(records.model).filter(record__in=records.values("pk"))
        return key_array(rows, "figure_id" if self.by_item else "pk")

    @property
    def in_item_index(self) -> bool:
        """Whether the index of figures by item has all that is filtered by."""
        return all(filter_.indexed for filter_, _ in self.filters.values())

    def first_in_item_index(self, model: Any, revision: int) -> Q:
        """Return what a join to the index of figures by item must have to return each matching
        record once: its first figure that passes all filters."""
        matching = Q(figure_items__published_in__lte=revision)
        for filter_, value in self.tests:
            matching &= filter_.on_figure(value, "figure_items__")
        earlier = self.rows(model).filter(
            record=OuterRef("pk"), pk__lt=OuterRef("figure_items__pk")
        )
        # A record's first figure under the item has none before it.
        return matching & (Q(figure_items__lead=True) | Q(~Exists(earlier)))

    def probe(self, model: Any) -> QuerySet:
        """Return the records of figures that pass the filters that an index answers, which are
        all matching records and perhaps more."""
        narrowing = FigureFilters(
            {
                name: (filter_, value)
                for name, (filter_, value) in self.filters.items()
                if filter_.probed or filter_.indexed or name == "measure"
            }
        )
        rows = narrowing.rows(model).values_list("record_id", flat=True)
        if any(isinstance(filter_, ValueParameter) for filter_, _ in self.filters.values()):
            # In the order of an index, so that reading stops at a limit.
            return rows.order_by("high")
        return rows


class FigureFlagParameter(FigureParameter):
    """A column of figures that is true or false."""

    coded = True

    def __init__(self, column: str, help_text: str) -> None:
        super().__init__(BooleanField(example="true"), column, help_text)


class FigureChoiceParameter(FigureParameter):
    """A column of figures that holds one of a list of codes."""

    coded = True

    def __init__(
        self, column: str, field: ListField, help_text: str, *, indexed: bool = False
    ) -> None:
        super().__init__(
            field,
            f"{column}__in",
            f"{help_text} Several as a comma list (any of them).",
            indexed=indexed,
        )
        self.column = self.statistics_role = column

    def record_ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("figures").objects.filter(self.on_figure(value, "")).values("record")


class ItemParameter(FigureParameter):
    """The item of a figure, or one above it."""

    vocabulary = "item"
    statistics_role = "item"

    def __init__(self) -> None:
        super().__init__(
            CodeListField(example="surgical-mask"),
            "item__in",
            "Code of an item, as `/items/` lists them, the items below it included: `mask` "
            "finds surgical masks and respirators. Several as a comma list (any of them).",
            indexed=True,
        )

    def record_ids(self, model: Any, value: list[str]) -> QuerySet:
        rows = model.child("figure_items").objects
        return rows.filter(lead=True, item__in=value).values("record")

    def join(self, model: Any, value: list[str]) -> tuple[str, dict[str, Any]] | None:
        return ("figure_items", {"lead": True, "item": value[0]}) if len(value) == 1 else None


class StatementParameter(FigureParameter):
    """The statement that the figure is quoted from: part of one of its texts, or its id."""

    probed = True

    def on_figure(self, value: Any, prefix: str) -> Q:
        statements = Statement.objects.filter(**{self.lookup: value})
        return Q(**{f"{prefix}statement__in": statements.values("pk")})

    def on_figure_of_record(self, figures: Any, value: Any) -> Q:
        return self.on_figure(value, "")


class SingleSourceParameter(RecordFilter):
    """Records whose evidence is one statement, or the others."""

    coded = True

    def __init__(self) -> None:
        super().__init__(
            BooleanField(example="true"),
            "`true`: records whose figures and milestones all quote one and the same statement; "
            "`false`: those that quote several.",
        )

    def condition(self, records: Any, value: bool) -> Any:
        model = records.model
        first = Subquery(
            model.child("figures")
            .objects.filter(record=OuterRef("record"))
            .order_by("pk")
            .values("statement__public_id")[:1]
        )
        several: Any = Q()
        for one, relation in EVIDENCE:
            if one is model:
                rows = model.child(relation).objects.filter(record=OuterRef("pk"))
                # Versions of a statement are one source.
                several |= Exists(rows.filter(~Q(statement__public_id=first)))
        return ~several if value else several


class FoldedFigureParameter(StatementParameter):
    """Part of a text of the statement that the figure is quoted from."""

    def __init__(self, column: str, what: str, example: str) -> None:
        self.column = column
        super().__init__(
            FoldedField(example=example),
            f"{column}_key__contains",
            f"Part of the {what} of the statement that bears the figure, whatever its case and "
            f"accents.",
        )


class ValueParameter(FigureParameter):
    """A bound on the number of a figure: on its value or, where it has none, on its bounds."""

    probed = True

    def __init__(self, lookup: str, help_text: str, example: str) -> None:
        super().__init__(NumberField(example=example), lookup, help_text, indexed=True)

    def on_figure_of_record(self, figures: Any, value: Any) -> Q:
        # No index begins with it; and SQLite compares it as a number only with a plain column,
        # since the parameter is text.
        return self.on_figure(value, "")
