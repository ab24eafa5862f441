"""The pages of tables: `/browse/` of all kinds, `/browse/donations/` and so on of one; and beside
each the page of its facets."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from aidapi.addresses import origin, site_path
from aidapi.errors import InvalidParameters, ParameterError, Problem
from aidapi.views import Page
from records.api.resource import RecordResource
from records.api.views.pages import read_page
from records.documents.serializers import placed
from records.query.coverage import counts_at
from records.query.revisions import latest_revision
from records.site.browse.empty import why_empty
from records.site.browse.every_kind import EveryKind
from records.site.browse.facets import SHOWN, facets_of, facets_path, first_facets
from records.site.browse.form import PAGE_SIZES, can_order_by_value, chips, form_of
from records.site.browse.named import called
from records.site.browse.parameters import page_parameters, query_of, takes_lists, without_errors
from records.site.browse.requests import code, other_forms
from records.site.browse.rows import columns_of, rows_of, usual_columns
from records.site.browse.state import (
    State,
    browse_address,
    browse_path,
    read_state,
    tidied,
    usable_state,
)
from records.site.browse.totals import TotalsInWords, totals_of
from records.site.record import refusal

Json = dict[str, Any]

COUNTED_AT_ONCE = 5_000
"""Maximum number of records that the kinds of a page have where it counts facets; of more, the
page of facets does."""
FACET_SECONDS = 2.0
"""Seconds after which the page of facets counts no further one; the others have a link."""


class BrowsePage(Page):
    """What the pages of tables and of facets share."""

    resources: ClassVar[tuple[RecordResource, ...]] = ()
    """The kinds that the page shows; `records.site.urls` passes them in."""
    every: ClassVar[tuple[RecordResource, ...]] = ()
    """All kinds."""
    faceted: ClassVar[bool] = False
    template: ClassVar[str]

    def get(self, request: HttpRequest) -> HttpResponse:
        resource = self.resources[0] if len(self.resources) == 1 else None
        usual = ",".join(usual_columns(resource))
        pairs = tidied(request.GET, takes_lists(self.resources), usual)
        if pairs != [(name, text) for name, texts in request.GET.lists() for text in texts]:
            query = urlencode(pairs, safe=",:")
            return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
        try:
            state = read_state(self.resources, request.GET, faceted=self.faceted)
            content = self.content(request, state)
        except InvalidParameters as problem:
            return self.refused(request, problem)
        except Problem as problem:
            return refusal(request, problem)
        response: Any = render(request, self.template, self.frame(request, state) | content)
        response["Dataset-Revision"] = str(content["revision"])
        if content.get("partial"):
            response["Cache-Control"] = "no-store"
        # As of the API: a request that names its revision always has the same response.
        response.pinned = bool({"revision", "cursor"} & request.GET.keys())
        return response

    def content(self, request: HttpRequest, state: State) -> Json:
        """Return what the page shows of the records, with the revision."""
        raise NotImplementedError

    def frame(self, request: HttpRequest, state: State) -> Json:
        """Return what the page shows whatever the records are."""
        return {
            "state": state,
            "resource": state.resource,
            "kinds": self.kinds(state),
            "chips": chips(state),
            "page_sizes": PAGE_SIZES,
            "canonical": origin(request) + state.path,
        }

    def kinds(self, state: State) -> list[Json]:
        """Return the tables to go to, with the parameters that each of them takes."""
        found = [
            {
                "name": "all kinds",
                "address": self.address(state, None),
                "shown": not state.resource,
            }
        ]
        return found + [
            {
                "name": resource.name,
                "address": self.address(state, resource),
                "shown": resource is state.resource,
            }
            for resource in self.every
        ]

    def address(self, state: State, resource: RecordResource | None) -> str:
        """Return the address of another table with the same filters, as far as it has them."""
        changes = dict.fromkeys(("cursor", "fields"))
        if resource is None:
            orderings = {"title", "-title", "published_in", "-published_in"}
            if state.given.get("ordering") not in orderings:
                changes["ordering"] = None
            return state.address_at(browse_path(None), changes)
        given = {name: text for name, text in state.given.items() if name not in changes}
        usable = without_errors(page_parameters(resource), query_of(given.items()))
        texts = {name: str(text) for name, text in usable.items()}
        return browse_address(browse_path(resource), texts)

    def refused(self, request: HttpRequest, problem: InvalidParameters) -> HttpResponse:
        """Return the page that says what is wrong with its address, with the rest as a form."""
        state = usable_state(self.resources, request.GET, problem.errors)
        facets = facets_of(state, first_facets(state), ())
        content = {
            "errors": [error_in_words(state, error, request) for error in problem.errors],
            "facets": facets,
            "form": form_of(state, facets),
        }
        page: Any = render(
            request, Browse.template, self.frame(request, state) | content, status=400
        )
        page.explains_itself = True
        return page


class Browse(BrowsePage):
    """A table of the records that pass the filters, with their totals and facets."""

    template = "records/browse/table.html"

    def content(self, request: HttpRequest, state: State) -> Json:
        page = read_page(request, state.parameters, lambda revision: rows_at(state, revision))
        documents = [orjson.loads(text) for text in placed(page.rows, site_path())]
        # Totals read the keys of all matching records where they need them: counting them is free.
        in_words = totals(state)
        counts = [(part.resource, part.query.count()) for part in state.parts]
        total = sum(n for _, n in counts)
        at_once = size(state, page.revision) <= COUNTED_AT_ONCE
        first = first_facets(state)
        facets = facets_of(state, first, first if at_once else ())
        forms = other_forms(state)
        return {
            "revision": page.revision,
            "page": page,
            "columns": [column for column in columns_of(state) if column.shown],
            "sorting": sorting(state),
            "rows": rows_of(state, documents),
            "count": total,
            "counts": counts,
            "totals": in_words,
            "facets": facets,
            "facets_address": "" if at_once else state.address_at(facets_path(state)),
            "form": form_of(state, facets),
            "why_empty": [] if total else why_empty(state, page.revision),
            "called": called(state.given.get("search", "")),
            "other_forms": forms,
            "drawn": [one for one, (_, n) in zip(forms, counts, strict=True) if n and one.charts],
            "code": code(request, state),
        }


class Facets(BrowsePage):
    """The values of filters with the number of records that each finds."""

    template = "records/browse/facets.html"
    faceted = True

    def content(self, request: HttpRequest, state: State) -> Json:
        values = state.parameters.cleaned
        rows_at(state, values.get("revision"))
        names = values.get("facets") or first_facets(state)
        facets = facets_of(state, names, names, values.get("limit", SHOWN), FACET_SECONDS)
        return {
            "revision": state.parts[0].query.revision,
            "facets": facets,
            "named": "facets" in values,
            "partial": not all(facet.counted for facet in facets),
            "hidden": [
                (name, text)
                for name, text in state.given.items()
                if name not in {facet.name for facet in facets}
            ],
            "back": state.address(),
        }


def rows_at(state: State, revision: int | None) -> Any:
    """Return the rows of a page as of a revision, by default the latest, and take its queries for
    everything else that the page shows."""
    if state.resource is None and revision is None:
        revision = latest_revision()
    state.parts = [part.at(revision) for part in state.parts]
    queries = [part.query for part in state.parts]
    return queries[0] if state.resource else EveryKind(queries)


def totals(state: State) -> list[TotalsInWords]:
    """Return the totals of each kind of the page that has any."""
    alone = state.resource is not None
    found = [totals_of(part, alone=alone) for part in state.parts]
    return [one for one in found if one is not None and one.totals]


def size(state: State, revision: int) -> int:
    """Return how many records the kinds of the page have, whatever is filtered by. It is known to
    the process, and what facets cost does not exceed it: the filter of a facet is left out."""
    models = [part.query.model for part in state.parts]
    return sum(counts_at(model.KIND, model, revision).dates.total() for model in models)


def sorting(state: State) -> dict[str, tuple[str, str]]:
    """Return column → its direction now (`aria-sort`), and the address that sorts by it."""
    usual = state.parameters.DEFAULT_ORDERING
    now = state.given.get("ordering", "" if "search" in state.given else usual)
    found = {}
    for column in columns_of(state):
        if column.ordering and (column.ordering != "value" or can_order_by_value(state)):
            first = column.ordering if column.ordering == "title" else f"-{column.ordering}"
            other = first.removeprefix("-") if first.startswith("-") else f"-{first}"
            wanted = other if now == first else first
            direction = {column.ordering: "ascending", f"-{column.ordering}": "descending"}
            found[column.field] = (
                direction.get(now, ""),
                state.address({"ordering": None if wanted == usual else wanted}),
            )
    return found


def error_in_words(state: State, error: ParameterError, request: HttpRequest) -> Json:
    """Return what is wrong with a parameter, and the address with what was probably meant."""
    given = ",".join(request.GET.getlist(error.parameter))
    address = ""
    if error.suggestion and error.code == "unknown_parameter":
        address = state.address({error.suggestion: given})
    elif error.suggestion and "," not in given:
        address = state.address({error.parameter: error.suggestion})
    return {
        "parameter": error.parameter,
        "detail": error.detail,
        "suggestion": error.suggestion,
        "address": address,
    }
