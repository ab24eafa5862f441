"""OpenAPI document, its two documentation pages, health checks and metrics."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import resolve
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from rest_framework.request import Request
from rest_framework.views import APIView

from aidapi import readiness, replicas
from aidapi.addresses import base_url, site_path
from aidapi.checks import sqlite_is_sound
from aidapi.document import published, slim
from aidapi.errors import RETRY_AFTER, Problem
from aidapi.parameters import ParameterSet
from aidapi.problems import FAILURES
from aidapi.renderers import JSONRenderer, YAMLRenderer
from aidapi.schema import document


# Read-only, so that a wrong method is 405, not a missing CSRF token.
@method_decorator(csrf_exempt, name="dispatch")
class Page(View):
    """Read-only page."""

    http_method_names = ["get", "head", "options"]


# --- The OpenAPI document


@lru_cache(8)
def served(make: Any, renderer: type[Any], server: str, path: str, home: str) -> tuple[bytes, str]:
    """Return the rendered document for a server and the site below a path, and its ETag. It is
    made once per process, and again if many hosts are requested in turn."""
    body = renderer().render(make(document(), server, path, home))
    return body, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


class OpenApiJson(APIView):
    """OpenAPI document as JSON."""

    schema = None  # the document does not describe itself
    http_method_names = ["get", "head", "options"]
    renderer_classes: Any = [JSONRenderer]
    make: Any = staticmethod(published)

    def get(self, request: Request) -> HttpResponse:
        ParameterSet(request.GET)
        renderer = self.renderer_classes[0]
        home = f"{base_url(request)}/" if settings.PUBLIC_URL else ""
        body, etag = served(self.make, renderer, base_url(request), site_path(), home)
        return HttpResponse(body, content_type=renderer.media_type, headers={"ETag": etag})


class OpenApiYaml(OpenApiJson):
    """OpenAPI document as YAML."""

    renderer_classes: Any = [YAMLRenderer]


class OpenApiSlim(OpenApiJson):
    """Slim OpenAPI document for assistants, as JSON."""

    make: Any = staticmethod(slim)


# --- Its documentation pages


REQUESTS = [
    ("donations", "listDonations", "getDonationSummary"),
    ("exports", "listExports", "getExportSummary"),
    ("contracts", "listContracts", "getContractSummary"),
]
"""Tag, operation that lists and operation that totals, of the requests that people try first."""


# Swagger UI adds style attributes and Redoc style elements at run time. Only styles: scripts must
# come from this site.
@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class Docs(Page):
    """Swagger UI, with an explanation of each kind of problem."""

    def get(self, request: HttpRequest) -> HttpResponse:
        content = {"failures": FAILURES.items(), "requests": REQUESTS}
        return render(request, "aidapi/docs.html", content)


@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class Reference(Page):
    """Redoc."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "aidapi/reference.html")


# --- Probes

PROBES = {"/livez", "/readyz", "/metrics"}


class ProbeMiddleware:
    """Answers probes before any middleware that looks at the host; nothing in their answers is
    made from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in PROBES:
            return self.get_response(request)
        match = request.resolver_match = resolve(request.path_info)
        return match.func(request, *match.args, **match.kwargs)


class Live(Page):
    """Liveness: the process responds."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"status": "ok"})


class Ready(Page):
    """The process can serve: the database is reachable, the right one, writable, migrated and
    guarded, on a sound library."""

    def get(self, request: HttpRequest) -> HttpResponse:
        faults = not_ready()
        if faults:
            problem = Problem(503, "not_ready", "Not ready", " ".join(faults))
            problem.headers |= {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
            return problem.response()
        return JsonResponse({"status": "ok"})


class Metrics(Page):
    """Metrics for Prometheus, of all processes that write to the same folder (aidapi.server); in
    production only if METRICS is set."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.METRICS:
            raise Http404
        replicas.measure()
        registry = REGISTRY
        if settings.METRICS_FOLDER:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, settings.METRICS_FOLDER)
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def not_ready() -> list[str]:
    """What keeps this process from serving, in sentences without secrets."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            return ["The database is not migrated: run manage.py migrate."]
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        unfit = list(readiness.faults())
    except (DatabaseError, ImproperlyConfigured):
        return ["The database does not answer."]
    return unfit + [
        f"{message.msg} {message.hint or ''}".strip()
        for message in [*sqlite_is_sound(), *found]
        if message.level >= checks.WARNING
    ]
