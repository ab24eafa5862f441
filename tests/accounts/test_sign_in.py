"""The door of the admin: who gets in, who is kept out and for how long, and what a session is."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import lockout
from accounts import second_factor as factor
from accounts.models import AuditedAct, AuditEntry
from accounts.permissions import PermissionBackend
from tests.support.factories import UserFactory
from tests.support.sign_in import (
    LOGIN,
    PASSWORD,
    authenticator_shows,
    enrolled,
    give_code,
    give_password,
    role,
    sign_in,
)
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db
CODE = "/admin/second-factor/code/"
SET_UP = "/admin/second-factor/set-up/"
TWO_FACTORS = pytest.mark.usefixtures("two_factors")


@pytest.fixture
def two_factors() -> Iterator[None]:
    with override_settings(SECOND_FACTOR=True):
        yield


@pytest.fixture
def person(db: None) -> User:
    user = UserFactory(username="person", is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def client() -> Client:
    return Client()


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def wrong(client: Client, name: str = "person", **more: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": "not the password"}, **more)


class TestPermissions:
    """Looked up at once, they are what Django finds."""

    @pytest.mark.parametrize(
        "marks", [{}, {"is_active": False}, {"is_superuser": True}], ids=["usual", "left", "super"]
    )
    @pytest.mark.parametrize("roles", [[], ["curator"], ["reviewer", "editor"]])
    @pytest.mark.parametrize("beside", [[], ["publish_donation", "view_statement"]])
    def test_they_are_those_of_roles_and_those_beside(
        self, marks: dict[str, bool], roles: list[str], beside: list[str]
    ) -> None:
        person = UserFactory(username="person", **marks)
        person.groups.add(*[role(name) for name in roles])
        person.user_permissions.add(*Permission.objects.filter(codename__in=beside))
        same = User.objects.get()

        found = PermissionBackend().get_all_permissions(person)

        assert found == ModelBackend().get_all_permissions(same)
        assert person.has_perm("records.publish_donation") is ("records.publish_donation" in found)
        assert PermissionBackend().get_all_permissions(person, obj=person) == set()

    def test_a_stranger_has_none(self) -> None:
        assert PermissionBackend().get_all_permissions(AnonymousUser()) == set()

    def test_one_query_finds_them(self, django_assert_num_queries: Any) -> None:
        person = UserFactory(username="person")
        person.groups.add(role("curator"))

        with django_assert_num_queries(1):
            assert person.has_perm("records.add_donation")
            assert not person.has_perm("records.publish_donation")


class TestLockout:
    def test_the_right_password_after_four_wrong_ones_opens(
        self, client: Client, person: User
    ) -> None:
        for _ in range(4):
            assert wrong(client).status_code == 200

        give_password(client, person)

        assert is_in(client)
        assert not AccessAttempt.objects.exists(), "what was right is forgiven"

    def test_the_fifth_wrong_password_closes_the_door_to_the_right_one(
        self, client: Client, person: User
    ) -> None:
        for _ in range(5):
            last = wrong(client)

        response = give_password(client, person)

        assert (last.status_code, response.status_code) == (429, 429)
        assert response["Retry-After"] == "900"
        assert "15 minutes" in response.content.decode()
        assert not is_in(client)

    def test_it_opens_by_itself_though_somebody_keeps_trying(
        self, client: Client, person: User, clock: Any
    ) -> None:
        for _ in range(5):
            wrong(client)
        clock.shift(14 * 60)
        wrong(client)

        clock.shift(61)
        give_password(client, person)

        assert is_in(client)

    def test_others_at_the_address_and_the_person_elsewhere_get_in(
        self, client: Client, person: User
    ) -> None:
        for _ in range(5):
            wrong(client)
        other = UserFactory(username="other")
        other.set_password(PASSWORD)
        other.save()
        elsewhere = Client(REMOTE_ADDR="203.0.113.7")

        give_password(client, other)
        give_password(elsewhere, person)

        assert is_in(client)
        assert is_in(elsewhere)

    def test_an_address_is_closed_after_twenty_wrong_passwords_for_any_accounts(
        self, client: Client, person: User
    ) -> None:
        for n in range(20):
            wrong(client, f"somebody-{n}")

        give_password(client, person)

        assert not is_in(client)

    @pytest.mark.slow
    def test_an_account_is_closed_to_strange_addresses_after_fifty_from_anywhere(
        self, person: User
    ) -> None:
        known = Client(REMOTE_ADDR="203.0.113.7")
        give_password(known, person)
        known.post("/admin/logout/")
        for n in range(50):
            wrong(Client(REMOTE_ADDR=f"198.51.100.{n}"))
        strange = Client(REMOTE_ADDR="198.51.100.200")

        give_password(strange, person)
        give_password(known, person)

        assert not is_in(strange)
        assert is_in(known), "the person is not kept out where they are known"

    @pytest.mark.parametrize(
        ("requested", "seen"),
        [
            ({"REMOTE_ADDR": "203.0.113.7"}, "203.0.113.7"),
            ({"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}, "203.0.113.7"),
            ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"),
            ({"REMOTE_ADDR": "::ffff:203.0.113.7"}, "203.0.113.7"),
            ({"REMOTE_ADDR": ""}, None),
        ],
    )
    def test_addresses_are_reported_as_limits_see_them(
        self, requested: dict[str, str], seen: str | None, rf: Any
    ) -> None:
        assert lockout.address(rf.get("/", **requested)) == seen

    @pytest.mark.parametrize("forwarded", ["203.0.113.7", "6.6.6.6, 203.0.113.7"])
    def test_a_proxy_of_ours_is_believed(self, forwarded: str, rf: Any) -> None:
        request = rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)

        with override_settings(PROXIES=1):
            assert lockout.address(request) == "203.0.113.7"

    def test_what_is_no_address_is_not_believed(self, rf: Any) -> None:
        request = rf.get("/", HTTP_X_FORWARDED_FOR="unknown", REMOTE_ADDR="203.0.113.7")

        with override_settings(PROXIES=1):
            assert lockout.address(request) == "203.0.113.7"

    def test_an_administrator_unlocks_in_the_browser(self, client: Client, person: User) -> None:
        administrator = UserFactory(username="administrator")
        administrator.groups.add(role("administrator"))
        for _ in range(5):
            wrong(client)
        page = reverse("admin:axes_accessattempt_changelist")
        desk = Client()
        desk.force_login(administrator)
        locked = desk.get(page, {"q": "person"}).content.decode()

        desk.post(
            page,
            {"action": "unlock", "_selected_action": [AccessAttempt.objects.get().pk]},
        )
        give_password(client, person)

        assert "locked out" in locked
        assert is_in(client)
        entry = AuditEntry.objects.get(act=AuditedAct.UNLOCKED)
        assert (entry.person, entry.about) == ("administrator", "person")

    def test_tries_are_few_in_a_minute_right_or_wrong(self, client: Client, person: User) -> None:
        with override_settings(LOGIN_RATE=3):
            lockout.tries.cache_clear()
            answers = [give_password(client, person).status_code for _ in range(5)]

        assert answers == [302, 302, 302, 429, 429]

    def test_names_that_are_nobodys_are_not_kept(self, client: Client) -> None:
        """People type their password where the name belongs."""
        wrong(client, "my secret password")

        entry = AuditEntry.objects.get(act=AuditedAct.SIGN_IN_FAILED)
        assert (entry.person, entry.about) == ("", "no such account")

    def test_a_nul_in_a_name_is_refused(self, client: Client) -> None:
        assert wrong(client, "a\x00b").status_code == 200

    def test_a_known_and_an_unknown_name_get_the_same_answer(
        self, client: Client, person: User
    ) -> None:
        pages = [wrong(client, name).content.decode() for name in ("person", "nobody")]

        first, second = (re.sub(r'value="[^"]*"', "", page) for page in pages)
        assert first == second


class TestBruteForce:
    """Who tries, however: no more passwords are looked at than the limit."""

    @pytest.fixture
    def looked_at(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The passwords that were compared; comparing is slow on purpose, and wrong here."""
        seen: list[str] = []

        def compare(self: Any, request: Any, **credentials: Any) -> None:
            seen.append(credentials["password"])

        monkeypatch.setattr("django.contrib.auth.backends.ModelBackend.authenticate", compare)
        return seen

    @pytest.mark.slow
    def test_two_hundred_tries_with_an_address_of_ones_own_making_each(
        self, client: Client, person: User, looked_at: list[str]
    ) -> None:
        for n in range(200):
            client.post(
                LOGIN,
                {"username": "person", "password": f"guess {n}"},
                HTTP_X_FORWARDED_FOR=f"10.0.{n // 250}.{n % 250}",
                HTTP_USER_AGENT=f"browser {n}",
                HTTP_FORWARDED=f"for=10.1.0.{n}",
                HTTP_X_REAL_IP=f"10.2.0.{n}",
            )

        assert len(looked_at) == 5

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.slow
    def test_two_hundred_tries_at_once(self, person: User, looked_at: list[str]) -> None:
        def attempt(n: int) -> int:
            try:
                return wrong(Client(HTTP_USER_AGENT=f"browser {n % 7}")).status_code
            finally:
                connections.close_all()

        # Each of those that come together may see all others' and be refused, so one comes first.
        answers = [attempt(0)]
        with ThreadPoolExecutor(16) as pool:
            answers += pool.map(attempt, range(1, 200))

        assert 1 <= len(looked_at) <= 5
        assert answers.count(429) >= 195

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.slow
    def test_many_addresses_at_once_against_one_account(
        self, person: User, looked_at: list[str]
    ) -> None:
        def attempt(n: int) -> int:
            try:
                return wrong(Client(REMOTE_ADDR=f"198.51.{n // 250}.{n % 250}")).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(attempt, range(200)))

        assert 1 <= len(looked_at) <= 50

    @TWO_FACTORS
    @pytest.mark.slow
    def test_two_hundred_codes_after_the_right_password(
        self, client: Client, person: User, clock: Any
    ) -> None:
        """One a second: each wrong one doubles the wait for the next that is looked at."""
        device, _ = enrolled(person)
        give_password(client, person)

        for n in range(200):
            give_code(client, f"{n:06d}")
            clock.shift(1)
        give_code(client, authenticator_shows(device.key))

        assert not is_in(client), "after so many wrong ones not even the right one is looked at"
        device.refresh_from_db()
        assert device.throttling_failure_count == 8


