"""Parameter sets that several endpoints share."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from aidapi.errors import InvalidParameters, ParameterError, nearest
from aidapi.negotiation import renderers_of
from aidapi.pagination import DEFAULT_PAGE, MAX_PAGE
from aidapi.parameters import (
    BooleanField,
    ChoiceField,
    IntegerField,
    ListField,
    OneOfField,
    OrderingField,
    Parameter,
    ParameterSet,
    RepresentationField,
    SlugField,
    TextField,
    refuse,
)
from aidapi.renderers import (
    CSV,
    NDJSON,
    XLSX,
    Atom,
    JSONRenderer,
    Sparse,
    TableMetadata,
    operation_suffix,
)
from aidapi.sparse import field_tree, path_errors
from records.api.names import NameParameter
from records.models import (
    COUNTED_TYPE,
    Basis,
    Measure,
    Operator,
    Unit,
)
from records.models.currencies import CURRENCY_CODES
from records.models.reading import CURRENCIES
from records.query.codes import existing, unknown_codes
from records.query.filters import (
    AnyRolePartyParameter,
    Bound,
    CodeListField,
    ColumnParameter,
    DateParameter,
    FigureChoiceParameter,
    FigureFlagParameter,
    FlagParameter,
    FoldedField,
    FoldedFigureParameter,
    IdListField,
    ItemParameter,
    LatestParameter,
    LinkedParameter,
    SearchParameter,
    SeriesParameter,
    SingleSourceParameter,
    StatementParameter,
    ValueParameter,
)
from records.query.ordering import FIGURE_VALUE


class PathListField(ListField):
    """Comma-separated list of paths to fields of a document."""

    pattern = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"
    hint = "give names of fields, such as title or figures.value."


class CurrencyListField(ListField):
    """Comma-separated list of currency codes."""

    pattern = r"[A-Z]{3}"
    hint = "give ISO 4217 codes, such as USD or CNY."

    def clean_value(self, value: str) -> str:
        if super().clean_value(value) not in CURRENCY_CODES:
            raise refuse(
                "unknown_value", f"`{value}` is no currency: {self.hint}", self.meant(value)
            )
        return value

    def meant(self, value: str) -> str | None:
        return nearest(value, CURRENCY_CODES, CURRENCIES)


class CursorField(TextField):
    """Cursor, which contains the sort key of its row: at most a title. Loops over pages begin with
    an empty one, and programs that send every parameter with its example send it."""

    maximum = 4000
    may_be_empty = True

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.maximum}


class OneIdField(IdListField):
    """Single id, as part of a path."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()


def ids(prefix: str, example: str) -> ColumnParameter:
    """Return the filter for records of one kind by their ids."""
    return ColumnParameter(
        IdListField(prefix, example=example),
        "public_id__in",
        "Ids of records; at most 100, separated by commas.",
    )


VAGUE_FIRST = (
    " A date that is known to the year comes before those of its months, and one that is known to "
    "the month before those of its days: `2020`, `2020-04`, `2020-04-01`."
)


AMOUNT_WORDS = dict.fromkeys(("amount", "number", "size", "sum"), "value")


def ordering(columns: dict[str, str], default: str, example: str, remark: str = "") -> Parameter:
    """Return the parameter that selects one of the given orderings."""
    return Parameter(
        OrderingField(columns, AMOUNT_WORDS, example=example),
        f"Order of the results, reversed by a leading `-`; `{default}` by default. Ties are "
        f"ordered by id.{remark}",
    )


class FormatParameters(ParameterSet):
    """The parameter of every endpoint."""

    format = Parameter(
        RepresentationField(JSONRenderer, example="json"),
        "Representation of the response; this endpoint has JSON only.",
    )


class AnyParameters(FormatParameters):
    """Parameters of everything that has revisions."""

    revision = Parameter(
        IntegerField(minimum=1, example="1"),
        "Number of a revision: returns the dataset as of that revision, which never changes.",
    )


