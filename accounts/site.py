"""Admin site with a password and, if SECOND_FACTOR is set, a second factor."""

from collections.abc import Callable
from functools import wraps
from time import time
from typing import Any, cast
from urllib.parse import urlencode

import django_otp
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure as csrf_refusal
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import kept_forms, lockout, sessions
from accounts import second_factor as factor
from accounts.signals import SecondFactor, second_factor

KEY = "second_factor_key"
"""Session key of the secret that is being set up, until a code confirms it."""
PROVED = "second_factor_proved_at"
FRESH_SECONDS = 600
"""Seconds after a code during which the user may change the second factor."""


class CodeForm(forms.Form):
    """Form for one code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
        error_messages={"required": "Enter a code."},
    )


def guarded(view: Any) -> Any:
    """Return a view for pages between password and admin: never cached, nothing in tracebacks."""
    for decorator in (
        require_http_methods(["GET", "HEAD", "POST"]),
        sensitive_post_parameters(),
        csrf_protect,
        never_cache,
    ):
        view = method_decorator(decorator)(view)
    return view


class Choices(AutocompleteJsonView):
    """What a search box offers. An admin class may say more about a choice: `about_choice`."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, Any]:
        about = getattr(self.model_admin, "about_choice", None)
        return super().serialize_result(obj, to_field_name) | (about(obj) if about else {})


