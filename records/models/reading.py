"""Numbers, qualifiers and dates that can be read in a few words of a statement, in the languages
in which statements are. Plain functions over folded text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest

from records.models.text import fold, sort_of


def folded(words: str) -> str:
    """Return words as the functions below take them."""
    return fold(unicodedata.normalize("NFKC", words))


def listed(words: str) -> list[str]:
    return [folded(word) for word in words.split(",")]


SCALES: Mapping[str, int] = {
    **dict.fromkeys(listed("hundred, hundreds"), 100),
    **dict.fromkeys(listed("k, thousand, thousands, mil, mille, mila, tausend"), 10**3),
    **dict.fromkeys(listed("тысяча, тысячи, тысяч, тыс, 千"), 10**3),
    **dict.fromkeys(listed("万, 萬"), 10**4),
    **dict.fromkeys(listed("lakh, lakhs"), 10**5),
    **dict.fromkeys(listed("m, mn, mln, million, millions, millionen, millon"), 10**6),
    **dict.fromkeys(listed("millones, milione, milioni, milhao, milhoes, miljoen"), 10**6),
    **dict.fromkeys(listed("миллион, миллиона, миллионов, млн, 百万"), 10**6),
    **dict.fromkeys(listed("crore, crores"), 10**7),
    **dict.fromkeys(listed("亿, 億"), 10**8),
    **dict.fromkeys(listed("b, bn, billion, billions, milliard, milliards"), 10**9),
    **dict.fromkeys(listed("milliarden, milliarde, miliardi, миллиард, миллиарда"), 10**9),
    **dict.fromkeys(listed("миллиардов, млрд"), 10**9),
    **dict.fromkeys(listed("bln, mrd, mld, mlrd, miljard, milyar, miliar, milijardi"), 10**9),
    **dict.fromkeys(listed("milijarde, miliard, miliardy, miliardow, miliarde, мільярд"), 10**9),
    **dict.fromkeys(listed("мільярди, мільярдів, милиард, милиарда, милијарда, مليار"), 10**9),
    **dict.fromkeys(listed("milliarder, tỷ"), 10**9),
    **dict.fromkeys(listed("mio, miljon, miljoner, millioner, millió, milyon, milion"), 10**6),
    **dict.fromkeys(
        listed("miliony, milionow, milioane, milijun, milijuna, milijuni, juta"), 10**6
    ),
    **dict.fromkeys(listed("triệu, милион, милиона, мільйон, мільйони, мільйонів"), 10**6),
    **dict.fromkeys(listed("εκατομμυριο, εκατομμυρια, مليون, ملايين, ملیون, میلیون, ล้าน"), 10**6),
    **dict.fromkeys(
        listed("bin, ribu, nghin, ngan, tysiac, tysiace, tysiecy, tisic, tisice"), 10**3
    ),
    **dict.fromkeys(
        listed("tusen, tusind, ezer, mii, duizend, хиляди, хиљада, тисяч, тисячі"), 10**3
    ),
    **dict.fromkeys(listed("hiljada, χιλιαδες, ألف, آلاف, هزار, ہزار, हजार"), 10**3),
    **dict.fromkeys(listed("만"), 10**4),
    **dict.fromkeys(listed("लाख, لاکھ"), 10**5),
    **dict.fromkeys(listed("करोड़, کروڑ"), 10**7),
    **dict.fromkeys(listed("억"), 10**8),
    **dict.fromkeys(listed("trillion, trillions, trn, 兆"), 10**12),
}
SMALL = {
    word: number
    for number, word in enumerate(
        listed(
            "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, "
            "thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen"
        )
    )
} | {
    word: 10 * number
    for number, word in enumerate(
        listed("twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety"), start=2
    )
}
HAN = "一二两兩三四五六七八九"
HAN_DIGITS = {"一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5} | {
    digit: number for number, digit in enumerate("六七八九", start=6)
}
DECADES = {"dozens": 10, "tens": 10, "hundreds": 100, "thousands": 1000, "millions": 10**6}
"""“Tens of thousands”: what the first word multiplies the second by; the decade begins there."""

EXACT = "exact"
BEFORE: Mapping[str, str] = {
    **dict.fromkeys(
        listed(
            "more than, over, above, exceeding, exceeded, in excess of, upwards of, mas de, "
            "plus de, mehr als, uber, piu di, oltre, mais de, meer dan, более, свыше, "
            "больше, 超过, 超過, 逾, 多于"
        ),
        "more_than",
    ),
    **dict.fromkeys(
        listed(
            "at least, no fewer than, no less than, not less than, al menos, au moins, "
            "mindestens, almeno, pelo menos, не менее, 至少, 不少于"
        ),
        "at_least",
    ),
    **dict.fromkeys(
        listed(
            "up to, at most, no more than, not more than, a maximum of, hasta, jusqu'a, bis "
            "zu, fino a, ate, до, 至多, 最多"
        ),
        "at_most",
    ),
    **dict.fromkeys(
        listed(
            "less than, fewer than, under, below, menos de, moins de, weniger als, meno di, "
            "менее, 不到, 少于"
        ),
        "less_than",
    ),
    **dict.fromkeys(
        listed(
            "about, around, approx, approximately, nearly, almost, some, roughly, circa, "
            "close to, an estimated, estimated, casi, unos, unas, alrededor de, "
            "aproximadamente, cerca de, environ, pres de, presque, etwa, rund, fast, около, "
            "почти, примерно, 约, 約, 大约, 将近, 近"
        ),
        "approx",
    ),
}
AFTER: Mapping[str, str] = {
    **dict.fromkeys(listed("+, or more, 以上"), "at_least"),
    **dict.fromkeys(listed("左右, or so"), "approx"),
    **dict.fromkeys(listed("多, 余, 餘"), "more_than"),
}

CURRENCIES: Mapping[str, str] = {
    **dict.fromkeys(listed("us$, usd, us dollar, us dollars, u.s. dollar, u.s. dollars"), "USD"),
    **dict.fromkeys(listed("美元, dolares, dollars, dollar, $"), "USD"),
    **dict.fromkeys(listed("rmb, cny, yuan, yuans, renminbi, 元, 人民币, юаней"), "CNY"),
    **dict.fromkeys(listed("€, eur, euro, euros, 欧元, 歐元, евро"), "EUR"),
    **dict.fromkeys(listed("£, gbp, pound, pounds, 英镑"), "GBP"),
    **dict.fromkeys(listed("jpy, yen, 日元"), "JPY"),
    **dict.fromkeys(listed("rubles, roubles, rub, рублей"), "RUB"),
    **dict.fromkeys(listed("₹, inr, rupees"), "INR"),
    **dict.fromkeys(listed("swiss francs, chf"), "CHF"),
    **{
        code: code.upper()
        for code in listed(
            "aed, aud, bdt, brl, cad, dkk, egp, etb, fjd, hkd, idr, ils, kes, khr, krw, kzt, "
            "lkr, mad, mop, mxn, myr, ngn, nok, npr, nzd, php, pkr, pln, rsd, sar, sek, sgd, "
            "thb, try, twd, uah, vnd, zar"
        )
    },
}

POINT_IS_DECIMAL = ("en", "zh", "ja", "ko", "th", "hi", "ur", "he", "ms", "my")
"""Languages that write 1,300.5 and not 1.300,5."""


def alternatives(words: Iterable[str]) -> str:
    """A pattern of any of the words, the longest first; words of letters match as themselves
    only between other characters, except in scripts without spaces."""
    return "|".join(whole(word) for word in sorted(words, key=len, reverse=True))


def whole(word: str) -> str:
    pattern = re.escape(word).replace(r"\ ", r"\s+")
    before = r"(?<![^\W\d_])" if spaced(word[0]) else ""
    after = r"(?![^\W\d_])" if spaced(word[-1]) else ""
    return f"{before}{pattern}{after}"


def spaced(letter: str) -> bool:
    """Whether it is a letter of a script that puts spaces between words."""
    return letter.isalpha() and ord(letter) < 0x2E80 and sort_of(letter) == "letter"


SCALE = rf"(?:\s?-?(?!k\s?n\d)(?:{alternatives(SCALES)})\.?)"
DIGITS = (
    r"\d{1,3}(?:[.,'’]\s?\d{2,3})+(?!\d)(?:[.,]\d+)?|\d{1,3}(?:\s\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
)
SPELT = rf"(?:{alternatives([*SMALL, 'hundred', 'thousand', 'million', 'billion'])})"
AND = r"(?:(?<=hundred)|(?<=thousand))\s+and\s+"
NUMBER = re.compile(
    rf"(?P<decade>(?:{alternatives(DECADES)}))(?:\s+of\s+(?P<of>{alternatives(SCALES)}))?"
    rf"|(?P<half>\bhalf\s+an?\s+)(?P<halved>{alternatives(SCALES)})"
    rf"|(?P<plus>{alternatives([*SMALL, 'a'])}|\d+)\s+and\s+a\s+half(?P<scaled>{SCALE}+)"
    rf"|(?P<digits>{DIGITS})(?P<more>\s?[多余餘](?=[百千万萬亿億]))?(?P<scale>{SCALE}*)"
    rf"|\ban?\s+(?P<one>{alternatives(['hundred', 'thousand', 'million', 'billion', 'dozen'])})"
    rf"|(?P<han>(?:[{HAN}][十百千万萬亿億]|十[{HAN}万萬亿億])[零〇{HAN}十百千万萬亿億]*)"
    rf"(?P<han_more>[多余餘](?=[万萬亿億]))?(?P<han_scale>[万萬亿億]*)"
    rf"|(?P<spelt>{SPELT}(?:(?:{AND}|[\s-]+){SPELT})*)"
)
CURRENCY = alternatives(CURRENCIES)
QUALIFIER = re.compile(rf"(?P<said>{alternatives(BEFORE)})\s*(?:(?:{CURRENCY})\s*)?$")
QUALIFIED = re.compile(rf"\s*(?P<said>{alternatives(AFTER)})")
PRICED = re.compile(rf"(?P<said>{CURRENCY})\s*$")
PAID = re.compile(rf"[\s多-]*(?:de\s+|of\s+)?(?P<said>{CURRENCY})")
BETWEEN = re.compile(r"(?:between|entre|zwischen|from)\s*(?:[$€£]|us\$)?\s*$")
JOINED = re.compile(r"\s*(?:and|to|y|et|und|[-–—~至到])\s*(?:[$€£]|us\$)?\s*$")
ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
SHARE = re.compile(r"\s?(?:%|percent\b|per cent\b|por ciento\b|pour cent\b|prozent\b)")
YEAR = re.compile(r"(?:19|20)\d\d")
YEAR_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:in|since|during|until|en|im|seit|desde|depuis|em|в|с)\s+$"
)

MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january, jan, janvier, enero, januar, gennaio, janeiro, januari, января",
            "february, feb, fevrier, febrero, februar, febbraio, fevereiro, februari, февраля",
            "march, mar, mars, marzo, marz, marco, maart, марта",
            "april, apr, avril, abril, aprile, апреля",
            "may, mai, mayo, maggio, maio, mei, мая",
            "june, jun, juin, junio, juni, giugno, junho, июня",
            "july, jul, juillet, julio, juli, luglio, julho, июля",
            "august, aug, aout, agosto, augustus, августа",
            "september, sep, sept, septembre, septiembre, settembre, setembro, сентября",
            "october, oct, octobre, octubre, oktober, ottobre, outubro, октября",
            "november, nov, novembre, noviembre, novembro, ноября",
            "december, dec, decembre, diciembre, dezember, dicembre, dezembro, декабря",
        ],
        start=1,
    )
    for name in listed(names)
}
MONTH = rf"(?:{alternatives(MONTHS)})(?!\s+(?:be|have|not|also|need|receive)\b)"
IN_YEAR = r"(?:,?\s+(?:de\s+|del\s+)?(?P<{0}>20\d\d)(?![\d.,]\d|\s\d{{3}}))"
DATE = re.compile(
    r"(?<!\d)(?P<iso_year>20\d\d)-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?(?!\d)"
    r"|(?:(?P<han_year>20\d\d)\s?年\s?)?(?P<han_month>\d{1,2})\s?月"
    r"(?:\s?(?P<han_day>\d{1,2})\s?[日号號])?"
    r"|(?<![\d.,])(?P<first_day>\d{1,2})(?:st|nd|rd|th|er|o|\.)?\s+(?:of\s+|de\s+)?"
    rf"(?P<first_month>{MONTH})\.?{IN_YEAR.format('first_year')}?"
    rf"|(?P<last_month>{MONTH})\.?\s+(?P<last_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,]\d|\d|\s\d{{3}})"
    rf"{IN_YEAR.format('last_year')}?"
    rf"|(?P<only_month>{MONTH})\.?{IN_YEAR.format('only_year')}"
)
"""2020-04-10, 4月10日, 10 April 2020, April 10, April 2020."""
SPAN_BEFORE = re.compile(
    r"\d(?:st|nd|rd|th)?\s*(?:-|–|/|to|and|until|till|y|et|und|a|al|bis|至|到)\s*$"
)
SPAN_AFTER = re.compile(r"\s*(?:-|–|/|to|and|until|till|y|et|und|a|al|bis|至|到)\s*\d")


@dataclass
class SaidDate:
    """A date in the words, without what they leave open."""

    year: int | None
    month: int
    day: int | None

    def __str__(self) -> str:
        year = "" if self.year is None else f"{self.year}-"
        return f"{year}{self.month:02}" + ("" if self.day is None else f"-{self.day:02}")

    def may_be(self, day: date, precision: str) -> bool:
        """Whether a date that is known to the day, month or year may be this one."""
        return (
            self.year in (None, day.year)
            and (precision == "year" or self.month == day.month)
            and (precision != "day" or self.day in (None, day.day))
        )


def dates_in(text: str) -> list[SaidDate]:
    """Return the dates of a folded text that can be read in one way only; none where one is the
    end of a span of days."""
    found = []
    for match in DATE.finditer(text):
        if SPAN_BEFORE.search(text[: match.start()]) or SPAN_AFTER.match(text[match.end() :]):
            return []
        parts = {name.partition("_")[2]: part for name, part in match.groupdict().items() if part}
        month = MONTHS.get(parts["month"]) or int(parts["month"])
        day, year = (int(parts[name]) if name in parts else None for name in ("day", "year"))
        found.append(SaidDate(year, month, day))
    return found


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


def numbers(text: str, language: str = "en") -> list[Number]:
    """Return the numbers of a folded text, in their order, without dates, shares and names."""
    text = DATE.sub(lambda match: "/" * len(match[0]), text)
    found = []
    for match in NUMBER.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if match["digits"]:
            if after[:1] in ("年", "月", "日") or before[-1:] == "第" or ORDINAL.match(after):
                continue
            if _names(before) and not match["scale"]:
                continue
            if YEAR.fullmatch(match[0]) and YEAR_BEFORE.search(before):
                continue
        if SHARE.match(after):
            continue
        found.append(_number(match, language))
    return found


def _names(before: str) -> bool:
    """Whether digits after this are part of a name, as in N95 and COVID-19, not in RMB70,000."""
    attached = before and before[-1].isalpha() and spaced(before[-1])
    if attached and not PRICED.search(before):
        return True
    return bool(re.search(r"(?<![^\W\d_])(?:covid|sars-cov|kn|n|ffp)[\s-]$", before))


def _number(match: re.Match[str], language: str) -> Number:
    start, end = match.span()
    if match["decade"]:
        of = SCALES[match["of"]] if match["of"] else 1
        lower = Decimal(DECADES[match["decade"]] * of)
        return Number(lower, start, end, bounds=(lower, lower * 10))
    if match["half"]:
        return Number(Decimal(SCALES[match["halved"]]) / 2, start, end)
    if match["plus"]:
        scale = _scale(match["scaled"])
        whole_number = (
            int(match["plus"]) if match["plus"].isdigit() else SMALL.get(match["plus"], 1)
        )
        return Number((whole_number + Decimal("0.5")) * scale, start, end, scale)
    if match["digits"]:
        scale = _scale(match["scale"])
        value = _digits(match["digits"], language, scaled=scale > 1)
        return Number(value * scale, start, end, scale, "more_than" if match["more"] else "")
    if match["one"]:
        scale = 12 if match["one"] == "dozen" else SCALES[match["one"]]
        return Number(Decimal(scale), start, end, scale)
    if match["han"]:
        qualifier = "more_than" if match["han_more"] else ""
        amount = _han(match["han"]) * _scale(match["han_scale"])
        return Number(Decimal(amount), start, end, qualifier=qualifier)
    return _spelt(match["spelt"], start, end)


def _scale(words: str) -> int:
    scale = 1
    for word in re.findall(alternatives(SCALES), words):
        scale *= SCALES[word]
    return scale


def _digits(digits: str, language: str, scaled: bool) -> Decimal:
    """1,300.5 in some languages, 1.300,5 in others; many a text writes as its neighbours do, so
    what can be read in one way only is read so."""
    digits = re.sub(r"[\s'’]", "", digits)
    grouping, decimal = (",", ".") if language[:2] in POINT_IS_DECIMAL else (".", ",")
    odd = decimal == "," and not scaled and re.fullmatch(r"\d{1,3},\d{3}", digits)
    if odd or digits.count(decimal) > 1 or grouping in digits.partition(decimal)[2]:
        grouping, decimal = decimal, grouping
    units, _, part = digits.partition(decimal)
    grouped = rf"\d+(?:\{grouping}\d{{2,3}})*\{grouping}\d{{3}}"
    if not part and grouping in units and (scaled or not re.fullmatch(grouped, units)):
        groups = units.split(grouping)
        if len(groups) == 2 and not (scaled and len(groups[1]) == 3 and grouping == ","):
            units, part = groups
    return Decimal(f"{units.replace(grouping, '')}.{part or 0}")


def _han(characters: str) -> int:
    total = section = digit = 0
    for character in characters:
        if character in HAN_DIGITS:
            digit = HAN_DIGITS[character]
        elif character in "十百千":
            section += (digit or 1) * (10 if character == "十" else SCALES.get(character, 100))
            digit = 0
        elif character in SCALES:
            scale = SCALES[character]
            if total < scale:
                total, section = 0, total + section
            total += (section + digit) * scale
            section = digit = 0
    return total + section + digit


def _spelt(words: str, start: int, end: int) -> Number:
    total, group, scale = 0, 0, 1
    for word in re.findall(r"[a-z]+", words):
        if word == "and":
            continue
        if word in SMALL:
            group += SMALL[word]
        elif word == "hundred":
            group = (group or 1) * 100
        else:
            scale = SCALES[word]
            total, group = total + (group or 1) * scale, 0
    return Number(Decimal(total + group), start, end, scale)


def said_words(match: re.Match[str]) -> str:
    """Return the words that a pattern found, as the tables above have them."""
    return " ".join(match["said"].split())


def qualifiers(text: str, number: Number) -> set[str]:
    """Return the operators that the words beside a number mean: “up to about 50” has two."""
    found = {number.qualifier} - {""}
    before = text[: number.start]
    while match := QUALIFIER.search(before):
        found.add(BEFORE[said_words(match)])
        before = before[: match.start()]
    if match := QUALIFIED.match(text[number.end :]):
        found.add(AFTER[said_words(match)])
    return found


@dataclass
class Claim:
    """A number that a quote holds: what it can be read as, and what qualifies it."""

    words: str
    values: set[Decimal]
    qualifiers: set[str]
    """Empty where no word that is known here qualifies it."""


def claims(quote: str) -> list[Claim]:
    """Return the numbers of a quote. Digits that languages read differently (1.300) have several
    values, and so has the first of “3 to 5 million”."""
    text = folded(quote)
    found: dict[int, Claim] = {}
    for language in ("en", "de"):
        read = numbers(text, language)
        for number, following in zip_longest(read, read[1:]):
            said = found.setdefault(
                number.start,
                Claim(text[number.start : number.end], set(), qualifiers(text, number)),
            )
            said.values |= {number.value, *(number.bounds or ())}
            if number.bounds:
                said.qualifiers.add("order_of_magnitude")
            if following and number.scale == 1:
                between = text[number.end : following.start]
                if JOINED.fullmatch(between):
                    said.values.add(number.value * following.scale)
    return list(found.values())