class SparseParameters(ParameterSet):
    """Parameters that select fields of documents."""

    fields = Parameter(
        PathListField(example="id,title,figures.value"),
        "Only these fields of a document, separated by commas; a dot names a nested field.",
    )
    omit = Parameter(
        PathListField(example="statements,links"),
        "All fields except these, separated by commas; a dot names a nested field.",
    )

    serializer_class: ClassVar[Any] = None
    """Serializer whose fields `fields` and `omit` may name; a subclass sets it."""

    def check(self) -> list[ParameterError]:
        errors = super().check()
        for name in ("fields", "omit"):
            if name in self.cleaned:
                errors += path_errors(name, self.cleaned[name], field_tree(self.serializer_class))
        return errors


class DocumentParameters(AnyParameters, SparseParameters):
    """Parameters of a single document."""


class PageParameters(ParameterSet):
    """Parameters of everything that is paginated. A subclass declares its orderings (name →
    column) and the default."""

    SYNONYMS: ClassVar = {
        "sort": "ordering",
        "order_by": "ordering",
        "limit": "page_size",
        "per_page": "page_size",
        "page": "cursor",
        "offset": "cursor",
    }
    ORDERINGS: ClassVar[dict[str, str]] = {}
    DEFAULT_ORDERING: ClassVar[str] = ""
    NULLABLE: ClassVar[tuple[str, ...]] = ()
    """Columns of orderings that may be null; null sorts last."""

    @property
    def usual_ordering(self) -> str:
        """The ordering of a request that names none."""
        return self.DEFAULT_ORDERING

    cursor = Parameter(
        CursorField(example=""),
        "Start of the page, as in the links `next` and `previous`; empty, the first page. All "
        "pages that are reached by these links show the same revision.",
    )
    page_size = Parameter(
        IntegerField(minimum=1, maximum=MAX_PAGE, example="50"),
        f"Number of results per page; {DEFAULT_PAGE} by default, at most {MAX_PAGE}.",
    )
    count = Parameter(
        BooleanField(example="true"),
        "`true`: return the total number of results in `count`.",
    )


DOWNLOADS = (JSONRenderer, CSV, NDJSON, XLSX, TableMetadata)


def download_format() -> Parameter:
    """Return `format` of a list that can be downloaded. The class of the list declares it, since
    its filters inherit the plain one."""
    return Parameter(RepresentationField(*DOWNLOADS, example="csv"), AS_FILE)


def record_format() -> Parameter:
    """Return `format` of a list of records, which is also a feed."""
    return Parameter(RepresentationField(*DOWNLOADS, Atom, example="csv"), f"{AS_FILE} {AS_FEED}")


AS_FILE = (
    "Representation of the response; it overrides the Accept header. `json`, the default, is "
    "paginated. `csv`, `ndjson` and `xlsx` are files with all results, in the order of the list, "
    "so `cursor`, `page_size`, `count`, `fields` and `omit` are not allowed with them. `metadata` "
    "describes the file of the same request: query, revision, licence, citation, number of rows, "
    "and the meaning of each column."
)
AS_FEED = (
    "`atom` is a paginated feed of the records for feed readers, ordered by latest publication or "
    "correction unless `ordering` is given; the feed of `/changes/` also has withdrawals."
)


class DownloadParameters(ParameterSet):
    """Parameters of lists that can be downloaded."""

    raw = Parameter(
        BooleanField(example="true"),
        "For `csv` and `xlsx`. Text that a spreadsheet may read as a formula (it begins with `=`, "
        "`+`, `-`, `@` or a control character, possibly after apostrophes and spaces) is prefixed "
        "with an apostrophe; `true` leaves all text unchanged.",
    )


def rows_parameter(*choices: str) -> Parameter:
    """Return the parameter that selects what a row of a download is."""
    meanings = {
        "figures": "`figures`, the default, gives one row per figure, and repeats the fields of "
        "its record",
        "records": "`records` gives one row per record",
    }
    return Parameter(
        OneOfField(choices=choices, example="records"),
        f"What a row of a download is: {'; '.join(meanings[one] for one in choices)}. As "
        f"`ndjson`, records are whole documents, as in lists.",
    )


