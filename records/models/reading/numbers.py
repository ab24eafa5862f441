"""Numbers in the words of a statement: digits with the separators of a language, number words,
scales (crore, 億, mil millones, Milliarde), halves, and orders of magnitude."""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from records.models.reading.dates import DATE
from records.models.reading.lexicon import Lexicon, lexicon
from records.models.reading.tokens import Token, tokens

HANGUL = re.compile("[\uac00-\ud7af]")
SHARE = re.compile(r"\s?(?:%|٪|‰)")
ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ere|eme|e|a|o|os|as|и|й|я|го|е)(?![^\W_])|번째|回目|番目")
YEAR = re.compile(r"(?:19|20)\d\d")
NUMERIC_DATE = re.compile(
    r"(?<![\d.,/])(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|20\d\d/(?:20)?\d\d?(?:/\d\d?)?)(?![\d/])"
)
"""15.04.2020, 2020/4/15, and the years 2020/21."""
POWER = {chr(0xE000 + power): 10**power for power in range(2, 10)}
"""Raised digit of a folded text → ten to that power."""
YEAR_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:in|since|during|until|by|en|im|seit|desde|depuis|em|nel|dal|sejak|tahun|"
    r"в|с|у|от|през|fin de|january|of|año|ano|anno|jahr|nam|عام|سنة|عامي|साल|वर्ष)\s+$"
)
CLOCK = re.compile(r"(?<![\d.,])\d{1,2}[:h]\d{2}(?::\d{2})?(?!\d)|\d{1,2}\s?[ap]\.?m\b\.?")
TELEPHONE = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[\s.()-]{0,2}(?:\d{1,5}[\s.()-]{0,2}){2,6}\d{2,}"
    r"|0\d{1,4}[\s.-]\d{2,4}(?:[\s.-]\d{2,4}){1,3}|\d{3}-\d{3,4}-\d{4}|\(0\d+\)\s?\d[\d\s.-]{4,})(?![\d,.]\d)"
    r"|(?<![^\W\d_])(?:tele?(?:ph?one|fono?|fax|p)?|phone|fax|hotline|тел(?:ефон)?|电话|電話|전화|फोन|هاتف)"
    r"[.:]{0,2}\s?[\d(+][\d\s()/.-]{4,17}\d(?![\d,.]\d)"
)
"""Telephone numbers, by their form or by the word before them."""
DOZEN = 12
WEIGHTS = frozenset({"tonne", "kilogram", "litre"})
"""Units of which there may be half a one."""
TATWEEL = "ـ"
"""What draws out an Arabic letter before digits."""
KEPT_TEXTS = 2_000
"""Texts of which it is kept what is blotted out: a quote is read several times."""


@dataclass
class Number:
    """A number in the words, and its place."""

    value: Decimal
    start: int
    end: int
    scale: int = 1
    qualifier: str = ""
    """The operator that words inside the number mean."""
    bounds: tuple[Decimal, Decimal] | None = None
    other: Decimal | None = None
    """Its other reading, where digits can be read in two ways."""
    doubt: str = ""
    """What about it is not understood."""
    first: int = 0
    last: int = 0
    """Its words: the first, and the one after the last."""
    is_spelt: bool = False


def numbers(text: str, language: str = "en") -> list[Number]:
    """Return the numbers of a folded text, in their order, without dates, shares and names."""
    plain = without_dates(text)
    known = lexicon(language)
    return Scanner(plain, words_of(plain, known), known).numbers()


@lru_cache(KEPT_TEXTS)
def without_dates(text: str) -> str:
    """Return the text with dates, times of day and telephone numbers blotted out."""
    for pattern in (DATE, NUMERIC_DATE, TELEPHONE, CLOCK):
        text = pattern.sub(lambda match: "/" * len(match[0]), text)
    return text


