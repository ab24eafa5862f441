"""What the dataset is, how it is made, what it covers and what it does not, and the contact."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aidapi.addresses import origin
from aidapi.views import Page
from records.api.scope import scope_of
from records.query.revisions import latest_revision


class About(Page):
    """The dataset in words, as of its latest revision."""

    def get(self, request: HttpRequest) -> HttpResponse:
        revision = latest_revision()
        response = render(
            request,
            "records/about.html",
            {
                "revision": revision,
                "scope": scope_of(revision, named=True) if revision else None,
                "contact": settings.CONTACT,
                "is_mail": "@" in settings.CONTACT,
                "canonical": origin(request) + request.path,
            },
        )
        response["Dataset-Revision"] = str(revision)
        return response
