"""A small history of the dataset, made by the actions that make real ones, and beside it the same
history as plain data: what every revision is to answer.

The content is drawn from a seeded random source, so that a failing test can be run again.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any
from unittest import mock

import orjson
from django.db import transaction

from records.models import (
    DATED,
    KINDS,
    STAGED,
    Basis,
    Dated,
    Item,
    LinkType,
    Measure,
    Operator,
    Origin,
    Party,
    PartyType,
    Precision,
    Record,
    State,
    Statement,
    VocabularyEntry,
)
from records.models.figures import COUNTED_TYPE, NEVER_COUNT, PartyRole
from records.publishing import (
    Publication,
    VocabularyEdit,
    Withdrawal,
    begin_correction,
    publish_revision,
    revert,
    vocabulary_content,
)
from tests.support.factories import ITEMS, PARTIES, RECORDS, ItemFactory, PartyFactory, UserFactory

TITLES = [
    "Émile Zola school sends masks",
    "emile zola school sends masks",
    "Straße in Fußach gets a ventilator",
    "Китай передал маски",
    "China sends surgical masks to Pakistan",
    "China sends surgical masks to Pakistan",
    "100 % of the kits, _all_ of them",
    "Zhejiang province " + "and the city of Hangzhou " * 7,
]
"""Equal titles, titles equal but for accents, several scripts, and one as long as may be."""
QUOTES = [
    "the words that bear it",
    "3.86 billion masks against COVID-19",
    "向巴基斯坦捐赠了口罩",
    "50,000 test kits, ventilators, ٥٠٬٠٠٠ كِمامة",
]
NOTES = ["", "Of poor quality, and sent back to China."]
PUBLISHERS = [
    "Xinhua",
    "新华社",
    "Österreichischer Rundfunk",
    "Известия",
    r"100%_\ News",
    "Straße",
]
SUMMARIES = [
    "What China gave to other countries, and what they bought from its companies.",
    "Surgical masks and test kits went to Émile Zola's school in Pakistan.",
    "外交部发言人介绍情况",
]
SPEAKERS = ["", "Zhao Lijian", "Émile Zola", "O'Connor (press), سعید نمکی"]
BODIES = ["", "Ministry of Foreign Affairs of China", "Auswärtiges Amt"]
EVENTS = ["", "Regular press conference", "Rueda de prensa del año"]
TOPICS = ["customs-facilitation", "fast-track-talks", "certified-manufacturers"]
LANGUAGES = ["en", "zh", "zh-Hant", "de"]
DAYS = [datetime.date(2020, 4, day) for day in (1, 9, 10, 10, 22)] + [datetime.date(2021, 1, 1)]
SERIES = ["", "", "china-customs-exports", "vaccine-doses-given"]
NUMBERS = [Decimal(text) for text in ("1.5", "5", "500", "50000", "50000", "2000000", "123456789")]
REASONS = ["A later statement gives another number.", "The recipient confirmed it."]
FIRST_DAY = datetime.datetime(2026, 5, 1, 9, tzinfo=datetime.UTC)


@dataclass
class Version:
    """What is to be known of a published version, as it was published."""

    kind: str
    body: str
    published_in: int
    reason: str
    regions: dict[str, str]
    """Party → number of the region it then lay in."""
    lineages: dict[str, list[str]]
    """Item → itself and what then was above it."""
    names: dict[str, tuple[str, list[str]]]
    """Party or item → what it was then called, and its other names."""
    retired_in: int | None = None
    withdrawn: str = ""
    """Why, if it was."""
    document: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.document = orjson.loads(self.body)

    @property
    def id(self) -> str:
        return self.document["id"]

    @property
    def version(self) -> int:
        return self.document["version"]

    def in_force(self, revision: int) -> bool:
        return self.published_in <= revision and (
            self.retired_in is None or self.retired_in > revision
        )


class History:
    """Publishes, and keeps the books by itself."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.newest = 0
        self.versions: list[Version] = []
        self.changes: list[dict[str, Any]] = []
        self.revisions: list[dict[str, Any]] = []
        self.rows: dict[str, Any] = {}
        """Public id → the row of the newest published version."""
        self.regions = {code: region for code, (_, _, _, region) in PARTIES.items()}
        self.parents = {code: parent for code, (_, parent, _) in ITEMS.items()}
        self.names: dict[str, tuple[str, list[str]]] = {}
        for factory, codes in ((PartyFactory, PARTIES), (ItemFactory, ITEMS)):
            for code in codes:
                term = factory(code=code)
                self.names[code] = term.name, term.aliases

    def fork(self) -> "History":
        """Books of its own for a test that writes: they go on from here, and what it wrote is
        rolled back when it ends."""
        twin = copy(self)
        twin.random = Random(self.newest)
        twin.versions = [copy(version) for version in self.versions]
        for name in ("changes", "revisions", "rows", "regions", "parents", "names"):
            setattr(twin, name, copy(getattr(self, name)))
        return twin

    # What was in force

    def at(self, kind: str, revision: int | None = None) -> list[Version]:
        """The versions of a kind in force as of a revision, the newest by default."""
        revision = self.newest if revision is None else revision
        return [row for row in self.versions if row.kind == kind and row.in_force(revision)]

    def of(self, public_id: str) -> list[Version]:
        return [row for row in self.versions if row.id == public_id]

    def ids(self, kind: str) -> list[str]:
        """Every id that was ever published, once, in the order of publication."""
        return list(dict.fromkeys(row.id for row in self.versions if row.kind == kind))

    def withdrawn_ids(self, kind: str) -> list[str]:
        """Ids that are withdrawn now."""
        return [id for id in self.ids(kind) if self.of(id)[-1].withdrawn]

    def lineage(self, item: str) -> list[str]:
        line = [item]
        while self.parents[line[-1]]:
            line.append(self.parents[line[-1]])
        return line

    # Acts, each one revision

    def release(
        self,
        *drafts: Record,
        withdrawing: list[Record] | None = None,
        message: str = "Adds what statements told.",
        at: datetime.datetime | None = None,
    ) -> int:
        """Publish drafts and withdraw records, as the loader of files does."""
        for draft in drafts:
            draft.digest = draft.content_digest()
            draft.state = State.IN_REVIEW
            draft.save()
        reason = "It told of the same flight twice."
        acts: list[Any] = [Publication(draft) for draft in drafts]
        acts += [Withdrawal(record, reason) for record in withdrawing or ()]
        # What is drawn here is valid as it is; checking it again takes most of the time.
        with mock.patch("records.publishing.publish.check"):
            at = self.note(publish_revision(acts, message=message, origin=Origin.FILE, at=at))
        order = list(KINDS)
        for draft in sorted(drafts, key=lambda draft: order.index(draft.KIND)):
            draft.refresh_from_db()
            self.published(draft)
        for record in sorted(withdrawing or (), key=lambda record: -order.index(record.KIND)):
            last = self.of(record.public_id)[-1]
            last.retired_in, last.withdrawn = self.newest, reason
            self.changed(record.KIND, last.id, last.version, "withdrawn", reason)
        return self.newest

    def edit(self, term: VocabularyEntry, **content: Any) -> int:
        """Edit a party or item."""
        edit = VocabularyEdit(
            type(term), term.code, vocabulary_content(term) | content, reason="It was renamed."
        )
        self.note(
            publish_revision([edit], message="Edits the vocabulary.", origin=Origin.VOCABULARY)
        )
        term.refresh_from_db()
        self.changed(term.KIND, term.code, term.version, "edited", "It was renamed.")
        self.names[term.code] = term.name, term.aliases
        if isinstance(term, Party):
            self.regions[term.code] = term.region
        else:
            self.parents[term.code] = content.get("parent", self.parents[term.code])
        return self.newest

    def note(self, revision: Any) -> Any:
        self.newest += 1
        assert revision.number == self.newest
        self.revisions.append(
            {
                "number": self.newest,
                "published_at": revision.published_at,
                "message": revision.message,
                "origin": str(revision.origin),
            }
        )
        return revision.published_at

    def published(self, row: Any) -> None:
        for version in self.of(row.public_id):
            if version.retired_in is None:
                version.retired_in = self.newest
        self.versions.append(
            Version(
                row.KIND,
                row.document.body,
                self.newest,
                row.reason,
                dict(self.regions),
                {code: self.lineage(code) for code in self.parents},
                dict(self.names),
            )
        )
        self.rows[row.public_id] = row
        action = "published" if row.version == 1 else "corrected"
        self.changed(row.KIND, row.public_id, row.version, action, row.reason)

    def changed(self, kind: str, id: str, version: int, action: str, reason: str) -> None:
        self.changes.append(
            {
                "revision": self.newest,
                "kind": kind,
                "id": id,
                "version": version,
                "action": action,
                "reason": reason or None,
            }
        )

    # Drafts of random content

    def draft(self, kind: str, **content: Any) -> Any:
        """A draft of a new record."""
        model = KINDS[kind]
        return RECORDS[model](**self.drawn(model) | content)

    def correction(self, public_id: str) -> Any:
        """A draft of the next version of a record, withdrawn or not, with other content."""
        editor = UserFactory(username="editor")
        row = self.rows[public_id]
        row.refresh_from_db()
        begin = begin_correction if row.state == State.PUBLISHED else revert
        draft: Any = begin(row, by=editor, reason=self.random.choice(REASONS))
        drawn = self.drawn(type(draft))
        for name in ("title", "as_of", "series", "published_on", "said_on", "publisher"):
            if name in drawn:
                setattr(draft, name, drawn[name])
        draft.save()
        if draft.ROLES and self.random.random() < 0.7:
            draft.parties.all().delete()
            for role, plural in draft.ROLES.items():
                for position, code in enumerate(drawn[plural]):
                    draft.parties.create(role=role, party_id=code, position=position)
        return draft

    def drawn(self, model: type[Record]) -> dict[str, Any]:
        """Random content for a record of any kind."""
        rng = self.random
        drawn: dict[str, Any] = {
            "title": rng.choice(TITLES),
            "note": rng.choice(NOTES),
        }
        for column in model.content_fields():
            if column.choices:
                codes = [code for code, _ in column.choices if code]
                drawn[column.name] = rng.choice([*codes, ""] if column.blank else codes)
        if drawn.get("stage") == "cancelled":
            drawn["note"] = "The buyer withdrew."
        others = [id for id, row in self.rows.items() if not self.of(id)[-1].withdrawn]
        if others and rng.random() < 0.3:
            drawn["links"] = {rng.choice(LinkType.values): self.rows[rng.choice(others)]}
        return drawn | (self.drawn_words() if model is Statement else self.drawn_transfer(model))

    def drawn_words(self) -> dict[str, Any]:
        rng = self.random
        return {
            "publisher": rng.choice(PUBLISHERS),
            "speaker": rng.choice(SPEAKERS),
            "organisation": rng.choice(BODIES),
            "event": rng.choice(EVENTS),
            "language": rng.choice(LANGUAGES),
            "published_on": rng.choice(DAYS),
            "said_on": rng.choice([*DAYS, None, None]),
            "topics": rng.sample(TOPICS, rng.randrange(3)),
            "summary": rng.choice(SUMMARIES),
        }

    def drawn_transfer(self, model: Any) -> dict[str, Any]:
        rng = self.random
        drawn: dict[str, Any] = {"as_of": rng.choice(DAYS), "series": rng.choice(SERIES)}
        codes = list(PARTIES)
        for role, plural in model.ROLES.items():
            many = rng.choice([1, 1, 1, 2, 3, 0] if role in model.MAIN_ROLES else [0, 0, 0, 1])
            drawn[plural] = rng.sample(codes, many)
        giving, receiving = (model.ROLES[role] for role in model.MAIN_ROLES)
        if not drawn[receiving]:
            drawn[giving] = drawn[giving] or [rng.choice(codes)]
        figures = [self.drawn_figure() for _ in range(rng.choice([1, 1, 2, 3]))]
        if model.KIND in STAGED and rng.random() < 0.6:
            drawn["milestones"] = self.drawn_milestones(model)
        # Rival reports would have to be ranked: draw one figure of each sort only.
        sorts = ("measure", "item", "unit", "currency", "basis", "party_type", "party_role")
        drawn["figures"] = list(
            {tuple(figure.get(sort) for sort in sorts): figure for figure in figures}.values()
        )
        return drawn

    def drawn_milestones(self, model: Any) -> list[dict[str, Any]]:
        """Random dates of some stages, which need not fit each other."""
        rng = self.random
        codes = [code for code, _ in model.child("milestones")._meta.get_field("stage").choices]
        return [
            {
                "stage": stage,
                "date": rng.choice(DAYS),
                "date_precision": rng.choice([Precision.DAY, *Precision]),
                "dated": rng.choice([Dated.ON, Dated.ON, Dated.BY]),
            }
            for stage in rng.sample(codes, rng.choice([0, 1, 2, 3]))
        ]

    def drawn_figure(self) -> dict[str, Any]:
        rng = self.random
        measure = rng.choice([Measure.QUANTITY, Measure.QUANTITY, Measure.MONEY, Measure.PARTIES])
        statements = [
            row for row in self.rows.values()
            if isinstance(row, Statement) and not self.of(row.public_id)[-1].withdrawn
        ]  # fmt: skip
        figure: dict[str, Any] = {
            "measure": measure,
            "item": None,
            "unit": "",
            "statement": rng.choice(statements),
            "quote": rng.choice(QUOTES),
            "operator": rng.choice(Operator.values),
            "value": rng.choice(NUMBERS),
            "basis": rng.choice([Basis.SINGLE, Basis.SINGLE, *Basis.values]),
        }
        if measure == Measure.QUANTITY:
            figure |= {"item": rng.choice(list(ITEMS)), "unit": rng.choice(["piece", "box", ""])}
        elif measure == Measure.MONEY:
            figure["currency"] = rng.choice(["USD", "CNY", ""])
            figure["item"] = rng.choice([None, None, *ITEMS])
        else:
            figure["party_type"] = rng.choice([code for code, _ in COUNTED_TYPE])
            figure["party_role"] = rng.choice(PartyRole.values)
        if figure["operator"] in (Operator.BETWEEN, Operator.ORDER_OF_MAGNITUDE):
            figure |= {"value": None, "lower": figure["value"], "upper": figure["value"] * 10}
        elif figure["operator"] == Operator.UNSPECIFIED:
            figure["value"] = None
        if figure["basis"] in NEVER_COUNT or rng.random() < 0.3:
            figure |= {"countable": False, "countable_reason": "unclear"}
        return figure


