"""Duplicates: which pairs are proposed, where they show, and what becomes of a decision."""

import datetime
import re
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from records import publishing
from records.curation.duplicates import finding
from records.curation.duplicates.likeness import (
    Account,
    Claim,
    Text,
    address,
    agrees,
    alike,
    compare,
    compare_texts,
    days,
    pairs,
    reach,
)
from records.curation.duplicates.models import DuplicatePair, DuplicateStatus
from records.models import (
    KINDS,
    Contributor,
    Donation,
    LinkType,
    Party,
    State,
)
from tests.support.browser import Looked, barriers, box, fits
from tests.support.factories import (
    DonationFactory,
    DonationFigureFactory,
    DuplicatePairFactory,
    ExportFactory,
    StatementFactory,
    UserFactory,
    publish,
)

MASKS = ("surgical-mask", "mask", "medical-supplies")


def number(
    value: str | None = "500", operator: str = "exact", between: tuple[int, int] | None = None
) -> tuple[Decimal | None, Decimal | None]:
    lower, upper = map(Decimal, between) if between else (None, None)
    return reach(operator, None if value is None else Decimal(value), lower, upper)


def claim(
    *how: Any,
    measure: str = "quantity",
    items: tuple[str, ...] = MASKS,
    unit: str = "piece",
    counted: tuple[str, str] = ("", ""),
    **number_: Any,
) -> Claim:
    return Claim(measure, items, unit, counted, *number(*how, **number_))


def money(*how: Any, currency: str = "USD", items: tuple[str, ...] = ()) -> Claim:
    return claim(*how, measure="money", items=items, unit=currency)


def countries(*how: Any, kind: str = "country") -> Claim:
    return claim(*how, measure="parties", items=(), unit="", counted=(kind, "recipient"))


NOTHING = (None, "unspecified")
AGREEING = [
    ("equal", claim(), claim()),
    ("more than 400 was 500", claim(), claim("400", "more_than")),
    ("over 500 of 500", claim(), claim("500", "more_than")),
    ("at least", claim("600"), claim("500", "at_least")),
    ("about, within 5 %", claim("520"), claim("500", "approx")),
    ("up to 600 were 500", claim(), claim("600", "at_most")),
    ("fewer than 600", claim(), claim("600", "less_than")),
    ("between", claim(), claim(None, "between", between=(400, 500))),
    ("tens of thousands", claim("50000"), claim(None, "between", between=(10_000, 99_999))),
    ("an item and the one above it", claim(), claim(items=MASKS[1:])),
    ("a unit left open", claim(), claim(unit="")),
    ("masks without a number, twice", claim(*NOTHING), claim(*NOTHING)),
    ("money", money(), money()),
    ("money for an item, and for nothing named", money(items=MASKS), money()),
    ("dollars of an unclear country", money(), money(currency="")),
    ("127 countries", countries("127"), countries("120", "more_than")),
]  # fmt: skip
DISAGREEING = [
    ("another number", claim(), claim("501")),
    ("more than 400 is not five million", claim("5000000"), claim("400", "more_than")),
    ("the flight with over six million, another with 10.3", claim("6", "more_than"),
     claim("10.3")),
    ("about, beyond 5 %", claim("530"), claim("500", "approx")),
    ("up to 400 were not 500", claim(), claim("400", "at_most")),
    ("up to a million were not 500", claim(), claim("1000000", "at_most")),
    ("outside between", claim(), claim(None, "between", between=(501, 600))),
    ("another item beside it", claim(), claim(items=("respirator-n95", *MASKS[1:]))),
    ("another unit", claim(), claim(unit="box")),
    ("another currency", money(), money(currency="CNY")),
    ("money and masks", money(), claim()),
    ("a number and none", claim(), claim(*NOTHING)),
    ("masks and supplies, neither numbered", claim(*NOTHING),
     claim(*NOTHING, items=MASKS[2:])),
    ("countries and organisations", countries("4"),
     countries("4", kind="international_organisation")),
]  # fmt: skip


def examples(table: Any) -> Any:
    return pytest.mark.parametrize(
        ("one", "other"), [pytest.param(a, b, id=name) for name, a, b in table]
    )


