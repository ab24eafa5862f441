"""The steps of a record's life, as buttons and bulk actions: the name of each, the states in which
it may be taken, the permission and the words that it needs. `records.publishing` does the work
and refuses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from records import publishing
from records.curation.duplicates import finding
from records.curation.proposals.deciding import note_accepted
from records.curation.proposals.models import Proposal
from records.curation.teamwork.models import end_assignments, forget_versions
from records.models import (
    ENDED,
    EVIDENCE,
    OPEN,
    Contributor,
    DatedRecord,
    Record,
    State,
    Statement,
)

RecordKey = tuple[str, Any]
"""Kind and primary key."""


@dataclass(frozen=True)
class StepInput:
    """Input of a step: the user, their words, and the content that their page showed."""

    by: Any
    words: Mapping[str, str]
    content_versions: Mapping[RecordKey, str]
    """Record → the `content_version` that the page showed."""
    proposals: Sequence[Proposal] = ()
    """Proposed parties and items that are accepted along."""

    def shown(self, record: Record) -> str:
        return self.content_versions.get(key_of(record), "")


Run = Callable[[Sequence[Record], StepInput], Sequence[Record] | None]


@dataclass(frozen=True)
class Step:
    """A step of one or many records. `run` takes the records and returns the drafts that it
    opened, if it opens any."""

    name: str
    label: str
    done: str
    """The words of the history and the message, after the record's name."""
    states: Sequence[State]
    permission: str
    run: Run
    explain: str
    needs: str = ""
    """The words that it needs: `reason`, `message` or `comment`; none if empty."""
    help_text: str = ""
    may_need: str = ""
    """Words that it needs in some cases only."""
    may_help_text: str = ""
    at_once: bool = False
    """Taken directly from the record's page, without a page of its own; its words may then be
    written later."""
    page: str = "admin/records/step.html"
    link: str = ""
    """Its name on the record's page, if not the label."""
    opens: bool = False
    """It opens a draft of the next version, of which there is one at a time."""
    bulk: bool = True
    one_revision: bool = False
    """Taken with all of the records or none, since they make one revision."""

    def act(self, records: Sequence[Record], given: StepInput) -> Sequence[Record]:
        """Take the step with records in one of its states; the actions check again, under their
        locks."""
        for record in records:
            if record.state not in self.states:
                fit = " or ".join(state.label for state in self.states)
                raise ValidationError(
                    f"{record.public_id} v{record.version} is {record.get_state_display()}; this "
                    f"is for versions that are {fit}."
                )
        return self.run(records, given) or []

    def form(self, data: Any = None, *, owed: bool = True) -> forms.Form:
        """Return the form of the step's own page, with a field for its words."""
        fields: dict[str, forms.Field] = {}
        if self.needs:
            fields[self.needs] = forms.CharField(
                required=owed,
                max_length=2000,
                help_text=self.help_text,
                widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
                error_messages={"required": f"Write a {self.needs}."},
            )
        if self.may_need:
            fields[self.may_need] = forms.CharField(
                required=False,
                max_length=2000,
                label="Why it is published all the same",
                help_text=self.may_help_text,
                widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            )
        return type("StepForm", (forms.Form,), fields)(data)


@dataclass(frozen=True)
class Outcome:
    """The result of a step: the records it took, the drafts it opened, the blocking errors."""

    taken: list[Record]
    opened: list[Record]
    problems: list[tuple[Record, list[str]]]


def take(step: Step, records: Sequence[Record], given: StepInput) -> Outcome:
    """Take the step: as one act where it is one revision, else record by record."""
    outcome = Outcome([], [], [])
    for batch in [records] if step.one_revision else [[record] for record in records]:
        try:
            with transaction.atomic():
                outcome.opened.extend(step.act(batch, given))
            outcome.taken.extend(batch)
        except ValidationError as error:
            found = _each_problem(step, batch, given) if len(batch) > 1 else []
            outcome.problems.extend(found or [(batch[0], sentences(error))])
    return outcome


def _each_problem(
    step: Step, records: Sequence[Record], given: StepInput
) -> list[tuple[Record, list[str]]]:
    """Return blocking errors per record, found by a dry run in a rolled-back transaction. That
    one of them waits for another is no error, since they go together."""
    together = {f"unpublished:{record.public_id}" for record in records}
    problems = []
    for record in records:
        with transaction.atomic():
            try:
                step.act([record], given)
            except ValidationError as error:
                if not {getattr(each, "code", None) for each in listed(error)} <= together:
                    problems.append((record, sentences(error)))
            transaction.set_rollback(True)
    return problems


def listed(error: ValidationError) -> list[ValidationError]:
    """Return the single errors that it holds."""
    if hasattr(error, "error_dict"):
        return [each for errors in error.error_dict.values() for each in errors]
    return list(error.error_list)


