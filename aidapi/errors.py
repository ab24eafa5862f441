"""One error body for every failure: RFC 9457 problem details, as `application/problem+json`."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import structlog
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
)
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions, status

from aidapi.addresses import site_path
from aidapi.logs import request_id

log = structlog.get_logger("aidapi.errors")

MEDIA_TYPE = "application/problem+json"
TYPE = "/docs/#problem-"
"""Prefix of a problem's `type`, from the root of the site: an address that names the kind of
problem."""


@dataclass(frozen=True)
class ParameterError:
    """Error of one query parameter: what is wrong, and what would be right."""

    parameter: str
    code: str
    detail: str
    suggestion: str | None = None


class Problem(exceptions.APIException):
    """Failure that the client can handle: status, stable code, title, detail."""

    def __init__(
        self,
        status_code: int,
        code: str,
        title: str,
        detail: str,
        errors: Sequence[ParameterError] = (),
        **extra: Any,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status_code
        self.code = code
        self.title = title
        self.errors = errors
        self.extra = extra
        self.headers: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        return {
            "type": site_path() + TYPE + self.code,
            "title": self.title,
            "status": self.status_code,
            "detail": str(self.detail),
            "code": self.code,
            "request_id": request_id.get(),
            **self.extra,
            "errors": [asdict(error) for error in self.errors],
        }

    def response(self) -> HttpResponse:
        return HttpResponse(
            orjson.dumps(self.body()),
            status=self.status_code,
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


class InvalidParameters(Problem):
    def __init__(self, errors: Sequence[ParameterError]) -> None:
        names = ", ".join(dict.fromkeys(error.parameter for error in errors))
        super().__init__(
            status.HTTP_400_BAD_REQUEST,
            "invalid_parameters",
            "Invalid query parameters",
            f"The request was not executed; see `errors` for: {names}.",
            errors,
        )


LONGEST_CODE = 3
"""Letters of the longest codes that differ by a letter from each other."""


def nearest(
    word: str,
    known: Iterable[str],
    synonyms: Mapping[str, str] | None = None,
    *,
    exact_case: bool = False,
    cutoff: float = 0.6,
) -> str | None:
    """Return the known word that was probably meant, if one is similar: to what share of its
    letters `cutoff` says. Codes of few letters are never similar: KR is not UKR."""
    if len(word) > 100:
        # Not a typing error, and slow to compare.
        return None
    known = list(known)
    synonym = (synonyms or {}).get(word.lower())
    if synonym in known:
        return synonym
    if is_code(word):
        return next((one for one in known if one.lower() == word.lower()), None)
    matches = difflib.get_close_matches(
        word if exact_case else word.lower(),
        [one for one in known if not is_code(one)],
        n=1,
        cutoff=cutoff,
    )
    return matches[0] if matches else None


def is_code(word: str) -> bool:
    """Return whether a word is as short as a code of a country or currency."""
    return len(word) <= LONGEST_CODE and word.isalnum() and not word.isdigit()


GENERIC = {
    400: ("bad_request", "Bad request", "The request is malformed: check its host and URL."),
    403: ("forbidden", "Forbidden", "You do not have permission to do this."),
    404: (
        "not_found",
        "Not found",
        (
            "This URL does not exist. {site}/api/v1/ lists the endpoints, {site}/docs/ documents "
            "them."
        ),
    ),
    405: (
        "method_not_allowed",
        "Method not allowed",
        "This URL is read-only: use GET, HEAD or OPTIONS.",
    ),
    406: (
        "not_acceptable",
        "Not acceptable",
        "This URL has no such representation: leave out the Accept header, or accept */*.",
    ),
    429: (
        "too_many_requests",
        "Too many requests",
        "Your address has reached its rate limit: wait for the time in Retry-After.",
    ),
    503: (
        "unavailable",
        "Service unavailable",
        "The database is unavailable, or the query takes too long: try again, or add filters.",
    ),
    500: (
        "server_error",
        "Server error",
        "The server failed, and logged the error. Try again, or report the request id.",
    ),
}
"""Status → code, title and detail of problems without more to say; `{site}` is the path of the
site."""


REFUSAL = "aidapi.refusal"
"""Key of the problem with which a request is answered instead of being executed, or to its end."""
RETRY_AFTER = 5
"""Seconds after which to try again when the database is unavailable."""


def wants_page(request: HttpRequest) -> bool:
    """Return whether an error is to be read in a browser: outside the API, by what accepts
    HTML."""
    accepted = request.headers.get("Accept", "")
    return not request.path_info.startswith("/api/") and "text/html" in accepted


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a problem as a page for people in browsers, else as problem details."""
    if not wants_page(request):
        return problem.response()
    try:
        body = render_to_string("aidapi/problem.html", {"problem": problem.body()})
    except Exception as error:
        # What failed may be what every page needs.
        log.error("The page of an error cannot be shown.", error=str(error))
        return problem.response()
    response = HttpResponse(body, status=problem.status_code, headers=problem.headers)
    response.headers.setdefault("Cache-Control", "no-store")
    response.explains_itself = True  # type: ignore[attr-defined]  # read by ProblemMiddleware
    return response


