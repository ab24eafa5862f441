"""Forms that are kept for their owner, who gets them again, filled and not saved: while they are
typed, and when they are sent after the session had ended.

Each form of the admin names its owner, and the open page that it is on, in a signed field, so that
nothing is kept for strangers, and nobody gets what somebody else entered. What a page keeps is one
row, which a save of that page ends.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from time import time
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.differences import DIFFERENCES, STATE, Content, Unusable, merged
from accounts.models import KeptForm
from aidapi.limits import make_counter

User = get_user_model()

OWNER = "_owner"
"""Field of a form with its signed owner, page and path."""
KEY = "kept"
"""Query parameter with the key of a kept form."""
SALT = "accounts.kept_forms"
KEPT_FOR = OPEN_FOR = timedelta(days=7)
"""Maximum age of a kept form, and of a page whose form is kept."""
MAX_CHARACTERS = 2_000_000
MAX_FORMS = 10
"""Forms kept for one person; further ones replace the oldest."""
MAX_A_MINUTE = 60
"""How often the pages of one person keep what is typed."""
TOO_LONG = f"too long to be kept here (more than {MAX_CHARACTERS:,} characters)"
NOT_SAVED = (
    "Nothing was saved, since your session had ended. This is what you entered: look at it and "
    "send it again."
)


class Owner(NamedTuple):
    """Whose form it is, on which open page and at which path."""

    user: Any
    page: str
    path: str


class TooLong(Exception):
    """The form has too many characters to be kept."""


class Saved(Exception):
    """The page has made a row of its form already: what is to be kept comes too late."""


def owner_token(user: Any, page: str = "", path: str = "") -> str:
    return signing.dumps([user.pk, page or get_random_string(32), path], salt=SALT)


def read_token(data: QueryDict) -> tuple[Any, str, str] | None:
    """Return the owner's key, the page and the path that a form names; None if it does not, or
    not credibly."""
    try:
        found = signing.loads(data.get(OWNER, ""), salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return None
    # Pages of an earlier release name the owner only.
    pk, page, path = found if isinstance(found, list) else (found, get_random_string(32), "")
    return pk, page, path


def owner_of(request: Any) -> Owner | None:
    """Return whose form it is; None if it does not say so, or not credibly."""
    if (found := read_token(request.POST)) is None:
        return None
    pk, page, path = found
    user = request.user
    if user.pk != pk or not user.is_staff:
        user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    return Owner(user, page, path) if user else None


def page_token(request: Any) -> str:
    """Return the signed field of the page that is being made. A page that shows a form again is
    still the page that it was on, unless that one has made its row (accounts.saved_once)."""
    page = ""
    if getattr(request, "saved_before", ""):
        return owner_token(request.user, path=request.path)
    if kept := getattr(request, "kept_form", None):
        page = kept.page
    elif request.method == "POST":
        found = read_token(request.POST)
        if found and (found[0], found[2]) == (request.user.pk, request.path):
            page = found[1]
    return owner_token(request.user, page, request.path)


def content_of(data: QueryDict) -> Content:
    """Return what is kept of the fields of a form."""
    return {name: values for name, values in data.lists() if is_kept(name)}


def is_kept(name: str) -> bool:
    return name not in ("csrfmiddlewaretoken", OWNER) and "password" not in name


def write(owner: Owner, content: Content, differences: str = "", **values: Any) -> KeptForm:
    """Keep a form, in place of what its page kept before or, with differences, what the page kept
    before with these."""
    own = forms_of(owner.user)
    with transaction.atomic():
        KeptForm.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
        kept, _ = of_page(owner)
        if kept.made:
            raise Saved
        if differences:
            content = merged(json.loads(kept.data), content.get(STATE, [""])[-1], differences)
            content = {name: values for name, values in content.items() if is_kept(name)}
        kept.data = json.dumps(content, ensure_ascii=False)
        if len(kept.data) > MAX_CHARACTERS:
            raise TooLong
        kept.path, kept.at = owner.path, timezone.now()
        for name, value in values.items():
            setattr(kept, name, value)
        kept.save()
        older = list(own.order_by("-at", "-pk").values_list("pk", flat=True)[MAX_FORMS:])
        own.filter(pk__in=older).delete()
    return kept


def of_page(owner: Owner) -> tuple[KeptForm, bool]:
    """Return the row of a page, locked until the transaction ends, and whether it is new. Others
    who want the row of this page wait, also for one that is new."""
    return KeptForm.objects.select_for_update().get_or_create(
        user=owner.user,
        page=owner.page,
        defaults={"path": owner.path, "data": "{}", "key": get_random_string(32)},
    )


def keep(request: HttpRequest) -> str:
    """Keep the form of a request that has no session; return the address that shows it again,
    empty if it is not kept."""
    owner = owner_of(request)
    if owner is None:
        return ""
    if owner.path != request.path:
        owner = Owner(owner.user, get_random_string(32), request.path)
    files = [file.name for _, files in request.FILES.lists() for file in files]
    try:
        try:
            kept = write(owner, content_of(request.POST), files=files, is_sent=True)
        except Saved:
            # Sent twice, or something else that was typed after the page was gone back to.
            owner = Owner(owner.user, get_random_string(32), request.path)
            kept = write(owner, content_of(request.POST), files=files, is_sent=True)
    except TooLong:
        messages.error(
            request,
            f"Your session had ended, and nothing was saved. The form is {TOO_LONG}: sign in in "
            f"another tab, go back to the form in this one and copy what you entered.",
        )
        return ""
    messages.warning(
        request,
        "Nothing was saved, since your session had ended. What you entered is kept for a week: "
        "sign in, and it is shown again.",
    )
    return address_of(request, kept)


@cache
def counter() -> Any:
    """Return the counter of how often each person's pages keep what is typed."""
    return make_counter()


def keep_typed(request: Any) -> HttpResponse:
    """Keep what is being typed on an open page, which is neither saved nor sent; return when, and
    whether its owner is still signed in."""
    owner = owner_of(request)
    if owner is None or not owner.path:
        return JsonResponse({"problem": "this page is too old: load it again"}, status=403)
    window, gone = divmod(int(time()), settings.RATE_PERIOD)
    if counter().add(f"keep:{owner.user.pk}", window) > MAX_A_MINUTE:
        wait = settings.RATE_PERIOD - gone
        response = JsonResponse({"problem": "too many requests"}, status=429)
        response["Retry-After"] = str(wait)
        return response
    content = content_of(request.POST)
    differences = content.pop(DIFFERENCES, [""])[-1]
    try:
        kept = write(owner, content, differences, files=[], is_sent=False)
    except TooLong:
        return JsonResponse({"problem": f"it is {TOO_LONG}"}, status=413)
    except Saved:
        return JsonResponse({"problem": "this form was saved already"}, status=409)
    except Unusable:
        return JsonResponse({"problem": "send the whole form"}, status=422)
    at = f"{timezone.localtime(kept.at):%H:%M}"
    return JsonResponse({"at": at, "signed_in": request.user.pk == owner.user.pk})


def address_of(request: HttpRequest, kept: KeptForm) -> str:
    """Return the address of the request's page with a kept form."""
    query = request.GET.copy()
    query[KEY] = kept.key
    return f"{request.path}?{query.urlencode()}"


def kept_for(user: Any) -> QuerySet:
    """Return the forms that are kept for a user, but for those that are too old."""
    return forms_of(user).filter(at__gte=timezone.now() - KEPT_FOR)


def forms_of(user: Any) -> QuerySet:
    """Return all forms of a user that have made no row."""
    return KeptForm.objects.filter(user=user.pk, made="")


def waiting(user: Any) -> list[KeptForm]:
    """Return what a user typed and did not save, on any page, latest first."""
    return list(kept_for(user).order_by("-at", "-pk"))


def offered(request: Any) -> list[tuple[KeptForm, str]]:
    """Return what the user typed on this page before and did not save, latest first, each with
    the address that shows it again."""
    rows = kept_for(request.user).filter(path=request.path)
    return [(kept, address_of(request, kept)) for kept in rows.order_by("-at").defer("data")]


def end(request: Any, page: str, key: str) -> None:
    """Remove what a page had kept of a form that was sent and taken."""
    own = forms_of(request.user)
    if page:
        own.filter(page=page).delete()
    if key:
        own.filter(key=key, path=request.path).delete()


def discard(request: Any, key: str) -> None:
    """Remove a kept form of the user."""
    forms_of(request.user).filter(key=key).delete()


def is_taken(response: HttpResponse) -> bool:
    """Return whether a response says that the form was taken: a redirect, or what closes a
    window."""
    names = getattr(response, "template_name", None) or ()
    return response.status_code == 302 or "admin/popup_response.html" in names


def find(request: Any, key: str) -> KeptForm | None:
    """Return the form of that key, if it is of this user and page."""
    return kept_for(request.user).filter(key=key, path=request.path).first()


def without_key(request: HttpRequest) -> str:
    """Remove the key of a kept form from the request's address, where no view expects it, and
    return it."""
    query: Any = request.GET.copy()
    key = query.pop(KEY, [""])[-1]
    if key:
        query._mutable = False
        request.GET = query
        request.META["QUERY_STRING"] = query.urlencode()
    return str(key)


def shown_again(request: Any) -> KeptForm | None:
    """Return the kept form that this request is to show, for a view that does so."""
    kept: KeptForm | None = getattr(request, "kept_form", None)
    if kept is not None:
        kept.is_shown = True
    return kept


def typed_values(data: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield name and value of what people typed into a form, without what the form carries."""
    for name, values in data.lists():
        if (
            name == "csrfmiddlewaretoken"
            or name.startswith("_")
            or name.endswith(("_FORMS", "-id", "-record", "-item_ptr"))
            or "-__prefix__-" in name
        ):
            continue
        yield from ((name, value) for value in values if value)


def not_saved(kept: KeptForm) -> str:
    """Return what the page of a kept form says."""
    if not kept.is_sent:
        at = f"{timezone.localtime(kept.at):%-d %b %Y, %H:%M}"
        return f"These are your changes of {at}, which are not saved: go on, and save them."
    names = ", ".join(f"“{name}”" for name in kept.files if name)
    return f"{NOT_SAVED} Files are not kept: choose {names} again." if names else NOT_SAVED


def fill(request: Any) -> None:
    """Make the request one that sends the kept form, for a view whose form then refuses to be
    saved (`KeepingAdmin.get_form`). Done once: a view may change what it got."""
    if request.method == "GET" and (kept := shown_again(request)):
        # Read before: read later, it would replace what is set here.
        request.FILES.clear()
        request.method = "POST"
        request.POST = kept.content


def fill_forms(request: HttpRequest, *shown: forms.Form) -> None:
    """Give forms of a page the values of the kept form, and say on the page that nothing was
    done."""
    if kept := shown_again(request):
        for form in shown:
            sent = {name: kept.content.get(form.add_prefix(name)) for name in form.fields}
            form.initial.update({name: value for name, value in sent.items() if value})
        messages.warning(request, not_saved(kept))
