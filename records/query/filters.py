"""Query parameters about records, each as a condition that a query can be built from.

A condition can be put in up to three ways: as a test of one record (`test`), as the ids of all
records that meet it (`ids`), or as a join that also yields them newest first (`join`). The query
(`records.query.planner`) takes the rarest to drive it and tests the others. `terms` are what is
counted to know how rare it is.
"""

from typing import Any, ClassVar

from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from aidapi.errors import nearest
from aidapi.parameters import (
    BooleanField,
    ChoiceField,
    DateField,
    ListField,
    NumberField,
    Parameter,
    TextField,
    refuse,
)
from records.index.search import BODY, HEAD, Search
from records.index.statistics import UNKNOWN, flag
from records.models import (
    ID_PATTERN,
    LinkType,
    PartyType,
    Statement,
    fold,
)
from records.models.regions import REGION_SLUGS, REGIONS, regions_within
from records.query.figure_rows import groupings, reasons
from records.totals.rules import SPLIT


class FoldedField(TextField):
    """A part of a text, as the folded copies of texts are compared with: without case and
    accents."""

    def clean(self, value: str) -> str:
        folded = fold(super().clean(value))
        if not folded:
            raise refuse("empty", "It has only accents or spaces: give letters or digits.")
        return folded


class SearchField(TextField):
    """Words to look for."""

    def clean(self, value: str) -> Any:
        search = Search.parse(super().clean(value))
        if not search.phrases:
            raise refuse("empty", "It has no letter and no digit to look for.")
        return search


class CodeListField(ListField):
    pattern = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
    hint = "give codes as /parties/ and /items/ list them: PAK, who, surgical-mask."


class IdListField(ListField):
    """Public ids of one kind of record, or of any."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = rf"{prefix}-[0-9a-hjkmnp-tv-z]{{8}}" if prefix else ID_PATTERN
        self.hint = f"give ids as {prefix or 'don'}-7k3m9q2x."


class RegionField(ListField):
    pattern = r"(?:[0-9]{3}|[a-z]+(?:-[a-z]+)*)"
    hint = "give UN M49 numbers (002) or names (africa)."

    def clean_value(self, value: str) -> str:
        number = REGION_SLUGS.get(super().clean_value(value), value)
        if number not in REGIONS:
            raise refuse(
                "unknown_value",
                f"`{value[:60]}` is no region of UN M49. Names are: {', '.join(REGION_SLUGS)}.",
                nearest(value, REGION_SLUGS),
            )
        return number


class Unindexed(Func):
    """A column by which no index shall be sought. SQLite keeps no statistics here and takes any
    index for a good one, also where a list is walked in its own order, or one record after the
    other is tested."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def unindexed(model: Any, lookup: str, value: Any) -> Q:
    """`lookup=value`, found by no index; for columns of text, of truth values and of integers."""
    column, _, operation = lookup.partition("__")
    field = model._meta.get_field(column)
    field = getattr(field, "target_field", field)
    tested = Unindexed(F(column), output_field=field)
    return Q(field.get_lookup(operation or "exact")(tested, value))


class Condition(Parameter):
    """A parameter of lists of records. By default a plain test of the record's columns."""

    lookup: str = ""
    vocabulary: ClassVar[str] = ""
    """`party` or `item` where the values must be codes of that vocabulary."""

    counted_as: str = ""
    """The role under which publishing counts the records by its values, if it does."""

    def terms(self, value: Any) -> list[tuple[str, str]]:
        """(role, term) pairs whose counts add up to how many versions may meet the condition."""
        return [(self.counted_as, code) for code in value] if self.counted_as else []

    def exact_terms(self, value: Any) -> list[tuple[str, str]]:
        """Terms of which whatever meets the condition has one or several, and nothing else has
        any; none where there are no such."""
        return self.terms(value)

    def codes(self, value: Any) -> list[str]:
        """The codes that must exist in the vocabulary."""
        return value if self.vocabulary else []

    def test(self, model: Any, value: Any) -> Any:
        raise NotImplementedError

    def ids(self, model: Any, value: Any) -> QuerySet:
        """Ids of the versions that meet it, found without visiting all; needed of conditions
        that have terms."""
        raise NotImplementedError

    def join(self, model: Any, value: Any) -> tuple[str, dict[str, Any]] | None:
        """(relation, conditions on it) if a join to it yields every record once."""
        return None


