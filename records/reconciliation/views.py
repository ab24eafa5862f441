"""The reconciliation service of a vocabulary: Reconciliation Service API 0.2."""

from typing import Any

import orjson
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from aidapi.addresses import base_url
from aidapi.errors import InvalidParameters, Problem
from aidapi.views import Page
from records.reconciliation.manifest import Json, described, manifest, page_address
from records.reconciliation.matching import Candidate, index_of
from records.reconciliation.requests import (
    MAX_LIMIT,
    Reader,
    extension,
    invalid,
    no_jsonp,
    parameters_of,
    the_one_parameter,
)
from records.reconciliation.vocabularies import Entry, Property, Type, Vocabulary

PER_PAGE = 20
"""Number of suggestions of a response."""


@method_decorator(csrf_exempt, name="dispatch")
class VocabularyPage(Page):
    """A part of the service of a vocabulary. Problems are JSON, also of previews."""

    vocabulary: Vocabulary = None  # type: ignore[assignment]  # the route names it

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        revision, self.index = index_of(self.vocabulary)
        try:
            response: Any = super().dispatch(request, *args, **kwargs)
        except Problem as problem:
            return problem.response()
        response["Dataset-Revision"] = str(revision)
        return response

    def json(self, body: Json) -> HttpResponse:
        return HttpResponse(orjson.dumps(body), content_type="application/json")

    def types_of(self, entry: Entry) -> list[Json]:
        types = self.index.types
        return [{"id": one, "name": types[one].name} for one in entry.types]


class Service(VocabularyPage):
    """Manifest, reconciliation queries and data extension. A POST reads as a GET does, and exists
    because queries can be longer than an address."""

    http_method_names = ["get", "head", "options", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        requested = the_one_parameter(parameters_of(request))
        if requested is None:
            if request.method == "POST":
                raise invalid("queries", "missing", "Missing: give `queries`, or `extend`.")
            return self.json(manifest(base_url(request), self.vocabulary, self.index.types))
        name, text = requested
        return self.json(
            {"queries": self.batch, "query": self.single, "extend": self.extend}[name](text)
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        response = self.get(request)
        response["Cache-Control"] = "no-store"
        return response

    def batch(self, text: str) -> Json:
        queries = Reader(self.vocabulary, self.index).batch(text)
        return {key: self.result(self.index.candidates(one)) for key, one in queries.items()}

    def single(self, text: str) -> Json:
        query = Reader(self.vocabulary, self.index).single(text)
        return self.result(self.index.candidates(query))

    def result(self, candidates: list[Candidate]) -> Json:
        return {
            "result": [
                {
                    "id": one.entry.code,
                    "name": one.entry.name,
                    "description": one.entry.description,
                    "type": self.types_of(one.entry),
                    "score": one.score,
                    "features": [
                        {"id": "exact_name", "value": one.exact},
                        {"id": "properties_confirmed", "value": one.confirmed},
                    ],
                    "match": one.match,
                }
                for one in candidates
            ]
        }

    def extend(self, text: str) -> Json:
        ids, properties = extension(self.vocabulary, self.index, text)
        return {
            "meta": [column(one) for one in properties],
            "rows": {code: self.row(code, properties) for code in ids},
        }

    def row(self, code: str, properties: list[Property]) -> Json:
        """Return the values of an entry; of a code that does not exist none."""
        entry = self.index.entry(code)
        return {one.id: entry.values[one.id] if entry else [] for one in properties}


def column(one: Property) -> Json:
    kind = {"type": {"id": one.of_type.id, "name": one.of_type.name}} if one.of_type else {}
    return {"id": one.id, "name": one.name, **kind}


class Suggest(VocabularyPage):
    """Suggestions as one types. Parameters that it does not know are ignored: the text fields of
    OpenRefine add those of their own library."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if "callback" in request.GET:
            raise InvalidParameters([no_jsonp()])
        prefix = request.GET.get("prefix")
        if prefix is None:
            raise invalid("prefix", "missing", "Missing: give what was typed.")
        found = self.found(kind, prefix, request)
        skipped = number(request, "cursor", minimum=0, default=0)
        return self.json({"result": found[skipped : skipped + PER_PAGE]})

    def found(self, kind: str, prefix: str, request: HttpRequest) -> list[Json]:
        if kind == "entity":
            types = [one for one in request.GET.getlist("type") if one in self.index.types]
            return [
                {
                    "id": one.code,
                    "name": one.name,
                    "description": one.description,
                    "notable": self.types_of(one),
                }
                for one in self.index.suggestions(prefix, types)
            ]
        if kind == "type":
            types_of_all = self.index.types
            return [
                described(one, types_of_all)
                for one in types_of_all.values()
                if begins(prefix, one)
            ]
        return [
            {"id": one.id, "name": one.name, "description": one.description}
            for one in self.vocabulary.properties
            if begins(prefix, one)
        ]


def begins(prefix: str, one: Type | Property) -> bool:
    """Return whether id or name of a type or property begins with a prefix, in any case."""
    begun = prefix.strip().lower()
    return one.id.startswith(begun) or one.name.lower().startswith(begun)


def number(request: HttpRequest, name: str, *, minimum: int, default: int) -> int:
    """Return a whole number among the parameters."""
    given = request.GET.get(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not minimum <= int(given[:9]):
        raise invalid(name, "not_a_number", f"Not a whole number: give one from {minimum}.")
    return int(given[:9])


class Flyout(VocabularyPage):
    """A few lines of HTML about an entry, a type or a property, as JSON."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        wanted = one_id(request)
        one: Entry | Type | Property | None
        if kind == "entity":
            one = self.index.entry(wanted)
        else:
            types = self.index.types
            one = types.get(wanted) if kind == "type" else self.vocabulary.property(wanted)
        if one is None:
            raise absent(kind, wanted)
        context = {"one": one}
        html = render_to_string("records/reconciliation/flyout.html", context)
        return self.json({"id": wanted, "html": html.strip()})


@method_decorator(csp_replace({"frame-ancestors": ["*"]}), name="dispatch")
@method_decorator(xframe_options_exempt, name="dispatch")
class Preview(VocabularyPage):
    """Page about an entry that other sites may show in a frame: it has no forms, and reads no
    cookies."""

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = one_id(request)
        entry = self.index.entry(wanted)
        if entry is None:
            raise absent("entity", wanted)
        context = {
            "entry": entry,
            "types": self.types_of(entry),
            "address": page_address(entry.code, self.vocabulary),
        }
        return render(request, "records/reconciliation/preview.html", context)


class Properties(VocabularyPage):
    """Properties that data extension offers; every type has the same."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if "callback" in request.GET:
            raise InvalidParameters([no_jsonp()])
        wanted = request.GET.get("type") or self.vocabulary.root.id
        if wanted not in self.index.types:
            valid = ", ".join(self.index.types)
            raise invalid("type", "unknown_type", f"Unknown type; valid types: {valid}.")
        limit = number(request, "limit", minimum=1, default=MAX_LIMIT)
        return self.json(
            {
                "type": wanted,
                "limit": limit,
                "properties": [column(one) for one in self.vocabulary.properties[:limit]],
            }
        )


def one_id(request: HttpRequest) -> str:
    if "callback" in request.GET:
        raise InvalidParameters([no_jsonp()])
    wanted = request.GET.get("id", "")
    if not wanted:
        raise invalid("id", "missing", "Missing: give the id, such as the code of a party.")
    return wanted


def absent(kind: str, wanted: str) -> Problem:
    return Problem(404, "not_found", f"No such {kind}", f"There is no {kind} `{wanted[:60]}`.")