class CurationSite(AdminSite):
    def has_permission(self, request: Any) -> bool:
        return super().has_permission(request) and (
            not settings.SECOND_FACTOR or request.user.is_verified()
        )

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast(HttpResponse, Choices.as_view(admin_site=self)(request))

    def is_half_way(self, request: Any) -> bool:
        """Return whether the password was right, and the second factor is still missing."""
        return super().has_permission(request) and not self.has_permission(request)

    def each_context(self, request: Any) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "second_factor": settings.SECOND_FACTOR,
            "owner": kept_forms.page_token(request) if request.user.pk else "",
            # With its closing slash, also below a path.
            "site_url": reverse("home"),
        }

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [
            path("second-factor/", self.second_factor_view, name="second_factor"),
            path("second-factor/code/", self.code_view, name="second_factor_code"),
            path("second-factor/set-up/", self.set_up_view, name="second_factor_set_up"),
            path("second-factor/qr.svg", self.qr_view, name="second_factor_qr"),
            # Also without the second factor, unlike the admin's own.
            path("logout/", self.logout, name="logout"),
            path("kept-forms/", self.keep_view, name="keep_form"),
            path("kept-forms/discard/", self.admin_view(self.discard_view), name="discard_form"),
        ]
        return [*own, *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view behind the sign-in. A form that is sent without it is kept, and shown
        again after it."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def keeping(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                address = kept_forms.keep(request) if request.method == "POST" else ""
                if address:
                    return redirect_to_login(address, reverse("admin:login"))
                return inner(request, *args, **kwargs)
            key = kept_forms.without_key(request)
            if request.method == "POST":
                # Read before: a view may change what was sent.
                token = kept_forms.read_token(request.POST)
                response = inner(request, *args, **kwargs)
                if kept_forms.is_taken(response) and (token or key):
                    kept_forms.end(request, token[1] if token else "", key)
                return response
            if not key:
                return inner(request, *args, **kwargs)
            return self.show_again(request, key, inner, *args, **kwargs)

        return keeping

    def show_again(
        self, request: Any, key: str, view: Callable, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return the page with the kept form; from a view that does not show it, a list of what
        was entered."""
        kept = kept_forms.find(request, key)
        if kept is None:
            messages.warning(
                request,
                "What was entered is not here any more: it was sent since, is older than a week, "
                "or another person entered it.",
            )
            return HttpResponseRedirect(request.get_full_path())
        request.kept_form = kept
        response = view(request, *args, **kwargs)
        if kept.is_shown:
            return response
        return self.page(
            request,
            "kept",
            "Not saved",
            explained=kept_forms.not_saved(kept),
            typed=kept_forms.typed_values(kept.content),
            back=request.get_full_path(),
        )

    @method_decorator(
        [
            require_http_methods(["POST"]),
            sensitive_post_parameters(),
            csrf_protect,
            never_cache,
        ]
    )
    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep what is being typed on an open page, also if its session has ended meanwhile."""
        return kept_forms.keep_typed(request)

    def discard_view(self, request: HttpRequest) -> HttpResponse:
        """Remove a kept form, and return to its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        kept_forms.discard(request, request.POST.get("key", ""))
        return HttpResponseRedirect(self.after(request) or reverse("admin:index"))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and self.is_half_way(request):
            return self.ask_code(request.GET.get(REDIRECT_FIELD_NAME, ""))
        if request.method == "POST" and (seconds := lockout.must_wait(request)):
            return lockout.wait_page(request, seconds)
        return super().login(request, extra_context)

    # Redirects

    def ask_code(self, after: str) -> HttpResponseRedirect:
        query = urlencode({REDIRECT_FIELD_NAME: after}) if after else ""
        address = reverse("admin:second_factor_code")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    def after(self, request: HttpRequest) -> str:
        """Return the next address, if it is on this site."""
        wanted = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
        ours = url_has_allowed_host_and_scheme(
            wanted, {request.get_host()}, require_https=request.is_secure()
        )
        return wanted if ours else ""

    def redirect_unless_allowed(self, request: Any, *, fresh: bool) -> HttpResponse | None:
        """Return a redirect for users who may not change the second factor: those not signed in
        and, with `fresh`, those who have one and entered no code of it recently."""
        if not settings.SECOND_FACTOR:
            raise Http404
        if not super().has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if fresh and factor.authenticator(request.user):
            proved = request.user.is_verified() and request.session.get(PROVED, 0)
            if time() - proved > FRESH_SECONDS:
                return self.ask_code(request.path)
        return None

    def admit(self, request: Any, device: Any) -> None:
        """Give the session, after the second factor, a new key and its full length."""
        django_otp.login(request, device)
        request.session.cycle_key()
        request.session[PROVED] = int(time())
        sessions.limit(request)

    def page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        request.current_app = self.name
        context = {**self.each_context(request), "title": title, **context}
        return TemplateResponse(request, f"admin/accounts/{name}.html", context)

    # Pages

    @guarded
    def code_view(self, request: Any) -> HttpResponse:
        """Show the form for a code: after the password, and before changing the second factor."""
        if away := self.redirect_unless_allowed(request, fresh=False):
            return away
        if not factor.authenticator(request.user):
            return redirect("admin:second_factor_set_up")
        form = CodeForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and (seconds := lockout.must_wait(request)):
            return lockout.wait_page(request, seconds)
        if form.is_valid():
            try:
                device = factor.prove(request.user, form.cleaned_data["code"])
            except ValidationError as error:
                form.add_error("code", error)
                self.send_event(request, SecondFactor.FAILED)
            else:
                self.admit(request, device)
                left = factor.recovery_codes_left(request.user)
                self.send_event(
                    request,
                    SecondFactor.PROVED,
                    "by the authenticator"
                    if device.name == "authenticator"
                    else f"by a recovery code; {left} left",
                )
                return HttpResponseRedirect(self.after(request) or reverse("admin:index"))
        return self.page(
            request, "code", "Your code", form=form, next=self.after(request), subtitle=None
        )

    @guarded
    def set_up_view(self, request: Any) -> HttpResponse:
        """Show a new secret, and save it once a code proves that the authenticator has it."""
        if away := self.redirect_unless_allowed(request, fresh=True):
            return away
        key = request.session.get(KEY)
        if key is None:
            if request.method == "POST":
                # Submitted twice, or from a page of an earlier session.
                return redirect("admin:second_factor")
            key = request.session[KEY] = factor.TOTPDevice(user=request.user).key
        form = CodeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                device, codes = factor.set_up(
                    request.user,
                    key,
                    form.cleaned_data["code"],
                    replace=request.user.is_verified(),
                )
            except ValidationError as error:
                form.add_error("code", error)
            else:
                del request.session[KEY]
                self.admit(request, device)
                self.send_event(request, SecondFactor.SET_UP, "with new recovery codes")
                return self.page(request, "codes", "Your recovery codes", codes=codes)
        return self.page(
            request,
            "set_up",
            "Set up your second factor",
            form=form,
            secret=factor.secret_text(key),
        )

    @guarded
    def qr_view(self, request: Any) -> HttpResponse:
        if away := self.redirect_unless_allowed(request, fresh=True):
            return away
        if KEY not in request.session:
            raise Http404
        image = factor.qr_code(request.user, request.session[KEY])
        return HttpResponse(image, content_type="image/svg+xml")

    @guarded
    def second_factor_view(self, request: Any) -> HttpResponse:
        """Show the authenticator and the number of recovery codes; a POST makes new codes."""
        if away := self.redirect_unless_allowed(request, fresh=True):
            return away
        device = factor.authenticator(request.user)
        if device is None:
            return redirect("admin:second_factor_set_up")
        if request.method == "POST":
            codes = factor.make_recovery_codes(request.user)
            self.send_event(request, SecondFactor.CODES_MADE)
            return self.page(request, "codes", "Your recovery codes", codes=codes)
        return self.page(
            request,
            "second_factor",
            "Second factor",
            device=device,
            left=factor.recovery_codes_left(request.user),
        )

    def send_event(self, request: Any, event: SecondFactor, detail: str = "") -> None:
        second_factor.send(type(self), user=request.user, event=event, detail=detail)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a request without a right CSRF token. A form of an earlier session is kept, and shown
    again with a new token: what its owner signed, no other site knows."""
    if request.path == reverse("admin:keep_form"):
        return kept_forms.keep_typed(request)
    if address := kept_forms.keep(request):
        return HttpResponseRedirect(address)
    return csrf_refusal(request, reason)
