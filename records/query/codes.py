"""Codes of parties and items that do not exist, and which ones were probably meant."""

from collections.abc import Iterable
from typing import Any

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
    """Return every name, alias and code of the vocabulary, folded → its code."""
    model: Any = Party if vocabulary == "party" else Item
    names: dict[str, str] = {}
    for known, name, aliases in model.objects.values_list("code", "name", "aliases"):
        names |= {fold(alias): known for alias in aliases}
        names |= {fold(known): known, fold(name): known}
    return names


def unknown_code(
    parameter: str, vocabulary: str, code: str, names: dict[str, str]
) -> ParameterError:
    """Return the error for a code that does not exist, with the one that was probably meant."""
    match = nearest(fold(code.replace("-", " ")), names) or nearest(fold(code), names)
    suggestion = names[match] if match else None
    hint = f" Did you mean `{suggestion}`?" if suggestion else ""
    where = "/api/v1/parties/" if vocabulary == "party" else "/api/v1/items/"
    return ParameterError(
        parameter,
        "unknown_code",
        f"Unknown {vocabulary} code `{code[:60]}`; see {where}.{hint}",
        suggestion,
    )
