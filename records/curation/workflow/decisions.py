"""A review of several records: what the reviewer decides about each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import SuspiciousOperation

from records.models import Record

APPROVE, RETURN, LEAVE = "approve", "return", "leave"
MAX_COMMENT = 2000
MISSING = "Write what is to be changed, or leave it in review."
TOO_LONG = f"The comment has more than {MAX_COMMENT} characters."


@dataclass(frozen=True)
class Decision:
    """What is decided about a record; for one that is returned, what is to be changed."""

    record: Record
    choice: str = APPROVE
    comment: str = ""

    @property
    def problem(self) -> str:
        """Return what is wrong with it; empty if nothing is."""
        if self.choice != RETURN:
            return ""
        if len(self.comment) > MAX_COMMENT:
            return TOO_LONG
        return "" if self.comment.strip() else MISSING


def decisions(records: Sequence[Record], sent: Mapping[str, Any]) -> list[Decision]:
    """Return the decision about each record as the page sent it; those without one are to be
    approved."""
    found = []
    for record in records:
        choice = sent.get(f"decision-{record.pk}") or APPROVE
        if choice not in (APPROVE, RETURN, LEAVE):
            raise SuspiciousOperation("There is no such decision.")
        found.append(Decision(record, choice, sent.get(f"comment-{record.pk}") or ""))
    return found
