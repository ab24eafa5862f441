from django.urls import path
from ninja import NinjaAPI

from benchmarks.peers.ninja.api import router

api = NinjaAPI()
api.add_router("/donations", router)

urlpatterns = [path("api/v1/", api.urls)]
