"""Every resource of the router, and how to ask it: what the contract suite runs over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from records.api.urls import router
from records.api.views.coverage import Coverage
from records.api.views.dataset import Dataset, DatasetCitation
from records.api.views.index import Index
from records.api.views.records import RecordViewSet
from tests.support.histories import History

API = "/api/v1/"


@dataclass(frozen=True)
class Resource:
    """A line of the router."""

    name: str
    viewset: Any

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return f"{API}{self.name}/"

    @property
    def is_record(self) -> bool:
        return issubclass(self.viewset, RecordViewSet)

    @property
    def kind(self) -> str:
        return self.viewset.model.KIND

    @property
    def parameters(self) -> Any:
        return self.viewset.filterset_class

    @property
    def sets(self) -> dict[str, Any]:
        """Path below the resource → the parameters that it takes."""
        found = {"": self.parameters}
        if hasattr(self.viewset, "retrieve"):
            found["{id}/"] = self.viewset.detail_parameters
        for action in self.viewset.get_extra_actions():
            name = f"{action.__name__}_parameters"
            around = "{id}/" if action.detail else ""
            found[f"{around}{action.url_path}/"] = getattr(self.viewset, name)
        return found

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


RESOURCES = [Resource(name, viewset) for name, viewset, _ in router.registry]
ABOUT: dict[str, Any] = {"coverage": Coverage, "cite": DatasetCitation, "metadata": Dataset}
"""What is told of the dataset as a whole."""
RECORDS = [resource for resource in RESOURCES if resource.is_record]


def addresses(history: History) -> Iterator[tuple[str, Any]]:
    """Every address of the API, with an example in place of what varies, and the parameters."""
    yield API, Index.detail_parameters
    for name, view in ABOUT.items():
        yield f"{API}{name}/", view.detail_parameters
    for resource in RESOURCES:
        for below, parameters in resource.sets.items():
            if below:
                below = below.format(id=resource.example(history))
            yield resource.path + below, parameters


def patterns() -> list[str]:
    """The addresses that the router knows, with {id} for what varies."""
    return [
        API + re.sub(r"\(\?P<\w+>[^)]*\)", "{id}", str(url.pattern)).strip("^$").replace("\\Z", "")
        for url in router.urls
    ]


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
