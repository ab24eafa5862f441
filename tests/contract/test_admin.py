"""Every page of the admin, for every noun: it opens, it searches, and a list takes the same
number of queries however long it is."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import DateField
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from accounts.models import AuditEntry
from aidapi.dates import parsed
from records import publishing
from records.curation.duplicates.models import DuplicatePair
from records.curation.imports.models import ImportBatch
from records.curation.proposals.models import Proposal
from records.curation.reports.models import Report
from records.models import (
    DATED,
    KINDS,
    STAGED,
    Change,
    Contributor,
    Item,
    Party,
    Revision,
)
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    DuplicatePairFactory,
    HSCodeFactory,
    ItemFactory,
    PartyFactory,
    ProposalFactory,
    ReportFactory,
    UserFactory,
    publish,
)
from tests.support.sign_in import PASSWORD, enrolled, role, sign_in

pytestmark = pytest.mark.django_db

MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "records"),
    key=lambda model: str(model._meta.model_name),
)
WRITTEN_BY_PUBLISHING = [AuditEntry, Change, Contributor, Revision]
WRITTEN_BY_IMPORTING = [ImportBatch]
NOT_TYPED = [*WRITTEN_BY_PUBLISHING, *WRITTEN_BY_IMPORTING, DuplicatePair, Proposal, Report]
MOST_QUERIES = 13


def names(models: Any) -> list[str]:
    return [model._meta.model_name for model in models]


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:records_{model._meta.model_name}_{page}", args=args)


def make(model: Any) -> Any:
    """A row that the model's pages can show."""
    if model in RECORDS:
        return RECORDS[model](published=True)
    if model is Party:
        return PartyFactory()
    if model is Item:
        return HSCodeFactory().item
    if model is DuplicatePair:
        return DuplicatePairFactory()
    if model is Report:
        return ReportFactory()
    if model is Proposal:
        return ProposalFactory()
    if model is ImportBatch:
        batch = ImportBatch.objects.create(kind="donation", by=UserFactory())
        batch.file_name = f"donations-{batch.pk}.csv"
        batch.save()
        return batch
    DonationFactory(published=True)
    return model.objects.first()


def test_every_noun_is_registered() -> None:
    assert set(MODELS) == {*KINDS.values(), Party, Item, *NOT_TYPED}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_list_opens(model: Any, superuser_client: Client) -> None:
    make(model)

    response = superuser_client.get(url(model, "changelist"))

    assert response.status_code == 200
    assert response.context["cl"].result_count >= 1


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_search_finds_and_finds_not(model: Any, superuser_client: Client) -> None:
    row = make(model)
    named = getattr(row, "public_id", getattr(row, "about", row.pk))
    known = row.first if model is DuplicatePair else str(named)
    known = row.code if model is Proposal else known

    found = superuser_client.get(url(model, "changelist"), {"q": known})
    missed = superuser_client.get(url(model, "changelist"), {"q": "zzyzx nowhere"})

    assert found.context["cl"].result_count >= 1
    assert missed.context["cl"].result_count == 0


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
@pytest.mark.parametrize("words", ["x" * 60_000, "a " * 2_000, "%_'\"\\", "ﷺ" * 300, "(^a+)+$"])
def test_search_withstands_odd_words(model: Any, words: str, superuser_client: Client) -> None:
    assert superuser_client.get(url(model, "changelist"), {"q": words}).status_code == 200


def test_a_lookup_of_a_year_that_no_calendar_has_is_refused(superuser_client: Client) -> None:
    for model in admin.site._registry:
        if model._meta.app_label == "records":
            make(model)
        for field in model._meta.concrete_fields:
            if isinstance(field, DateField):
                page = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
                response = superuser_client.get(page, {f"{field.name}__year": "0"})
                assert response.status_code in (302, 400), field


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_every_filter_opens(model: Any, superuser_client: Client) -> None:
    make(model)
    page = superuser_client.get(url(model, "changelist"))

    for spec in page.context["cl"].filter_specs:
        for choice in spec.choices(page.context["cl"]):
            filtered = superuser_client.get(url(model, "changelist") + choice["query_string"])
            assert filtered.status_code == 200


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_row_opens(model: Any, superuser_client: Client) -> None:
    row = make(model)

    response = superuser_client.get(url(model, "change", row.pk))

    assert response.status_code == 200
    assert superuser_client.get(url(model, "history", row.pk)).status_code == 200


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_new_row_opens_unless_it_is_not_typed(model: Any, superuser_client: Client) -> None:
    expected = 403 if model in NOT_TYPED else 200

    assert superuser_client.get(url(model, "add")).status_code == expected


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_nothing_is_deleted_by_a_crafted_request(model: Any, superuser_client: Client) -> None:
    row = make(model)

    selected = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    one = superuser_client.post(url(model, "delete", row.pk), {"post": "yes"})
    superuser_client.post(url(model, "changelist"), selected)

    assert one.status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)
