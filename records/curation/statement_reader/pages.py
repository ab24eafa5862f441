"""The statement reader: the texts that figures rest on, beside the form in which they are entered,
and on a statement's page all that was drawn from it. Texts are for curators and leave the admin
nowhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from records.content.numbers import amount_in_words, in_words
from records.curation.nouns.inlines import FigureInline, statement_label
from records.curation.statement_reader.suggestions import suggested, unnumbered
from records.curation.statement_reader.texts import Candidate, candidates
from records.curation.statement_reader.vocabulary import known_items, known_parties
from records.models import (
    CURRENT,
    DATED,
    MAX_QUOTE_LETTERS,
    MAX_QUOTE_WORDS,
    UNSPACED,
    Figure,
    Party,
    Statement,
)

MAX_TEXTS = 50
"""Texts in one response; the page requests more."""
MAX_WORDS = 300
DRAWN_ON_PAGE = 20
"""Figures of a kind that a statement's page lists; the rest are on pages of their own."""
PER_PAGE = 100


def is_key(value: str) -> bool:
    """Whether it can be a primary key: both databases hold 18 digits."""
    return value.isascii() and value.isdigit() and len(value) <= 18


# A new record from a statement


def preset(request: HttpRequest) -> Statement | None:
    """The statement on which the figures of a new record are to rest: `?statement=`."""
    key = request.GET.get("statement", "")
    if not is_key(key):
        return None
    return Statement.objects.defer("text").filter(pk=key, state__in=CURRENT).first()


def first_values(request: HttpRequest) -> dict[str, Any]:
    """Return the initial values of a new record: it holds for the day of the words."""
    if "statement" not in request.GET:
        return {}
    statement = preset(request)
    if statement is None:
        messages.warning(
            request,
            "The statement that this record was to rest on is not there, or no longer in force: "
            "choose one at each figure.",
        )
        return {}
    if statement.said_on:
        return {"as_of": statement.said_on, "as_of_precision": statement.said_on_precision}
    return {
        "as_of": statement.published_on,
        "as_of_precision": statement.published_on_precision,
    }


def offers(site: Any, request: HttpRequest, statement: Statement) -> list[tuple[str, str]]:
    """(name of a kind, its form for a new record from the statement) for those whom it is open
    to; nothing rests on a statement that is not in force."""
    if statement.state not in CURRENT:
        return []
    return [
        (kind, f"{reverse(f'admin:records_{kind}_add')}?statement={statement.pk}")
        for kind, model in DATED.items()
        if site.get_model_admin(model).has_add_permission(request)
    ]


# Beside the form


def reader(modeladmin: Any, request: HttpRequest, context: dict[str, Any], *, adding: bool) -> str:
    """Return what the page's script needs, as JSON; empty for those who may not read statements.

    Where figures can be written, it reads their fields; where not, they are listed here.
    """
    statements = modeladmin.admin_site.get_model_admin(Statement)
    if context.get("is_popup") or not statements.has_view_permission(request):
        return ""
    inlines = context["inline_admin_formsets"]
    figures = next(inline for inline in inlines if isinstance(inline.opts, FigureInline))
    data: dict[str, Any] = {
        "texts": reverse("admin:records_statement_texts"),
        "suggestion": reverse("admin:records_statement_suggestion"),
        "figures_of": reverse("admin:records_statement_figures"),
        "role": modeladmin.model.MAIN_ROLES[1],
        "roles": list(modeladmin.model.MAIN_ROLES),
        "unspaced": UNSPACED,
        "most_words": MAX_QUOTE_WORDS,
        "most_letters": MAX_QUOTE_LETTERS,
        "most_characters": Figure._meta.get_field("quote").max_length,
        "most_texts": MAX_TEXTS,
        "preset": None,
        "figures": None,
    }
    if adding:
        statement = preset(request)
        data["preset"] = statement and statement.pk
    elif not figures.has_change_permission:
        data["figures"] = [
            {
                "statement": form.instance.statement_id,
                "quote": form.instance.quote,
                "translation": form.instance.quote_translation,
                "at": form.instance.offset,
            }
            for form in figures.formset.forms
        ]
    return json.dumps(data)


def texts_view(modeladmin: Any, request: HttpRequest) -> HttpResponse:
    """The texts of some statement versions, by their keys."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    keys = request.GET.getlist("id")
    if len(keys) > MAX_TEXTS or not all(map(is_key, keys)):
        return JsonResponse({"error": f"Ask for at most {MAX_TEXTS} statements."}, status=400)
    statements = Statement.objects.filter(pk__in=keys)
    return JsonResponse(
        {
            "statements": [
                {
                    "id": statement.pk,
                    "label": statement_label(statement),
                    "language": statement.language,
                    "text": statement.text,
                    "page": modeladmin.page(statement),
                }
                for statement in statements
            ]
        }
    )


def suggestion_view(modeladmin: Any, request: HttpRequest) -> HttpResponse:
    """Return what a quote suggests for the fields of a figure."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    words = request.GET.get("words", "")
    if len(words) > MAX_WORDS:
        return JsonResponse({"error": f"Send at most {MAX_WORDS} characters."}, status=400)
    known = known_items()
    language, role = request.GET.get("language", ""), request.GET.get("role", "")
    one = suggested(words, known, language, role)
    fields = one.fields if one else unnumbered(words, known)
    code = fields.get("item")
    return JsonResponse(
        {
            "fields": fields,
            "item": {"id": code, "text": known.items[code][2]} if code else None,
            "doubts": one.doubts if one else [],
            "notes": one.notes if one else [],
        }
    )


