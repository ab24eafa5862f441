from django.urls import include, path
from rest_framework.routers import SimpleRouter

from benchmarks.textbook.api import DonationViewSet

router = SimpleRouter()
router.register("donations", DonationViewSet, "donations")

urlpatterns = [path("api/v1/", include(router.urls))]
