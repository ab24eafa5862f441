"""The judge of histories finds what cannot be: a drill without findings means something."""

import io
import logging
import threading
import time
from dataclasses import replace
from unittest.mock import Mock

import pytest

from aidapi import logs, shared
from drills.history import AROUND, Publication, Reading, Shown, times_alone, wrong

PUBLISHED = [
    Publication(10, 11, "acknowledged", 2, "st-a"),
    Publication(20, 21, "unconfirmed", 3, "st-b"),
    Publication(30, 31, "failed"),
    Publication(40, 41, "acknowledged", 4, "st-c"),
]
READ = Reading(0, "/list", 12, 13, 200, False, 2, False, "two")


def found(*readings: Reading, alone: tuple[float, float] = (0, 0)) -> list[str]:
    return list(wrong(Shown(PUBLISHED, list(readings)), [alone]))


def test_linear_history_is_right() -> None:
    assert not found(
        READ,
        # At the same time as the publication either is in force.
        replace(READ, began=20.1, ended=20.2, revision=3, digest="three"),
        replace(READ, client=1, began=20.1, ended=20.3),
        replace(READ, began=42, ended=43, revision=4, digest="four"),
        replace(READ, path="/list?revision=2", began=50, ended=51, pinned=True),
        replace(READ, began=52, ended=53, status=503, retry_after=True),
        replace(READ, began=54, ended=55, status=0),
    )


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (replace(READ, began=42, ended=43), "revision 2, when 4 was in force"),
        (replace(READ, client=1, revision=4, digest="four"), "not published yet"),
        (replace(READ, client=1, digest="other"), "not the same twice"),
        (replace(READ, status=404), "status 404"),
        (replace(READ, torn="9 of 10 ids"), "9 of 10 ids"),
        (replace(READ, began=14, ended=15, revision=1, digest="one"), "1 after 2"),
    ],
)
def test_what_cannot_be_is_found(reading: Reading, said: str) -> None:
    assert any(said in one for one in found(READ, reading))


def test_processes_that_do_not_know_of_one_another_may_be_late_but_not_go_back() -> None:
    late = replace(READ, client=1, began=42, ended=43)

    assert not found(READ, late, alone=(40, 50))
    back = replace(READ, client=1, began=44, ended=45, revision=1, digest="one")
    assert any("1 after 2" in one for one in found(READ, late, back, alone=(40, 50)))


def test_process_logs_when_it_is_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PAUSE", 0.05)
    made = logs.configure(json=False)
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(made.pop("()")(**made))
    logger = logging.getLogger("aidapi.shared")
    one = shared.Shared("redis://127.0.0.1:1")
    back = threading.Event()
    monkeypatch.setattr(one, "redis", Mock(set=lambda *_, **__: back.wait(60)))

    logger.addHandler(handler)
    began = time.time()
    one.fail(ConnectionError("closed"))
    assert [ended for _, ended in times_alone(lines.getvalue())] == [float("inf")]
    back.set()
    next(one for one in threading.enumerate() if one.name == "redis").join(60)
    logger.removeHandler(handler)

    ((first, last),) = times_alone(lines.getvalue())
    assert began - AROUND <= first < began < last <= time.time() + AROUND
