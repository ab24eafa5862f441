"""Lockout: limits on attempts to sign in. django-axes keeps the counts in the database, across
processes and restarts.

Three counts have limits: one account from one address, one address for all accounts, and one
account from all addresses. The last would let anybody lock a user out, so it does not apply to
addresses from which that user signed in recently.
"""

from datetime import timedelta
from functools import cache
from time import time
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from aidapi.limits import client_address, make_counter, plain_address

PAIR, ADDRESS, ACCOUNT = ["username", "ip_address"], "ip_address", "username"
PARAMETERS = [PAIR, ADDRESS, ACCOUNT]
WIDER = [1, 4, 10]
"""Limits of the three counts, as multiples of LOGIN_FAILURES."""
KNOWN_FOR = timedelta(days=30)


def address(request: HttpRequest) -> str | None:
    """Return the client's address as limits count it, or None on a Unix socket without a proxy."""
    return plain_address(client_address(request)) or None


class Lockout(AxesDatabaseHandler):
    """Handler that counts an attempt before the password is checked, and removes it if that is
    right. Counted afterwards, as the library does, parallel attempts would all pass."""

    def counts(self, request: HttpRequest, credentials: dict | None) -> list[tuple[int, int]]:
        """Return (attempts, limit) of each count that applies to this client."""
        found = []
        attempts: QuerySet[AccessAttempt]
        for parameter, attempts, wider in zip(
            PARAMETERS, self.get_user_attempts(request, credentials), WIDER, strict=True
        ):
            limit = settings.LOGIN_FAILURES * wider
            n = sum(attempts.values_list("failures_since_start", flat=True))
            if parameter == ACCOUNT and n >= limit and self.is_known(request, credentials):
                continue
            found.append((n, limit))
        return found

    def is_known(self, request: HttpRequest, credentials: dict | None) -> bool:
        """Return whether the account recently signed in from this address."""
        return AccessLog.objects.filter(
            username=get_client_username(request, credentials),
            ip_address=address(request),
            attempt_time__gte=timezone.now() - KNOWN_FOR,
        ).exists()

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """Return the failures, scaled to the single limit that the library knows."""
        counts = self.counts(request, credentials)
        return max(n * settings.LOGIN_FAILURES // limit for n, limit in counts)

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        """Return whether the attempt is refused without checking the password. Each of several
        parallel attempts sees at least its own count, so no more than the limit pass."""
        if any(n >= limit for n, limit in self.counts(request, credentials)):
            return True
        super().user_login_failed(type(self), credentials or {}, request)
        return any(n > limit for n, limit in self.counts(request, credentials))

    def user_login_failed(
        self, sender: Any, credentials: dict, request: Any = None, **kwargs: Any
    ) -> None:
        """Do nothing more: the attempt is counted, and the request knows if it was the last."""
        if request is not None:
            request.axes_credentials = credentials

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        super().user_logged_in(sender, request, user, **kwargs)
        request.axes_locked_out = False

    def reset_user_attempts(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """Delete the failures of this account from this address, and no others."""
        own = self.filter_user_attempts(request, credentials)[PARAMETERS.index(PAIR)]
        return own.delete()[0]


def locked(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Return the page for a client that is locked out."""
    return wait_page(request, settings.LOGIN_LOCK_MINUTES * 60)


def wait_page(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"title": "Sign-in is closed for a while", "minutes": -(-seconds // 60)}
    response = render(request, "admin/accounts/wait.html", context, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


@cache
def tries() -> Any:
    """Return the counter of attempts per minute, right or wrong: hashing a password is slow."""
    return make_counter()


def must_wait(request: HttpRequest) -> int:
    """Return the seconds until this address may try again; 0 if it may now."""
    if not settings.LOGIN_RATE:
        return 0
    window, gone = divmod(int(time()), settings.RATE_PERIOD)
    n = tries().add(f"sign-in:{address(request)}", window)
    return settings.RATE_PERIOD - gone if n > settings.LOGIN_RATE else 0
