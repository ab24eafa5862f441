"""Fixtures of all tests: the test database, the people, the clock, and no network."""

import gc
import os
import pickle
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import zeal.constants
import zeal.patch
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from django.template import Template
from django.test import Client, TransactionTestCase, override_settings
from django.test.signals import template_rendered
from hypothesis import is_hypothesis_test
from hypothesis import settings as hypothesis_settings

from aidapi import replicas
from aidapi.caching import newest_revision, store
from aidapi.limits import requests_counter
from tests.support.browser import Looked
from tests.support.databases import DATASET, MIGRATED, Templates, connected_to, templates
from tests.support.factories import UserFactory
from tests.support.histories import History, inside_transaction, long_history
from tests.support.loaded import loaded
from tests.support.thoroughness import THOROUGH, left_out, without_waiting

# Databases and shared machines are slow at times; that is no failure of a property.
hypothesis_settings.register_profile(
    "aidapi", deadline=None, print_blob=True, max_examples=100 if THOROUGH else 15
)
hypothesis_settings.load_profile("aidapi")

# What is imported and collected stays to the end of the run. Looking there for garbage, again and
# again, took a tenth of the time of all tests.
gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Mark tests that look at pages and properties, and leave out slow tests, a sample excepted,
    unless the run is thorough; then, in the order that others gave them, let no process wait."""
    for item in items:
        if "look" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("browser"):
            item.add_marker("browser")
        if any(item.get_closest_marker(kind) for kind in ("browser", "slow")):
            # They wait for browsers, servers and other processes. On a busy machine one may be
            # late: it is run again, once, and the summary says so (R).
            item.add_marker(pytest.mark.flaky(reruns=1))
        elif is_hypothesis_test(getattr(item, "function", None)):
            item.add_marker(pytest.mark.slow(every=True))
    if not THOROUGH:
        out = left_out(items)
        config.hook.pytest_deselected(items=out)
        unwanted = set(out)
        items[:] = [item for item in items if item not in unwanted]
    yield
    items[:] = without_waiting(items)


# Servers that tests start read what is requested only.
os.environ.setdefault("LOAD_AT_START", "0")

PIECES = ("django/forms/", "admin/widgets/", "admin/includes/", "admin/edit_inline/")
"""Beginnings of the names of templates of widgets and rows of forms."""
LOCAL = ("localhost", "127.0.0.1", "::1", "")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """On SQLite a file for each worker: unlike a database in memory, threads and processes
    can share it, in the journal mode of production."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(path)