def generic(status_code: int) -> Problem:
    known = status_code if status_code in GENERIC else 500 if status_code >= 500 else 400
    code, title, detail = GENERIC[known]
    problem = Problem(status_code, code, title, detail.replace("{site}", site_path()))
    if status_code == 503:
        problem.headers["Retry-After"] = str(RETRY_AFTER)
    return problem


def overloaded() -> Problem:
    """Return the problem of a request for which there is no room."""
    problem = Problem(
        503,
        "overloaded",
        "Overloaded",
        "Too many requests of this kind are open: try again after Retry-After seconds.",
    )
    problem.headers["Retry-After"] = str(RETRY_AFTER)
    return problem


def problem_from(error: Exception) -> Problem | None:
    """Return the problem that an exception of Django or DRF means; None for an internal error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return generic(404)
    if isinstance(error, PermissionDenied):
        return generic(403)
    if isinstance(error, exceptions.APIException):
        return generic(error.status_code)
    if isinstance(error, (BadRequest, RequestDataTooBig)):
        return generic(400)
    if is_of_database(error):
        log.warning("The database did not answer.", error=str(error))
        return generic(503)
    return None


NOT_MIGRATED = ("42P01", "42703")
"""SQLSTATE of a table or column that does not exist."""
ON_SQLITE = {
    "locked": "55P03",
    "interrupted": "57014",
    "disk is full": "53100",
    "no such table": "42P01",
    "no such column": "42703",
}
"""Words of SQLite's errors → the corresponding SQLSTATE."""


def is_of_database(error: BaseException | None) -> bool:
    """Return whether the database is unavailable, locked, not migrated, or was cancelled at a
    deadline (aidapi.deadlines); other errors of databases are ours."""
    return isinstance(error, (OperationalError, InterfaceError)) or (
        isinstance(error, ProgrammingError) and sqlstate(error) in NOT_MIGRATED
    )


def sqlstate(error: BaseException) -> str:
    """Return what kind of error of a database it is, by the codes of SQL; empty if unknown."""
    return getattr(error.__cause__, "sqlstate", None) or next(
        (code for words, code in ON_SQLITE.items() if words in str(error)), ""
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return a problem for errors of the client; other errors go to Django's handlers."""
    problem = problem_from(error)
    if problem is None:
        return None
    response = problem.response()
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


class ProblemMiddleware:
    """Middleware that returns problems for errors outside DRF: requests that no view should get,
    methods that a plain view does not support, and the pages with source code that DEBUG shows.
    A page that explains its own error (`explains_itself`) is left unchanged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            problem = Problem(
                400,
                "nul_character",
                "Invalid character",
                "The request contains a NUL character: remove it.",
            )
            return answer(request, problem)
        response = self.get_response(request)
        if (
            response.status_code >= 400
            and response.get("Content-Type") != MEDIA_TYPE
            and not for_people(request)
            and not getattr(response, "explains_itself", False)
        ):
            explained = answer(request, generic(response.status_code))
            if response.has_header("Allow"):
                explained["Allow"] = response["Allow"]
            return explained
        return response


def for_people(request: HttpRequest) -> bool:
    """Return whether errors of the request are pages, as in the admin, not problems."""
    return request.path_info.startswith("/admin/")


# Django's handlers, named in aidapi.urls. They reveal no details of an error; the log has them.


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if for_people(request):
        return defaults.permission_denied(request, exception)
    return answer(request, generic(403))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if for_people(request):
        return defaults.page_not_found(request, exception)
    return answer(request, generic(404))


def server_error(request: HttpRequest) -> HttpResponse:
    if for_people(request):
        return defaults.server_error(request)
    return answer(request, generic(500))
