"""How long a session lasts: so long after signing in, and so long after its last use."""

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
"""Key of the session: when it was last used, to the minute."""
BETWEEN_FACTORS = timedelta(minutes=15)
"""So long has somebody to give, or to set up, the second factor after the password."""

asking: ContextVar[HttpRequest | None] = ContextVar("asking", default=None)
"""The request of the admin that is being answered: whoever notes what happened finds in it who
did it, and from where."""


@receiver(user_logged_in)
def begin(sender: Any, request: Any, **kwargs: Any) -> None:
    """The password was right. Django has given the session a new key."""
    limit(request, BETWEEN_FACTORS if settings.SECOND_FACTOR else None)


def limit(request: HttpRequest, lasts: timedelta | None = None) -> None:
    request.session.set_expiry(timezone.now() + (lasts or timedelta(hours=settings.SESSION_HOURS)))
    request.session[USED] = int(time())


class SessionLimitMiddleware:
    """Ends sessions of the admin that nobody has used for a while."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not for_people(request):
            return self.get_response(request)
        token = asking.set(request)
        try:
            if request.user.is_authenticated:
                idle = int(time()) - request.session.get(USED, 0)
                if idle > settings.SESSION_IDLE_MINUTES * 60:
                    logout(request)
                elif idle > 60:
                    # Not at every request: each would be a write.
                    request.session[USED] = int(time())
            return self.get_response(request)
        finally:
            asking.reset(token)
