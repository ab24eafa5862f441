"""Middleware of Django and its apps for pages of people only: elsewhere nobody is signed in.

Each step of it would cost every request of the API, which uses no cookies.
"""

from typing import Any

from axes import middleware as axes
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django_otp import middleware as otp

from aidapi.errors import for_people


class ForPeople:
    """What comes before a middleware that other requests pass by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not for_people(request):
            return self.get_response(request)
        following: Any = super()
        return following.__call__(request)


class SessionMiddleware(ForPeople, sessions.SessionMiddleware):
    """Sessions."""


class AuthenticationMiddleware(ForPeople, auth.AuthenticationMiddleware):
    """The user of a session."""


class OTPMiddleware(ForPeople, otp.OTPMiddleware):
    """The second factor of the user."""


class MessageMiddleware(ForPeople, messages.MessageMiddleware):
    """Messages for the next page."""


class AxesMiddleware(ForPeople, axes.AxesMiddleware):
    """The page for who is locked out."""
