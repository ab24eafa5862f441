"""What people do to threads: begin, reply, resolve, reopen. Entries are added, never changed."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from records.content.numbers import amount_in_words
from records.curation.teamwork.models import MOST_ENTRIES, MOST_OPEN, Comment, Thread
from records.models import CURRENT, DatedRecord, Record

Act = Comment.Act
NO_FIGURE = "This figure was removed meanwhile: choose another, or the version as a whole."
NO_THREAD = "This thread went with a draft that was discarded meanwhile."


def locked(record: Record) -> Record:
    """Return the version as it is now, locked until the transaction ends; refuse one that nobody
    writes about any more."""
    row = type(record)._default_manager.select_for_update().filter(pk=record.pk).first()
    if row is None:
        raise ValidationError(f"{record.public_id} v{record.version} was discarded meanwhile.")
    if row.state not in CURRENT:
        raise ValidationError(
            f"{row.public_id} v{row.version} is {row.get_state_display()}: write on the version "
            f"that follows it."
        )
    return row


def begin(record: Record, *, by: Any, text: str, figure: int | None = None) -> Thread:
    """Begin a thread on a version, or on one of its figures. The same comment sent twice is
    one."""
    with transaction.atomic():
        record = locked(record)
        about = ""
        if figure is not None:
            row = figure_of(record, figure)
            about = amount_in_words(row)[: Thread._meta.get_field("about").max_length]
        own = Thread.objects.open().filter(public_id=record.public_id)
        same = own.filter(version=record.version, figure=figure, comments__text=text)
        if twice := same.filter(comments__user=by).with_last().first():
            return twice
        if own.count() >= MOST_OPEN:
            raise ValidationError(
                f"{MOST_OPEN} threads of {record.public_id} are open: resolve some first."
            )
        thread = Thread.objects.create(
            kind=record.KIND,
            public_id=record.public_id,
            version=record.version,
            figure=figure,
            about=about,
        )
        Comment.objects.create(thread=thread, user=by, text=text)
    return thread


def figure_of(record: Record, key: int) -> Any:
    """Return a figure of a version by its key."""
    rows = record.figures.select_related("item") if isinstance(record, DatedRecord) else None
    row = rows.filter(pk=key).first() if rows is not None else None
    if row is None:
        raise ValidationError(NO_FIGURE)
    return row


def thread_of(record: Record, key: int | None) -> Thread:
    thread = Thread.objects.filter(public_id=record.public_id, pk=key or 0).first()
    if thread is None:
        raise ValidationError(NO_THREAD)
    return thread


def add(record: Record, thread: Thread, *, by: Any, act: str, text: str = "") -> Comment:
    """Add an entry to a thread of the record: a reply, or that it is resolved or open again."""
    with transaction.atomic():
        record = locked(record)
        found = Thread.objects.select_for_update().filter(pk=thread.pk).first()
        if found is None:
            raise ValidationError(NO_THREAD)
        last = found.comments.select_related("user").order_by("pk").last()
        if (last.user_id, last.act, last.text) == (by.pk, act, text):
            return last  # sent twice
        if found.is_open == (act == Act.REOPENED):
            state = "open" if found.is_open else "resolved"
            did = f"Meanwhile {last.user} {last.get_act_display()}. "
            hint = "" if found.is_open else " Reopen it, and your words are added."
            raise ValidationError(
                f"{'' if last.act == Act.SAID else did}The thread is {state}.{hint}"
            )
        if act == Act.SAID and found.comments.count() >= MOST_ENTRIES:
            raise ValidationError(
                f"The thread has {MOST_ENTRIES} entries already: begin another one."
            )
        if act != Act.SAID:
            found.is_open = act == Act.REOPENED
            found.save(update_fields=["is_open"])
        return Comment.objects.create(thread=found, user=by, act=act, text=text)
