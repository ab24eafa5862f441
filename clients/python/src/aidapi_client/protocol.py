"""What both clients share: how a request is written, what is kept, and how a response is read."""

import datetime
import email.utils
import json
import random
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from aidapi_client.errors import error_of

Json = dict[str, Any]
KINDS = {"st": "statements", "don": "donations", "exp": "exports", "con": "contracts"}
"""Beginning of ids → the list that has the records."""
WITHOUT_REVISION = ("parties", "items", "revisions", "changes")
"""Lists that are always as of the latest revision."""
TRIED_AGAIN = (429, 502, 503, 504)
KEPT = 256
"""Maximum number of responses that are kept to be confirmed by their ETag."""


@dataclass(frozen=True)
class Kept:
    """A response that was read: what it was, and whether it can ever change."""

    etag: str
    final: bool
    body: Any


@dataclass(frozen=True)
class Retries:
    """How often a request is tried again, and how long at most is waited before each time."""

    times: int = 4
    longest: float = 60.0
    first: float = 0.5

    def seconds(self, attempt: int, response: httpx.Response | None) -> float:
        """Return the seconds to wait: what Retry-After says, or twice as long each time."""
        after = response.headers.get("Retry-After", "") if response is not None else ""
        if after.isdigit():
            wait = float(after)
        elif after and (when := email.utils.parsedate_tz(after)):
            wait = email.utils.mktime_tz(when) - time.time()
        else:
            wait = self.first * 2**attempt * random.uniform(0.75, 1.25)
        return min(max(wait, 0.0), self.longest)


def written(value: Any) -> str:
    """Return the value of a parameter as the API writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(written(one) for one in value)
    return str(value)


def query_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as they are sent, without those that are None. `from_` is sent as `from`,
    since some names are words of Python."""
    return {
        name.removesuffix("_"): written(value)
        for name, value in parameters.items()
        if value is not None
    }


def path_of(record: str) -> str:
    """Return the path of a record below the API, by its id; raise ValueError if it is none."""
    prefix, _, rest = record.partition("-")
    if prefix not in KINDS or not rest.isalnum():
        raise ValueError(f"{record!r} is not the id of a record, such as don-7k3m9q2x.")
    return f"{KINDS[prefix]}/{record}/"


class Protocol:
    """The state of a client: its site, the revision that it is pinned to, and what it keeps."""

    def __init__(self, site: str, revision: int | None, retries: Retries) -> None:
        self.site = site.rstrip("/")
        self.revision = revision
        """The revision that lists, records and totals are as of; None for the latest."""
        self.retries = retries
        self.kept: OrderedDict[str, Kept] = OrderedDict()

    def address(self, path: str, parameters: Mapping[str, Any]) -> httpx.URL:
        """Return the address of a path below the API."""
        query = query_of(parameters)
        pinned = self.revision is not None and "cursor" not in query
        if pinned and path.partition("/")[0] not in (*WITHOUT_REVISION, ""):
            query.setdefault("revision", str(self.revision))
        return httpx.URL(f"{self.site}/api/v1/{path}", params=query)

    def match_address(self, vocabulary: str, query: Json) -> httpx.URL:
        """Return the address of a reconciliation query."""
        address = f"{self.site}/reconcile/{vocabulary}/"
        return httpx.URL(address, params={"query": json.dumps(query, ensure_ascii=False)})

    def next_address(self, path: str, page: Json) -> httpx.URL | None:
        """Return the address of the next page, on the site that this client was given."""
        if page["next"] is None:
            return None
        return httpx.URL(f"{self.site}/api/v1/{path}", query=httpx.URL(page["next"]).query)

    def conditions(self, address: httpx.URL) -> dict[str, str]:
        """Return headers that let the server confirm what is kept."""
        kept = self.kept.get(str(address))
        return {"If-None-Match": kept.etag} if kept else {}

    def final(self, address: httpx.URL) -> Any:
        """Return what is kept and can never change; None if there is none."""
        kept = self.kept.get(str(address))
        return kept.body if kept and kept.final else None

    def read(self, address: httpx.URL, response: httpx.Response) -> Any:
        """Return the body of a response; raise the error that it is."""
        key = str(address)
        if response.status_code == 304 and key in self.kept:
            self.kept.move_to_end(key)
            return self.kept[key].body
        self.check(response)
        if response.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise error_of(response)
        body = response.json()
        if etag := response.headers.get("ETag"):
            final = "immutable" in response.headers.get("Cache-Control", "")
            self.kept[key] = Kept(etag, final, body)
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        return body

    def check(self, response: httpx.Response) -> None:
        """Raise the error that a response is."""
        if response.status_code != 200:
            raise error_of(response)

    def again(self, attempt: int, response: httpx.Response | None) -> bool:
        """Return whether to try again after a response, or after none."""
        return attempt < self.retries.times and (
            response is None or response.status_code in TRIED_AGAIN
        )
