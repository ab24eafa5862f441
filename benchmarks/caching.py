"""CPU time of a repeated request, and of a 304, against the least that Django can do: a view that
returns a constant of the same size, without middleware."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import databases
from benchmarks.load import Requests, compared, play_in_turns
from benchmarks.peers.apis import LIST
from benchmarks.rows import Row, Run
from benchmarks.serving import serving

QUESTION = f"{LIST}?donor=CHN"
KEPT = {"ADMIN_PROCESS": "false", "CACHE_ENTRIES": "500", "RATE_LIMIT": "600000000"}
CASES = ("repeated", "304")
PEER = "a bare view"
TARGET = 3


def rows(vendor: str, cases: Sequence[str], run: Run) -> Iterator[Row]:
    """Yield a row for each case."""
    url = databases.generated(vendor, run.donations)
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        ours = stack.enter_context(serving("aidapi.settings", url, **KEPT))
        headers, body = ours.ask(QUESTION)
        constant = Path(directory) / "body.json"
        constant.write_bytes(body)
        bare = stack.enter_context(
            serving("", url, "benchmarks.bare:application", BENCH_BODY=str(constant))
        )
        requests = {
            PEER: Requests(bare, [QUESTION]),
            "repeated": Requests(ours, [QUESTION]),
            "304": Requests(ours, [QUESTION], if_none_match=headers["ETag"]),
        }
        scores = play_in_turns({name: requests[name] for name in (PEER, *cases)}, run)
    for case in cases:
        yield compared(
            case,
            scores[case],
            PEER,
            scores[PEER],
            judged="cpu",
            target=TARGET,
            bytes=len(body) if case == "repeated" else 0,
            their_bytes=len(body),
        )
