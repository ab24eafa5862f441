"""The router, one line per resource: the table of contents of the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from records.api.resources.changes import ChangeViewSet
from records.api.resources.contracts import ContractViewSet
from records.api.resources.donations import DonationViewSet
from records.api.resources.exports import ExportViewSet
from records.api.resources.items import ItemViewSet
from records.api.resources.parties import PartyViewSet
from records.api.resources.revisions import RevisionViewSet
from records.api.resources.series import SeriesViewSet
from records.api.resources.statements import StatementViewSet
from records.api.views.coverage import Coverage
from records.api.views.dataset import Dataset, DatasetCitation
from records.api.views.index import Index

router = SimpleRouter()
router.register("statements", StatementViewSet, "statements")
router.register("donations", DonationViewSet, "donations")
router.register("exports", ExportViewSet, "exports")
router.register("contracts", ContractViewSet, "contracts")
router.register("parties", PartyViewSet, "parties")
router.register("items", ItemViewSet, "items")
router.register("series", SeriesViewSet, "series")
router.register("revisions", RevisionViewSet, "revisions")
router.register("changes", ChangeViewSet, "changes")

urlpatterns = [
    path("", Index.as_view({"get": "retrieve"}, registry=router.registry), name="index"),
    path("coverage/", Coverage.as_view({"get": "retrieve"}), name="coverage"),
    path("cite/", DatasetCitation.as_view({"get": "retrieve"}), name="cite"),
    path("metadata/", Dataset.as_view({"get": "retrieve"}), name="metadata"),
    *router.urls,
]
