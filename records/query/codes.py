"""Codes of parties and items that do not exist, and which ones were probably meant."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from aidapi.addresses import site_path
from aidapi.errors import InvalidParameters, ParameterError, is_code
from aidapi.parameters import MAX_ERRORS
from records.models import Item, Party
from records.query.countries import BY_ALPHA2, countries_called
from records.query.official_names import names_within
from records.query.spoken import spoken, spoken_of_folded

LIKE = 0.8
"""Share of letters that a mistyped name has in common with the one that is meant."""
APART = 0.05
"""By how much less a name must be like it to be out of question: Austrlia may be two countries."""
LONGEST = 100
"""Letters of the longest name that is compared by likeness, which is slow."""
MOST = 5
"""Maximum number of codes that an error offers."""

MODELS: dict[str, Any] = {"party": Party, "item": Item}
Code = tuple[str, str, str]
"""(Parameter, vocabulary, code)."""
Names = Mapping[str, Iterable[str]]
"""Name as `spoken` → the codes that have it."""


def check_codes(codes: Iterable[Code], known: set[tuple[str, str]]) -> None:
    """Raise an error for codes that are not known."""
    if errors := unknown_codes(codes, known):
        raise InvalidParameters(errors)


def unknown_codes(codes: Iterable[Code], known: set[tuple[str, str]]) -> list[ParameterError]:
    """Return the errors of codes that are not known."""
    unknown = [row for row in codes if row[1:] not in known]
    names = {name: names_of(name) for name in {row[1] for row in unknown}}
    return [
        unknown_code(parameter, vocabulary, code, names[vocabulary])
        for parameter, vocabulary, code in unknown[:MAX_ERRORS]
    ]


def existing(codes: Iterable[Code]) -> set[tuple[str, str]]:
    """Return (vocabulary, code) of those of the codes that exist."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for _, vocabulary, code in codes:
        wanted[vocabulary].add(code)
    return {
        (vocabulary, code)
        for vocabulary, of_it in wanted.items()
        for code in MODELS[vocabulary]
        .objects.filter(code__in=of_it)
        .values_list("code", flat=True)
    }


def names_of(vocabulary: str) -> dict[str, set[str]]:
    """Return every name, alias and code of the vocabulary, as spoken → the codes that have it;
    none of an entry that is replaced. A code is that of its own entry only."""
    names: dict[str, set[str]] = defaultdict(set)
    rows = list(
        MODELS[vocabulary].objects.filter(replaced_by=None).values_list("code", "words_key")
    )
    for code, words in rows:
        for name in words.split("\n"):
            names[spoken_of_folded(name)].add(code)
    return names | {spoken(code): {code} for code, _ in rows}


def meant(name: str, names: Names, vocabulary: str) -> list[str]:
    """Return the codes that were probably meant: of the country with this code of two letters,
    else of what is called so, else of the country that is called so in another language, else of
    the only name that is much like it, else of all whose names have it among their words. Several
    where it cannot be decided; none where nothing is like it."""
    called = spoken(name)
    country = BY_ALPHA2.get(name.upper()) if vocabulary == "party" else None
    if country and country in names.get(called, ()):
        return [country]
    if found := names.get(called):
        return sorted(found)
    countries = countries_called(name) if vocabulary == "party" else frozenset()
    # Official names are alike by what sort of state they name.
    *_, short = [called, *names_within(called)] if countries else [called]
    # Latvian Nigera is Niger, and a slip for Nigeria.
    near = like(short, names) | countries & {code for codes in names.values() for code in codes}
    return sorted(near or having(called, names, vocabulary))


def like(called: str, names: Names) -> set[str]:
    """Return the codes of the name that was probably mistyped. A slip keeps the first letter and
    most others, while England is not Greenland and Bavaria not Bulgaria. Codes of few letters are
    never similar: KR is not UKR."""
    if is_code(called) or len(called) > LONGEST:
        return set()
    comparable = [name for name in names if name[:1] == called[:1] and not is_code(name)]
    close = difflib.get_close_matches(called, comparable, n=20, cutoff=LIKE)
    if not close:
        return set()
    matcher = difflib.SequenceMatcher(b=called)

    def likeness(name: str) -> float:
        matcher.set_seq1(name)
        return matcher.ratio()

    best = likeness(close[0])
    likely = [name for name in close if likeness(name) > best - APART]
    return {code for name in likely for code in names[name]}


def having(called: str, names: Names, vocabulary: str) -> set[str]:
    """Return the codes of the names that have it as a word, or as several words in a row: liquid
    oxygen is oxygen. A party must begin with it: Alibaba may be its foundation, while the Red
    Cross of Saxony is not Saxony; and what is as short as a code is no party's word."""
    if not called or (vocabulary == "party" and is_code(called)):
        return set()
    found = [
        name
        for name in names
        if name.startswith(f"{called} ") or (vocabulary == "item" and f" {called} " in f" {name} ")
    ]
    return {code for name in found for code in names[name]}


def unknown_code(parameter: str, vocabulary: str, code: str, names: Names) -> ParameterError:
    """Return the error for a code that does not exist, with the one that was probably meant."""
    codes = meant(code, names, vocabulary)
    suggestion = codes[0] if len(codes) == 1 else None
    offered = " or ".join(f"`{one}`" for one in codes) if len(codes) <= MOST else ""
    hint = f" Did you mean {offered}?" if offered else ""
    where = f"{site_path()}/api/v1/{'parties' if vocabulary == 'party' else 'items'}/"
    if len(codes) > MOST:
        where += f"?name={quote(code)}"
    return ParameterError(
        parameter,
        "unknown_code",
        f"Unknown {vocabulary} code `{code[:60]}`; see {where}.{hint}",
        suggestion,
    )
