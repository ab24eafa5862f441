"""The viewsets of records: lists and details straight from the stored documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from aidapi.deprecation import (
    deprecating,
    deprecations_used,
    headers,
    serializer_of,
)
from aidapi.errors import InvalidParameters, ParameterError, Problem
from aidapi.negotiation import Negotiation, parameters_of, renderers_of
from aidapi.pagination import (
    DEFAULT_PAGE,
    Cursor,
    base_url,
    page_link,
)
from aidapi.parameters import Parameter, ParameterSet
from aidapi.sparse import thin
from aidapi.tables import Table
from records.api.parameter_sets import (
    AnyParameters,
    DocumentParameters,
    OneIdField,
    check_fitting,
)
from records.api.views.citations import (
    LICENCE,
    Citation,
    CitationParameters,
    CitationSerializer,
    FigureCitationParameters,
    StyleParameters,
    pinned,
    published,
    query_citation,
    record_citation,
)
from records.api.views.facets import RecordFacetsSerializer, facet_parameters, facets
from records.api.views.feeds import feed, record_entries
from records.api.views.file_columns import layout
from records.api.views.files import (
    Download,
    asked_of,
    digest,
    walk,
)
from records.api.views.versions import RecordVersionSerializer, published_versions
from records.models import (
    Action,
    Change,
    Record,
    Revision,
    RevisionCounter,
)
from records.query.filters import RecordFilter
from records.query.planner import Ordering, RecordQuery, shown_revision
from records.query.prepared import fetch

NEWS_FIRST = "-published_in"
"""The order of a feed of records."""


class Answer(HttpResponse):
    """JSON bytes with the number of the revision that they show."""

    def __init__(self, revision: int, body: bytes) -> None:
        super().__init__(body, content_type="application/json")
        self.headers["Dataset-Revision"] = str(revision)


@dataclass(frozen=True)
class Page:
    """Rows of a list, and the way to the others."""

    asked: dict[str, Any]
    revision: int
    rows: list[Any]
    count: int | None
    next: str | None
    previous: str | None

    def answer(self, results: bytes) -> Answer:
        """The page as every list comes; the results are JSON already."""
        return Answer(
            self.revision,
            envelope(self.revision, self.count, self.next, self.previous, results),
        )


def envelope(
    revision: int,
    count: int | None,
    next_: str | None,
    previous: str | None,
    results: bytes,
) -> bytes:
    """The body of every list; the results are JSON already."""
    head = orjson.dumps(
        {"revision": revision, "count": count, "next": next_, "previous": previous}
    )
    return head[:-1] + b',"results":[' + results + b"]}"


class DatasetViewSet(ViewSet):
    """What all endpoints of the dataset share: each reads, and takes strict parameters."""

    lookup_field = "id"
    examples: ClassVar[dict[str, str]] = {}
    """Parameter → an example that suits this noun better than the parameter's own."""
    http_method_names = ["get", "head", "options"]
    content_negotiation_class = Negotiation
    versioned: ClassVar[bool] = True
    """Whether a past revision can be shown. Where not, every answer shows the newest."""

    def get_renderers(self) -> list[Any]:
        """What the parameters of the action can ask for."""
        return [renderer() for renderer in renderers_of(parameters_of(self))]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer names its licence, and says if Accept decided its form."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.deprecation(request).items():
            response[name] = value
        if len(renderers_of(parameters_of(self))) > 1:
            patch_vary_headers(response, ["Accept"])
        if response.has_header("Dataset-Revision"):
            # Whether the question names the revision, so that its answer never changes.
            response.pinned = self.versioned and not {"revision", "cursor"}.isdisjoint(request.GET)
            links = [f'<{LICENCE["url"]}>; rel="license"', *self.links(request, response)]
            if response.has_header("Link"):
                links.append(response["Link"])
            response["Link"] = ", ".join(links)
        return response

    def deprecation(self, request: Request) -> dict[str, str]:
        """The headers for whoever uses what will be taken out."""
        parameters, serializer = parameters_of(self), serializer_of(self)
        if not deprecating(parameters, serializer):
            return {}
        return headers(deprecations_used(parameters, serializer, request.GET))

    def links(self, request: Request, response: Any) -> list[str]:
        """What else the headers of an answer refer to: of a list, how to cite it."""
        revision = int(response["Dataset-Revision"])
        if self.action != "list" or not revision:
            return []
        address, conditions = self.cited_at(request)
        cited = pinned(request, address, conditions, revision)
        return [f'<{cited}>; rel="describedby"; type="application/json"']

    def cited_at(self, request: Request) -> tuple[str, dict[str, str]]:
        """The address of the citation of a list, and its conditions: by default that of the
        whole dataset."""
        return "/api/v1/cite/", {}


