"""Archives of the web: asking one for a copy of a page."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from records.curation.source_check.asking import Asker
from records.curation.source_check.models import LONGEST

EARLIEST = timedelta(days=1)
"""How long before its publication a copy may have been made, since a day begins elsewhere."""


@dataclass(frozen=True)
class Copy:
    """A copy in an archive, and the day on which it was made."""

    address: str
    made_on: date


def find_copy(
    asker: Asker, service: str, address: str, published_on: date, read_on: date
) -> Copy | None:
    """Ask a service like that of the Wayback Machine (https://archive.org/wayback/available) for
    the copy nearest to the day of publication. The nearest may be older, as of a page that is
    written anew; then for the one nearest to the day on which it was read. Raises NotAsked or
    Unreachable."""
    for day in dict.fromkeys((published_on, read_on)):
        query = urlencode({"url": address, "timestamp": f"{day:%Y%m%d}"})
        answer = asker.ask_service(f"{service}?{query}")
        if answer.status != 200:
            return None
        if copy := copy_in(answer.body, published_on):
            return copy
    return None


def copy_in(body: bytes, published_on: date) -> Copy | None:
    """Return the copy that a response of the service names, if it is one of a page that was
    there, made when the statement was published or later."""
    try:
        closest = json.loads(body)["archived_snapshots"]["closest"]
        is_there = closest.get("available", True)
        copy, status = str(closest["url"]), str(closest["status"])
        made_on = datetime.strptime(str(closest["timestamp"])[:8], "%Y%m%d").date()
        host = urlsplit(copy).hostname
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    fits = is_there and copy.startswith(("http://", "https://")) and host and len(copy) <= LONGEST
    if not fits or status != "200" or made_on < published_on - EARLIEST:
        return None
    return Copy(copy, made_on)
