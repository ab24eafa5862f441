"""People with roles, and signing in as a browser does, with a password and a code."""

import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor as factor
from tests.support.factories import UserFactory

PASSWORD = "a long password of a test"
LOGIN = "/admin/login/"


def role(name: str) -> Group:
    """The role as its migration makes it; tests that empty all tables take roles away, too."""
    if not Group.objects.filter(name=name).exists():
        (path,) = Path(apps.get_app_config("records").path).glob("migrations/*_roles.py")
        migration = import_module(f"records.migrations.{path.stem}")
        migration.make_roles(apps, SimpleNamespace(connection=connection))
    return Group.objects.get(name=name)


def person(name: str, of: str = "") -> User:
    """A person in a role, by default that of the name."""
    user = UserFactory(username=name)
    user.groups.add(role(of or name))
    return user


def authenticator_shows(key: str, later: int = 0) -> str:
    """The six digits that an authenticator with this secret shows, some half minutes later."""
    totp = TOTP(bytes.fromhex(key), drift=later)
    totp.time = time.time()
    return f"{totp.token():06d}"


def enrolled(user: User) -> tuple[TOTPDevice, list[str]]:
    """The person's new second factor, as if it was set up long ago: its authenticator, whose
    code of this moment is unused, and its recovery codes."""
    device = TOTPDevice.objects.create(user=user, name="authenticator")
    return device, factor.make_recovery_codes(user)


def give_password(client: Client, user: User, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"username": user.username, "password": password, **more})


def give_code(client: Client, code: str, **more: Any) -> Any:
    return client.post(reverse("admin:second_factor_code"), {"code": code, **more})


def sign_in(client: Client, user: User, device: TOTPDevice) -> None:
    """With both factors."""
    give_password(client, user)
    give_code(client, authenticator_shows(device.key))
