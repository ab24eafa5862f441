"""Rows of every model that people write, in the shape of real ones.

A record is made as a draft with its parties and figures, each figure with its statement and
quote; `in_review=True` and `published=True` bring it as far, through the very actions that
editors and reviewers take, but that `published=True` submits in few queries. What publishing
writes (revisions, changes, documents, counts) is made by publishing.
"""

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.db.models import prefetch_related_objects
from factory.django import DjangoModelFactory

from records.curation.duplicates.models import DuplicatePair
from records.curation.proposals.models import Proposal
from records.curation.reports.models import Report
from records.curation.teamwork.models import Thread
from records.models import (
    Contract,
    ContractFigure,
    ContractLink,
    ContractParty,
    Contributor,
    ContributorRole,
    DatedRecord,
    Donation,
    DonationFigure,
    DonationLink,
    DonationParty,
    Export,
    ExportFigure,
    ExportLink,
    ExportParty,
    HSCode,
    Item,
    Party,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
    StatementLink,
)
from records.models.milestones import UNKNOWN
from records.models.rows import update_rows
from records.publishing import approve, submit
from records.publishing.review import locate_quotes, settle_stage
from records.totals.milestones import FLOOR

PARTIES = {
    "CHN": ("China", "country", "CHN", "030"),
    "ETH": ("Ethiopia", "country", "ETH", "014"),
    "ITA": ("Italy", "country", "ITA", "039"),
    "JPN": ("Japan", "country", "JPN", "030"),
    "PAK": ("Pakistan", "country", "PAK", "034"),
    "SRB": ("Serbia", "country", "SRB", "039"),
    "alibaba-foundation": ("Alibaba Foundation", "foundation", "CHN", "030"),
    "chn-companies": ("Chinese companies", "group", "CHN", "030"),
    "jack-ma-foundation": ("Jack Ma Foundation", "foundation", "CHN", "030"),
    "lombardy": ("Lombardy", "local_government", "ITA", "039"),
    "who": ("World Health Organization", "international_organisation", "", ""),
}
"""Code → name, type, country, region."""

ITEMS = {
    "medical-supplies": ("Medical supplies", "", ""),
    "mask": ("Masks", "medical-supplies", "piece"),
    "surgical-mask": ("Surgical masks", "mask", "piece"),
    "respirator-n95": ("N95 respirators", "mask", "piece"),
    "protective-suit": ("Protective suits", "medical-supplies", ""),
    "goggles": ("Protective goggles", "medical-supplies", ""),
    "ventilator": ("Ventilators", "medical-supplies", "piece"),
    "infrared-thermometer": ("Infrared thermometers", "medical-supplies", "piece"),
    "test-kit": ("Test kits", "medical-supplies", ""),
    "personnel": ("Personnel", "", ""),
    "medical-team": ("Medical teams", "personnel", "team"),
}
"""Code → name, parent, default unit."""

ALIASES = {
    "CHN": ["People's Republic of China", "中国", "Chine"],
    "surgical-mask": ["medical face mask", "口罩", "masque chirurgical"],
    "test-kit": ["COVID-19 tests"],
}
"""Code of a party or item → other names."""


MEANT = "Meant so by the test."


def publish(*records: Record, message: str = "Publishes what two people agreed on.") -> Revision:
    """Publish open versions as one revision, with the draft statements that they rest on:
    submitted by one person, approved by another; both say why of what is doubtful."""
    given = stored(records)
    cited = [
        statement
        for record in given
        if isinstance(record, DatedRecord)
        for statement in record.cited_statements()
    ]
    rows = {(row.KIND, row.pk): row for row in [*cited, *given] if row.is_open}
    submit_all([row for row in rows.values() if not row.digest])
    reviewer = UserFactory(username="reviewer")
    because = MEANT if any(row.all_doubts() for row in rows.values()) else ""
    revision = approve(list(rows.values()), by=reviewer, message=message, because=because)
    for record in records:
        record.refresh_from_db()
    return revision


def stored(records: Sequence[Record]) -> list[Any]:
    """Return versions as they are stored, with their rows."""
    found: dict[Record, Any] = {}
    for model in {type(record) for record in records}:
        same = model._default_manager.in_bulk([one.pk for one in records if type(one) is model])
        prefetch_related_objects([*same.values()], *model.ROWS)
        found |= {row: row for row in same.values()}
    return [found[record] for record in records]