class PartyParameter(Condition):
    """A party in a role, by code; `unknown` finds the records that name none."""

    vocabulary = "party"

    def __init__(self, role: str, example: str) -> None:
        self.role = self.counted_as = role
        super().__init__(
            CodeListField(example=example),
            f"Code of a party that is {role} of the record, as `/parties/` lists them; several "
            f"as a comma list (any of them). `unknown` finds records that name no {role}.",
        )

    def terms(self, value: list[str]) -> list[tuple[str, str]]:
        # Those that name nobody are counted, and found by no index.
        return [] if UNKNOWN in value else super().terms(value)

    def exact_terms(self, value: list[str]) -> list[tuple[str, str]]:
        return Condition.terms(self, value)

    def codes(self, value: list[str]) -> list[str]:
        return [code for code in value if code != UNKNOWN]

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("parties").objects.filter(role=self.role, party__in=value)

    def test(self, model: Any, value: list[str]) -> Any:
        condition: Any = None
        named = [code for code in value if code != UNKNOWN]
        if named:
            condition = Exists(self.rows(model, named).filter(record=OuterRef("pk")))
        if UNKNOWN in value:
            any_row = model.child("parties").objects.filter(role=self.role, record=OuterRef("pk"))
            condition = condition | ~Exists(any_row) if condition is not None else ~Exists(any_row)
        return condition

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        return self.rows(model, value).values("record")

    def join(self, model: Any, value: list[str]) -> tuple[str, dict[str, Any]] | None:
        if len(value) != 1 or UNKNOWN in value:
            return None
        return "parties", {"role": self.role, "party": value[0]}


class AnyRolePartyParameter(PartyParameter):
    """A party in whichever role."""

    counted_as = "party"

    def __init__(self, example: str) -> None:
        Condition.__init__(
            self,
            CodeListField(example=example),
            "Code of a party that takes part in any role; several as a comma list (any of them).",
        )

    def terms(self, value: list[str]) -> list[tuple[str, str]]:
        return Condition.terms(self, value)

    def codes(self, value: list[str]) -> list[str]:
        return value

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("parties").objects.filter(role__in=list(model.ROLES), party__in=value)

    def test(self, model: Any, value: list[str]) -> Any:
        return Exists(self.rows(model, value).filter(record=OuterRef("pk")))

    def join(self, model: Any, value: list[str]) -> None:
        return None


