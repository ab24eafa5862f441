"""Lists of resources, page by page; as files or feeds where they have these representations."""

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson
from django.db.models import F
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from aidapi.addresses import base_url, site_path
from aidapi.renderers import CSLJSON
from aidapi.sparse import sparse_json
from records.api.addresses import pinned
from records.api.parameter_sets import check_fitting
from records.api.views.base import ResourceView, about, filters_given, record_query
from records.api.views.feeds import (
    feed,
    identifying,
    query_of,
    record_entries,
    revision_entries,
)
from records.api.views.files import record_download, vocabulary_download
from records.api.views.pages import ListedRows, Page, QuerySetRows, read_page
from records.api.views.series import series_rows
from records.api.views.verdicts import add_verdicts
from records.documents.serializers import placed
from records.models import DATED, Revision, RevisionCounter
from records.query.filters import TotalNames
from records.query.revisions import shown_revision
from records.query.totals import of_total


class ListView(ResourceView):
    """List of a resource."""

    operation = "list{Nouns}"
    title = "List {nouns}"
    many = True
    feed_ordering: ClassVar[str] = ""
    """Default ordering of the feed."""

    @property
    def parameters(self) -> Any:
        return self.resource.list_parameters

    def get_view_description(self, html: bool = False) -> str:
        return about(self.resource, type(self))

    def get(self, request: Request) -> HttpResponseBase:
        parameters = self.parse(request)
        representation = request.accepted_renderer.format
        check_fitting(parameters, representation)
        if representation == "json":
            page = self.page(parameters)
            return page.response(self.results(page))
        if representation == "atom":
            return self.feed(self.page(parameters, self.feed_ordering))
        return self.file(parameters, representation)

    def page(self, parameters: Any, default_ordering: str = "") -> Page:
        """Return the requested page."""
        raise NotImplementedError

    def results(self, page: Page) -> bytes:
        """Return the results of the page as JSON."""
        rows = self.serializer_class(page.rows, many=True, context={"request": self.request}).data
        return b",".join(sparse_json(row, page.parameters.cleaned) for row in rows)

    def feed(self, page: Page) -> HttpResponseBase:
        """Return the page as a feed."""
        raise NotImplementedError

    def file(self, parameters: Any, representation: str) -> HttpResponseBase:
        """Return all results as a file."""
        raise NotImplementedError

    def cited(self) -> tuple[str, str, dict[str, str]]:
        """Return what is to be cited: its path, that of its citation, and the filters of both.
        Here it is the whole dataset."""
        return "/api/v1/metadata/", "/api/v1/cite/", {}

    def links(self, revision: int) -> list[str]:
        if not revision:
            return []
        path, citation, filters = self.cited()
        cited = pinned(self.request, path, filters, revision)
        citation = pinned(self.request, citation, {**filters, "style": CSLJSON.format}, revision)
        return [
            f'<{cited}>; rel="cite-as"',
            f'<{citation}>; rel="describedby"; type="{CSLJSON.media_type}"',
        ]


class RecordList(ListView):
    """Records in force that match all filters, page by page; as `csv`, `ndjson` or `xlsx` a file
    with all of them; as `atom` a feed for feed readers."""

    feed_ordering = "-published_in"

    def page(self, parameters: Any, default_ordering: str = "") -> Page:
        def rows_at(revision: int | None) -> Any:
            return record_query(self.resource, parameters, revision)

        return read_page(self.request, parameters, rows_at, default_ordering)

    def results(self, page: Page) -> bytes:
        documents = placed(page.rows, site_path())
        values = page.parameters.cleaned
        if "total" in values:
            documents = self.with_verdicts(page, documents, values["total"])
        if "fields" in values or "omit" in values:
            documents = [
                sparse_json(orjson.loads(document), values).decode() for document in documents
            ]
        return ",".join(documents).encode()

    def with_verdicts(self, page: Page, texts: Sequence[str], total: TotalNames) -> list[str]:
        """Return the documents of a page, whose figures say what became of them in the total."""
        query = record_query(self.resource, page.parameters, page.revision).without("total")
        documents = [orjson.loads(text) for text in texts]
        add_verdicts(of_total(query, total).verdicts(total), documents)
        return [orjson.dumps(document).decode() for document in documents]

    def feed(self, page: Page) -> HttpResponseBase:
        return feed(self.request, page, record_entries)

    def file(self, parameters: Any, representation: str) -> HttpResponseBase:
        return record_download(self.request, self.resource, parameters).response(representation)

    def cited(self) -> tuple[str, str, dict[str, str]]:
        path = f"/api/v1/{self.resource.name}/"
        return path, f"{path}cite/", filters_given(self.resource, self.parsed)


class RowList(ListView):
    """Rows that match all filters, page by page."""

    def page(self, parameters: Any, default_ordering: str = "") -> Page:
        def rows_at(named: int | None) -> QuerySetRows:
            latest = RevisionCounter.number()
            revision = shown_revision(named, latest, parameters.cleaned.get("changed_since"))
            if not self.versioned:
                # Entries of a vocabulary are shown as they are now, also along a cursor.
                revision = shown_revision(None, latest)
            rows = parameters.filter_queryset(self.resource.rows(revision))
            return QuerySetRows(revision, rows, self.resource.row_id)

        return read_page(self.request, parameters, rows_at, default_ordering)


class VocabularyList(RowList):
    """Entries that match all filters, page by page; as `csv`, `ndjson` or `xlsx` a file with all
    of them."""

    def file(self, parameters: Any, representation: str) -> HttpResponseBase:
        download = vocabulary_download(self.request, self.resource, parameters)
        return download.response(representation)


class ChangeList(RowList):
    """Changes that match all filters, page by page; as `atom` a feed for feed readers, with an
    entry for each revision that has any."""

    feed_ordering = "-revision"

    def get(self, request: Request) -> HttpResponseBase:
        if request.accepted_renderer.format != "atom":
            return super().get(request)
        parameters: Any = self.parse(request)
        check_fitting(parameters, "atom")

        def rows_at(named: int | None) -> QuerySetRows:
            since = parameters.cleaned.get("changed_since")
            revision = shown_revision(named, RevisionCounter.number(), since)
            matching = parameters.filter_queryset(self.resource.rows(revision))
            revisions = Revision.objects.filter(number__in=matching.values("revision_id"))
            # The name of the column by which changes are ordered.
            return QuerySetRows(revision, revisions.annotate(revision_id=F("number")), "number")

        page = read_page(request, parameters, rows_at, self.feed_ordering)
        matching = parameters.filter_queryset(self.resource.rows(page.revision))
        query = query_of(identifying(parameters.given))
        return feed(request, page, revision_entries(matching, query, base_url(request)))


class SeriesList(ListView):
    """All series, by name."""

    def page(self, parameters: Any, default_ordering: str = "") -> Page:
        def rows_at(named: int | None) -> ListedRows:
            revision = shown_revision(named, RevisionCounter.number())
            kinds = parameters.cleaned.get("kind", list(DATED))
            rows = series_rows(revision, kinds, self.request)
            return ListedRows(revision, rows, lambda row: f"{row['slug']} {row['kind']}")

        return read_page(self.request, parameters, rows_at, default_ordering)
