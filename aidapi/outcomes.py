"""What curators and operators read when the database fails them or a form is too large: what
happened, and whether anything was written."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from aidapi import errors
from aidapi.errors import (
    NOT_MIGRATED,
    RETRY_AFTER,
    for_people,
    generic,
    is_of_database,
    log,
    sqlstate,
)

HAPPENED = {
    "55P03": "Another process holds what this needs: somebody publishes or imports, or the "
    "operator changes the database.",
    "57014": "It took longer than it may.",
    "53100": "The disk of the database is full.",
    **dict.fromkeys(
        NOT_MIGRATED,
        "The database lacks what this version of AidAPI needs: the operator must run `manage.py "
        "migrate` first.",
    ),
}
"""SQLSTATE → what happened."""
AWAY = "The database is not available."
NOTHING = "Nothing was written."
IN_PART = "Something was written before that. Look at it before you send it again."
UNKNOWN = (
    "The connection was lost at the moment of writing, so it is not known whether it was written. "
    "Look before you send it again."
)
UNCONFIRMED = (
    "What you sent is written and in force: do not send it again. The standby server has not "
    "confirmed it, so it would be lost if this server were lost now. Inform the operator."
)

INTERRUPTED = "Interrupted. What it had not finished was undone: run the command again."


class Commits(NamedTuple):
    """Numbers of commits of this thread's connection, by how they ended."""

    committed: int
    unconfirmed: int
    unknown: int


NONE = Commits(0, 0, 0)


def commits() -> Commits:
    database: Any = connection
    return Commits(database.committed, database.unconfirmed, database.unknown)


def happened(error: BaseException) -> str:
    """Return what happened, in a sentence."""
    return HAPPENED.get(sqlstate(error), AWAY)


def explain(error: BaseException, before: Commits) -> list[str]:
    """Return what happened and what was written since, in sentences."""
    now = commits()
    if now.unknown > before.unknown:
        written = UNKNOWN
    elif now.committed > before.committed:
        written = IN_PART
    else:
        written = NOTHING
    return [happened(error), written]


def page(request: HttpRequest, sentences: list[str], status: int = 503) -> HttpResponse:
    """Return the page that says it; it needs no database."""
    context = {"sentences": sentences, "typed": request.method == "POST"}
    body = render_to_string("aidapi/unavailable.html", context)
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    response: Any = HttpResponse(body, status=status, headers=headers)
    response.explains_itself = True
    return response


class OutcomeMiddleware:
    """Innermost middleware: a database that fails is a 503, in the admin a page in words, and a
    commit that the standby did not confirm is a message."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not for_people(request):
            return self.get_response(request)
        request.commits_before = before = commits()  # type: ignore[attr-defined]
        response = self.get_response(request)
        if commits().unconfirmed > before.unconfirmed:
            messages.warning(request, UNCONFIRMED)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if is_of_database(error) else None


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the response to a request whose database failed: a page for people, else a
    problem."""
    log.warning("The database did not answer.", error=str(error))
    if for_people(request):
        return page(request, explain(error, getattr(request, "commits_before", commits())))
    if errors.wants_page(request):
        return page(request, [happened(error)])
    response = generic(503).response()
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the response to a malformed or too large request, named in aidapi.urls."""
    if not for_people(request):
        return errors.answer(request, generic(400))
    if isinstance(exception, TooManyFieldsSent):
        most = f"{settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields"
    elif isinstance(exception, RequestDataTooBig):
        most = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000:.1f} MB of text"
    else:
        return defaults.bad_request(request, exception)
    sentences = [
        f"The form is too large: it has more than {most}. {NOTHING}",
        "Take rows or text out of it, or divide the record into several that are linked.",
    ]
    return page(request, sentences, status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the response to an error outside views, named in aidapi.urls. Django calls it while
    it handles the error."""
    error = sys.exc_info()[1]
    if error is None or not is_of_database(error):
        return errors.server_error(request)
    response: Any = unavailable(request, error)
    # Without a trace in the log for each request.
    response._has_been_logged = True
    return response


def explained(act: Callable[[], Any], before: Commits = NONE) -> str:
    """Run a command; return what to report if the database or a file failed it, or if it was
    interrupted, else nothing."""
    try:
        act()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # Without a name it is no file that the operator could mend.
        if error.filename is None:
            raise
        return f"{error.filename2 or error.filename}: {error.strerror}."
    except (DatabaseError, InterfaceError) as error:
        if not is_of_database(error):
            raise
        return " ".join([*explain(error, before), str(error)])
    return ""