def submit_all(drafts: Sequence[Any]) -> None:
    """Leave what `submit` leaves of each draft, in few queries: what it refuses, approval refuses
    as well."""
    editor = UserFactory(username="editor")
    for model in {type(draft) for draft in drafts}:
        same = [draft for draft in drafts if type(draft) is model]
        prefetch_related_objects(same, *model.ROWS)
        for draft in same:
            excuse(draft)
            settle_stage(draft)
            locate_quotes(draft)
            draft.digest, draft.state = draft.content_digest(), State.IN_REVIEW
        update_rows(same, ["digest", "state"])
    known = Contributor.objects.filter(
        user=editor, public_id__in=[draft.public_id for draft in drafts]
    )
    there = set(known.values_list("public_id", "version"))
    Contributor.objects.bulk_create(
        Contributor(
            public_id=draft.public_id,
            version=draft.version,
            user=editor,
            role=ContributorRole.EDITOR,
        )
        for draft in drafts
        if (draft.public_id, draft.version) not in there
    )


def excuse(record: Any) -> None:
    """Give a draft the reasons that what is doubtful about it needs."""
    if (record.doubts() or record.doubts_beside()) and not record.date_reason:
        record.date_reason = MEANT
        record.save()
    for row in record.ordered_evidence():
        if row.doubts() and not row.quote_reason:
            row.quote_reason = MEANT
            row.save()


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        django_get_or_create = ("username",)

    username = "editor"
    is_staff = True


class RecordFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True

    in_review = factory.PostGeneration(lambda record, create, wanted: wanted)
    published = factory.PostGeneration(lambda record, create, wanted: wanted)

    @factory.post_generation
    def links(record: Any, create: bool, wanted: dict[str, Record] | None) -> None:
        """`links={"part_of": other}`: link types, each with the record it leads to."""
        for link_type, other in (wanted or {}).items():
            record.links.create(type=link_type, target=other.public_id)

    @classmethod
    def _after_postgeneration(cls, instance: Any, create: bool, results: Any = None) -> None:
        """Last of all, when the children are there: hand the version in, publish it."""
        if results and results.get("published"):
            publish(instance)
        elif results and results.get("in_review"):
            submit(instance, by=UserFactory(username="editor"))
            instance.refresh_from_db()


class DatedRecordFactory(RecordFactory):
    class Meta:
        abstract = True

    as_of = datetime.date(2020, 4, 10)

    @factory.post_generation
    def figures(
        record: Any, create: bool, wanted: Sequence[dict[str, Any]] | None, **one: Any
    ) -> None:
        """One figure by default, `figures__value=5` being its value; `figures=[{…}, {…}]` for
        others. Those that name no statement share one."""
        if not create:
            return
        shared = None
        for position, figure in enumerate([one] if wanted is None else wanted):
            if "statement" not in figure:
                shared = shared or StatementFactory()
                figure = figure | {"statement": shared}
            FIGURES[type(record)](record=record, position=position, **figure)


class StagedRecordFactory(DatedRecordFactory):
    """A record whose stage rests on a milestone of its `as_of`, with the words of its first
    figure; `milestones=[{…}, {…}]` for others, `milestones=[]` for none. Running totals have
    none."""

    class Meta:
        abstract = True

    @factory.post_generation
    def milestones(
        record: Any, create: bool, wanted: Sequence[dict[str, Any]] | None, **_: Any
    ) -> None:
        if not create:
            return
        # Read once for all that is asked of them.
        prefetch_related_objects([record], "figures__statement")
        first = next(iter(record.ordered_figures()), None)
        if wanted is None:
            shown = record.stage != UNKNOWN and not record.is_running_total()
            date = max(record.as_of, FLOOR) if isinstance(record.as_of, datetime.date) else None
            values = {"stage": record.stage} | ({"date": date} if date else {})
            wanted = [values] if first and shown else []
        for milestone in wanted:
            add_milestone(record, **milestone)
        record._prefetched_objects_cache.clear()


def add_milestone(record: Any, **values: Any) -> Any:
    """Add a milestone to a record; what is not given is taken from the record and its first
    figure."""
    if "statement" not in values:
        figure = record.ordered_figures()[0]
        values = {"statement": figure.statement, "quote": figure.quote} | values
    given = {"date": record.as_of, "date_precision": record.as_of_precision}
    return record.milestones.create(**given | {"quote": "donated supplies"} | values)


def parties(role: str, *codes: str) -> Callable:
    """Parties in a role, by their codes: `donors=["CHN", "who"]`."""

    @factory.post_generation
    def rows(record: Any, create: bool, wanted: Sequence[str] | None) -> None:
        if create:
            for position, code in enumerate(codes if wanted is None else wanted):
                record.parties.create(role=role, party=PartyFactory(code=code), position=position)

    return rows


class RecordPartyFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    party = factory.SubFactory("tests.support.factories.PartyFactory", code="who")


class RecordLinkFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    type = "same_event_as"
    target = factory.LazyAttribute(lambda link: type(link.record).new_id())