class TestFigures:
    @examples(AGREEING)
    def test_agree(self, one: Claim, other: Claim) -> None:
        assert agrees(one, other)
        assert agrees(other, one)

    @examples(DISAGREEING)
    def test_disagree(self, one: Claim, other: Claim) -> None:
        assert not agrees(one, other)
        assert not agrees(other, one)

    @pytest.mark.django_db
    def test_only_figures_of_the_event_itself_are_evidence(self) -> None:
        kinds = {
            ("single", "", "normal"): True,
            ("cumulative_to_date", "", "preferred"): True,
            ("single", "pledge", "normal"): True,
            ("per_recipient", "per_unit", "normal"): False,
            ("per_unit", "per_unit", "normal"): False,
            ("target", "target", "normal"): False,
            ("single", "duplicate_report", "normal"): False,
            ("single", "part_of_total", "normal"): False,
            ("single", "", "deprecated"): False,
        }
        record = DonationFactory(figures=[])
        for number, (basis, reason, rank) in enumerate(kinds, start=1):
            DonationFigureFactory(
                record=record,
                position=number,
                value=number,
                basis=basis,
                countable=not reason,
                countable_reason=reason,
                rank=rank,
                rank_reason="" if rank == "normal" else "An auditor counted.",
            )

        (found,) = finding.accounts(Donation, Donation.objects.filter(pk=record.pk))

        evidence = {number for number, one in enumerate(kinds.values(), start=1) if one}
        assert {claim.low for claim in found.claims} == evidence


def account(id: str, **changes: Any) -> Account:
    first, last = days(*changes.pop("when", (datetime.date(2020, 4, 10), "day")))
    reported: dict[str, Any] = {
        "givers": frozenset({"CHN"}),
        "receivers": frozenset({"PAK"}),
        "first": first,
        "last": last,
        "events": frozenset({id, *changes.pop("events", ())}),
        "claims": (claim(),),
    }
    sets = {
        name: frozenset(value) if isinstance(value, set) else value
        for name, value in changes.items()
    }
    return Account(id, **reported | sets)


def on(month: int, day: int, *rest: Any) -> tuple:
    return (datetime.date(2020, month, day), *(rest or ("day",)))


ABOUT = claim("490", "approx")
CANDIDATES = [
    ("the same", {}, {}),
    ("ten days later", {}, {"when": on(4, 20)}),
    ("about as many three days later", {}, {"when": on(4, 13), "claims": (ABOUT,)}),
    ("that month", {}, {"when": on(4, 1, "month")}),
    ("that year", {}, {"when": on(1, 1, "year")}),
    ("a month and the first days of the next", {"when": on(4, 1, "month")}, {"when": on(5, 3)}),
    ("within a period", {}, {"when": on(4, 30, "day", datetime.date(2020, 4, 1), None)}),
    ("a joint gift", {}, {"givers": {"CHN", "jack-ma-foundation"}}),
    ("receiver unknown", {}, {"receivers": set()}),
    ("both receivers unknown", {"receivers": set()}, {"receivers": set()}),
    ("giver unknown", {"givers": set()}, {}),
    ("one figure of two", {}, {"claims": (claim("7"), claim())}),
    ("points of two series", {"series": "a"}, {"series": "b"}),
]
NO_CANDIDATES = [
    ("eleven days later", {}, {"when": on(4, 21)}),
    ("about as many four days later", {}, {"when": on(4, 14), "claims": (ABOUT,)}),
    ("another month", {}, {"when": on(6, 1, "month")}),
    ("another giver", {}, {"givers": {"ITA"}}),
    ("another receiver", {}, {"receivers": {"ITA"}}),
    ("giver and receiver change places", {}, {"givers": {"PAK"}, "receivers": {"CHN"}}),
    ("one side open, the other another", {"receivers": set()}, {"givers": {"ITA"}}),
    ("nothing known that both have", {"givers": set()}, {"receivers": set()}),
    ("another figure", {}, {"claims": (claim("7"),)}),
    ("no figure", {}, {"claims": ()}),
    ("no number, and one side open", {"claims": (claim(*NOTHING),)},
     {"claims": (claim(*NOTHING),), "receivers": set()}),
    ("points of one series", {"series": "a"}, {"series": "a"}),
    ("linked", {"linked": {"b"}}, {}),
    ("linked the other way", {}, {"linked": {"a"}}),
    ("both the same event as a third", {"events": {"c"}}, {"events": {"c"}}),
]  # fmt: skip
CLAIMS = [one for _, *both in AGREEING + DISAGREEING for one in both]
DATES = st.dates(datetime.date(2020, 3, 1), datetime.date(2020, 5, 31))
ACCOUNTS = st.builds(
    lambda givers, receivers, day, precision, claims, series, linked: lambda id: account(
        id,
        givers=givers,
        receivers=receivers,
        when=(day, precision),
        claims=tuple(claims),
        series=series,
        linked=linked,
    ),
    st.sets(st.sampled_from(["CHN", "ITA"]), max_size=2),
    st.sets(st.sampled_from(["PAK", "who"]), max_size=2),
    DATES,
    st.sampled_from(["day", "month", "year"]),
    st.lists(st.sampled_from(CLAIMS), max_size=3),
    st.sampled_from(["", "", "a"]),
    st.sets(st.sampled_from(["a", "b", "c"]), max_size=1),
)  # fmt: skip