def test_what_is_no_key_of_a_row_is_chosen_in_no_list(
    model: Any, superuser_client: Client
) -> None:
    chosen = {"action": "edit_alike", "_selected_action": ["x"]}

    page = superuser_client.post(url(model, "changelist"), chosen, follow=True)

    assert page.status_code == 200
    assert "Choose rows of this list." in page.content.decode()


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_pages_are_closed_to_strangers_and_to_staff_without_permission(
    model: Any, client: Client, editor_client: Client
) -> None:
    row = make(model)

    for page, args in [("changelist", ()), ("add", ()), ("change", (row.pk,))]:
        address = url(model, page, *args)
        assert client.get(address).status_code == 302
        assert editor_client.get(address).status_code == 403


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_pages_carry_no_inline_script_or_style(model: Any, superuser_client: Client) -> None:
    row = make(model)
    pages = [url(model, "changelist"), url(model, "change", row.pk)]
    if model not in NOT_TYPED:
        pages.append(url(model, "add"))

    for page in pages:
        html = superuser_client.get(page).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
        assert not [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]


def foreign_keys() -> list[Any]:
    """(model, field, its widget) for every foreign key that a form of the admin writes."""
    request = RequestFactory().get("/")
    request.user = get_user_model()(is_superuser=True, is_active=True, is_staff=True)
    found = []
    for model in [model for model in MODELS if model not in NOT_TYPED]:
        modeladmin = admin.site._registry[model]
        forms = [(model, modeladmin.get_form(request))]
        for inline in modeladmin.get_inline_instances(request):
            forms.append((inline.model, inline.get_formset(request).form))
        for written, form in forms:
            for name, field in form.base_fields.items():
                if isinstance(field, ModelChoiceField):
                    identifier = f"{written._meta.model_name}.{name}"
                    found.append(pytest.param(written, name, field.widget.widget, id=identifier))
    return found


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("model", "name", "widget"), foreign_keys())
def test_foreign_key_is_searched_not_listed(
    model: Any, name: str, widget: Any, superuser_client: Client
) -> None:
    """A list of all statements, parties or items would not fit a page."""
    DonationFactory(published=True)
    requested = {"app_label": "records", "model_name": model._meta.model_name, "field_name": name}

    assert isinstance(widget, AutocompleteSelect)
    found = superuser_client.get(widget.get_url(), requested | {"term": "a"})
    missed = superuser_client.get(widget.get_url(), requested | {"term": "zzyzx"})
    assert found.json()["results"]
    assert missed.json()["results"] == []


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_list_takes_the_same_queries_at_any_length(model: Any, superuser_client: Client) -> None:
    make(model)
    superuser_client.get(url(model, "changelist"))  # content types are cached from here on

    with CaptureQueriesContext(connection) as few:
        superuser_client.get(url(model, "changelist"))
    if model in (Party, Item):
        for factory, codes in [
            (PartyFactory, ["CHN", "ITA", "JPN", "SRB"]),
            (ItemFactory, ["ventilator", "goggles", "medical-team"]),
        ]:
            for code in codes:
                factory(code=code)
    else:
        for _ in range(4):
            make(model)
    with CaptureQueriesContext(connection) as many:
        superuser_client.get(url(model, "changelist"))

    assert len(many) == len(few)
    assert len(many) <= MOST_QUERIES


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_pages_of_a_reviewer_with_a_second_factor_take_few_queries(
    kind: str, client: Client
) -> None:
    """What everybody's pages take, at its most: roles, a session and a device are looked up."""
    model = KINDS[kind]
    reviewer, author = UserFactory(username="reviewer"), UserFactory(username="author")
    reviewer.set_password(PASSWORD)
    reviewer.save()
    reviewer.groups.add(*[role(name) for name in ("reviewer", "editor", "administrator")])
    device, _ = enrolled(reviewer)
    public, waiting = RECORDS[model](published=True), RECORDS[model]()
    if kind in DATED:
        publish(*waiting.cited_statements())
    Contributor.edited(waiting, author)
    publishing.submit(waiting, by=author)
    correction = publishing.begin_correction(public, by=reviewer, reason="Another number.")
    rows = (public, waiting, correction)
    pages = [
        reverse("admin:index"),
        *[url(model, page) for page in ("changelist", "add")],
        *[url(model, page, row.pk) for page in ("change", "history") for row in rows],
        url(model, "approve", waiting.pk),
        url(model, "withdraw", public.pk),
    ]
    taken = {}

    with override_settings(SECOND_FACTOR=True):
        sign_in(client, reviewer, device)
        client.get(pages[1])  # content types are cached from here on
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            taken[page] = len(queries)

    # Threads and assignments are tables more than of others, and a further one is of a record with
    # stages its milestones, of a statement the checks of pages.
    # Forms ask what of them was typed and not saved.
    most = MOST_QUERIES + 2 + (kind in STAGED or kind not in DATED)
    # The home counts what waits of each sort.
    more = {pages[0]: 4} | {page: 1 for page in pages if page.endswith(("/add/", "/change/"))}
    assert {page: n for page, n in taken.items() if n > most + more.get(page, 0)} == {}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_narrowed_by_dates_as_far_as_they_are_known(
    kind: str, superuser_client: Client
) -> None:
    name = "as_of" if kind in DATED else "published_on"
    for known in ("2020", "2020-03", "2020-04", "2020-04-10", "2020-04-12", "2021-01-01"):
        first, precision = parsed(known)
        RECORDS[KINDS[kind]](**{name: first, f"{name}_precision": precision})

    def narrowed(chosen: str) -> tuple[list[str], list[str]]:
        """Return what the list offers next, and the dates of the records in it."""
        page = superuser_client.get(
            url(KINDS[kind], "changelist"), {name: chosen} if chosen else {}
        )
        shown = page.context["cl"]
        (offered,) = [one for one in shown.filter_specs if one.title == name.replace("_", " ")]
        keys = [getattr(record, f"{name}_key") for record in shown.result_list]
        return [label for _, label in offered.lookup_choices], sorted(keys)

    assert narrowed("")[0] == ["2020", "2021"]
    assert narrowed("2020") == (
        ["2020", "March 2020", "April 2020"],
        ["2020", "2020-03", "2020-04", "2020-04-10", "2020-04-12"],
    )
    assert narrowed("2020-04") == (
        ["2020", "April 2020", "10 April 2020", "12 April 2020"],
        ["2020", "2020-04", "2020-04-10", "2020-04-12"],
    )
    # It may have been on that day.
    assert narrowed("2020-04-10")[1] == ["2020", "2020-04", "2020-04-10"]
    assert narrowed("2020-04-01")[1] == ["2020", "2020-04"]
    for wrong in ("2020-13", "april", "0000"):
        answer = superuser_client.get(url(KINDS[kind], "changelist"), {name: wrong})
        assert answer.status_code == 302


def test_no_list_has_dates_as_if_all_were_days() -> None:
    """`date_hierarchy` and Django's filter by date take a month for its first day."""
    for model, page in admin.site._registry.items():
        vague = {
            field.name.removesuffix("_precision")
            for field in model._meta.fields
            if field.name.endswith("_precision")
        }
        shown = {page.date_hierarchy, *page.list_display, *page.list_filter}
        assert not vague & {one for one in shown if isinstance(one, str)}, model


def test_index_lists_every_noun(superuser_client: Client, superuser: User) -> None:
    html = superuser_client.get(reverse("admin:index")).content.decode()

    for model in MODELS:
        assert url(model, "changelist") in html
    assert str(apps.get_app_config("records").verbose_name) in html
