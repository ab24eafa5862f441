"""Query parameters, all of them on every address: good ones find what they say, wrong ones are
refused with what would be right."""

import difflib
import itertools
from typing import Any

import pytest
from django.test import Client

from aidapi.parameters import ChoiceField
from records.models import DATED
from tests.support.histories import History
from tests.support.naive_evaluator import NOT_A_FILTER, evaluate
from tests.support.parameter_values import BAD, anchored, bad_values, good_values
from tests.support.routes import (
    API,
    RECORDS,
    RESOURCES,
    Resource,
    addresses,
    ask,
    found,
    problem,
    refused,
)
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db

ADDRESSES = [
    pytest.param(resource, below, parameters, id=f"{resource}/{below}")
    for resource in RESOURCES
    for below, parameters in resource.sets.items()
]
DATED_RESOURCES = [resource for resource in RECORDS if resource.kind in DATED]


@pytest.mark.slow(every=True)
@pytest.mark.parametrize(("resource", "below", "parameters"), ADDRESSES)
def test_good_values_are_taken(
    client: Client, history: History, resource: Resource, below: str, parameters: Any
) -> None:
    path = resource.path + below.format(id=resource.example(history))

    for name, parameter in some(parameters.base_filters.items(), 16):
        if resource.is_record and not below and name not in NOT_A_FILTER:
            continue  # a filter of records: what it finds is tested below
        for value in some(good_values(name, parameter, history), 1):
            response = ask(client, path, **anchored(name, value))
            assert response.status_code == 200, (name, value)


@pytest.mark.slow(every=True)
@pytest.mark.parametrize(("resource", "below", "parameters"), ADDRESSES)
def test_a_bad_value_is_refused_and_named(
    client: Client, history: History, resource: Resource, below: str, parameters: Any
) -> None:
    path = resource.path + below.format(id=resource.example(history))

    for name, parameter in some(parameters.base_filters.items(), 20):
        check_bad_values(client, path, name, parameter)


def check_bad_values(client: Client, path: str, name: str, parameter: Any) -> None:
    bad = {" ": "empty", "\t": "empty"} | bad_values(parameter.field)
    if not parameter.field.may_be_empty:
        bad[""] = "empty"
    if getattr(parameter, "vocabulary", ""):
        bad["no-such-code"] = "unknown_code"

    for value, code in some(bad.items(), 3):
        if value == "\ufffd":
            # What cannot be written in UTF-8 is written in bytes.
            response = client.get(f"{path}?{name}=%ED%A0%80")
        else:
            response = ask(client, path, **anchored(name, value))
        errors = problem(response, 400)["errors"]
        named = [(error["parameter"], error["code"]) for error in errors]
        assert named == [(name, code)], (name, value)


def test_an_empty_cursor_is_the_first_page(client: Client, history: History) -> None:
    """As loops over pages begin, and in every representation, since it means nothing."""
    first = client.get(f"{API}donations/")
    again = client.get(f"{API}donations/?cursor=")

    assert again.json()["results"] == first.json()["results"]
    assert again["Cache-Control"] == first["Cache-Control"]
    for path in ("donations.sparse.json?cursor=&fields=id", "donations/?cursor=&format=csv"):
        assert client.get(API + path).status_code == 200


@pytest.mark.parametrize(("resource", "below", "parameters"), ADDRESSES)
def test_repeated_parameters_are_refused(
    client: Client, history: History, resource: Resource, below: str, parameters: Any
) -> None:
    path = resource.path + below.format(id=resource.example(history))

    for name, parameter in parameters.base_filters.items():
        if parameter.field.many:
            continue
        value = (good_values(name, parameter, history) or ["a"])[0]
        (error,) = problem(client.get(path, {name: [value, value]}), 400)["errors"]
        assert (error["parameter"], error["code"]) == (name, "repeated")


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_repeated_list_is_its_union(
    client: Client, history: History, resource: Resource
) -> None:
    """As generated clients and `requests` send lists; on every page of it."""
    for name, parameter in resource.parameters.base_filters.items():
        values = good_values(name, parameter, history)[:2] if parameter.field.many else []
        if len(values) < 2 or name == "total" or "," in "".join(values):
            continue
        beside = {key: text for key, text in anchored(name, "").items() if key != name}
        joined = found(client, resource.path, **beside, **{name: ",".join(values)}, page_size="2")
        apart = client.get(resource.path, {**beside, name: values, "page_size": "2"}).json()

        assert apart == joined, name
        (error,) = problem(client.get(resource.path, {**beside, name: [values[0], ""]}), 400)[
            "errors"
        ]
        assert (error["parameter"], error["code"]) == (name, "empty")


