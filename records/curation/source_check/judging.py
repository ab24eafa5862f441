"""What a response says about a source: a plain function."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from records.curation.duplicates.likeness import address as bare
from records.curation.source_check.asking import Answer
from records.curation.source_check.models import LONGEST, Outcome
from records.curation.source_check.texts import digest_of, text_of
from records.models.quotes import find_quote

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
CLOSED = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
)


@dataclass(frozen=True)
class Kept:
    """What was kept of the last time the address answered with a page."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    day: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """Return the headers by which the site need not send the page again."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True)
class Judgement:
    """An outcome in words, and what is kept for the next time."""

    outcome: Outcome
    detail: str = ""
    moved_to: str = ""
    kept: Kept | None = None
    """None where no page came."""


def judge(address: str, answer: Answer, before: Kept, quotes: Sequence[str]) -> Judgement:
    """Return what a response means for the statements at an address, whose `quotes` figures rest
    on. A page whose text is another but has all quotes has not changed for us."""
    status = answer.status
    if status in GONE:
        return Judgement(Outcome.DEAD, f"Status {status}: the page is not there any more.")
    if status in CLOSED:
        return Judgement(Outcome.REFUSED, f"Status {status}: the site does not show it.")
    if status != HTTPStatus.NOT_MODIFIED and not 200 <= status < 300:
        return Judgement(Outcome.UNREACHABLE, f"Status {status}.")
    outcome, detail, kept = compared(answer, before, quotes)
    moved_to = answer.moved_to
    if moved_to and bare(moved_to) != bare(address) and len(moved_to) <= LONGEST:
        detail = f"It has moved for good. {detail}".strip()
        if is_home(moved_to) and not is_home(address):
            detail = "It leads to the home page of a site: the page itself is probably gone."
        return Judgement(Outcome.MOVED, detail, moved_to, kept)
    return Judgement(outcome, detail, "", kept)


def compared(answer: Answer, before: Kept, quotes: Sequence[str]) -> tuple[Outcome, str, Kept]:
    """Compare a page with what was kept of it."""
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return Outcome.FOUND, f"As on {before.day}.", before
    text = text_of(answer.body, answer.headers.get("content-type", ""))
    kept = Kept(
        etag=answer.headers.get("etag", "")[:200],
        last_modified=answer.headers.get("last-modified", "")[:60],
        digest=digest_of(answer.body, text) if answer.whole else "",
    )
    there = [quote for quote in quotes if text is not None and find_quote(quote, text)]
    said = f"{len(there)} of {len(quotes)} quotes are in it." if quotes and text else ""
    if not answer.whole:
        return Outcome.FOUND, f"It is too long to be read to its end. {said}".strip(), kept
    if not before.digest:
        return Outcome.FOUND, said, kept
    if before.digest == kept.digest:
        return Outcome.FOUND, f"As on {before.day}. {said}".strip(), kept
    if quotes and len(there) == len(quotes):
        return Outcome.FOUND, f"Its text differs from that of {before.day}. {said}", kept
    return Outcome.CHANGED, f"Its text differs from that of {before.day}. {said}".strip(), kept


def is_home(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query