def words_of(text: str, known: Lexicon) -> list[Token]:
    """Return the words of a text, those apart that the language writes together with a number."""
    found = tokens(text)
    if not known.prefixes:
        return found
    split: list[Token] = []
    for token in found:
        split += unprefixed(token, known) if token.kind == "word" else [token]
    return split


def unprefixed(token: Token, known: Lexicon) -> list[Token]:
    """Return “and three” of «وثلاثة»."""
    if is_number_word(token, known):
        return [token]
    for prefix in known.prefixes:
        rest = Token("word", token.text.removeprefix(prefix), token.start + len(prefix), token.end)
        if token.text.startswith(prefix) and len(rest.text) > 1 and is_number_word(rest, known):
            before = Token("word", prefix, token.start, rest.start)
            return [before, rest] if known.lists["and"].at([before], 0) else [rest]
    return [token]


def is_number_word(token: Token, known: Lexicon) -> bool:
    tables = (known.small, known.scales, known.tables["halves"], known.tables["and_half"])
    return any(table.at([token], 0) for table in tables)


@dataclass
class Sum:
    """A number as its words add up: “two million three hundred thousand” has the parts 2,000,000
    and 300,000, and each scale multiplies the smaller parts before it."""

    parts: list[Decimal] = field(default_factory=list)
    group: Decimal | None = None
    """What no scale has multiplied yet."""
    scale: int = 1
    """The last scale."""
    is_digits: bool = False
    """Whether the group is in digits."""

    @property
    def total(self) -> Decimal:
        return sum(self.parts, self.group or Decimal(0))

    def add(self, value: Decimal) -> None:
        """Add a number word; “two million”, which is one word in Arabic, is a part of its own."""
        if value == 0 and self.parts:
            return
        if value >= 1000 and self.group is None:
            self.parts.append(value)
            self.scale = 1000 ** ((len(str(int(value))) - 1) // 3)
        else:
            self.group = (self.group or Decimal(0)) + value

    def multiply(self, scale: int) -> None:
        smaller = [part for part in self.parts if part < scale]
        base = sum(smaller, self.group or Decimal(0)) or Decimal(1)
        self.parts = [part for part in self.parts if part >= scale]
        self.parts.append(base * scale)
        self.group, self.scale, self.is_digits = None, scale, False


class Scanner:
    """Finds the numbers among the words of a folded text."""

    def __init__(self, text: str, words: list[Token], known: Lexicon) -> None:
        self.text = text
        self.words = words
        self.known = known

    def numbers(self) -> list[Number]:
        found: list[Number] = []
        index = 0
        while index < len(self.words):
            number = self.number(index)
            if number is None:
                index += 1
                continue
            index = max(number.last, index + 1)
            if not self.is_share(number):
                found.append(number)
            elif percent := self.known.lists["percent"].at(self.words, number.last):
                # The hundred of “por ciento” is no number of its own.
                index = percent[0]
        return found

    def is_share(self, number: Number) -> bool:
        percent = self.known.lists["percent"]
        before = number.first and percent.at(self.words[number.first - 1 : number.first], 0)
        chinese = self.text[: number.start].endswith("百分之")
        return bool(
            SHARE.match(self.text[number.end :])
            or percent.at(self.words, number.last)
            or (before and self.known.language == "tr")
            or chinese
        )

    def number(self, index: int) -> Number | None:
        """Return the number that begins at a word."""
        token = self.words[index]
        if token.kind == "name":
            return None
        if token.kind == "digits":
            return self.summed(index) if self.is_amount(index) else None
        if token.kind == "other":
            return None
        return self.half(index) or self.magnitude(index) or self.about(index) or self.spelt(index)

    def made(
        self, value: Decimal, first: int, last: int, scale: int = 1, **more: object
    ) -> Number:
        start, end = self.words[first].start, self.words[last - 1].end
        if value == value.to_integral_value():
            value = value.to_integral_value()
        return Number(value, start, end, scale, first=first, last=last, **more)  # type: ignore[arg-type]

    def scale_at(self, index: int) -> tuple[int, int] | None:
        """Return the end and value of the scale at a word. One letter is a scale only when it is
        written at the digits, or is between digits and their currency; k is one anyway."""
        found = self.known.scales.at(self.words, index)
        if found is None:
            return None
        token = self.words[index]
        if len(token.text) == 1 and token.kind == "word":
            before = self.words[index - 1] if index else None
            if not before or before.kind != "digits":
                return None
            if before.end != token.start and token.text != "k" and not self.is_paid(index):
                return None
        return found[0], int(found[1])

    def is_paid(self, index: int) -> bool:
        """Whether a currency is before the digits before a letter, or after it: €20 m, 20 M€."""
        currencies = self.known.tables["currencies"]
        digits_at = index - 1
        return bool(currencies.at(self.words, index + 1)) or any(
            (found := currencies.at(self.words, at)) and found[0] == digits_at
            for at in range(max(0, digits_at - 2), digits_at)
        )

    def skip(self, index: int, *lists: str) -> int:
        """Return the word after words of these lists."""
        while True:
            ends = [
                found[0]
                for name in lists
                if (found := self.known.lists[name].at(self.words, index))
            ]
            if not ends:
                return index
            index = max(ends)

    def half(self, index: int) -> Number | None:
        """Return half a million, anderthalb Tonnen, साढ़े तीन लाख."""
        if plus := self.known.tables["plus"].at(self.words, index):
            number = self.summed(plus[0]) if plus[0] < len(self.words) else None
            if number and number.scale > 1:
                return self.made(
                    number.value + plus[1] * number.scale, index, number.last, number.scale
                )
        found = self.known.tables["halves"].at(self.words, index)
        if found is None:
            return None
        end = self.skip(found[0], "one", "of")
        if end < len(self.words) and self.words[end].text == "one":
            end += 1
        if scale := self.scale_at(end):
            last, product = self.scales(end)
            return self.made(found[1] * product, index, last, scale[1], is_spelt=True)
        unit = self.known.tables["units"].at(self.words, end)
        if found[1] > 1 or (unit and unit[1] in WEIGHTS):
            return self.made(found[1], index, found[0], is_spelt=True)
        return None

    def scales(self, index: int) -> tuple[int, int]:
        """Return the end and product of the scales from a word on."""
        product = 1
        while scale := self.scale_at(index):
            index, product = scale[0], product * scale[1]
        return index, product

    def magnitude(self, index: int) -> Number | None:
        """Return tens of thousands, cientos de miles, 数十万: that number, to ten times it."""
        found = self.known.tables["magnitudes"].at(self.words, index)
        if found is None:
            return None
        last, factor = found[0], int(found[1])
        of = self.skip(last, "of")
        is_sign = self.words[index].kind == "sign"
        if is_sign:
            last, product = self.scales(last)
            if product == 1 or self.follows_hangul(index):
                return None
            factor *= product
        elif factor == 1:
            # Several thousand, a few hundred thousand; several dozen are tens.
            last, factor = self.scales(of)
            factor = 10 if factor == DOZEN else factor
            if factor == 1:
                return None
        elif of > last or factor < 1000:
            further = self.known.tables["magnitudes"].at(self.words, of) or self.scale_at(of)
            if further and int(further[1]) > factor:
                last, factor = further[0], factor * int(further[1])
        lower = Decimal(factor)
        return self.made(lower, index, last, bounds=(lower, lower * 10), is_spelt=True)

    def about(self, index: int) -> Number | None:
        """Return “une dizaine de”, “un centinaio di”: about ten, about a hundred."""
        found = self.known.tables["about"].at(self.words, index)
        if found is None:
            return None
        last, value, scale = found[0], found[1], 1
        further = self.known.tables["magnitudes"].at(self.words, self.skip(last, "of"))
        further = further or self.scale_at(self.skip(last, "of"))
        if further and further[1] > value:
            last, scale = further[0], int(further[1])
        return self.made(value * scale, index, last, scale, qualifier="approx", is_spelt=True)

    def spelt(self, index: int) -> Number | None:
        """Return a number whose first word is none of digits."""
        token = self.words[index]
        if compound := self.compound(index):
            return compound
        article = self.known.lists["one"].at(self.words, index)
        if article:
            small = self.known.small.at(self.words, article[0])
            if self.scale_at(article[0]) or (small and small[1] >= 1000):
                return self.summed(article[0], first=index, one=True)
            return None
        if self.known.small.at(self.words, index):
            return self.neighbours(index) or self.summed(index)
        if scale := self.scale_at(index):
            bare = token.text in self.known.bare
            above = scale[0] < len(self.words) and self.scale_at(scale[0])
            if bare or (above and token.kind == "sign"):
                return self.summed(index, one=True)
        return None

    def neighbours(self, index: int) -> Number | None:
        """Return 五六万: fifty to sixty thousand."""
        first = self.known.small.at(self.words, index)
        second = self.known.small.at(self.words, index + 1)
        if self.words[index].kind != "sign" or not first or not second:
            return None
        following = first[1] and second[1] == first[1] + 1 and first[0] == index + 1
        if not following or not self.scale_at(second[0]):
            return None
        last, product = self.scales(second[0])
        bounds = (first[1] * product, second[1] * product)
        return self.made(bounds[0], index, last, product, bounds=bounds, is_spelt=True)

    def compound(self, index: int) -> Number | None:
        """Return «zweihundertfünfzigtausend», with what follows."""
        if not self.parts(index):
            return None
        return self.summed(index)

    def parts(self, index: int) -> list[tuple[str, Decimal]]:
        """Return the parts of a number that is one word."""
        known = self.known
        if known.compound is None or known.part is None or index >= len(self.words):
            return []
        word = self.words[index].text
        if known.small.at(self.words, index) or known.scales.at(self.words, index):
            return []
        if self.words[index].kind != "word" or not known.compound.fullmatch(word):
            return []
        return [known.compounds[part] for part in known.part.findall(word)]

    def summed(self, index: int, first: int | None = None, one: bool = False) -> Number | None:
        """Return the number whose words add up from here on; `one` where its first scale counts
        once."""
        first = index if first is None else first
        sum_ = Sum(group=Decimal(1) if one else None)
        other: Decimal | None = None
        qualifier = doubt = ""
        at = index
        while at < len(self.words):
            token = self.words[at]
            if token.kind == "digits":
                scale = self.scale_at(at + 1)
                if not self.may_continue(sum_, at, scale):
                    break
                read = digits(token.text, self.known, scaled=scale is not None)
                raised = self.text[token.end : token.end + 1]
                if token.text == "10" and raised in POWER:
                    # A power, or a footnote.
                    read = replace(read, other=Decimal(POWER[raised]), doubt=RAISED_DIGIT)
                if at == index:
                    other, doubt = read.other, read.doubt
                    other = other * (self.scales(at + 1)[1]) if other is not None else None
                sum_.group, sum_.is_digits = read.value, True
                at += 1
            elif parts := self.parts(at):
                if sum_.group is not None:
                    break
                add_parts(sum_, parts)
                at += 1
            elif (scale := self.scale_at(at)) and self.may_multiply(sum_, at, scale[1]):
                sum_.multiply(scale[1])
                at = scale[0]
            elif half := self.known.tables["and_half"].at(self.words, at):
                if sum_.group is not None and not sum_.parts:
                    sum_.group += half[1]
                elif sum_.group is None and sum_.parts:
                    sum_.parts[-1] += half[1] * sum_.scale
                else:
                    break
                at = half[0]
                # “A million and half of the million.”
                again = self.scale_at(at) if sum_.parts else None
                at = again[0] if again and again[1] == sum_.scale else at
            elif (inside := self.known.tables["inside"].at(self.words, at)) and self.scale_at(
                inside[0]
            ):
                qualifier = inside[1]
                at = inside[0]
            elif (
                teens := self.known.lists["teens"].at(self.words, at)
            ) and sum_.group is not None:
                sum_.group += 10
                at = teens[0]
            elif (small := self.known.small.at(self.words, at)) and self.may_add(sum_, at, small):
                sum_.add(small[1])
                at = small[0]
            elif sum_.group is not None and (
                tens := self.known.tables["about"].at(self.words, at)
            ):
                # Deux dizaines, две сотни.
                sum_.multiply(int(tens[1]))
                qualifier, at = "approx", tens[0]
            elif (sum_.group is not None or sum_.scale < 1000) and (
                linked := self.linked_scale(at)
            ):
                sum_.multiply(linked[1])
                at = linked[0]
            elif (end := self.joined(sum_, at)) is not None:
                at = end
            else:
                break
        if at == index or not self.is_number(first, at, sum_, one):
            return None
        return self.made(
            sum_.total,
            first,
            at,
            sum_.scale,
            qualifier=qualifier,
            other=other if sum_.total != other else None,
            doubt=doubt,
            is_spelt=self.words[first].kind != "digits",
        )

    def linked_scale(self, at: int) -> tuple[int, int] | None:
        """Return the scale of «31 de milioane»."""
        of = self.known.lists["of"].at(self.words, at) if self.known.links_scales else None
        return self.scale_at(of[0]) if of else None

    def may_multiply(self, sum_: Sum, at: int, scale: int) -> bool:
        if sum_.group is not None:
            return True
        if not sum_.parts:
            return False
        # “Hundred thousand”, “mil millones”; “million thousand” is none.
        return (
            scale > sum_.scale
            or self.words[at].text in self.known.bare
            or (self.words[at].kind == "sign" and scale < sum_.scale)
        )

    def may_add(self, sum_: Sum, at: int, small: tuple[int, Decimal]) -> bool:
        """Whether a number word can be added to what is there: 40 and 2, 800 and 20."""
        value = small[1]
        if sum_.group is not None:
            if sum_.is_digits or sum_.group != sum_.group.to_integral_value():
                return False
            teens = self.known.teens_from_ten and sum_.group == 10 and 0 < value < 10
            return teens or fits(sum_.group, value) or self.units_precede(sum_.group, value)
        if not sum_.parts:
            return True
        if value == 0:
            return self.is_gap(at)
        if value >= sum_.scale:
            return False
        # “One million two-ply masks” is no 1,000,002.
        adjacent = self.words[at - 1].end == self.words[at].start
        return (
            adjacent
            or sum_.scale <= 100
            or value >= 100
            or (value >= 10 and sum_.scale <= 1000)
            or self.leads_to_scale(at, sum_.scale)
        )

    def units_precede(self, group: Decimal, value: Decimal) -> bool:
        """Whether tens follow their units: five and twenty."""
        tens = value % 10 == 0 and 20 <= value <= 90
        return self.known.units_first and tens and 0 < group % 100 < 10

    def is_gap(self, at: int) -> bool:
        """Whether a nought stands for the places left out between two others: 一百零五."""
        if self.words[at].kind != "sign" or at + 1 >= len(self.words):
            return False
        following = self.words[at + 1]
        small = self.known.small.at(self.words, at + 1)
        return following.kind == "digits" or bool(small and small[1])

    def leads_to_scale(self, at: int, below: int) -> bool:
        """Whether number words from here on end in a scale below another one."""
        for _ in range(4):
            if scale := self.scale_at(at):
                return scale[1] < below
            small = self.known.small.at(self.words, at) or self.known.lists["and"].at(
                self.words, at
            )
            if small is None:
                return False
            at = small[0]
        return False

    def may_continue(self, sum_: Sum, at: int, scale: tuple[int, int] | None) -> bool:
        """Whether digits are part of the number: 193 millones 231 mil 845, 18萬8160."""
        if sum_.group is not None:
            return False
        if not sum_.parts:
            return True
        token, before = self.words[at], self.words[at - 1]
        read = digits(token.text, self.known, scaled=False).value
        if read >= sum_.scale or read != read.to_integral_value():
            return False
        if before.kind == "sign" and before.end == token.start:
            return True
        if scale is not None:
            return scale[1] < sum_.scale
        grouped = not token.text.isdigit()
        return (sum_.scale == 1000 and len(token.text) == 3) or (
            sum_.scale > 1000 and grouped and not re.search(r"[.,]\d{1,2}$", token.text)
        )

    def joined(self, sum_: Sum, at: int) -> int | None:
        """Return the word after an “and” inside a number."""
        found = self.known.lists["and"].at(self.words, at)
        if found is None or (sum_.group is None and not sum_.parts):
            return None
        after, joins = found[0], self.known.and_joins
        if after >= len(self.words):
            return None
        following = self.words[after]
        small = self.known.small.at(self.words, after)
        single = self.known.lists["one"].at(self.words, after)
        value = small[1] if small else Decimal(1) if single else None
        if following.kind == "digits":
            scale = self.scale_at(after + 1)
            whole = joins == "all" and sum_.group is None and sum_.parts
            return after if whole and self.may_continue(sum_, after, scale) else None
        if sum_.group is not None and not sum_.is_digits and value is not None:
            group = sum_.group
            tens = group >= 20 and fits(group, value)
            units = self.units_precede(group, value)
            if joins == "hundreds":
                tens = group % 100 == 0 and tens
            if tens or units:
                if single and not small:
                    sum_.group = group + 1
                    return single[0]
                return after
        if self.begins_another(sum_, after):
            return None
        if sum_.group is None and sum_.parts and value is not None and not (single and not small):
            below = value < sum_.scale
            if joins == "hundreds":
                return after if below and sum_.scale in (100, 1000) else None
            if joins == "all":
                enough = (
                    value >= 100 or sum_.scale <= 1000 or self.leads_to_scale(after, sum_.scale)
                )
                return after if below and enough else None
        scale = self.scale_at(after)
        bare = scale and following.text in self.known.bare and scale[1] < sum_.scale
        if joins == "all" and bare and sum_.group is None:
            return after
        parts = self.parts(after)
        return after if joins == "all" and parts and sum_.group is None else None

    def begins_another(self, sum_: Sum, at: int) -> bool:
        """Whether words have the last scale again, as in “between five hundred and six hundred”:
        they are another number."""
        if sum_.group is not None or not sum_.parts:
            return False
        if parts := self.parts(at):
            other = Sum()
            add_parts(other, parts)
            return other.total >= sum_.scale
        small = self.known.small.at(self.words, at)
        scale = self.scale_at(small[0]) if small else None
        return scale is not None and scale[1] == sum_.scale

    def is_amount(self, index: int) -> bool:
        """Whether digits count something: not the ordinals, names and years."""
        token = self.words[index]
        before, after = self.text[: token.start], self.text[token.end :]
        if after[:1] in ("年", "月", "日") or before[-1:] == "第":
            return False
        if after[:1] in ("년", "월", "일", "호") and after[:2] != "일분":
            return False
        if ORDINAL.match(after):
            return False
        if YEAR.fullmatch(token.text) and YEAR_BEFORE.search(before[-16:]):
            return False
        previous = self.words[index - 1] if index else None
        if previous and previous.end == token.start and previous.kind == "word":
            # A320 is a name; RMB70,000 and Haiti500,000 are not.
            paid = self.known.tables["currencies"].at([previous], 0)
            joined = previous.text.rstrip(TATWEEL) in self.known.prefixes
            joined = joined or self.known.lists["and"].at([previous], 0) is not None
            if not paid and not joined and not re.search(r"\d{1,3}[.,]\d{3}", token.text):
                return self.scale_at(index + 1) is not None
        return True

    def follows_hangul(self, index: int) -> bool:
        """Whether a Korean word goes on here: 일본 begins as one, 평일 ends so."""
        token = self.words[index]
        previous = self.words[index - 1] if index else None
        return bool(
            HANGUL.match(token.text)
            and previous
            and previous.end == token.start
            and previous.kind == "sign"
        )

    def is_number(self, first: int, end: int, sum_: Sum, one: bool) -> bool:
        """Whether words are read as a number, and not with their other meanings."""
        token = self.words[first]
        if token.kind == "digits":
            return True
        if token.kind == "sign":
            counted = self.known.tables["units"].at(self.words, end) or self.known.tables[
                "parties"
            ].at(self.words, end)
            if HANGUL.match(token.text):
                following = self.words[end] if end < len(self.words) else None
                open_ = following is None or following.start > self.words[end - 1].end
                return (
                    not self.follows_hangul(first)
                    and sum_.scale > 1
                    and end - first > 1
                    and bool(sum_.scale >= 10_000 or open_ or counted)
                )
            if self.text[: token.start].endswith("第"):
                return False
            return end - first > 1 or bool(counted and sum_.total >= 2)
        if self.known.needs_scale and not one:
            return sum_.scale > 1
        return True


def fits(group: Decimal, value: Decimal) -> bool:
    """Whether a number word below a place of the group can be added to it."""
    if group % 100 == 0:
        return 0 < value < (1000 if group % 1000 == 0 else 100) and group > 0
    if group in (60, 80):
        # soixante-dix, quatre-vingt-quinze
        return 0 < value < 20
    return group % 10 == 0 and group >= 20 and 0 < value < 10


def add_parts(sum_: Sum, parts: list[tuple[str, Decimal]]) -> None:
    for sort, value in parts:
        if sort == "scale":
            sum_.multiply(int(value))
        elif sort == "small":
            sum_.add(value)


@dataclass(frozen=True)
class Digits:
    """What digits with separators mean."""

    value: Decimal
    other: Decimal | None = None
    doubt: str = ""


TWO_WAYS = "“{}” can be read in two ways"
RAISED_DIGIT = "the raised digit may be a power or a footnote"


def digits(written: str, known: Lexicon, scaled: bool) -> Digits:
    """1,300.5 in some languages, 1.300,5 in others; many a text writes as its neighbours do, so
    what can be read in one way only is read so."""
    plain = re.sub(r"[\s'’٬]", "", written).replace("٫", ".")
    if "\u2044" in plain:
        return Digits(Decimal(plain[:-3] or 0) + Decimal(plain[-3]) / Decimal(plain[-1]))
    separators = [sign for sign in plain if sign in ",."]
    if not separators:
        return Digits(Decimal(plain))
    groups = re.split("[.,]", plain)
    whole = Decimal("".join(groups))
    decimal = Decimal("".join(groups[:-1]) + "." + groups[-1])
    last = len(groups[-1])
    if len(separators) > 1:
        mixed = separators[-1] != separators[0]
        return Digits(decimal if mixed or last < 2 else whole)
    if last != 3 or len(groups[0]) > 3 or groups[0] in ("", "0"):
        return Digits(decimal)
    is_decimal = (separators[0] == ".") == known.point_is_decimal
    if scaled:
        if known.both_points and groups[-1] != "000":
            return Digits(
                *((decimal, whole) if is_decimal else (whole, decimal)), TWO_WAYS.format(written)
            )
        if groups[-1] == "000" and is_decimal:
            return Digits(whole, decimal, TWO_WAYS.format(written))
        return Digits(decimal, whole) if is_decimal else Digits(whole, decimal)
    if is_decimal and separators[0] == ".":
        # 37.325 masks are thousands, 37.325 tonnes may be none: what is counted decides.
        return Digits(decimal, whole, TWO_WAYS.format(written))
    return Digits(whole, decimal)
