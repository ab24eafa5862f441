"""The pages for people: the table of contents of the site beside the API."""

from django.urls import path

from records.pages.counting import HowWeCount
from records.pages.dictionary import Dictionary
from records.pages.guide import Guide
from records.pages.home import Home
from records.pages.records import RecordPage
from records.urls import router

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("guide/", Guide.as_view(), name="guide"),
    path("how-we-count/", HowWeCount.as_view(), name="how-we-count"),
    path("dictionary/", Dictionary.as_view(registry=router.registry), name="dictionary"),
    path("records/<str:id>/", RecordPage.as_view(registry=router.registry), name="record-page"),
]
