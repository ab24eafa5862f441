"""Settings explain what is wrong with the environment, checks what is wrong with the machine."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client, override_settings

from aidapi.checks import has_wal_fault, keys_are_secret, sqlite_is_sound
from aidapi.urls import urlpatterns
from records.publishing import triggers
from records.site.urls import urlpatterns as site_patterns
from tests.support.routes import problem

ROOT = Path(settings.BASE_DIR)
SETTINGS = ROOT / "aidapi" / "settings.py"
VARIABLES = sorted(
    set(
        re.findall(
            r"(?:env\.str|required_in_production|integer|boolean)\(\s*\"([A-Z_]+)\"",
            SETTINGS.read_text("utf-8"),
        )
    )
)
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "Vq2-8fH5rT_k9LxwZ3mNcB7yJd6sGp4QaEuRi1oXhKtWlMzCvYbS",
    "CURSOR_KEYS": "a-first-key,an-older-key",
    "ALLOWED_HOSTS": "aid.example.org, www.aid.example.org",
    "DATABASE_URL": "sqlite://:memory:",
}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the settings again, with these variables and no others of ours."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def read(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return read


# --- The environment


def test_every_variable_is_in_the_operators_guide() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")

    assert len(VARIABLES) > 8
    assert [name for name in VARIABLES if f"`{name}`" not in guide] == []


def test_development_needs_no_variable(load: Any) -> None:
    read = load()

    assert not read["PRODUCTION"]
    assert read["DATABASES"]["default"]["NAME"].endswith("var/aidapi.sqlite3")


def test_production_is_locked_down(load: Any) -> None:
    read = load(**PRODUCTION)

    assert read["CURSOR_KEYS"] == ["a-first-key", "an-older-key"]
    assert read["ALLOWED_HOSTS"] == ["aid.example.org", "www.aid.example.org"]
    assert read["SESSION_COOKIE_SECURE"]
    assert read["CSRF_COOKIE_SECURE"]
    assert read["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert read["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert read["SECOND_FACTOR"]
    assert read["SECURE_SSL_REDIRECT"]
    assert not read["DEBUG"]
    assert "SECURE_PROXY_SSL_HEADER" not in read, "a header of the client's making is not believed"


def test_process_with_a_replica_only_reads_and_knows_whom_to_ask(load: Any) -> None:
    replica, primary = (
        "postgres://r@a,b:5433/aid",
        "postgres://r@c/aid?target_session_attrs=primary",
    )

    alone = load(READ_DATABASE_URL=replica)
    both = load(READ_DATABASE_URL=replica, DATABASE_URL=primary)

    assert alone["READING"]
    assert alone["READ_ONLY"]
    assert list(alone["DATABASES"]) == ["default"]
    assert both["DATABASES"]["default"]["HOST"] == "a,b"
    assert both["DATABASES"]["primary"]["HOST"] == "c"
    assert both["DATABASES"]["primary"]["OPTIONS"]["target_session_attrs"] == "primary"
    assert not load(READ_DATABASE_URL="")["READING"]
    with pytest.raises(ImproperlyConfigured, match="READ_ONLY=false"):
        load(READ_DATABASE_URL=replica, READ_ONLY="false")
    with pytest.raises(ImproperlyConfigured, match=r"^READ_DATABASE_URL ") as failure:
        load(READ_DATABASE_URL="r:secret@a", READ_ONLY="true")
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("url", ["https://aid.example.org/data/aid", "https://a.b:8443/data/aid/"])
def test_path_of_public_url_carries_addresses_and_cookies(load: Any, url: str) -> None:
    read = load(**PRODUCTION, PUBLIC_URL=url)

    assert read["FORCE_SCRIPT_NAME"] == "/data/aid"
    assert read["SESSION_COOKIE_PATH"] == read["CSRF_COOKIE_PATH"] == "/data/aid/"
    # Browsers refuse `__Host-` cookies of a path.
    assert read["SESSION_COOKIE_NAME"] == "__Secure-sessionid"
    assert read["CSRF_TRUSTED_ORIGINS"] == [url.partition("/data")[0]]
    assert f"https://{read['SECURE_SSL_HOST']}" in read["CSRF_TRUSTED_ORIGINS"]


def test_mail_is_off_until_a_server_is_named(load: Any) -> None:
    assert load()["EMAIL_BACKEND"].endswith("dummy.EmailBackend")

    read = load(
        EMAIL_URL="smtp+tls://me:p%40ss+word@mail.example.org",
        MAIL_FROM="AidAPI <aid@example.org>",
        PUBLIC_URL="https://aid.example.org",
    )

    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert [read[f"EMAIL_{name}"] for name in names] == [
        *("mail.example.org", 587, "me", "p@ss+word"),
        *(True, False),
    ]


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({"EMAIL_URL": "me:secret@mail.example.org"}, "give smtp"),
        ({"EMAIL_URL": "http://me:secret@mail.example.org"}, "give smtp"),
        ({"EMAIL_URL": "smtp://me:secret@mail.example.org:secret"}, "give smtp"),
        ({"EMAIL_URL": "smtp://"}, "give smtp"),
        ({"EMAIL_URL": "smtp://h", "MAIL_FROM": ""}, "give the address"),
        ({"EMAIL_URL": "smtp://h", "MAIL_FROM": "a@b\nBcc: c@d"}, "give the address"),
        ({"EMAIL_URL": "smtp://h", "PUBLIC_URL": ""}, "Set PUBLIC_URL"),
    ],
)
def test_what_mail_needs_is_named_without_its_password(
    load: Any, variables: dict[str, str], remedy: str
) -> None:
    right = {"MAIL_FROM": "aid@example.org", "PUBLIC_URL": "https://aid.example.org"}

    with pytest.raises(ImproperlyConfigured, match=remedy) as refused:
        load(**right | variables)

    assert "secret" not in str(refused.value)


def test_every_path_of_the_site_is_refused_as_its_beginning(load: Any) -> None:
    routes: list[Any] = [*urlpatterns, *site_patterns]
    first = {str(route.pattern).split("/")[0] for route in routes}

    assert load()["OWN_PATHS"] == (first | {"static"}) - {""}


def test_a_proxy_is_believed_when_there_is_one(load: Any) -> None:
    read = load(**PRODUCTION, BEHIND_PROXY="true")

    assert read["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize("name", ["SECRET_KEY", "CURSOR_KEYS", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", [None, "", " , "])
def test_a_variable_that_production_needs_is_requested_for(
    load: Any, name: str, value: str | None
) -> None:
    variables = {key: text for key, text in PRODUCTION.items() if key != name}
    if value is not None:
        variables[name] = value

    with pytest.raises(ImproperlyConfigured, match=rf"^Set {name} in production: .{{30,}}\.$"):
        load(**variables)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("ENVIRONMENT", "staging", "'development' (the default) or 'production'"),
        ("ENVIRONMENT", "Production", "'development' (the default) or 'production'"),
        ("DEBUG", "yes", "give true or false"),
        ("DEBUG", "true", "unset it in production"),
        ("PUBLIC_URL", "aid.example.org", "begin with https:// or http://"),
        ("PUBLIC_URL", "https://aid.example.org/a?b", "https://host/path"),
        ("PUBLIC_URL", "https://aid.example.org//a", "https://host/path"),
        ("PUBLIC_URL", "https://aid.example.org/../a", "https://host/path"),
        ("PUBLIC_URL", "https://me:secret@aid.example.org", "https://host/path"),
        ("PUBLIC_URL", "https://aid.example.org/api/aid", "/api is a path of AidAPI itself"),
        ("PUBLIC_URL", "https://aid.example.org:port", "https://host/path"),
        ("ALLOWED_HOSTS", "https://aid.example.org", "without https:// and port"),
        ("ALLOWED_HOSTS", "localhost,aid.example.org:8000", "without https:// and port"),
        ("BEHIND_PROXY", "nginx", "give true or false"),
        ("SECURE_SSL_REDIRECT", "off", "give true or false"),
        ("SECURE_HSTS_SECONDS", "1 year", "a whole number of at least 0"),
        ("SECURE_HSTS_SECONDS", "-1", "a whole number of at least 0"),
        ("DATABASE_URL", "nonsense", "postgres://user:password@host:5432/name"),
        ("DATABASE_URL", "postgres://user:secret@host:port/name", "postgres://user:password@"),
        ("DATABASE_URL", "sqlite://aid.sqlite3", "sqlite:////absolute/path"),
        ("DATABASE_URL", "sqlite://var/aid.sqlite3", "sqlite:////absolute/path"),
        ("DATABASE_URL", "postgres://user:secret@host", "postgres://user:password@"),
        ("DATABASE_URL", "mysql://user:secret@host/name", "SQLite (sqlite:///) and PostgreSQL"),
    ],
)
def test_a_bad_value_is_named_with_its_remedy(
    load: Any, name: str, value: str, remedy: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**PRODUCTION | {name: value})

    message = str(refusal.value)
    assert name in message
    assert remedy in message
    assert "secret" not in message, "a password stays unsaid"


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


DEPLOY = ("check", "--deploy", "--fail-level", "WARNING")


@pytest.mark.slow
def test_production_settings_pass_the_deployment_check() -> None:
    done = manage(*DEPLOY, **PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.slow
def test_keys_of_development_are_refused_in_production() -> None:
    done = manage(*DEPLOY, **PRODUCTION | {"CURSOR_KEYS": "development-only-cursor-key"})

    assert done.returncode != 0
    assert "aidapi.E002" in done.stderr
    assert "CURSOR_KEYS" in done.stderr


def test_a_missing_variable_is_reported_without_a_trace_of_the_rest() -> None:
    done = manage("check", **{k: v for k, v in PRODUCTION.items() if k != "SECRET_KEY"})

    assert done.returncode != 0
    assert "Set SECRET_KEY in production" in done.stderr
    assert "a-first-key" not in done.stderr


@pytest.mark.slow
def test_traces_go_to_the_log_in_production() -> None:
    crash = "import logging; logging.getLogger('django.request').error('a crash', exc_info=True)"

    done = manage("shell", "--no-imports", "-c", crash, **PRODUCTION)

    assert "a crash" in done.stderr


# --- The machine


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.0", True),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.0", True),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.53.4", False),
        ("4.0.0", False),
    ],
)
def test_sqlite_with_the_wal_fault_is_known(version: str, faulty: bool) -> None:
    major, minor, patch = map(int, version.split("."))

    assert has_wal_fault((major, minor, patch)) is faulty


def test_this_sqlite_is_sound() -> None:
    assert sqlite_is_sound() == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="is about SQLite's library")
def test_an_unsound_sqlite_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    database: Any = connection
    monkeypatch.setattr(database.Database, "sqlite_version_info", (3, 40, 1))

    found = checks.run_checks(tags=[checks.Tags.compatibility])

    [error] = [one for one in found if one.id == "aidapi.E001"]
    assert error.level == checks.ERROR
    assert "3.40.1" in error.msg
    assert "pysqlite3" in str(error.hint)


def test_keys_of_development_are_fine_in_development() -> None:
    assert keys_are_secret() == []


@pytest.mark.django_db
def test_missing_guards_are_noticed() -> None:
    assert checks.run_checks(tags=[checks.Tags.database], databases=["default"]) == []

    triggers.drop()
    try:
        [warning] = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    finally:
        triggers.install()

    assert warning.id == "records.W001"
    assert "migrate" in str(warning.hint)


# --- What probes are reported


@pytest.mark.django_db
def test_a_sound_process_is_live_and_ready(client: Client) -> None:
    for address in ("/livez", "/readyz"):
        response = client.get(address)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_answer_by_address_and_host_alike(client: Client, path: str) -> None:
    with override_settings(ALLOWED_HOSTS=["aid.example.org"], METRICS=True):
        answers = [
            client.get(path, headers={"Host": host})
            for host in ("10.42.8.201:8000", "aid.example.org", "no host at all")
        ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer["X-Frame-Options"] for answer in answers} == {"DENY"}


@pytest.mark.django_db
def test_wrong_host_elsewhere_is_refused_in_one_line_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(ALLOWED_HOSTS=["aid.example.org"]):
        problem(client.get("/api/v1/", headers={"Host": "10.42.8.201"}), 400)

    [record] = [one for one in caplog.records if "DisallowedHost" in one.name]
    assert record.exc_info is None


@pytest.mark.django_db
def test_a_process_without_guards_is_not_ready(client: Client) -> None:
    triggers.drop()
    try:
        body = problem(client.get("/readyz"), 503)
    finally:
        triggers.install()

    assert body["code"] == "not_ready"
    assert "does not guard" in body["detail"]


@pytest.mark.django_db
def test_a_process_behind_its_migrations_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aidapi.views.MigrationExecutor.migration_plan", lambda *_: ["0002"])

    assert "manage.py migrate" in problem(client.get("/readyz"), 503)["detail"]


@pytest.mark.django_db
def test_a_process_without_its_database_is_not_ready_but_live(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any) -> None:
        raise OperationalError("password authentication failed for user aidapi")

    monkeypatch.setattr("aidapi.views.MigrationExecutor", refuse)

    detail = problem(client.get("/readyz"), 503)["detail"]
    assert detail == "The database does not answer."
    assert client.get("/livez").status_code == 200
