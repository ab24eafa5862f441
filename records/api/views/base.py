"""Bases of all views: strict parameters, content negotiation, and common headers."""

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.views import APIView

from aidapi.deprecation import deprecates, deprecations_used, headers
from aidapi.negotiation import JSON_ONLY, Negotiation, renderers_of
from aidapi.parameters import Parameter, ParameterSet
from aidapi.renderers import JSONRenderer
from records.api.licence import LICENCE
from records.api.parameter_sets import forms_of, of_form
from records.api.resource import RecordResource, Resource
from records.query.filters import RecordFilter
from records.query.planner import RecordQuery

READING = ("GET", "HEAD")
NO_PARAMETERS = QueryDict("")
LICENCE_LINK = f'<{LICENCE["url"]}>; rel="license"'
PRESENTATION = frozenset({"format", "revision"})
"""Parameters beside the filters that change how records are shown, not which."""


class DatasetResponse(HttpResponse):
    """JSON with the number of the revision that it shows."""

    def __init__(self, revision: int, body: bytes) -> None:
        super().__init__(body, content_type="application/json")
        self.headers["Dataset-Revision"] = str(revision)


class DatasetView(APIView):
    """Read-only view of the dataset. Its docstring describes the operation in the OpenAPI
    document, so it addresses the users of the API."""

    http_method_names = ["get", "head", "options"]
    content_negotiation_class = Negotiation
    many: ClassVar[bool] = False
    """Whether the response is a list in an envelope."""
    examples: Any = {}
    lookup_field: Any = ""
    lookup_parameter: Any = None
    tombstones: Any = False
    versioned: Any = True
    """Whether past revisions can be requested."""
    form: Any = None
    """The only representation at this address; where it is None, the request selects one."""
    parsed: ParameterSet
    """The parameters of the request, once `parse` has read them."""

    @property
    def parameters(self) -> Any:
        """The set of query parameters."""
        raise NotImplementedError

    @property
    def accepted_parameters(self) -> Any:
        """The set of query parameters of this address."""
        return self.parameters if self.form is None else of_form(self.parameters, self.form)

    @property
    def documented_parameters(self) -> Any:
        """The set of query parameters of the operation, which has one representation."""
        return of_form(self.parameters, self.form or JSONRenderer)

    @property
    def forms(self) -> Sequence[Any]:
        """The representations with addresses of their own."""
        return forms_of(self.parameters)

    @property
    def serializer_class(self) -> Any:
        """The serializer of the response, or of each result in it."""
        raise NotImplementedError

    @property
    def operation_id(self) -> str:
        raise NotImplementedError

    @property
    def summary(self) -> str:
        raise NotImplementedError

    @property
    def tag(self) -> str:
        raise NotImplementedError

    @property
    def tag_description(self) -> str:
        return ""

    def get_view_name(self) -> str:
        return self.summary

    def get_renderers(self) -> Sequence[Any]:  # type: ignore[override]
        """Return a renderer for each representation that the parameters can name."""
        if self.request.method not in READING:
            return JSON_ONLY
        return renderers_of(self.parameters)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response. To read, nobody signs in, and nothing is sent: such requests have
        no use for DRF's wrapper of a request, authentication, permissions and throttles."""
        if request.method not in READING:
            return super().dispatch(request, *args, **kwargs)
        if not request.META.get("QUERY_STRING"):
            # Reading nothing would cost a tenth of what finding a record costs.
            request.GET = NO_PARAMETERS
        self.request, self.args, self.kwargs = request, args, kwargs
        self.headers = self.default_response_headers
        try:
            # An address of one representation returns it whatever the client accepts.
            request.accepted_renderer = (
                Negotiation().select_renderer(request, self.get_renderers())[0]
                if self.form is None
                else self.form()
            )
            response = self.get(request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        return self.finalize_response(request, response, *args, **kwargs)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response to GET and HEAD."""
        raise NotImplementedError

    def parse(self, request: Request) -> ParameterSet:
        """Return the parameters of the request, or raise what is wrong with them."""
        self.parsed = self.accepted_parameters(request.GET)
        return self.parsed

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response with its licence and, if Accept selected its format, Vary."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method not in READING:
            return response
        parameters = self.parameters
        if deprecates(parameters, self.serializer_class):
            used = deprecations_used(parameters, self.serializer_class, request.GET)
            for name, value in headers(used).items():
                response[name] = value
        if self.form is None and len(renderers_of(parameters)) > 1:
            patch_vary_headers(response, ["Accept"])
        if response.has_header("Dataset-Revision"):
            given = self.parsed.given
            # A request that names its revision always has the same response.
            response.pinned = self.versioned and ("revision" in given or "cursor" in given)
            links = [LICENCE_LINK, *self.links(int(response["Dataset-Revision"]))]
            if response.has_header("Link"):
                # Some readers of files look at the first link only.
                links.insert(0, response["Link"])
            response["Link"] = ", ".join(links)
        return response

    def links(self, revision: int) -> Sequence[str]:
        """Return further values of the Link header."""
        return ()


class ResourceView(DatasetView):
    """View of one resource, which `as_view(resource=…)` names. In a subclass `operation` and
    `title` are templates of the operation's id and summary."""

    resource: Any = None
    operation: ClassVar[str]
    title: ClassVar[str]

    @property
    def serializer_class(self) -> Any:
        return self.resource.serializer_class

    @property
    def operation_id(self) -> str:
        return self.operation.format(
            Noun=self.resource.noun.title(), Nouns=self.resource.name.title()
        )

    @property
    def summary(self) -> str:
        return self.title.format(noun=self.resource.noun, nouns=self.resource.name)

    @property
    def tag(self) -> str:
        return self.resource.name

    @property
    def tag_description(self) -> str:
        return self.resource.description

    @property
    def examples(self) -> dict[str, str]:
        return self.resource.examples

    @property
    def versioned(self) -> bool:
        return self.resource.versioned


class DocumentView(ResourceView):
    """View of one document of a resource."""

    @property
    def lookup_field(self) -> str:
        return self.resource.lookup_field

    @property
    def lookup_parameter(self) -> Parameter | None:
        return self.resource.lookup_parameter

    @property
    def tombstones(self) -> bool:
        return self.resource.tombstones


def about(resource: Resource, view: type) -> str:
    """Return the description of a list: what it holds, and how it is returned."""
    return f"{resource.description}\n\n{inspect.getdoc(view)}"


def record_query(
    resource: RecordResource, parameters: ParameterSet, revision: int | None
) -> RecordQuery:
    """Return the query for the records that match the filters among the parameters."""
    filters: dict[str, tuple[RecordFilter, Any]] = {}
    for name, value in parameters.cleaned.items():
        parameter = parameters.base_filters[name]
        if isinstance(parameter, RecordFilter):
            filters[name] = parameter, value
    return RecordQuery(resource.model, filters, revision)


def filters_given(resource: RecordResource, parameters: ParameterSet) -> dict[str, str]:
    """Return the filters of a request as they were sent."""
    names = resource.filters.base_filters
    return {
        name: text
        for name, text in parameters.given.items()
        if name in names and name not in PRESENTATION
    }
