"""Lists that are not of records: terms, revisions and changes, page by page."""

from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from aidapi.errors import Problem
from aidapi.pagination import DEFAULT_PAGE, Cursor, page_link
from aidapi.sparse import thin
from records.api.base import Answer, DatasetViewSet, cursor_elsewhere, envelope, page_edges
from records.api.parameters import PageParameters, SparseParameters
from records.api.query import Ordering, unknown_revision
from records.models import Head


class ListingViewSet(DatasetViewSet):
    """Rows rendered as they are asked for. A subclass names its rows and its parameters."""

    serializer_class: ClassVar[Any]
    filterset_class: ClassVar[type[PageParameters]]
    detail_parameters: ClassVar[Any]
    row_id: ClassVar[str]
    """The unique column in which the order ends."""
    versioned: ClassVar[bool] = True
    """Whether a past revision can be shown. Where not, every page shows the newest."""

    def __init_subclass__(cls) -> None:
        for parameters in (vars(cls).get("filterset_class"), vars(cls).get("detail_parameters")):
            if parameters is not None and issubclass(parameters, SparseParameters):
                parameters.serializer_class = cls.serializer_class

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        """The rows that were asked for, as of the revision."""
        raise NotImplementedError

    def list(self, request: Request) -> HttpResponse:
        """Those that meet all conditions asked for, page by page."""
        asked = self.filterset_class(request.GET).cleaned
        cursor = Cursor.decode(asked["cursor"], request) if "cursor" in asked else None
        newest = Head.number()
        revision = asked.get("revision")
        if cursor is not None and self.versioned:
            if revision not in (None, cursor.revision):
                raise cursor_elsewhere(cursor.revision)
            revision = cursor.revision
        pinned = revision is not None
        if revision is None:
            revision = newest
        if revision > newest:
            raise unknown_revision(revision, newest)
        rows = self.rows(request, asked, revision)
        count = rows.count() if asked.get("count") else None
        page_size = asked.get("page_size", DEFAULT_PAGE)
        ordering = Ordering(
            asked.get("ordering", self.filterset_class.DEFAULT_ORDERING),
            self.filterset_class.ORDERINGS,
        )
        found = ordering.apply(rows, "", cursor, self.row_id)[: page_size + 1]
        page = [(row, getattr(row, ordering.column), getattr(row, self.row_id)) for row in found]
        before, after = page_edges(page, page_size, cursor, revision, ordering.name)
        if cursor is not None and cursor.backward:
            page.reverse()
        results = self.serializer_class(
            [row for row, _, _ in page], many=True, context={"request": request}
        ).data
        return Answer(
            revision,
            envelope(
                revision,
                count,
                page_link(request, after),
                page_link(request, before),
                b",".join(self.rendered(result, asked) for result in results),
            ),
            pinned=pinned,
        )

    @staticmethod
    def rendered(document: Any, asked: dict[str, Any]) -> bytes:
        """The row as JSON, thinned as asked."""
        return orjson.dumps(thin(document, asked.get("fields", ()), asked.get("omit", ())))


def no_such(what: str, id: str) -> Problem:
    return Problem(404, "not_found", f"No such {what}", f"There is no {what} `{id[:60]}`.")
