"""Publishing: one transaction that takes the next revision number, publishes, retires and edits,
and writes the derived rows and the feed of changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from accounts import audit
from accounts.models import AuditedAct
from aidapi import replicas
from records.index.writer import DerivedRows
from records.models import (
    EVIDENCE,
    KINDS,
    Action,
    Change,
    Contributor,
    ContributorRole,
    DraftSave,
    Origin,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
    VocabularyEntry,
    item_lineages,
)
from records.models.rows import insert_rows
from records.publishing.review import check
from records.publishing.sealing import write_published
from records.publishing.vocabulary_edits import VocabularyEdit, edited, entries_of, write_entry

log = structlog.get_logger("records.publishing")

MAX_LOGGED = 50
"""Maximum changes of one revision that its audit entry names; its own page has them all."""

CHUNK = 250
"""Versions that are locked and read at once."""


@dataclass
class Publication:
    """A version to publish, and why, where its quotes are not in the texts on file or something
    is doubtful."""

    record: Record
    because: str = ""
    entered: bool = False
    """Whether people entered it, whom the rules of what is entered bind."""


@dataclass
class Withdrawal:
    """A published version to withdraw, leaving a tombstone."""

    record: Record
    reason: str


Act = Publication | Withdrawal | VocabularyEdit


def approve(
    records: Sequence[Record],
    *,
    by: Any,
    message: str,
    because: str = "",
    edits: Sequence[VocabularyEdit] = (),
) -> Revision:
    """Publish versions in review as one new revision, approved by a second person, who says why
    where evidence does not verify or something is doubtful; with the parties and items that they
    name first."""
    return publish_revision(
        [*edits, *(Publication(record, because, entered=True) for record in records)],
        by=by,
        message=message,
        origin=Origin.PEOPLE,
    )


def withdraw(records: Sequence[Record], *, by: Any, reason: str) -> Revision:
    """Withdraw published records as one new revision; their ids answer 410 with the reason."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why: readers see it in place of the record."})
    return publish_revision(
        [Withdrawal(record, reason.strip()) for record in records],
        by=by,
        message=reason.strip(),
        origin=Origin.PEOPLE,
    )


def publish_revision(
    acts: Sequence[Act],
    *,
    message: str,
    origin: Origin,
    by: Any = None,
    at: datetime | None = None,
    progress: Callable[[], Any] | None = None,
) -> Revision:
    """Write one revision: all of it or nothing. `progress` is called after every act."""
    if not acts:
        raise ValidationError("There is nothing to publish.")
    if not message.strip():
        raise ValidationError({"message": "Say in a sentence what this revision brings."})
    with transaction.atomic():
        number = RevisionCounter.advance()
        revision = Revision.objects.create(
            number=number,
            published_at=at or now_after(number - 1),
            message=message.strip(),
            origin=origin,
        )
        changes = _Publisher(revision, acts, by, progress).write()
        _log(revision, changes, by=by)
        transaction.on_commit(partial(_tell, number, _unconfirmed()))
    return revision


def _unconfirmed() -> int:
    database: Any = connection
    return database.unconfirmed


def _tell(number: int, unconfirmed: int) -> None:
    """Let readers of replicas know the revision, unless it would be lost with this server."""
    if _unconfirmed() == unconfirmed:
        replicas.shown.note(number)


def now_after(number: int) -> datetime:
    """Return the time, but none before that of the revision, whatever the clock says: revisions
    never go back in time."""
    now = timezone.now()
    before = Revision.objects.filter(number=number).values_list("published_at", flat=True).first()
    if before is None or before <= now:
        return now
    log.warning("The clock is behind the latest revision.", now=now, latest=before)
    return before


