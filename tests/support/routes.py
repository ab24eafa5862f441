"""Every resource of the router, and how to ask it: what the contract suite runs over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from records.api import resource as api
from records.api import urls
from tests.support.histories import History

API = "/api/v1/"


def routes() -> dict[str, Any]:
    """Return path below the API, with {id} for what varies → the view that serves it."""
    return {
        re.sub(r"<\w+:\w+>", "{id}", str(route.pattern)): route.callback.cls(  # type: ignore[attr-defined]
            **route.callback.initkwargs  # type: ignore[attr-defined]
        )
        for route in urls.urlpatterns
    }


ROUTES = {path: view for path, view in routes().items() if view.form is None}
FORMS = {path: view for path, view in routes().items() if view.form is not None}
"""The addresses of single representations, which are the same as those that the others select:
test_forms.py shows it, and so they need no other tests."""


@dataclass(frozen=True)
class Resource:
    """A resource of the API, with its routes."""

    declared: api.Resource

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def path(self) -> str:
        return f"{API}{self.name}/"

    @property
    def is_record(self) -> bool:
        return isinstance(self.declared, api.RecordResource)

    @property
    def filters(self) -> Any:
        assert isinstance(self.declared, api.RecordResource)
        return self.declared.filters

    @property
    def model(self) -> Any:
        assert isinstance(self.declared, api.RecordResource)
        return self.declared.model

    @property
    def kind(self) -> str:
        return self.model.KIND

    @property
    def parameters(self) -> Any:
        return self.declared.list_parameters

    @property
    def sets(self) -> dict[str, Any]:
        """Return path below the resource → its parameters."""
        return {
            path.removeprefix(f"{self.name}/"): view.parameters
            for path, view in ROUTES.items()
            if path.startswith(f"{self.name}/")
        }

    def example(self, history: History) -> str:
        """The last part of the address of one of its documents, in force since revision 2."""
        if self.is_record:
            now = {row.id for row in history.at(self.kind)}
            return next(row.id for row in history.at(self.kind, 2) if row.id in now)
        return {
            "parties": "CHN",
            "items": "mask",
            "series": "vaccine-doses-given",
            "revisions": "1",
            "changes": "",
        }[self.name]

    def default_ordering(self) -> str:
        return self.parameters.DEFAULT_ORDERING


RESOURCES = [Resource(declared) for declared in urls.RESOURCES]
ABOUT: dict[str, Any] = {name: ROUTES[f"{name}/"] for name in ("coverage", "cite", "metadata")}
"""What is reported the dataset as a whole."""
RECORDS = [resource for resource in RESOURCES if resource.is_record]


def addresses(history: History) -> Iterator[tuple[str, Any]]:
    """Every address of the API, with an example in place of what varies, and the parameters."""
    yield API, ROUTES[""].parameters
    for name, view in ABOUT.items():
        yield f"{API}{name}/", view.parameters
    for resource in RESOURCES:
        for below, parameters in resource.sets.items():
            if below:
                below = below.format(id=resource.example(history))
            yield resource.path + below, parameters


def ask(client: Client, path: str, **query: Any) -> Any:
    return client.get(f"{path}?{urlencode(query)}" if query else path)


def found(client: Client, path: str, **query: Any) -> dict[str, Any]:
    """The answer of a good question."""
    response = ask(client, path, **query)
    assert response.status_code == 200, (path, query, response.content)
    return response.json()


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of a refusal, whose shape is always the same."""
    assert response.status_code == status, (response.status_code, response.content[:1000])
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body.keys() >= {"type", "title", "status", "detail", "code", "request_id", "errors"}
    return body


def refused(client: Client, path: str, **query: Any) -> dict[str, str]:
    """Parameter → code of the errors of a bad question."""
    body = problem(ask(client, path, **query), 400)
    return {error["parameter"]: error["code"] for error in body["errors"]}


def walk(client: Client, address: str, way: str = "next") -> Iterator[dict[str, Any]]:
    """The pages from an address on, along `next` or `previous`."""
    at: str | None = address
    while at is not None:
        response = client.get(at)
        assert response.status_code == 200, (at, response.content)
        page = response.json()
        yield page
        at = page[way]
