"""What every filter of records has.

A filter is right by itself: `filter(records, value)` returns the matching records, whatever the
statistics say. Everything else that a filter offers is a hint, by which the planner chooses an
order and an index: index keys to estimate how many records match, the ids of all that match, a
join that also returns them newest first.
"""

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from django.db.models import F, Func, Q, QuerySet

from aidapi.parameters import Parameter
from records.index.statistics import IndexKey
from records.query.bodies import Bodies


class Unindexed(Func):
    """A column, hidden from the indexes. SQLite, which has no statistics here, takes any index
    for selective, also where it reads a list in its own order or tests one record at a time."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def unindexed(model: Any, lookup: str, value: Any) -> Q:
    """Return `lookup=value` on a text, boolean or integer column, tested without an index."""
    column, _, operation = lookup.partition("__")
    field = model._meta.get_field(column)
    field = getattr(field, "target_field", field)
    tested = Unindexed(F(column), output_field=field)
    return Q(field.get_lookup(operation or "exact")(tested, value))


class RecordFilter(Parameter):
    """A parameter that selects records."""

    vocabulary: ClassVar[str] = ""
    """`party` or `item` where the values must be codes of that vocabulary."""
    coded: ClassVar[bool] = False
    """Whether its values are of a short list of codes, or true and false."""
    statistics_role: str = ""
    """The role under which the statistics count this parameter's values; empty if they do not."""

    def condition(self, records: Any, value: Any) -> Any:
        """Return the condition that matching ones of the records in force must meet."""
        raise NotImplementedError

    def filter(self, qs: Any, value: Any) -> QuerySet:
        """Return the matching ones of the records in force."""
        return qs.filter(self.condition(qs, value))

    def codes(self, value: Any) -> list[str]:
        """Return the codes that must exist in the vocabulary."""
        return value if self.vocabulary else []

    def widened(self, value: Any, bodies: Bodies) -> Any:
        """Return the value with all codes of the bodies that it names."""
        return bodies.codes(self.vocabulary, value) if self.vocabulary else value

    # The SQL of its condition

    def varies(self, value: Any) -> bool:
        """Return whether the SQL is the same for all lists of as many other texts."""
        return bool(self.vocabulary)

    def shape(self, value: Any) -> Hashable | None:
        """Return all that the SQL depends on; None where there are too many such shapes, as of
        numbers and texts, to keep the SQL of each."""
        if self.varies(value):
            return "codes", len(value)
        if not self.coded:
            return None
        if isinstance(value, list):
            return value[0] if len(value) == 1 else None
        return value

    # Hints

    def index_keys(self, value: Any) -> list[IndexKey]:
        """Return the keys whose statistics add up to about the number of matching versions; none
        where `record_ids` cannot find these without reading all records."""
        return [(self.statistics_role, code) for code in value] if self.statistics_role else []

    def record_ids(self, model: Any, value: Any) -> QuerySet:
        """Return the ids of all matching versions, found by an index; for filters that have
        index keys."""
        raise NotImplementedError

    def join(self, model: Any, value: Any) -> tuple[str, dict[str, Any]] | None:
        """Return a relation and what its rows must have, if joining it returns every matching
        record exactly once; else None."""
        return None


RecordFilters = Mapping[str, tuple[RecordFilter, Any]]
"""Parameter → its filter and the value."""


def widened(filters: RecordFilters, bodies: Bodies) -> RecordFilters:
    """Return the filters, each with all codes of the bodies that it names."""
    return {name: (one, one.widened(value, bodies)) for name, (one, value) in filters.items()}