@pytest.mark.parametrize(
    ("spelling", "usual"),
    [
        ("countable=True", "countable=true"),
        ("countable=FALSE", "countable=false"),
        ("countable=1&joint=0", "countable=true&joint=false"),
        ("currency=USD&value_min=1e%2B06", "currency=USD&value_min=1000000"),
        ("currency=USD&value_max=2.5E5", "currency=USD&value_max=250000"),
        ("recipient_region=2", "recipient_region=002"),
        ("recipient_region=2.0,19", "recipient_region=002,019"),
        ("page_size=1e2", "page_size=100"),
        ("revision=3.0", "revision=3"),
        ("fields=id&fields=title", "fields=id,title"),
        ("fields=id, title&donor=CHN, PAK", "fields=id,title&donor=CHN,PAK"),
    ],
)
def test_spellings_of_other_languages_mean_the_same(
    client: Client, history: History, spelling: str, usual: str
) -> None:
    found_, expected = (client.get(f"{API}donations/?{query}") for query in (spelling, usual))

    assert found_.status_code == expected.status_code == 200
    assert found_.json()["results"] == expected.json()["results"]


@pytest.mark.parametrize(
    ("address", "value", "suggestion"),
    [
        ("donations/?currency", "RMB", "CNY"),
        ("donations/?currency", "usd", "USD"),
        ("donations/?currency", "Euro", "EUR"),
        ("donations/?currency", "USX", None),
        ("donations/?id", "DON-7K3M9Q2X", "don-7k3m9q2x"),
        ("donations/?recipient_region", "Eastern Asia", "eastern-asia"),
        ("donations/?recipient_region", "Atlantis", None),
        # Not the code whose letters are most like both.
        ("donations/?donor", "CHN;PAK", "CHN,PAK"),
        ("donations/?donor", "CHN | PAK", "CHN,PAK"),
        ("statements/?language", "en-", "en"),
        ("changes/?action", "deleted", "withdrawn"),
        ("changes/?action", "updated", "corrected"),
    ],
)
def test_a_value_leads_to_the_one_that_is_meant(
    client: Client, history: History, address: str, value: str, suggestion: str | None
) -> None:
    (error,) = problem(client.get(f"{API}{address}={value}"), 400)["errors"]

    assert error["suggestion"] == suggestion


@pytest.mark.parametrize(
    ("address", "name"),
    [("donations.csv", "page_size"), ("donations.csv", "format"), ("cite.bib", "style")],
)
def test_what_other_representations_have_is_no_misspelling(
    client: Client, history: History, address: str, name: str
) -> None:
    (error,) = problem(client.get(f"{API}{address}?{name}=csv"), 400)["errors"]

    assert (error["parameter"], error["code"]) == (name, "unknown_parameter")
    assert error["suggestion"] is None
    assert "one representation" in error["detail"]


@pytest.mark.parametrize("format", ["json", "atom", "csv", "ndjson", "xlsx", "metadata"])
def test_a_switch_that_is_off_is_allowed_in_every_format(
    client: Client, history: History, format: str
) -> None:
    response = client.get(f"{API}donations/?format={format}&raw=false&count=false")

    assert response.status_code == 200


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_filter_finds_what_it_says(client: Client, history: History, resource: Resource) -> None:
    """Every value alone, in the newest revision and in the third, against the plain meaning."""
    for name, parameter in resource.parameters.base_filters.items():
        if name in NOT_A_FILTER:
            continue
        for value, revision in itertools.product(
            some(good_values(name, parameter, history), 2), ({}, {"revision": "3"})
        ):
            query = anchored(name, value) | revision | {"count": "true"}

            answer = found(client, resource.path, **query)

            expected = evaluate(history, resource.kind, query, resource.default_ordering())
            assert [row["id"] for row in answer["results"]] == [row.id for row in expected], query
            assert answer["count"] == len(expected), query


def test_filters_find_something_and_not_everything(history: History) -> None:
    """The test above would say little of values that nothing meets."""
    names, telling = set(), set()
    for resource in RECORDS:
        everything = len(history.at(resource.kind))
        for name, parameter in resource.parameters.base_filters.items():
            if name in NOT_A_FILTER:
                continue
            names.add(name)
            for value in good_values(name, parameter, history):
                met = evaluate(history, resource.kind, anchored(name, value), "id")
                if 0 < len(met) < everything:
                    telling.add(name)

    # It changes only what ranges of dates find.
    assert telling == names - {"certain"}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_an_unknown_parameter_is_refused_with_the_valid_ones(
    client: Client, history: History, resource: Resource
) -> None:
    for below, parameters in resource.sets.items():
        path = resource.path + below.format(id=resource.example(history))
        for name in ("unheard_of", "title__contains", "REVISION", "", "page[size]", "a" * 5000):
            body = problem(ask(client, path, **{name: "1"}), 400)

            (error,) = body["errors"]
            assert error["code"] == "unknown_parameter"
            assert error["parameter"] == name[:100]
            for known in parameters.base_filters:
                assert known in error["detail"]