@pytest.fixture(scope="session", autouse=True)
def straight_answers() -> Iterator[None]:
    """Static files come straight from the packages: nothing need be collected before a test.
    Answers come from the database and are as many as requested, except where a test is about
    those that are kept, or about the limits. Passwords are hashed fast. A request may take long
    on a busy machine: cut short, it would take the transaction of its module with it."""
    plain = {"BACKEND": "tests.support.static_files.PlainStaticFiles"}
    with override_settings(
        CACHE_ENTRIES=0,
        RATE_LIMIT=0,
        LOGIN_RATE=0,
        REPORT_RATE=0,
        QUERY_SECONDS=120,
        ADMIN_SECONDS=120,
        COMMIT_SECONDS=120,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES=settings.STORAGES | {"staticfiles": plain},
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def contexts_of_pages(django_test_environment: None) -> Iterator[None]:
    """`response.context` has the contexts of pages, not those of their pieces. Copying these, one
    for each widget, took an eighth of the time of the tests of the admin."""

    def render(self: Template, context: Any) -> Any:
        if not (self.name or "").startswith(PIECES):
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What one test published, kept or counted, the next does not know, except what follows from
    the loaded dataset alone."""
    newest_revision.forget()
    replicas.shown.own = 0
    replicas.standing.forget()
    store.clear()
    requests_counter.cache_clear()
    loaded.forget()


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections leave this machine in no test."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOCAL:
            raise ConnectionRefusedError(f"A test tried to reach {address}: use a local stand-in.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_locally)
        yield


class WatchedClient(Client):
    """Fails the request that loads related rows one by one; takes a streamed answer to its end, as
    a reader does. All of its requests have one id, so that equal questions have equal answers,
    problems included."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**{"HTTP_X_REQUEST_ID": "asked-by-a-test", **defaults})

    def request(self, **request: Any) -> Any:
        with zeal.zeal_context():
            response: Any = super().request(**request)
            if response.streaming:
                response.streaming_content = [response.getvalue()]
        return response


@pytest.fixture(scope="session", autouse=True)
def watch() -> None:
    """Lets Django say zeal of every related row that is loaded; it listens in requests."""
    zeal.constants.initialize_app_registry()
    zeal.patch.patch()


@pytest.fixture
def client() -> Client:
    """A reader of the public API."""
    return WatchedClient()


@pytest.fixture
def editor(db: None) -> User:
    return UserFactory(username="editor")


@pytest.fixture
def reviewer(db: None) -> User:
    return UserFactory(username="reviewer")


@pytest.fixture
def superuser(db: None) -> User:
    return UserFactory(username="superuser", is_superuser=True)


@pytest.fixture
def editor_client(editor: User) -> Client:
    return logged_in(editor)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return logged_in(reviewer)


@pytest.fixture
def superuser_client(superuser: User) -> Client:
    return logged_in(superuser)


def logged_in(user: User) -> Client:
    client = WatchedClient()
    client.force_login(user)
    return client


@pytest.fixture
def clock(time_machine: Any) -> Any:
    """A clock that is at noon of 4 May 2026, UTC, until moved with `clock.shift(seconds)`."""
    time_machine.move_to("2026-05-04T12:00:00+00:00", tick=False)
    return time_machine


@pytest.fixture(scope="session")
def database_templates(django_db_createdb: bool, testrun_uid: str) -> Templates:
    """Databases to copy; with --create-db one run builds its own."""
    return templates(run=testrun_uid if django_db_createdb else "")


@pytest.fixture(scope="session")
def django_db_setup(
    database_templates: Templates,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """The test database, migrated; in place of what pytest-django does, which migrates one for
    every worker."""
    usual = connection.settings_dict["NAME"]
    name = connection.settings_dict["TEST"]["NAME"] or f"test_{usual}"
    with django_db_blocker.unblock():
        database_templates.copy(MIGRATED, name)
        connection.close()
        connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = usual
        database_templates.remove(name)


@pytest.fixture(scope="session", autouse=True)
def copied_anew(database_templates: Templates, django_db_setup: None) -> Iterator[None]:
    """After a test that commits, PostgreSQL copies the test database anew, which takes a tenth of
    the time of a flush: that takes down all guards of published rows, and puts them up again."""
    name = connection.settings_dict["NAME"]
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def copy(self: TransactionTestCase) -> None:
        if connection.settings_dict["NAME"] != name:
            flush(self)
            return
        connection.close()
        database_templates.copy(MIGRATED, name)

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setattr(TransactionTestCase, "_fixture_teardown", copy)
        yield


@pytest.fixture(scope="session")
def dataset_is_loaded(
    database_templates: Templates, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """Beside the test database a second one with the dataset; its name."""
    with database_templates.beside(DATASET, "dataset", django_db_blocker) as name:
        loaded.name = name
        yield name


@pytest.fixture(scope="module")
def dataset(dataset_is_loaded: str, django_db_blocker: Any) -> Iterator[None]:
    """The dataset of fixtures/, for all tests of a module; what they write is gone thereafter."""
    with (
        django_db_blocker.unblock(),
        connected_to(dataset_is_loaded),
        inside_transaction(django_db_blocker),
        loaded.watched(),
    ):
        yield


@pytest.fixture(scope="session")
def history_is_made(
    database_templates: Templates, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[str, bytes]]:
    """Beside the test database one with eight revisions; its name, and its books, pickled."""
    name = connection.creation.get_test_db_clone_settings("history")["NAME"]
    with django_db_blocker.unblock():
        database_templates.copy(MIGRATED, name)
        with connected_to(name):
            books = pickle.dumps(long_history())
    yield name, books
    with django_db_blocker.unblock():
        database_templates.remove(name)


@pytest.fixture(scope="module")
def history(history_is_made: tuple[str, bytes], django_db_blocker: Any) -> Iterator[History]:
    """Eight revisions, for all tests of a module; what they write is gone thereafter."""
    name, books = history_is_made
    with (
        django_db_blocker.unblock(),
        connected_to(name),
        inside_transaction(django_db_blocker),
    ):
        yield pickle.loads(books)


@pytest.fixture
def own_history(
    history_is_made: tuple[str, bytes], db: None, django_db_blocker: Any
) -> Iterator[History]:
    """The same for one test, in a module whose other tests need an empty database."""
    name, books = history_is_made
    with connected_to(name), inside_transaction(django_db_blocker):
        yield pickle.loads(books)


@pytest.fixture
def look(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens an address in Chromium, in a window of some width."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI looks at pages.")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    # The browser is driven by an event loop in this thread; the database is not used in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox"]
        )

        def open_page(address: str, width: int = 1280, scheme: Any = "light") -> Looked:
            page = chromium.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
            looked = Looked(page)
            page.on("console", lambda message: looked.complaints.append(message.text))
            page.on("pageerror", lambda error: looked.complaints.append(str(error)))
            page.on("requestfailed", lambda request: note_failed(request, looked))
            page.on("request", lambda request: note_foreign(request.url, looked))
            page.goto(f"{live_server.url}{address}")
            return looked

        def note_failed(request: Any, looked: Looked) -> None:
            # Who goes to another page stops what the first was still loading.
            if request.failure != "net::ERR_ABORTED":
                looked.complaints.append(request.url)

        def note_foreign(url: str, looked: Looked) -> None:
            if not url.startswith((f"{live_server.url}/", "data:")):
                looked.complaints.append(f"asked elsewhere: {url}")

        yield open_page
        chromium.close()
        # Beside the event loop Django opens another connection, which nobody else would close.
        connections.close_all()


@pytest.fixture
def dataset_for_live_server(dataset_is_loaded: str, transactional_db: None) -> Iterator[None]:
    """The same where another thread serves, which nothing may write to: nothing is rolled back.
    Ask for it before `look`: under the browser's event loop Django would open another
    connection."""
    with connected_to(dataset_is_loaded):
        yield
