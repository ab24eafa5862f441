"""What parties and items share over HTTP: the vocabularies as they are now."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from aidapi.pagination import Cursor
from aidapi.parameters import Parameter
from aidapi.tables import Table
from records.api.parameter_sets import (
    DownloadParameters,
    FormatParameters,
    PageParameters,
    SparseParameters,
    check_fitting,
    download_format,
    ordering,
)
from records.api.views.citations import published, term_citation
from records.api.views.file_columns import layout
from records.api.views.files import Download, bodies, walk
from records.api.views.listing import ListingViewSet, no_such
from records.api.views.records import Answer
from records.models import RevisionCounter, VocabularyEntry
from records.query.filters import CodeListField, FoldedField
from records.query.planner import Ordering


class VocabularyParameters(SparseParameters, PageParameters, DownloadParameters):
    """Parameters of both vocabularies. They show the current state, so `revision` is none."""

    SYNONYMS: ClassVar = {"q": "name", "search": "name"}
    ORDERINGS: ClassVar = {"name": "name_key", "code": "code"}
    DEFAULT_ORDERING: ClassVar = "name"

    format = download_format()
    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="code")

    name = Parameter(
        FoldedField(example="jack ma"),
        "Part of the name or of another name (alias), whatever its case and accents.",
    )

    @classmethod
    def unknown(cls, name: str) -> Any:
        error = super().unknown(name)
        if name != "revision":
            return error
        return type(error)(
            name,
            "not_versioned",
            "The vocabulary shows its current state only: leave `revision` out. Records show "
            "parties as they stood when published.",
        )


class VocabularyDetailParameters(FormatParameters, SparseParameters):
    """What the address of one term can be asked."""


class OneCodeField(CodeListField):
    """One code, as it stands in a path."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()


def code_in_path(kind: str, example: str) -> Parameter:
    return Parameter(OneCodeField(example=example), f"Code of the {kind}; it never changes.")


class VocabularyViewSet(ListingViewSet):
    """A vocabulary, by name."""

    model: ClassVar[type[VocabularyEntry]]
    row_id = "code"
    versioned = False
    lookup_field = "code"
    lookup_value_regex = "[^/]+"

    def named(self, rows: Any, asked: dict[str, Any]) -> Any:
        if "name" in asked:
            rows = rows.filter(words_key__contains=asked["name"])
        return rows

    def list(self, request: Request) -> HttpResponseBase:
        """Those that meet all conditions asked for, page by page; or, as `csv`, `ndjson` or
        `xlsx`, all of them in a file."""
        representation = request.accepted_renderer.format
        if representation == "json":
            return super().list(request)
        parameters = self.filterset_class(request.GET)
        check_fitting(parameters.cleaned, representation)
        return self.download(request, parameters.cleaned).answer(representation)

    def download(self, request: Request, asked: dict[str, Any]) -> Download:
        """All terms that were asked for. What they say is of today: files of one revision are
        alike, but an earlier revision cannot be asked for."""
        revision = published(RevisionCounter.number())
        ordering = Ordering(
            asked.get("ordering", self.filterset_class.DEFAULT_ORDERING),
            self.filterset_class.ORDERINGS,
        )
        rows = self.rows(request, asked, revision.number)
        columns = layout(self.serializer_class, figures=False)

        def read(cursor: Cursor | None, size: int) -> list[tuple]:
            found = list(ordering.apply(rows, "", cursor, self.row_id)[:size])
            documents = bodies(self.serializer_class(found, many=True).data)
            return [
                (document, getattr(term, ordering.column), term.code)
                for document, term in zip(documents, found, strict=True)
            ]

        def pages() -> Iterator[Sequence[str]]:
            return walk(read, ordering, revision.number)

        table = Table(
            self.basename, columns.columns, pages, columns.rows, rows.count(), documents=True
        )
        citation = term_citation(request, self.basename, table.count, revision)
        return Download(request, table, revision, citation, versioned=False)

    def retrieve(self, request: Request, code: str) -> HttpResponse:
        """The term as it is now."""
        asked = self.detail_parameters(request.GET).cleaned
        newest = RevisionCounter.number()
        found = self.rows(request, {}, 0).filter(code=code[:60]).first()
        if found is None:
            raise no_such(self.model.KIND, code)
        body = self.serializer_class(found, context={"request": request}).data
        return Answer(newest, self.rendered(body, asked))
