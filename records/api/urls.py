"""Routes of the API: the table of contents."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, path

from aidapi.renderers import form_path
from records.api.parameter_sets import forms_of
from records.api.resource import RecordResource, RowResource
from records.api.resources.changes import CHANGES
from records.api.resources.contracts import CONTRACTS
from records.api.resources.donations import DONATIONS
from records.api.resources.exports import EXPORTS
from records.api.resources.items import ITEMS
from records.api.resources.parties import PARTIES
from records.api.resources.revisions import REVISIONS
from records.api.resources.series import SERIES
from records.api.resources.statements import STATEMENTS
from records.api.views.citations import DatasetCitation, ListCitation, RecordCitation
from records.api.views.coverage import Coverage
from records.api.views.dataset import Dataset
from records.api.views.details import RecordDetail, RevisionDetail, VocabularyDetail
from records.api.views.facets import RecordFacets
from records.api.views.index import Index
from records.api.views.lists import ChangeList, RecordList, RowList, SeriesList, VocabularyList
from records.api.views.series import SeriesDetail
from records.api.views.totals import RecordTotals
from records.api.views.versions import RecordVersions

RESOURCES = [
    STATEMENTS,
    DONATIONS,
    EXPORTS,
    CONTRACTS,
    PARTIES,
    ITEMS,
    SERIES,
    REVISIONS,
    CHANGES,
]


def record_routes(of: RecordResource) -> list[URLPattern]:
    """Return the routes of a kind of record."""
    n = of.name
    totals = path(f"{n}/summary/", RecordTotals.as_view(resource=of), name=f"{n}-summary")
    return [
        path(f"{n}/", RecordList.as_view(resource=of), name=f"{n}-list"),
        path(f"{n}/facets/", RecordFacets.as_view(resource=of), name=f"{n}-facets"),
        path(f"{n}/cite/", ListCitation.as_view(resource=of), name=f"{n}-query-citation"),
        *([totals] if of.totals_parameters else []),
        path(f"{n}/<str:id>/", RecordDetail.as_view(resource=of), name=f"{n}-detail"),
        path(f"{n}/<str:id>/cite/", RecordCitation.as_view(resource=of), name=f"{n}-citation"),
        path(f"{n}/<str:id>/versions/", RecordVersions.as_view(resource=of), name=f"{n}-versions"),
    ]


def vocabulary_routes(of: RowResource) -> list[URLPattern]:
    n = of.name
    return [
        path(f"{n}/", VocabularyList.as_view(resource=of), name=f"{n}-list"),
        path(f"{n}/<str:code>/", VocabularyDetail.as_view(resource=of), name=f"{n}-detail"),
    ]


def form_routes(routes: Iterable[URLPattern]) -> Iterator[URLPattern]:
    """Yield the routes of the representations other than JSON."""
    for route in routes:
        callback: Any = route.callback
        view = callback.cls(**callback.initkwargs)
        for form in forms_of(view.parameters):
            yield path(
                form_path(str(route.pattern), form),
                callback.cls.as_view(**callback.initkwargs, form=form),
                name=f"{route.name}-{form.extension}",
            )


ROUTES = [
    path("", Index.as_view(resources=RESOURCES), name="index"),
    path("coverage/", Coverage.as_view(), name="coverage"),
    path("cite/", DatasetCitation.as_view(), name="cite"),
    path("metadata/", Dataset.as_view(), name="metadata"),
    *record_routes(STATEMENTS),
    *record_routes(DONATIONS),
    *record_routes(EXPORTS),
    *record_routes(CONTRACTS),
    *vocabulary_routes(PARTIES),
    *vocabulary_routes(ITEMS),
    path("series/", SeriesList.as_view(resource=SERIES), name="series-list"),
    path("series/<str:slug>/", SeriesDetail.as_view(resource=SERIES), name="series-detail"),
    path("revisions/", RowList.as_view(resource=REVISIONS), name="revisions-list"),
    path(
        "revisions/<str:number>/",
        RevisionDetail.as_view(resource=REVISIONS),
        name="revisions-detail",
    ),
    path("changes/", ChangeList.as_view(resource=CHANGES), name="changes-list"),
]
# First what is requested most: every pattern before it costs each request.
urlpatterns = [*ROUTES, *form_routes(ROUTES)]
