from django.urls import include, path
from rest_framework.routers import SimpleRouter

from benchmarks.peers.textbook.api import DonationViewSet

router = SimpleRouter()
router.register("donations", DonationViewSet, "donations")

urlpatterns = [path("api/v1/", include(router.urls))]
