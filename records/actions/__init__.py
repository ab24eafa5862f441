"""Writes that span models: each changes a record's life, and says who did it."""

from records.actions.drafts import begin_correction, discard, note_edit, revert
from records.actions.publishing import (
    Publication,
    Withdrawal,
    approve,
    release,
    withdraw,
)
from records.actions.review import return_for_changes, submit
from records.actions.vocabulary import (
    TermEdit,
    edit_terms,
    republish_users,
    term_content,
)

__all__ = [
    "Publication",
    "TermEdit",
    "Withdrawal",
    "approve",
    "begin_correction",
    "discard",
    "edit_terms",
    "note_edit",
    "release",
    "republish_users",
    "return_for_changes",
    "revert",
    "submit",
    "term_content",
    "withdraw",
]
