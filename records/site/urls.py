"""The pages for people: the table of contents of the site beside the API."""

from typing import Any

from django.urls import URLPattern, path

from records.api.resource import RecordResource
from records.api.resources.contracts import CONTRACTS
from records.api.resources.donations import DONATIONS
from records.api.resources.exports import EXPORTS
from records.api.resources.statements import STATEMENTS
from records.api.urls import RESOURCES
from records.site.about import About
from records.site.browse.views import Browse, Facets
from records.site.changes import Changes, RevisionPage
from records.site.charts.pages import ChartIndex, ChartPage, EmbedPage
from records.site.corrections import Corrections
from records.site.crawlers import Favicon, Robots, SitemapIndex, SitemapPage
from records.site.dictionary import Dictionary
from records.site.guide import Guide
from records.site.home import Home
from records.site.how_we_count import HowWeCount
from records.site.profiles.pages import ItemPage, PartyPage, SeriesPage
from records.site.record import RecordCard, RecordPage
from records.site.report import ReportPage

KINDS = (DONATIONS, EXPORTS, CONTRACTS, STATEMENTS)
"""The tables, in the order of their links."""


def browse_routes(name: str, of: tuple[RecordResource, ...]) -> list[URLPattern]:
    """Return the routes of a table and of its facets."""
    kinds: dict[str, Any] = {"resources": of, "every": KINDS}
    begin = f"{name.replace('-', '/')}/"
    return [
        path(begin, Browse.as_view(**kinds), name=name),
        path(f"{begin}facets/", Facets.as_view(**kinds), name=f"{name}-facets"),
    ]


urlpatterns = [
    path("", Home.as_view(), name="home"),
    *browse_routes("browse", KINDS),
    *(route for one in KINDS for route in browse_routes(f"browse-{one.name}", (one,))),
    path("guide/", Guide.as_view(), name="guide"),
    path("how-we-count/", HowWeCount.as_view(), name="how-we-count"),
    path("dictionary/", Dictionary.as_view(resources=RESOURCES), name="dictionary"),
    path("about/", About.as_view(), name="about"),
    path("changes/", Changes.as_view(), name="changes"),
    path("changes/<int:revision>/", RevisionPage.as_view(), name="revision-page"),
    path("corrections/", Corrections.as_view(), name="corrections"),
    path("records/<str:id>/", RecordPage.as_view(), name="record-page"),
    path("records/<str:id>/card.png", RecordCard.as_view(), name="record-card"),
    path("parties/<str:key>/", PartyPage.as_view(), name="party-page"),
    path("items/<str:key>/", ItemPage.as_view(), name="item-page"),
    path("series/<str:key>/", SeriesPage.as_view(), name="series-page"),
    path("charts/", ChartIndex.as_view(), name="charts"),
    path("charts/<str:name>/", ChartPage.as_view(), name="chart"),
    path("embed/<str:name>/", EmbedPage.as_view(), name="embed"),
    path("records/<str:id>/report/", ReportPage.as_view(), name="report"),
    path(
        "records/<str:id>/report/received/",
        ReportPage.as_view(received=True, http_method_names=["get", "head", "options"]),
        name="report-received",
    ),
    path("robots.txt", Robots.as_view(), name="robots"),
    path("sitemap.xml", SitemapIndex.as_view(), name="sitemaps"),
    path("sitemaps/<str:name>.xml", SitemapPage.as_view(), name="sitemap"),
    path("favicon.ico", Favicon.as_view(), name="favicon"),
]
