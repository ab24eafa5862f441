"""Lists that are not of records: terms, revisions and changes, page by page."""

from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from aidapi.errors import Problem
from aidapi.pagination import DEFAULT_PAGE, Cursor, page_link
from aidapi.sparse import thin
from records.api.parameter_sets import PageParameters, SparseParameters, check_fitting
from records.api.views.records import (
    DatasetViewSet,
    Page,
    named_revision,
    page_edges,
)
from records.models import RevisionCounter
from records.query.planner import Ordering, shown_revision


class ListingViewSet(DatasetViewSet):
    """Rows rendered as they are asked for. A subclass names its rows and its parameters."""

    serializer_class: ClassVar[Any]
    filterset_class: ClassVar[type[PageParameters]]
    detail_parameters: ClassVar[Any]
    row_id: ClassVar[str]
    """The unique column in which the order ends."""

    def __init_subclass__(cls) -> None:
        for parameters in (vars(cls).get("filterset_class"), vars(cls).get("detail_parameters")):
            if parameters is not None and issubclass(parameters, SparseParameters):
                parameters.serializer_class = cls.serializer_class

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        """The rows that were asked for, as of the revision."""
        raise NotImplementedError

    def list(self, request: Request) -> HttpResponseBase:
        """Those that meet all conditions asked for, page by page."""
        page = self.page(request)
        results = self.serializer_class(page.rows, many=True, context={"request": request}).data
        return page.answer(b",".join(self.rendered(result, page.asked) for result in results))

    def default_ordering(self, representation: str) -> str:
        return self.filterset_class.DEFAULT_ORDERING

    def page(self, request: Request) -> Page:
        """The rows of the page that was asked for."""
        representation = request.accepted_renderer.format
        asked = self.filterset_class(request.GET).cleaned
        check_fitting(asked, representation)
        cursor = Cursor.decode(asked["cursor"], request) if "cursor" in asked else None
        named = named_revision(asked, cursor if self.versioned else None)
        revision = shown_revision(named, RevisionCounter.number())
        rows = self.rows(request, asked, revision)
        count = rows.count() if asked.get("count") else None
        page_size = asked.get("page_size", DEFAULT_PAGE)
        # A walk goes on in its own order, whatever form its further pages have.
        unasked = cursor.ordering if cursor else self.default_ordering(representation)
        ordering = Ordering(asked.get("ordering", unasked), self.filterset_class.ORDERINGS)
        found = ordering.apply(rows, "", cursor, self.row_id)[: page_size + 1]
        page = [(row, getattr(row, ordering.column), getattr(row, self.row_id)) for row in found]
        before, after = page_edges(page, page_size, cursor, revision, ordering.name)
        if cursor is not None and cursor.backward:
            page.reverse()
        return Page(
            asked,
            revision,
            [row for row, _, _ in page],
            count,
            page_link(request, after),
            page_link(request, before),
        )

    @staticmethod
    def rendered(document: Any, asked: dict[str, Any]) -> bytes:
        """The row as JSON, thinned as asked."""
        return orjson.dumps(thin(document, asked.get("fields", ()), asked.get("omit", ())))


def no_such(what: str, id: str) -> Problem:
    return Problem(404, "not_found", f"No such {what}", f"There is no {what} `{id[:60]}`.")
