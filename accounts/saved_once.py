"""A form that adds a row makes one: sent twice, by a double click, over a slow network or after a
timeout, it leads to the row that it made.

The open page that a form names (accounts.kept_forms) is its key. What the page keeps is one row,
which is locked while the form is saved and then says what was made: a second request waits for the
first, whatever process answers it.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.kept_forms import Owner, of_page, read_token

SALT = "accounts.saved_once"


class Again(Protocol):
    """What answers a form that has made the row of that key already."""

    def __call__(self, key: str, *, is_same: bool) -> HttpResponse: ...


def save_once(request: Any, save: Callable[[], HttpResponse], again: Again) -> HttpResponse:
    """Return the response to a form that adds a row. `save` makes it, and then sets `request.made`
    to its key."""
    owner = page_of(request)
    if owner is None:
        return save()
    digest = digest_of(request.POST)
    with transaction.atomic():
        form, is_new = of_page(owner)
        if form.made:
            return again(form.made, is_same=form.digest == digest)
        response = save()
        if made := getattr(request, "made", None):
            form.made, form.digest, form.at = str(made), digest, timezone.now()
            form.data, form.files = "{}", []
            form.save()
        elif is_new:
            form.delete()
    return response


def page_of(request: Any) -> Owner | None:
    """Return the page whose form a request sends; None if it is not of its user and address."""
    found = read_token(request.POST)
    if found is None or (found[0], found[2]) != (request.user.pk, request.path):
        return None
    return Owner(request.user, found[1], request.path)


def digest_of(data: QueryDict) -> str:
    """Return the digest of what was typed; which button sends it does not count."""
    values = {
        name: values
        for name, values in data.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith("_")
    }
    # Keyed, since a form may hold a password.
    return salted_hmac(SALT, json.dumps(values, sort_keys=True), algorithm="sha256").hexdigest()
