"""Publishing: one transaction that takes the next revision number, retires what is replaced,
seals what is new, renders its documents and writes the feed of changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts import audit
from accounts.models import AuditedAct
from records.documents.render import write_document
from records.index.search import Names, written
from records.index.statistics import (
    StatisticsChange,
    filter_keys,
    keys_of,
    link_keys,
    word_keys,
)
from records.models import (
    DATED,
    KINDS,
    Action,
    Change,
    Contributor,
    ContributorRole,
    DatedRecord,
    DraftSave,
    FigureItem,
    Item,
    Origin,
    Party,
    Record,
    RecordParty,
    Revision,
    RevisionCounter,
    State,
    Statement,
    VocabularyEntry,
)
from records.publishing.review import check
from records.publishing.vocabulary_edits import VocabularyEdit, apply_vocabulary_edit

MAX_LOGGED = 50
"""Most changes of one revision that its audit entry names; its own page has them all."""


@dataclass
class Publication:
    """A version to publish, and why, should words of its figures not be in the texts on file."""

    record: Record
    because: str = ""


@dataclass
class Withdrawal:
    """A published version to take away, leaving a tombstone."""

    record: Record
    reason: str


@dataclass
class _Batch:
    """What a revision gathers while it is written."""

    revision: Revision
    publishing: set[str]
    lineages: dict[str, list[str]] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    statistics: StatisticsChange = field(default_factory=StatisticsChange)
    changes: list[Change] = field(default_factory=list)

    def note(self, kind: str, public_id: str, version: int, action: str, **more: Any) -> None:
        self.changes.append(
            Change(
                revision=self.revision,
                position=len(self.changes) + 1,
                kind=kind,
                public_id=public_id,
                version=version,
                action=action,
                **more,
            )
        )


def approve(records: Sequence[Record], *, by: Any, message: str, because: str = "") -> Revision:
    """Publish versions in review as one new revision, approved by a second person, who says why
    where evidence does not verify."""
    return publish_revision(
        [Publication(record, because) for record in records],
        by=by,
        message=message,
        origin=Origin.PEOPLE,
    )


def withdraw(records: Sequence[Record], *, by: Any, reason: str, message: str = "") -> Revision:
    """Take published records away as one new revision; their ids answer 410 with the reason."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why: readers see it in place of the record."})
    return publish_revision(
        [Withdrawal(record, reason.strip()) for record in records],
        by=by,
        message=message or reason.strip(),
        origin=Origin.PEOPLE,
    )


def publish_revision(
    acts: Sequence[Publication | Withdrawal | VocabularyEdit],
    *,
    message: str,
    origin: Origin,
    by: Any = None,
    at: datetime | None = None,
    progress: Any = None,
) -> Revision:
    """Write one revision: all of it or nothing.

    Acts happen in an order that keeps every reference whole: vocabulary first, then statements,
    then the records that rest on them; withdrawals of records before those of statements.
    `progress` is called after every act.
    """
    if not acts:
        raise ValidationError("There is nothing to publish.")
    if not message.strip():
        raise ValidationError({"message": "Say in a sentence what this revision brings."})
    with transaction.atomic():
        number = RevisionCounter.advance()
        revision = Revision.objects.create(
            number=number,
            published_at=at or timezone.now(),
            message=message.strip(),
            origin=origin,
        )
        edits = [act for act in acts if isinstance(act, VocabularyEdit)]
        publications = [act for act in acts if isinstance(act, Publication)]
        withdrawals = [act for act in acts if isinstance(act, Withdrawal)]
        batch = _Batch(revision, {act.record.public_id for act in publications})
        order = list(KINDS)
        publications.sort(key=lambda act: order.index(act.record.KIND))
        withdrawals.sort(key=lambda act: -order.index(act.record.KIND))
        for edit in edits:
            term = apply_vocabulary_edit(edit)
            batch.note(
                term.KIND,
                term.code,
                term.version,
                Action.EDITED,
                reason=edit.reason,
                content=edit.content,
            )
            if progress:
                progress()
        batch.lineages, batch.names = lineages(), names()
        for publication in publications:
            _publish(publication, batch, by=by, origin=origin)
            if progress:
                progress()
        for withdrawal in withdrawals:
            _withdraw(withdrawal, batch)
            if progress:
                progress()
        Change.objects.bulk_create(batch.changes)
        batch.statistics.write()
        _log(revision, batch.changes, by=by)
    return revision


