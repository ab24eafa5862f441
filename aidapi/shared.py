"""Redis, for what the processes share, while it answers.

A Redis that is away, hangs, is full or read-only must cost requests nothing: the first call that
fails opens the circuit, and until Redis takes a write again all calls fail at once. One thread
tries that, no request does. Callers then do what they do without Redis. The log has one line when
it fails and one when it is back.
"""

import threading
from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger("aidapi.shared")
SECONDS = 0.25
"""Maximum time to connect, and of one answer."""
PAUSE = 2.0
"""Seconds between two attempts to reach a Redis that failed."""
PREFIX = "aidapi:"


class Unavailable(Exception):
    """Redis does not answer, or not now."""


class Shared:
    """One Redis server, used by all threads of this process."""

    def __init__(self, url: str) -> None:
        self.redis: Any = redis.Redis.from_url(
            url,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            # Once more over a new connection, for Redis may have closed the old one; not after a
            # timeout.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self.lock = threading.Lock()
        self.failed = False

    def run(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Execute commands, several as one transaction; return their results, or raise
        Unavailable."""
        if self.failed:
            raise Unavailable
        try:
            if len(commands) == 1:
                return [self.redis.execute_command(*commands[0])]
            pipeline = self.redis.pipeline()
            for command in commands:
                pipeline.execute_command(*command)
            return pipeline.execute()
        except (redis.RedisError, OSError) as error:
            self.fail(error)
            raise Unavailable from None

    def fail(self, error: Exception) -> None:
        with self.lock:
            if self.failed:
                return
            self.failed = True
        log.warning(
            "Redis is not available: this process counts requests and caches responses alone.",
            error=f"{type(error).__name__}: {error}",
        )
        threading.Thread(target=self.wait, name="redis", daemon=True).start()

    def wait(self) -> None:
        """Return when Redis has taken a write."""
        pause = threading.Event()
        while not pause.wait(PAUSE):
            try:
                self.redis.set(f"{PREFIX}probe", b"1", ex=60)
            except (redis.RedisError, OSError):
                continue
            self.failed = False
            log.warning("Redis is available again.")
            return


@lru_cache(4)
def at(url: str) -> Shared:
    return Shared(url)


def shared() -> Shared | None:
    """Return the Redis of CACHE_URL; None if there is none."""
    return at(settings.CACHE_URL) if settings.CACHE_URL else None
