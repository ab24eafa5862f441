"""Forms that are written without templates are what Django's templates would make of them."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.admin import __path__ as admin_path
from django.contrib.auth.models import User
from django.forms.renderers import DjangoTemplates
from django.template import engines
from django.template.utils import EngineHandler
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from accounts.form_renderer import WRITERS, FormRenderer
from tests.contract.test_admin import MODELS, NOT_TYPED, make, names, url
from tests.support.factories import DonationFactory, DonationFigureFactory, UserFactory

WRITTEN = ("admin/includes/fieldset.html",)
"""Templates of the admin whose content is written here."""
CHANGING = re.compile(r'(name="(?:csrfmiddlewaretoken|_owner)" value=)"[^"]*"|nonce="[^"]*"')
ODD: list[Any] = [
    *("", "plain", "<b>\"a\" & 'b'</b>", "two\nlines\n", "\n begins with a line", "口罩", "%s"),
    *(mark_safe("<i>safe</i>"), gettext_lazy("Delete")),
    *(0, 1234567, Decimal("1.50"), True, False, None),
]


RENDERER = DjangoTemplates()


class OfDjango(DjangoTemplates):
    """Django's own renderer, which reads each template once for all pages."""

    engine: Any = property(lambda self: RENDERER.engine)


def same_space(html: str) -> str:
    """Return HTML with one space for each white space."""
    return re.sub(r"\s+", " ", CHANGING.sub(r"\1", html))


WIDGETS = [name for name in WRITERS if "widgets/" in name and "related" not in name]
"""Templates of widgets."""


def of_widget(value: Any) -> dict[str, Any]:
    """Return the context of the template of a widget with that value."""
    attrs = {
        "id": "id_x",
        "required": True,
        "hidden": False,
        "data-x": value,
        "lang": None,
    }
    option = {
        "template_name": "django/forms/widgets/select_option.html",
        "value": value,
        "label": value,
        "attrs": {"selected": True} if value else {},
    }
    groups = [(None, [option], 0), (value, [option, option], 1), ("b&", [], 2)]
    return {
        "widget": {
            "name": "a<name>",
            "type": "text",
            "value": value,
            "attrs": attrs,
            "optgroups": groups,
        }
    }


def assert_as_django(name: str, context: dict[str, Any], *case: Any) -> str:
    written = FormRenderer().render(name, context)
    assert written == RENDERER.render(name, context), case
    return written


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_as_django_makes_it(name: str) -> None:
    for value in ODD:
        assert_as_django(name, of_widget(value), value)


def test_options_of_another_template_are_left_to_django() -> None:
    context = of_widget("a")
    for _, options, _ in context["widget"]["optgroups"]:
        for option in options:
            option |= {"template_name": "django/forms/widgets/radio_option.html", "type": "radio"}
            option |= {"name": "a"}

    written = assert_as_django("django/forms/widgets/select.html", context)

    assert 'type="radio"' in written


def test_a_label_is_as_django_makes_it() -> None:
    for label, use_tag in itertools.product(ODD, [True, False]):
        for attrs in ({"for": "<id>", "class": label}, {}, None):
            context = {"label": label, "use_tag": use_tag, "tag": "legend", "attrs": attrs}
            assert_as_django("django/forms/label.html", context, label, use_tag, attrs)


@pytest.fixture(scope="module")
def as_django() -> Callable[[], Any]:
    """Return what makes pages with the templates of Django alone, each read once."""
    folder = Path(next(iter(admin_path))) / "templates"
    own = {name: (folder / name).read_text() for name in WRITTEN}
    engine: dict[str, Any] = settings.TEMPLATES[0]
    loaders = [
        ("django.template.loaders.locmem.Loader", own),
        "django.template.loaders.app_directories.Loader",
    ]
    options = {
        **engine["OPTIONS"],
        "loaders": [("django.template.loaders.cached.Loader", loaders)],
    }
    handler = EngineHandler([{"BACKEND": engine["BACKEND"], "OPTIONS": options}])
    handler.all()

    @contextmanager
    def as_django() -> Iterator[None]:
        with (
            override_settings(FORM_RENDERER=f"{OfDjango.__module__}.{OfDjango.__name__}"),
            mock.patch.dict(vars(engines), vars(handler)),
        ):
            yield

    return as_django


def compared(client: Client, as_django: Callable, method: str, page: str, *data: Any) -> str:
    written = getattr(client, method)(page, *data).content.decode()
    with as_django():
        expected = getattr(client, method)(page, *data).content.decode()
    assert same_space(written) == same_space(expected)
    return written


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_a_form_is_as_django_makes_it(
    model: Any, superuser_client: Client, as_django: Callable
) -> None:
    row = make(model)
    pages = [url(model, "change", row.pk)]
    if model not in NOT_TYPED:
        pages.append(url(model, "add"))
    for page in pages:
        assert "<form" in compared(superuser_client, as_django, "get", page)


@pytest.mark.django_db
def test_forms_of_accounts_are_as_django_makes_them(
    superuser_client: Client, as_django: Callable
) -> None:
    page = reverse("admin:auth_user_change", args=[UserFactory().pk])
    pages = [page, reverse("admin:auth_user_add"), reverse("admin:login")]
    pages.append(reverse("admin:auth_user_password_change", args=[UserFactory().pk]))
    for page in pages:
        compared(superuser_client, as_django, "get", page)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "<b>\"odd\" & 'long'\r\n" * 30])
def test_a_form_with_errors_is_as_django_makes_it(
    typed: str, superuser: User, as_django: Callable
) -> None:
    client = Client()
    client.force_login(superuser)
    record = DonationFactory(title="A <title> & “more”", note="\nIt begins with an empty line.")
    DonationFigureFactory(record=record, position=1)
    page = url(type(record), "change", record.pk)
    form = client.get(page).context["adminform"].form
    sent: dict[str, Any] = {form.add_prefix(name): typed for name in form.fields}
    sent["seen"] = record.edits
    for inline in client.get(page).context["inline_admin_formsets"]:
        manager = inline.formset.management_form
        sent |= {manager.add_prefix(name): manager[name].value() for name in manager.fields}
        for row in inline.formset.forms:
            sent |= {row.add_prefix(name): typed for name in row.fields}
            sent[row.add_prefix("id")] = row.instance.pk
    assert "errorlist" in compared(client, as_django, "post", page, sent)