def _publish(publication: Publication, batch: _Batch, *, by: Any, origin: Origin) -> None:
    model = type(publication.record)
    record = model.objects.select_for_update().get(pk=publication.record.pk)
    if record.state != State.IN_REVIEW:
        raise ValidationError(f"{record.public_id} v{record.version} is not in review.")
    # Digest, checks, index, words and document all go through the same rows.
    prefetch_related_objects([record], *record.ROWS)
    if record.content_digest() != record.digest:
        raise ValidationError(
            f"{record.public_id} v{record.version} was edited since it was submitted: look at it "
            f"again."
        )
    check(record)
    _check_references(record, batch)
    unverified = _check_evidence(record, publication.because, origin)
    if origin == Origin.PEOPLE:
        _note_approver(record, by, publication.because.strip() if unverified else "")
    predecessor = model.objects.filter(public_id=record.public_id, state=State.PUBLISHED).first()
    if predecessor is not None:
        _retire(predecessor, State.SUPERSEDED, batch)
    if isinstance(record, DatedRecord):
        _write_index(record, batch)
    else:
        batch.statistics.publish(record.KIND, link_keys(record.links.all()))
    _write_words(record, batch)
    record.published_in = batch.revision
    record.state = State.PUBLISHED
    record.save()
    DraftSave.of(record).delete()
    write_document(record)
    batch.note(
        record.KIND,
        record.public_id,
        record.version,
        Action.CORRECTED if record.version > 1 else Action.PUBLISHED,
        reason=record.reason,
    )


def _retire(record: Record, state: State, batch: _Batch) -> None:
    """Take a published version out of force."""
    record.state = state
    record.retired_in = batch.revision
    record.save(update_fields=["state", "retired_in"])
    batch.statistics.retire(record.KIND, keys_of(record))


def _check_evidence(record: Record, because: str, origin: Origin) -> bool:
    """Whether words of its figures are not in the texts on file; refused unless the approver
    says why. What the vocabulary republishes was accepted before."""
    problems, unverified = [], []
    for figure in record.ordered_figures() if record.ROLES else ():
        sealed = figure.offset, figure.quote_found
        figure.locate_quote()
        if sealed != (figure.offset, figure.quote_found):
            problems.append(
                f"{record.public_id} v{record.version}: the text of {figure.statement.public_id} "
                f"changed since this was submitted: return it, to be submitted again."
            )
        if figure.quote_found is False:
            unverified.append(figure)
    if unverified and origin != Origin.VOCABULARY and not because.strip():
        problems += [
            f"{record.public_id} v{record.version}: “{figure.quote}” does not occur in the text "
            f"of {figure.statement.public_id}: say why it is published all the same."
            for figure in unverified
        ]
    if problems:
        raise ValidationError(list(dict.fromkeys(problems)))
    return bool(unverified)


def _note_approver(record: Record, by: Any, reason: str) -> None:
    try:
        with transaction.atomic():
            Contributor.objects.create(
                public_id=record.public_id,
                version=record.version,
                user=by,
                role=ContributorRole.APPROVER,
                reason=reason,
            )
    except IntegrityError as error:
        raise ValidationError(
            f"You had a hand in {record.public_id} v{record.version}, so somebody else must "
            f"approve it."
        ) from error


def _unpublished(message: str, public_id: str) -> ValidationError:
    """A refusal that another record's publication, in the same revision or before, would lift."""
    return ValidationError(message, code=f"unpublished:{public_id}")


def _check_references(record: Record, batch: _Batch) -> None:
    """Evidence and links must be published, in this revision or an earlier one."""
    problems = []
    if isinstance(record, DatedRecord):
        for statement in {figure.statement for figure in record.ordered_figures()}:
            if statement.state == State.WITHDRAWN or statement.published_in_id is None:
                problems.append(
                    _unpublished(
                        f"{record.public_id}: statement {statement.public_id} "
                        f"v{statement.version} is {statement.get_state_display()}; publish it "
                        f"first or cite another.",
                        statement.public_id,
                    )
                )
    for link in record.links.all():
        kind = next(kind for kind in KINDS.values() if link.target.startswith(kind.PREFIX + "-"))
        published = kind.objects.filter(public_id=link.target, published_in__isnull=False)
        if link.target not in batch.publishing and not published.exists():
            problems.append(
                _unpublished(
                    f"{record.public_id}: it links to {link.target}, which is not published.",
                    link.target,
                )
            )
    if problems:
        raise ValidationError(problems)