class FigureFactory(DjangoModelFactory):
    """A quantity of an item; `money=True` and `counted=True` make an amount and a number of
    parties."""

    class Meta:
        abstract = True

    class Params:
        money = factory.Trait(
            measure="money",
            item=None,
            unit="",
            currency="USD",
            value=Decimal(20_000_000),
            quote="donated $20 million",
        )
        counted = factory.Trait(
            measure="parties",
            item=None,
            unit="",
            party_type="country",
            party_role="recipient",
            value=Decimal(127),
            quote="medical support to 127 countries",
        )

    measure = "quantity"
    value = Decimal(50_000)
    item = "surgical-mask"
    unit = "piece"
    statement = factory.SubFactory("tests.support.factories.StatementFactory")
    quote = factory.LazyAttribute(
        lambda figure: f"donated {figure.value:,}" if figure.value else "donated supplies"
    )

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if isinstance(kwargs["item"], str):
            kwargs["item"] = item_of(kwargs["item"])
        return kwargs


class ReportFactory(DjangoModelFactory):
    """An error that a reader reports of a published donation: `record=` for another record."""

    class Meta:
        model = Report

    class Params:
        record = factory.LazyFunction(lambda: DonationFactory(published=True))

    kind = factory.LazyAttribute(lambda report: report.record.KIND)
    public_id = factory.LazyAttribute(lambda report: report.record.public_id)
    version = 1
    figure = 1
    text = "The ministry says 5,000 masks, not 50,000."
    email = "reader@example.org"


class ThreadFactory(DjangoModelFactory):
    """A thread that a reviewer begins on a draft: `record=` for another version, `text=` for
    other words."""

    class Meta:
        model = Thread
        skip_postgeneration_save = True

    class Params:
        record = factory.LazyFunction(lambda: DonationFactory())

    kind = factory.LazyAttribute(lambda thread: thread.record.KIND)
    public_id = factory.LazyAttribute(lambda thread: thread.record.public_id)
    version = factory.LazyAttribute(lambda thread: thread.record.version)

    @factory.post_generation
    def text(thread: Any, create: bool, wanted: str | None) -> None:
        words = wanted or "The ministry says 5,000 masks, not 50,000."
        thread.comments.create(user=UserFactory(username="reviewer"), text=words)


class DuplicatePairFactory(DjangoModelFactory):
    """Two donations that may be one: `records=(one, other)` for others."""

    class Meta:
        model = DuplicatePair

    class Params:
        records = factory.LazyFunction(lambda: [DonationFactory(), DonationFactory()])

    kind = factory.LazyAttribute(lambda pair: pair.records[0].KIND)
    first = factory.LazyAttribute(lambda pair: min(row.public_id for row in pair.records))
    second = factory.LazyAttribute(lambda pair: max(row.public_id for row in pair.records))
    score = 4
    reasons = factory.LazyFunction(lambda: ["Parties: CHN → PAK", "Equal: surgical-mask (piece)"])


class ProposalFactory(DjangoModelFactory):
    """A merge that an editor proposes."""

    class Meta:
        model = Proposal

    act = "merge"
    kind = "party"
    code = factory.Sequence(
        lambda n: (
            PartyFactory(
                code=f"foundation-{n}",
                name="Foundation",
                type="foundation",
                country="",
                region="",
            ).code
        )
    )
    into = factory.LazyFunction(lambda: PartyFactory(code="jack-ma-foundation").code)
    reason = "One body was entered twice."
    proposed_by = factory.LazyFunction(lambda: UserFactory(username="proposer"))


class ContractFactory(StagedRecordFactory):
    class Meta:
        model = Contract

    title = factory.Iterator(
        [
            "Italy orders masks from Chinese companies",
            "Serbia buys ventilators",
            "Ethiopia contracts for test kits",
        ]
    )
    stage = Contract.Stage.SIGNED
    buyers = parties("buyer", "ITA")
    suppliers = parties("supplier", "chn-companies")
    intermediaries = parties("intermediary")


class ContractPartyFactory(RecordPartyFactory):
    class Meta:
        model = ContractParty

    record = factory.SubFactory(ContractFactory)
    role = "buyer"


class ContractFigureFactory(FigureFactory):
    class Meta:
        model = ContractFigure

    record = factory.SubFactory(ContractFactory, figures=[])


class ContractLinkFactory(RecordLinkFactory):
    class Meta:
        model = ContractLink

    record = factory.SubFactory(ContractFactory)


class DonationFactory(StagedRecordFactory):
    class Meta:
        model = Donation

    title = factory.Iterator(
        [
            "China sends surgical masks to Pakistan",
            "Two foundations give test kits to countries in Africa",
            "China sends a medical team to Italy",
            "China gives cash to the World Health Organization",
        ]
    )
    form = Donation.Form.GOODS
    stage = Donation.Stage.COMMITTED
    stated_by = Donation.StatedBy.DONOR
    donors = parties("donor", "CHN")
    recipients = parties("recipient", "PAK")
    intermediaries = parties("intermediary")