class _Publisher:
    """The writer of one revision, inside its transaction."""

    def __init__(
        self,
        revision: Revision,
        acts: Sequence[Act],
        by: Any,
        progress: Callable[[], Any] | None,
    ) -> None:
        self.revision = revision
        self.acts = acts
        self.by = by
        self.progress = progress or (lambda: None)
        self.publishing = {act.record.public_id for act in acts if isinstance(act, Publication)}
        self.changes: list[Change] = []

    def write(self) -> list[Change]:
        """Write the revision, in an order that keeps every reference whole: the vocabulary first,
        then statements, then the records that cite them; withdrawals the other way round."""
        order = list(KINDS)
        edits = [act for act in self.acts if isinstance(act, VocabularyEdit)]
        publications = [act for act in self.acts if isinstance(act, Publication)]
        withdrawals = [act for act in self.acts if isinstance(act, Withdrawal)]
        publications.sort(key=lambda act: order.index(act.record.KIND))
        withdrawals.sort(key=lambda act: -order.index(act.record.KIND))
        self.edit(edits)
        # By the vocabulary as these edits leave it.
        self.lineages, self.derived = item_lineages(), DerivedRows()
        for chunk in chunks(publications):
            in_review = _in_review([publication.record for publication in chunk])
            self.publish(in_review, chunk)
        for withdrawal in withdrawals:
            self.withdraw(withdrawal)
            self.progress()
        insert_rows(self.changes)
        self.derived.write()
        return self.changes

    def edit(self, edits: Sequence[VocabularyEdit]) -> None:
        """Write parties and items. The database checks their constraints; if it refuses one,
        Django's validation says in words which, and why."""
        entry: VocabularyEntry | None = None
        try:
            with transaction.atomic():
                entries = entries_of(edits)
                for edit in edits:
                    entry = edited(edit, entries)
                    write_entry(entry, edit)
                    self.note(
                        entry,
                        entry.code,
                        Action.EDITED,
                        reason=edit.reason,
                        content=edit.content,
                        replaced_by=entry.replaced_by_id or "",
                    )
                    self.progress()
        except IntegrityError:
            if entry is not None:
                entry.validate_constraints()
            raise

    def publish(self, records: Sequence[Record], publications: Sequence[Publication]) -> None:
        """Publish versions of one kind: check them, retire their predecessors, seal them, derive
        from them."""
        known = self.publishing | _published_targets(records, self.publishing)
        reasons = [
            self.check(record, publication, known)
            for record, publication in zip(records, publications, strict=True)
        ]
        if self.revision.origin == Origin.PEOPLE:
            _note_approvers(records, self.by, reasons)
        corrections = [record.public_id for record in records if record.version > 1]
        if corrections:
            predecessors = type(records[0])._default_manager.filter(
                public_id__in=corrections, state=State.PUBLISHED
            )
            self.retire(predecessors, State.SUPERSEDED)
        write_published(records, self.revision, self.lineages, self.derived)
        for record in records:
            if record.edits:
                DraftSave.of(record).delete()
            action = Action.CORRECTED if record.version > 1 else Action.PUBLISHED
            self.note(record, record.public_id, action, reason=record.reason)
            self.progress()

    def check(self, record: Record, publication: Publication, known: set[str]) -> str:
        """Refuse a version that may not be published; return why its approver publishes it all
        the same, if that had to be said."""
        because = publication.because.strip()
        check(record, entered=publication.entered)
        _check_references(record, known)
        needs_reason = _check_evidence(record, because, self.revision.origin)
        if publication.entered:
            needs_reason |= _check_doubts(record, because)
        return because if needs_reason else ""

    def withdraw(self, withdrawal: Withdrawal) -> None:
        model = type(withdrawal.record)
        record = model._default_manager.select_for_update().get(pk=withdrawal.record.pk)
        if record.state != State.PUBLISHED:
            raise ValidationError(f"{record.public_id} v{record.version} is not published.")
        if isinstance(record, Statement) and (citing := cited_by(record.public_id)):
            raise ValidationError(
                f"{record.public_id} bears figures or milestones of {', '.join(citing[:5])}: "
                f"correct or withdraw them first."
            )
        self.retire(model._default_manager.filter(pk=record.pk), State.WITHDRAWN)
        self.note(record, record.public_id, Action.WITHDRAWN, reason=withdrawal.reason)

    def retire(self, versions: QuerySet, state: State) -> None:
        """End the time of published versions."""
        versions.update(state=state, retired_in=self.revision)

    def note(self, row: Any, public_id: str, action: Action, **more: Any) -> None:
        """Add a line to the feed of changes."""
        self.changes.append(
            Change(
                revision=self.revision,
                position=len(self.changes) + 1,
                kind=row.KIND,
                public_id=public_id,
                version=row.version,
                action=action,
                **more,
            )
        )


def chunks(publications: list[Publication]) -> Iterator[list[Publication]]:
    """Yield publications of one kind, so many as are read at once."""
    for _, same in groupby(publications, key=lambda act: type(act.record)):
        of_kind = list(same)
        yield from (of_kind[n : n + CHUNK] for n in range(0, len(of_kind), CHUNK))


def _in_review(records: Sequence[Record]) -> list[Record]:
    """Return versions of one kind locked, with their rows; refuse those that are not as they were
    submitted."""
    rows = type(records[0])._default_manager.select_for_update().order_by("pk")
    by_pk = rows.in_bulk([record.pk for record in records])
    locked = []
    for record in records:
        row = by_pk.get(record.pk)
        if row is None or row.state != State.IN_REVIEW:
            raise ValidationError(f"{record.public_id} v{record.version} is not in review.")
        locked.append(row)
    # Digest, checks, copies and documents are all made of the same rows.
    prefetch_related_objects(locked, *type(records[0]).ROWS)
    for row in locked:
        if row.content_digest() != row.digest:
            raise ValidationError(
                f"{row.public_id} v{row.version} was edited since it was submitted: look at it "
                f"again."
            )
    return locked


