"""Codes of parties and items that do not exist, and which ones were probably meant."""

from collections.abc import Iterable
from typing import Any

from aidapi.addresses import site_path
from aidapi.errors import InvalidParameters, ParameterError, nearest
from aidapi.parameters import MAX_ERRORS
from records.models import Item, Party, fold


def check_codes(codes: Iterable[tuple[str, str, str]], known: set[tuple[str, str]]) -> None:
    """Raise an error for codes, given as (parameter, vocabulary, code), that are not known."""
    unknown = [row for row in codes if row[1:] not in known]
    if unknown:
        names = {name: folded_names(name) for name in {row[1] for row in unknown}}
        raise InvalidParameters(
            [
                unknown_code(parameter, vocabulary, code, names[vocabulary])
                for parameter, vocabulary, code in unknown[:MAX_ERRORS]
            ]
        )


def folded_names(vocabulary: str) -> dict[str, str]:
    """Return every name, alias and code of the vocabulary, folded → its code; none of an entry
    that is replaced."""
    model: Any = Party if vocabulary == "party" else Item
    names: dict[str, str] = {}
    rows = list(model.objects.filter(replaced_by=None).values_list("code", "words_key"))
    for known, words in rows:
        names |= dict.fromkeys(words.split("\n"), known)
    return names | {fold(known): known for known, _ in rows}


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the folded name that was probably meant: a slip keeps the first letter and most
    others, while England is not Greenland and Bavaria not Bulgaria."""
    return nearest(name, [one for one in names if one[:1] == name[:1]], cutoff=0.8)


def unknown_code(
    parameter: str, vocabulary: str, code: str, names: dict[str, str]
) -> ParameterError:
    """Return the error for a code that does not exist, with the one that was probably meant."""
    spaced, plain = fold(code.replace("-", " ")), fold(code)
    match = nearest_name(spaced, names) or nearest_name(plain, names)
    suggestion = names[match] if match else None
    hint = f" Did you mean `{suggestion}`?" if suggestion else ""
    where = f"{site_path()}/api/v1/{'parties' if vocabulary == 'party' else 'items'}/"
    return ParameterError(
        parameter,
        "unknown_code",
        f"Unknown {vocabulary} code `{code[:60]}`; see {where}.{hint}",
        suggestion,
    )