class DonationPartyFactory(RecordPartyFactory):
    class Meta:
        model = DonationParty

    record = factory.SubFactory(DonationFactory)
    role = "recipient"


class DonationFigureFactory(FigureFactory):
    class Meta:
        model = DonationFigure

    record = factory.SubFactory(DonationFactory, figures=[])


class DonationLinkFactory(RecordLinkFactory):
    class Meta:
        model = DonationLink

    record = factory.SubFactory(DonationFactory)


class ExportFactory(DatedRecordFactory):
    class Meta:
        model = Export

    title = factory.Iterator(
        [
            "China's exports of masks since the first of March",
            "China's exports of ventilators in a month",
        ]
    )
    reported_by = Export.ReportedBy.OFFICIAL_RECORD
    trade = Export.Trade.UNCLEAR
    exporters = parties("exporter", "CHN")
    destinations = parties("destination")


class ExportPartyFactory(RecordPartyFactory):
    class Meta:
        model = ExportParty

    record = factory.SubFactory(ExportFactory)
    role = "destination"


class ExportFigureFactory(FigureFactory):
    class Meta:
        model = ExportFigure

    record = factory.SubFactory(ExportFactory, figures=[])


class ExportLinkFactory(RecordLinkFactory):
    class Meta:
        model = ExportLink

    record = factory.SubFactory(ExportFactory)


class ItemFactory(DjangoModelFactory):
    """An item of the tree above by its code, its ancestors made with it."""

    class Meta:
        model = Item
        django_get_or_create = ("code",)

    code = "surgical-mask"
    version = 1
    name = factory.LazyAttribute(lambda item: ITEMS[item.code][0])
    aliases = factory.LazyAttribute(lambda item: ALIASES.get(item.code, []))
    default_unit = factory.LazyAttribute(lambda item: ITEMS[item.code][2])

    @factory.lazy_attribute
    def parent(item: Any) -> Item | None:
        code = ITEMS[item.code][1]
        return item_of(code) if code else None


def item_of(code: str) -> Any:
    """Return the item of a code, which is looked for before its ancestors are."""
    return Item.objects.filter(code=code).first() or ItemFactory(code=code)


class HSCodeFactory(DjangoModelFactory):
    class Meta:
        model = HSCode

    item = factory.SubFactory(ItemFactory)
    code = "6307.90"
    edition = HSCode.Edition.HS2017
    confidence = HSCode.Confidence.HIGH


class PartyFactory(DjangoModelFactory):
    """A party of the table above by its code."""

    class Meta:
        model = Party
        django_get_or_create = ("code",)

    code = "PAK"
    version = 1
    name = factory.LazyAttribute(lambda party: PARTIES[party.code][0])
    aliases = factory.LazyAttribute(lambda party: ALIASES.get(party.code, []))
    type = factory.LazyAttribute(lambda party: PARTIES[party.code][1])
    country = factory.LazyAttribute(lambda party: PARTIES[party.code][2])
    region = factory.LazyAttribute(lambda party: PARTIES[party.code][3])


class RevisionFactory(DjangoModelFactory):
    """The next revision, empty; inside a transaction, as its number demands."""

    class Meta:
        model = Revision

    number = factory.LazyFunction(RevisionCounter.advance)
    message = "Corrects two figures after a later statement."


class ContributorFactory(DjangoModelFactory):
    class Meta:
        model = Contributor

    public_id = factory.LazyFunction(Donation.new_id)
    version = 1
    user = factory.SubFactory(UserFactory)
    role = "editor"


class StatementFactory(RecordFactory):
    class Meta:
        model = Statement

    title = factory.Iterator(
        [
            "Foreign ministry spokesperson on medical support to other countries",
            "State council briefing on international cooperation against the epidemic",
            "Customs statistics of anti-epidemic supplies",
        ]
    )
    publisher = "The Nation"
    speaker = "Zhao Lijian"
    speaker_role = "Spokesperson"
    organisation = "Ministry of Foreign Affairs of China"
    event = "Regular press conference"
    language = "en"
    url = factory.Sequence(lambda n: f"https://example.org/statements/{n}")
    published_on = datetime.date(2020, 4, 13)
    said_on = datetime.date(2020, 4, 10)
    summary = "What China gave to other countries, and what they bought from its companies."
    topics = factory.LazyFunction(lambda: ["customs-facilitation"])


class StatementLinkFactory(RecordLinkFactory):
    class Meta:
        model = StatementLink

    record = factory.SubFactory(StatementFactory)


FIGURES = {
    Contract: ContractFigureFactory,
    Donation: DonationFigureFactory,
    Export: ExportFigureFactory,
}
RECORDS = {
    Contract: ContractFactory,
    Donation: DonationFactory,
    Export: ExportFactory,
    Statement: StatementFactory,
}
