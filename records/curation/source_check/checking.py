"""A run over the addresses of all published statements."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from records.curation.source_check.addresses import NotAsked
from records.curation.source_check.archives import find_copy
from records.curation.source_check.asking import Asker, Unreachable
from records.curation.source_check.judging import Judgement, Kept, judge
from records.curation.source_check.models import LONGEST, Outcome, SourceCheck
from records.models import EVIDENCE, State, Statement


@dataclass
class Source:
    """An address, and what the dataset takes from it."""

    address: str
    statements: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    published_on: date = date.max
    """The earliest day of publication of its statements."""
    read_on: date | None = None
    """The latest day on which somebody read it for one of them."""
    wants_copy: bool = False
    """Whether one of its statements has no archived copy."""


def sources(statements: list[str] | None = None) -> dict[str, Source]:
    """Return the addresses of published statements, of all or of those with these ids."""
    rows = Statement.objects.filter(state=State.PUBLISHED)
    if statements:
        rows = rows.filter(public_id__in=statements)
    found: dict[str, Source] = {}
    by_statement: dict[str, list[Source]] = defaultdict(list)
    columns = ("public_id", "url", "archived_url", "published_on", "accessed_on")
    for id, url, copy, published_on, read_on in rows.order_by("public_id").values_list(*columns):
        for address in filter(None, (url, copy)):
            if len(address) > LONGEST:
                continue
            source = found.setdefault(address, Source(address))
            source.statements.append(id)
            source.published_on = min(source.published_on, published_on)
            source.read_on = max(filter(None, (source.read_on, read_on)), default=None)
            source.wants_copy |= address == url and not copy
            by_statement[id].append(source)
    for model, relation in EVIDENCE:
        evidence = model.child(relation).objects.filter(record__state=State.PUBLISHED)
        for id, quote in evidence.values_list("statement__public_id", "quote"):
            for source in by_statement.get(id, ()):
                if quote not in source.quotes:
                    source.quotes.append(quote)
    return found


def due(found: dict[str, Source], most: int, days: int) -> list[Source]:
    """Return the addresses to ask: those not asked for some days, the longest ago first, hosts
    taking turns."""
    asked = dict(SourceCheck.objects.values_list("address", "asked_at"))
    since = timezone.now() - timedelta(days=days)
    never = timezone.now() - timedelta(days=36_500)
    waiting = [one for one in found.values() if asked.get(one.address, never) <= since]
    waiting.sort(key=lambda one: (asked.get(one.address, never), one.address))
    turns: dict[str, int] = defaultdict(int)
    ordered = []
    for source in waiting[:most]:
        host = urlsplit(source.address).netloc
        ordered.append((turns[host], source))
        turns[host] += 1
    return [source for _, source in sorted(ordered, key=lambda pair: pair[0])]


def check(asker: Asker, asked: list[Source], archive: str = "") -> Iterator[SourceCheck]:
    """Ask each address, and yield what was found as soon as it is stored. With the address of an
    archive's service, look for copies of pages that have none."""
    for source in asked:
        row = SourceCheck.objects.filter(address=source.address).first()
        row = row or SourceCheck(address=source.address)
        ask(asker, source, row)
        if archive and source.wants_copy and not row.copy:
            propose(asker, archive, source, row)
        row.save()
        yield row


def ask(asker: Asker, source: Source, row: SourceCheck) -> None:
    """Ask one address, and note what was found."""
    day = f"{row.answered_at:%-d %B %Y}" if row.answered_at else ""
    before = Kept(row.etag, row.last_modified, row.digest, day)
    row.status, row.moved_to = None, ""
    try:
        answer = asker.ask(source.address, before.conditions)
        found = judge(source.address, answer, before, source.quotes)
        row.status, row.moved_to = answer.status, found.moved_to
    except NotAsked as error:
        found = Judgement(Outcome.REFUSED, str(error))
    except Unreachable as error:
        found = Judgement(Outcome.UNREACHABLE, str(error))
    now = timezone.now()
    row.note(found.outcome, found.detail, now)
    if found.kept is not None:
        row.answered_at = now
        row.etag, row.last_modified = found.kept.etag, found.kept.last_modified
        row.digest = found.kept.digest


def propose(asker: Asker, archive: str, source: Source, row: Any) -> None:
    """Note a copy of the page, if the archive has one. If it does not answer, it is asked again
    with the next check."""
    try:
        read_on = source.read_on or timezone.localdate()
        copy = find_copy(asker, archive, source.address, source.published_on, read_on)
    except (NotAsked, Unreachable):
        return
    if copy is not None:
        row.copy, row.copy_made_on = copy.address, copy.made_on
