"""Countries by any of their names: ISO codes, the names of ISO 3166 and of Unicode's CLDR in many
languages, and official names. They never decide what a query finds, only what is suggested."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import iso3166
import langcodes
from language_data.names import data_filename, load_trie

from aidapi.errors import is_code
from records.query.official_names import OWN_NAMES, PEOPLES, names_within
from records.query.spoken import spoken

SPEAKERS = 1_000_000
"""Number of speakers from which on a language's names are taken, unless a country speaks it."""
SHARED = {
    "congo": ("COD", "COG"),
    "guiana": ("GUF", "GUY"),
    "guyane": ("GUF", "GUY"),
    "korea": ("KOR", "PRK"),
    "nigeri": ("NER", "NGA"),
    "saint martin": ("MAF", "SXM"),
    "virgin islands": ("VGB", "VIR"),
}
"""Names that are used for two countries, though ISO or CLDR may give them to one."""
CHINA = "CHN"
PAIRS = (
    frozenset({CHINA, "TWN"}),
    frozenset({"KOR", "PRK"}),
    frozenset({"COD", "COG"}),
    frozenset({"DMA", "DOM"}),
)
"""Countries whose official names differ by the sort of state. China's is a people's republic."""
BY_ALPHA2 = {country.alpha2: country.alpha3 for country in iso3166.countries}
Codes = frozenset[str]


def countries_called(name: str) -> Codes:
    """Return the ISO 3166-1 alpha-3 codes of the countries that are called so: mostly one or
    none, several where a name is shared."""
    called = spoken(name)
    return codes_by_name().get(called) or countries_of_official_name(called)


def countries_of_official_name(called: str) -> Codes:
    """Return the codes of the countries whose short name is in an official one, as spoken. Where
    official names differ by the sort of state alone, that of two countries."""
    for short in names_within(called):
        if codes := codes_by_name().get(short):
            if codes == {CHINA} and PEOPLES.search(f" {called} "):
                return codes
            return codes.union(*(pair for pair in PAIRS if codes & pair))
    return frozenset()


@cache
def codes_by_name() -> Mapping[str, Codes]:
    """Return each known name → the countries that have it. Takes about half a second once."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, code in [*names_of_iso(), *names_of_cldr(), *own_names()]:
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


def own_names() -> Iterator[tuple[str, str]]:
    """Yield the official names in languages of the countries, each with its country."""
    for code, names in OWN_NAMES.items():
        for name in names:
            yield name, code


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
