"""Addresses of the releases."""

from django.urls import path

from records.releases.views import FileOfRelease, Latest, ReleasePage, Releases, ReleasesFeed

urlpatterns = [
    path("", Releases.as_view(), name="releases"),
    path("feed.atom", ReleasesFeed.as_view(), name="releases-feed"),
    path("latest/", Latest.as_view(), name="latest-release"),
    path("latest/<path:path>", Latest.as_view(), name="latest-file"),
    path("<str:name>/", ReleasePage.as_view(), name="release"),
    path("<str:name>/<path:path>", FileOfRelease.as_view(), name="release-file"),
]
