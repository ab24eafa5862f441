"""Loading: check everything, then replay what the database lacks, all of it or nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from tqdm import tqdm

from records.dataset_files.checking import Dataset
from records.dataset_files.history import Act
from records.dataset_files.reading import DatasetError
from records.models import (
    KINDS,
    Action,
    Item,
    Origin,
    Party,
    PartyType,
    Record,
    RevisionCounter,
    State,
)
from records.models.rows import insert_rows
from records.publishing.memory import few_collections
from records.publishing.publish import Publication, Withdrawal, publish_revision
from records.publishing.vocabulary_edits import VocabularyEdit

PENDING_MESSAGE = "Entries added to the dataset files."
CARRIER = "dataset-file"
"""User name of the approver of versions that a file brings: the files do not say who approved,
and every version that people published has an approver."""
TERMS = {model.KIND: model for model in (Item, Party)}


@dataclass
class Outcome:
    """The result of a load."""

    head: int = 0
    revisions: list[int] = field(default_factory=list)
    entries: int = 0
    """Edits of parties and items."""
    versions: int = 0
    withdrawals: int = 0
    held_back: list[str] = field(default_factory=list)
    """The entries that were not published beside the database's own work, each with why."""


def load(directory: Path, *, message: str = "") -> Outcome:
    """Bring the database to what the files say; refused with every fault before any write."""
    try:
        with few_collections(), transaction.atomic():
            dataset = Dataset(directory)
            # One publisher at a time: what is checked now holds until the end.
            RevisionCounter.objects.select_for_update().get()
            dataset.check()
            if dataset.problems:
                raise DatasetError(dataset.problems.lines())
            return Replay(dataset, message.strip() or PENDING_MESSAGE).run()
    except IntegrityError as error:
        raise DatasetError([f"The database refused: {error}"]) from error


class Replay:
    """Writes the revisions that the database lacks."""

    def __init__(self, dataset: Dataset, pending_message: str) -> None:
        self.dataset = dataset
        self.pending_message = pending_message
        self.outcome = Outcome(head=dataset.history.head, held_back=dataset.held_back)
        # Keys of the rows that figures and withdrawals point at.
        self.keys: dict[tuple[str, int], int] = {
            (public_id, version): pk
            for model in KINDS.values()
            for public_id, version, pk in model.objects.filter(
                published_in__isnull=False
            ).values_list("public_id", "version", "pk")
        }

    def run(self) -> Outcome:
        todo: dict[tuple[int, int], list[Act]] = defaultdict(list)
        for act in self.dataset.todo:
            todo[act.at, act.revision or 0].append(act)
        with tqdm(
            total=sum(map(len, todo.values())), desc="Publishing", unit="entry", disable=None
        ) as bar:
            for place in sorted(todo):
                _, of_files = place
                try:
                    self.publish(of_files, todo[place], bar)
                except ValidationError as error:
                    name = f"revision {of_files}" if of_files else "what has no revision yet"
                    raise DatasetError(
                        [f"{name}: {message}" for message in error.messages]
                    ) from error
        return self.outcome

    def publish(self, of_files: int, acts: list[Act], bar: Any) -> None:
        """Publish acts of a revision of the files, or those that have none yet: with its number
        and time if it is replayed as it is, else as the database's next revision."""
        announced = self.dataset.announced.get(of_files)
        exact = of_files in self.dataset.exact
        only_terms = all(act.kind in TERMS for act in acts)
        if announced:
            origin, message = announced.origin, announced.message
            at = announced.at if exact else None
        else:
            origin = Origin.VOCABULARY if only_terms else Origin.FILE
            at, message = None, self.pending_message
        edits = [act for act in acts if act.action == Action.EDITED]
        withdrawn = [act for act in acts if act.action == Action.WITHDRAWN]
        written = [act for act in acts if act.record and act.action != Action.WITHDRAWN]
        edits.sort(key=self.parents_first)
        # Statements come first among the acts, so that figures find the keys of their rows.
        revision = publish_revision(
            [
                *(VocabularyEdit(TERMS[act.kind], act.public_id, act.content, act.reason)
                  for act in edits),
                *map(Publication, self.write(written)),
                *(Withdrawal(self.published(act), act.reason) for act in withdrawn),
            ],
            message=message,
            origin=origin,
            at=at,
            by=carrier() if origin == Origin.PEOPLE else None,
            progress=bar.update,
        )  # fmt: skip
        if exact and revision.number != of_files:
            raise ValidationError(f"The database numbered it {revision.number}.")
        self.outcome.head = revision.number
        self.outcome.revisions.append(revision.number)
        self.outcome.entries += len(edits)
        self.outcome.versions += len(written)
        self.outcome.withdrawals += len(withdrawn)

    def parents_first(self, act: Act) -> tuple:
        """Items from the roots of the tree down, then countries, then other parties; each after
        what replaces it."""
        rests = self.resting(act.kind, act.public_id, act.at)
        if act.kind == Item.KIND:
            return 0, rests, act.public_id
        return 1, act.content["type"] != PartyType.COUNTRY, rests, act.public_id

    def resting(self, kind: str, code: str, at: int, *passed: str) -> int:
        """Return the length of the longest way by parents and replacements from an entry."""
        content = self.dataset.history.term_at(kind, code, at) or {}
        named = {content.get("parent"), content.get("replaced_by")} - {None, "", code, *passed}
        ways = (self.resting(kind, str(one), at, code, *passed) for one in named)
        return 1 + max(ways, default=0)

    def write(self, acts: Sequence[Act]) -> list[Record]:
        """Write the versions and their children as rows in review, ready to be published."""
        # One statement of SQL for many rows; statements first, for the keys of those citing them.
        for kind in KINDS:
            of_kind = [act for act in acts if act.kind == kind]
            records: list[Any] = [act.record for act in of_kind]
            for record in records:
                record.digest = record.content_digest()
                record.state = State.IN_REVIEW
                record.pk = None
                record.derive_columns()
            insert_rows(records)
            children: dict[type[Any], list[Any]] = defaultdict(list)
            for act, record in zip(of_kind, records, strict=True):
                self.keys[record.public_id, record.version] = record.pk
                for row in chain.from_iterable(act.children.values()):
                    row.pk = None
                    row.record = record
                    if hasattr(row, "statement_id"):
                        pinned = row.statement
                        row.statement_id = self.keys[pinned.public_id, pinned.version]
                    children[type(row)].append(row)
            for rows in children.values():
                insert_rows(rows)
        return [act.record for act in acts if act.record]

    def published(self, act: Act) -> Any:
        model: Any = KINDS[act.kind]
        return model(pk=self.keys[act.public_id, act.version])


def carrier() -> Any:
    """Return the user for approvals that were given elsewhere; nobody can sign in as it."""
    user, _ = get_user_model().objects.get_or_create(
        username=CARRIER, defaults={"is_active": False, "password": make_password(None)}
    )
    return user