class TestRecords:
    @examples(CANDIDATES)
    def test_are_candidates(self, one: dict, other: dict) -> None:
        first, second = account("a", **one), account("b", **other)

        assert compare(first, second)
        assert compare(first, second) == compare(second, first)
        assert list(pairs([first, second]))

    @examples(NO_CANDIDATES)
    def test_are_none(self, one: dict, other: dict) -> None:
        first, second = account("a", **one), account("b", **other)

        assert compare(first, second) is None
        assert compare(second, first) is None

    def test_versions_of_one_record_are_none(self) -> None:
        assert compare(account("a"), account("a")) is None

    def test_more_in_common_scores_higher(self) -> None:
        plain = account("a")

        others: list[dict[str, Any]] = [
            {"receivers": frozenset(), "when": on(4, 11), "claims": (claim("490", "approx"),)},
            {"when": on(4, 11), "claims": (claim("490", "approx"),)},
            {"when": on(4, 11)},
            {},
        ]

        likenesses = [compare(plain, account("b", **other)) for other in others]

        assert [likeness and likeness.score for likeness in likenesses] == [2, 3, 4, 5]

    @given(ACCOUNTS, ACCOUNTS)
    def test_order_does_not_matter(self, one: Any, other: Any) -> None:
        first, second = one("a"), other("b")

        assert compare(first, second) == compare(second, first)

    @given(st.lists(ACCOUNTS, max_size=8))
    def test_filing_loses_no_candidate(self, made: list[Any]) -> None:
        """All pairs, compared one by one, are the reference."""
        reported = [make(name) for make, name in zip(made, "abcdefgh", strict=False)]

        filed = {frozenset({a.id, b.id}) for a, b in pairs(reported) if compare(a, b)}
        expected = {frozenset({a.id, b.id}) for a, b in combinations(reported, 2) if compare(a, b)}

        assert filed == expected


def text(id: str, **changes: Any) -> Text:
    reported: dict[str, Any] = {
        "publisher": "xinhua",
        "day": datetime.date(2020, 4, 10),
        "title": "china sends masks to pakistan",
        "address": f"example.org/{id}",
    }
    return Text(id, **reported | changes)


class TestStatements:
    @pytest.mark.parametrize(
        ("other", "expected"),
        [
            ({}, True),
            ({"title": "china sends masks to pakistan."}, True),
            ({"title": "italy receives doctors"}, False),
            ({"publisher": "cgtn"}, False),
            ({"day": datetime.date(2020, 4, 11)}, False),
            ({"publisher": "cgtn", "address": "example.org/a"}, True),
            ({"publisher": "cgtn", "digest": "d"}, True),
            ({"linked": frozenset({"a"})}, False),
        ],
    )
    def test_are_candidates_by_text_address_or_title(self, other: dict, expected: bool) -> None:
        one, second = text("a", digest="d"), text("b", **other)

        assert (compare_texts(one, second) is not None) is expected
        assert compare_texts(one, second) == compare_texts(second, one)

    def test_titles_that_differ_in_a_number_are_two(self) -> None:
        assert not alike("press conference of 3 april 2020", "press conference of 4 april 2020")

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/news/1",
            "https://www.example.org/news/1/",
            "https://EXAMPLE.org:443/news/1#top",
            "https://example.org/news/1?utm_source=mail",
            "https://example.org/news/1?mc_cid=1&msclkid=2&igshid=3",
            "https://mobile.example.org./news//1",
            "https://example.org/n%65ws/1",
            "https://web.archive.org/web/20200410120000/https://www.example.org/news/1/",
            "https://web.archive.org/web/20200410120000id_/http://example.org:80/news/1",
            "https://archive.ph/2020.04.10-120000/https://example.org/news/1",
        ],
    )
    def test_spellings_of_one_address(self, url: str) -> None:
        assert address(url) == "example.org/news/1"

    def test_names_of_hosts_stay(self) -> None:
        assert address("https://xn--mnchen-3ya.de/a") == address("https://MÜNCHEN.de/a")
        assert address("https://en.m.example.org/a") == "en.example.org/a"
        for alone in ("m.org/a", "www.org", "archive.ph/AbC12", "web.archive.org/about"):
            assert address(f"https://{alone}") == alone

    def test_queries_say_addresses_apart(self) -> None:
        assert address("https://example.org/?id=1") != address("https://example.org/?id=2")