class PartyColumnParameter(Condition):
    """Something that is copied from the party into the record when it is published."""

    column: ClassVar[str]

    def __init__(self, role: str, field: ListField, help_text: str) -> None:
        self.role = role
        self.counted_as = f"{role}_{self.column}"
        super().__init__(field, help_text)

    def wanted(self, value: list[str]) -> list[str]:
        return value

    def rows(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("parties").objects.filter(
            **{"role": self.role, f"{self.column}__in": self.wanted(value)}
        )

    def test(self, model: Any, value: list[str]) -> Exists:
        return Exists(self.rows(model, value).filter(record=OuterRef("pk")))

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        return self.rows(model, value).filter(published_in__isnull=False).values("record")


class PartyTypeParameter(PartyColumnParameter):
    column = "type"

    def __init__(self, role: str, example: str = "company") -> None:
        super().__init__(
            role,
            ChoiceField(choices=PartyType.values, example=example),
            f"Type of a party that is {role}, as it was when the record was published; several "
            f"as a comma list.",
        )


class PartyCountryParameter(PartyColumnParameter):
    column = "country"
    vocabulary = "party"

    def __init__(self, role: str, example: str = "ITA") -> None:
        super().__init__(
            role,
            CodeListField(example=example),
            f"Country that a {role} is or belongs to (ISO 3166-1 alpha-3): the country itself, "
            f"its ministries, provinces, cities, companies and foundations; several as a comma "
            f"list.",
        )


class PartyRegionParameter(PartyColumnParameter):
    column = "region"

    def __init__(self, role: str, example: str = "africa") -> None:
        super().__init__(
            role,
            RegionField(example=example),
            f"UN M49 region that a {role} lies in, by number (`002`) or name (`africa`), the "
            f"regions inside it included; several as a comma list.",
        )

    def wanted(self, value: list[str]) -> list[str]:
        # A region is counted with all that lies in it, but stands in the rows by itself.
        return sorted({inner for number in value for inner in regions_within(number)})


class ColumnParameter(Condition):
    """A column of the record itself."""

    def __init__(self, field: Any, lookup: str, help_text: str) -> None:
        super().__init__(field, help_text)
        self.lookup = lookup

    def test(self, model: Any, value: Any) -> Q:
        return Q(**{self.lookup: value})


class ChoiceParameter(ColumnParameter):
    """A column that holds one of a list of codes; documented by its own help text."""

    def __init__(self, model: Any, column: str, example: str) -> None:
        field = model._meta.get_field(column)
        super().__init__(
            ChoiceField(choices=[code for code, _ in field.choices], example=example),
            f"{column}__in",
            f"{field.help_text} Several as a comma list (any of them).",
        )
        self.column = self.counted_as = column

    def test(self, model: Any, value: list[str]) -> Q:
        # The index by code has the records of one in the order of lists, not those of several.
        plain = len(value) == 1
        return super().test(model, value) if plain else unindexed(model, self.lookup, value)

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.objects.filter(super().test(model, value)).values("pk")


class SeriesParameter(ColumnParameter):
    """The points of one series."""

    def test(self, model: Any, value: str) -> Q:
        # Told again, so that SQLite knows the index of what is in a series to suffice.
        return super().test(model, value) & ~Q(series="")


class FlagParameter(ColumnParameter):
    """A column that is true or false."""

    def __init__(self, column: str, help_text: str) -> None:
        super().__init__(BooleanField(example="true"), column, help_text)

    def exact_terms(self, value: bool) -> list[tuple[str, str]]:
        return [(self.lookup, flag(value))]


def day(lookup: str, help_text: str, example: str) -> ColumnParameter:
    return ColumnParameter(DateField(example=example), lookup, help_text)


class FoldedParameter(Condition):
    """A part of a text, whatever its case and accents."""

    def __init__(self, column: str, what: str, example: str) -> None:
        super().__init__(
            FoldedField(example=example),
            f"Part of the {what}, whatever its case and accents.",
        )
        self.lookup = f"{column}_key__contains"

    def test(self, model: Any, value: str) -> Q:
        return Q(**{self.lookup: value})


class LinkedParameter(Condition):
    """Records that link to another in a given way."""

    counted_as = "linked"

    def __init__(self) -> None:
        super().__init__(
            ChoiceField(choices=LinkType.values, example="contradicts"),
            "Records with an outgoing link of this type: `contradicts` finds contradicting "
            "claims. Several as a comma list.",
        )

    def test(self, model: Any, value: list[str]) -> Exists:
        links = model.child("links").objects
        return Exists(links.filter(record=OuterRef("pk"), type__in=value))

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("links").objects.filter(type__in=value).values("record")


class SearchParameter(Condition):
    """Words that must all occur in a record. The query asks the index when few records have
    them, and reads the words of one record after the other when many do."""

    def __init__(self) -> None:
        super().__init__(
            SearchField(example='"test kits" chin*'),
            "Words that must all occur in the record, whatever their case and accents: in its "
            "title or summary, in quotes, in names and other names of its parties and items (as "
            "they were when it was published), in publisher or speaker of its statements. "
            '`vent*` finds words that begin so, `"test kits"` words that follow one another. '
            "Any text will do, as long as it has a letter or digit. Without `ordering`, records "
            "come first whose title or names of parties and items have all of it, then the rest, "
            "each newest first.",
        )

    def exact_terms(self, value: Search) -> list[tuple[str, str]]:
        told = value.is_told_by_terms and value.tier is None and len(value.terms) == 1
        ((term, prefix),) = value.terms if told else [("", True)]
        return [] if prefix else [("word", term)]

    def tier(self, search: Search, *tiers: int) -> Case:
        """The number of the tier to which a record belongs; 0 where it is none of these."""
        found = {HEAD: Q(), BODY: Q()}
        for phrase in search.phrases:
            in_head, in_body = (
                Q(GreaterThan(StrIndex(F(f"words__{column}"), Value(phrase.sought)), 0))
                for column in ("head", "body")
            )
            found[HEAD] &= in_head
            found[BODY] &= in_head | in_body
        # One expression, of whose parts PostgreSQL makes no estimates.
        return Case(
            *(
                When(condition, then=Value(tier if tier in tiers else 0))
                for tier, condition in found.items()
            ),
            default=Value(0),
        )

    def test(self, model: Any, value: Search) -> Any:
        tiers = (HEAD, BODY) if value.tier is None else (value.tier,)
        return GreaterThan(self.tier(value, *tiers), 0)


class LatestParameter(Condition):
    """Of every series only its last point at the revision; needs the revision, so the query
    builds the test."""

    def __init__(self) -> None:
        super().__init__(
            BooleanField(example="true"),
            "`true`: of each series only the point with the latest `as_of`; records outside any "
            "series stay. `false`: only the overtaken points.",
        )


class CountedField(ListField):
    """Values of one group of totals, as `name:value`; `include:` takes what totals leave out."""

    pattern = r"[a-z_]+:[A-Za-z0-9_-]*"
    hint = "give name:value as the `url` of a total has it, such as stage:delivered."

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = [*groupings(model), *SPLIT, "include"]
        self.reasons = reasons(model)

    def clean(self, value: str) -> Any:
        found: dict[str, list[str]] = {}
        for pair in super().clean(value):
            name, _, of_group = pair.partition(":")
            if name in found and name != "include":
                raise refuse("repeated", f"Give `{name}` once.")
            found.setdefault(name, []).append(of_group)
        return found

    def clean_value(self, value: str) -> str:
        name, _, of_group = super().clean_value(value).partition(":")
        if name not in self.names:
            raise refuse(
                "unknown_value",
                f"`{name[:60]}` is none of: {', '.join(self.names)}.",
                nearest(name, self.names),
            )
        if name == "include" and of_group not in self.reasons:
            raise refuse(
                "unknown_value",
                f"`{of_group[:60]}` is none of: {', '.join(self.reasons)}.",
                nearest(of_group, self.reasons),
            )
        return value


class CountedParameter(Condition):
    """The records that a total counts; takes the whole query, so the query builds the test."""

    def __init__(self, model: Any, example: str) -> None:
        super().__init__(
            CountedField(model, example=example),
            f"Only the records of which a figure is counted in that group of "
            f"`/{model.KIND}s/summary/`, given as its `url` gives it: name:value pairs as a comma "
            f"list, with `include:` for each reason that the total overrode. The other "
            f"conditions say over what is totalled.",
        )


class FigureParameter(Condition):
    """A condition on figures. All those of a query hold for one and the same figure."""

    probed: ClassVar[bool] = False
    """Whether it may be so rare that the query first asks if few records meet it."""

    def __init__(self, field: Any, lookup: str, help_text: str, *, indexed: bool = False) -> None:
        super().__init__(field, help_text)
        self.lookup = lookup
        self.indexed = indexed
        """Whether the column stands in the index of figures by item, too."""

    def figure(self, value: Any, prefix: str) -> Q:
        """The condition on a figure, which stands behind the prefix."""
        return Q(**{f"{prefix}{self.lookup}": value})

    def test(self, model: Any, value: Any) -> Q:
        """The condition on the figures of one record."""
        return unindexed(model, self.lookup, value)


class FigureFlagParameter(FigureParameter):
    """A column of figures that is true or false."""

    def __init__(self, column: str, help_text: str) -> None:
        super().__init__(BooleanField(example="true"), column, help_text)

    def exact_terms(self, value: bool) -> list[tuple[str, str]]:
        return [(self.lookup, flag(value))]


class FigureChoiceParameter(FigureParameter):
    """A column of figures that holds one of a list of codes."""

    def __init__(
        self, column: str, field: ListField, help_text: str, *, indexed: bool = False
    ) -> None:
        super().__init__(
            field,
            f"{column}__in",
            f"{help_text} Several as a comma list (any of them).",
            indexed=indexed,
        )
        self.column = self.counted_as = column

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("figures").objects.filter(self.figure(value, "")).values("record")


class ItemParameter(FigureParameter):
    vocabulary = "item"
    counted_as = "item"

    def __init__(self) -> None:
        super().__init__(
            CodeListField(example="surgical-mask"),
            "item__in",
            "Code of an item, as `/items/` lists them, the items below it included: `mask` "
            "finds surgical masks and respirators. Several as a comma list (any of them).",
            indexed=True,
        )

    def ids(self, model: Any, value: list[str]) -> QuerySet:
        rows = model.child("figure_items").objects
        return rows.filter(lead=True, item__in=value).values("record")

    def join(self, model: Any, value: list[str]) -> tuple[str, dict[str, Any]] | None:
        return ("figure_items", {"lead": True, "item": value[0]}) if len(value) == 1 else None


class StatementParameter(FigureParameter):
    """The statement that bears the figure: a text of it, or its id."""

    probed = True

    def statements(self, value: Any) -> QuerySet:
        return Statement.objects.filter(**{self.lookup: value})

    def figure(self, value: Any, prefix: str) -> Q:
        return Q(**{f"{prefix}statement__in": self.statements(value).values("pk")})

    def test(self, model: Any, value: Any) -> Q:
        return self.figure(value, "")


class FoldedFigureParameter(StatementParameter):
    """A part of a text of the statement that bears the figure."""

    def __init__(self, column: str, what: str, example: str) -> None:
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

    def test(self, model: Any, value: Any) -> Q:
        # No index begins with it; and what SQLite compares with a number must be a column of
        # numbers, for it gets the value as text.
        return self.figure(value, "")
