"""What crawlers may visit, and where the pages of records are listed for them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap, x_robots_tag
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator

from aidapi.addresses import base_url, origin, site_path
from aidapi.views import Page
from records.api.addresses import PLURALS
from records.api.views.series import point_rows
from records.models import (
    DATED,
    KINDS,
    Item,
    Party,
    Record,
    Revision,
    VocabularyEntry,
)
from records.query.revisions import latest_revision
from records.site.addresses import page_of

TABLES = ("browse", *(f"browse-{PLURALS[kind]}" for kind in KINDS))
PAGES = (
    *("home", *TABLES, "guide", "how-we-count", "dictionary", "charts", "releases", "docs"),
    *("reference", "about", "changes", "corrections"),
)
"""Names of the routes of pages that are worth finding, beside those of records."""
PER_SITEMAP = 10_000
"""Addresses of one sitemap; the protocol allows 50,000."""


class SiteSitemap(Sitemap):
    """A sitemap whose addresses begin with PUBLIC_URL, if that is set."""

    limit = PER_SITEMAP

    def __init__(self, request: HttpRequest) -> None:
        self.protocol, _, self.domain = origin(request).partition("://")

    def get_domain(self, site: Any = None) -> str:
        return self.domain


class PageSitemap(SiteSitemap):
    """The pages that say what the dataset is and how it is read."""

    def items(self) -> Iterable[str]:
        return PAGES

    def location(self, item: Any) -> str:
        return reverse(item)


class PartySitemap(SiteSitemap):
    """The pages of parties, without codes that others replace."""

    model: type[VocabularyEntry] = Party

    def items(self) -> Any:
        entries = self.model.objects.filter(replaced_by=None)
        return entries.order_by("code").values_list("code", flat=True)

    def location(self, item: Any) -> str:
        return page_of(self.model.KIND, item)


class ItemSitemap(PartySitemap):
    """The pages of items."""

    model = Item


class SeriesSitemap(SiteSitemap):
    """The pages of series."""

    def items(self) -> Any:
        rows = point_rows(latest_revision(), list(DATED))
        return sorted({row["series"] for row in rows})

    def location(self, item: Any) -> str:
        return page_of("series", item)


class RecordSitemap(SiteSitemap):
    """The pages of the records of one kind that are in force."""

    def __init__(self, request: HttpRequest, model: type[Record]) -> None:
        super().__init__(request)
        self.model = model

    def items(self) -> Any:
        rows = self.model._default_manager.in_force(latest_revision())
        return rows.order_by("public_id").values_list("public_id", "published_in__published_at")

    def location(self, item: Any) -> str:
        return page_of("record", item[0])

    def lastmod(self, item: Any) -> date:
        return item[1].date()

    def get_latest_lastmod(self) -> datetime | None:
        """Not the latest of all rows: what is in force may have changed by a withdrawal, too."""
        times = Revision.objects.order_by("-number").values_list("published_at", flat=True)
        return times.first()


def sitemaps(request: HttpRequest) -> dict[str, Any]:
    """Return the sitemaps by the name that their addresses have."""
    return {
        "pages": PageSitemap(request),
        "parties": PartySitemap(request),
        "items": ItemSitemap(request),
        "series": SeriesSitemap(request),
        **{PLURALS[kind]: RecordSitemap(request, model) for kind, model in KINDS.items()},
    }


class Robots(Page):
    """robots.txt: everything may be visited but the admin, the API and the tables with filters,
    of which there is no end."""

    def get(self, request: HttpRequest) -> HttpResponse:
        path = site_path()
        lines = [
            "User-agent: *",
            # The description of the dataset, which data catalogues harvest. It comes first: in
            # RFC 9309 the longest rule decides, in Python's robotparser the first.
            f"Allow: {path}/api/v1/metadata/",
            f"Disallow: {path}/api/",
            f"Disallow: {path}/admin/",
            f"Disallow: {path}/browse/*?",
            f"Disallow: {path}/browse/*facets/",
            "",
            f"Sitemap: {base_url(request)}/sitemap.xml",
            "",
        ]
        return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@method_decorator(x_robots_tag, name="get")
class SitemapIndex(Page):
    """sitemap.xml: the addresses of all sitemaps."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = []
        for name, each in sitemaps(request).items():
            address = f"{origin(request)}{reverse('sitemap', args=[name])}"
            found += [
                {
                    "location": address if number == 1 else f"{address}?p={number}",
                    "last_mod": each.get_latest_lastmod(),
                }
                for number in each.paginator.page_range
            ]
        return TemplateResponse(
            request, "sitemap_index.xml", {"sitemaps": found}, content_type="application/xml"
        )


class SitemapPage(Page):
    """The addresses of pages or of records of one kind, with the day of their revision."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return sitemap(request, sitemaps(request), section=name)


class Favicon(Page):
    """The address at which programs look for an icon without reading the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(static("aidapi/icon.svg"))
