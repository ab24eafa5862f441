"""Servers are measured beside each other only if they return the same records."""

from typing import Any, cast

import pytest

from benchmarks.lists import DEPTH, same_records
from benchmarks.peers.apis import LIST, Api, as_document
from benchmarks.serving import Server


class Pages:
    """A server of one page, or of as many as it is asked for."""

    def __init__(self, ids: list[str]) -> None:
        self.records = [{"id": id} for id in ids]

    def get(self, path: str) -> Any:
        if "/parties/" in path:
            return {"results": [{"code": "KEN"}]}
        page = int(path.partition("page=")[2] or 1)
        following = f"http://127.0.0.1{LIST}?page={page + 1}"
        return {"results": self.records, "next": following}


def api(name: str, ids: list[str], first_path: str = "") -> Api:
    return Api(
        name,
        cast("Server", Pages(ids)),
        list_path=lambda code: f"/{name}/of/{code}",
        detail_path=lambda public_id: f"/{name}/{public_id}",
        first_path=first_path,
    )


FIFTY = [f"don-{number}" for number in range(50)]


def test_same_records_are_asked_of_all() -> None:
    paths = same_records("list", api("ours", FIFTY), [api("theirs", FIFTY)])

    assert paths == {"ours": ["/ours/of/KEN"], "theirs": ["/theirs/of/KEN"]}


def test_other_records_end_the_run() -> None:
    with pytest.raises(SystemExit, match="theirs has other records"):
        same_records("list", api("ours", FIFTY), [api("theirs", FIFTY[::-1])])


def test_deep_page_is_reached_along_next_where_there_is_one() -> None:
    paths = same_records("deep cursor", api("ours", FIFTY, LIST), [api("theirs", FIFTY)])

    assert paths == {"ours": [f"{LIST}?page={DEPTH}"]}


def test_record_and_list_without_a_page() -> None:
    one = api("theirs", [])

    cast("Any", one.server).get = lambda path: {"id": "don-1"} if "one" in path else [{"id": "x"}]

    assert (one.ids("/one"), one.ids("/list")) == (["don-1"], ["x"])


def test_row_for_a_file_has_lists_and_its_recipient() -> None:
    row = dict.fromkeys(("donors", "intermediaries", "figures", "links"), "[]")

    document = as_document({"id": "don-1", "recipients": '[{"code": "KEN"}]', **row})

    assert document["recipients"] == [{"code": "KEN"}]
    assert document["recipient"] == "KEN"
    assert document["figures"] == []
