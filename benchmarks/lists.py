"""Lists and details of donations: requests per second of one core, beside other servers over the
same rows.

All run on the same core and take turns. Nothing is cached. Before anything is measured, all must
answer with the same records.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from benchmarks import databases
from benchmarks.load import Requests, compared, play_in_turns
from benchmarks.peers import apis
from benchmarks.peers.apis import LIST, PAGE, PYTHON, Api
from benchmarks.rows import Row, Run

DEPTH = 100
"""Page number of the deep cursor."""
CASES = ("list", "detail", "deep cursor")
TARGETS = {
    ("sqlite", "list", "textbook"): 40,
    ("sqlite", "detail", "textbook"): 18,
    ("sqlite", "deep cursor", "textbook"): 35,
    ("sqlite", "list", "Datasette"): 4,
    ("postgresql", "list", "textbook"): 18,
    ("postgresql", "detail", "textbook"): 15,
    ("postgresql", "deep cursor", "textbook"): 18,
}
"""How many times as fast as a peer ours must be."""


def rows(vendor: str, cases: Sequence[str], run: Run) -> Iterator[Row]:
    """Yield a row for each case and peer."""
    url = databases.generated(vendor, run.donations)
    file = databases.file_of(databases.generated("sqlite", run.donations))
    with ExitStack() as stack:
        ours = stack.enter_context(apis.aidapi(url))
        peers = [stack.enter_context(apis.textbook(url))]
        if PYTHON.exists():
            peers.append(stack.enter_context(apis.ninja(url)))
            if vendor == "sqlite":
                peers.append(stack.enter_context(apis.datasette(file)))
            peers.append(stack.enter_context(apis.roapi(file)))
        for case in cases:
            yield from measure(vendor, case, ours, peers, run)


def measure(vendor: str, case: str, ours: Api, peers: list[Api], run: Run) -> Iterator[Row]:
    """Yield the rows of a case."""
    paths = same_records(case, ours, peers)
    apis = {api.name: api for api in (ours, *peers)}
    scores = play_in_turns(
        {name: Requests(apis[name].server, found) for name, found in paths.items()}, run
    )
    sizes = {name: len(apis[name].server.ask(found[0])[1]) for name, found in paths.items()}
    mine = scores.pop(ours.name)
    for name, theirs in scores.items():
        target = TARGETS.get((vendor, case, name))
        yield compared(
            case,
            mine,
            name,
            theirs,
            judged="rate" if target else "",
            target=target,
            bytes=sizes[ours.name],
            their_bytes=sizes[name],
        )


def same_records(case: str, ours: Api, peers: list[Api]) -> dict[str, list[str]]:
    """Return the paths that each is asked in a case; all return the records that ours does."""
    if case == "deep cursor":
        paths = {api.name: [api.follow(DEPTH)] for api in (ours, *peers) if api.first_path}
    elif case == "list":
        codes = recipients(ours)
        paths = {api.name: [*map(api.list_path, codes)] for api in (ours, *peers)}
    else:
        found = ours.ids(f"{LIST}?page_size=200")
        paths = {api.name: [*map(api.detail_path, found)] for api in (ours, *peers)}
    expected = [ours.ids(path) for path in paths[ours.name]]
    for api in peers:
        for path, ids in zip(paths.get(api.name, ()), expected, strict=False):
            if api.ids(path) != ids:
                raise SystemExit(f"{api.name} has other records than ours at {path}.")
    return paths


def recipients(ours: Api) -> list[str]:
    """Return some of the ~220 recipients, of those that fill a page."""
    parties = ours.server.get("/api/v1/parties/?type=country&page_size=500")["results"]
    codes = [party["code"] for party in parties[::11]]
    return [code for code in codes if len(ours.ids(ours.list_path(code))) == PAGE]
