"""The MCP server in clients/mcp, through the official client, against the running server."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from records.models import RevisionCounter
from records.models.figures import CountableReason
from records.site.wording import REASONS
from tests.clients.conftest import Served

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).parent / "programs" / "ask_mcp.py"
MOST_BYTES = 4 * 8_000
"""Of the list of tools: at most 8,000 tokens, at four bytes a token."""
Question = tuple[str, dict[str, Any]]
Ask = Callable[..., dict[str, Any]]
QUESTIONS: list[Question] = [
    # How many masks did China export until the end of 2020, and who says so?
    (
        "search",
        {
            "kind": "exports",
            "filters": {"exporter": "CHN", "item": "mask", "as_of_from": "2020-12-31"},
            "text": "224.2",
        },
    ),
    # How much cash did China give the World Health Organization?
    (
        "totals",
        {
            "kind": "donations",
            "filters": {"donor": "CHN", "recipient": "who", "form": "cash", "currency": "USD"},
        },
    ),
    # Which orders of test kits were cancelled?
    (
        "search",
        {"kind": "contracts", "filters": {"item": "test-kit", "stage": ["cancelled", "returned"]}},
    ),
    # How did the customs' count of exports grow?
    ("series", {"slug": "china-customs-anti-epidemic-exports"}),
    # What became of California's masks from BYD?
    ("record", {"id": "con-nbba3vv1"}),
]


@pytest.fixture(scope="module")
def over_http(served: Served, clients_python: str) -> Iterator[str]:
    """The address of the server over streamable HTTP."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [clients_python, "-m", "aidapi_mcp", "--site", served.url]
    process = subprocess.Popen([*command, "--http", f"127.0.0.1:{port}"])
    try:
        for _ in range(200):
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def ask(served: Served, clients_python: str) -> Ask:
    """Puts questions to a server through the official client."""

    def asking(*questions: Question, server: str = "stdio") -> dict[str, Any]:
        run = subprocess.run(
            [clients_python, str(PROGRAM), served.url, server],
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return json.loads(run.stdout)

    return asking


def quoted(value: Any) -> list[dict[str, Any]]:
    """Every figure in an answer."""
    if isinstance(value, list):
        return [one for part in value for one in quoted(part)]
    if not isinstance(value, dict):
        return []
    own = [value] if "quote" in value else []
    return own + [one for part in value.values() for one in quoted(part)]


def test_the_list_of_tools_is_short(ask: Ask) -> None:
    tools = ask()["tools"]

    names = {tool["name"] for tool in tools}
    assert names == {"codes", "search", "record", "totals", "series", "cite"}
    assert all(tool["description"] for tool in tools)
    assert len(json.dumps(tools).encode()) <= MOST_BYTES


def test_five_questions_are_answered_with_quote_source_and_revision(
    ask: Ask, over_http: str
) -> None:
    answers = ask(*QUESTIONS)["answers"]

    for answer in answers:
        assert not answer["failed"], answer["text"]
        assert answer["data"]["revision"] == RevisionCounter.number()
        figures = quoted(answer["data"])
        assert figures
        for one in figures:
            assert 0 < len(one["quote"].split()) <= 8
            assert one["source"]["url"].startswith("http")
            assert one["source"]["publisher"]
    masks, cash, kits, series, california = (answer["data"] for answer in answers)
    assert "224.2 billion masks between March" in [one["quote"] for one in quoted(masks)]
    (total,) = cash["totals"]
    assert (total["at_least"], total["about"], total["currency"]) == (50e6, 50e6, "USD")
    assert {one["quote"] for one in quoted(total)} == {
        "donated $20 million to the WHO",
        "additional $30 million to the World Health",
    }
    assert {"reported in another record too", "an equal report is included"} <= {
        one["because"] for one in total["left_out"]
    }
    assert kits["count"] == len(kits["records"]) == 5
    assert [point["as_of"] for point in series["points"]][:2] == ["2020-04-04", "2020-04-25"]
    assert [one["version"] for one in california["versions"]] == [1, 2, 3, 4]
    assert answers == ask(*QUESTIONS, server=over_http)["answers"]


def test_names_lead_to_codes_and_citations_to_quotes(ask: Ask) -> None:
    codes, items, all_series, figure, dataset = (
        answer["data"]
        for answer in ask(
            ("codes", {"name": "世卫组织"}),
            ("codes", {"name": "N95 masks", "vocabulary": "items", "limit": 1}),
            ("series", {}),
            ("cite", {"id": "con-nbba3vv1", "figure": 1, "style": "bibtex"}),
            ("cite", {"revision": 2}),
        )["answers"]
    )

    assert codes["candidates"][0] | {"score": 0} == {
        "code": "who",
        "name": "World Health Organization",
        "description": "international organisation",
        "score": 0,
        "certain": True,
    }
    assert items["candidates"][0]["code"] == "respirator-n95"
    assert len(all_series["series"]) > 5
    assert "$990 million to BYD" in figure["citation"].replace("\\", "")
    assert (dataset["revision"], "evision 2" in dataset["citation"]) == (2, True)


def test_past_revisions_are_read_as_they_were(ask: Ask) -> None:
    first, second = ask(
        ("record", {"id": "con-nbba3vv1", "revision": 1}),
        ("totals", {"kind": "exports", "filters": {"item": "mask"}, "revision": 2}),
    )["answers"]

    assert (first["data"]["revision"], first["data"]["version"]) == (1, 1)
    assert second["data"]["revision"] == 2


def test_errors_say_in_words_what_would_be_right(ask: Ask, served: Served) -> None:
    answers = ask(
        ("search", {"kind": "donations", "filters": {"giver": "CHN"}}),
        ("search", {"kind": "donations", "filters": {"donor": "China"}}),
        ("search", {"kind": "donations", "filters": {"page_size": 5}}),
        ("totals", {"kind": "gifts"}),
        ("record", {"id": "xx"}),
        ("record", {"id": served.withdrawn["donations"]}),
        ("record", {"id": "con-nbba3vv1", "revision": 99}),
    )["answers"]

    for answer, words in zip(
        answers,
        (
            "Did you mean `donor`?",
            "Did you mean `CHN`?",
            "`page_size` is no filter",
            "'donations', 'exports' or 'contracts'",
            "such as don-7k3m9q2x",
            "It was never said",
            "There is no revision 99",
        ),
        strict=True,
    ):
        assert answer["failed"]
        assert words in answer["text"]


def test_every_reason_has_words() -> None:
    source = (ROOT / "clients/mcp/src/aidapi_mcp/evidence.py").read_text("utf-8")
    known = set(re.findall(r'^    "(\w+)":', source, re.M))

    # The other two are said of a page's record, not of a total's figures.
    assert known >= {*CountableReason.values, *REASONS} - {"uncountable", "outside"}
