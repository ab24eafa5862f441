"""Duplicates: finding pairs of records that may be of one event, and deciding about them.

A pair that was found "not a duplicate" is never proposed again, whatever becomes of its records:
people judged the events, not the wording. A pair that was found the "same event" is proposed again
only if the link that said so is gone, since its draft was discarded, say. Pairs that nobody has
decided about come and go with the content of their records.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from records.curation.duplicates.likeness import (
    NO_EVIDENCE,
    SLACK,
    TOLD_ONCE,
    Account,
    Claim,
    Likeness,
    Text,
    address,
    agrees,
    compare,
    compare_texts,
    days,
    pairs,
    pairs_of_texts,
    reach,
)
from records.curation.duplicates.models import (
    DuplicatePair,
    DuplicateSearch,
    DuplicateStatus,
)
from records.curation.teamwork.models import forget_versions
from records.models import (
    CURRENT,
    KINDS,
    OPEN,
    Contributor,
    CountableReason,
    DatedRecord,
    LinkType,
    Record,
    Statement,
    item_lineages,
)
from records.models.parties import PartyType
from records.publishing.drafts import begin_correction, copy_child, discard, note_edit
from records.query.filters import not_after, not_before

MOST = 500
"""Records near a saved one that are compared with it; the command compares all."""
AT_ONCE = 500
"""Rows written by one statement."""
MOST_AT_ONCE = 200
"""Records that came together and are compared at once, each with those near it."""
STATES = [PartyType.COUNTRY, PartyType.GOVERNMENT]
"""Types of parties that stand for a country."""

Pairs = dict[tuple[str, str], Likeness]
"""Ids of two candidates, the lesser first → why they are."""


@dataclass
class Found:
    """Numbers of pairs that a search added, put back into the queue, and took out of it."""

    new: int = 0
    reopened: int = 0
    gone: int = 0


# Finding


def find(kind: str) -> Found:
    """Compare all published and open records of a kind; keep the pairs up to date."""
    at = timezone.now()
    known = {row.ids: row for row in DuplicatePair.objects.filter(kind=kind)}
    found = candidates(kind, KINDS[kind].objects.filter(state__in=CURRENT))
    outcome = _write(kind, known, found)
    with transaction.atomic():
        DuplicateSearch.objects.filter(kind=kind, at__lte=at).delete()
        _note_searched(kind, "", at)
    return outcome


def _note_searched(kind: str, public_id: str, at: datetime) -> None:
    DuplicateSearch.objects.update_or_create(kind=kind, public_id=public_id, defaults={"at": at})


def not_searched(kinds: Sequence[str]) -> int:
    """Return how many records nobody has looked for duplicates of: neither when they were saved,
    nor among all of their kind since they were made; two queries."""
    done = DuplicateSearch.objects.filter(kind__in=kinds)
    whole = dict(done.filter(public_id="").values_list("kind", "at"))
    parts = []
    for kind in kinds:
        rows = KINDS[kind].objects.filter(state__in=CURRENT).order_by()
        if kind in whole:
            rows = rows.filter(created_at__gt=whole[kind])
        searched = DuplicateSearch.objects.filter(kind=kind, public_id=OuterRef("public_id"))
        parts.append(rows.filter(~Exists(searched)).values("pk"))
    first, *others = parts
    return first.union(*others, all=True).count() if others else first.count()


def find_for(records: Sequence[Record]) -> int:
    """Look for duplicates of records that came together, as of an import; return how many open
    pairs they are in. Beyond MOST_AT_ONCE nothing is done: the command compares all."""
    if len(records) > MOST_AT_ONCE:
        return 0
    return len({pair.pk for record in records for pair in find_near(record)})


def forget(kind: str, ids: Iterable[str]) -> None:
    """Remove the pairs that nobody has decided about, of records of which no version is left to
    compare: their drafts were deleted."""
    wanted = set(ids)
    left = KINDS[kind].objects.filter(public_id__in=wanted, state__in=CURRENT)
    gone = wanted - set(left.values_list("public_id", flat=True))
    pairs = DuplicatePair.objects.open().filter(Q(first__in=gone) | Q(second__in=gone), why="")
    pairs.delete()
    DuplicateSearch.objects.filter(kind=kind, public_id__in=gone).delete()


def candidates(kind: str, rows: QuerySet) -> Pairs:
    """Compare versions of records of a kind with each other; write nothing."""
    model = KINDS[kind]
    found: Pairs = {}
    if issubclass(model, DatedRecord):
        for one, other in pairs(accounts(model, rows)):
            _keep(found, one, other, compare(one, other))
    else:
        for text, another in pairs_of_texts(texts(rows)):
            _keep(found, text, another, compare_texts(text, another))
    return found


def find_near(record: Record) -> list[DuplicatePair]:
    """Return the open pairs of one record, found again after a save; the number of queries does
    not grow with the dataset."""
    at = timezone.now()
    known = {row.ids: row for row in DuplicatePair.objects.of(record.public_id)}
    model = type(record)
    found: Pairs = {}
    if issubclass(model, DatedRecord):
        near = accounts(model, _near(record))
        for one in [account for account in near if account.id == record.public_id]:
            for other in near:
                _keep(found, one, other, compare(one, other))
    else:
        read = texts(_near_texts(record))
        for text in [text for text in read if text.id == record.public_id]:
            for another in read:
                _keep(found, text, another, compare_texts(text, another))
    _write(record.KIND, known, found)
    _note_searched(record.KIND, record.public_id, at)
    return list(DuplicatePair.objects.open().of(record.public_id))


def _keep(
    found: Pairs, one: Account | Text, other: Account | Text, likeness: Likeness | None
) -> None:
    """A pair under its ids; of several versions those that are most alike."""
    if likeness is None:
        return
    key = (one.id, other.id) if one.id < other.id else (other.id, one.id)
    best = found.get(key)
    if best is None or (best.score, best.reasons) < (likeness.score, likeness.reasons):
        found[key] = likeness


def _write(kind: str, known: dict[tuple[str, str], DuplicatePair], found: Pairs) -> Found:
    """Bring the pairs to what was found. `known` was read before the records were, so that
    nothing is removed that another search added meanwhile."""
    outcome = Found()
    changed, gone = [], []
    for ids, row in known.items():
        likeness = found.get(ids)
        if likeness is None:
            if row.is_open and not row.why:
                gone.append(row.pk)
        elif row.status != DuplicateStatus.NOT_A_DUPLICATE and (
            (row.is_open, row.score, row.reasons) != (True, likeness.score, likeness.reasons)
        ):
            outcome.reopened += not row.is_open
            row.status = DuplicateStatus.OPEN
            row.score, row.reasons = likeness.score, likeness.reasons
            changed.append(row)
    new = [
        DuplicatePair(
            kind=kind,
            first=first,
            second=second,
            score=likeness.score,
            reasons=likeness.reasons,
        )
        for (first, second), likeness in found.items()
        if (first, second) not in known
    ]
    outcome.new = len(new)
    with transaction.atomic():
        # Only while nobody has decided: they may, while this searches.
        for start in range(0, len(gone), AT_ONCE):
            undecided = DuplicatePair.objects.open().filter(pk__in=gone[start : start + AT_ONCE])
            outcome.gone += undecided.delete()[0]
        fields = ["status", "score", "reasons"]
        DuplicatePair.objects.bulk_update(changed, fields, batch_size=AT_ONCE)
        # Another search may have added the same pair just now.
        DuplicatePair.objects.bulk_create(new, batch_size=AT_ONCE, ignore_conflicts=True)
    return outcome


# Reading what the rule compares


def accounts(model: type[DatedRecord], rows: QuerySet) -> list[Account]:
    """Versions as the rule reads them; five queries. What any of a record's versions links to
    holds for all of them: a draft may say already how the published one relates."""
    columns = (
        "pk",
        "public_id",
        "as_of",
        "as_of_precision",
        "period_start",
        "period_end",
        "series",
    )
    read = list(rows.order_by().values_list(*columns))
    within = Q(record__in=rows.order_by().values("pk"))
    ids = {pk: public_id for pk, public_id, *_ in read}
    giver, receiver = model.MAIN_ROLES
    parties: dict[tuple[int, str], set[str]] = defaultdict(set)
    for pk, role, party, kind, country in (
        model.child("parties")
        .objects.filter(within, role__in=model.MAIN_ROLES)
        .order_by()
        .values_list("record_id", "role", "party_id", "party__type", "party__country")
    ):
        parties[pk, role].add(country if kind == PartyType.GOVERNMENT and country else party)
    linked: dict[str, set[str]] = defaultdict(set)
    events: dict[str, set[str]] = defaultdict(set)
    for pk, link_type, target in (
        model.child("links")
        .objects.filter(within)
        .order_by()
        .values_list("record_id", "type", "target")
    ):
        linked[ids[pk]].add(target)
        if link_type == LinkType.SAME_EVENT_AS:
            events[ids[pk]].add(target)
    claims = _claims(model, within)
    found = []
    for pk, public_id, as_of, precision, start, end, series in read:
        first, last = days(as_of, precision, start, end)
        found.append(
            Account(
                id=public_id,
                givers=frozenset(parties[pk, giver]),
                receivers=frozenset(parties[pk, receiver]),
                first=first,
                last=last,
                series=series,
                linked=frozenset(linked[public_id]),
                events=frozenset({public_id, *events[public_id]}),
                claims=tuple(claims[pk]),
            )
        )
    return found


def _claims(model: type[DatedRecord], within: Q) -> dict[int, list[Claim]]:
    """Record → its figures that are evidence."""
    lines = {code: tuple(line) for code, line in item_lineages().items()}
    columns = ("measure", "item_id", "unit", "currency", "party_type", "party_role")
    figures = (
        model.child("figures")
        .objects.filter(within, basis__in=TOLD_ONCE)
        .exclude(countable_reason__in=NO_EVIDENCE)
        .exclude(rank="deprecated")
        .order_by("record_id", "position", "pk")
        .values_list("record_id", *columns, "operator", "value", "lower", "upper")
    )
    claims: dict[int, list[Claim]] = defaultdict(list)
    for pk, measure, item, unit, currency, party_type, party_role, *number in figures:
        low, high = reach(*number)
        claim = Claim(
            measure, lines.get(item, ()), unit or currency, (party_type, party_role), low, high
        )
        claims[pk].append(claim)
    return claims


def _near(record: Any) -> QuerySet:
    """The record's versions, and others that share a party and whose `as_of` is near. Dates drive:
    an index knows them, while one giver may have half of all records. A period that reaches here
    from an `as_of` far away is left to the command."""
    model = type(record)
    first, last = days(
        record.as_of, record.as_of_precision, record.period_start, record.period_end
    )
    first, last = first - SLACK, last + SLACK
    near = not_before("as_of_key", first) & not_after("as_of_key", last)
    others = model.objects.exclude(public_id=record.public_id).filter(_sharing(record))
    # As the index of the default order has it; by `state` a database would read half of them.
    published = others.filter(near, published_in__isnull=False, retired_in__isnull=True)
    opened = others.filter(near, state__in=OPEN)
    return _with_versions(record, published, opened)


def _with_versions(record: Record, *others: QuerySet) -> QuerySet:
    """The current versions of the record, and of the others the latest."""
    model = type(record)
    versions = model.objects.filter(public_id=record.public_id, state__in=CURRENT)
    keys = list(versions.values_list("pk", flat=True))
    for rows in others:
        keys += rows.order_by(f"-{model.DATE}", "-pk").values_list("pk", flat=True)[:MOST]
    return model.objects.filter(pk__in=keys)


def _sharing(record: Any) -> Q:
    """Records that share a party in a main role, and in the other, or leave the other open."""
    model = type(record)
    parties = model.child("parties").objects.filter(record=OuterRef("pk"))
    own = list(record.parties.values_list("role", "party_id", "party__type", "party__country"))
    shared: Any = Q(pk__in=[])
    fits: Any = Q()
    for role in model.MAIN_ROLES:
        rows = [row[1:] for row in own if row[0] == role]
        if rows:
            named = Q(party__in=[party for party, _, _ in rows])
            states = [state for _, kind, state in rows if kind in STATES and state]
            named |= Q(party__type__in=STATES, party__country__in=states)
            here = Exists(parties.filter(named, role=role))
            shared |= Q(here)
            fits &= Q(here) | ~Exists(parties.filter(role=role))
    return shared & fits


def texts(rows: QuerySet) -> list[Text]:
    """Statements as the rule reads them; two queries."""
    columns = (
        "pk", "public_id", "publisher_key", "published_on_key", "title_key", "url", "text_sha256",
    )  # fmt: skip
    read = list(rows.order_by().values_list(*columns))
    ids = {pk: public_id for pk, public_id, *_ in read}
    linked: dict[str, set[str]] = defaultdict(set)
    links = Statement.child("links").objects.filter(record__in=rows.order_by().values("pk"))
    for pk, target in links.order_by().values_list("record_id", "target"):
        linked[ids[pk]].add(target)
    return [
        Text(
            id=public_id,
            publisher=publisher,
            day=day,
            title=title,
            address=address(url),
            digest=digest,
            linked=frozenset(linked[public_id]),
        )
        for pk, public_id, publisher, day, title, url, digest in read
    ]


def _near_texts(record: Any) -> QuerySet:
    """The statement's versions, and others with its publisher and day, its text, or an address
    that may lead to its page."""
    near = Q(publisher_key=record.publisher_key, published_on_key=record.published_on_key)
    near |= _with_parts(record.url)
    if record.text_sha256:
        near |= Q(text_sha256=record.text_sha256)
    others = Statement.objects.exclude(public_id=record.public_id)
    return _with_versions(record, others.filter(near, state__in=CURRENT))


def _with_parts(url: str) -> Q:
    """Statements whose address has the path and the domain of another, however both are encoded:
    what is beside them may be an archive or a mobile host, which the rule knows."""
    host, _, path = address(url).partition("?")[0].partition("/")
    domain = ".".join(host.split(".")[-2:])
    domains = {domain}
    with suppress(UnicodeError):
        domains.add(domain.encode("idna").decode())
    near = Q()
    for spellings in (domains, {path, quote(path)}):
        one = Q()
        for spelling in spellings:
            one |= Q(url__icontains=spelling)
        near &= one
    return near


def current(kind: str, public_id: str) -> Any:
    """The version of a record that people work on: the open one, else the published one; nothing
    if it was withdrawn or discarded."""
    versions = KINDS[kind].objects.filter(public_id=public_id, state__in=CURRENT)
    return versions.order_by("-version").first()


# Deciding


def not_a_duplicate(candidate: DuplicatePair, *, by: Any, why: str) -> None:
    """Two events: remembered, and not proposed again."""
    with transaction.atomic():
        _undecided(candidate, why).decide(DuplicateStatus.NOT_A_DUPLICATE, by=by, why=why)


def same_event(
    candidate: DuplicatePair,
    *,
    keep: str,
    by: Any,
    why: str,
    figures: Collection[int] | None = None,
) -> Record:
    """One event: the record `keep` goes on counting, the other links to it, and those of its
    `figures` that are reported twice no longer count, by their numbers from 1; all without them.
    That is a draft of the other, its open one or a new correction, which somebody else approves
    like any."""
    if keep not in candidate.ids:
        raise ValidationError({"keep": "Choose which of the two goes on counting."})
    with transaction.atomic():
        candidate = _undecided(candidate, why)
        kept = current(candidate.kind, keep)
        other = current(candidate.kind, candidate.other(keep))
        if kept is None or other is None:
            raise ValidationError("One of the two is there no more, so nothing counts twice.")
        if _is_linked(candidate):
            raise ValidationError("They are linked already: continue the draft that says so.")
        if other.is_open:
            note_edit(other, by=by)
        else:
            other = begin_correction(other, by=by, reason=why)
        other.links.create(type=LinkType.SAME_EVENT_AS, target=keep)
        if isinstance(other, DatedRecord):
            rows = other.figures.select_related("statement", "item")
            rows_in_order = sorted(rows, key=lambda row: (row.position, row.pk))
            for number, figure in enumerate(rows_in_order, start=1):
                if not figure.countable or (figures is not None and number not in figures):
                    continue
                figure.countable = False
                figure.countable_reason = CountableReason.DUPLICATE_REPORT
                figure.save()
        candidate.decide(DuplicateStatus.SAME_EVENT, by=by, why=why)
    return other


def agreeing_figures(one: DatedRecord, other: DatedRecord) -> set[tuple[str, int]]:
    """Return (id, number) of each figure of the two that agrees with one of the other."""
    lines = item_lineages()
    claims = {
        record.public_id: [
            (number, _claim(figure, lines))
            for number, figure in enumerate(record.ordered_figures(), start=1)
        ]
        for record in (one, other)
    }
    return {
        (record.public_id, number)
        for record, twin in ((one, other), (other, one))
        for number, claim in claims[record.public_id]
        if any(agrees(claim, theirs) for _, theirs in claims[twin.public_id])
    }


def _claim(figure: Any, lines: dict[str, list[str]]) -> Claim:
    low, high = reach(figure.operator, figure.value, figure.lower, figure.upper)
    return Claim(
        figure.measure,
        tuple(lines.get(figure.item_id, ())),
        figure.unit or figure.currency,
        (figure.party_type, figure.party_role),
        low,
        high,
    )


def newcomer(one: Record, other: Record) -> Record | None:
    """Return which of the two is a draft that never was public, the later one of two; None if
    neither is."""
    drafts = [row for row in (one, other) if row.is_open and row.version == 1]
    return max(drafts, key=lambda row: (row.created_at, row.public_id)) if drafts else None


def add_figures(candidate: DuplicatePair, *, by: Any, why: str) -> Record:
    """One event: what a new draft adds becomes figures of the record that exists, in a draft of
    it; the new draft goes. Its editors are editors of that draft."""
    with transaction.atomic():
        candidate = _undecided(candidate, why)
        rows = [current(candidate.kind, public_id) for public_id in candidate.ids]
        new = newcomer(*rows) if all(rows) else None
        if not isinstance(new, DatedRecord):
            raise ValidationError("Neither is a new draft: choose which goes on counting.")
        target = rows[1] if rows[0].pk == new.pk else rows[0]
        if target.is_open:
            note_edit(target, by=by)
        else:
            target = begin_correction(target, by=by, reason=why)
        known = [(row.rival_key(), row.claim()) for row in target.figures.all()]
        place = max((row.position for row in target.figures.all()), default=-1)
        for figure in new.figures.select_related("statement", "item").order_by("position", "pk"):
            if (figure.rival_key(), figure.claim()) not in known:
                place += 1
                figure.position = place
                copy_child(figure, target)
        editors = Contributor.objects.filter(public_id=new.public_id, version=new.version)
        for contributor in editors.select_related("user"):
            Contributor.edited(target, contributor.user)
        discard(new)
        forget_versions([new])
        candidate.decide(DuplicateStatus.SAME_EVENT, by=by, why=why)
    return target


def look_again(candidate: DuplicatePair) -> None:
    """Put a decided pair back into the queue; who decided and why is kept until somebody decides
    again."""
    row = DuplicatePair.objects.filter(pk=candidate.pk).exclude(status=DuplicateStatus.OPEN)
    if not row.update(status=DuplicateStatus.OPEN):
        raise ValidationError("It is in the queue already.")


def _undecided(candidate: DuplicatePair, why: str) -> DuplicatePair:
    """Return the pair, locked; refused if somebody decided since the page was opened."""
    if not why.strip():
        raise ValidationError(
            {"why": "Say why: the reason is shown if the two are compared again."}
        )
    row = DuplicatePair.objects.select_for_update().filter(pk=candidate.pk).first()
    if row is None:
        raise ValidationError("The two have nothing in common any more: somebody changed one.")
    if not row.is_open:
        raise ValidationError(
            f"{row.decided_by} decided already: {row.get_status_display()}. {row.why}"
        )
    return row


def _is_linked(candidate: DuplicatePair) -> bool:
    """Whether a current version of one leads to the other."""
    links = KINDS[candidate.kind].child("links").objects.filter(record__state__in=CURRENT)
    return links.filter(
        Q(record__public_id=candidate.first, target=candidate.second)
        | Q(record__public_id=candidate.second, target=candidate.first)
    ).exists()
