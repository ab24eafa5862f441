"""Client connections that stand still: found by what the kernel counts, and shut down.

A WSGI server blocks in `read` or `write` for as long as its client likes, and gives the
application no hold on the connection. The kernel knows how many bytes each connection received
and how many its client acknowledged. While a response is streamed or a body is read, one thread
looks at the server's connections and shuts down those that

- have bytes to send, of which the client took fewer than RATE a second for WRITE_SECONDS;
- belong to the address of a late body and send fewer than RATE a second, unless another request
  of that address is being executed.

The server then sees a closed connection and lets go of whatever waited for it. This works on
Linux; elsewhere only the limits in number hold.
"""

import contextlib
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from django.conf import settings

log = structlog.get_logger("aidapi.connections")
RATE = 1_000
"""Bytes a second that a client must take or send."""
TICK = 1.0
LINUX = sys.platform == "linux"
if LINUX:
    import fcntl
SIOCOUTQ = 0x5411
"""Asks for the number of bytes that the client has not acknowledged (linux/sockios.h)."""
COUNTERS = struct.Struct("=QQ")
COUNTERS_AT = 120
"""Place of tcpi_bytes_acked and tcpi_bytes_received in struct tcp_info (linux/tcp.h)."""


@dataclass
class Connection:
    """A client's connection at one moment."""

    key: str
    address: str
    acknowledged: int
    received: int
    to_send: int
    socket: socket.socket

    def shut_down(self, why: str) -> None:
        log.warning("A connection was shut down.", why=why)
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


def client_connections(port: int) -> Iterator[Connection]:
    """Yield this process's connections to its own port, each valid until the next."""
    for fd in os.listdir("/proc/self/fd"):
        try:
            key = os.readlink(f"/proc/self/fd/{fd}")
            if not key.startswith("socket:"):
                continue
            duplicate = os.dup(int(fd))
        except OSError:  # closed meanwhile
            continue
        with socket.socket(fileno=duplicate) as found:
            try:
                if (
                    found.type != socket.SOCK_STREAM
                    or found.family not in (socket.AF_INET, socket.AF_INET6)
                    or found.getsockname()[1] != port
                ):
                    continue
                address = found.getpeername()[0].removeprefix("::ffff:")
                info = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                acknowledged, received = COUNTERS.unpack_from(info, COUNTERS_AT)
                (to_send,) = struct.unpack("i", fcntl.ioctl(found, SIOCOUTQ, b"\0" * 4))
            except (OSError, struct.error):  # the listening socket, one that ended, an old kernel
                continue
            yield Connection(key, address, acknowledged, received, to_send, found)


class Late(Protocol):
    """What is watched: a response that is being sent, or a body that is being read."""

    peer: str

    def is_late(self) -> bool:
        """Return whether the connections of its peer, where nothing moves, are shut down."""


class Watch:
    """The thread that looks at connections, while there is a reason to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.watched: set[Late] = set()
        self.port = 0
        self.thread: threading.Thread | None = None
        self.busy: Callable[[], set[str]] = set
        """Returns the addresses whose requests are executed or wait."""
        self.taken: dict[str, tuple[float, int]] = {}
        """Connection → since when it has something to send, and what was acknowledged then."""
        self.sent: dict[str, int] = {}
        """Connection → bytes received at the last look."""

    def begin(self, reason: Late, environ: dict[str, Any]) -> None:
        with self.lock:
            self.watched.add(reason)
            self.port = int(environ.get("SERVER_PORT") or 0)
            if LINUX and self.thread is None:
                self.thread = threading.Thread(target=self.run, name="connections", daemon=True)
                self.thread.start()

    def end(self, reason: Late) -> None:
        with self.lock:
            self.watched.discard(reason)

    def run(self) -> None:
        while True:
            time.sleep(TICK)
            with self.lock:
                if not self.watched:
                    self.thread = None
                    self.taken, self.sent = {}, {}
                    return
                late = {one.peer.removeprefix("::ffff:") for one in self.watched if one.is_late()}
            try:
                self.look(late)
            except Exception:
                log.exception("The connections could not be looked at.")

    def look(self, late: set[str]) -> None:
        now = time.monotonic()
        taken, sent = {}, {}
        for connection in client_connections(self.port):
            key = connection.key
            since, acknowledged = self.taken.get(key, (now, connection.acknowledged))
            gained = connection.acknowledged - acknowledged
            if connection.to_send == 0 or gained >= RATE * settings.WRITE_SECONDS:
                since, acknowledged = now, connection.acknowledged
            taken[key] = since, acknowledged
            sent[key] = connection.received
            if now - since > settings.WRITE_SECONDS:
                connection.shut_down("its client does not take the response")
            elif (
                connection.address in late
                and connection.to_send == 0
                and connection.received - self.sent.get(key, 0) < RATE * TICK
                and key in self.sent
                # Looked up last, so that a request which has just begun is among them.
                and connection.address not in self.busy()
            ):
                connection.shut_down("its request body is late")
        self.taken, self.sent = taken, sent


watch = Watch()
