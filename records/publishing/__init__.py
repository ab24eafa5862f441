"""Publishing: drafts, review, revisions, and the triggers that guard what was published."""

from records.publishing.drafts import (
    begin_correction,
    discard,
    note_edit,
    revert,
)
from records.publishing.publish import (
    Publication,
    Withdrawal,
    approve,
    publish_revision,
    withdraw,
)
from records.publishing.review import return_for_changes, settle_stage, submit
from records.publishing.vocabulary import (
    edit_vocabulary,
    merge_entries,
    published_users,
    republish_users,
)
from records.publishing.vocabulary_edits import VocabularyEdit, vocabulary_content

__all__ = [
    "Publication",
    "VocabularyEdit",
    "Withdrawal",
    "approve",
    "begin_correction",
    "discard",
    "edit_vocabulary",
    "merge_entries",
    "note_edit",
    "publish_revision",
    "published_users",
    "republish_users",
    "return_for_changes",
    "revert",
    "settle_stage",
    "submit",
    "vocabulary_content",
    "withdraw",
]
