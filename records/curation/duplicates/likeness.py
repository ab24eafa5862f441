"""Rule for two records that may be of one event: over plain rows, without a
database. It proposes; a curator decides.

Two donations, two exports or two contracts are *candidates* if all of this holds:

1. They share a giver and a receiver, in those roles; or one side, where one of them leaves the
   other side open. Joint gifts share one party of several. A body of a government counts as its
   country: papers write China where the source names a ministry.
2. Their days are at most SLACK days apart, and if they are more than SOON apart, figures must be
   equal to be evidence. A month or year counts as all of its days, a period
   from its first day to its last or to `as_of`, whichever is later.
3. A figure of the one agrees with one of the other (`agrees`): the same measure; the same item or
   one above it; the same unit or currency, or one left open; and values that can both be true.
   For "about" that is within 5 %, for "more than" up to a quarter more, for "up to" down to four
   fifths. Bounds count as within: papers make "over 500" of 500.
4. Nobody has said how they relate: no link between them in either direction, none from both to
   one event, and they are not points of one series.

A gift and a sale are never candidates of each other: where statements disagree on which it was,
those are two records that contradict each other, on purpose.

Figures that could agree a hundred times over by chance are no evidence: prices, capacities, aims,
"500 each", sums that other records hold, parts of a total, and what is marked as reported twice or
known to be wrong. "Masks" without a number agree with "masks" without a number, if both sides are
shared, and with nothing else.

Two statements are candidates if they have one text, or one address, or one publisher, one day and
nearly one title.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import combinations
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from aidapi.dates import span

SLACK = timedelta(days=10)
"""News of one delivery spreads over some days."""
SOON = timedelta(days=3)
"""Days within which figures need only be compatible; later accounts have equal ones, or are of
another delivery."""
ABOUT = Decimal("0.05")
"""How far from the number stated "about" reaches, to either side."""
OPEN_ENDED = Decimal("1.25")
"""Who says "more than 400" means not much more. At twice as many, the second and the third flight
of one airlift would be taken for one: "over six million masks" and 10.3 million."""
NEARLY = 0.9
"""How alike two titles are, from 0 to 1, that may be one."""
TOLD_ONCE = ("single", "cumulative_to_date", "period_total")
"""Bases of amounts that went from one to the other; one account may call total what another
calls one gift."""
NO_EVIDENCE = (
    "duplicate_report",
    "umbrella",
    "part_of_total",
    "valuation",
    "conversion",
    "option",
    "instalment",
    "refund",
)
"""Reasons not to count a figure that make it another amount than the event's own."""


class Claim(NamedTuple):
    """A figure, as far as it can be evidence."""

    measure: str
    items: tuple[str, ...]
    """Its item, then the items above it; empty for money that names none and for parties."""
    unit: str
    """Unit or currency; empty where it is left open."""
    party_group: tuple[str, str]
    """Type and role of a number of parties."""
    low: Decimal | None
    high: Decimal | None
    """Range that the quote allows, ends included; null for "masks" without a number."""

    def words(self) -> str:
        what = self.items[0] if self.items else self.party_group[0] or self.measure
        unit = f" ({self.unit})" if self.unit else ""
        return f"{what}{unit}"


