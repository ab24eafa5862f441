"""The client."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from aidapi_client.protocol import Json, Protocol, Retries, path_of
from aidapi_client.tables import Table, metadata_address
from aidapi_client.totals import Totals


class List:
    """The rows of a list, read page by page as they are iterated over. All pages are of one
    revision, whatever is published meanwhile."""

    def __init__(self, aid: "AidAPI", path: str, parameters: Mapping[str, Any]) -> None:
        self.aid, self.path, self.parameters = aid, path, parameters
        self.revision: int | None = None
        """The revision, known from the first page on."""

    def pages(self) -> Iterator[Json]:
        """Yield the pages as the API sends them."""
        address: httpx.URL | None = self.aid.protocol.address(self.path, self.parameters)
        while address is not None:
            page = self.aid.fetch(address)
            self.revision = page["revision"]
            yield page
            address = self.aid.protocol.next_address(self.path, page)

    def __iter__(self) -> Iterator[Json]:
        for page in self.pages():
            yield from page["results"]


class AidAPI:
    """A client of one site. Parameters of its methods are those of the API; lists may be given for
    those that take several values. Errors of the API are raised as `AidAPIError`."""

    def __init__(
        self,
        site: str,
        *,
        revision: int | None = None,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.protocol = Protocol(site, revision, retries or Retries())
        self.http = http or httpx.Client(timeout=30, headers={"User-Agent": "aidapi-client"})
        self.sleep = sleep

    def __enter__(self) -> "AidAPI":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def at(self, revision: int | None = None) -> "AidAPI":
        """Return a client of the same site and connections that is pinned to a revision, by
        default the latest: everything that it reads belongs together."""
        number = revision or self.get("")["revision"]
        return AidAPI(
            self.protocol.site,
            revision=number,
            retries=self.protocol.retries,
            http=self.http,
            sleep=self.sleep,
        )

    # --- Requests

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of a path below the API, such as `coverage/`."""
        return self.fetch(self.protocol.address(path, parameters))

    def fetch(self, address: httpx.URL) -> Any:
        """Return the JSON of an address. What the server confirms as unchanged is not sent
        again."""
        if (final := self.protocol.final(address)) is not None:
            return final
        response = self.send(address, self.protocol.conditions(address))
        return self.protocol.read(address, response)

    def send(self, address: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        """Return the response, after as many retries as it takes and is allowed."""
        for attempt in range(self.protocol.retries.times + 1):
            try:
                response = self.http.get(address, headers=headers)
            except httpx.TransportError:
                if not self.protocol.again(attempt, None):
                    raise
                self.sleep(self.protocol.retries.seconds(attempt, None))
                continue
            if not self.protocol.again(attempt, response):
                return response
            self.sleep(self.protocol.retries.seconds(attempt, response))
        raise AssertionError("the last attempt returns or raises")

    # --- What the API has

    def list(self, name: str, **parameters: Any) -> List:
        """Return a list: statements, donations, exports, contracts, parties, items, series,
        revisions or changes."""
        return List(self, f"{name}/", parameters)

    def record(self, id: str, **parameters: Any) -> Json:
        """Return a record by its id."""
        return self.get(path_of(id), **parameters)

    def versions(self, id: str) -> Json:
        """Return the versions of a record, with what changed."""
        return self.get(f"{path_of(id)}versions/")

    def totals(self, kind: str, **parameters: Any) -> Totals:
        """Return what donations, exports or contracts surely add up to, and why figures are left
        out."""
        return Totals.of(self.get(f"{kind}/summary/", **parameters))

    def facets(self, kind: str, **parameters: Any) -> Json:
        """Return the number of records for each value of a parameter."""
        return self.get(f"{kind}/facets/", **parameters)

    def series(self, slug: str) -> Json:
        """Return a series: the points of a running total."""
        return self.get(f"series/{slug}/")

    def cite(self, id: str | None = None, **parameters: Any) -> Json:
        """Return the citation of a record, of one of its figures (`figure=1`), or of the dataset,
        in all styles."""
        return self.get(f"{path_of(id)}cite/" if id else "cite/", **parameters)

    def table(self, name: str, **parameters: Any) -> Table:
        """Return a list as a table: one row for each figure, with the types of its columns."""
        address = self.protocol.address(f"{name}/", {**parameters, "format": "csv"})
        response = self.send(address, {})
        self.protocol.check(response)
        described = self.send(metadata_address(response), {})
        self.protocol.check(described)
        return Table.of(response, described.json())

    def match(self, vocabulary: str, name: str, **query: Any) -> Sequence[Json]:
        """Return the parties or items that a name may mean, the best first. `match` is true where
        one is certain; `type`, `limit` and `properties` are those of a reconciliation query."""
        address = self.protocol.match_address(vocabulary, {"query": name, **query})
        return (self.fetch(address))["result"]

    def file(self, name: str, format: str, **parameters: Any) -> bytes:
        """Return a list as a file: `csv`, `ndjson` or `xlsx`."""
        address = self.protocol.address(f"{name}/", {**parameters, "format": format})
        response = self.send(address, {})
        self.protocol.check(response)
        return response.content