@TWO_FACTORS
class TestSecondFactor:
    def test_without_one_a_person_is_led_to_setting_it_up(
        self, client: Client, person: User
    ) -> None:
        give_password(client, person)

        response = client.get("/admin/records/donation/", follow=True)

        assert response.redirect_chain[-1][0] == SET_UP
        assert "scan this image" in response.content.decode()

    def test_a_code_confirms_the_new_secret_and_lets_in(
        self, client: Client, person: User
    ) -> None:
        give_password(client, person)
        client.get(SET_UP)
        key = client.session["second_factor_key"]
        assert not TOTPDevice.objects.exists(), "nothing counts before the code"

        response = client.post(SET_UP, {"code": authenticator_shows(key)})

        codes = response.context["codes"]
        assert len(set(codes)) == 10
        assert is_in(client)
        assert TOTPDevice.objects.get().key == key
        assert AuditedAct.FACTOR_SET_UP in acts()
        again = client.post(SET_UP, {"code": authenticator_shows(key)}, follow=True)
        assert not any(code in again.content.decode() for code in codes), "shown once"

    def test_a_wrong_code_confirms_nothing(self, client: Client, person: User) -> None:
        give_password(client, person)
        client.get(SET_UP)

        for code in ["000000", "", "12345", "abcdef", "٠٠٠٠٠٠", "9" * 40]:
            response = client.post(SET_UP, {"code": code})
            assert response.status_code == 200
            assert response.context["form"].errors

        assert not TOTPDevice.objects.exists()
        assert not is_in(client)

    def test_the_secret_is_an_image_of_ours_and_text(self, client: Client, person: User) -> None:
        give_password(client, person)
        page = client.get(SET_UP).content.decode()

        image = client.get("/admin/second-factor/qr.svg")

        assert image["Content-Type"] == "image/svg+xml"
        assert image.content.startswith(b"<?xml")
        assert "no-store" in image["Cache-Control"]
        assert factor.secret_text(client.session["second_factor_key"]) in page
        assert 'src="/admin/second-factor/qr.svg"' in page

    def test_a_code_signs_in_once(self, client: Client, person: User) -> None:
        device, _ = enrolled(person)
        code = authenticator_shows(device.key)
        give_password(client, person)
        give_code(client, code)
        assert is_in(client)
        other = Client()
        give_password(other, person)

        give_code(other, code)

        assert not is_in(other)

    def test_a_recovery_code_signs_in_once(self, client: Client, person: User) -> None:
        _, codes = enrolled(person)
        give_password(client, person)
        give_code(client, codes[0].upper())
        assert is_in(client)
        assert factor.recovery_codes_left(person) == 9
        other = Client()
        give_password(other, person)

        give_code(other, codes[0])

        assert not is_in(other)
        assert "9 left" in AuditEntry.objects.get(act=AuditedAct.SIGNED_IN).detail

    @pytest.mark.django_db(transaction=True)
    def test_a_recovery_code_signs_in_once_though_sent_many_times_at_once(
        self, person: User
    ) -> None:
        _, codes = enrolled(person)
        clients = [Client() for _ in range(8)]
        for each in clients:
            give_password(each, person)

        def attempt(each: Client) -> None:
            try:
                give_code(each, codes[0])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(attempt, clients))

        assert sum(is_in(each) for each in clients) == 1

    def test_recovery_codes_stand_nowhere_in_clear(self, person: User) -> None:
        _, codes = enrolled(person)

        kept = set(StaticToken.objects.values_list("token", flat=True))

        assert not kept & {code.replace("-", "") for code in codes}

    def test_new_recovery_codes_void_the_old_ones(self, client: Client, person: User) -> None:
        device, old = enrolled(person)
        sign_in(client, person, device)

        new = client.post("/admin/second-factor/").context["codes"]

        assert not set(new) & set(old)
        other = Client()
        give_password(other, person)
        give_code(other, old[0])
        assert not is_in(other)
        assert AuditedAct.FACTOR_CODES in acts()

    def test_changing_it_takes_a_fresh_code(
        self, client: Client, person: User, clock: Any
    ) -> None:
        device, _ = enrolled(person)
        sign_in(client, person, device)
        clock.shift(11 * 60)

        for page in ["/admin/second-factor/", SET_UP]:
            for response in (client.get(page), client.post(page, {"code": "123456"})):
                assert response.status_code == 302
                assert response["Location"].startswith(CODE)
        give_code(client, authenticator_shows(device.key))

        assert client.get(SET_UP).status_code == 200

    def test_another_authenticator_takes_the_place_of_the_first(
        self, client: Client, person: User
    ) -> None:
        device, _ = enrolled(person)
        sign_in(client, person, device)
        client.get(SET_UP)
        key = client.session["second_factor_key"]

        client.post(SET_UP, {"code": authenticator_shows(key)})

        assert [device.key for device in TOTPDevice.objects.all()] == [key]
        assert is_in(client)

    def test_of_two_sessions_with_the_password_only_one_sets_up(self, person: User) -> None:
        first, second = Client(), Client()
        for each in (first, second):
            give_password(each, person)
            each.get(SET_UP)
        keys = [each.session["second_factor_key"] for each in (first, second)]

        first.post(SET_UP, {"code": authenticator_shows(keys[0])})
        second.post(SET_UP, {"code": authenticator_shows(keys[1])})

        assert TOTPDevice.objects.get().key == keys[0]
        assert not is_in(second)

    @pytest.mark.slow(every=True)
    def test_a_password_alone_opens_no_address_of_the_admin(
        self, client: Client, person: User
    ) -> None:
        """2FA bypass: every address, read and written to, with and without a second factor."""
        addresses = sorted(admin_addresses())
        assert len(addresses) > 80
        for enrol in (False, True):
            if enrol:
                enrolled(person)
            half = Client()
            give_password(half, person)
            for address in some(addresses, 40):
                for ask in (half.get, half.post):
                    response = ask(address)
                    # What is typed is kept for pages that name their owner, and for no other.
                    closed = (403,) if address == reverse("admin:keep_form") else (302,)
                    assert response.status_code in (*closed, 405), f"{address} is open"
                    if response.status_code == 302:
                        assert response["Location"].startswith(("/admin/login/", "/admin/")), (
                            address
                        )

    def test_a_lost_second_factor_is_reset_by_an_administrator(self, client: Client) -> None:
        curator = UserFactory(username="curator")
        curator.set_password(PASSWORD)
        curator.save()
        enrolled(curator)
        administrator = UserFactory(username="administrator")
        administrator.set_password(PASSWORD)
        administrator.save()
        administrator.groups.add(role("administrator"))
        device, _ = enrolled(administrator)
        desk = Client()
        sign_in(desk, administrator, device)
        page = reverse("admin:auth_user_reset_second_factor", args=[curator.pk])
        assert desk.get(page).status_code == 200
        assert TOTPDevice.objects.filter(user=curator).exists(), "looking resets nothing"

        desk.post(page)

        give_password(client, curator)
        assert client.get("/admin/", follow=True).redirect_chain[-1][0] == SET_UP
        entry = AuditEntry.objects.get(act=AuditedAct.FACTOR_RESET)
        assert (entry.person, entry.about) == ("administrator", "curator")

    def test_a_reset_ends_what_was_signed_in_with_it(self, client: Client, person: User) -> None:
        device, _ = enrolled(person)
        sign_in(client, person, device)

        factor.reset(person)

        assert not is_in(client)

    def test_an_administrator_has_no_power_over_a_superuser(self, person: User) -> None:
        administrator = UserFactory(username="administrator")
        administrator.groups.add(role("administrator"))
        administrator.set_password(PASSWORD)
        administrator.save()
        device, _ = enrolled(administrator)
        enrolled(person)
        desk = Client()
        sign_in(desk, administrator, device)

        reset = desk.post(reverse("admin:auth_user_reset_second_factor", args=[person.pk]))
        password = desk.post(
            reverse("admin:auth_user_password_change", args=[person.pk]),
            {"password1": "another long one", "password2": "another long one"},
        )
        own = reverse("admin:auth_user_change", args=[administrator.pk])
        desk.post(
            own,
            {
                "is_active": "on",
                "is_staff": "on",
                "is_superuser": "on",
                "user_permissions": [Permission.objects.get(codename="publish_donation").pk],
                "date_joined_0": "2026-01-01",
                "date_joined_1": "00:00:00",
            },
        )

        assert (reset.status_code, password.status_code) == (403, 403)
        assert TOTPDevice.objects.filter(user=person).exists()
        administrator.refresh_from_db()
        assert not administrator.is_superuser
        assert not administrator.user_permissions.exists()

    def test_secrets_have_no_page_in_the_admin(self) -> None:
        assert not admin.site.is_registered(TOTPDevice)
        assert not admin.site.is_registered(StaticDevice)

    def test_who_is_half_way_may_leave(self, client: Client, person: User) -> None:
        give_password(client, person)

        client.post("/admin/logout/")

        assert "_auth_user_id" not in client.session

    def test_the_half_way_session_is_short(self, client: Client, person: User, clock: Any) -> None:
        device, _ = enrolled(person)
        give_password(client, person)

        clock.shift(16 * 60)

        assert give_code(client, authenticator_shows(device.key)).status_code == 302
        assert not is_in(client)


