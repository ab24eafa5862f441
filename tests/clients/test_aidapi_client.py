"""The client in clients/python, against the running server."""

import asyncio
import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.compute as pc
import pytest
from aidapi_client import (
    AidAPI,
    AsyncAidAPI,
    InvalidParameters,
    NotFound,
    TooManyRequests,
    Unavailable,
    UnexpectedResponse,
    Withdrawn,
)
from aidapi_client.protocol import Retries
from django.conf import settings

from records.models import KINDS, RevisionCounter
from tests.clients.conftest import Served
from tests.support.factories import DonationFactory, publish

pytestmark = pytest.mark.django_db
README = Path(settings.BASE_DIR) / "clients" / "python" / "README.md"


@pytest.fixture
def aid(served: Served) -> Iterator[AidAPI]:
    with AidAPI(served.url) as client:
        yield client


class Stub:
    """A server that sends prepared responses in turn, and remembers what was requested."""

    def __init__(self, *responses: httpx.Response | Exception) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    def client(self, **options: Any) -> AidAPI:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return AidAPI("https://aid.example/x/", http=http, sleep=self.waited.append, **options)


def page(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"revision": 3, "results": [], "next": None} | fields)


# --- What the API has


def test_the_readme_is_true(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    text = README.read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(program.splitlines()) == 5

    exec(program.replace("http://127.0.0.1:8000", served.url), {})

    assert len(capsys.readouterr().out.splitlines()) > 20


def test_lists_are_walked_to_their_end(aid: AidAPI) -> None:
    for name in ("statements", "donations", "exports", "contracts", "parties", "items", "series"):
        count = aid.get(f"{name}/", count=True, page_size=1)["count"]
        rows = list(aid.list(name, page_size=97))
        keys = [row.get("id") or row.get("code") or row["slug"] for row in rows]
        assert len(keys) == len(set(keys)) == count > 0, name
    assert len(list(aid.list("changes", page_size=500))) > 1000
    assert [row["number"] for row in aid.list("revisions")][-1] == 1


def test_parameters_are_written_as_the_api_takes_them(aid: AidAPI) -> None:
    found = list(aid.list("donations", donor=["CHN", "USA"], countable=True, as_of_to="2020-04"))
    same = aid.get("donations/", donor="CHN,USA", countable="true", as_of_to="2020-04", count=True)

    assert len(found) == same["count"] > 0
    assert aid.get("donations/", donor=None, page_size=1)["results"]


def test_a_walk_stays_in_its_revision(aid: AidAPI) -> None:
    rows = aid.list("donations", page_size=50, fields="id")
    pages = rows.pages()
    first = next(pages)
    publish(DonationFactory())

    later = [one["revision"] for one in pages]

    assert {first["revision"]} == set(later) == {rows.revision}
    assert RevisionCounter.number() == first["revision"] + 1


def test_a_pinned_client_reads_one_revision_everywhere(aid: AidAPI) -> None:
    old = aid.at(2)

    records = list(old.list("contracts"))
    total = old.totals("exports", exporter="CHN", item="mask")

    assert total.revision == 2
    assert {row["published_in"] for row in records} <= {1, 2}
    assert {row["published_in"] for row in aid.list("contracts")} - {1, 2}
    assert old.cite()["revision"] == old.table("exports").revision == 2
    assert list(old.list("parties"))  # always the latest, and refuses `revision`
    latest = aid.at()
    assert latest.protocol.revision == aid.get("")["revision"]


def test_totals_have_their_figures_and_reasons(aid: AidAPI) -> None:
    totals = aid.totals("donations", donor="CHN", recipient="who", form="cash", currency="USD")

    (total,) = totals
    assert (total.at_least, total.currency) == (50_000_000, "USD")
    assert sum(used.value or 0 for used in total.used if used.in_about) == total.about
    reasons = Counter(one.reason for one in total.left_out)
    assert reasons["overlaps"] >= 1
    named = [(one.id, one.figure) for one in total.used]
    for id, figure in named + [(one.id, one.figure) for one in total.left_out]:
        assert aid.record(id)["figures"][figure - 1]["evidence"]["quote"]
    assert total.document["search"] == "exact"


def test_records_versions_series_and_citations(aid: AidAPI) -> None:
    record = aid.record("con-nbba3vv1")
    versions = aid.versions("con-nbba3vv1")
    series = aid.series("china-customs-anti-epidemic-exports")
    citation = aid.cite("con-nbba3vv1", figure=1)

    assert record["version"] == versions["results"][-1]["version"]
    assert series["slug"] == "china-customs-anti-epidemic-exports"
    assert record["figures"][0]["evidence"]["quote"] in citation["text"]
    assert aid.facets("donations", facets="stage")
    with pytest.raises(ValueError, match="don-7k3m9q2x"):
        aid.record("../admin/")


def test_names_are_matched_with_codes(aid: AidAPI) -> None:
    (who, *_) = aid.match("parties", "世界卫生组织", limit=2)

    assert (who["id"], who["match"]) == ("who", True)
    (best, *_) = aid.match("items", "vaccine (Sputnik V)", type="vaccine")
    assert (best["id"], best["match"]) == ("sputnik-v-vaccine", False)
    with pytest.raises(InvalidParameters, match="Unknown type"):
        aid.match("items", "masks", type="country")


# --- Files


def test_tables_have_the_types_of_their_description(aid: AidAPI) -> None:
    table = aid.table("donations", donor="CHN", recipient="who")

    arrow = table.to_arrow()

    types = {name: str(arrow.schema.field(name).type) for name in arrow.column_names}
    assert types["value"] == "double"
    assert types["version"] == "int64"
    assert types["countable"] == types["in_at_least"] == "bool"
    assert types["period_start"] == "date32[day]"
    assert types["as_of"] == types["title"] == "string"
    counted = arrow.filter(pc.and_(arrow["in_at_least"], pc.equal(arrow["currency"], "USD")))
    (total,) = aid.totals("donations", donor="CHN", recipient="who", currency="USD")
    assert pc.sum(counted["lower"]).as_py() == total.at_least
    parties = aid.table("parties").to_arrow()
    assert "030" in parties["region"].to_pylist()
    assert None in parties["region"].to_pylist()


def test_files_are_saved(aid: AidAPI, tmp_path: Path) -> None:
    table = aid.table("exports")
    table.save(tmp_path / "exports.csv")

    assert (tmp_path / "exports.csv").read_text("utf-8").startswith("id,kind,")
    rows = aid.file("exports", "ndjson", exporter="CHN").splitlines()
    assert {json.loads(row)["kind"] for row in rows} == {"export"}
    assert aid.file("exports", "xlsx")[:2] == b"PK"


# --- Errors


def test_errors_have_the_fields_of_the_problem(aid: AidAPI, served: Served) -> None:
    with pytest.raises(InvalidParameters) as refused:
        list(aid.list("donations", donr="CHN"))
    (error,) = refused.value.errors
    assert (error.parameter, error.code, error.suggestion) == (
        "donr",
        "unknown_parameter",
        "donor",
    )
    assert "Did you mean `donor`?" in str(refused.value)
    assert (refused.value.status, refused.value.code) == (400, "invalid_parameters")
    assert refused.value.request_id
    with pytest.raises(NotFound, match="No such revision"):
        aid.at(999).record("con-nbba3vv1")
    for id in served.withdrawn.values():
        with pytest.raises(Withdrawn) as gone:
            aid.record(id)
        assert gone.value.problem["withdrawn"]["reason"] == "It was never said."
    with pytest.raises(InvalidParameters):
        aid.table("donations", donr="CHN")
    assert len(served.withdrawn) == len(KINDS)


def test_a_response_of_something_else_is_an_error() -> None:
    stub = Stub(httpx.Response(200, html="<p>Sign in</p>"), httpx.Response(404, text="nothing"))

    for _ in range(2):
        with pytest.raises(UnexpectedResponse, match=r"aid\.example"):
            stub.client().get("coverage/")


# --- Transport


def test_retries_wait_as_the_server_says() -> None:
    busy = {"title": "Service unavailable", "status": 503}
    stub = Stub(
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503, headers={"Retry-After": "900"}),
        httpx.ConnectError("refused"),
        httpx.Response(502),
        page(revision=3),
    )

    assert stub.client().get("donations/")["revision"] == 3
    assert stub.waited[:2] == [7, 60]
    assert 1.5 <= stub.waited[2] <= 2.5
    assert 3 <= stub.waited[3] <= 5

    problem = httpx.Response(
        503,
        content=json.dumps(busy),
        headers={"Content-Type": "application/problem+json", "Retry-After": "1"},
    )
    stub = Stub(problem, problem, problem)
    with pytest.raises(Unavailable, match="Service unavailable"):
        stub.client(retries=Retries(times=2)).get("donations/")
    assert stub.waited == [1, 1]
    stub = Stub(*[httpx.ConnectError("refused")] * 2)
    with pytest.raises(httpx.ConnectError):
        stub.client(retries=Retries(times=1)).get("donations/")
    limit = httpx.Response(429, json={}, headers={"Content-Type": "application/problem+json"})
    with pytest.raises(TooManyRequests):
        Stub(limit).client(retries=Retries(times=0)).get("donations/")


