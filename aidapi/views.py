"""The OpenAPI document, its two readers, and what probes ask. None of it knows a record."""

from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rest_framework.request import Request
from rest_framework.views import APIView

from aidapi.checks import sqlite_is_sound
from aidapi.errors import Problem
from aidapi.parameters import ParameterSet
from aidapi.problems import FAILURES
from aidapi.renderers import JSONRenderer, YAMLRenderer
from aidapi.schema import document


# Nothing is written here, so a wrong method is a 405 before any question of tokens.
@method_decorator(csrf_exempt, name="dispatch")
class Page(View):
    """A page that is only read."""

    http_method_names = ["get", "head", "options"]


# --- The OpenAPI document


@cache
def served(renderer: type[Any], public_url: str) -> bytes:
    """The document as it is sent, rendered once per process."""
    schema = document()
    if public_url:
        schema = schema | {"servers": [{"url": public_url}]}
    return renderer().render(schema)


class OpenApiJson(APIView):
    schema = None  # the document does not describe itself
    http_method_names = ["get", "head", "options"]
    renderer_classes: Any = [JSONRenderer]

    def get(self, request: Request) -> HttpResponse:
        ParameterSet(request.GET)
        renderer = self.renderer_classes[0]
        body = served(renderer, settings.PUBLIC_URL)
        return HttpResponse(body, content_type=renderer.media_type)


class OpenApiYaml(OpenApiJson):
    renderer_classes: Any = [YAMLRenderer]


# --- Its readers


# Swagger UI writes style attributes and Redoc whole style elements while they run. Styles only:
# scripts stay ours.
@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class Docs(Page):
    """Swagger UI, with what each kind of problem means below it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "aidapi/docs.html", {"failures": FAILURES.items()})


@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class Reference(Page):
    """Redoc."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "aidapi/reference.html")


# --- Probes


class Live(Page):
    """The process answers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"status": "ok"})


class Ready(Page):
    """The process can serve: database reachable, migrated, guarded, on a sound library."""

    def get(self, request: HttpRequest) -> HttpResponse:
        faults = not_ready()
        if faults:
            return Problem(503, "not_ready", "Not ready", " ".join(faults)).response()
        return JsonResponse({"status": "ok"})


class Metrics(Page):
    """What this process has counted, for Prometheus; in production only if METRICS says so."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.METRICS:
            raise Http404
        return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def not_ready() -> list[str]:
    """What keeps this process from serving, in sentences without secrets."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            return ["The database is not migrated: run manage.py migrate."]
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    except (DatabaseError, ImproperlyConfigured):
        return ["The database does not answer."]
    return [
        f"{message.msg} {message.hint or ''}".strip()
        for message in [*sqlite_is_sound(), *found]
        if message.level >= checks.WARNING
    ]
