"""The door as a browser shows it: setting up the second factor, and signing in with it."""

import re
from base64 import b32decode
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from tests.curation.statement_reader.test_reader_browser import stored
from tests.support.browser import Looked, barriers, fits
from tests.support.factories import UserFactory
from tests.support.sign_in import PASSWORD, authenticator_shows

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("width", [1280, 390]),
]


@pytest.fixture
def _person(transactional_db: None) -> None:
    """Ask for it before `look`: under the browser's event loop there is another connection."""
    person = UserFactory(username="person", is_superuser=True)
    person.set_password(PASSWORD)
    person.save()


def sound(looked: Looked, step: str, width: int, pictures: Any) -> None:
    """The page fits, keeps nobody out and has nothing to complain of; a picture is taken."""
    looked.page.wait_for_load_state()
    looked.page.screenshot(path=pictures / f"account-{step}-{width}.png", full_page=True)
    assert fits(looked), step
    assert barriers(looked) == [], step
    assert looked.complaints == [], step


def give_password(looked: Looked) -> None:
    looked.page.fill("#id_username", "person")
    looked.page.fill("#id_password", PASSWORD)
    looked.page.click("text=Log in")


def leave(looked: Looked) -> None:
    looked.page.click("#logout-form button")
    looked.page.goto(re.sub(r"/admin/.*", "/admin/", looked.page.url))


def is_in(looked: Looked) -> bool:
    looked.page.wait_for_url("**/admin/")
    return looked.page.is_visible("#user-tools")


@pytest.mark.usefixtures("_person")
def test_the_second_factor_is_set_up_and_used(width: int, look: Any, tmp_path: Any) -> None:
    pictures = tmp_path
    with override_settings(SECOND_FACTOR=True):
        looked = look("/admin/", width)
        sound(looked, "sign-in", width, pictures)
        give_password(looked)

        # Nothing opens before it is set up.
        looked.page.wait_for_url(f"**{reverse('admin:second_factor_set_up')}*")
        looked.page.click("summary")
        sound(looked, "set-up", width, pictures)
        image = looked.page.locator("img")
        assert image.evaluate("image => image.naturalWidth") > 100
        key = b32decode(looked.page.inner_text(".account-secret").replace(" ", "")).hex()
        looked.page.fill("#id_code", "000000")
        looked.page.click("text=Confirm")
        expect(looked.page.locator(".errorlist")).to_contain_text("not right")
        sound(looked, "wrong", width, pictures)
        looked.page.fill("#id_code", authenticator_shows(key))
        looked.page.click("text=Confirm")
        looked.page.locator(".account-codes").wait_for()
        codes = looked.page.locator(".account-codes code").all_inner_texts()
        assert len(codes) == 10
        sound(looked, "codes", width, pictures)
        looked.page.click("text=continue")
        assert is_in(looked)

        # With a code of the authenticator, the next one, since each is good once.
        leave(looked)
        give_password(looked)
        looked.page.wait_for_url(f"**{reverse('admin:second_factor_code')}*")
        sound(looked, "code", width, pictures)
        looked.page.fill("#id_code", authenticator_shows(key, later=1))
        looked.page.click("text=Sign in >> nth=0")
        assert is_in(looked)

        # With a recovery code, and an account of how many are left.
        leave(looked)
        give_password(looked)
        looked.page.fill("#id_code", codes[3])
        looked.page.press("#id_code", "Enter")
        assert is_in(looked)
        expect(looked.page.locator("#user-tools >> text=Second factor")).to_have_count(1)
        looked.page.click("#user-tools >> text=Second factor")
        expect(looked.page.locator("#content")).to_contain_text("9 recovery codes left")
        sound(looked, "second-factor", width, pictures)

    assert stored(TOTPDevice.objects.get).key == key