def sentences(error: ValidationError) -> list[str]:
    """Return the error's messages, each with the field it is about."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    ]


def _submit(records: Sequence[Record], given: StepInput) -> None:
    """Submit records, each with the statements that it rests on and the user drafted."""
    for record in records:
        for statement in cited(record, State.DRAFT):
            if Contributor.has_edited(statement, given.by):
                publishing.submit(statement, by=given.by)
        publishing.submit(record, by=given.by)


def _return(records: Sequence[Record], given: StepInput) -> None:
    """Return records, each with new statements on which no other record in review rests."""
    comment = given.words["comment"]
    for record in records:
        publishing.return_for_changes(record, by=given.by, comment=comment)
        for statement in cited(record, State.IN_REVIEW):
            if statement.version == 1 and not rest_on(statement):
                publishing.return_for_changes(statement, by=given.by, comment=comment)


def cited(record: Record, state: State) -> list[Statement]:
    """Return the statements in a state that the figures and milestones of a record rest on."""
    if not isinstance(record, DatedRecord):
        return []
    keys = {row.statement_id for row in record.ordered_evidence()}
    return list(Statement.objects.filter(pk__in=keys, state=state))


def rest_on(statement: Statement) -> bool:
    """Whether a record in review rests on a statement."""
    return any(
        model.child(relation)
        .objects.filter(statement=statement, record__state=State.IN_REVIEW)
        .exists()
        for model, relation in EVIDENCE
    )


def key_of(record: Record) -> RecordKey:
    return record.KIND, record.pk


def content_version(record: Record) -> str:
    """Return what distinguishes this content of an open version from any other that it had or
    will have."""
    return record.digest or f"edit-{record.edits}"


def _unseen(records: Sequence[Any], given: StepInput) -> list[str]:
    """Return an error for each record whose content is not what the page showed."""
    return [
        f"{record.public_id} v{record.version} was edited after you opened it: look at it again."
        for record in records
        for now in type(record).objects.filter(pk=record.pk).only("digest", "edits")
        if content_version(now) != given.shown(record)
    ]


def _approve(records: Sequence[Record], given: StepInput) -> None:
    """Publish what the reviewer saw: each record must have the digest that the page carried, or
    nothing is published."""
    with transaction.atomic():
        publishing.approve(
            records,
            by=given.by,
            message=given.words["message"],
            because=given.words.get("because", ""),
            edits=note_accepted(given.proposals, by=given.by),
        )
        if problems := _unseen(records, given):
            raise ValidationError(problems)
        end_assignments(records)


def _withdraw(records: Sequence[Record], given: StepInput) -> None:
    publishing.withdraw(records, by=given.by, reason=given.words["reason"])


def _correct(records: Sequence[Record], given: StepInput) -> list[Record]:
    return [
        publishing.begin_correction(record, by=given.by, reason=given.words["reason"])
        for record in records
    ]


def _revert(records: Sequence[Record], given: StepInput) -> list[Record]:
    return [
        publishing.revert(record, by=given.by, reason=given.words["reason"]) for record in records
    ]


def _discard(records: Sequence[Record], given: StepInput) -> None:
    if problems := _unseen([record for record in records if given.shown(record)], given):
        raise ValidationError(problems)
    for record in records:
        try:
            publishing.discard(copy(record))  # deletion takes the key off the instance
        except ProtectedError as error:
            rows: Iterable[Any] = error.protected_objects
            resting = sorted({str(row.record) for row in rows})
            raise ValidationError(
                f"Records rest on this draft: {'; '.join(resting[:5])}. Let them cite another "
                f"statement first."
            ) from error
        finding.forget(record.KIND, [record.public_id])
        forget_versions([record])


READERS_SEE_IT = "In a sentence or two. Readers see it beside the change."

STEPS = [
    Step(
        name="submit",
        label="Submit for review",
        done="was submitted for review",
        states=[State.DRAFT],
        permission="change",
        run=_submit,
        explain="Somebody else will look at it and publish it or return it.",
        at_once=True,
    ),
    Step(
        name="approve",
        label="Approve and publish",
        link="Review",
        page="admin/records/review.html",
        done="was approved and published",
        states=[State.IN_REVIEW],
        permission="publish",
        run=_approve,
        explain="It becomes public at once, as one new revision, and never changes from then on. "
        "Nobody approves what they edited.",
        needs="message",
        help_text="What this revision brings, in a sentence. Readers see it in the list of "
        "revisions.",
        may_need="because",
        may_help_text="Why words are published that are not in the text on file, or what is "
        "doubtful. It is kept with your approval, for curators.",
        one_revision=True,
    ),
    Step(
        name="return",
        label="Return for changes",
        done="was returned for changes",
        states=[State.IN_REVIEW],
        permission="publish",
        run=_return,
        explain="It goes back to its editors as a draft.",
        needs="comment",
        help_text="What is to be changed. Its editors see it, readers do not.",
    ),
    Step(
        name="correct",
        label="Correct",
        done="is being corrected",
        states=[State.PUBLISHED],
        permission="change",
        run=_correct,
        explain="It opens a draft of the next version. Readers see the published one until the "
        "draft is approved.",
        needs="reason",
        help_text=f"Why it is corrected. {READERS_SEE_IT}",
        opens=True,
        at_once=True,
    ),
    Step(
        name="revert",
        label="Revert to this version",
        done="was taken up again",
        states=ENDED,
        permission="change",
        run=_revert,
        explain="It opens a draft of the next version with the content of this one.",
        needs="reason",
        help_text=f"Why the record goes back to it. {READERS_SEE_IT}",
        opens=True,
        at_once=True,
        bulk=False,
    ),
    Step(
        name="withdraw",
        label="Withdraw",
        done="was withdrawn",
        states=[State.PUBLISHED],
        permission="publish",
        run=_withdraw,
        explain="Readers find the reason in its place. Earlier revisions keep it.",
        needs="reason",
        help_text="Why it is withdrawn. Readers see it in place of the record.",
        one_revision=True,
    ),
    Step(
        name="discard",
        label="Discard draft",
        done="was discarded",
        states=OPEN,
        permission="delete",
        run=_discard,
        explain="The draft is deleted, with all that was written in it. What is published stays.",
        bulk=False,
    ),
]
"""In the order in which the pages offer them."""


def step_named(name: str) -> Step:
    return next(step for step in STEPS if step.name == name)
