"""Session limits: a maximum age after sign-in, and a maximum idle time."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from time import time
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from aidapi.errors import for_people

USED = "used_at"
"""Session key of the time of last use, to the minute."""
BETWEEN_FACTORS = timedelta(minutes=15)
"""Time to enter, or to set up, the second factor after the password."""

current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)
"""Current request of the admin, from which the audit log takes user and address."""


@receiver(user_logged_in)
def begin(sender: Any, request: Any, **kwargs: Any) -> None:
    """Limit a session after the password was right; Django has changed its key."""
    limit(request, BETWEEN_FACTORS if settings.SECOND_FACTOR else None)


def limit(request: HttpRequest, lasts: timedelta | None = None) -> None:
    request.session.set_expiry(timezone.now() + (lasts or timedelta(hours=settings.SESSION_HOURS)))
    request.session[USED] = int(time())


class SessionLimitMiddleware:
    """Middleware that ends idle sessions of the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not for_people(request):
            return self.get_response(request)
        token = current_request.set(request)
        try:
            if request.user.is_authenticated:
                idle = int(time()) - request.session.get(USED, 0)
                if idle > settings.SESSION_IDLE_MINUTES * 60:
                    logout(request)
                elif idle > 60:
                    # Not at every request, since each would write to the database.
                    request.session[USED] = int(time())
            return self.get_response(request)
        finally:
            current_request.reset(token)
