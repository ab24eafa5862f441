"""Sites on this machine that answer as those of statements do, and count who asks them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Page = Callable[[Any], Any]


def respond(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def page(text: str, status: int = 200, **headers: str) -> Page:
    """A page of HTML with a text, and a script that differs each time."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        html = f"<title>A page</title><script>{time.monotonic()}</script><p>{text}</p>"
        usual = {"Content_Type": "text/html; charset=utf-8"}
        respond(handler, status, html.encode(), **usual, **headers)

    return write


def redirect(to: str, status: int = 301) -> Page:
    return lambda handler: respond(handler, status, Location=to)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte of the headers at a time, without an end."""
    with _given_up():
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.05)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Text without an end."""
    with _given_up():
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            handler.wfile.write(b"masks " * 1000)


@contextmanager
def _given_up() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


@dataclass
class Site:
    """A server, its pages by their paths, and the requests that came."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    at_once: int = 0
    """Most requests that were served at the same time."""

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def asked(self) -> list[str]:
        """The paths asked for, but for robots.txt."""
        return [path for path, _ in self.requests if path != "/robots.txt"]


@contextmanager
def site(**pages: Page) -> Iterator[Site]:
    """Serve pages, named by their paths without the slash, at a port of this machine."""
    found = Site(pages={f"/{name}": write for name, write in pages.items()})
    lock, running = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                running[0] += 1
                found.at_once = max(found.at_once, running[0])
                found.requests.append((self.path, dict(self.headers.items())))
            try:
                write = found.pages.get(self.path.partition("?")[0])
                if write:
                    write(self)
                else:
                    respond(self, 404)
            finally:
                with lock:
                    running[0] -= 1

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join()