class RecordViewSet(DatasetViewSet):
    """A kind of record. A subclass declares the model, the serializer and the parameters."""

    model: ClassVar[type[Record]]
    serializer_class: ClassVar[Any]
    conditions_class: ClassVar[Any]
    """The conditions by which the kind's records are selected, wherever they are."""
    filterset_class: ClassVar[Any]
    detail_parameters: ClassVar[Any]
    versions_parameters = AnyParameters
    versions_serializer = RecordVersionSerializer(many=True)
    facets_parameters: ClassVar[Any]
    facets_serializer = RecordFacetsSerializer
    citation_parameters: ClassVar[Any] = CitationParameters
    citation_serializer = CitationSerializer
    query_citation_parameters: ClassVar[Any]
    query_citation_serializer = CitationSerializer
    lookup_parameter: ClassVar[Parameter]
    example_id: ClassVar[str]
    """A record that the documentation shows."""
    tombstones = True
    """A withdrawn record is 410, with the reason."""
    detail_sql: ClassVar[str]
    """The newest revision's number and the document in force, in one statement."""
    lookup_value_regex = "[^/]+"

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "model"):
            return  # a class between this and the kinds
        cls.filterset_class.serializer_class = cls.serializer_class
        cls.detail_parameters = type(
            f"{cls.model.__name__}DetailParameters",
            (DocumentParameters,),
            {"serializer_class": cls.serializer_class},
        )
        cls.facets_parameters = facet_parameters(cls.model, cls.conditions_class)
        cls.query_citation_parameters = type(
            f"{cls.model.__name__}QueryCitationParameters",
            (StyleParameters, cls.conditions_class),
            {},
        )
        if cls.model.ROLES:
            cls.citation_parameters = FigureCitationParameters
        cls.lookup_parameter = Parameter(
            OneIdField(cls.model.PREFIX, example=cls.example_id),
            f"Id of the {cls.model.KIND}, as lists give it.",
        )
        table = cls.model._meta.db_table
        documents = cls.model.child("document")._meta.db_table
        cls.detail_sql = (
            f"SELECT h.n, d.body FROM records_revisioncounter h"
            f" LEFT JOIN {table} r ON r.public_id = %s"
            " AND r.published_in_id <= COALESCE(CAST(%s AS integer), h.n) AND (r.retired_in_id"
            " IS NULL OR r.retired_in_id > COALESCE(CAST(%s AS integer), h.n))"
            f" LEFT JOIN {documents} d ON d.record_id = r.id"
        )

    def query(self, parameters: ParameterSet, revision: int | None) -> RecordQuery:
        """Return the query for the filters among the parameters."""
        filters: dict[str, tuple[RecordFilter, Any]] = {
            name: (parameters.base_filters[name], value)
            for name, value in parameters.cleaned.items()
            if isinstance(parameters.base_filters[name], RecordFilter)
        }
        return RecordQuery(self.model, filters, revision)

    def conditions_asked(self, request: Request) -> dict[str, str]:
        """What of the question decides which records are found."""
        return {
            name: value
            for name, value in asked_of(request).items()
            if name in self.conditions_class.base_filters
        }

    def cited_at(self, request: Request) -> tuple[str, dict[str, str]]:
        return f"{request.path}cite/", self.conditions_asked(request)

    # Lists

    def list(self, request: Request) -> HttpResponseBase:
        """Those in force that meet all conditions asked for, page by page; as `csv`, `ndjson`
        or `xlsx`, all of them in a file; or as `atom`, a feed for readers of news."""
        parameters = self.filterset_class(request.GET)
        asked = parameters.cleaned
        representation = request.accepted_renderer.format
        check_fitting(asked, representation)
        if representation == "atom":
            return feed(request, self.page(request, parameters, NEWS_FIRST), record_entries)
        if representation != "json":
            return self.download(request, parameters).answer(representation)
        page = self.page(request, parameters)
        bodies = page.rows
        if "fields" in asked or "omit" in asked:
            bodies = [self.thinned(body, asked) for body in bodies]
        return page.answer(",".join(bodies).encode())

    def page(self, request: Request, parameters: Any, unasked: str = "") -> Page:
        """The documents of the page that is asked for, in a given order if in none."""
        asked = parameters.cleaned
        cursor = Cursor.decode(asked["cursor"], request) if "cursor" in asked else None
        # A walk goes on in its own order, whatever form its further pages have.
        ordering = Ordering.of(parameters, cursor.ordering if cursor else unasked)
        query = self.query(parameters, named_revision(asked, cursor))
        count = query.count() if asked.get("count") else None
        page_size = asked.get("page_size", DEFAULT_PAGE)
        page = query.page(ordering, cursor, page_size + 1)
        before, after = page_edges(page, page_size, cursor, query.revision, ordering.name)
        if cursor is not None and cursor.backward:
            page.reverse()
        return Page(
            asked,
            query.revision,
            [row[0] for row in page],
            count,
            page_link(request, after),
            page_link(request, before),
        )

    def download(self, request: Request, parameters: Any) -> Download:
        """Every result, in the order of the list."""
        asked = parameters.cleaned
        ordering = Ordering.of(parameters)
        query = self.query(parameters, asked.get("revision"))
        revision = published(query.revision)
        figures = bool(self.model.ROLES) and asked.get("rows", "figures") == "figures"
        records = query.selection()
        if figures:
            rows = self.model.child("figures").objects.filter(record__in=records.values("pk"))
        else:
            rows = records
        kind = layout(self.serializer_class, figures)
        table = Table(
            self.basename,
            kind.columns,
            lambda: self.documents(query, ordering),
            kind.rows,
            rows.count(),
            documents=not figures,
        )
        citation = self.cited_query(request, records.count() if figures else table.count, revision)
        return Download(request, table, revision, citation)

    def documents(self, query: RecordQuery, ordering: Ordering) -> Iterator[Sequence[str]]:
        """The documents of all results, some hundred at a time."""

        def read(cursor: Cursor | None, size: int) -> list[tuple]:
            return query.page(ordering, cursor, size)

        return walk(read, ordering, query.revision)

    @staticmethod
    def thinned(body: str, asked: dict[str, Any]) -> str:
        document = thin(orjson.loads(body), asked.get("fields", ()), asked.get("omit", ()))
        return orjson.dumps(document).decode()

    @action(detail=False)
    def facets(self, request: Request) -> HttpResponse:
        """How often each value of a parameter occurs among the records that meet the
        conditions: what there is to choose from next."""
        parameters = self.facets_parameters(request.GET)
        query = self.query(parameters, parameters.cleaned.get("revision"))
        body = self.facets_serializer().to_representation(facets(query, parameters))
        return Answer(query.revision, orjson.dumps(body))

    # Details

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """The version in force now or, with `revision`, the one in force then."""
        asked = self.detail_parameters(request.GET).cleaned
        revision, body = self.found(id, asked.get("revision"))
        if "fields" in asked or "omit" in asked:
            body = self.thinned(body, asked)
        return Answer(revision, body.encode())

    def found(self, id: str, asked: int | None) -> tuple[int, str]:
        """The number of the revision that is shown, and the document in force then."""
        found = fetch(self.detail_sql, [id[:60], asked, asked])
        newest, body = found[0] if found else (0, None)
        revision = shown_revision(asked, newest)
        if body is None:
            raise self.absent(id, revision)
        return revision, body

    def absent(self, id: str, revision: int) -> Problem:
        """Withdrawn, or never there; drafts are as absent as anything."""
        changes = Change.objects.filter(kind=self.model.KIND, public_id=id[:60])
        last = changes.filter(revision__lte=revision).order_by("-revision_id").first()
        if last is not None and last.action == Action.WITHDRAWN:
            return Problem(
                410,
                "withdrawn",
                "Withdrawn",
                f"{id} was withdrawn in revision {last.revision_id}: {last.reason}",
                withdrawn={
                    "id": id,
                    "revision": last.revision_id,
                    "reason": last.reason,
                    "last_version": last.version,
                    "last_seen_in_revision": last.revision_id - 1,
                },
            )
        first = changes.order_by("revision_id").first()
        if first is not None:
            return Problem(
                404,
                "not_yet_published",
                "Not there yet",
                f"As of revision {revision} there was no {id}: revision {first.revision_id} "
                f"published it.",
            )
        return Problem(
            404,
            "not_found",
            "No such record",
            f"There is no {self.model.KIND} `{id[:60]}`. Ids look like "
            f"{self.model.PREFIX}-7k3m9q2x.",
        )

    # Citations

    @action(detail=True, url_path="cite")
    def citation(self, request: Request, id: str) -> HttpResponse:
        """How to cite the record, or with `figure` one figure of it: in JSON every style, with
        `style` that one. The link gives the record as this revision has it, byte for byte."""
        asked = self.citation_parameters(request.GET).cleaned
        revision, body = self.found(id, asked.get("revision"))
        cited = record_citation(
            request,
            f"/api/v1/{self.basename}/{id}/",
            orjson.loads(body),
            published(revision),
            asked.get("figure"),
        )
        return cited.answer(request.accepted_renderer.format)

    @action(detail=False, url_path="cite")
    def query_citation(self, request: Request) -> HttpResponse:
        """How to cite the answer to a question, which is asked with the same conditions as the
        list. The link gives that list as this revision has it."""
        parameters = self.query_citation_parameters(request.GET)
        query = self.query(parameters, parameters.cleaned.get("revision"))
        cited = self.cited_query(request, query.selection().count(), published(query.revision))
        return cited.answer(request.accepted_renderer.format)

    def cited_query(self, request: Request, count: int, revision: Revision) -> Citation:
        conditions = self.conditions_asked(request)
        return query_citation(
            request,
            self.basename,
            f"/api/v1/{self.basename}/",
            conditions,
            digest(conditions),
            count,
            revision,
        )

    # Versions

    @action(detail=True)
    def versions(self, request: Request, id: str) -> HttpResponse:
        """Every published version, oldest first, each with what it changed and why."""
        asked = self.versions_parameters(request.GET).cleaned
        revision = shown_revision(asked.get("revision"), RevisionCounter.number())
        results = published_versions(self.model, id, revision)
        if not results:
            raise self.absent(id, revision)
        url = f"{base_url(request)}/api/v1/{self.basename}/{id}/"
        for result in results:
            result["url"] = f"{url}?revision={result['published_in']}"
        return Answer(
            revision,
            envelope(
                revision,
                len(results),
                None,
                None,
                b",".join(
                    orjson.dumps(result)
                    for result in self.versions_serializer.to_representation(results)
                ),
            ),
        )