PAGED = ("json", "atom")
"""Representations that are paginated."""
FITTING = {
    "cursor": PAGED,
    "page_size": PAGED,
    "count": ("json",),
    "fields": ("json",),
    "omit": ("json",),
    "rows": ("csv", "ndjson", "xlsx", "metadata"),
    "raw": ("csv", "xlsx", "metadata"),
}
"""Parameter → the representations that allow it; any other is allowed in all."""


SELECTING = frozenset({"fields", "omit"})
"""Parameters of sparse documents."""


def forms_of(parameters: Any) -> Sequence[Any]:
    """Return the representations that have addresses of their own."""
    others = [type(renderer) for renderer in renderers_of(parameters)[1:]]
    return [*others, *([Sparse] if parameters.base_filters.keys() & SELECTING else [])]


@cache
def of_form(parameters: type[ParameterSet], form: Any) -> type[ParameterSet]:
    """Return those of the parameters that an operation has whose only representation is `form`."""

    def fits(name: str, parameter: Any) -> bool:
        if name in SELECTING:
            return form is Sparse
        is_selector = isinstance(parameter.field, RepresentationField)
        return not is_selector and form.format in FITTING.get(name, (form.format,))

    # To set an inherited parameter to None removes it.
    removed = [name for name, one in parameters.base_filters.items() if not fits(name, one)]
    name = f"{parameters.__name__}As{operation_suffix(form) if form is not JSONRenderer else ''}"
    make: Any = type(parameters)
    return make(name, (parameters,), {"ELSEWHERE": frozenset(removed), **dict.fromkeys(removed)})


def check_fitting(parameters: ParameterSet, representation: str) -> None:
    """Raise an error for each parameter that the representation does not allow, unless it is a
    switch that is off."""
    errors = []
    for name in parameters.given:
        allowed = FITTING.get(name)
        is_off = parameters.cleaned[name] is False
        if allowed is not None and representation not in allowed and not is_off:
            reason = "is paginated" if representation in PAGED else "has all results"
            errors.append(
                ParameterError(
                    name,
                    "not_with_this_format",
                    f"Not allowed with `{representation}`, which {reason}: leave it out, or use "
                    f"one of: {', '.join(allowed)}.",
                )
            )
    if errors:
        raise InvalidParameters(errors)


class RecordListParameters(SparseParameters, PageParameters, DownloadParameters):
    """Parameters of lists of records, beside the filters."""


class RecordFilters(AnyParameters):
    """Filters of every kind of record; those of ranges of dates end in `_from` and `_to`."""

    SYNONYMS: ClassVar = {
        "ids": "id",
        "modified_since": "changed_since",
        "as_at": "revision",
        "q": "search",
        "query": "search",
        "text": "search",
        "words": "search",
    }

    search = SearchParameter()
    changed_since = ColumnParameter(
        IntegerField(minimum=0, example="1"),
        "published_in__gt",
        "Number of a revision: only records whose current version was published after it. One "
        "above the latest is 404.",
    )
    linked = LinkedParameter()
    certain = Parameter(
        BooleanField(example="true"),
        "`true`: of dates that are known to the month or year, find only those that surely lie in "
        "the range, with all of their days; by default those that may. Of `reached_from` and "
        "`reached_to` likewise: what was reached `by` a day may have been before, a running total "
        "must lie in the period from its start. Totals do so in any case.",
    )

    def check(self) -> list[ParameterError]:
        errors = super().check()
        bounds = {name: value for name, value in self.cleaned.items() if isinstance(value, Bound)}
        for name, bound in bounds.items():
            self.cleaned[name] = replace(bound, certain=self.cleaned.get("certain", False))
            start = name.removesuffix("_to") + "_from"
            if start in bounds and bounds[start].day > bound.day:
                errors.append(empty_range(start, name))
        return errors


def empty_range(low: str, high: str) -> ParameterError:
    return ParameterError(high, "empty_range", f"Less than `{low}`: swap the two.")


