"""The router, one line per resource: the table of contents of the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from records.api.changes import ChangeViewSet
from records.api.contracts import ContractViewSet
from records.api.coverage import Coverage
from records.api.dataset import Dataset, DatasetCitation
from records.api.donations import DonationViewSet
from records.api.exports import ExportViewSet
from records.api.home import Index
from records.api.items import ItemViewSet
from records.api.parties import PartyViewSet
from records.api.revisions import RevisionViewSet
from records.api.series import SeriesViewSet
from records.api.statements import StatementViewSet

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