def named_revision(asked: dict[str, Any], cursor: Cursor | None) -> int | None:
    """The revision that a question names, by itself or by its cursor."""
    revision = asked.get("revision")
    if cursor is None:
        return revision
    if revision not in (None, cursor.revision):
        raise cursor_elsewhere(cursor.revision)
    return cursor.revision


def cursor_elsewhere(revision: int) -> Problem:
    return InvalidParameters(
        [
            ParameterError(
                "revision",
                "cursor_of_another_revision",
                f"The cursor walks revision {revision}: leave `revision` out, or begin again "
                f"without the cursor.",
                str(revision),
            )
        ]
    )


def page_edges(
    page: list[Any], page_size: int, cursor: Cursor | None, revision: int, ordering: str
) -> tuple[Cursor | None, Cursor | None]:
    """The cursors before and after the page; drops the row that was read only to look ahead."""
    more = len(page) > page_size
    if more:
        page.pop()
    if not page:
        return None, None
    backward = cursor is not None and cursor.backward
    first, last = (page[-1], page[0]) if backward else (page[0], page[-1])

    def at(row: Any, back: bool) -> Cursor:
        key = row[1].isoformat() if hasattr(row[1], "isoformat") else row[1]
        return Cursor(revision, ordering, back, key, row[2], *row[3:])

    has_before = more if backward else cursor is not None
    has_after = True if backward else more
    return (
        at(first, True) if has_before else None,
        at(last, False) if has_after else None,
    )
