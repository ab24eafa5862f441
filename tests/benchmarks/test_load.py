"""The client of measurements: what it sends, and what it takes for a failure."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks import load
from benchmarks.load import Requests

SENDERS = [
    # A second is the shortest that wrk takes.
    pytest.param(load.send_by_wrk, 1, marks=pytest.mark.skipif(not load.WRK, reason="needs wrk")),
    (load.send_from_here, 0),
]


class Answering(BaseHTTPRequestHandler):
    """A server that knows two paths, and an ETag."""

    protocol_version = "HTTP/1.1"
    asked: Counter[tuple[str, str | None]] = Counter()

    def do_GET(self) -> None:
        self.asked[self.path, self.headers["If-None-Match"]] += 1
        status = 200 if self.path in ("/a", "/b?x=1") else 404
        if self.headers["If-None-Match"] == '"kept"':
            status = 304
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield Asked(served.server_port)
        served.shutdown()
        thread.join()


class Asked:
    """As much of a server as the client reads."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(("send", "seconds"), SENDERS)
def test_paths_are_asked_in_turn_with_the_etag(send: Any, seconds: int, server: Any) -> None:
    Answering.asked.clear()

    answered, took = send(Requests(server, ["/a", "/b?x=1"], if_none_match='"kept"'), seconds)

    asked = Answering.asked
    assert 0 <= asked.total() - answered <= load.CONNECTIONS
    assert abs(asked["/a", '"kept"'] - asked["/b?x=1", '"kept"']) <= load.CONNECTIONS
    assert took >= seconds


@pytest.mark.parametrize(("send", "seconds"), SENDERS)
def test_failed_request_ends_the_run(send: Any, seconds: int, server: Any) -> None:
    with pytest.raises(SystemExit):
        send(Requests(server, ["/missing"]), seconds)


def test_other_status_ends_the_run(server: Any) -> None:
    with pytest.raises(SystemExit, match="answers 200, not 304"):
        Requests(server, ["/a"], if_none_match='"other"').check()
