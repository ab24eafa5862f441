"""Countries by any of their names: ISO codes, and the names of ISO 3166 and of Unicode's CLDR in
many languages. They never decide what a query finds, only what is suggested."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import iso3166
import langcodes
from language_data.names import data_filename, load_trie

from aidapi.errors import is_code
from records.models.text import fold, split

SPEAKERS = 1_000_000
"""Number of speakers from which on a language's names are taken, unless a country speaks it."""
SHARED = {
    "congo": ("COD", "COG"),
    "korea": ("KOR", "PRK"),
    "virgin islands": ("VGB", "VIR"),
}
"""Names that are used for two countries, though ISO or CLDR may give them to one."""
BY_ALPHA2 = {country.alpha2: country.alpha3 for country in iso3166.countries}
ABBREVIATION = re.compile(r"(?<=\b[a-z])\.")
"""Dot after a single letter: U.S.A. is USA."""
Codes = frozenset[str]


def countries_called(name: str) -> Codes:
    """Return the ISO 3166-1 alpha-3 codes of the countries that are called so: mostly one or
    none, several where a name is shared."""
    return codes_by_name().get(spoken(name), frozenset())


def spoken(name: str) -> str:
    """Return a name without what does not distinguish names: case, accents, punctuation, and an
    article in front."""
    return spoken_of_folded(fold(name))


def spoken_of_folded(name: str) -> str:
    """Return the same of a folded name."""
    plain = ABBREVIATION.sub("", name).replace("&", " and ")
    return " ".join(split(plain)).removeprefix("the ")


@cache
def codes_by_name() -> Mapping[str, Codes]:
    """Return each known name → the countries that have it. Takes about half a second once."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, code in [*names_of_iso(), *names_of_cldr()]:
        found[spoken(name)].add(code)
    shared = {spoken(name): set(codes) for name, codes in SHARED.items()}
    return {name: frozenset(codes) for name, codes in (found | shared).items() if name}


def names_of_iso() -> Iterator[tuple[str, str]]:
    """Yield each name and code, with its country: `Iran, Islamic Republic of` as it is said,
    too."""
    for country in iso3166.countries:
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name):
            yield name, country.alpha3
            short, comma, rest = name.partition(", ")
            if comma:
                yield f"{rest} {short}", country.alpha3


def names_of_cldr() -> Iterator[tuple[str, str]]:
    """Yield each name in a language of many speakers or of a country, with its country."""
    of_countries = {
        langcodes.Language.make(territory=alpha2).maximize().language for alpha2 in BY_ALPHA2
    }
    for file in sorted(Path(data_filename("trie")).glob("*/name_to_territory.marisa")):
        # The package's `und` has one country for each name, even where two languages differ.
        language = langcodes.Language.make(language=file.parent.name)
        if language.speaking_population() < SPEAKERS and language.language not in of_countries:
            continue
        for name, code in load_trie(str(file)).items():
            alpha3 = BY_ALPHA2.get(code.decode())
            # As short as a code it is one: `km` is a country in Welsh, and another by ISO.
            short = is_code(spoken(name)) and name.isascii() and language.language != "en"
            if alpha3 and not short:
                yield name, alpha3