@pytest.mark.parametrize(
    "name", ["summary", "facet", "expand", "_method", "callback", "fields[]", "q"]
)
def test_what_does_not_exist_yet_is_unknown(client: Client, db: None, name: str) -> None:
    assert refused(client, f"{API}donations/", **{name: "mask"}) == {name: "unknown_parameter"}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_words_that_people_try_lead_to_the_parameter(
    client: Client, db: None, resource: Resource
) -> None:
    for name, meant in resource.parameters.SYNONYMS.items():
        if meant in resource.parameters.base_filters:
            (error,) = problem(ask(client, resource.path, **{name: "x"}), 400)["errors"]
            assert error["suggestion"] == meant, name
            assert f"Did you mean `{meant}`?" in error["detail"], name


@pytest.mark.parametrize(
    ("resource", "name", "meant"),
    [
        ("donations", "giver", "donor"),
        ("donations", "product", "item"),
        ("contracts", "vendor", "supplier"),
        ("donations", "status", "stage"),
        ("contracts", "status", "stage"),
        ("exports", "date_from", "as_of_from"),
        ("exports", "qualifier", "operator"),
    ],
)
def test_the_words_of_the_contract_lead_to_the_parameter(
    client: Client, db: None, resource: str, name: str, meant: str
) -> None:
    (error,) = problem(ask(client, f"{API}{resource}/", **{name: "x"}), 400)["errors"]

    assert error["suggestion"] == meant


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_slip_in_a_name_leads_to_the_parameter(
    client: Client, db: None, resource: Resource
) -> None:
    names = list(resource.parameters.base_filters)
    for name in names:
        slip = name[:-2] + name[-1:]
        if len(name) < 5 or slip in names or slip in resource.parameters.SYNONYMS:
            continue
        (error,) = problem(ask(client, resource.path, **{slip: "x"}), 400)["errors"]
        # Another name may be as near.
        assert error["suggestion"] in difflib.get_close_matches(slip, names), slip


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_slip_in_a_code_leads_to_the_code(client: Client, db: None, resource: Resource) -> None:
    for name, parameter in resource.parameters.base_filters.items():
        field = parameter.field
        if not isinstance(field, ChoiceField):
            continue
        for code in field.choices:
            slip = code[:-1] if len(code) > 4 else code.upper()
            if slip in field.choices or slip == code:
                continue
            (error,) = problem(ask(client, resource.path, **{name: slip}), 400)["errors"]
            assert error["code"] == "unknown_value", (name, slip)
            near = difflib.get_close_matches(slip.lower(), field.choices)
            assert error["suggestion"] in near, (name, slip)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"donor": "china"}, "CHN"),
        ({"donor": "CHINA"}, "CHN"),
        ({"recipient": "Pakistn"}, "PAK"),
        ({"recipient": "world-health-organisation"}, "who"),
        ({"donor": "jack-ma-fundation"}, "jack-ma-foundation"),
        ({"item": "surgical-masks"}, "surgical-mask"),
        ({"item": "n95-respirators"}, "respirator-n95"),
        ({"donor_country": "Italia"}, "ITA"),
    ],
)
def test_an_unknown_code_leads_to_the_one_that_is_so_called(
    client: Client, history: History, query: dict[str, str], code: str
) -> None:
    (error,) = problem(ask(client, f"{API}donations/", **query), 400)["errors"]

    assert error["code"] == "unknown_code"
    assert error["suggestion"] == code
    assert f"`{code}`" in error["detail"]


def test_what_no_party_is_called_has_no_suggestion(client: Client, history: History) -> None:
    (error,) = problem(ask(client, f"{API}donations/", donor="xqzw"), 400)["errors"]

    assert error["suggestion"] is None
    assert "/api/v1/parties/" in error["detail"]


def test_unknown_is_a_party_value_and_no_code_otherwise(client: Client, history: History) -> None:
    """`unknown` finds records without a party in the role; nothing else is unknown."""
    for name in ("donor_country", "recipient_country", "party", "item"):
        errors = refused(client, f"{API}donations/", **{name: "unknown"})
        assert errors == {name: "unknown_code"}


