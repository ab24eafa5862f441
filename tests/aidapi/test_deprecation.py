"""What is going to be taken out says so: in the document, and to its users."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from aidapi.deprecation import (
    Deprecation,
    deprecated_fields,
    deprecates,
    deprecations_used,
    headers,
)
from aidapi.origins import EXPOSED
from aidapi.parameters import Parameter, ParameterSet, TextField
from records.api.resources.donations import DONATIONS, DonationSerializer

OLD = Deprecation(datetime.date(2026, 1, 1), datetime.date(2027, 1, 1), "Use `donor`.")
OLDER = Deprecation(datetime.date(2025, 6, 1), datetime.date(2028, 1, 1), "Use `recipient`.")
SENTENCE = "Deprecated since 2026-01-01, removed after 2027-01-01. Use `donor`."
HEADERS = {"Deprecation": "@1767225600", "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT"}


class OldRequest(ParameterSet):
    giver = Parameter(TextField(), "Who gave.", deprecated=OLD)
    donor = Parameter(TextField(), "Who gave.")


class Part(serializers.Serializer):
    sum = serializers.IntegerField(help_text="How much.")
    value = serializers.IntegerField(help_text="How much.")


class Whole(serializers.Serializer):
    id = serializers.CharField(help_text="Its id.")
    parts = deprecated_fields(sum=OLDER)(Part)(many=True, help_text="Its parts.")


@pytest.fixture
def decided_per_test() -> Iterator[None]:
    """What is deprecated is decided once per process: here once per test."""
    deprecates.cache_clear()
    yield
    deprecates.cache_clear()


@pytest.fixture
def parameter(decided_per_test: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """`form` of donations is deprecated."""
    form = DONATIONS.list_parameters.base_filters["form"]
    monkeypatch.setattr(form, "deprecated", OLD)


@pytest.fixture
def field(monkeypatch: pytest.MonkeyPatch) -> None:
    """The field `form` of a donation is deprecated."""

    @deprecated_fields(form=OLD)
    class LeavingSerializer(DonationSerializer):
        """A donation."""

    monkeypatch.setattr(DONATIONS, "serializer_class", LeavingSerializer)


def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def used(query: str, parameters: Any = OldRequest, serializer: Any = Whole) -> list[Deprecation]:
    return deprecations_used(parameters, serializer, QueryDict(query))


# --- Who uses it


def test_a_parameter_is_used_by_a_question_that_names_it() -> None:
    assert OLD in used("giver=CHN")
    assert OLD not in used("donor=CHN")
    assert OLD not in used("no_such=1")


@pytest.mark.parametrize(
    "query", ["", "fields=parts", "fields=id,parts.sum", "omit=id", "omit=parts.value"]
)
def test_a_field_is_used_by_an_answer_that_shows_it(query: str) -> None:
    assert used(query) == [OLDER]


@pytest.mark.parametrize(
    "query", ["fields=id", "fields=parts.value", "omit=parts", "omit=id,parts.sum"]
)
def test_a_field_is_not_used_by_an_answer_without_it(query: str) -> None:
    assert used(query) == []


def test_headers_say_the_first_day_of_each() -> None:
    assert headers([]) == {}
    assert headers([OLD]) == HEADERS
    assert headers([OLD, OLDER]) == {
        "Deprecation": "@1748736000",
        "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    }


def test_a_field_that_is_not_there_cannot_be_marked() -> None:
    with pytest.raises(AssertionError, match="Part has no total"):
        deprecated_fields(total=OLD)(Part)


# --- How it is reported


def test_answer_to_a_deprecated_parameter_says_so(
    db: None, client: Client, parameter: None
) -> None:
    using = client.get("/api/v1/donations/?form=cash")
    not_using = client.get("/api/v1/donations/?stage=committed")

    assert using.status_code == not_using.status_code == 200
    assert {name: using.get(name) for name in HEADERS} == HEADERS
    assert not HEADERS.keys() & not_using.headers.keys()


def test_refusal_of_a_deprecated_parameter_says_so_too(
    db: None, client: Client, parameter: None
) -> None:
    response = client.get("/api/v1/donations/?form=no-such-form")

    assert response.status_code == 400
    assert response["Deprecation"] == HEADERS["Deprecation"]


def test_answer_with_a_deprecated_field_says_so(db: None, client: Client, field: None) -> None:
    whole = client.get("/api/v1/donations/")
    without = client.get("/api/v1/donations/?omit=form")

    assert whole.status_code == without.status_code == 200
    assert {name: whole.get(name) for name in HEADERS} == HEADERS
    assert not HEADERS.keys() & without.headers.keys()


def test_document_marks_a_deprecated_parameter(parameter: None) -> None:
    operations = schema()["paths"]

    donations = operations["/api/v1/donations/"]["get"]
    (form,) = [one for one in donations["parameters"] if one["name"] == "form"]
    assert form["deprecated"] is True
    assert form["description"].endswith(SENTENCE)
    assert {"Deprecation", "Sunset"} <= donations["responses"]["200"]["headers"].keys()
    exports = operations["/api/v1/exports/"]["get"]
    assert not any("deprecated" in one for one in exports["parameters"])
    assert "Sunset" not in exports["responses"]["200"]["headers"]


def test_document_marks_a_deprecated_field(field: None) -> None:
    document = schema()

    form = document["components"]["schemas"]["Leaving"]["properties"]["form"]
    assert form["deprecated"] is True
    assert form["description"].endswith(SENTENCE)
    answer = document["paths"]["/api/v1/donations/{id}/"]["get"]["responses"]["200"]
    assert {"Deprecation", "Sunset"} <= answer["headers"].keys()


def test_pages_of_other_origins_may_read_the_headers() -> None:
    assert {"Deprecation", "Sunset"} <= set(EXPOSED)
