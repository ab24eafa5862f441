"""The parameters that endpoints share."""

from typing import Any, ClassVar

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.pagination import DEFAULT_PAGE, MAX_PAGE
from aidapi.parameters import (
    BooleanField,
    ChoiceField,
    IntegerField,
    ListField,
    OneOfField,
    Parameter,
    ParameterSet,
    RepresentationField,
    SlugField,
    TextField,
)
from aidapi.renderers import (
    CSV,
    NDJSON,
    XLSX,
    Atom,
    JSONRenderer,
    TableMetadata,
)
from aidapi.sparse import field_tree, path_errors
from records.models import (
    COUNTED_TYPE,
    Basis,
    Measure,
    Operator,
    Unit,
)
from records.query.filters import (
    AnyRolePartyParameter,
    ColumnParameter,
    FigureChoiceParameter,
    FigureFlagParameter,
    FlagParameter,
    FoldedFigureParameter,
    IdListField,
    ItemParameter,
    LatestParameter,
    LinkedParameter,
    SearchParameter,
    SeriesParameter,
    StatementParameter,
    ValueParameter,
    day,
)


class PathListField(ListField):
    pattern = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"
    hint = "give names of fields, as title or figures.value."


class CurrencyListField(ListField):
    pattern = r"[A-Z]{3}"
    hint = "give ISO 4217 codes, as USD or CNY."


class LanguageListField(ListField):
    pattern = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
    hint = "give BCP 47 tags, as en or zh-Hant."


class CursorField(TextField):
    """A cursor carries what its row is ordered by, a title at the longest."""

    maximum = 4000


