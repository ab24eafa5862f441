"""Countries by their official names: found in their own languages, and never another country."""

import pytest

from records.query.countries import (
    BY_ALPHA2,
    PAIRS,
    SHARED,
    codes_by_name,
    countries_called,
)
from records.query.official_names import OWN_NAMES
from records.query.spoken import spoken
from tests.support.thoroughness import some

OFFICIAL = {
    "Bundesrepublik Deutschland": "DEU",
    "Republik Österreich": "AUT",
    "Schweizerische Eidgenossenschaft": "CHE",
    "Confédération suisse": "CHE",
    "中华人民共和国": "CHN",
    "Република Србија": "SRB",
    "República del Perú": "PER",
    "República Oriental del Uruguay": "URY",
    "República Bolivariana de Venezuela": "VEN",
    "Estado Plurinacional de Bolivia": "BOL",
    "República de El Salvador": "SLV",
    "República de Guinea Ecuatorial": "GNQ",
    "República Federativa do Brasil": "BRA",
    "República da Guiné-Bissau": "GNB",
    "Estados Unidos Mexicanos": "MEX",
    "République française": "FRA",
    "République de Guinée": "GIN",
    "République du Niger": "NER",
    "République démocratique du Congo": "COD",
    "Royaume de Belgique": "BEL",
    "Koninkrijk België": "BEL",
    "Grand-Duché de Luxembourg": "LUX",
    "Repubblica italiana": "ITA",
    "Kongeriget Danmark": "DNK",
    "Konungariket Sverige": "SWE",
    "Suomen tasavalta": "FIN",
    "Eesti Vabariik": "EST",
    "Latvijas Republika": "LVA",
    "Lietuvos Respublika": "LTU",
    "Rzeczpospolita Polska": "POL",
    "Slovenská republika": "SVK",
    "Republika Slovenija": "SVN",
    "Republika Hrvatska": "HRV",
    "Република Северна Македонија": "MKD",
    "Република България": "BGR",
    "Рэспубліка Беларусь": "BLR",
    "Российская Федерация": "RUS",
    "Қазақстан Республикасы": "KAZ",
    "Türkiye Cumhuriyeti": "TUR",
    "Azərbaycan Respublikası": "AZE",
    "Ελληνική Δημοκρατία": "GRC",
    "جمهورية مصر العربية": "EGY",
    "جمهورية العراق": "IRQ",
    "دولة الكويت": "KWT",
    "سلطنة عمان": "OMN",
    "المملكة المغربية": "MAR",
    "جمهوری اسلامی ایران": "IRN",
    "מדינת ישראל": "ISR",
    "भारत गणराज्य": "IND",
    "नेपाल संघीय लोकतान्त्रिक गणतन्त्र": "NPL",
    "ราชอาณาจักรไทย": "THA",
    "Cộng hòa xã hội chủ nghĩa Việt Nam": "VNM",
    "Republik Indonesia": "IDN",
    "新加坡共和国": "SGP",
    "대한민국": "KOR",
    "조선민주주의인민공화국": "PRK",
    "Jamhuri ya Muungano wa Tanzania": "TZA",
    "Federal Democratic Republic of Ethiopia": "ETH",
    "Republic of South Sudan": "SSD",
    "Republic of the Sudan": "SDN",
    "Republic of Ireland": "IRL",
}
NONE = [
    *("Republika Srpska", "Turkish Republic of Northern Cyprus", "German Democratic Republic"),
    *("Union of Soviet Socialist Republics", "European Union", "Republic", "Kingdom of the"),
    # States that are parts of countries, and what is no country at all.
    *("State of Georgia", "Niger State", "Estado de México", "Jamaica Football Federation"),
    *("Republic Bank Ghana", "Ír Köztársaság", "Commonwealth of Virginia"),
]
TWO = {
    "República de China": {"CHN", "TWN"},
    "Republik Korea": {"KOR", "PRK"},
    "Demokratische Volksrepublik Korea": {"KOR", "PRK"},
    "Repubblica del Congo": {"COD", "COG"},
    "Commonwealth di Dominica": {"DMA", "DOM"},
    "Nigeri Vabariik": {"NER", "NGA"},
}
SORTS = ["Republic of {}", "République de {}", "{} Respublikası", "Королевство {}", "{}共和国"]


def test_official_names_in_own_languages_are_found() -> None:
    found = {name: countries_called(name) for name in OFFICIAL}

    assert found == {name: {code} for name, code in OFFICIAL.items()}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_country_is_none(name: str) -> None:
    assert countries_called(name) == frozenset()


@pytest.mark.parametrize("name", TWO)
def test_both_are_named_where_only_the_sort_differs(name: str) -> None:
    assert countries_called(name) == TWO[name]


def test_a_peoples_republic_is_one_china() -> None:
    for name in ("República Popular China", "Volksrepublik China", "Народна Република Китай"):
        assert countries_called(name) == {"CHN"}


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("sort", SORTS)
def test_no_sort_of_state_leads_from_a_country_to_another(sort: str) -> None:
    """Of all countries in all languages. Where both may be meant, the right one is among them."""
    paired = {frozenset(codes) for codes in [*PAIRS, *SHARED.values()]}
    names = some(codes_by_name().items(), 1_000)
    found = 0
    for name, codes in names:
        official = sort.format(name)
        called = countries_called(official)
        if spoken(official) in codes_by_name():
            continue  # a name by itself, as Republic of Korea
        if called and called != codes:
            assert codes <= called, name
            assert any(called <= pair | codes for pair in paired), name
        found += called == codes

    assert found > 0.8 * len(names)


def test_own_names_are_of_countries_and_of_no_other() -> None:
    assert OWN_NAMES.keys() <= set(BY_ALPHA2.values())
    for code, names in OWN_NAMES.items():
        for name in names:
            assert countries_called(name) == {code}, name