def long_history(seed: int = 2) -> History:
    """Eight revisions with all that happens to records: new ones of every kind, corrections,
    withdrawals, an edited vocabulary, a record that came back."""
    history = History(seed)
    history.release(
        *(
            history.draft("statement", publisher=publisher, said_on=said_on)
            for publisher, said_on in zip(PUBLISHERS, [None, None, *DAYS], strict=False)
        ),
        at=day(0),
    )
    drafts = [history.draft(kind) for kind in DATED for _ in range(3)]
    for kind, model in DATED.items():
        # Two stay as they are: alike in title, one with a party that is renamed later.
        receiving = model.ROLES[model.MAIN_ROLES[1]]
        drafts.append(history.draft(kind, title=TITLES[4], **{receiving: ["ITA"]}))
        drafts.append(history.draft(kind, title=TITLES[4]))
    history.release(*drafts, at=day(1))
    history.release(
        *(history.correction(history.ids(kind)[0]) for kind in KINDS),
        *(history.draft(kind) for kind in DATED),
        message="Corrects what later statements told.",
        at=day(1),
    )
    # A statement on which nothing rests, for only such a one can go.
    lone = history.draft("statement")
    history.release(
        lone,
        withdrawing=[history.rows[history.ids(kind)[index]] for kind in DATED for index in (1, 2)],
        at=day(2),
    )
    history.edit(
        Party.objects.get(code="ITA"),
        name="Italia",
        aliases=["Bel Paese"],
        region="155",
        type=PartyType.GOVERNMENT,
    )
    history.edit(Item.objects.get(code="surgical-mask"), name="Face masks", parent="goggles")
    history.release(withdrawing=[lone], at=day(3))
    history.release(
        *(history.correction(history.ids(kind)[index]) for kind in DATED for index in (0, 1)),
        *(
            history.draft(kind, links={"same_event_as": history.rows[history.ids(kind)[0]]})
            for kind in KINDS
        ),
        at=day(4),
    )
    return history


def day(number: int) -> datetime.datetime:
    return FIRST_DAY + datetime.timedelta(days=number)


@contextmanager
def inside_transaction(django_db_blocker: Any) -> Iterator[None]:
    """What is written inside is there for all tests of a module, and gone thereafter."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