def statuses() -> list[tuple[str, str, str]]:
    return sorted(DuplicatePair.objects.values_list("first", "second", "status"))


def pair_of(*records: Any) -> DuplicatePair:
    first, second = sorted(record.public_id for record in records)
    return DuplicatePair.objects.get(first=first, second=second)


@pytest.mark.django_db
class TestCommand:
    def test_it_finds_pairs_of_published_and_open_records_once(self) -> None:
        shown, draft = DonationFactory(published=True), DonationFactory()
        DonationFactory(recipients=["ITA"])

        call_command("find_duplicates", verbosity=0)
        once = statuses()
        call_command("find_duplicates", verbosity=0)

        assert once == statuses() == [(*sorted([shown.public_id, draft.public_id]), "open")]

    def test_kinds_are_not_compared_with_each_other(self) -> None:
        DonationFactory()
        ExportFactory(destinations=["PAK"])

        call_command("find_duplicates", verbosity=0)

        assert not statuses()

    def test_it_refuses_an_unknown_kind(self) -> None:
        with pytest.raises(CommandError, match="No such kind: gift"):
            call_command("find_duplicates", "gift")

    def test_statements_are_found(self) -> None:
        one, other = (
            StatementFactory(url="https://a.org/1"),
            StatementFactory(url="http://a.org/1/"),
        )

        call_command("find_duplicates", "statement", verbosity=0)

        assert pair_of(one, other).reasons[0] == "The same address: a.org/1"

    @pytest.mark.parametrize(
        "url",
        [
            "https://WWW.Münster.example/caf%c3%a9/1",
            "https://xn--mnster-3ya.example/café/1/",
            "http://de.m.münster.example/café/1?fbclid=1",
            "https://web.archive.org/web/20200410/https://münster.example/caf%C3%A9/1",
        ],
    )
    def test_a_statement_is_found_by_other_spellings_of_its_address(self, url: str) -> None:
        host = "de.münster" if "de.m." in url else "münster"
        known = StatementFactory(url=f"https://{host}.example/café/1")
        new = StatementFactory(url=url)

        finding.find_near(new)

        assert pair_of(known, new).reasons[0].startswith("The same address: ")

    def test_a_pair_that_has_nothing_in_common_any_more_leaves_the_queue(self) -> None:
        one, other = DonationFactory(), DonationFactory()
        finding.find("donation")
        publishing.discard(other)

        found = finding.find("donation")

        assert (found.new, found.gone) == (0, 1)
        assert not DuplicatePair.objects.exists()
        assert Donation.objects.get() == one

    def test_not_a_duplicate_is_remembered(self, editor: User) -> None:
        one, other = DonationFactory(), DonationFactory()
        finding.find("donation")
        finding.not_a_duplicate(pair_of(one, other), by=editor, why="Two flights.")
        other.title = "Another title"
        other.save()

        found = finding.find("donation")
        finding.find_near(other)

        pair = pair_of(one, other)
        assert (found.new, found.reopened, found.gone) == (0, 0, 0)
        assert (pair.status, pair.decided_by, pair.why) == (
            DuplicateStatus.NOT_A_DUPLICATE,
            editor,
            "Two flights.",
        )

    def test_same_event_comes_back_only_when_its_link_is_gone(self, editor: User) -> None:
        one, other = DonationFactory(published=True), DonationFactory(published=True)
        finding.find("donation")
        draft = finding.same_event(
            pair_of(one, other), keep=one.public_id, by=editor, why="One delivery."
        )

        kept = finding.find("donation")
        publishing.discard(draft)
        found = finding.find("donation")

        assert kept.reopened == 0
        assert found.reopened == 1
        assert pair_of(one, other).is_open
        assert pair_of(one, other).why == "One delivery."

    def test_it_requests_as_often_whatever_the_number_of_records(self) -> None:
        def requested() -> int:
            with CaptureQueriesContext(connection) as queries:
                finding.find("donation")
            return len(queries)

        DonationFactory.create_batch(2)
        requested()
        DonationFactory(figures__value=7)
        DonationFactory(figures__value=7)
        few = requested()
        DonationFactory.create_batch(3, figures__value=9)
        DonationFactory.create_batch(3, figures__value=9, recipients=["ITA"])

        assert requested() == few

    def test_a_ministry_stands_for_its_country(self) -> None:
        Party.objects.create(
            code="chn-mfa", version=1, name="Ministry", type="government", country="CHN"
        )
        one, other = DonationFactory(), DonationFactory()
        one.parties.filter(role="donor").update(party="chn-mfa")

        (found,) = finding.find_near(one)

        assert found == pair_of(one, other)
        assert finding.find("donation").new == 0

    def test_the_near_ones_are_those_of_the_command(self) -> None:
        """Around a save, the same pairs are found as by comparing all."""
        varied: list[dict[str, Any]] = [
            {},
            {"recipients": []},
            {"donors": ["CHN", "jack-ma-foundation"]},
            {"as_of_precision": "month"},
            {"as_of": datetime.date(2020, 4, 13)},
            {"figures__operator": "approx", "figures__value": Decimal(49_000)},
            {"as_of": datetime.date(2020, 1, 1), "as_of_precision": "year"},
        ]
        for changes in varied:
            DonationFactory(published=True, **changes)
            DonationFactory(**changes)
        finding.find("donation")
        expected = statuses()
        DuplicatePair.objects.all().delete()

        for record in Donation.objects.all():
            finding.find_near(record)

        assert len(expected) > 50
        assert statuses() == expected


