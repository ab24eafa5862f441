"""Errors: what the API says is wrong, with the fields of its problem details."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class ParameterProblem:
    """Error of one parameter: what is wrong, and what would be right."""

    parameter: str
    code: str
    detail: str
    suggestion: str | None = None


class AidAPIError(Exception):
    """Response that is a problem (RFC 9457)."""

    def __init__(self, response: httpx.Response, problem: dict[str, Any]) -> None:
        self.response = response
        self.problem = problem
        """All fields of the problem, as they were sent."""
        self.status: int = response.status_code
        self.code: str = problem.get("code", "")
        self.title: str = problem.get("title", "")
        self.detail: str = problem.get("detail", "")
        self.type: str = problem.get("type", "")
        self.request_id: str = problem.get("request_id", "")
        self.errors = [
            ParameterProblem(
                one.get("parameter", ""),
                one.get("code", ""),
                one.get("detail", ""),
                one.get("suggestion"),
            )
            for one in problem.get("errors", [])
        ]
        super().__init__(self.in_words())

    def in_words(self) -> str:
        """Return what is wrong, parameter by parameter."""
        parts = [f"{one.parameter}: {one.detail}" for one in self.errors]
        return " ".join([f"{self.title} ({self.status}).", *(parts or [self.detail])])


class InvalidParameters(AidAPIError):
    """A parameter is unknown, repeated, empty or malformed; see `errors`."""


class NotFound(AidAPIError):
    """What was requested does not exist, or not in the requested revision."""


class Withdrawn(AidAPIError):
    """The record was withdrawn; `problem["withdrawn"]` says when and why."""


class TooManyRequests(AidAPIError):
    """The rate limit is reached, also after the retries."""


class Unavailable(AidAPIError):
    """The server cannot answer now, also after the retries."""


class UnexpectedResponse(AidAPIError):
    """A response that is neither what was requested nor a problem, such as that of a proxy."""


BY_STATUS: dict[int, type[AidAPIError]] = {
    400: InvalidParameters,
    404: NotFound,
    410: Withdrawn,
    429: TooManyRequests,
    503: Unavailable,
}


def error_of(response: httpx.Response) -> AidAPIError:
    """Return the error that a response is."""
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if media_type == "application/problem+json":
        return BY_STATUS.get(response.status_code, AidAPIError)(response, response.json())
    sent = f"{media_type or 'nothing'} with status {response.status_code}"
    detail = f"{response.request.url} sent {sent}."
    return UnexpectedResponse(response, {"title": "Unexpected response", "detail": detail})