def _check_evidence(record: Record, because: str, origin: str) -> bool:
    """Return whether quotes are not in the texts on file; refuse them unless the approver says
    why. What an edit of the vocabulary republishes was accepted before."""
    problems, unverified = [], []
    for row in record.ordered_evidence():
        sealed = row.quote, row.offset, row.quote_found
        row.locate_quote()
        if sealed != (row.quote, row.offset, row.quote_found):
            problems.append(
                f"{record.public_id} v{record.version}: the text of {row.statement.public_id} "
                f"changed since this was submitted: return it, to be submitted again."
            )
        if row.quote_found is False:
            unverified.append(row)
    if unverified and origin != Origin.VOCABULARY and not because:
        problems += [
            f"{record.public_id} v{record.version}: “{row.quote}” does not occur in the text "
            f"of {row.statement.public_id}: say why it is published all the same."
            for row in unverified
        ]
    if problems:
        raise ValidationError(list(dict.fromkeys(problems)))
    return bool(unverified)


def _check_doubts(record: Record, because: str) -> bool:
    """Return whether something is doubtful; refuse it unless the approver says why, too."""
    doubts = record.all_doubts()
    if doubts and not because:
        raise ValidationError(
            [
                f"{record.public_id} v{record.version}: {doubt.text} Say why it is published all "
                f"the same."
                for doubt in doubts
            ]
        )
    return bool(doubts)


def _note_approvers(records: Sequence[Record], by: Any, reasons: Sequence[str]) -> None:
    """Note who approved the versions, each with the reason; refuse a user who edited one."""
    approvers = [
        Contributor(
            public_id=record.public_id,
            version=record.version,
            user=by,
            role=ContributorRole.APPROVER,
            reason=reason,
        )
        for record, reason in zip(records, reasons, strict=True)
    ]
    try:
        with transaction.atomic():
            insert_rows(approvers)
    except IntegrityError as error:
        own = [record for record in records if Contributor.has_edited(record, by)]
        record = own[0] if own else records[0]
        raise ValidationError(
            f"You had a hand in {record.public_id} v{record.version}, so somebody else must "
            f"approve it."
        ) from error


def _unpublished(message: str, public_id: str) -> ValidationError:
    """Return an error that goes once the other record is published, in this revision or before."""
    return ValidationError(message, code=f"unpublished:{public_id}")


def _published_targets(records: Sequence[Record], publishing: set[str]) -> set[str]:
    """Return the targets of links, other than what is being published, that were published in an
    earlier revision."""
    targets = {link.target for record in records for link in record.rows_of("links")} - publishing
    found: set[str] = set()
    for kind in KINDS.values():
        if ids := [target for target in targets if target.startswith(f"{kind.PREFIX}-")]:
            rows = kind.objects.filter(public_id__in=ids, published_in__isnull=False)
            found.update(rows.values_list("public_id", flat=True))
    return found


def _check_references(record: Record, known: set[str]) -> None:
    """Refuse evidence and links to what is not published in this revision or an earlier one:
    `known` has the targets that are."""
    problems = []
    for statement in {row.statement for row in record.ordered_evidence()}:
        if statement.state == State.WITHDRAWN or statement.published_in_id is None:
            problems.append(
                _unpublished(
                    f"{record.public_id}: statement {statement.public_id} v{statement.version} "
                    f"is {statement.get_state_display()}; publish it first or cite another.",
                    statement.public_id,
                )
            )
    for entry in record.named_entries():
        if entry.is_proposed:
            problems.append(
                _unpublished(
                    f"{record.public_id}: {entry} is only proposed: accept it too, or name "
                    f"another.",
                    entry.code,
                )
            )
    for link in record.rows_of("links"):
        if link.target not in known:
            problems.append(
                _unpublished(
                    f"{record.public_id}: it links to {link.target}, which is not published.",
                    link.target,
                )
            )
    if problems:
        raise ValidationError(problems)


def cited_by(public_id: str) -> list[str]:
    """Return the ids of the published records that cite any version of the statement."""
    citing: set[str] = set()
    for model, relation in EVIDENCE:
        resting = model.child(relation).objects.filter(statement__public_id=public_id)
        records = model.objects.filter(state=State.PUBLISHED, pk__in=resting.values("record"))
        citing |= set(records.values_list("public_id", flat=True))
    return sorted(citing)


def _log(revision: Revision, changes: Sequence[Change], *, by: Any) -> None:
    """Write into the audit log who published, corrected or withdrew what."""
    named = [f"{c.public_id} v{c.version} {c.action}" for c in changes[:MAX_LOGGED]]
    more = [f"and {len(changes) - MAX_LOGGED} more"] if len(changes) > MAX_LOGGED else []
    audit.note(
        AuditedAct.PUBLISHED,
        by=by,
        about=f"revision {revision.number}",
        detail=f"{revision.message}\n{', '.join([*named, *more])} ({revision.origin})",
    )
