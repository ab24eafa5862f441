"""CPU time of a repeated request, and of a 304, against the least that Django can do: a view that
returns a constant of the same size, without middleware.

All are served by granian, one worker with one thread, and take turns in one run.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import os
import statistics
import tempfile
from pathlib import Path

import databases
from run import LIST, Score, Server, load, pin, play, serving

QUESTION = f"{LIST}?donor=CHN"
SETTINGS = {"CACHE_ENTRIES": "500", "RATE_LIMIT": "600000000"}
TARGETS = {"kept": 3.0, "304": 3.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=databases.N, help="donations (BENCH_N)")
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=[*databases.VENDORS]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="length of a round")
    options = parser.parse_args()

    urls = {vendor: databases.generated(vendor, options.n) for vendor in options.databases}
    pin(-1)
    for vendor, url in urls.items():
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
            ours = stack.enter_context(
                serving("aidapi.settings", url, CACHE_ENTRIES="500", RATE_LIMIT="600000000")
            )
            headers, body = ours.ask(QUESTION)
            constant = Path(directory) / "body.json"
            constant.write_bytes(body)
            os.environ["BENCH_BODY"] = str(constant)
            bare = stack.enter_context(serving("", url, application="benchmarks.bare:application"))
            cases: dict[str, tuple[Server, dict[str, str], int]] = {
                "bare": (bare, {}, 200),
                "kept": (ours, {}, 200),
                "304": (ours, {"If-None-Match": headers["ETag"]}, 304),
            }
            scores = {name: Score() for name in cases}
            for server, sent, expected in cases.values():
                load(server, [QUESTION], 1, sent, expected)
            for _ in range(options.rounds):
                for name, (server, sent, expected) in cases.items():
                    play(server, [QUESTION], options.seconds, scores[name], sent, expected)
            for name, target in TARGETS.items():
                cpu, bare_cpu = (statistics.median(scores[one].cpu) for one in (name, "bare"))
                ratio = bare_cpu / cpu
                print(
                    f"{vendor} {name} {ratio:.2f}x by CPU ({cpu * 1000:.0f} against "
                    f"{bare_cpu * 1000:.0f} µs a request of {len(body):,} bytes; "
                    f"{scores[name].rate:.0f}/s against {scores['bare'].rate:.0f}/s); target "
                    f"{target}x {'met' if ratio >= target else 'MISSED'}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
