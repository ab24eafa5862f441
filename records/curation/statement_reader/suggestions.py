"""What a few words of a statement seem to say: a number with its qualifier, of which item, in
which unit or currency. A suggestion for the fields of a form, which a curator looks at."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from records.models import Measure, Operator, PartyType, Unit, fold, plain


def listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


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
    **dict.fromkeys(listed("trillion"), 10**12),
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
DECADES = {"dozens": 10, "tens": 10, "hundreds": 100, "thousands": 1000, "millions": 10**6}
"""“Tens of thousands”: what the first word multiplies the second by; the decade begins there."""

BEFORE: Mapping[str, Operator] = {
    **dict.fromkeys(
        listed(
            "more than, over, above, exceeding, exceeded, in excess of, upwards of, mas de, "
            "plus de, mehr als, uber, piu di, oltre, mais de, meer dan, более, свыше, "
            "больше, 超过, 超過, 逾, 多于"
        ),
        Operator.MORE_THAN,
    ),
    **dict.fromkeys(
        listed(
            "at least, no fewer than, no less than, not less than, al menos, au moins, "
            "mindestens, almeno, pelo menos, не менее, 至少, 不少于"
        ),
        Operator.AT_LEAST,
    ),
    **dict.fromkeys(
        listed(
            "up to, at most, no more than, not more than, a maximum of, hasta, jusqu'a, bis "
            "zu, fino a, ate, до, 至多, 最多"
        ),
        Operator.AT_MOST,
    ),
    **dict.fromkeys(
        listed(
            "less than, fewer than, under, below, menos de, moins de, weniger als, meno di, "
            "менее, 不到, 少于"
        ),
        Operator.LESS_THAN,
    ),
    **dict.fromkeys(
        listed(
            "about, around, approx, approximately, nearly, almost, some, roughly, circa, "
            "close to, an estimated, estimated, casi, unos, unas, alrededor de, "
            "aproximadamente, cerca de, environ, pres de, presque, etwa, rund, fast, около, "
            "почти, примерно, 约, 約, 大约, 将近, 近"
        ),
        Operator.APPROX,
    ),
}
AFTER: Mapping[str, Operator] = {
    **dict.fromkeys(listed("+, or more, 以上"), Operator.AT_LEAST),
    **dict.fromkeys(listed("左右, or so"), Operator.APPROX),
    **dict.fromkeys(listed("多, 余, 餘"), Operator.MORE_THAN),
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

UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(listed("piece, pieces, 只, 個, 个, 件, 台, 支"), Unit.PIECE),
    **dict.fromkeys(listed("pair, pairs, 双, 雙"), Unit.PAIR),
    **dict.fromkeys(listed("set, sets, 套"), Unit.SET),
    **dict.fromkeys(listed("kit, kits"), Unit.KIT),
    **dict.fromkeys(listed("test, tests, 人份"), Unit.TEST),
    **dict.fromkeys(listed("dose, doses, dosis, 剂, 劑"), Unit.DOSE),
    **dict.fromkeys(listed("box, boxes, carton, cartons, 盒, 箱"), Unit.BOX),
    **dict.fromkeys(listed("vial, vials"), Unit.VIAL),
    **dict.fromkeys(listed("bottle, bottles, 瓶"), Unit.BOTTLE),
    **dict.fromkeys(listed("litre, litres, liter, liters, 升"), Unit.LITRE),
    **dict.fromkeys(listed("kg, kilo, kilos, kilogram, kilograms, 公斤"), Unit.KILOGRAM),
    **dict.fromkeys(listed("ton, tons, tonne, tonnes, toneladas, 吨, 噸"), Unit.TONNE),
    **dict.fromkeys(listed("people, persons, experts, doctors, nurses, members"), Unit.PERSON),
    **dict.fromkeys(listed("member, man, person, 名"), Unit.PERSON),
    **dict.fromkeys(listed("team, teams, 支队伍"), Unit.TEAM),
    **dict.fromkeys(listed("batch, batches, 批, 批次"), Unit.BATCH),
    **dict.fromkeys(listed("flight, flights, planeloads"), Unit.FLIGHT),
    **dict.fromkeys(listed("hour, hours"), Unit.HOUR),
}

COUNTED: Mapping[str, str] = {
    **dict.fromkeys(listed("country, countries, nations, paises, pays, paesi"), "country"),
    **dict.fromkeys(listed("lander, стран, странам, 国家, 國家"), "country"),
    **dict.fromkeys(
        listed(
            "international organisations, international organizations, organizaciones, "
            "organizacoes internacionais, organisations internationales, 国际组织, 國際組織"
        ),
        PartyType.INTERNATIONAL_ORGANISATION,
    ),
    **dict.fromkeys(listed("companies, enterprises, firms, 企业, 企業"), PartyType.COMPANY),
    **dict.fromkeys(listed("provinces, cities"), PartyType.LOCAL_GOVERNMENT),
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
    return letter.isalpha() and ord(letter) < 0x2E80


SCALE = rf"(?:\s?-?(?:{alternatives(SCALES)})\.?)"
DIGITS = (
    r"\d{1,3}(?:[.,'’]\s?\d{2,3})+(?!\d)(?:[.,]\d+)?|\d{1,3}(?:\s\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
)
SPELT = rf"(?:{alternatives([*SMALL, 'hundred', 'thousand', 'million', 'billion'])})"
AND = r"(?:(?<=hundred)|(?<=thousand))\s+and\s+"
NUMBER = re.compile(
    rf"(?P<decade>(?:{alternatives(DECADES)}))(?:\s+of\s+(?P<of>{alternatives(SCALES)}))?"
    rf"|(?P<half>\bhalf\s+an?\s+)(?P<halved>{alternatives(SCALES)})"
    rf"|(?P<plus>{alternatives([*SMALL, 'a'])})\s+and\s+a\s+half(?P<scaled>{SCALE}+)"
    rf"|(?P<digits>{DIGITS})(?P<scale>{SCALE}*)"
    rf"|\ban?\s+(?P<one>{alternatives(['hundred', 'thousand', 'million', 'billion', 'dozen'])})"
    rf"|(?P<spelt>{SPELT}(?:(?:{AND}|[\s-]+){SPELT})*)"
)
CURRENCY = alternatives(CURRENCIES)
QUALIFIER = re.compile(rf"(?P<said>{alternatives(BEFORE)})\s*(?:(?:{CURRENCY})\s*)?$")
QUALIFIED = re.compile(rf"\s*(?P<said>{alternatives(AFTER)})")
PRICED = re.compile(rf"(?P<said>{CURRENCY})\s*$")
PAID = re.compile(rf"[\s多-]*(?:de\s+|of\s+)?(?P<said>{CURRENCY})")
BETWEEN = re.compile(r"(?:between|entre|zwischen|from)\s*(?:[$€£]|us\$)?\s*$")
JOINED = re.compile(r"\s*(?:and|to|y|et|und|[-–—~至到])\s*(?:[$€£]|us\$)?\s*$")
MEASURED = re.compile(rf"(?P<said>{alternatives(UNITS)})")
PEOPLE = re.compile(rf"(?P<said>{alternatives(COUNTED)})")


@dataclass
class Number:
    """A number in the words, and its place."""

    value: Decimal
    start: int
    end: int
    scale: int = 1
    bounds: tuple[Decimal, Decimal] | None = None


@dataclass
class Known:
    """The items of the vocabulary, under every folded name that statements use."""

    items: Mapping[str, tuple[str, str, str]]
    """Code → name, default unit, and what the form's choice calls it."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """(folded name, code), the longest first."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, list[str], str]]) -> "Known":
        """From (code, name, aliases, default unit) of each."""
        known = cls({})
        items: dict[str, tuple[str, str, str]] = {}
        names: dict[str, str] = {}
        for code, name, aliases, unit in rows:
            items[code] = name, unit, f"{name} ({code})"
            names |= {fold(alias): code for alias in [*aliases, name] if alias.strip()}
        known.items = items
        known.names = sorted(names.items(), key=lambda pair: (-len(pair[0]), pair))
        return known

    def find(self, text: str) -> tuple[str, int, int] | None:
        """The item with the longest name that occurs in the folded text, and where."""
        for name, code in self.names:
            at = text.find(name)
            while at >= 0:
                end = at + len(name)
                if not spaced(name[0]) or not text[:at][-1:].isalpha():
                    plural = re.match(r"(?:e?s)?(?![^\W\d_])", text[end:])
                    if not spaced(name[-1]) or plural:
                        return code, at, end + (plural.end() if plural else 0)
                at = text.find(name, at + 1)
        return None


