"""What curators' requests cost: CPU time and function calls of opening a donation's form, keeping
it while it is typed, saving, submitting, reviewing and approving it, without the network.

A fresh database with the dataset has drafts of many users. One of them does with each draft what a
browser does (see curating.py), and another approves it. Half of the drafts are timed, the other
half are counted.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import cProfile
import pstats
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import databases
from curating import KEEP, Form, prepare

NAME = "forms"
ACTIONS = ("open", "keep", "save", "submit", "review", "approve")
WARM = 2
"""Drafts at the start that do not count: they fill caches, and compile templates."""


class Meter:
    """CPU seconds or function calls of requests, by action."""

    def __init__(self) -> None:
        self.is_counting = False
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.calls: dict[str, list[int]] = defaultdict(list)
        self.profiles: dict[str, pstats.Stats] = defaultdict(pstats.Stats)

    @contextlib.contextmanager
    def of(self, action: str) -> Iterator[None]:
        if self.is_counting:
            with cProfile.Profile(time.process_time) as profile:
                yield
            one: Any = pstats.Stats(profile)
            self.calls[action].append(one.total_calls)
            self.profiles[action].add(one)
        else:
            begun = time.process_time()
            yield
            self.seconds[action].append(time.process_time() - begun)


def measure(vendor: str, drafts: int, profiled: str | None) -> None:
    url = databases.with_dataset(vendor, NAME)
    databases.manage(url, "collectstatic", "--noinput", "--verbosity", "0")
    desk, _, _ = prepare(url)
    from django.contrib.auth.models import User
    from django.test import Client

    reviewer, editor = Client(), Client()
    for client, name in ((reviewer, "curator-0"), (editor, "curator-1")):
        user = User.objects.get(username=name)
        client.force_login(user, "accounts.permissions.PermissionBackend")
    others = [page for _, page, who in desk if who[0] != 0]
    meter = Meter()
    for number, page in enumerate(others[: drafts + WARM]):
        if number == WARM:
            meter = Meter()
        meter.is_counting = number % 2 == 1
        follow(meter, page, editor, reviewer)
    print(f"{vendor}, {drafts} donations: median CPU ms, median function calls")
    for action, seconds in meter.seconds.items():
        print(
            f"    {action}: {statistics.median(seconds) * 1000:.1f} ms, "
            f"{statistics.median(meter.calls[action]):,.0f} calls"
        )
    if profiled:
        meter.profiles[profiled].sort_stats("cumulative").print_stats(80)


def follow(meter: Meter, page: str, editor: Any, reviewer: Any) -> None:
    """Take a draft from its form to its approval."""

    def ask(action: str, client: Any, address: str, data: list | None = None) -> str:
        with meter.of(action):
            response = (
                client.get(address)
                if data is None
                else client.post(address, urlencode(data), "application/x-www-form-urlencoded")
            )
        expected = 200 if data is None or action == "keep" else 302
        if response.status_code != expected:
            raise SystemExit(f"{action} {address} answers {response.status_code}")
        return str(response.content.decode())

    sent = [
        (name, f"{value}\nA line more.".strip() if name == "note" else value)
        for name, value in Form(ask("open", editor, page)).sent
    ]
    ask("keep", editor, KEEP, sent)
    ask("save", editor, page, [*sent, ("_continue", "on")])
    ask("submit", editor, page.replace("/change/", "/submit/"), [])
    approve = page.replace("/change/", "/approve/")
    words = {"message": "Approved.", "because": "It was checked."}
    shown = Form(ask("review", reviewer, approve)).sent
    ask("approve", reviewer, approve, [(name, words.get(name, value)) for name, value in shown])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=[*databases.VENDORS]
    )
    parser.add_argument("--drafts", type=int, default=40, help="drafts that are measured (40)")
    parser.add_argument("--profile", choices=ACTIONS, help="print the profile of an action")
    options = parser.parse_args()
    for vendor in options.databases:
        databases.apart(measure, vendor, options.drafts, options.profile)


if __name__ == "__main__":
    main()
