"""Words that statements and notes use for one another, and forms of English words, so that a
search for one finds all."""

import re
from collections.abc import Iterable, Mapping

GROUPS: tuple[tuple[str, ...], ...] = (
    (
        "faulty",
        "defective",
        "substandard",
        "flawed",
        "unusable",
        "unfit",
        "poor quality",
        "performed poorly",
    ),
    ("cancelled", "canceled", "annulled"),
    ("returned", "sent back"),
)
"""Folded words and phrases that mean the same in this dataset. A word is in one group at most."""


def by_word(groups: Iterable[tuple[str, ...]]) -> Mapping[str, list[tuple[str, ...]]]:
    """Return each single word → all of its group, as words, itself first."""
    return {
        one: [(one,), *(tuple(other.split()) for other in group if other != one)]
        for group in groups
        for one in group
        if " " not in one
    }


SYNONYMS = by_word(GROUPS)

IRREGULAR: tuple[tuple[str, ...], ...] = (
    ("agree", "agrees", "agreed", "agreeing"),
    ("begin", "begins", "began", "begun", "beginning"),
    ("bus", "buses"),
    ("buy", "buys", "bought", "buying"),
    ("campus", "campuses"),
    ("child", "children"),
    ("come", "comes", "came", "coming"),
    ("fly", "flies", "flew", "flown", "flying"),
    ("fulfil", "fulfill", "fulfils", "fulfills", "fulfilled", "fulfilling"),
    ("free", "frees", "freed", "freeing"),
    ("gas", "gases"),
    ("give", "gives", "gave", "given", "giving"),
    ("guarantee", "guarantees", "guaranteed", "guaranteeing"),
    ("lend", "lends", "lent", "lending"),
    ("lens", "lenses"),
    ("make", "makes", "made", "making"),
    ("name", "names", "named", "naming"),
    ("pay", "pays", "paid", "paying"),
    ("resell", "resells", "resold", "reselling"),
    ("sell", "sells", "sold", "selling"),
    ("send", "sends", "sent", "sending"),
    ("take", "takes", "took", "taken", "taking"),
    ("transfer", "transfers", "transferred", "transferring"),
    ("woman", "women"),
    # What looks like the form of another word, and is none.
    ("aid",),
    ("aids",),
    ("good",),
    ("goods",),
    ("new",),
    ("news",),
    ("unit", "units"),
    ("united",),
)
"""English words whose forms no rule knows, each with all of its forms."""
UNALIKE = {word: group for group in IRREGULAR for word in group}
DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1$")
SHORT = re.compile(r"[^aeiou]*[aeiou][b-df-hj-np-tvz]$")
"""One syllable that ends in a single consonant, which doubles before an ending: ship, shipped."""
LONGER = re.compile(r".*[aeiouy].*[^aeiou](?:[eo]l|it)$")
"""More syllables, of which some double: cancelled, submitted, but delivered."""

MUTE = re.compile(
    r"([^aeo]at|creat|[vc]it|iz|[cuvz]|[dr]g|an?g|eng|[^aeiou]l|[aeiou]s|rs|[^o]id|[^o]ud"
    r"|[^aeiou][ao]d|[^aeio]in|[^aei]ut|pl?et|ot|[^aeo][ui]r|[^aeo]ar|(st|pl|gn)or|um|pon)$"
)
"""Ends of words that lost a mute e before an ending: donat, provid, purchas."""


def forms(word: str) -> list[str]:
    """Return an English word, folded, with its other forms: itself first, then those in -s, -ed
    and -ing, and the word of which it is one. Some are no words (kitting): they find nothing.
    Words with other letters, and of less than four, have a plural at most."""
    if word in UNALIKE:
        return [word, *(one for one in UNALIKE[word] if one != word)]
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return [word]
    if len(word) == 3:
        return [word, *own(word, [plural(word)])]
    base = singular(word) or before_ending(word) or word
    return list(dict.fromkeys([word, base, *own(base, [plural(base), *inflected(base)])]))


def own(word: str, made: list[str]) -> list[str]:
    """Return the forms that are not those of the word with an e: dos has no doses, and the name
    Chang is not changed."""
    return [form for form in made if f"{word}e" not in (singular(form), before_ending(form))]


def plural(word: str) -> str:
    """Return the form in -s."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", word) else f"{word}s"


def singular(word: str) -> str:
    """Return the word whose form in -s this is; empty if it is not one."""
    if re.search(r"..ies$", word):
        return f"{word[:-3]}y"
    if re.search(r"(ss|x|zz|ch|sh|[aeiou]rus)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^siu]s$", word) else ""


def before_ending(word: str) -> str:
    """Return the word whose form in -ed or -ing this is; empty if it is not one."""
    if re.search(r"..ied$", word):
        return f"{word[:-3]}y"
    ending = re.fullmatch(r"([^aeiou]*[aeiouy].*?[^e])(?:ed|ing)", word)
    if not ending:
        return ""
    stem = ending[1]
    if DOUBLED.search(stem):
        # Shipped is of ship and cancelled of cancel, called of call.
        keeps = stem[-1] in "sfz" or (stem[-1] == "l" and not LONGER.match(stem[:-1]))
        return stem if keeps else stem[:-1]
    return f"{stem}e" if MUTE.search(stem) else stem


def inflected(word: str) -> list[str]:
    """Return the forms in -ed and -ing."""
    if re.search(r"[^e]e$", word):
        return [f"{word}d", f"{word[:-1]}ing"]
    if re.search(r"[^aeiou]y$", word):
        return [f"{word[:-1]}ied", f"{word}ing"]
    doubled = f"{word}{word[-1]}"
    if SHORT.match(word):
        return [f"{doubled}ed", f"{doubled}ing"]
    plain = [f"{word}ed", f"{word}ing"]
    return [*plain, f"{doubled}ed", f"{doubled}ing"] if LONGER.match(word) else plain