@pytest.mark.django_db
class TestDeciding:
    @pytest.fixture
    def records(self) -> tuple[Any, Any]:
        return DonationFactory(published=True), DonationFactory(published=True)

    @pytest.fixture
    def pair(self, records: Any) -> DuplicatePair:
        return DuplicatePairFactory(records=records)

    def test_same_event_is_a_correction_that_links_and_counts_no_more(
        self, records: Any, pair: DuplicatePair, editor: User
    ) -> None:
        keep, other = records

        draft = finding.same_event(pair, keep=keep.public_id, by=editor, why="One delivery.")

        figure = draft.figures.get()
        assert (draft.public_id, draft.version, draft.reason) == (
            other.public_id,
            2,
            "One delivery.",
        )
        assert [(link.type, link.target) for link in draft.links.all()] == [
            (LinkType.SAME_EVENT_AS, keep.public_id)
        ]
        assert (figure.countable, figure.countable_reason) == (False, "duplicate_report")
        other.refresh_from_db()
        assert other.state == State.PUBLISHED
        assert other.figures.get().countable
        pair.refresh_from_db()
        assert (pair.status, pair.decided_by) == (DuplicateStatus.SAME_EVENT, editor)

    def test_who_decided_does_not_approve(
        self, records: Any, pair: DuplicatePair, editor: User
    ) -> None:
        draft = finding.same_event(pair, keep=records[0].public_id, by=editor, why="One delivery.")
        publishing.submit(draft, by=UserFactory(username="second"))

        with pytest.raises(ValidationError, match="somebody else must approve"):
            publishing.approve([draft], by=editor, message="One delivery.")
        draft.refresh_from_db()
        publish(draft)
        assert draft.state == State.PUBLISHED

    def test_an_open_version_is_edited_and_leaves_review(self, editor: User) -> None:
        keep, other = DonationFactory(published=True), DonationFactory(in_review=True)
        pair = DuplicatePairFactory(records=(keep, other))
        decider = UserFactory(username="decider")

        draft = finding.same_event(pair, keep=keep.public_id, by=decider, why="One delivery.")

        other.refresh_from_db()
        assert draft == other
        assert (other.state, other.edits) == (State.DRAFT, 1)
        assert Contributor.objects.filter(public_id=other.public_id, user=decider).exists()

    def test_figures_that_do_not_count_keep_their_reason(self, editor: User) -> None:
        pledge = {"countable": False, "countable_reason": "pledge"}
        keep = DonationFactory()
        other = DonationFactory(figures=[{}, {"item": "ventilator", **pledge}])
        pair = DuplicatePairFactory(records=(keep, other))

        draft = finding.same_event(pair, keep=keep.public_id, by=editor, why="One delivery.")

        reasons = [figure.countable_reason for figure in draft.ordered_figures()]
        assert reasons == ["duplicate_report", "pledge"]

    def test_statements_are_linked(self, editor: User) -> None:
        keep, other = StatementFactory(), StatementFactory()
        pair = DuplicatePairFactory(records=(keep, other))

        draft = finding.same_event(pair, keep=keep.public_id, by=editor, why="Filed twice.")

        assert draft.links.get().target == keep.public_id

    @pytest.mark.parametrize("why", ["", "  "])
    def test_a_decision_needs_a_reason(
        self, why: str, records: Any, pair: DuplicatePair, editor: User
    ) -> None:
        with pytest.raises(ValidationError, match="Say why"):
            finding.not_a_duplicate(pair, by=editor, why=why)
        with pytest.raises(ValidationError, match="Say why"):
            finding.same_event(pair, keep=pair.first, by=editor, why=why)

        pair.refresh_from_db()
        assert pair.is_open

    def test_it_is_decided_once(self, pair: DuplicatePair, editor: User) -> None:
        finding.not_a_duplicate(pair, by=editor, why="Two flights.")

        with pytest.raises(ValidationError, match="editor decided already"):
            finding.same_event(pair, keep=pair.first, by=editor, why="One.")
        assert not Donation.objects.open().exists()

    def test_what_is_gone_or_linked_or_neither_is_refused(self, editor: User) -> None:
        one, other, third = DonationFactory(), DonationFactory(), DonationFactory()
        pair = DuplicatePairFactory(records=(one, other))
        one.links.create(type="contradicts", target=other.public_id)

        for keep, message in [
            (third.public_id, "Choose which"),
            (one.public_id, "linked already"),
        ]:
            with pytest.raises(ValidationError, match=message):
                finding.same_event(pair, keep=keep, by=editor, why="One.")
        keep = one.public_id
        publishing.discard(other)
        with pytest.raises(ValidationError, match="there no more"):
            finding.same_event(pair, keep=keep, by=editor, why="One.")

    def test_the_database_holds_a_pair_once_in_order_with_who_and_why(
        self, pair: DuplicatePair
    ) -> None:
        first, second = pair.ids
        wrong: list[dict[str, Any]] = [
            {"first": first, "second": second},
            {"first": second, "second": first},
            {"first": "don-00000000", "second": second, "status": "same_event"},
        ]

        for columns in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                DuplicatePair.objects.create(kind="donation", score=1, **columns)


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def reported(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def page(candidate: DuplicatePair) -> str:
    return reverse("admin:records_duplicatepair_change", args=[candidate.pk])


QUEUE = "/admin/records/duplicatepair/"


def told(pair: DuplicatePair) -> list[str]:
    """The first figure of each of the two."""
    return [f"{public_id}:1" for public_id in pair.ids]


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def pair(self) -> DuplicatePair:
        return DuplicatePairFactory(
            records=(
                DonationFactory(published=True, title="Masks for Pakistan"),
                DonationFactory(title="Pakistan gets masks", figures__value=Decimal(51_000)),
            )
        )

    @pytest.fixture
    def curator(self, editor: User) -> Client:
        # Not watched for rows loaded one by one: a decision takes each figure by itself.
        allow(editor, "view_donation", "change_donation")
        client = Client()
        client.force_login(editor)
        return client

    def test_saving_says_of_what_is_found_and_is_not_stopped(self, curator: Client) -> None:
        other, draft = DonationFactory(published=True), DonationFactory()
        address = reverse("admin:records_donation_change", args=[draft.pk])
        opened = curator.get(address)
        sent: dict[str, Any] = {}
        forms = [opened.context["adminform"].form]
        for inline in opened.context["inline_admin_formsets"]:
            forms += [inline.formset.management_form, *inline.formset.forms]
        for form in forms:
            sent |= {bound.html_name: bound.value() for bound in form}
        sent = {name: "" if value is None else value for name, value in sent.items()}

        saved = curator.post(address, sent | {"title": "Masks for Pakistan"})

        assert saved.status_code == 302
        assert Donation.objects.get(pk=draft.pk).title == "Masks for Pakistan"
        assert (
            f'compare it with <a href="{page(pair_of(other, draft))}">{other.public_id}'
            in reported(saved)
        )
        assert page(pair_of(other, draft)) in curator.get(address).content.decode()

    def test_the_comparison_shows_what_is_equal_and_what_differs(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        html = curator.get(page(pair)).content.decode()

        verdicts = {
            name: verdict
            for verdict, name in re.findall(
                r'<tr class="duplicate-([a-z-]+)"><th scope="row">([\w ]+?) <', html
            )
        }
        assert verdicts["Title"] == "differs"
        assert verdicts["Donors"] == verdicts["As of"] == "equal"
        assert verdicts["Figure 1"] == "differs"
        assert "50,000" in html
        assert "51,000" in html
        assert "donated 51,000" in html

    def test_not_a_duplicate_requests_why_and_leaves_the_queue(
        self, pair: DuplicatePair, curator: Client, editor: User
    ) -> None:
        refused = curator.post(page(pair), {"not_a_duplicate": "yes", "apart-why": ""})
        taken = curator.post(page(pair), {"not_a_duplicate": "yes", "apart-why": "Two flights."})

        assert "Say why they are two." in refused.content.decode()
        assert taken["Location"] == QUEUE
        pair.refresh_from_db()
        assert (pair.status, pair.decided_by, pair.why) == (
            DuplicateStatus.NOT_A_DUPLICATE,
            editor,
            "Two flights.",
        )
        assert "Two flights." in curator.get(QUEUE).content.decode()
        decided = curator.get(page(pair)).content.decode()
        assert "Decided: <strong>not a duplicate</strong>, by editor" in decided
        assert not DuplicatePair.objects.open().exists()

    def test_same_event_leads_to_the_draft_that_says_so(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        published = Donation.objects.get(state=State.PUBLISHED)
        keep = pair.other(published.public_id)

        refused = curator.post(page(pair), {"same_event": "yes", "same-why": "One delivery."})
        taken = curator.post(
            page(pair),
            {
                "same_event": "yes",
                "same-keep": keep,
                "same-why": "One delivery.",
                "same-figures": told(pair),
            },
        )

        draft = Donation.objects.get(public_id=published.public_id, version=2)
        assert "Choose the record that goes on counting." in refused.content.decode()
        assert taken["Location"] == reverse("admin:records_donation_change", args=[draft.pk])
        assert draft.links.get().target == keep

    def test_only_figures_that_are_told_twice_count_no_more(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        published = Donation.objects.get(state=State.PUBLISHED)
        keep = pair.other(published.public_id)
        more = DonationFactory(figures=[{}, {"item": "ventilator", "value": 20}])
        pair = DuplicatePairFactory(records=(Donation.objects.get(public_id=keep), more))
        words = {"same_event": "yes", "same-keep": keep, "same-why": "One delivery."}

        refused = curator.post(page(pair), words | {"same-figures": [f"{keep}:1"]})
        curator.post(page(pair), words | {"same-figures": [f"{more.public_id}:1"]})

        assert "Choose the figures of the other record" in refused.content.decode()
        counts = more.figures.order_by("position", "pk").values_list("countable", flat=True)
        assert list(counts) == [False, True]

    def test_figures_of_a_new_draft_are_added_to_the_record(
        self, curator: Client, editor: User
    ) -> None:
        known = DonationFactory(published=True)
        new = DonationFactory(figures=[{}, {"item": "ventilator", "value": 20}])
        Contributor.edited(new, UserFactory(username="third"))
        pair = DuplicatePairFactory(records=(known, new))

        taken = curator.post(page(pair), {"add_figures": "yes", "add-why": "It also says so."})

        draft = Donation.objects.get(public_id=known.public_id, version=2)
        assert taken["Location"] == reverse("admin:records_donation_change", args=[draft.pk])
        rows = draft.figures.order_by("position").values_list("item", "value")
        assert list(rows) == [("surgical-mask", 50_000), ("ventilator", 20)]
        assert not Donation.objects.filter(public_id=new.public_id).exists()
        editors = Contributor.objects.filter(public_id=draft.public_id, version=2)
        assert {str(row.user) for row in editors} == {"editor", "third"}

    def test_pairs_of_a_discarded_draft_go(self, curator: Client, editor: User) -> None:
        allow(editor, "delete_donation")
        DonationFactory(published=True)
        draft = DonationFactory()
        finding.find_near(draft)
        assert DuplicatePair.objects.open().exists()

        address = reverse("admin:records_donation_discard", args=[draft.pk])
        curator.post(address, {"seen": f"{draft.pk}:edit-0"})

        assert not DuplicatePair.objects.exists()

    def test_the_home_says_how_many_nobody_looked_for(self, curator: Client) -> None:
        DonationFactory(published=True)
        DonationFactory(figures__value=7)
        asked = curator.get("/admin/").content.decode()
        finding.find("donation")
        DonationFactory(figures__value=8)
        again = curator.get("/admin/").content.decode()

        assert "2 records were not compared with the others yet" in asked
        assert "1 record was not compared with the others yet" in again

    def test_a_second_decision_is_reported_who_was_first(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        finding.not_a_duplicate(pair, by=UserFactory(username="other"), why="Two flights.")

        late = curator.post(
            page(pair),
            {
                "same_event": "yes",
                "same-keep": pair.first,
                "same-why": "One delivery.",
                "same-figures": told(pair),
            },
        )

        assert "other decided already: not a duplicate. Two flights." in reported(late)

    def test_a_decided_pair_is_put_back_and_keeps_what_was_said(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        finding.not_a_duplicate(pair, by=UserFactory(username="other"), why="Two flights.")

        curator.post(page(pair), {"look_again": "yes"})

        assert DuplicatePair.objects.open().get() == pair
        assert "Two flights." in curator.get(page(pair)).content.decode()

    def test_who_may_only_look_decides_nothing(self, pair: DuplicatePair, reviewer: User) -> None:
        allow(reviewer, "view_donation")
        client = Client()
        client.force_login(reviewer)

        shown = client.get(page(pair)).content.decode()
        posted = client.post(page(pair), {"apart-why": "Two."})

        assert "Not a duplicate" not in shown
        assert posted.status_code == 403
        assert DuplicatePair.objects.open().exists()

    def test_pairs_of_kinds_that_one_may_not_see_are_not_there(
        self, pair: DuplicatePair, reviewer: User
    ) -> None:
        allow(reviewer, "view_export", "change_export")
        client = Client()
        client.force_login(reviewer)

        queue = client.get(QUEUE)
        posted = client.post(page(pair), {"apart-why": "Two."})

        assert queue.context["cl"].result_count == 0
        assert client.get(page(pair)).status_code == posted.status_code == 302
        assert DuplicatePair.objects.open().exists()

    def test_a_pair_with_a_record_gone_still_opens(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        publishing.discard(Donation.objects.open().get())

        html = curator.get(page(pair)).content.decode()

        assert "was withdrawn or discarded" in html
        assert 'name="same_event"' not in html

    def test_pages_ask_as_often_however_much_there_is(
        self, pair: DuplicatePair, curator: Client
    ) -> None:
        def requested(address: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                assert curator.get(address).status_code == 200
            return len(queries)

        few = requested(QUEUE), requested(page(pair))
        figures = [{"item": item} for item in ("goggles", "ventilator", "surgical-mask")]
        long = DuplicatePairFactory(
            records=(DonationFactory(figures=figures), DonationFactory(figures=figures))
        )

        many = requested(QUEUE), requested(page(long))
        assert many == few
        assert max(many) <= 12

    def test_readers_see_nothing_of_it(self, pair: DuplicatePair, client: Client) -> None:
        published = Donation.objects.get(state=State.PUBLISHED)
        draft = pair.other(published.public_id)

        for public in (
            f"/api/v1/donations/{published.public_id}/",
            "/api/v1/donations/",
            f"/records/{published.public_id}/",
        ):
            html = client.get(public).content.decode()
            assert published.public_id in html
            assert draft not in html
        assert "candidate" not in client.get("/api/v1/openapi.json").content.decode().lower()


def test_the_dataset_has_a_queue_worth_a_curators_time(dataset: None) -> None:
    """What the published dataset leaves open: few pairs, each a question that a person would ask.
    Who adds records settles new ones with a link, or adds them here."""
    for kind in KINDS:
        finding.find(kind)

    assert statuses() == [
        ("con-2f42ab1n", "con-zq7knpvq", "open"),  # five million masks, lost to a fraud
        ("con-6mxrfkae", "con-zq7knpvq", "open"),  # five million masks for the Czech Republic
        ("con-j8sx80yc", "con-x9we58an", "open"),  # eight million masks that land in Munich
        ("don-fpf3r31h", "don-kvy1mb6m", "open"),  # two of Japan's vaccine gifts to Taiwan
        ("don-n5e5j423", "don-rm5swtd3", "open"),  # two of China's vaccine gifts to Zimbabwe
        ("don-twydwpd0", "don-vvff7pxz", "open"),  # two of Japan's vaccine gifts to Vietnam
    ]


def refused(looked: Looked) -> list[str]:
    """What the content policy kept from the page."""
    return [reported for reported in looked.complaints if "Content Security Policy" in reported]


@pytest.mark.parametrize("width", [1280, 390])
def test_queue_and_comparison_in_a_browser(
    width: int, transactional_db: None, client: Client, superuser: User, look: Any
) -> None:
    records = (
        DonationFactory(published=True, title="China sends surgical masks to Pakistan"),
        DonationFactory(
            title="Masks from China arrive in Pakistan",
            figures=[{"value": Decimal(51_000)}, {"item": "ventilator", "value": Decimal(20)}],
        ),
    )
    pair = DuplicatePairFactory(records=records)
    client.force_login(superuser)
    looked = look("/livez", width)
    looked.page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "url": looked.page.url,
            }
        ]
    )
    base = looked.page.url.removesuffix("/livez")

    looked.page.goto(f"{base}{QUEUE}")
    looked.page.get_by_role("link", name=str(pair)).click()
    looked.page.wait_for_url(f"{base}{page(pair)}*")

    assert not refused(looked)
    assert fits(looked)
    reason = looked.page.get_by_label("Why they are two events")
    around = looked.page.locator("fieldset").filter(has=reason)
    assert box(reason)["width"] <= box(around)["width"]
    assert barriers(looked) == []
    looked.complaints.clear()  # axe puts styles of its own into the page
    looked.page.get_by_label("Why they are two events").focus()
    looked.page.keyboard.type("Two flights on one day.")
    looked.page.keyboard.press("Tab")
    looked.page.keyboard.press("Enter")
    looked.page.wait_for_url(f"{base}{QUEUE}")

    expect(looked.page.locator("ul.messagelist")).to_contain_text("not a duplicate")
    assert not refused(looked)