def suggest(words: str, known: Known, language: str = "en", role: str = "") -> dict[str, Any]:
    """Field of a figure's form → what the words suggest for it; what they leave open is not
    there. `role` is in whom a count of parties would count; an item is its code."""
    text = fold(unicodedata.normalize("NFKC", words))
    found = numbers(text, language)
    if not found:
        return _unnumbered(text, known)
    number, *others = found
    suggestion: dict[str, Any] = {}
    if number.value < 10**15:
        suggestion |= _qualified(text, number, others)
    until = others[0].start if others and "lower" not in suggestion else len(text)
    priced = PRICED.search(text[: number.start])
    paid = None if priced else PAID.match(text[number.end : until])
    people = PEOPLE.search(text[number.end : until])
    item = known.find(text[number.end : until])
    item = (item[0], item[1] + number.end, item[2] + number.end) if item else known.find(text)
    if money := priced or paid:
        currency = CURRENCIES[_said(money)]
        suggestion |= {"measure": Measure.MONEY, "currency": currency}
        if item:
            suggestion["item"] = item[0]
    elif people and not (item and item[1] < number.end + people.start()):
        types = {COUNTED[_said(match)] for match in PEOPLE.finditer(text, number.end, until)}
        party_type = types.pop() if len(types) == 1 else "mixed"
        suggestion |= {"measure": Measure.PARTIES, "party_type": party_type}
        if role:
            suggestion["party_role"] = role
    else:
        suggestion["measure"] = Measure.QUANTITY
        if item:
            suggestion["item"] = item[0]
        if unit := _unit(text, number, until, item, known):
            suggestion["unit"] = unit
    return {name: str(value) for name, value in suggestion.items()}


