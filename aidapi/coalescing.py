"""Requests for the same response at once: one has it made, the others wait for it.

After a publication many readers ask for the same totals. Made for each of them, they would take
the process that many times as long. Whoever waits holds a sleeping thread and no slot of a lane,
and then finds the response in the cache (aidapi.caching), if it may be cached; if not, it is
executed like any other request.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from aidapi.caching import cache_key, is_cached, keeps


class Coalescing:
    """The cacheable requests that are being executed, by the key of their response."""

    def __init__(self, most: int) -> None:
        self.most = most
        """Maximum number of requests that wait; a further one does not."""
        self.lock = threading.Lock()
        self.made: dict[str, threading.Event] = {}
        self.waiting = 0

    @contextmanager
    def turn(self, environ: dict[str, Any]) -> Iterator[None]:
        """Wait while another request has the same response made, for WAIT_SECONDS at most. Where
        no response is kept there is nothing to wait for."""
        key = cache_key(environ) if keeps() and is_cached(environ) else None
        if key is None:
            yield
            return
        own: threading.Event | None = None
        with self.lock:
            made = self.made.get(key)
            if made is None:
                own = self.made[key] = threading.Event()
            elif self.waiting < self.most:
                self.waiting += 1
            else:
                made = None
        if made is not None:
            made.wait(settings.WAIT_SECONDS)
            with self.lock:
                self.waiting -= 1
        try:
            yield
        finally:
            if own is not None:
                with self.lock:
                    del self.made[key]
                own.set()