def reach(
    operator: str, value: Decimal | None, lower: Decimal | None, upper: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that somebody who chose these words may have meant."""
    if value is None:
        return lower, upper
    if operator == "approx":
        return value * (1 - ABOUT), value * (1 + ABOUT)
    if operator in ("at_least", "more_than"):
        return value, value * OPEN_ENDED
    if operator in ("at_most", "less_than"):
        return value / OPEN_ENDED, value
    return value, value


def agrees(one: Claim, other: Claim) -> bool:
    """Whether both may be the same amount of the same thing."""
    if one.measure != other.measure or one.party_group != other.party_group:
        return False
    if one.unit and other.unit and one.unit != other.unit:
        return False
    if one.items and other.items:
        if one.items[0] not in other.items and other.items[0] not in one.items:
            return False
    elif one.items != other.items and one.measure != "money":
        return False
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return one.low is other.low and one.high is other.high and one.items == other.items
    return one.low <= other.high and other.low <= one.high


def is_equal(one: Claim, other: Claim) -> bool:
    """Whether they agree to the letter, with a number."""
    return one == other and one.low is not None


@dataclass(frozen=True, slots=True)
class Account:
    """An event as one version of a donation, export or contract reports it."""

    id: str
    givers: frozenset[str]
    receivers: frozenset[str]
    first: date
    last: date
    series: str = ""
    linked: frozenset[str] = frozenset()
    """Ids of the records that it links to, in whatever way."""
    events: frozenset[str] = frozenset()
    """Its own id, and those of the records that it says report the same event."""
    claims: tuple[Claim, ...] = ()


def days(
    as_of: date, precision: str, start: date | None = None, end: date | None = None
) -> tuple[date, date]:
    """First and last day that an account covers."""
    first, last = span(as_of, precision)
    return min(start or first, first), max(end or last, last)


def is_settled(one: Account, other: Account) -> bool:
    """Whether it is said already how they relate, or nothing needs saying."""
    return bool(
        one.id == other.id
        or other.id in one.linked
        or one.id in other.linked
        or one.events & other.events
        or (one.series and one.series == other.series)
    )


@dataclass(frozen=True)
class Likeness:
    """Why two records are candidates, in words, and how much speaks for it, from 1 to 5."""

    score: int
    reasons: list[str] = field(default_factory=list)


def compare(one: Account, other: Account) -> Likeness | None:
    """Why these are candidates; nothing if they are none. The order does not matter."""
    if one.first - SLACK > other.last or other.first - SLACK > one.last:
        return None
    givers, receivers = one.givers & other.givers, one.receivers & other.receivers
    if not (givers or receivers):
        return None
    if not givers and one.givers and other.givers:
        return None
    if not receivers and one.receivers and other.receivers:
        return None
    if is_settled(one, other):
        return None
    soon = one.first - SOON <= other.last and other.first - SOON <= one.last
    agreeing = [
        (a, b)
        for a in one.claims
        for b in other.claims
        if agrees(a, b)
        and (a.low is not None or (givers and receivers))
        and (soon or is_equal(a, b))
    ]
    if not agreeing:
        return None
    return _likeness(one, other, sorted(givers), sorted(receivers), agreeing)


def _likeness(
    one: Account,
    other: Account,
    givers: list[str],
    receivers: list[str],
    agreeing: list[tuple[Claim, Claim]],
) -> Likeness:
    equal = {a.words() for a, b in agreeing if is_equal(a, b)}
    fewest = min(len(one.claims), len(other.claims))
    all_agree = min(len({a for a, _ in agreeing}), len({b for _, b in agreeing})) >= fewest
    both_sides = bool(givers and receivers)
    one_day = one.first == one.last == other.first == other.last
    parties = f"{', '.join(givers) or 'unknown'} → {', '.join(receivers) or 'unknown'}"
    reasons = [
        f"Parties: {parties}" + ("" if both_sides else "; one side is open"),
        f"Dates: {_span(*sorted([(one.first, one.last), (other.first, other.last)]))}",
    ]
    if equal:
        reasons.append(f"Equal: {', '.join(sorted(equal))}")
    fitting = {max(a, b, key=_depth).words() for a, b in agreeing} - equal
    if fitting:
        reasons.append(f"Compatible: {', '.join(sorted(fitting))}")
    if all_agree:
        reasons.append("Every figure of one agrees with one of the other")
    score = 1 + both_sides + one_day + bool(equal) + all_agree
    return Likeness(score, reasons)


def _depth(claim: Claim) -> tuple[int, str, str]:
    """Return one name for two that agree: the narrower item and the stated unit."""
    return len(claim.items), claim.unit, claim.words()


def _span(one: tuple[date, date], other: tuple[date, date]) -> str:
    written = [str(a) if a == b else f"{a} to {b}" for a, b in (one, other)]
    return written[0] if one == other else " and ".join(written)


def _keys(account: Account) -> Iterator[tuple]:
    """Under what an account is filed, so that only accounts with something in common are
    compared: shared parties and the measure of a figure, with the root of its item."""
    topics = {
        (claim.measure, claim.items[-1] if claim.measure == "quantity" else "")
        for claim in account.claims
    }
    sides: list[tuple[str, str]] = [(g, r) for g in account.givers for r in account.receivers]
    if not account.givers or not account.receivers:
        sides += [("", r) for r in account.receivers] + [(g, "") for g in account.givers]
    for topic in topics:
        for side in sides:
            yield (*side, topic)


def _partners(key: tuple) -> Iterator[tuple]:
    """The files in which a partner of an account under this key may be, the key's own left out:
    where one side is open, those of each account that names it."""
    giver, receiver, topic = key
    if giver and receiver:
        yield (giver, "", topic)
        yield ("", receiver, topic)


def pairs(accounts: Sequence[Account]) -> Iterator[tuple[Account, Account]]:
    """Yield every two of one kind that may be candidates, some of them more than once: those filed
    together, swept in order of their days."""
    files: dict[tuple, list[Account]] = {}
    for account in accounts:
        for key in _keys(account):
            files.setdefault(key, []).append(account)
    for filed in files.values():
        filed.sort(key=_first)
    for key, filed in files.items():
        yield from _sweep(filed)
        for other in _partners(key):
            if other in files:
                yield from _across(filed, files[other])


def _first(account: Account) -> tuple[date, str]:
    return account.first, account.id


def _sweep(filed: list[Account]) -> Iterator[tuple[Account, Account]]:
    """Pairs within one file whose days are near."""
    near: list[Account] = []
    for account in filed:
        near = [other for other in near if other.last >= account.first - SLACK]
        for other in near:
            yield other, account
        near.append(account)


def _across(some: list[Account], others: list[Account]) -> Iterator[tuple[Account, Account]]:
    """Pairs of one file with another whose days are near."""
    ids = {id(account) for account in some}
    for one, other in _sweep(sorted([*some, *others], key=_first)):
        if (id(one) in ids) != (id(other) in ids):
            yield one, other


# Statements


@dataclass(frozen=True, slots=True)
class Text:
    """A statement as it is compared with others."""

    id: str
    publisher: str
    """Folded."""
    day: str
    """Of publication, as far as it is known."""
    title: str
    """Folded."""
    address: str
    """As `address` writes it."""
    digest: str = ""
    linked: frozenset[str] = frozenset()


TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_\w+|at_(campaign|medium)|(fb|g|d|y|tw|tt)clid|msclkid|gbraid|wbraid|igshid"
    r"|mc_[ce]id|_ga|_gl|_hsenc|_hsmi|mkt_tok|ocid|spm|wt\.mc_id)$"
)
"""Parameters that say where a reader came from."""
ARCHIVED = re.compile(
    r"^(?:https?://)?(?:web\.archive\.org/web/\d+[a-z_]*|archive\.(?:today|ph|is|li|vn|md|fo)"
    r"/(?:\d{4}[\d.-]*|newest|o/\w+))/(?=(https?://)?[^/]+\.)",
    re.I,
)
"""What archives of the web write before the address of a page."""
MOBILE = re.compile(r"^(www|m|mobile|amp)\.(?=.*\.)|(?<=\.)m\.(?=.*\.)")
"""What is put before, or into, the name of a host for readers with small screens."""


def address(url: str) -> str:
    """Return an address without what does not distinguish pages: the archive that keeps a copy,
    scheme, `www.`, port, fragment, marks of campaigns, a slash at the end, and whether letters
    beyond ASCII are encoded."""
    page = ARCHIVED.sub("", url.strip())
    parts = urlsplit(page if "://" in page else f"//{page}")
    host = (parts.hostname or "").rstrip(".")
    with suppress(UnicodeError):
        host = host.encode().decode("idna")
    query = [(k, v) for k, v in parse_qsl(parts.query, True) if not TRACKING.match(k.lower())]
    path = re.sub("/{2,}", "/", unicodedata.normalize("NFC", unquote(parts.path))).rstrip("/")
    return f"{MOBILE.sub('', host)}{path}" + (f"?{urlencode(sorted(query))}" if query else "")


def compare_texts(one: Text, other: Text) -> Likeness | None:
    """Why two statements may be one; nothing if they are not."""
    if one.id == other.id or other.id in one.linked or one.id in other.linked:
        return None
    same_text = bool(one.digest) and one.digest == other.digest
    same_address = one.address == other.address
    same_source = one.publisher == other.publisher and one.day == other.day
    same_title = same_source and alike(one.title, other.title)
    if not (same_text or same_address or same_title):
        return None
    evidence = [
        (same_text, "The same text"),
        (same_address, f"The same address: {one.address}"),
        (same_source, f"The same publisher and day: {one.publisher}, {one.day}"),
        (same_title, "Nearly the same title" if one.title != other.title else "The same title"),
    ]
    reasons = [words for holds, words in evidence if holds]
    return Likeness(1 + len(reasons), reasons)


def alike(one: str, other: str) -> bool:
    """Whether two folded titles are nearly one. What numbers they name must be the same: "on 3
    April" and "on 4 April" are two."""
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    # Not the same both ways round of itself, so in an order of its own.
    first, second = sorted([one, other])
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= NEARLY


def pairs_of_texts(texts: Sequence[Text]) -> Iterator[tuple[Text, Text]]:
    """Yield every two statements that share an address, a text, or a publisher and a day."""
    files: dict[tuple, list[Text]] = {}
    for text in texts:
        files.setdefault(("address", text.address), []).append(text)
        files.setdefault(("source", text.publisher, text.day), []).append(text)
        if text.digest:
            files.setdefault(("text", text.digest), []).append(text)
    for filed in files.values():
        yield from combinations(filed, 2)