BY_VALUE = (
    " `value` orders by the number of the figure that all filters find, so that `-value` gives "
    "the largest first: its value or, of a range, its upper bound; “at least 5” and “up to 5” "
    "are at 5. Of several figures of a record the smallest counts for `value`, the largest for "
    "`-value`. Figures without a number come last. It requires one `unit`, one `currency` or "
    "`measure=parties`."
)


class DatedRecordListParameters(RecordListParameters):
    """Orderings and rows of lists of donations, exports and contracts."""

    SYNONYMS: ClassVar = {"counted": "total"}
    ORDERINGS: ClassVar = {
        "as_of": "as_of_key",
        "published_in": "published_in",
        "title": "title_key",
        "id": "public_id",
        "value": FIGURE_VALUE,
    }
    DEFAULT_ORDERING: ClassVar = "-as_of"

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, "-published_in", VAGUE_FIRST + BY_VALUE)
    rows = rows_parameter("figures", "records")

    def check(self) -> list[ParameterError]:
        errors = super().check()
        units = (self.cleaned.get(name, []) for name in ("unit", "currency"))
        if (
            self.cleaned.get("ordering") in ("value", "-value")
            and all(len(codes) != 1 for codes in units)
            and self.cleaned.get("measure") != [Measure.PARTIES]
        ):
            errors.append(
                ParameterError(
                    "ordering",
                    "needs_unit_of_comparison",
                    "Numbers of different units have no order: add one `unit`, one `currency` or "
                    "`measure=parties`.",
                )
            )
        return errors


class DatedRecordFilters(RecordFilters):
    """Filters of donations, exports and contracts."""

    SYNONYMS: ClassVar = {
        "product": "item",
        "goods": "item",
        "category": "item",
        "date_from": "as_of_from",
        "from": "as_of_from",
        "since": "as_of_from",
        "date_to": "as_of_to",
        "until": "as_of_to",
        "qualifier": "operator",
        "status": "stage",
        "min": "value_min",
        "max": "value_max",
        "source": "statement",
        "organization": "organisation",
        "as_of": "as_of_from",
    }

    as_of_from = DateParameter("as_of", "from", "of `as_of`", example="2020-04-01")
    as_of_to = DateParameter("as_of", "to", "of `as_of`", example="2020-04")
    series = SeriesParameter(
        SlugField(example="china-customs-anti-epidemic-exports"),
        "series",
        "The points of one series: a running total, reported several times.",
    )
    latest = LatestParameter()
    joint = FlagParameter(
        "joint",
        "Whether several parties give, or receive, jointly.",
    )
    party = AnyRolePartyParameter(example="who")

    item = ItemParameter()
    measure = FigureChoiceParameter(
        "measure",
        ChoiceField(choices=Measure.values, example="money"),
        "Records with a figure of this measure.",
    )
    basis = FigureChoiceParameter(
        "basis",
        ChoiceField(choices=Basis.values, example="cumulative_to_date"),
        "Records with a figure on this basis.",
    )
    operator = FigureChoiceParameter(
        "operator",
        ChoiceField(choices=Operator.values, example="more_than"),
        "Records with a figure that has this qualifier.",
    )
    unit = FigureChoiceParameter(
        "unit",
        ChoiceField(choices=Unit.values, example="dose"),
        "Records with a quantity in this unit.",
        indexed=True,
    )
    currency = FigureChoiceParameter(
        "currency",
        CurrencyListField(example="USD"),
        "Records with an amount in this currency (ISO 4217).",
        indexed=True,
    )
    party_type = FigureChoiceParameter(
        "party_type",
        ChoiceField(choices=[code for code, _ in COUNTED_TYPE], example="country"),
        "Records with a count of parties of this type.",
    )
    countable = FigureFlagParameter(
        "countable",
        "Whether the figure may be added up.",
    )
    value_min = ValueParameter(
        "high__gte",
        "Records with a figure of at least this number, compared with its value or, if it has "
        "none, with its upper bound. Requires `item`, `unit`, `currency` or `measure=parties`.",
        example="1000000",
    )
    value_max = ValueParameter(
        "low__lte",
        "Records with a figure of at most this number, compared with its value or, if it has "
        "none, with its lower bound. Requires `item`, `unit`, `currency` or `measure=parties`.",
        example="5000000",
    )
    statement = StatementParameter(
        IdListField("st", example="st-76867pfx"),
        "public_id__in",
        "Records with a figure that quotes this statement, in any of its versions.",
    )
    single_source = SingleSourceParameter()
    publisher = FoldedFigureParameter("publisher", "publisher", "xinhua")
    speaker = FoldedFigureParameter("speaker", "speaker", "zhao lijian")
    organisation = FoldedFigureParameter("organisation", "organisation", "foreign affairs")

    def check(self) -> list[ParameterError]:
        errors = super().check()
        for name in ("value_min", "value_max"):
            if name in self.cleaned and not self.has_unit:
                errors.append(
                    ParameterError(
                        name,
                        "needs_unit_of_comparison",
                        "No unit of comparison: add `item`, `unit`, `currency` or "
                        "`measure=parties`.",
                    )
                )
        low, high = self.cleaned.get("value_min"), self.cleaned.get("value_max")
        if low is not None and high is not None and low > high:
            errors.append(empty_range("value_min", "value_max"))
        return errors

    @property
    def has_unit(self) -> bool:
        """Whether the query says what the numbers of figures count."""
        return bool(
            {"item", "unit", "currency"} & self.cleaned.keys()
            or self.cleaned.get("measure") == [Measure.PARTIES]
        )


