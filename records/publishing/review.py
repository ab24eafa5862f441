"""Review: submitting a draft, checking it, and returning it to its editors."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import prefetch_related_objects

from records.models import Contributor, Record, StagedRecord, State


def check(record: Record, *, entered: bool = True) -> None:
    """Refuse a version that may not be published, with every reason; `entered` by people, whom
    the rules of what is entered bind.

    The rows are stored, so the database has checked their constraints and foreign keys.
    """
    problems: dict[str, list[str]] = {}

    def note(error: ValidationError, where: str = "") -> None:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, messages in found.items():
            name = ".".join(filter(None, [where, "" if field == "__all__" else field]))
            problems.setdefault(name or "__all__", []).extend(messages)

    rows: list[tuple[str, Any]] = [("", record)]
    if record.ROLES:
        rows += [(f"figure {n}", row) for n, row in enumerate(record.ordered_figures(), start=1)]
    if isinstance(record, StagedRecord):
        rows += [(f"milestone {row.stage}", row) for row in record.ordered_milestones()]
    for where, row in rows:
        try:
            row.clean_fields(exclude=_foreign_keys(row))
            if entered:
                row.clean()
        except ValidationError as error:
            note(error, where)
    for problem in record.problems():
        note(problem)
    if entered:
        try:
            record.clean_rows()
        except ValidationError as error:
            note(error)
    if problems:
        raise ValidationError(problems)


def _foreign_keys(row: Any) -> list[str]:
    """Return the foreign keys that a row has: validating one would look it up once more."""
    return [
        field.name
        for field in row._meta.concrete_fields
        if field.many_to_one and getattr(row, field.attname) is not None
    ]


def submit(record: Record, *, by: Any) -> None:
    """Submit a draft for review; the digest of its content is what a reviewer approves."""
    with transaction.atomic():
        record = _locked(record)
        if record.state != State.DRAFT:
            raise ValidationError("Only a draft is submitted.")
        settle_stage(record)
        check(record)
        if isinstance(record, StagedRecord) and (problem := record.stage_problem()):
            raise problem
        locate_quotes(record)
        Contributor.edited(record, by)
        record.digest = record.content_digest()
        record.state = State.IN_REVIEW
        record.save(update_fields=["digest", "state"])


def settle_stage(record: Record) -> None:
    """Write the stage that the milestones give into an open version."""
    if isinstance(record, StagedRecord) and not record.is_running_total():
        stage = record.derived_stage()
        if record.stage != stage:
            record.stage = stage
            record.save(update_fields=["stage"])


def locate_quotes(record: Record) -> None:
    """Locate the quotes again: the text of a statement that is still a draft may have changed
    since the rows were saved. A quote that is not found is refused on approval, not here."""
    for row in record.ordered_evidence():
        before = row.quote, row.offset, row.quote_found
        row.locate_quote()
        if before != (row.quote, row.offset, row.quote_found):
            row.save(update_fields=["quote", "offset", "quote_found"])


def return_for_changes(record: Record, *, by: Any, comment: str) -> None:
    """Return a version in review to its editors, with what they should change."""
    if not comment.strip():
        raise ValidationError({"comment": "Say what is to be changed."})
    with transaction.atomic():
        record = _locked(record)
        if record.state != State.IN_REVIEW:
            raise ValidationError("Only a version in review is returned.")
        record.state = State.DRAFT
        record.digest = ""
        record.review_comment = f"{by}: {comment.strip()}"
        record.save(update_fields=["state", "digest", "review_comment"])


def _locked(record: Record) -> Record:
    """Return the row as it is now with its rows, locked until the transaction ends."""
    locked = type(record).objects.select_for_update().get(pk=record.pk)
    # Checks, places of quotes and the digest are all made of the same rows.
    prefetch_related_objects([locked], *record.ROWS)
    return locked