def figures_view(modeladmin: Any, request: HttpRequest) -> HttpResponse:
    """Return the figures that the text of a statement seems to have, with what each suggests for
    the fields of a form."""
    key = request.GET.get("id", "")
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    statement = Statement.objects.filter(pk=key).first() if is_key(key) else None
    if statement is None:
        return JsonResponse({"error": f"There is no statement with the key `{key}`."}, status=404)
    known = known_items()
    role = request.GET.get("role", "")
    found = candidates(statement.text, known, statement.language, role, known_parties())
    codes = dict.fromkeys(code for one in found for code in one.parties)
    parties = Party.objects.in_bulk(codes)
    return JsonResponse(
        {
            "parties": [{"id": code, "text": str(parties[code])} for code in codes],
            "figures": [
                {
                    "at": one.start,
                    "quote": statement.text[one.start : one.end],
                    "fields": one.fields,
                    "item": (code := one.fields.get("item"))
                    and {"id": code, "text": known.items[code][2]},
                    "reading": reading_of(one, known.items),
                    "doubts": one.doubts,
                    "notes": one.notes,
                    "parties": one.parties,
                    "dates": one.dates,
                }
                for one in found
            ],
        }
    )


def reading_of(one: Candidate, items: Mapping[str, tuple[str, str, str]]) -> str:
    """Return what a figure of a text was read as, for people."""
    numbers = [one.fields[name] for name in ("value", "lower", "upper") if name in one.fields]
    measures = (one.fields.get(name) for name in ("currency", "unit", "party_type"))
    item = one.fields.get("item")
    return in_words(
        one.fields["operator"],
        numbers,
        next(filter(None, measures), ""),
        items[item][0] if item else "",
    )


# Drawn from a statement


@dataclass(frozen=True)
class Drawn:
    """A figure that rests on the statement, as the statement's page shows it."""

    record: Any
    page: str
    number: str
    figure: Any


@dataclass(frozen=True)
class DrawnKind:
    """Figures of one kind of record; `more` leads to the rest."""

    name: str
    figures: list[Drawn]
    more: str


def drawn_from(site: Any, request: HttpRequest, statement: Statement) -> list[DrawnKind]:
    """The figures that rest on any version of the statement, of records in force and of those
    being worked on: the first of each kind, one query a kind."""
    found = []
    for kind, model in readable_kinds(site, request).items():
        rows = list(figures_of(model, statement)[: DRAWN_ON_PAGE + 1])
        more = reverse("admin:records_statement_drawn", args=[statement.pk, kind])
        if rows:
            found.append(
                DrawnKind(
                    str(model._meta.verbose_name_plural),
                    [drawn_figure(figure) for figure in rows[:DRAWN_ON_PAGE]],
                    more if len(rows) > DRAWN_ON_PAGE else "",
                )
            )
    return found


def drawn_view(modeladmin: Any, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Return all of one kind, page by page."""
    kinds = readable_kinds(modeladmin.admin_site, request)
    if not modeladmin.has_view_permission(request) or (kind in DATED and kind not in kinds):
        raise PermissionDenied
    statement = Statement.objects.defer("text").filter(pk=pk).first() if pk < 10**18 else None
    if statement is None or kind not in kinds:
        raise Http404
    page = Paginator(figures_of(kinds[kind], statement), PER_PAGE).get_page(
        request.GET.get("page")
    )
    plural = kinds[kind]._meta.verbose_name_plural
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": f"{str(plural).capitalize()} drawn from {statement.public_id}",
        "opts": modeladmin.opts,
        "media": modeladmin.media,
        "original": statement,
        "drawn": [DrawnKind(str(plural), [drawn_figure(figure) for figure in page], "")],
        "page": page,
        "back": modeladmin.page(statement),
    }
    return TemplateResponse(request, "admin/records/drawn_page.html", context)


def readable_kinds(site: Any, request: HttpRequest) -> dict[str, Any]:
    return {
        kind: model
        for kind, model in DATED.items()
        if site.get_model_admin(model).has_view_or_change_permission(request)
    }


def figures_of(model: Any, statement: Statement) -> models.QuerySet:
    return (
        model.child("figures")
        .objects.filter(statement__public_id=statement.public_id, record__state__in=CURRENT)
        .select_related("record", "item", "statement")
        .defer("statement__text")
        .order_by("-record__as_of_key", "record__public_id", "record__version", "position", "pk")
    )


def drawn_figure(figure: Any) -> Drawn:
    record = figure.record
    page = reverse(f"admin:records_{record.KIND}_change", args=[record.pk])
    return Drawn(record, page, amount_in_words(figure), figure)
