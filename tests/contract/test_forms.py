"""Addresses of single representations: each returns what its JSON address returns by `format` or
`style`, and is an operation of its own, with one type."""

import re
from typing import Any

import pytest
from django.test import Client

from aidapi.lanes import asks_for_file
from aidapi.renderers import CSV, NDJSON, XLSX, Sparse
from aidapi.schema import document
from tests.support.histories import History
from tests.support.routes import API, FORMS, RESOURCES, ROUTES, problem, refused
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db


def addresses(history: History) -> list[tuple[str, str, Any]]:
    """Of each representation its own address, that of the JSON with the parameter that selects
    it, and its view."""
    found = []
    for path, view in FORMS.items():
        form = view.form
        plain = path.removesuffix(form.extension)[:-1] + "/"
        assert plain in ROUTES
        name = path.split("/", 1)[0].split(".", 1)[0]
        id = next((one.example(history) for one in RESOURCES if one.name == name), "")
        own, json = f"{API}{path}".format(id=id), f"{API}{plain}".format(id=id)
        selected = "" if form is Sparse else f"?{form.parameter}={form.format}"
        found.append((own, json + selected, view))
    return found


def body(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    return response.getvalue()


@pytest.mark.slow(every=True)
def test_an_address_returns_its_representation(
    client: Client, history: History, clock: Any
) -> None:
    """Whatever the client accepts, and at a revision as well."""
    found = addresses(history)
    assert len(found) > 80
    for own, other, view in some(found, 20):
        for when in ("", "revision=3"):
            if when and "revision" not in view.accepted_parameters.base_filters:
                continue
            first = client.get(f"{own}?{when}" if when else own, headers={"Accept": "image/png"})
            second = client.get(other + (("&" if "?" in other else "?") + when if when else ""))
            assert first["Content-Type"] == second["Content-Type"], own
            assert first["Cache-Control"] == second["Cache-Control"], own
            if view.form is Sparse:
                # The links to other pages stay at the address.
                links = dict.fromkeys(("next", "previous"))
                assert first.json() | links == second.json() | links, own
            elif view.form.format not in ("atom", "metadata"):
                assert body(first) == body(second), own
            else:
                # They contain their own address.
                assert len(body(first)) > len(body(second)) * 0.9, own
        assert client.head(own).status_code == 200


def test_an_address_has_its_parameters_alone(client: Client, history: History) -> None:
    """What selects a representation, and what belongs to another, is unknown."""
    for own, _, view in addresses(history):
        wrong = {
            "format": "json",
            "style": "text",
            "fields": "id",
            "page_size": "1",
            "raw": "true",
        }
        for name, value in wrong.items():
            if name not in view.accepted_parameters.base_filters:
                assert refused(client, own, **{name: value}) == {name: "unknown_parameter"}, own
        assert not {"format", "style"} & set(view.accepted_parameters.base_filters)
        assert problem(client.post(own), 405)["code"] == "method_not_allowed"


def test_a_description_names_the_address_of_its_file(client: Client, history: History) -> None:
    for query in ("", "?revision=3&donor=CHN", "?donor=CHN&donor=ITA"):
        file = client.get(f"{API}donations.csv{query}")
        assert body(file)
        link = file["Link"].partition(";")[0].strip("<>")
        assert link == f"http://testserver{API}donations.csv-metadata.json{query}"

        assert client.get(link).json()["url"] == f"http://testserver{API}donations.csv{query}"


def test_pages_of_an_address_stay_at_it(client: Client, history: History) -> None:
    sparse = client.get(f"{API}donations.sparse.json?fields=id&page_size=1").json()
    assert sparse["results"][0].keys() == {"id"}
    assert "donations.sparse.json?" in sparse["next"]
    assert client.get(sparse["next"]).json()["results"][0].keys() == {"id"}

    feed = client.get(f"{API}changes.atom?page_size=1").content.decode()
    links = [tag for tag in re.findall("<link [^>]+>", feed) if 'rel="next"' in tag]
    address = re.findall('href="([^"]+)"', links[0])[0]
    assert "changes.atom?" in address
    assert "format=" not in address
    assert client.get(address.replace("&amp;", "&")).status_code == 200


def test_each_operation_has_one_type_of_success() -> None:
    seen = set()
    for path, item in document()["paths"].items():
        operation = item["get"]
        ((media_type, content),) = operation["responses"]["200"]["content"].items()
        assert not {"anyOf", "oneOf"} & content["schema"].keys(), path
        assert (media_type == "application/json") == (path.endswith(("/", "sparse.json")))
        seen.add(operation["operationId"])
    assert len(seen) == len(document()["paths"])


def test_files_are_counted_as_downloads() -> None:
    for path, view in FORMS.items():
        environ = {"PATH_INFO": f"{API}{path}"}
        assert asks_for_file(environ) == (view.form in (CSV, NDJSON, XLSX)), path
