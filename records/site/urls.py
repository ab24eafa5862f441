"""The pages for people: the table of contents of the site beside the API."""

from django.urls import path

from records.api.urls import RESOURCES
from records.site.crawlers import Favicon, Robots, SitemapIndex, SitemapPage
from records.site.dictionary import Dictionary
from records.site.guide import Guide
from records.site.home import Home
from records.site.how_we_count import HowWeCount
from records.site.record import RecordPage

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("guide/", Guide.as_view(), name="guide"),
    path("how-we-count/", HowWeCount.as_view(), name="how-we-count"),
    path("dictionary/", Dictionary.as_view(resources=RESOURCES), name="dictionary"),
    path("records/<str:id>/", RecordPage.as_view(), name="record-page"),
    path("robots.txt", Robots.as_view(), name="robots"),
    path("sitemap.xml", SitemapIndex.as_view(), name="sitemaps"),
    path("sitemaps/<str:name>.xml", SitemapPage.as_view(), name="sitemap"),
    path("favicon.ico", Favicon.as_view(), name="favicon"),
]
