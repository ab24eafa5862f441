"""The page of corrections and withdrawals: all of them, with their reasons, and nothing else."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from records.models import KINDS
from records.site import corrections
from tests.support.histories import History
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

PATH = "/corrections/"


def shown(client: Client, **query: Any) -> str:
    response = client.get(PATH, query)
    assert response.status_code == 200, response.content
    return html.unescape(response.content.decode())


def listed(page: str) -> list[tuple[str, int]]:
    """Return id and version of each entry, in order."""
    found = re.findall(r'<h2><a href="/records/([^/]+)/\?version=(\d+)">', page)
    return [(id, int(version)) for id, version in found]


def changes(client: Client, **query: str) -> list[dict[str, Any]]:
    query |= {"action": "corrected,withdrawn", "ordering": "-revision", "page_size": "500"}
    rows = found(client, f"{API}changes/", **query)["results"]
    return [row for row in rows if row["kind"] in KINDS]


def test_every_correction_and_withdrawal_is_listed_with_its_reason(
    client: Client, own_history: History
) -> None:
    page = shown(client)
    rows = changes(client)

    assert len(rows) > 5
    assert {row["action"] for row in rows} == {"corrected", "withdrawn"}
    assert sorted(listed(page)) == sorted((row["id"], row["version"]) for row in rows)
    for row in rows:
        assert row["reason"] in page
        assert f'href="/changes/{row["revision"]}/"' in page
        assert client.get(f"/records/{row['id']}/?version={row['version']}").status_code == 200
    revisions = [int(n) for n in re.findall(r'/changes/(\d+)/">revision', page)]
    assert revisions == sorted(revisions, reverse=True)
    feed = f"{API}changes/?action=corrected,withdrawn&format=atom"
    assert f'href="{feed}"' in page
    assert client.get(feed)["Content-Type"].startswith("application/atom+xml")


def test_the_list_is_paged_and_narrowed_to_kinds(
    client: Client, own_history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = listed(shown(client))
    monkeypatch.setattr(corrections, "PER_PAGE", 3)

    pages = [listed(shown(client, page=n)) for n in range(1, -(-len(whole) // 3) + 1)]

    assert [entry for page in pages for entry in page] == whole
    assert all(len(page) == 3 for page in pages[:-1])
    monkeypatch.undo()
    for kind in KINDS:
        rows = changes(client, kind=kind)
        assert sorted(listed(shown(client, kind=kind))) == sorted(
            (row["id"], row["version"]) for row in rows
        )


@pytest.mark.parametrize(
    "query", ["page=0", "page=999", "page=x", "kind=gift", "kind=party", "since=1"]
)
def test_wrong_parameters_are_explained(client: Client, query: str) -> None:
    response = client.get(f"{PATH}?{query}")

    assert response.status_code == 400
    assert f"<code>{query.partition('=')[0]}</code>" in response.content.decode()


def test_without_corrections_it_says_so(client: Client) -> None:
    assert "Nothing was corrected or withdrawn." in shown(client)


def test_the_queries_do_not_grow_with_the_list(
    client: Client, own_history: History, django_assert_num_queries: Any
) -> None:
    history = own_history

    # The revision, the number of changes, those of the page, the titles of each kind.
    with django_assert_num_queries(3 + len({row["kind"] for row in history.changes
                                            if row["action"] in ("corrected", "withdrawn")
                                            and row["kind"] in KINDS})):  # fmt: skip
        client.get(PATH)
