"""The page on which a reader reports an error of a record. It sets no cookie: a signed token says
that the form came from here, and reports are few per address."""

import time
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from aidapi.addresses import origin
from aidapi.errors import Problem, generic
from aidapi.limits import client_address, make_counter
from aidapi.parameters import ParameterSet
from records.api.titles import attributed_title
from records.api.views.details import absent
from records.api.views.versions import published_versions
from records.curation.reports.models import LONGEST, LONGEST_EMAIL, receive
from records.query.revisions import latest_revision
from records.site.record import figures_of, model_of, names_of_items, refusal

Json = dict[str, Any]

SHORTEST = 10
"""Letters of the shortest report that can say what is wrong."""
VALID_SECONDS = 6 * 3600
"""How long a form may stay open before it is sent."""
TOO_MANY = (
    "So many reports wait that this one cannot be taken: try again in some days, or write to the "
    "contact of the site."
)


class ReportForm(forms.Form):
    """What a reader finds wrong."""

    figure = forms.TypedChoiceField(
        label="What it is about", required=False, coerce=int, empty_value=None
    )
    text = forms.CharField(
        label="What is wrong, and how you know",
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="If another source says otherwise, give its address.",
        error_messages={
            "required": "Say what is wrong.",
            "min_length": "Say in a sentence what is wrong.",
            "max_length": f"Give at most {LONGEST:,} characters.",
        },
    )
    email = forms.EmailField(
        label="Your e-mail, if you want an answer",
        required=False,
        max_length=LONGEST_EMAIL,
        help_text="Only the curators see it. It is erased when they have decided.",
        error_messages={"invalid": "Give an address such as name@example.org, or none."},
    )
    # Nobody sees it; programs that fill in every field do.
    website = forms.CharField(required=False, max_length=200)
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def __init__(self, public_id: str, figures: list[Any], data: Any = None) -> None:
        self.public_id = public_id
        super().__init__(data, label_suffix="")
        choices = [(n, f"Figure {n}: {one.headline}") for n, one in enumerate(figures, 1)]
        self.fields["figure"].choices = [("", "The record as a whole"), *choices]  # type: ignore[attr-defined]
        self.initial["token"] = signer().sign(public_id)

    def clean_token(self) -> str:
        """Refuse a form that did not come from this record's page, or is too old."""
        token = self.cleaned_data["token"]
        try:
            known = signer().unsign(token, max_age=VALID_SECONDS) == self.public_id
        except signing.BadSignature:
            known = False
        if not known:
            # With what was typed, and a token that is valid.
            data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            data["token"] = self.initial["token"]
            self.data = data
            raise forms.ValidationError("The form was open for too long: send it again.")
        return token


def signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="aidapi.report")


@cache
def reports() -> Any:
    """Return the counter of reports per minute and address."""
    return make_counter()


# Without the cookie of Django's protection, which pages in shared caches could not carry.
@method_decorator(csrf_exempt, name="dispatch")
class ReportPage(View):
    """The form, and what becomes of it."""

    http_method_names = ["get", "head", "post", "options"]
    received = False
    """Whether it only says that a report was received."""

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        try:
            ParameterSet(request.GET)
            document, figures = shown(id)
        except Problem as problem:
            return private(refusal(request, problem))
        form = None if self.received else ReportForm(id, figures)
        return self.page(request, document, form)

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        try:
            check_sender(request)
            document, figures = shown(id)
        except Problem as problem:
            return private(refusal(request, problem))
        form = ReportForm(id, figures, request.POST)
        if not form.is_valid():
            return self.page(request, document, form, status=400)
        if not form.cleaned_data["website"]:
            taken = receive(
                kind=document["kind"],
                public_id=id,
                version=document["version"],
                **{name: form.cleaned_data[name] for name in ("figure", "text", "email")},
            )
            if taken is None:
                form.add_error(None, TOO_MANY)
                return self.page(request, document, form, status=503)
        response = HttpResponseRedirect(reverse("report-received", args=[id]))
        response.status_code = 303
        return private(response)

    def page(
        self, request: HttpRequest, document: Json, form: ReportForm | None, status: int = 200
    ) -> HttpResponse:
        context = {"document": document, "title": attributed_title(document), "form": form}
        response: Any = render(request, "records/report.html", context, status=status)
        response.explains_itself = True
        return private(response)


def private(response: HttpResponse) -> HttpResponse:
    """Return the response for this reader alone."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def shown(id: str) -> tuple[Json, list[Any]]:
    """Return the document in force of a record, with its figures in words."""
    model = model_of(id)
    revision = latest_revision()
    versions = published_versions(model, id, revision)
    if not versions or versions[-1]["retired_in"]:
        raise absent(model, id, revision)
    document = versions[-1]["document"]
    return document, figures_of(document, names_of_items([document]), revision)


def check_sender(request: HttpRequest) -> None:
    """Refuse what another site sends, and what one address sends too often."""
    if settings.READ_ONLY:
        raise Problem(
            503, "read_only", "Read only", "This server takes no reports: use the main site."
        )
    sender = request.headers.get("Origin")
    elsewhere = request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none")
    if elsewhere or (sender is not None and sender != origin(request)):
        raise Problem(
            403,
            "forbidden",
            "Sent from another site",
            "Reports are taken from the form of this site only.",
        )
    if settings.REPORT_RATE:
        window, gone = divmod(int(time.time()), settings.RATE_PERIOD)
        n = reports().add(f"report:{client_address(request)}", window)
        if n > settings.REPORT_RATE:
            problem = generic(429)
            problem.headers["Retry-After"] = str(settings.RATE_PERIOD - gone)
            raise problem
