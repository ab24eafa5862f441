"""Codes that were probably meant by one that does not exist."""

from aidapi.errors import Problem
from records.query.codes import MODELS, meant, names_of
from records.site.addresses import page_of

MOST = 5
"""Maximum number of codes that an error names."""
LONGEST = 60
"""Maximum number of characters of a code that an error repeats."""


def unknown(vocabulary: str, code: str) -> Problem:
    """Return the problem of a page about a code that does not exist."""
    codes = meant(code, names_of(vocabulary), vocabulary)[:MOST]
    model = MODELS[vocabulary]
    names = dict(model.objects.filter(code__in=codes).values_list("code", "name"))
    return Problem(
        404,
        "not_found",
        f"No such {vocabulary}",
        f"There is no {vocabulary} `{code[:LONGEST]}`.",
        nearest=[
            {"name": names[code], "code": code, "page": page_of(vocabulary, code)}
            for code in codes
        ],
    )