def _said(match: re.Match[str]) -> str:
    return " ".join(match["said"].split())


def _unnumbered(text: str, known: Known) -> dict[str, Any]:
    """“Surgical masks”, without a number, is a figure too."""
    item = known.find(text)
    if item is None:
        return {}
    return {
        "measure": str(Measure.QUANTITY),
        "operator": str(Operator.UNSPECIFIED),
        "item": item[0],
        "unit": known.items[item[0]][1],
    }


def _qualified(text: str, number: Number, others: list[Number]) -> Iterable[tuple[str, Any]]:
    """Operator and number, or the two bounds."""
    if number.bounds:
        lower, upper = number.bounds
        return [("operator", Operator.ORDER_OF_MAGNITUDE), *_bounds(lower, upper)]
    if others:
        second, between = others[0], text[number.end : others[0].start]
        started = BETWEEN.search(text[: number.start])
        joined = JOINED.fullmatch(between)
        if joined and second.bounds is None and (started or not between.strip().startswith("and")):
            scale = second.scale if number.scale == 1 and number.value < second.value else 1
            lower, upper = number.value * scale, second.value
            if lower < upper:
                return [("operator", Operator.BETWEEN), *_bounds(lower, upper)]
    before = QUALIFIER.search(text[: number.start])
    after = QUALIFIED.match(text[number.end :])
    operator = Operator.EXACT
    if before:
        operator = BEFORE[_said(before)]
    elif after:
        operator = AFTER[_said(after)]
    return [("operator", operator), ("value", plain(number.value))]


def _bounds(lower: Decimal, upper: Decimal) -> list[tuple[str, Any]]:
    return [("lower", plain(lower)), ("upper", plain(upper))]


def _unit(
    text: str, number: Number, until: int, item: tuple[str, int, int] | None, known: Known
) -> str:
    """The unit that the words name beside the item's name; else the default unit of the item."""
    for match in MEASURED.finditer(text, number.end, until):
        if item is None or not item[1] <= match.start() < item[2]:
            return UNITS[_said(match)]
    return known.items[item[0]][1] if item else ""


def numbers(text: str, language: str = "en") -> list[Number]:
    """The numbers of a folded text, in their order."""
    found = []
    for match in NUMBER.finditer(text):
        if match["digits"] and _names(text[: match.start()]):
            continue
        if match["digits"] and text[match.end() :][:1] in ("年", "月", "日"):
            continue
        found.append(_number(match, language))
    return found


def _names(before: str) -> bool:
    """Whether digits after this are part of a name, as in N95 and COVID-19, not in RMB70,000."""
    attached = before and before[-1].isalpha() and spaced(before[-1])
    if attached and not PRICED.search(before):
        return True
    return bool(re.search(r"(?:covid|sars-cov|kn|n|ffp)-$", before))


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
        return Number((SMALL.get(match["plus"], 1) + Decimal("0.5")) * scale, start, end, scale)
    if match["digits"]:
        scale = _scale(match["scale"])
        value = _digits(match["digits"], language, scaled=scale > 1)
        return Number(value * scale, start, end, scale)
    if match["one"]:
        scale = 12 if match["one"] == "dozen" else SCALES[match["one"]]
        return Number(Decimal(scale), start, end, scale)
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
