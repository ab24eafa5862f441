"""Pages, feed and files of the releases."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from aidapi.addresses import base_url, origin
from aidapi.renderers import Atom
from aidapi.views import Page
from records.api.licence import AUTHOR, LICENCE
from records.api.views.feeds import BEGINNING, Feed, tag, xml
from records.releases.serving import file_response
from records.releases.shelf import shelf

REVALIDATED = "public, no-cache"
CSVW_LINK = '<csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
SUGGESTED = 3
"""Releases that a page of a wrong address names."""


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Return a page that is the same for all clients, and changes with a new release."""
    response = render(request, template, context)
    response["Cache-Control"] = REVALIDATED
    return response


def missing(request: HttpRequest, path: str) -> HttpResponse:
    """Return the page of an address at which there is no release or file."""
    context = {"path": path, "releases": shelf().releases()[:SUGGESTED]}
    response: Any = render(request, "records/release_missing.html", context, status=404)
    response.explains_itself = True
    response["Cache-Control"] = "no-store"
    return response


class Releases(Page):
    """All releases, the latest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, "records/releases.html", {"releases": shelf().releases()})


class ReleasePage(Page):
    """The files of a release."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        release = shelf().find(name)
        if release is None:
            return missing(request, name)
        return page(request, "records/release.html", {"release": release})


class FileOfRelease(Page):
    """A file of a release: one that its checksums name, and no other."""

    def get(self, request: HttpRequest, name: str, path: str) -> HttpResponseBase:
        release = shelf().find(name)
        file = release.file(path) if release else None
        if release is None or file is None:
            return missing(request, f"{name}/{path}")
        response = file_response(request, file, release.digest(path), release.published_at)
        # Readers of CSV look at the first link only.
        links = [CSVW_LINK] if file.format == "csv" and path.startswith("csv/") else []
        response["Link"] = ", ".join([*links, f'<{LICENCE["url"]}>; rel="license"'])
        return response


class Latest(Page):
    """The way to the latest release, or to a file of it."""

    def get(self, request: HttpRequest, path: str = "") -> HttpResponse:
        releases = shelf().releases()
        if not releases or (path and releases[0].file(path) is None):
            return missing(request, f"latest/{path}")
        name = releases[0].name
        response = HttpResponseRedirect(
            reverse("release-file", args=[name, path]) if path else reverse("release", args=[name])
        )
        response["Cache-Control"] = REVALIDATED
        return response


class ReleasesFeed(Page):
    """Atom feed with an entry for each release."""

    def get(self, request: HttpRequest) -> HttpResponse:
        site = origin(request)
        releases = shelf().releases()
        atom = Feed(
            title="AidAPI, releases",
            link=f"{site}{reverse('releases')}",
            description="",
            subtitle="The whole dataset as files, as of a revision.",
            language="en",
            author_name=AUTHOR,
            author_link=f"{base_url(request)}/",
            feed_url=f"{site}{reverse('releases-feed')}",
            feed_guid=tag("releases"),
            feed_copyright=f"{LICENCE['name']}, {LICENCE['url']}",
            updated=releases[0].published_at if releases else BEGINNING,
            next=None,
            previous=None,
            license=LICENCE["url"],
        )
        for release in releases:
            atom.add_item(
                title=f"Release of revision {release.revision}, {release.day}",
                link=f"{site}{reverse('release', args=[release.name])}",
                description=xml(release.message),
                unique_id=tag(f"releases/{release.name}"),
                pubdate=release.published_at,
                updateddate=release.published_at,
            )
        body = atom.writeString("utf-8").encode()
        response = HttpResponse(body, content_type=f"{Atom.media_type}; charset=utf-8")
        response["Cache-Control"] = REVALIDATED
        return response