class OneCodeField(CodeListField):
    """Single code, as part of a path."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()

    def clean(self, value: str) -> str:  # type: ignore[override]
        return ListField.clean_value(self, value)


class VocabularyListParameters(SparseParameters, PageParameters, DownloadParameters):
    """Parameters of lists of vocabulary entries, which are shown as they are now."""

    SYNONYMS: ClassVar = {"q": "name", "search": "name"}
    ORDERINGS: ClassVar = {"name": "name_key", "code": "code", "match": "match_key"}
    DEFAULT_ORDERING: ClassVar = "name"

    format = download_format()
    ordering = ordering(
        ORDERINGS,
        DEFAULT_ORDERING,
        "code",
        " `match`, the default with `name`, puts first what is called so, then what has such an "
        "alias, then names that begin so, then those with a word that does.",
    )

    name = NameParameter(
        FoldedField(example="jack ma"),
        "Part of the name, of an alias or of a country's ISO 3166-1 alpha-2 code, ignoring case "
        "and accents; the best match first.",
        lookup="words_key__contains",
    )

    @property
    def usual_ordering(self) -> str:
        return "match" if "name" in self.cleaned else super().usual_ordering

    def check(self) -> list[ParameterError]:
        errors = super().check()
        if self.cleaned.get("ordering", "").endswith("match") and "name" not in self.cleaned:
            errors.append(
                ParameterError(
                    "ordering",
                    "needs_name",
                    "Nothing to match: give a part of a `name`, or order by `name` or `code`.",
                )
            )
        return errors + self.unknown_codes()

    def unknown_codes(self) -> list[ParameterError]:
        """Return what is wrong with codes that filters of the list name."""
        codes = [
            (name, vocabulary, code)
            for name, value in self.cleaned.items()
            if (vocabulary := getattr(self.base_filters[name], "vocabulary", ""))
            for code in (value if isinstance(value, list) else [value])
        ]
        return unknown_codes(codes, existing(codes))

    @classmethod
    def unknown(cls, name: str) -> ParameterError:
        if name != "revision":
            return super().unknown(name)
        return ParameterError(
            name,
            "not_versioned",
            "Vocabularies have no past revisions: leave `revision` out. Records show parties as "
            "they were when published.",
        )


class VocabularyDetailParameters(FormatParameters, SparseParameters):
    """Parameters of a single vocabulary entry."""