class TestSessions:
    def test_a_cookie_from_before_is_worth_nothing_after(
        self, client: Client, person: User
    ) -> None:
        """Fixation: the key is a new one after the password, and again after the code."""
        with override_settings(SECOND_FACTOR=True):
            device, _ = enrolled(person)
            client.get(LOGIN)
            planted = client.session
            planted["planted"] = True
            planted.save()
            client.cookies["sessionid"] = str(planted.session_key)
            give_password(client, person)
            half = client.cookies["sessionid"].value
            give_code(client, authenticator_shows(device.key))
            whole = client.cookies["sessionid"].value

            assert len({planted.session_key, half, whole}) == 3
            for old in (planted.session_key, half):
                thief = Client()
                thief.cookies["sessionid"] = str(old)
                assert not is_in(thief)
            assert is_in(client)

    def test_an_unused_session_ends(self, client: Client, person: User, clock: Any) -> None:
        give_password(client, person)
        for _ in range(3):
            clock.shift(119 * 60)
            assert is_in(client)

        clock.shift(121 * 60)

        assert not is_in(client)

    def test_a_used_session_ends_after_twelve_hours(
        self, client: Client, person: User, clock: Any
    ) -> None:
        give_password(client, person)
        for _ in range(11):
            clock.shift(60 * 60)
            assert is_in(client)

        clock.shift(61 * 60)

        assert not is_in(client)

    def test_a_deactivated_account_is_out_at_once(self, client: Client, person: User) -> None:
        give_password(client, person)
        person.is_active = False
        person.save()

        assert not is_in(client)

    def test_a_post_without_its_token_is_refused(self, person: User) -> None:
        """CSRF, signed in and not, at each address that takes a POST."""
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person)

        for address in sorted(admin_addresses()):
            assert strict.post(address).status_code in (403, 404, 405), address
        assert Client(enforce_csrf_checks=True).post(LOGIN).status_code == 403

    @pytest.mark.parametrize(
        "next",
        ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"],
    )
    def test_nobody_is_led_elsewhere(self, next: str, client: Client, person: User) -> None:
        with override_settings(SECOND_FACTOR=True):
            device, _ = enrolled(person)
            password = give_password(client, person, next=next)
            requested = client.get(LOGIN, {"next": next})
            form = client.get(CODE, {"next": next})
            code = give_code(client, authenticator_shows(device.key), next=next)

        assert password["Location"] == "/admin/"
        assert requested["Location"].startswith(CODE)
        assert form.context["next"] == ""
        assert code["Location"] == "/admin/"

    @pytest.mark.parametrize("page", [LOGIN, "/admin/", "/admin/records/donation/"])
    def test_no_page_is_framed(self, page: str, client: Client, person: User) -> None:
        client.force_login(person)

        response = client.get(page, follow=True)

        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]

    @pytest.mark.parametrize(
        "host", ["evil.example", "localhost@evil.example", "localhost.evil.example"]
    )
    def test_a_host_that_is_not_ours_is_refused(self, host: str, client: Client) -> None:
        assert client.get(LOGIN, HTTP_HOST=host).status_code == 400

    def test_a_forwarded_host_is_not_believed(self, client: Client) -> None:
        response = client.get("/admin/", HTTP_X_FORWARDED_HOST="evil.example")

        assert "evil" not in response["Location"] + response.content.decode()


def admin_addresses() -> set[str]:
    """Every address below /admin/ that needs a permission; arguments are made up."""
    found = set()

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            where = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, where)
            elif isinstance(pattern, URLPattern):
                found.add("/" + re.sub(r"<[^>]*>|\(\?P<[^>]*>[^)]*\)", "1", where).rstrip("$"))

    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) == "admin/":
            assert isinstance(pattern, URLResolver)
            walk(pattern.url_patterns, "admin/")
    # Those that are there for those who are not in yet, and the pattern of everything else.
    without = {LOGIN, "/admin/logout/", CODE, SET_UP, "/admin/second-factor/qr.svg"}
    return {address for address in found if "(" not in address and "*" not in address} - without


@pytest.mark.parametrize("password", ["short", "password123", "20200410", "zhao-lijian1"])
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="zhao-lijian"))