class OneIdField(IdListField):
    """One id, as it stands in a path."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()


def ids(prefix: str, example: str) -> ColumnParameter:
    """The parameter for records of one kind by their ids."""
    return ColumnParameter(
        IdListField(prefix, example=example),
        "public_id__in",
        "Ids of records; at most 100, as a comma list.",
    )


def ordering(columns: dict[str, str], default: str, example: str) -> Parameter:
    """The parameter of an allow-list of orderings."""
    return Parameter(
        OneOfField(
            choices=[f"{sign}{name}" for name in columns for sign in ("", "-")],
            example=example,
        ),
        f"Order of the results; `-` in front reverses it. `{default}` by default; ties are "
        f"ordered by id.",
    )


class FormatParameters(ParameterSet):
    """The parameter that every endpoint knows."""

    format = Parameter(
        RepresentationField(JSONRenderer, example="json"),
        "Representation of the answer; this address has JSON only.",
    )


class AnyParameters(FormatParameters):
    """The parameters of everything that has a history."""

    revision = Parameter(
        IntegerField(minimum=1, example="1"),
        "Number of a revision: answers with the dataset as it stood then, and always the same.",
    )


class SparseParameters(ParameterSet):
    """The parameters by which documents are thinned out."""

    fields = Parameter(
        PathListField(example="id,title,figures.value"),
        "Only these fields of a document, as a comma list; a dot names a field inside another.",
    )
    omit = Parameter(
        PathListField(example="statements,links"),
        "All fields but these, as a comma list; a dot names a field inside another.",
    )

    serializer_class: ClassVar[Any] = None
    """The serializer whose fields `fields` and `omit` may name; the viewset sets it."""

    def check(self) -> list[ParameterError]:
        tree = field_tree(self.serializer_class)
        return super().check() + [
            error
            for name in ("fields", "omit")
            for error in path_errors(name, self.cleaned.get(name, ()), tree)
        ]


class DocumentParameters(AnyParameters, SparseParameters):
    """What the address of a single record can be asked."""


class PageParameters(ParameterSet):
    """The parameters of everything that comes in pages. A subclass says what it can be ordered
    by (name → column), and what orders it unasked."""

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
    """Columns of orderings that may be null: such rows come last."""

    cursor = Parameter(
        CursorField(),
        "Where the page begins: follow `next` and `previous`, which carry it. A walk along "
        "cursors shows one revision from its first page to its last.",
    )
    page_size = Parameter(
        IntegerField(minimum=1, maximum=MAX_PAGE, example="50"),
        f"How many results a page has; {DEFAULT_PAGE} by default, at most {MAX_PAGE}.",
    )
    count = Parameter(
        BooleanField(example="true"),
        "`true`: tell in `count` how many results there are on all pages.",
    )


DOWNLOADS = (JSONRenderer, CSV, NDJSON, XLSX, TableMetadata)


def download_format() -> Parameter:
    """`format` of a list that can be had as a file; the class of the list itself declares it,
    for its conditions bring the plain one."""
    return Parameter(RepresentationField(*DOWNLOADS, example="csv"), AS_FILE)


def record_format() -> Parameter:
    """The same of a list of records, which can be had as a feed, too."""
    return Parameter(RepresentationField(*DOWNLOADS, Atom, example="csv"), f"{AS_FILE} {AS_FEED}")


AS_FILE = (
    "Representation of the answer; it goes before the Accept header. `json`, the default, comes "
    "in pages. `csv`, `ndjson` and `xlsx` are files with every result, in the order of the list, "
    "so `cursor`, `page_size`, `count`, `fields` and `omit` do not go with them. `metadata` "
    "describes the file that the same question gives: query, revision, licence, citation, number "
    "of rows, and what each column means."
)
AS_FEED = (
    "`atom` is a feed of the records for readers of news, those published or corrected last first "
    "unless `ordering` says otherwise, in pages like the list; that of `/changes/` tells of "
    "withdrawals, too."
)


class DownloadParameters(ParameterSet):
    """How all results of a list are had at once, as a file."""

    raw = Parameter(
        BooleanField(example="true"),
        "For `csv` and `xlsx`. A text that a spreadsheet might take for a formula (one that "
        "begins with `=`, `+`, `-`, `@` or a control character, apostrophes and spaces in front "
        "of it not counted) has an apostrophe put before it; `true` leaves all texts as they are.",
    )


def rows_parameter(*choices: str) -> Parameter:
    meanings = {
        "figures": "`figures`, the default, gives one row per figure, with what its record says "
        "repeated",
        "records": "`records` gives one row per record",
    }
    return Parameter(
        OneOfField(choices=choices, example="records"),
        f"What a row of a download is: {'; '.join(meanings[one] for one in choices)}. As "
        f"`ndjson`, records are whole documents, as lists and details show them.",
    )


PAGED = ("json", "atom")
"""Representations that come in pages."""
FITTING = {
    "cursor": PAGED,
    "page_size": PAGED,
    "count": ("json",),
    "fields": ("json",),
    "omit": ("json",),
    "rows": ("csv", "ndjson", "xlsx", "metadata"),
    "raw": ("csv", "xlsx", "metadata"),
}
"""Parameter → the representations in which it means something; any other means the same in all."""


def check_fitting(asked: dict[str, Any], representation: str) -> None:
    """Refuse what the representation, asked for by `format` or by Accept, has no use for."""
    errors = [
        ParameterError(
            name,
            "not_with_this_format",
            f"It means nothing for `{representation}`, which "
            f"{'comes in pages' if representation in PAGED else 'has every result'}: leave it "
            f"out, or ask for one of: {', '.join(FITTING[name])}.",
        )
        for name in asked
        if representation not in FITTING.get(name, (representation,))
    ]
    if errors:
        raise InvalidParameters(errors)


class RecordListParameters(SparseParameters, PageParameters, DownloadParameters):
    """What lists of records can be asked beside conditions on the records."""


class RecordConditions(AnyParameters):
    """The conditions by which every kind of record is selected, as of a revision."""

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
        "Number of a revision: only records whose current version was published after it.",
    )
    linked = LinkedParameter()


class DatedRecordListParameters(RecordListParameters):
    """How lists of donations, exports and contracts can be ordered."""

    ORDERINGS: ClassVar = {
        "as_of": "as_of",
        "published_in": "published_in",
        "title": "title_key",
        "id": "public_id",
    }
    DEFAULT_ORDERING: ClassVar = "-as_of"

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="-published_in")
    rows = rows_parameter("figures", "records")


class DatedRecordConditions(RecordConditions):
    """The conditions by which donations, exports and contracts are selected."""

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

    as_of_from = day("as_of__gte", "First day of `as_of`.", example="2020-04-01")
    as_of_to = day("as_of__lte", "Last day of `as_of`.", example="2020-04-30")
    series = SeriesParameter(
        SlugField(example="china-customs-anti-epidemic-exports"),
        "series",
        "The points of one series, a running total told again and again.",
    )
    latest = LatestParameter()
    joint = FlagParameter(
        "joint",
        "Whether several parties give, or several receive, together.",
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
        "Records with a figure so qualified.",
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
        "Records with a count of such parties.",
    )
    countable = FigureFlagParameter(
        "countable",
        "Whether the figure may be added up.",
    )
    value_min = ValueParameter(
        "high__gte",
        "Records with a figure of at least this number: on its value or, where it has none, on "
        "its upper bound. Needs `item`, `unit`, `currency` or `measure=parties` beside it.",
        example="1000000",
    )
    value_max = ValueParameter(
        "low__lte",
        "Records with a figure of at most this number: on its value or, where it has none, on "
        "its lower bound. Needs `item`, `unit`, `currency` or `measure=parties` beside it.",
        example="5000000",
    )
    statement = StatementParameter(
        IdListField("st", example="st-76867pfx"),
        "public_id__in",
        "Records with a figure that rests on this statement, in any of its versions.",
    )
    publisher = FoldedFigureParameter("publisher", "publisher", "xinhua")
    speaker = FoldedFigureParameter("speaker", "speaker", "zhao lijian")
    organisation = FoldedFigureParameter("organisation", "organisation", "foreign affairs")

    def check(self) -> list[ParameterError]:
        errors = super().check()
        anchored = (
            {"item", "unit", "currency"} & self.cleaned.keys()
            or self.cleaned.get("measure") == [Measure.PARTIES]
        )  # fmt: skip
        for name in ("value_min", "value_max"):
            if name in self.cleaned and not anchored:
                errors.append(
                    ParameterError(
                        name,
                        "needs_unit_of_comparison",
                        "Pieces, doses and dollars are not compared: put `item`, `unit`, "
                        "`currency` or `measure=parties` beside it.",
                    )
                )
        return (
            errors
            + self.check_order("value_min", "value_max")
            + self.check_order("as_of_from", "as_of_to")
        )

    def check_order(self, low: str, high: str) -> list[ParameterError]:
        if (
            low in self.cleaned
            and high in self.cleaned
            and (self.cleaned[low] > self.cleaned[high])
        ):
            return [ParameterError(high, "empty_range", f"It is below `{low}`: swap the two.")]
        return []
