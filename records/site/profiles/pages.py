"""Pages of parties, items and series."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from aidapi.addresses import base_url, origin
from aidapi.errors import Problem
from aidapi.parameters import IntegerField, Parameter, ParameterSet
from aidapi.views import Page
from records.models import Item, Party, RevisionCounter
from records.query.revisions import latest_revision, shown_revision
from records.site import addresses
from records.site.charts.pages import picture, preview_image
from records.site.charts.series import series_chart
from records.site.profiles.items import item_profile
from records.site.profiles.nearest import unknown
from records.site.profiles.parties import party_profile
from records.site.profiles.series import series_profile
from records.site.record import refusal
from records.site.social import preview_text


class Profile(Page):
    """Page about a party, item or series, or one that says that there is none."""

    template: ClassVar[str]
    kind: ClassVar[str]

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            found = self.found(request, key)
        except Problem as problem:
            return refusal(request, problem)
        if isinstance(found, HttpResponse):
            return found
        chart = found["chart"]
        page = {
            **found,
            **(picture(chart) if chart else {}),
            "canonical": origin(request) + addresses.page_of(self.kind, key),
            "description": preview_text(self.about(found)),
            "preview_image": preview_image(request, chart) if chart else "",
        }
        response = render(request, self.template, page)
        response["Dataset-Revision"] = str(found["revision"])
        # Read by CacheMiddleware.
        response.pinned = "revision" in request.GET  # type: ignore[attr-defined]
        return response

    def found(self, request: HttpRequest, key: str) -> Any:
        """Return what the page shows, or another response."""
        raise NotImplementedError

    def about(self, found: dict[str, Any]) -> str:
        """Return in a sentence what the page is about."""
        raise NotImplementedError


class EntryPage(Profile):
    """Page of an entry of a vocabulary, as it is now. A code that another replaces leads there."""

    model: ClassVar[Any]

    def profile(self, entry: Any, revision: int) -> dict[str, Any]:
        """Return what the page shows of the entry."""
        raise NotImplementedError

    def found(self, request: HttpRequest, key: str) -> Any:
        ParameterSet(request.GET)
        revision = latest_revision()
        entry = self.model.objects.filter(code=key[:60]).first()
        if entry is None:
            raise unknown(self.kind, key)
        if entry.replaced_by_id is not None:
            code = self.model.replacements()[entry.code]
            return HttpResponseRedirect(addresses.page_of(self.kind, code))
        return {"entry": entry, "revision": revision, **self.profile(entry, revision)}


class PartyPage(EntryPage):
    """Page of a party."""

    def about(self, found: dict[str, Any]) -> str:
        name = found["entry"].name
        return f"What {name} gave, received, exported and bought against COVID-19, with sources."

    template, kind, model = "records/party.html", "party", Party

    def profile(self, entry: Any, revision: int) -> dict[str, Any]:
        return party_profile(entry, revision)


class ItemPage(EntryPage):
    """Page of an item."""

    def about(self, found: dict[str, Any]) -> str:
        name = found["entry"].name
        return f"{name}: who gave, exported and bought how many against COVID-19, with sources."

    template, kind, model = "records/item.html", "item", Item

    def profile(self, entry: Any, revision: int) -> dict[str, Any]:
        return item_profile(entry, revision)


class SeriesPageParameters(ParameterSet):
    revision = Parameter(
        IntegerField(minimum=1, example="1"),
        "Number of a revision: the series as of that revision.",
    )


class SeriesPage(Profile):
    """Page of a series."""

    template, kind = "records/series.html", "series"

    def about(self, found: dict[str, Any]) -> str:
        chart = found["chart"]
        return " ".join([chart.title + ".", *chart.about, chart.source])

    def found(self, request: HttpRequest, key: str) -> Any:
        values = SeriesPageParameters(request.GET).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        chart = series_chart({"series": key, **values}, base_url(request))
        return {"revision": revision, "chart": chart, **series_profile(key, revision)}
