"""The figures that the words around a number say: qualifier, unit, item, currency, parties; and
what of these words is not understood. Nothing that is not understood looks sure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import Any

from records.curation.statement_reader.known import AMBIGUOUS, Known, Mention
from records.models import Measure, Operator, Unit, plain
from records.models.reading import Number, Said, Token, listed

FRACTION = re.compile(r"(?<![\d/])\d/$")
"""What is before the second number of 1/2 million."""
APART = frozenset("-–—")
PLURAL = re.compile(r"[a-z]{3,}[^s\W]s")
HYPHENED = re.compile(r"-[^\W\d_]")
YEARS = range(1990, 2036)
LARGEST = Decimal(10) ** 15
FRACTIONS = frozenset({Unit.TONNE, Unit.KILOGRAM, Unit.LITRE, Unit.HOUR})
"""Units that may have fractions."""
PACKS = frozenset({Unit.BOX, Unit.BATCH, Unit.FLIGHT})
"""Units that hold items of any kind."""
SHARED = PACKS | {Unit.TONNE, Unit.KILOGRAM}
"""Units of several kinds of items together."""
NEAR = 4
"""Most words between a number and what it counts."""
MOST_ENTRIES = 100
"""Numbers of entries in a list are below it."""
CLOSE = 2
"""Most words between a number and what denies it."""
FAR = 12
MOST_SHOTS = 3
"""Most shots of which one vaccination consists: a three-dose vaccine."""
SENTENCE_ENDS = frozenset(".。!?！？;；")
PAUSES = frozenset(",，、:：()（）/")
INTRODUCING = frozenset(":：(（")
TIMES = frozenset("x×*")
PARTICLES = frozenset(
    "을를의은는이가を的はがの共计計達达捐赠贈為为是:：각各約约合計计总總數数총약모두合わせ"
)
"""Signs between an item and its number in Chinese, Japanese and Korean."""
NEVER_BEFORE = frozenset(["won", "real", "dong", "rand", "lira", "cup", "pen", "yen", "euro"])
"""Currencies that are other words before a number, or are written after it."""
NOT_UNDERSTOOD = "what it counts is not understood"
SAID_OF = {
    "each": "said of each, not of all together",
    "of_which": "part of another figure",
    "another": "in addition to another figure",
}
"""List of words → what is noted of a figure beside one of them."""


@dataclass
class Proposal:
    """A figure as a form may take it, the words that bear it, and what of them is not sure."""

    fields: dict[str, str]
    start: int
    end: int
    """Place of the quote in the folded text."""
    number: Number
    doubts: list[str] = field(default_factory=list)
    """What is not understood, in words for the curator; empty where all is."""
    notes: list[str] = field(default_factory=list)
    is_aid: bool = True
    """False for counts of cases, days, pages …"""


class Reader:
    """Reads the figures of one folded text."""

    def __init__(self, text: str, known: Known, language: str, role: str = "") -> None:
        self.said = Said.of_folded(text, language)
        self.words = self.said.words
        self.known = known
        self.role = role
        self.items = self.mentions()
        self.ambiguous = set(listed(AMBIGUOUS.get(self.said.known.language, "")))

    def mentions(self) -> list[Mention]:
        """Return the items that are named outside the numbers."""
        found: list[Mention] = []
        at = 0
        for number in [*self.said.numbers, None]:
            end = number.first if number else len(self.words)
            found += self.known.mentions(self.words, at, end)
            at = number.last if number else end
        return self.whole(found)

    def whole(self, found: list[Mention]) -> list[Mention]:
        """Return the items without abbreviations in brackets: “pieces (pcs) of masks” and
        “protective equipment (PPE) kits” name one item each."""
        kept: list[Mention] = []
        for index, item in enumerate(found):
            bracketed = self.texts(item.first - 1, item.first) == ["("] and self.texts(
                item.last, item.last + 1
            ) == [")"]
            if not bracketed:
                kept.append(item)
            elif kept and kept[-1].code == item.code and kept[-1].last == item.first - 1:
                kept[-1] = Mention(item.code, kept[-1].first, item.last + 1)
            elif index + 1 == len(found) or found[index + 1].first > item.last + 3:
                kept.append(item)
        return kept

    def texts(self, first: int, last: int) -> list[str]:
        return [token.text for token in self.words[max(0, first) : last]]

    def at(self, name: str, index: int) -> tuple[int, Any] | None:
        """Return end and meaning of a phrase of the language at a word."""
        return self.said.known.table(name).at(self.words, index)

    def proposals(self) -> Iterator[Proposal]:
        """Yield the figures, in their order; the ends of a range are one."""
        numbers = self.said.numbers
        index = 0
        while index < len(numbers):
            number = numbers[index]
            following = numbers[index + 1] if index + 1 < len(numbers) else None
            bounds = None
            last = number
            if following and self.repeats(number, following):
                last = following
                index += 1
            elif following and self.said.is_range(number, following):
                bounds = self.said.ends(number, following)
                last = following
                index += 1
            index += 1
            after = numbers[index] if index < len(numbers) else None
            yield Figure(self, number, last, bounds, after).proposal()

    def repeats(self, number: Number, following: Number) -> bool:
        """Whether a number is only written otherwise in brackets: 1.5 million (15 lakh) doses."""
        opened = [token.text for token in self.words[number.last : following.first]]
        closed = [token.text for token in self.words[following.last : following.last + 1]]
        return number.value == following.value and opened == ["("] and closed == [")"]


class Figure:
    """What the words around one number say."""

    def __init__(
        self,
        reader: Reader,
        number: Number,
        last: Number,
        bounds: tuple[Decimal, Decimal] | None,
        following: Number | None,
    ) -> None:
        self.reader = reader
        self.words = reader.words
        self.number = number
        self.last = last
        self.bounds = bounds
        self.doubts: list[str] = []
        self.fields: dict[str, str] = {}
        self.since = self.beginning(number.first)
        self.until = self.boundary(last.last, following)
        self.is_product = self.multiplies(number) or bool(following and self.multiplies(following))
        self.is_share = self.shares(number, following)
        operators, self.first = reader.said.before(number)
        self.operators = operators
        after = reader.said.after(last.last)
        self.counted = min(after[1], self.until) if after else last.last
        """The word with which what it counts may begin: after “or so”, से अधिक, を超える."""
        self.end = last.last
        """The word after those that say the figure."""
        self.unit_end = last.last
        """The word after its unit."""

    def boundary(self, first: int, following: Number | None) -> int:
        """Return the word at which what follows the number ends: the next one, the sentence, or
        the brackets around it."""
        last = following.first if following else len(self.words)
        before = self.reader.texts(self.since, self.number.first)
        ends = SENTENCE_ENDS | {")"} if before.count("(") > before.count(")") else SENTENCE_ENDS
        for index in range(first, last):
            if self.words[index].text in ends:
                return index
        return last

    def beginning(self, first: int) -> int:
        """Return the word at which what precedes the number begins."""
        earlier = [one.last for one in self.reader.said.numbers if one.last <= first]
        start = max(earlier, default=0)
        for index in range(first - 1, start - 1, -1):
            if self.words[index].text in SENTENCE_ENDS:
                return index + 1
        return start

    def multiplies(self, number: Number) -> bool:
        """Whether it is the second one of 3 x 10,000."""
        at = number.first - 1
        if self.fills(number):
            return True
        if at < 1 or self.words[at].text not in TIMES:
            return False
        for index in range(at - 1, max(0, at - NEAR) - 1, -1):
            if self.words[index].text in PAUSES | SENTENCE_ENDS:
                return False
            if any(one.first <= index < one.last for one in self.reader.said.numbers):
                return True
        return False

    def fills(self, number: Number) -> bool:
        """Whether it is the second one of 200 boxes of 50 masks."""
        said = self.reader.said
        of = said.ending("of", number.first)
        unit = said.ending("units", of[0]) if of else None
        return unit is not None and any(
            one.last == unit[0] and one.value > 1 for one in said.numbers
        )

    def shares(self, number: Number, following: Number | None) -> bool:
        """Whether it is either number of 3 out of 10."""
        said = self.reader.said
        if following and said.is_part(self.last, following):
            return True
        of = said.ending("part_of", number.first)
        return of is not None and any(one.last == of[0] for one in said.numbers)

    def proposal(self) -> Proposal:
        is_aid = not (self.counts_other() or self.is_year() or self.is_attribute())
        if not (self.money() or self.parties()):
            self.quantity()
        self.qualify()
        self.note_doubts()
        start, end = self.quote()
        fields = {name: str(value) for name, value in self.fields.items()}
        return Proposal(fields, start, end, self.number, self.doubts, self.notes(), is_aid)

    # What is counted

    def counts_other(self) -> bool:
        """Whether the number counts cases, days or pages, or is an article's, a telephone's or a
        list's."""
        if self.begins_entry():
            return True
        for index in range(self.counted, min(self.until, self.counted + NEAR)):
            if self.words[index].text in PAUSES or self.reader.at("phrase_ends", index):
                break
            found = self.reader.at("not_aid", index)
            if found and not self.longer(index, found[0]):
                return True
            if (
                self.reader.at("units", index)
                or self.reader.at("parties", index)
                or self.item_at(index)
            ):
                break
        end = self.number.first
        while end > 0 and self.words[end - 1].text in ".:/(":
            if self.reader.texts(end - 2, end) == ["/", "/"]:
                return False  # A date or telephone number that was blotted out.
            end -= 1
        return self.reader.said.ending("not_aid_before", end) is not None

    def begins_entry(self) -> bool:
        """Whether it is the number of an entry in a list: 1) 500 masks; (2) 20 ventilators."""
        at, first = self.last.last, self.number.first
        closed = self.reader.texts(at, at + 1) == [")"] and self.words[at].start == self.last.end
        if not closed or self.number.scale > 1 or self.number.value >= MOST_ENTRIES:
            return False
        if self.reader.texts(first - 1, first) == ["("]:
            first -= 1
        ends = PAUSES | SENTENCE_ENDS
        opens = first == 0 or self.words[first - 1].text in ends
        return opens and not ends.issuperset(self.reader.texts(at + 1, at + 2))

    def is_year(self) -> bool:
        """Whether it is a year: four digits, with nothing that it counts directly after."""
        number, at = self.number, self.counted
        digits = self.reader.said.text[number.start : number.end]
        counted = at < self.until and (
            self.item_at(at) or self.reader.at("units", at) or self.reader.at("parties", at)
        )
        return digits.isdigit() and len(digits) == 4 and number.value in YEARS and not counted

    def is_hyphened(self) -> bool:
        """Whether a hyphen joins the number and the word after it."""
        text = self.reader.said.text
        return HYPHENED.match(text[self.last.end : self.last.end + 2]) is not None

    def is_attribute(self) -> bool:
        """Whether a hyphen makes it a part of a word that counts nothing here: a 55-state body, a
        one-shot vaccine. A 26-ton shipment and a 10-member team are amounts."""
        if not self.is_hyphened() or self.counted > self.last.last:
            return False
        after = self.last.end + 1
        ends = (index for index, word in enumerate(self.words) if word.end > after)
        first = next(ends, len(self.words))
        unit = self.reader.at("units", first) or self.reader.at("currencies", first)
        if unit and unit[1] == Unit.DOSE:
            return self.number.scale == 1 and self.number.value <= MOST_SHOTS
        return not (unit or self.reader.at("parties", first) or self.item_at(first))

    def longer(self, index: int, end: int) -> bool:
        """Whether something that is counted has a longer name here than what ends at a word."""
        tables = ("units", "parties", "currencies")
        names = [self.reader.at(table, index) for table in tables]
        item = self.item_at(index)
        return any(name and name[0] > end for name in names) or bool(item and item.last > end)

    def item_at(self, index: int) -> Mention | None:
        return next((item for item in self.reader.items if item.first <= index < item.last), None)

    def money(self) -> bool:
        paid = self.currency_before() or self.currency_after()
        if not paid:
            return False
        code = paid.rstrip("?")
        self.fields |= {"measure": Measure.MONEY, "currency": code}
        if paid.endswith("?"):
            self.doubts.append(f"the currency may be of several countries ({code} is one)")
        spent = self.reader.at("spent_on", self.end) if self.end < self.until else None
        start = spent[0] if spent else self.end
        if item := self.item_after(start, self.until) or self.item_before():
            self.fields["item"] = item.code
            if self.lists_items(item) or self.ends_list(item):
                self.doubts.append("several items are named together")
        return True

    def currency_before(self) -> str:
        for number in (self.number, self.last):
            found = self.reader.said.ending("currencies", number.first)
            if not found:
                continue
            first, code = found
            word = self.words[first]
            is_name = len(word.text) > 4 or word.text in NEVER_BEFORE
            alone = first == number.first - 1
            letter = alone and len(word.text) == 1 and word.kind == "word"
            apart = self.words[number.first - 1].end < self.words[number.first].start
            if (is_name and word.kind == "word") or (letter and apart):
                continue
            self.first = min(self.first, first)
            return str(code)
        return ""

    def currency_after(self) -> str:
        at = self.counted
        known = self.reader.said.known
        if at < self.until and known.tables["inside"].at(self.words, at):
            at += 1
        if found := known.lists["of"].at(self.words, at):
            at = found[0]
        elif self.reader.texts(at, at + 1) in (["de"], ["d"]):
            at += 1
        paid = self.reader.at("currencies", at) if at < self.until else None
        if not paid:
            return ""
        single = (
            paid[0] - at == 1 and len(self.words[at].text) == 1 and self.words[at].kind == "word"
        )
        if single and self.words[at].start > self.words[at - 1].end:
            return ""
        self.end = paid[0]
        return str(paid[1])

    def parties(self) -> bool:
        """Whether countries, organisations or firms are counted; in whom, the form knows."""
        found: list[tuple[int, str]] = []
        end = self.counted
        for index in range(self.counted, self.until):
            party = self.reader.at("parties", index) if index >= end else None
            if party and not self.item_at(index):
                found.append(party)
                end = party[0]
                if len(found) == 1 and index - self.counted > NEAR:
                    return False
                continue
            if found:
                continue
            other = self.item_at(index) or self.reader.at("units", index)
            ended = self.words[index].text in PAUSES or self.ends_phrase(index)
            if other or ended or index - self.counted > NEAR:
                return False
        if not found:
            return False
        types = {kind for _, kind in found}
        self.fields |= {
            "measure": Measure.PARTIES,
            "party_type": types.pop() if len(types) == 1 else "mixed",
        }
        if self.reader.role:
            self.fields["party_role"] = self.reader.role
        self.end = found[-1][0] if len(found) == 1 else found[0][0]
        return True

    def ends_phrase(self, index: int) -> bool:
        return self.reader.at("phrase_ends", index) is not None

    def quantity(self) -> None:
        self.fields["measure"] = Measure.QUANTITY
        item = self.item_joined() or self.item_after(self.counted, self.until)
        if item and (other := self.item_with_unit(item) or self.item_of_pair(item)):
            item = other
        unit, after_unit = self.unit(item)
        self.unit_end = after_unit
        if unit in (Unit.PERSON, Unit.TEAM) and item and not self.is_staff(item.code):
            item = None
        if item is None and (other := self.item_before()):
            if not self.follows(other):
                self.doubts.append("the item is named elsewhere in the sentence")
            item = other
        if item and unit == Unit.DOSE and not self.is_vaccine(item.code):
            if self.is_test(item.code) and item.last <= self.first:
                unit = Unit.TEST
            elif not self.is_of(after_unit, item):
                item = None
        if item:
            self.fields["item"] = item.code
            self.name_doubts(item, unit)
            if unit in FRACTIONS and self.is_hyphened() and item.first == after_unit:
                self.doubts.append("the number may say how large each one is")
            unit = unit or self.reader.known.items[item.code][1]
            if item.first >= self.last.last:
                self.end = max(after_unit, item.last)
        elif unit == Unit.DOSE and "vaccine" in self.reader.known.items:
            self.fields["item"] = "vaccine"
            if self.is_of_other(after_unit):
                self.doubts.append("which item it is, is not understood")
        elif unit:
            self.doubts.append("which item it is, is not understood")
        else:
            self.doubts.append(NOT_UNDERSTOOD)
        self.end = max(self.end, after_unit)
        if unit:
            self.fields["unit"] = str(unit)
        if unit in (Unit.PERSON, Unit.TEAM) and self.reader.said.ending("for_whom", self.first):
            self.doubts.append("people who are sent, or whom it is for?")

    def item_with_unit(self, item: Mention) -> Mention | None:
        """The item before the number, or after “of”, where what follows is its unit although an
        item has such a name: masks: 500 pcs, 500 pcs of masks."""
        unit = self.reader.at("units", self.counted)
        if not (unit and item.first == self.counted and item.last == unit[0]):
            return None
        if of := self.reader.said.known.lists["of"].at(self.words, item.last):
            return self.item_at(of[0])
        other = self.item_before()
        is_named = other and (self.follows(other) or other.last == self.first)
        return other if is_named else None

    def item_of_pair(self, item: Mention) -> Mention | None:
        """The item before the number, where another one comes only after a pause: masks (500),
        gloves (300)."""
        other = self.item_before()
        paused = any(token.text in PAUSES for token in self.words[self.counted : item.first])
        return other if paused and other and self.follows(other) else None

    def is_staff(self, code: str) -> bool:
        return self.reader.known.items[code][1] in (Unit.PERSON, Unit.TEAM, "")

    def is_test(self, code: str) -> bool:
        return code == "test-kit" or self.reader.known.is_below(code, "test-kit")

    def is_of(self, end: int, item: Mention) -> bool:
        """Whether nothing but “of” is between a unit's end and an item: doses of remdesivir."""
        of = self.reader.said.known.lists["of"].at(self.words, end)
        return item.first in (end, of[0] if of else end)

    def is_of_other(self, end: int) -> bool:
        """Whether “of” and a word that is not known follow a unit; doses of COVID-19 are clear."""
        known = self.reader.said.known.lists
        of = known["of"].at(self.words, end) if end < self.until else None
        if of is None:
            return False
        at = of[0]
        while article := known["articles"].at(self.words, at):
            at = article[0]
        return at < self.until and self.words[at].kind == "word" and not self.ends_phrase(at)

    def is_vaccine(self, code: str) -> bool:
        known = self.reader.known
        return code == "vaccine" or known.is_below(code, "vaccine") or not known.parents

    def name_doubts(self, item: Mention, unit: str) -> None:
        """Note what is doubtful about an item beside its unit."""
        names = [self.words[index].text for index in range(item.first, item.last)]
        if len(names) == 1 and names[0] in self.reader.ambiguous:
            self.doubts.append(f"“{names[0]}” may be a mask or a ventilator")
        if unit == Unit.TEST and self.is_vaccine(item.code):
            self.doubts.append("doses, or what so many people need?")
        people = {unit, self.reader.known.items[item.code][1]}
        if people == {Unit.PERSON, Unit.TEAM}:
            self.doubts.append("members of a team, or teams?")
        if self.lists_items(item) or (unit in SHARED and self.lists_others(item)):
            self.doubts.append("several items are named together")
        known = self.reader.said.known
        unclear = not unit and (self.counts_unknown(item) or self.is_of_unknown(item))
        if unclear or known.lists["heads"].at(self.words, item.last):
            self.doubts.append(NOT_UNDERSTOOD)
        special = [
            one
            for one in self.reader.items
            if item.last <= one.first < self.until
            and self.reader.known.is_below(one.code, item.code)
        ]
        if special and item.first >= self.last.last:
            self.doubts.append("a more special item is named later in the sentence")
        joins = known.lists["joins"]
        if any(joins.at(self.words, index) for index in range(self.counted, item.first)):
            self.doubts.append("several items are named together")

    def lists_others(self, item: Mention) -> bool:
        """Whether “and” and another item follow: 260 tons of food and medicine."""
        joins = self.reader.said.known.lists["joins"]
        found = joins.at(self.words, item.last) if item.last < self.until else None
        return found is not None and found[0] < self.until

    def lists_items(self, item: Mention) -> bool:
        """Whether “and” and an item that is counted with it follow: 2 million masks and gloves,
        500 masks, gloves and gowns."""
        lists = self.reader.said.known.lists
        last = item.last
        while last < self.until and self.words[last].text in PAUSES:
            other = self.item_at(last + 1)
            if other is None or other.first != last + 1:
                break
            last = other.last
        found = lists["joins"].at(self.words, last)
        if found is None or lists["to"].at(self.words, last) or item.first < self.last.last:
            return False
        between = range(found[0], min(found[0] + NEAR, self.until))
        for index in between:
            if other := self.item_at(index):
                return other.first >= found[0]
            if self.words[index].text in PAUSES or self.ends_phrase(index):
                return False
        return False

    def ends_list(self, item: Mention) -> bool:
        """Whether another item and “and” precede it before the number: masks and gloves worth …"""
        joins = self.reader.said.known.lists["joins"]
        if item.last > self.first:
            return False
        return any(
            (found := joins.at(self.words, other.last)) and found[0] == item.first
            for other in self.reader.items
            if self.since <= other.first
        )

    def is_of_unknown(self, item: Mention) -> bool:
        """Whether in English an item in the singular says of which kind something is that is not
        known here: 3 oxygen tankers, 5 mask factories."""
        english = self.reader.said.known.language == "en"
        counted = item.first >= self.last.last and self.number.value > 1
        if not (english and counted and item.last < self.until):
            return False
        name, head = self.words[item.last - 1 : item.last + 1]
        return (
            PLURAL.fullmatch(head.text) is not None
            and not name.text.endswith("s")
            and head.start == name.end + 1
            and not self.reader.at("phrase_ends", item.last)
            and not self.reader.at("after", item.last)
            and not self.reader.at("not_aid", item.last)
        )

    def counts_unknown(self, item: Mention) -> bool:
        """Whether “of” is between the number and its item, as in “10 tones of equipment”."""
        of = self.reader.said.known.lists["of"]
        return any(of.at(self.words, index) for index in range(self.last.last + 1, item.first))

    def item_joined(self) -> Mention | None:
        """The item directly before the number, as in 口罩5000只 and マスクを3万枚."""
        before = [
            item
            for item in self.reader.items
            if self.since <= item.first and item.last <= self.first
        ]
        if not before:
            return None
        item = before[-1]
        if self.words[item.last - 1].kind != "sign":
            return None
        between = self.words[item.last : self.first]
        if all(token.text in PARTICLES for token in between) and len(between) <= 2:
            special = before[-2] if len(before) > 1 else item
            is_kind = self.reader.known.is_below(special.code, item.code)
            return special if is_kind and self.is_same(range(special.last, item.first)) else item
        return None

    def item_after(self, first: int, last: int) -> Mention | None:
        """The item that the words after the number name: the more special one of “doses of the
        vaccine of AstraZeneca”."""
        chosen: Mention | None = None
        for item in self.reader.items:
            if not first <= item.first < last:
                continue
            between = range(chosen.last if chosen else first, item.first)
            if chosen is None:
                broken = any(self.ends_phrase(index) for index in between)
                paused = any(self.words[index].text in PAUSES for index in between)
                if (broken or (paused and len(between) > NEAR + 1)) and not self.is_link(
                    first, item
                ):
                    return None
                chosen = item
            elif self.reader.known.is_below(item.code, chosen.code) and self.is_same(between):
                chosen = item
        return chosen

    def is_same(self, between: range) -> bool:
        """Whether few words, and none that lists, are between an item and its special name."""
        joins = self.reader.said.known.lists["joins"]
        return len(between) <= NEAR and not any(
            self.words[index].text in PAUSES or joins.at(self.words, index) for index in between
        )

    def is_link(self, first: int, item: Mention) -> bool:
        """Whether words between the number and its item hold it: 20 boxes with masks, a million
        doses from AstraZeneca."""
        holding = PACKS | {Unit.DOSE} if self.is_vaccine(item.code) else PACKS
        holds = [
            index
            for index in range(first, item.first)
            if (unit := self.reader.at("units", index)) and unit[1] in holding
        ]
        return bool(holds and item.first - holds[-1] <= NEAR)

    def item_before(self) -> Mention | None:
        before = [
            item
            for item in self.reader.items
            if self.since <= item.first
            and item.last <= self.first
            and self.first - item.last < FAR
        ]
        if not before:
            return None
        chosen = before[-1]
        for item in reversed(before[:-1]):
            if self.reader.known.is_below(item.code, chosen.code):
                chosen = item
        return chosen

    def follows(self, item: Mention) -> bool:
        """Whether only a colon, dash, bracket or particle is between an item and the number."""
        between = [token.text for token in self.words[item.last : self.first]]
        start, end = self.words[item.last - 1].end, self.words[self.first].start
        if self.reader.said.text[start:end].strip() in APART:
            # Of “500 masks - 20 cartons” the masks are the first number's.
            opened = self.reader.texts(self.since, item.first)
            return not self.since or not PAUSES.isdisjoint(opened) or self.starts(self.since)
        signs = self.words[item.last - 1].kind == "sign"
        known = all(text in INTRODUCING or text in PARTICLES for text in between)
        return known and (signs or bool(between))

    def starts(self, index: int) -> bool:
        """Whether a sentence begins with a word."""
        return self.words[index - 1].text in SENTENCE_ENDS

    def unit(self, item: Mention | None) -> tuple[str, int]:
        """Return the unit that the words name beside the item's name, and the word after it."""
        last = self.until
        if item and item.first >= self.last.last:
            last = min(last, item.last + 1)
            if last < self.until and self.words[last - 1].text in INTRODUCING:
                last += 1
        for index in range(self.counted, last):
            found = self.reader.at("units", index)
            if found and item and item.first <= index < item.last:
                # Of a name, its end may be a unit: tests, vials, tablets. A kit that a name ends
                # in may be one test or a hundred; 试剂 and 消毒剂 end in a sign that is a dose.
                other = found[1] == Unit.DOSE and not self.is_vaccine(item.code)
                is_unit = found[0] == item.last and found[1] != Unit.KIT and not other
                found = found if is_unit else None
            if found:
                if (
                    len(self.words[index].text) == 1
                    and self.words[index].kind == "word"
                    and index > self.counted
                ):
                    continue
                if self.item_at(index) and item is None:
                    continue
                return str(found[1]), found[0]
            if item is None and (self.words[index].text in PAUSES or self.ends_phrase(index)):
                break
            if index - self.counted > NEAR and not item:
                break
        label = self.reader.said.ending("units", self.first - 1)
        if item is None and label and self.words[self.first - 1].text in INTRODUCING:
            return str(label[1]), self.last.last
        return "", self.last.last

    # Number and qualifier

    def qualify(self) -> None:
        number = self.number
        operators = [one for one in [number.qualifier, *self.operators] if one]
        for index in dict.fromkeys((self.last.last, self.unit_end, self.end)):
            if after := self.reader.said.after(index) or self.after_pause(index):
                operators.append(after[0])
                self.end = max(self.end, after[1])
                break
        if number.bounds or self.bounds:
            lower, upper = self.bounds or number.bounds  # type: ignore[misc]
            kind = Operator.ORDER_OF_MAGNITUDE if upper == 10 * lower else Operator.BETWEEN
            self.fields["operator"] = kind
            if upper < LARGEST:
                self.fields |= {"lower": plain(lower), "upper": plain(upper)}
            return
        value = self.value()
        strict = [one for one in operators if one != Operator.APPROX]
        if len(set(strict)) > 1:
            self.doubts.append("two qualifiers do not agree")
        self.fields["operator"] = (strict or operators or [Operator.EXACT])[-1]
        if value < LARGEST:
            self.fields["value"] = plain(value)

    def after_pause(self, index: int) -> tuple[str, int] | None:
        """Return the operator, and the word after it, that stands between pauses: “500 masks,
        approximately”. Before other words it may be said of what they say."""
        if not (0 < index < self.until and self.words[index].text in PAUSES):
            return None
        found = self.reader.said.after(index + 1)
        rest = self.reader.texts(found[1], found[1] + 1) if found else []
        return found if set(rest) <= PAUSES | SENTENCE_ENDS else None

    def value(self) -> Decimal:
        """The reading of the number that fits what it counts: masks have no fractions."""
        number = self.number
        whole = number.value == number.value.to_integral_value()
        unit = self.fields.get("unit", "")
        counted = self.fields["measure"] != Measure.MONEY and unit not in FRACTIONS
        if number.other is None:
            if not whole and (counted or self.fields["measure"] == Measure.PARTIES):
                self.doubts.append("a part of one cannot be: is a scale such as million left out?")
            return number.value
        if number.doubt:
            self.doubts.append(number.doubt)
        fractions = self.fields["measure"] == Measure.MONEY or unit in FRACTIONS
        return number.value if fractions or number.scale > 1 else max(number.value, number.other)

    def note_doubts(self) -> None:
        """Note what else about the number is not understood."""
        before = self.words[self.number.first - 1] if self.number.first else None
        if before and before.kind == "word" and before.end == self.number.start:
            known = self.number.first - 1 < self.first - 1
            known = known or self.reader.at("and", self.number.first - 1) is not None
            if not known and self.fields["measure"] != Measure.MONEY:
                self.doubts.append(f"“{before.text}” at the number is not understood")
        if FRACTION.search(self.reader.said.text[: self.number.start]):
            self.doubts.append("it may be a fraction")
        after = self.words[self.last.last : self.last.last + 1]
        if (
            after
            and after[0].kind == "word"
            and len(after[0].text) == 1
            and not self.is_said(after[0])
        ):
            self.doubts.append(f"“{after[0].text}” after the number is not understood")
        if self.is_product:
            self.doubts.append("it may be multiplied by another number")
        if self.is_share:
            self.doubts.append("one number is said to be a part of another")
        self.note_limits()
        if self.bounds and self.reader.said.is_choice(self.number, self.last):
            self.doubts.append("two numbers are said of which one can be")
        written = self.reader.said.text[self.number.start : self.number.end]
        if written == "3m" and self.fields["measure"] != Measure.MONEY:
            self.doubts.append("“3M” may be the company")
        if self.is_attribute():
            self.doubts.append("the number may be a part of a word, as in one-shot")
        cut = self.last.last == len(self.words) and self.number.scale == 1
        if cut and self.number.value < 1000 and not self.number.is_spelt:
            self.doubts.append("the words end with the number: a scale such as million may follow")
        rest = self.words[self.last.last :]
        joins = self.reader.said.known.lists["joins"]
        spelt = self.words[self.last.last - 1].kind == "word"
        if spelt and len(rest) == 1 and joins.at(rest, 0):
            self.doubts.append("the words end within the number: more of it may follow")
        if not self.reader.said.known.is_known:
            self.doubts.append("this language is not read here")

    def note_limits(self) -> None:
        """Note the words that say that the number is not that of the aid: “instead of the promised
        500”, “half of the 500”, “500 a month”, “500 have expired”, “enough for 500”."""
        said = self.reader.said
        before = self.words_before()
        # Not only 500 are 500.
        close = takewhile(lambda index: not self.reader.at("only", index), before[:CLOSE])
        starts = {self.first, said.skipped(self.first), *close}
        after = self.unpaused(range(self.end, min(self.end + 3, self.until)))
        if any(said.ending("denied", at) for at in starts) or self.says("denied_after", after):
            self.doubts.append("it may be denied or corrected")
        if any(said.ending("share_of", at) for at in starts):
            self.doubts.append("a part of the number may be meant")
        if self.says("undone", after):
            self.doubts.append("it may be cancelled, expired or missing")
        if any(said.ending("enough", at) for at in starts):
            self.doubts.append("it may be what something is enough for")
        if self.says("per_time", after) or self.says("per_time_before", before):
            self.doubts.append("it may be so many in a day or month, not in all")

    def words_before(self) -> list[int]:
        """Return the few words before those that say the figure, the nearest first, up to a
        pause."""
        return self.unpaused(range(self.first - 1, max(self.since, self.first - NEAR) - 1, -1))

    def unpaused(self, indices: Iterable[int]) -> list[int]:
        """Return the words before the first pause among some."""
        return list(takewhile(lambda index: self.words[index].text not in PAUSES, indices))

    def says(self, name: str, indices: Iterable[int]) -> bool:
        """Whether a phrase of a list begins at one of some words."""
        return any(self.reader.at(name, index) for index in indices)

    def is_said(self, letter: Token) -> bool:
        """Whether a letter after the number is a unit, a currency or a word: 5 t, 3 y 4."""
        known = self.reader.said.known
        joined = letter.start == self.last.end
        tables = ("units", "currencies", "after", "joins", "and", "of", "phrase_ends")
        return any(known.table(name).at([letter], 0) for name in tables) or not (
            joined or known.scales.at([letter], 0)
        )

    def notes(self) -> list[str]:
        found = []
        for name, note in SAID_OF.items():
            known = self.reader.said.known.table(name)
            said = self.reader.said.ending(name, self.first) is not None
            if name == "each":
                if self.fields["measure"] == Measure.PARTIES:
                    continue  # What each of them has is the next figure.
                said = said or known.at(self.words, self.clause()) is not None or self.is_of_each()
            if not said:
                after = range(self.last.last, min(self.end + 3, self.until))
                said = name != "of_which" and any(known.at(self.words, at) for at in after)
            if said:
                found.append(note)
        return found

    def is_of_each(self) -> bool:
        """Whether “each” is close before it: five boxes each containing 2,000. After “and” it is
        said of what comes before that: ten masks each and 20 gloves."""
        joined = takewhile(lambda index: not self.reader.at("joins", index), self.words_before())
        return self.says("each_of", joined)

    def clause(self) -> int:
        """Return the word after the last pause before the number, which other numbers may be in:
        each of the 12 countries received 500."""
        ends = PAUSES | SENTENCE_ENDS
        paused = (at for at in range(self.first, 0, -1) if self.words[at - 1].text in ends)
        return next(paused, 0)

    # The words that bear it

    def quote(self) -> tuple[int, int]:
        """Return the place of the words that say the figure: its qualifier to what it counts."""
        words = self.words
        first, last = self.first, max(self.end, self.last.last)
        spelt = sum(1 for one in words[first:last] if one.kind in ("word", "name"))
        signs = sum(1 for one in words[first:last] if one.kind == "sign")
        if spelt > 8 - 2 or signs > 20:
            last = self.last.last
        return words[first].start, words[last - 1].end
