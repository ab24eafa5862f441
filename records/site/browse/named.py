"""Parties and items that a search calls by name: they have pages of their own."""

from typing import Any

from records.models import Item, Party, fold
from records.site.addresses import page_of

SHOWN = 3
"""Maximum number of parties, and of items, of one name."""


def called(search: str) -> list[tuple[str, str]]:
    """Return name and address of the parties and items that have a text as name or alias, what
    replaces them in their place; one statement for each vocabulary."""
    name = fold(search.replace('"', " "))
    found: list[tuple[str, str]] = []
    vocabularies: tuple[tuple[str, Any], ...] = (("party", Party), ("item", Item))
    for kind, model in vocabularies if name else ():
        rows = model.objects.filter(model.called(name), replaced_by=None)
        found += [
            (row_name, page_of(kind, code))
            for code, row_name in rows.values_list("code", "name")[:SHOWN]
        ]
    return found
