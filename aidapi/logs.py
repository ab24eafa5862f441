"""Logs: readable lines in development, JSON in production, each with the id of its request."""

import logging
from contextvars import ContextVar
from typing import Any

import structlog

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the current request, which its response has as well."""


def with_request(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    if request_id.get():
        event.setdefault("request_id", request_id.get())
    return event


def without_trace(record: logging.LogRecord) -> bool:
    """Keep a line of the log, and drop its trace: of faults that are the client's."""
    record.exc_info = record.exc_text = None
    return True


SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    with_request,
]


def configure(*, json: bool) -> dict[str, Any]:
    """Configure structlog to write through Django's logging, and return its formatter."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json
        # Plain tracebacks, even if rich is installed, whose tracebacks take seconds each.
        else [
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }
