"""Generate many records for measurements, always the same ones. None of them is real.

    DATABASE_URL=… python benchmarks/generate_records.py N

makes N donations (and some exports and contracts) in an empty, migrated database, published in
revisions of 1,000, with about 220 countries, one donor of two thirds of the donations, 4 %
superseded versions, and a milestone for each stage that a donation or contract came to.
"""

import argparse
import datetime
import itertools
import os
import random
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
from django.db import connection, transaction
from tqdm import tqdm

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()

from records.index.writer import DerivedRows
from records.models import (
    Change,
    Contract,
    DatedRecord,
    Donation,
    Export,
    Figure,
    Item,
    Milestone,
    Origin,
    Party,
    Record,
    RecordParty,
    Revision,
    RevisionCounter,
    StagedRecord,
    State,
    Statement,
    fold,
    item_lineages,
)
from records.models.base import ID_ALPHABET, round_dates
from records.models.rows import insert_rows, number_rows, set_prefetched
from records.publishing.memory import few_collections
from records.publishing.sealing import write_published
from records.totals.milestones import FLOOR

SEED = 2020
REVISION_SIZE = 1_000
"""Records per revision, so that history is as long as the dataset is large."""
CORRECTED = 0.04
"""Share of the records with a superseded version."""
SPREAD = 0x9E3779B97F4A7C15 % 32**8
"""Factor that spreads the numbers of records over all ids."""
FIRST_DAY = datetime.date(2020, 1, 20)
DAYS = 700
GOODS = [
    ("surgical-mask", "mask", 30),
    ("respirator-n95", "mask", 12),
    ("protective-suit", "ppe", 12),
    ("ventilator", "medical-equipment", 10),
    ("nucleic-acid-test-kit", "test-kit", 14),
    ("goggles", "ppe", 8),
    ("infrared-thermometer", "thermometer", 7),
    ("sinopharm-vaccine", "vaccine", 5),
    ("gloves", "ppe", 2),
]
TREE = {
    "medical-supplies": None,
    "ppe": "medical-supplies",
    "mask": "ppe",
    "testing": "medical-supplies",
    "test-kit": "testing",
    "medical-equipment": "medical-supplies",
    "thermometer": "medical-equipment",
    "vaccine": "medical-supplies",
}
CURRENCIES = ["USD", "CNY", "EUR", "GBP", "JPY"]
STAGES = {
    "donation": ["announced", "committed", "dispatched", "delivered"],
    "contract": ["in_talks", "signed", "dispatched", "delivered"],
}
"""Stages that a record came through, in their order."""
BETWEEN_STAGES = datetime.timedelta(days=12)


class Generator:
    """Generator of n donations, with the exports, contracts and history around them."""

    def __init__(self, rng: random.Random, n: int) -> None:
        self.rng = rng
        self.n = n
        self.numbers = itertools.count(1)
        self.changes: list[Change] = []

    def run(self) -> None:
        self.vocabulary()
        self.lineages = item_lineages()
        self.statements = self.make_statements(max(50, self.n // 500))
        done = 0
        with tqdm(total=self.n, unit=" donations", disable=None) as bar:
            while done < self.n:
                self.begin_revision()
                size = min(REVISION_SIZE, self.n - done)
                self.batch(Donation, size)
                for model in (Export, Contract):
                    self.batch(model, size // 10)
                self.end_revision()
                done += size
                bar.update(size)

    def vocabulary(self) -> None:
        """Return about 220 countries, some organisations and companies, a small tree of items."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        codes = ["CHN", *(f"{a}{b}X" for a in letters[:15] for b in letters[:15])][:221]
        regions = ["015", "011", "014", "034", "035", "143", "145", "151", "154", "005", "021"]
        parties = [
            Party(
                code=code,
                version=1,
                name=f"Country {code}",
                type="country",
                country=code,
                region=self.rng.choice(regions),
                iati_type="10",
            )
            for code in codes
        ]
        parties += [
            Party(code=f"organisation-{i}", version=1, name=f"Organisation {i}", type=kind)
            for i, kind in enumerate(["international_organisation", "ngo", "foundation"] * 20)
        ]
        parties += [
            Party(
                code=f"company-{i}", version=1, name=f"Company {i}", type="company", country="CHN"
            )
            for i in range(60)
        ]
        for party in parties:
            party.name_key = party.words_key = fold(party.name)
        Party.objects.bulk_create(parties)
        self.countries = codes[1:]
        self.donors = [party.code for party in parties if party.code != "CHN"]
        self.parties = {party.code: party for party in parties}
        tree = TREE | {code: parent for code, parent, _ in GOODS}
        items = [
            Item(code=code, version=1, name=code, name_key=code, words_key=code, parent_id=parent)
            for code, parent in tree.items()
        ]
        Item.objects.bulk_create(items)
        self.items = {item.code: item for item in items}

    def begin_revision(self) -> None:
        number = RevisionCounter.advance()
        day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        self.revision = Revision.objects.create(
            number=number,
            published_at=day + datetime.timedelta(hours=number),
            message=f"Generated records, part {number}.",
            origin=Origin.FILE,
        )
        self.derived = DerivedRows()

    def end_revision(self) -> None:
        """Write the changes of the revision while it is the latest."""
        insert_rows(self.changes)
        self.derived.write()
        self.changes = []

    def new_id(self, model: type[Record]) -> str:
        """Return the next id: they follow no order, and are all different since the factor is
        odd."""
        number = next(self.numbers) * SPREAD % 32**8
        letters = [ID_ALPHABET[number >> place & 31] for place in range(0, 40, 5)]
        return f"{model.PREFIX}-{''.join(letters)}"

    def make_statements(self, n: int) -> list[Statement]:
        self.begin_revision()
        rows = []
        for i in range(n):
            day = FIRST_DAY + datetime.timedelta(days=self.rng.randrange(DAYS))
            row = Statement(
                public_id=self.new_id(Statement),
                title=f"Generated statement {i}",
                publisher=f"Generated publisher {i % 40}",
                speaker=f"Speaker {i % 90}",
                organisation=f"Body {i % 30}",
                language="en",
                url=f"https://example.org/{i}",
                published_on=day,
                said_on=day,
                summary="Generated, to measure with.",
                topics=[],
            )
            row.derive_columns()
            set_prefetched(row, {"links": []})
            rows.append(row)
        self.store(rows)
        self.end_revision()
        return rows

    def batch(self, model: type[DatedRecord], size: int) -> None:
        """Publish new records, and new versions of some earlier ones."""
        rows = [self.version(model) for _ in range(size)]
        corrected = int(size * CORRECTED)
        earlier = list(
            model.objects.filter(state=State.PUBLISHED).order_by("pk")[: 50 * corrected : 50]
        )[:corrected]
        model.objects.filter(pk__in=[row.pk for row in earlier]).update(
            state=State.SUPERSEDED, retired_in=self.revision
        )
        for old in earlier:
            row = self.version(model)
            row.public_id, row.version = old.public_id, old.version + 1
            row.reason = "A later statement gives another number."
            rows.append(row)
        self.store(rows)

    def version(self, model: type[DatedRecord]) -> Any:
        """Return a version with its rows."""
        row = self.record(model)
        parties, figures = self.roles(model), self.figures(model)
        rows: dict[str, list[Any]] = {"links": [], "parties": parties, "figures": figures}
        if isinstance(row, StagedRecord):
            rows["milestones"] = self.milestones(row, figures[0])
        set_prefetched(row, rows)
        return row

    def record(self, model: type[DatedRecord]) -> Any:
        rng = self.rng
        row: Any = model(
            public_id=self.new_id(model),
            title=f"Generated {model.KIND} {rng.randrange(10**9)}",
            as_of=FIRST_DAY + datetime.timedelta(days=rng.randrange(DAYS)),
        )
        row.title_key = fold(row.title)
        row.round_dates()
        if model is Contract:
            row.stage = rng.choice(["signed", "delivered", "in_talks", "cancelled"])
            row.note = "Generated."
        elif model is Donation:
            row.stage = rng.choice(STAGES["donation"])
            row.form = rng.choice(["goods"] * 7 + ["cash", "personnel", "services"])
            row.stated_by = rng.choice(["donor", "recipient", "third_party"])
        else:
            row.reported_by, row.trade = "official_record", "unclear"
        return row

    def roles(self, model: type[DatedRecord]) -> list[RecordParty]:
        giver, receiver = model.MAIN_ROLES
        rng = self.rng
        givers = ["CHN" if rng.random() < 2 / 3 else rng.choice(self.donors)]
        if rng.random() < 0.05:
            givers.append(rng.choice([code for code in self.donors if code not in givers]))
        # Recipients differ much in how often they occur, as in life.
        receivers = [self.countries[int(len(self.countries) * rng.random() ** 2)]]
        roles = [(giver, code) for code in givers] + [(receiver, code) for code in receivers]
        return [
            model.child("parties")(role=role, party=self.parties[code], position=position)
            for position, (role, code) in enumerate(roles)
        ]

    def figures(self, model: type[DatedRecord]) -> list[Figure]:
        rng = self.rng
        made = []
        figure_model: Any = model.child("figures")
        codes = rng.choices(
            [code for code, _, _ in GOODS],
            [weight for _, _, weight in GOODS],
            k=rng.choice([1, 1, 2, 3]),
        )
        for position, code in enumerate(dict.fromkeys(codes)):
            value = Decimal(rng.randrange(1, 1000)) * 10 ** rng.randrange(6)
            made.append(
                figure_model(
                    position=position,
                    measure="quantity",
                    operator=rng.choice(["exact"] * 5 + ["more_than", "approx"]),
                    value=value,
                    item=self.items[code],
                    unit="piece",
                    quote=f"{value} pieces",
                )
            )
        if rng.random() < 0.2:
            made.append(
                figure_model(
                    position=len(made),
                    measure="money",
                    operator="exact",
                    value=Decimal(rng.randrange(1, 10**6)) * 1000,
                    currency=rng.choice(CURRENCIES),
                    quote="worth of supplies",
                )
            )
        statement = rng.choice(self.statements)
        for figure in made:
            figure.statement = statement
            figure.fill_bounds()
        return made

    def milestones(self, row: Any, figure: Figure) -> list[Milestone]:
        """Return a milestone for each stage up to that of the record, which it reached on its
        `as_of`; a few dates are known to the month, or as the last day."""
        listed = STAGES[row.KIND]
        came = [stage for stage in listed if self.rng.random() < 0.7 and stage != row.stage]
        if row.stage in listed:
            came = [stage for stage in came if listed.index(stage) < listed.index(row.stage)]
        else:
            came = came[:1]
        made = [
            row.child("milestones")(
                stage=stage,
                date=max(FLOOR, row.as_of - BETWEEN_STAGES * earlier),
                date_precision=self.rng.choice(["day"] * 9 + ["month"]),
                dated=self.rng.choice(["on"] * 4 + ["by"]),
                statement=figure.statement,
                quote="supplies arrived",
            )
            for earlier, stage in enumerate([row.stage, *reversed(came)])
        ]
        for milestone in made:
            round_dates(milestone)
        return made

    def store(self, rows: list[Any]) -> None:
        """Write versions of one kind in review, with their children, then publish them."""
        number_rows(rows)
        for row in rows:
            row.digest = row.content_digest()
            row.state = State.IN_REVIEW
        insert_rows(rows)
        for relation in [*rows[0]._prefetched_objects_cache]:
            children = []
            for row in rows:
                for child in getattr(row, relation).all():
                    child.record = row
                    children.append(child)
            insert_rows(children)
        write_published(rows, self.revision, self.lineages, self.derived)
        self.changes += [
            Change(
                revision=self.revision,
                position=len(self.changes) + number,
                kind=row.KIND,
                public_id=row.public_id,
                version=row.version,
                action="published" if row.version == 1 else "corrected",
                reason=row.reason,
            )
            for number, row in enumerate(rows, start=1)
        ]
        for row in rows:
            # Rows and what hangs on them name each other: without these they go at once.
            row._prefetched_objects_cache.clear()
            row._state.fields_cache.clear()


def generate(n: int) -> None:
    """Generate n donations into the empty database."""
    if RevisionCounter.number():
        raise SystemExit(
            "This database has a published dataset: use an empty one, such as "
            "DATABASE_URL=sqlite:////tmp/generated.sqlite3."
        )
    with few_collections(), transaction.atomic():
        Generator(random.Random(SEED), n).run()
    if connection.vendor == "postgresql":
        # As autovacuum would do soon. SQLite keeps no statistics without ANALYZE, and chooses
        # better without: docs/decisions/0003.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate records for measurements.")
    parser.add_argument("n", type=int, help="number of donations")
    generate(parser.parse_args().n)


if __name__ == "__main__":
    main()
