"""Nobody publishes alone, nothing is published that was not looked at, and no save is lost: tried
in every way that we know, counted. Each test says how often it tried; none may succeed once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.test import Client

from records import publishing
from records.curation.workflow.steps import STEPS
from records.models import (
    KINDS,
    Change,
    Contributor,
    Donation,
    DraftSave,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from tests.curation.workflow.test_steps import allow, entered, opened, url
from tests.support.factories import DonationFactory, ItemFactory, PartyFactory, StatementFactory
from tests.support.factories import UserFactory as Person

pytestmark = pytest.mark.django_db

TRIES = {
    "self approval, by the action": 200,
    "self approval, by a crafted POST": 60,
    "self approval, by the ORM": 150,
    "edited after submission": 200,
    "edited after the reviewer looked": 40,
    "crafted steps": 200,
    "crafted forms": 30,
    "lost updates, by the action": 200,
    "lost updates, by the form": 42,
}
"""What is tried → how often."""


def test_a_thousand_tries_are_made() -> None:
    assert sum(TRIES.values()) >= 1_000


def successes(name: str, tries: Iterator[Callable[[], bool]]) -> int:
    """How many of the tries succeeded; as many are made as the table says."""
    made = [attempt() for attempt in islice(tries, TRIES[name])]
    assert len(made) == TRIES[name]
    return sum(made)


def refused(act: Callable[[], Any]) -> bool:
    """Whether the act went through, where it must not."""
    try:
        with transaction.atomic():
            act()
    except (ValidationError, IntegrityError):
        return False
    return True


def crowd(n: int) -> list[User]:
    return User.objects.bulk_create(
        [User(username=f"person-{k}", is_staff=True, is_superuser=True) for k in range(n)]
    )


def written_by(people: list[User]) -> Record:
    """A statement in review that all of them had a hand in."""
    record = StatementFactory()
    for person in people:
        Contributor.edited(record, person)
    publishing.submit(record, by=people[0])
    record.refresh_from_db()
    return record


def nothing_published() -> bool:
    return (
        not Revision.objects.exists()
        and RevisionCounter.number() == 0
        and not Change.objects.exists()
    )


class TestSelfApproval:
    @pytest.mark.slow
    def test_by_the_action(self) -> None:
        people = crowd(TRIES["self approval, by the action"])
        record = written_by(people)

        def tries() -> Iterator[Callable[[], bool]]:
            for person in people:
                yield lambda by=person: refused(  # type: ignore[misc]
                    lambda: publishing.approve([record], by=by, message="My own.")
                )

        assert successes("self approval, by the action", tries()) == 0
        assert nothing_published()

    @pytest.mark.slow
    def test_by_a_crafted_post(self) -> None:
        people = crowd(5)
        record = written_by(people)
        clients = [entered(person) for person in people]
        seen = f"{record.pk}:{record.digest}"
        chosen = {"action": "approve", "confirmed": "yes", "_selected_action": [record.pk]}
        also = {"also": f"statement:{record.pk}:{record.digest}"}

        def posted(client: Client, page: str, data: dict[str, Any]) -> bool:
            client.post(page, {"seen": seen, "message": "My own.", **data})
            return not nothing_published()

        def tries() -> Iterator[Callable[[], bool]]:
            for client in cycle(clients):
                for page, data in [
                    (url(record, "approve"), {"because": "I say so."}),
                    (url(Statement, "changelist"), chosen),
                    (url(record, "approve"), also),
                    (url(record, "approve"), {"seen": [seen, seen]}),
                ]:
                    yield lambda c=client, p=page, d=data: posted(c, p, d)  # type: ignore[misc]

        assert successes("self approval, by a crafted POST", tries()) == 0

    def test_by_the_orm(self) -> None:
        people = crowd(5)
        record = written_by(people)
        hands = Contributor.objects.filter(public_id=record.public_id)

        def published() -> None:
            with transaction.atomic():
                revision = Revision.objects.create(
                    number=RevisionCounter.advance(), message="My own."
                )
                Statement.objects.filter(pk=record.pk).update(
                    state=State.PUBLISHED, published_in=revision
                )

        def as_approver(person: User) -> None:
            Contributor.objects.create(
                public_id=record.public_id, version=1, user=person, role="approver"
            )
            published()

        def turned(person: User) -> None:
            hands.filter(user=person).update(role="approver")
            published()

        def forgotten(person: User) -> None:
            hands.filter(user=person).delete()
            as_approver(person)

        def tries() -> Iterator[Callable[[], bool]]:
            for person in cycle(people):
                for act in (as_approver, turned, forgotten, lambda _: published()):
                    yield lambda a=act, p=person: refused(lambda: a(p))  # type: ignore[misc]

        assert successes("self approval, by the ORM", tries()) == 0
        assert nothing_published()


class TestEditedAfterSubmission:
    @pytest.mark.slow
    def test_what_the_digest_does_not_hold_is_not_published(self) -> None:
        record = DonationFactory(figures__statement=StatementFactory())
        (statement,) = record.cited_statements()
        editor, reviewer = Person(username="editor"), Person(username="reviewer")
        for row in (record, statement):
            publishing.submit(row, by=editor)
        item, party = ItemFactory(code="ventilator"), PartyFactory(code="ITA")
        edits: list[Callable[[int], Any]] = [
            lambda n: Donation.objects.filter(pk=record.pk).update(title=f"Edited {n}"),
            lambda n: Donation.objects.filter(pk=record.pk).update(as_of="2020-01-01"),
            lambda n: record.figures.update(value=n, lower=n, upper=n),
            lambda n: record.figures.update(item=item),
            lambda n: record.figures.update(quote=f"{n} masks"),
            lambda n: record.parties.filter(role="donor").update(party=party),
            lambda n: record.parties.filter(role="recipient").delete(),
            lambda n: record.links.create(type="part_of", target=statement.public_id),
            lambda n: Statement.objects.filter(pk=statement.pk).update(summary=f"Edited {n}"),
            lambda n: Statement.objects.filter(pk=statement.pk).update(url="https://example.org"),
        ]

        def attempt(edit: Callable[[int], Any], n: int) -> bool:
            """Undone afterwards, so that every try begins with what was submitted."""
            with transaction.atomic():
                edit(n)
                went = refused(
                    lambda: publishing.approve([record, statement], by=reviewer, message="Unseen.")
                )
                transaction.set_rollback(True)
            return went

        def tries() -> Iterator[Callable[[], bool]]:
            for n, edit in enumerate(cycle(edits)):
                yield lambda e=edit, n=n: attempt(e, n)  # type: ignore[misc]

        assert successes("edited after submission", tries()) == 0
        assert nothing_published()

    @pytest.mark.slow
    def test_what_the_reviewer_did_not_see_is_not_published(self) -> None:
        record = StatementFactory(in_review=True)
        editor, reviewer = (
            Person(username="editor"),
            entered(Person(username="chief", is_superuser=True)),
        )

        def attempt(n: int) -> bool:
            old = Statement.objects.get().digest
            publishing.note_edit(record, by=editor)
            Statement.objects.update(note=f"Edited {n}")
            publishing.submit(Statement.objects.get(), by=editor)
            data = {"seen": f"{record.pk}:{old}", "message": "As I saw it."}
            reviewer.post(url(record, "approve"), data)
            return not nothing_published()

        tries = (lambda n=n: attempt(n) for n in range(10**6))

        assert successes("edited after the reviewer looked", tries) == 0


class TestCrafted:
    @pytest.mark.slow
    def test_steps_without_permission(self) -> None:
        record, draft = StatementFactory(in_review=True), StatementFactory()
        public = StatementFactory()
        publishing.submit(public, by=Person(username="editor"))
        publishing.approve([public], by=Person(username="reviewer"), message="Publishes.")
        before = state_of_all()
        clients = {}
        for step in STEPS:
            person = Person(username=f"without-{step.permission}")
            allow(
                person, {"view", "add", "change", "delete", "publish"} - {step.permission}, KINDS
            )
            clients[step.name] = entered(person)

        def posted(step: Any, row: Record, way: int) -> bool:
            words = dict.fromkeys(["message", "reason", "comment", "because"], "Forced.")
            data: Any = {"seen": f"{row.pk}:{row.digest}", **words}
            page = url(row, step.name)
            if way == 1:
                page = url(Statement, "changelist")
                data |= {"action": step.name, "_selected_action": [row.pk], "confirmed": "yes"}
            elif way == 2:
                page, data = f"{page}?_method=POST&force=1", data | {"_merge": "mine"}
            clients[step.name].post(page, data)
            return state_of_all() != before

        def tries() -> Iterator[Callable[[], bool]]:
            for way in cycle(range(3)):
                for step in STEPS:
                    for row in (record, draft, public):
                        yield lambda s=step, r=row, w=way: posted(s, r, w)  # type: ignore[misc]

        assert successes("crafted steps", tries()) == 0

    @pytest.mark.slow
    def test_forms_with_fields_that_are_not_theirs(self) -> None:
        record = StatementFactory()
        client = entered(Person(username="chief", is_superuser=True))
        forged = {
            "state": "published",
            "version": "9",
            "public_id": "st-00000000",
            "digest": "0" * 64,
            "edits": "99",
            "published_in": "1",
            "retired_in": "1",
            "review_comment": "Approved.",
            "created_at": "2020-01-01",
            "id": "77",
        }
        kept = Statement.objects.values(*forged).get()

        def posted(name: str, n: int) -> bool:
            data = opened(client, record) | {name: forged[name], "note": f"Try {n}"}
            client.post(url(record), data)
            now = Statement.objects.values(*forged).get()
            return now | {"edits": 0} != kept | {"edits": 0} or now["edits"] != n + 1

        def tries() -> Iterator[Callable[[], bool]]:
            for n, name in enumerate(cycle(forged)):
                yield lambda name=name, n=n: posted(name, n)  # type: ignore[misc]

        assert successes("crafted forms", tries()) == 0
        assert nothing_published()


def state_of_all() -> list[Any]:
    rows = Statement.objects.order_by("pk").values_list("pk", "state", "review_comment", "edits")
    return [*rows, RevisionCounter.number()]


@pytest.mark.django_db(transaction=True)
class TestLostUpdates:
    """Saves that were all opened on the same content and meet in the database: one is written."""

    RIVALS = 4

    def race(self, act: Callable[[int], bool]) -> int:
        """How many of them went through."""
        start = threading.Barrier(self.RIVALS, timeout=60)

        def run(n: int) -> bool:
            try:
                start.wait()
                return act(n)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(self.RIVALS) as pool:
            return sum(pool.map(run, range(self.RIVALS)))

    def test_by_the_action(self) -> None:
        record = StatementFactory()
        people = crowd(self.RIVALS)
        tried = lost = 0

        while tried < TRIES["lost updates, by the action"]:
            seen = Statement.objects.get().edits

            def save(n: int, seen: int = seen) -> bool:
                mine = Statement.objects.get(pk=record.pk)
                mine.note = f"By {n} on {seen}"
                try:
                    with transaction.atomic():
                        publishing.note_edit(mine, by=people[n], edits=seen)
                        mine.save(update_fields=["note"])
                except ValidationError:
                    return False
                return True

            lost += self.race(save) - 1
            tried += self.RIVALS
            assert Statement.objects.get().edits == seen + 1

        assert lost == 0
        numbers = list(DraftSave.of(record).order_by("number").values_list("number", flat=True))
        assert numbers == sorted(set(numbers))

    @pytest.mark.slow
    def test_by_the_form(self) -> None:
        record = StatementFactory()
        clients = [entered(person) for person in crowd(self.RIVALS)]
        tried = lost = 0

        while tried < TRIES["lost updates, by the form"]:
            form = opened(clients[0], record)
            seen = form["seen"]

            def save(n: int, form: dict = form) -> bool:
                data = form | {"note": f"By {n} on {form['seen']}"}
                response = clients[n].post(url(record), data)
                assert response.status_code in (302, 409)
                return response.status_code == 302

            lost += self.race(save) - 1
            tried += self.RIVALS
            now = Statement.objects.get()
            assert now.edits == seen + 1
            assert now.note.endswith(f"on {seen}")

        assert lost == 0
