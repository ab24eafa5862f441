"""Loading at the start of a server process, beside the first requests."""

import gc
from threading import Thread

import structlog
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

log = structlog.get_logger("aidapi.loading")


def begin() -> Thread | None:
    """Start what the settings name, in a thread of its own; None if loading is off."""
    if not settings.LOAD_AT_START:
        return None
    thread = Thread(target=load, name="loading", daemon=True)
    thread.start()
    return thread


def load() -> None:
    """Run it. An error is logged: readers then wait for what they ask for, and see it too."""
    try:
        import_string(settings.LOADER)()
        # It mostly stays: later searches for cycles pass it over.
        gc.freeze()
    except Exception as error:
        log.warning("Nothing was loaded at the start.", error=str(error))
    finally:
        connections.close_all()
