"""Forms that were sent after the session had ended: kept for their owner, who signs in and sees
them again, filled and not saved.

Each form of the admin names its owner in a signed field, so that nothing is kept for strangers,
and nobody gets what somebody else entered.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import KeptForm

User = get_user_model()

OWNER = "_owner"
"""Field of a form with its signed owner."""
KEY = "kept"
"""Query parameter with the key of a kept form."""
SALT = "accounts.kept_forms"
OPEN_FOR = timedelta(days=7)
"""Maximum age of a page whose form is kept."""
KEPT_FOR = timedelta(days=1)
MAX_CHARACTERS = 2_000_000
MAX_FORMS = 10
"""Forms kept for one person; further ones replace the oldest."""
NOT_SAVED = (
    "Nothing was saved, since your session had ended. This is what you entered: look at it and "
    "send it again."
)


def owner_token(user: Any) -> str:
    return signing.dumps(user.pk, salt=SALT)


def owner_of(data: QueryDict) -> Any:
    """Return the user whose form it is; None if it does not say so, or not credibly."""
    try:
        pk = signing.loads(data.get(OWNER, ""), salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, is_active=True, is_staff=True).first()


def keep(request: HttpRequest) -> str:
    """Keep the form of a request; return the address that shows it again, empty if it is not
    kept."""
    owner = owner_of(request.POST)
    if owner is None:
        return ""
    content = {
        name: values
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", OWNER) and "password" not in name
    }
    data = json.dumps(content, ensure_ascii=False)
    if len(data) > MAX_CHARACTERS:
        messages.error(
            request,
            f"Your session had ended, and nothing was saved. The form is too long to be kept here "
            f"(more than {MAX_CHARACTERS:,} characters): sign in in another tab, go back to the "
            f"form in this one and copy what you entered.",
        )
        return ""
    own = KeptForm.objects.filter(user=owner)
    with transaction.atomic():
        KeptForm.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
        kept = KeptForm.objects.create(
            key=get_random_string(32),
            user=owner,
            path=request.path,
            data=data,
            files=[file.name for _, files in request.FILES.lists() for file in files],
        )
        older = list(own.order_by("-at", "-pk").values_list("pk", flat=True)[MAX_FORMS:])
        own.filter(pk__in=older).delete()
    messages.warning(
        request,
        "Nothing was saved, since your session had ended. What you entered is kept for a day: "
        "sign in, and it is shown again.",
    )
    query = request.GET.copy()
    query[KEY] = kept.key
    return f"{request.path}?{query.urlencode()}"


def find(request: Any, key: str) -> KeptForm | None:
    """Return the form of that key, if it is of this user and page."""
    since = timezone.now() - KEPT_FOR
    return KeptForm.objects.filter(
        key=key, user=request.user.pk, path=request.path, at__gte=since
    ).first()


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


class KeepingAdmin(admin.ModelAdmin):
    """Admin that shows a kept form again, filled."""

    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        kept = getattr(request, "kept_form", None)
        return form if kept is None else refusing(form, not_saved(kept))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        fill(request)
        return super().changeform_view(request, object_id, form_url, extra_context)


def refusing(form: Any, reason: str) -> Any:
    """Return the form as one that is never valid, for that reason."""

    class Refusing(form):
        def full_clean(self) -> None:
            super().full_clean()
            if self.is_bound:
                self.add_error(None, ValidationError(reason, code="kept"))

    return Refusing