def test_what_is_unchanged_is_not_sent_again(aid: AidAPI) -> None:
    first = aid.get("donations/", page_size=5)
    sent: list[httpx.Response] = []
    aid.http.event_hooks["response"] = [sent.append]

    assert aid.get("donations/", page_size=5) is first
    assert [one.status_code for one in sent] == [304]
    pinned = aid.get("donations/", page_size=5, revision=1)
    sent.clear()
    assert aid.get("donations/", page_size=5, revision=1) is pinned
    assert sent == []  # it never changes


def test_the_next_page_comes_from_the_site_that_was_given() -> None:
    elsewhere = "https://public.example/api/v1/donations/?cursor=abc&donor=CHN"
    stub = Stub(page(next=elsewhere), page())

    assert list(stub.client().list("donations", donor="CHN")) == []

    address = "https://aid.example/x/api/v1/donations/?cursor=abc&donor=CHN"
    assert str(stub.requests[1].url) == address


# --- asyncio


def test_the_asynchronous_client_is_the_same(served: Served) -> None:
    async def read() -> tuple[int, float | None, int, int]:
        async with AsyncAidAPI(served.url) as aid:
            pinned = await aid.at()
            rows = [row async for row in pinned.list("exports", page_size=20)]
            total = await pinned.totals("exports", exporter="CHN", item="mask")
            table = await pinned.table("exports")
            with pytest.raises(InvalidParameters):
                await aid.record(rows[0]["id"], field="id")
            return len(rows), total.totals[0].at_least, table.to_arrow().num_rows, table.revision

    count, at_least, rows, revision = asyncio.run(read())
    with AidAPI(served.url) as aid:
        same = aid.at(revision)
        assert count == len(list(same.list("exports")))
        assert at_least == same.totals("exports", exporter="CHN", item="mask").totals[0].at_least
        assert rows == same.table("exports").to_arrow().num_rows
    public = {name for name in vars(AidAPI) if not name.startswith("_")}
    assert public == {name for name in vars(AsyncAidAPI) if not name.startswith("_")}
    for name in public - {"list"}:
        assert inspect.iscoroutinefunction(getattr(AsyncAidAPI, name)), name