def _write_index(record: DatedRecord, batch: _Batch) -> None:
    """Copy into the child rows what filters and documents read, as it is now."""
    common = {
        "public_id": record.public_id,
        "as_of": record.as_of,
        "published_in": batch.revision.number,
    }
    parties = list(record.parties.all())
    for row in parties:
        row.name = row.party.name
        row.type = row.party.type
        row.country = row.party.country
        row.region = row.party.region
        for column, value in common.items():
            setattr(row, column, value)
    if parties:
        type(parties[0]).objects.bulk_update(
            parties, ["name", "type", "country", "region", *common]
        )
    record.joint = is_joint(record, parties)
    rows = index_rows(record, record.ordered_figures(), batch.lineages, common)
    record.child("figure_items").objects.bulk_create(rows)
    batch.statistics.publish(
        record.KIND,
        filter_keys(record, parties, record.ordered_figures(), record.links.all(), rows),
    )


def _write_words(record: Record, batch: _Batch) -> None:
    """Write down the words by which searches find the version."""
    dated = isinstance(record, DatedRecord)
    parties = record.parties.all() if dated else ()
    figures = record.ordered_figures() if dated else ()
    row = record.child("words")(record=record, **written(record, parties, figures, batch.names))
    row.save(force_insert=True)
    batch.statistics.publish(record.KIND, word_keys(row))


def is_joint(record: DatedRecord, parties: Sequence[RecordParty]) -> bool:
    return any(sum(row.role == role for row in parties) > 1 for role in record.MAIN_ROLES)


def index_rows(
    record: DatedRecord,
    figures: Sequence[Any],
    lineages: dict[str, list[str]],
    common: dict,
) -> list[FigureItem]:
    """One row per figure and item ancestor; the first of a record under an item leads."""
    rows: list[FigureItem] = []
    led: set[str] = set()
    for figure in figures:
        for code in lineages[figure.item_id] if figure.item_id else ():
            rows.append(
                record.child("figure_items")(
                    record=record,
                    figure=figure,
                    item_id=code,
                    lead=code not in led,
                    low=figure.lower if figure.value is None else figure.value,
                    high=figure.upper if figure.value is None else figure.value,
                    unit=figure.unit,
                    currency=figure.currency,
                    **common,
                )
            )
            led.add(code)
    return rows


def lineages() -> dict[str, list[str]]:
    """Item → its code and those of its ancestors, up to the root; one query."""
    parents = dict(Item.objects.values_list("code", "parent_id"))
    found: dict[str, list[str]] = {}
    for code in parents:
        line = [code]
        while (parent := parents[line[-1]]) is not None:
            line.append(parent)
        found[code] = line
    return found


def names() -> Names:
    """What every party and item is called now; two queries."""
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    vocabulary: tuple[type[VocabularyEntry], ...] = (Party, Item)
    for model in vocabulary:
        for code, name, aliases in model.objects.values_list("code", "name", "aliases"):
            found[model.KIND, code] = name, aliases
    return found


def _withdraw(withdrawal: Withdrawal, batch: _Batch) -> None:
    record = type(withdrawal.record).objects.select_for_update().get(pk=withdrawal.record.pk)
    if record.state != State.PUBLISHED:
        raise ValidationError(f"{record.public_id} v{record.version} is not published.")
    if isinstance(record, Statement) and (bearing := statement_bears(record.public_id)):
        raise ValidationError(
            f"{record.public_id} bears figures of {', '.join(bearing[:5])}: correct or "
            f"withdraw them first."
        )
    _retire(record, State.WITHDRAWN, batch)
    batch.note(
        record.KIND,
        record.public_id,
        record.version,
        Action.WITHDRAWN,
        reason=withdrawal.reason,
    )


def statement_bears(public_id: str) -> list[str]:
    """Ids of the published records that have a figure from any version of the statement."""
    bearing: list[str] = []
    for model in DATED.values():
        bearing += (
            model.objects.filter(state=State.PUBLISHED, figures__statement__public_id=public_id)
            .order_by("public_id")
            .values_list("public_id", flat=True)
            .distinct()
        )
    return bearing


def _log(revision: Revision, changes: Sequence[Change], *, by: Any) -> None:
    """Write in the audit log who published, corrected or withdrew what."""
    named = [f"{c.public_id} v{c.version} {c.action}" for c in changes[:MAX_LOGGED]]
    more = [f"and {len(changes) - MAX_LOGGED} more"] if len(changes) > MAX_LOGGED else []
    audit.note(
        AuditedAct.PUBLISHED,
        by=by,
        about=f"revision {revision.number}",
        detail=f"{revision.message}\n{', '.join([*named, *more])} ({revision.origin})",
    )
