"""A server process reads what it keeps when it starts."""

from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from aidapi import loading
from records.query.loading import load
from tests.support.factories import DonationFactory
from tests.support.routes import API
from tests.support.totals_answers import only


@pytest.mark.django_db
def test_loading_leaves_no_figure_to_read_for_the_first_reader(client: Client) -> None:
    DonationFactory(published=True, figures=[{"value": 1000}])
    load()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert only(client)["at_least"] == 1000
        assert client.get(f"{API}coverage/").status_code == 200
    assert [query["sql"] for query in queries if "figure" in query["sql"]] == []


def test_loading_begins_with_the_process_unless_it_is_off() -> None:
    with mock.patch.object(loading, "load") as ran:
        with override_settings(LOAD_AT_START=False):
            assert loading.begin() is None
        with override_settings(LOAD_AT_START=True):
            thread = loading.begin()
            assert thread is not None
            thread.join()
    ran.assert_called_once_with()


@override_settings(LOADER="tests.aidapi.test_loading.fail")
def test_error_of_loading_is_logged_and_the_server_goes_on() -> None:
    with mock.patch.object(loading, "connections"), capture_logs() as logged:
        loading.load()
    assert [line["error"] for line in logged] == ["no such table"]


def fail() -> Any:
    raise RuntimeError("no such table")