def test_all_faults_are_reported_at_once(client: Client, history: History) -> None:
    errors = refused(
        client, f"{API}donations/", giver="CHN", page_size="0", as_of_from="soon", form="gold"
    )

    assert errors == {
        "giver": "unknown_parameter",
        "page_size": "not_a_number_in_range",
        "as_of_from": "not_a_date",
        "form": "unknown_value",
    }


def test_a_hundred_faults_are_reported_in_twenty(client: Client, db: None) -> None:
    response = ask(client, f"{API}donations/", **{f"unheard_of_{n}": "1" for n in range(100)})

    assert len(problem(response, 400)["errors"]) == 20


@pytest.mark.parametrize("name", ["value_min", "value_max"])
def test_numbers_are_compared_of_one_sort_only(
    client: Client, history: History, name: str
) -> None:
    """Pieces, doses and dollars have no common measure."""
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 400),
        ({"measure": "money"}, 400),
        ({"measure": "quantity"}, 400),
        ({"measure": "parties,money"}, 400),
        ({"party_type": "country"}, 400),
        ({"basis": "single"}, 400),
        ({"measure": "parties"}, 200),
        ({"item": "mask"}, 200),
        ({"unit": "piece"}, 200),
        ({"currency": "USD"}, 200),
    ]
    for beside, status in cases:
        response = ask(client, f"{API}donations/", **{name: "5"}, **beside)

        assert response.status_code == status, beside
        if status == 400:
            (error,) = problem(response, 400)["errors"]
            fault = (error["parameter"], error["code"])
            assert fault == (name, "needs_unit_of_comparison"), beside


@pytest.mark.parametrize("resource", DATED_RESOURCES, ids=str)
def test_numbers_are_ordered_of_one_unit_only(
    client: Client, history: History, resource: Resource
) -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 400),
        ({"item": "mask"}, 400),
        ({"measure": "money"}, 400),
        ({"unit": "piece,dose"}, 400),
        ({"currency": "USD,EUR"}, 400),
        ({"measure": "parties,money"}, 400),
        ({"unit": "piece"}, 200),
        ({"currency": "USD"}, 200),
        ({"measure": "parties"}, 200),
    ]
    for (beside, status), ordering, representation in itertools.product(
        cases, ("value", "-value"), ("json", "csv", "atom")
    ):
        query = beside | {"ordering": ordering, "format": representation}
        response = ask(client, resource.path, **query)

        assert response.status_code == status, query
        if status == 400:
            (error,) = problem(response, 400)["errors"]
            fault = (error["parameter"], error["code"])
            assert fault == ("ordering", "needs_unit_of_comparison"), query


@pytest.mark.parametrize("resource", DATED_RESOURCES, ids=str)
def test_other_words_for_an_ordering_suggest_it(
    client: Client, history: History, resource: Resource
) -> None:
    for below, ordering, meant in (
        ("", "-amount", "-value"),
        ("", "size", "value"),
        ("summary/", "-sum", "-at_least"),
        ("summary/", "total", "at_least"),
        ("summary/", "-value", "-at_least"),
    ):
        response = ask(client, resource.path + below, ordering=ordering)

        (error,) = problem(response, 400)["errors"]
        assert (error["parameter"], error["suggestion"]) == ("ordering", meant), ordering


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ({"value_min": "6", "value_max": "5", "unit": "piece"}, "value_max"),
        ({"as_of_from": "2020-04-02", "as_of_to": "2020-04-01"}, "as_of_to"),
    ],
)
def test_an_empty_range_is_a_slip(
    client: Client, db: None, query: dict[str, str], at_fault: str
) -> None:
    assert refused(client, f"{API}donations/", **query) == {at_fault: "empty_range"}


@pytest.mark.parametrize("name", ["parties", "items"])
def test_vocabularies_show_the_current_state_only(
    client: Client, history: History, name: str
) -> None:
    assert refused(client, f"{API}{name}/", revision="1") == {"revision": "not_versioned"}


def test_the_order_of_parameters_does_not_matter(client: Client, history: History) -> None:
    one = client.get(f"{API}donations/?form=goods,cash&donor=CHN&count=true")
    other = client.get(f"{API}donations/?count=true&donor=CHN&form=cash,goods")

    assert one.json() == other.json()


def test_a_list_may_name_a_value_twice(client: Client, history: History) -> None:
    once = found(client, f"{API}donations/", donor="CHN")
    twice = found(client, f"{API}donations/", donor="CHN,CHN")

    assert once["results"] == twice["results"]


def test_every_address_has_its_parameters(history: History) -> None:
    """Nothing here runs over an empty list."""
    assert len(list(addresses(history))) > len(RESOURCES)
    for _, parameters in addresses(history):
        assert "format" in parameters.base_filters
        for parameter in parameters.base_filters.values():
            assert type(parameter.field) in BAD
