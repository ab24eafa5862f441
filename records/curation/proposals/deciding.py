"""Proposing parties, items and merges of two, and deciding about them: a revision is written only
when a second person accepts."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from records.curation.proposals.models import Proposal, ProposalStatus, ProposedAct
from records.models import Item, Party, Record, Revision, VocabularyEntry
from records.publishing import (
    VocabularyEdit,
    edit_vocabulary,
    merge_entries,
    vocabulary_content,
)
from records.publishing.vocabulary_edits import edited, entries_of, write_entry

VOCABULARIES: dict[str, type[VocabularyEntry]] = {Party.KIND: Party, Item.KIND: Item}


def entry_of(proposal: Proposal) -> Any:
    """Return the party or item that is proposed, or is to go; None if it is there no more."""
    return VOCABULARIES[proposal.kind].with_proposed.filter(code=proposal.code).first()


def refusal(model: type[VocabularyEntry], code: str) -> str:
    """Return why a code cannot be proposed; empty if it can. One that was declined can, also if
    drafts name it still."""
    entry = model.with_proposed.filter(code=code).first()
    if entry is None:
        return ""
    if not entry.is_proposed:
        return f"{code} is there already: {entry.name}."
    is_open = Proposal.objects.additions(model.KIND).filter(code=code).exists()
    return f"{code} is proposed already: {entry.name}." if is_open else ""


def propose_entry(
    model: type[VocabularyEntry], code: str, content: dict[str, Any], *, by: Any, reason: str
) -> Proposal:
    """Write a party or item that drafts may name, and readers do not know before it is
    accepted."""
    with transaction.atomic():
        if problem := refusal(model, code):
            raise ValidationError({"code": problem})
        edit = VocabularyEdit(model, code, content, reason)
        entry = edited(edit, entries_of([edit]))
        entry.version = 0
        write_entry(entry, edit)
        return Proposal.objects.create(
            act=ProposedAct.ADD, kind=model.KIND, code=code, reason=reason, proposed_by=by
        )


def refuse_merge(entry: VocabularyEntry, into: str) -> None:
    """Raise the error of a merge that cannot be proposed, if it is one."""
    replaced = copy(entry)
    replaced.replaced_by_id = into
    if problem := replaced.replacement_problem():
        raise ValidationError({"into": problem})


def propose_merge(entry: VocabularyEntry, into: str, *, by: Any, reason: str) -> Proposal:
    """Propose that one code replaces another, in all records."""
    refuse_merge(entry, into)
    try:
        with transaction.atomic():
            return Proposal.objects.create(
                act=ProposedAct.MERGE,
                kind=entry.KIND,
                code=entry.code,
                into=into,
                reason=reason,
                proposed_by=by,
            )
    except IntegrityError as error:
        raise ValidationError({"into": f"A merge of {entry.code} is proposed already."}) from error


def last_proposals(records: Iterable[Record]) -> list[Proposal]:
    """Return the last proposal of each party or item that the records name and readers do not
    know."""
    found = Proposal.objects.filter(act=ProposedAct.ADD).exclude(status=ProposalStatus.ACCEPTED)
    last = {(row.kind, row.code): row for row in found.select_related("proposed_by", "decided_by")}
    if not last:
        # As mostly: then the rows of the records need not be read.
        return []
    codes = {code for record in records for code in record.named_codes()}
    unknown = {
        (kind, code)
        for kind, model in VOCABULARIES.items()
        for code in model.with_proposed.filter(version=0, code__in=codes).values_list(
            "code", flat=True
        )
    }
    return [row for name, row in last.items() if name in unknown]


def is_done(proposal: Proposal) -> bool:
    """Return whether the vocabulary has what is proposed already, as from a dataset file."""
    entry = entry_of(proposal)
    if entry is None:
        return False
    if proposal.act == ProposedAct.MERGE:
        return bool(entry.replaced_by_id == proposal.into)
    return not entry.is_proposed


def remove_done() -> int:
    """Remove the open proposals of what the vocabulary has: nobody is to decide about them. Return
    their number."""
    with transaction.atomic():
        done = [row.pk for row in Proposal.objects.open().select_for_update() if is_done(row)]
        Proposal.objects.filter(pk__in=done).delete()
    return len(done)


def note_accepted(proposals: Sequence[Proposal], *, by: Any) -> list[VocabularyEdit]:
    """Note who accepts, and return the edits that publish them, items below one another in their
    order. Call it in the transaction of the revision."""
    edits = []
    for proposal in sorted(proposals, key=lambda one: one.pk):
        row = Proposal.objects.select_for_update().get(pk=proposal.pk)
        entry = entry_of(row)
        if not row.is_open or entry is None or is_done(row):
            raise ValidationError(f"{row} was decided meanwhile: look at it again.")
        if row.proposed_by_id == by.pk:
            raise ValidationError(f"You proposed {row}, so somebody else must accept it.")
        row.decide(ProposalStatus.ACCEPTED, by=by)
        edits.append(VocabularyEdit(type(entry), row.code, vocabulary_content(entry), row.reason))
    return edits


def accept(proposal: Proposal, *, by: Any) -> Revision:
    """Publish what is proposed as a revision; of a merge, all records with the code that stays."""
    with transaction.atomic():
        (edit,) = note_accepted([proposal], by=by)
        if proposal.act == ProposedAct.MERGE:
            return merge_entries(
                edit.model, proposal.code, proposal.into, by=by, reason=proposal.reason
            )
        return edit_vocabulary([edit], message=proposal.reason, by=by)


def decline(proposal: Proposal, *, by: Any, why: str) -> None:
    """Decline what is proposed. A new party or item goes, unless drafts name it: they keep it
    until they name another, and cannot be published before."""
    if not why.strip():
        raise ValidationError({"why": "Say why it is declined."})
    with transaction.atomic():
        row = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if not row.is_open:
            raise ValidationError(f"{row} was decided meanwhile.")
        row.decide(ProposalStatus.DECLINED, by=by, why=why)
        entry = entry_of(row)
        if entry is not None and entry.is_proposed:
            try:
                with transaction.atomic():
                    entry.delete()
            except ProtectedError:
                pass
