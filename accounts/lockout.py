"""Who may try a password, and how often: django-axes keeps the count in the database, so that it
holds over processes and restarts.

Three counts are held to: of one account from one address, of one address over all accounts, and
of one account from all addresses. The last would let anybody lock a person out, so it does not
bind addresses from which that person has signed in of late.
"""

import ipaddress
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

from aidapi.limits import client_address, make_counter

PAIR, ADDRESS, ACCOUNT = ["username", "ip_address"], "ip_address", "username"
PARAMETERS = [PAIR, ADDRESS, ACCOUNT]
WIDER = [1, 4, 10]
"""So many times the failures of the first are the limits of the three."""
KNOWN_FOR = timedelta(days=30)


def address(request: HttpRequest) -> str | None:
    """The client's address as limits see it, if it is one. Of IPv6 the network: a single customer
    has as many addresses in it as they like."""
    for given in (client_address(request), request.META.get("REMOTE_ADDR", "")):
        try:
            found = ipaddress.ip_address(given.strip())
        except ValueError:
            continue
        if found.version == 6:
            mapped = found.ipv4_mapped
            network = ipaddress.ip_network((found, 64), strict=False)
            return str(mapped or network.network_address)
        return str(found)
    return None


class Lockout(AxesDatabaseHandler):
    """Counts a try before the password is looked at and forgives it when it was right. Counted
    afterwards, as the library does, a burst of parallel tries would all find the door open."""

    def counts(self, request: HttpRequest, credentials: dict | None) -> list[tuple[int, int]]:
        """(tries, limit) of each count that binds this client."""
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
        """Whether the account was signed in to from this address of late."""
        return AccessLog.objects.filter(
            username=get_client_username(request, credentials),
            ip_address=address(request),
            attempt_time__gte=timezone.now() - KNOWN_FOR,
        ).exists()

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """The library knows one limit: the wider counts are told in its measure."""
        counts = self.counts(request, credentials)
        return max(n * settings.LOGIN_FAILURES // limit for n, limit in counts)

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        """Whether the password is not even looked at. Of parallel tries each sees at least the
        count that it brought about itself, so no more than the limit get through."""
        if any(n >= limit for n, limit in self.counts(request, credentials)):
            return True
        super().user_login_failed(type(self), credentials or {}, request)
        return any(n > limit for n, limit in self.counts(request, credentials))

    def user_login_failed(
        self, sender: Any, credentials: dict, request: Any = None, **kwargs: Any
    ) -> None:
        """It has been counted; the request knows whether it was the last one for a while."""
        if request is not None:
            request.axes_credentials = credentials

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        super().user_logged_in(sender, request, user, **kwargs)
        request.axes_locked_out = False

    def reset_user_attempts(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """Forgive what this account was tried from this address; not what else was."""
        own = self.filter_user_attempts(request, credentials)[PARAMETERS.index(PAIR)]
        return own.delete()[0]


def locked(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The page of a client that has to wait until the count is forgotten."""
    return wait_page(request, settings.LOGIN_LOCK_MINUTES * 60)


def wait_page(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"title": "Sign-in is closed for a while", "minutes": -(-seconds // 60)}
    response = render(request, "admin/accounts/wait.html", context, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


@cache
def tries() -> Any:
    """The count of tries of this minute, right or wrong: hashing a password is work."""
    return make_counter()


def must_wait(request: HttpRequest) -> int:
    """Seconds until this address may try again; 0 if it may now."""
    if not settings.LOGIN_RATE:
        return 0
    window, gone = divmod(int(time()), settings.RATE_PERIOD)
    n = tries().add(f"sign-in:{address(request)}", window)
    return settings.RATE_PERIOD - gone if n > settings.LOGIN_RATE else 0
