"""The vocabulary as the reader looks words up in it, built once for each state of it."""

from functools import lru_cache
from typing import Any

from records.curation.statement_reader.known import Known
from records.curation.statement_reader.texts import party_names
from records.models import Item, Party
from records.models.reading import Phrases


def known_items() -> Known:
    """Return the items in force, under all their names."""
    rows = Item.objects.filter(replaced_by=None).order_by("code")
    return built_items(
        frozen(rows.values_list("code", "name", "aliases", "default_unit", "parent"))
    )


def known_parties() -> Phrases:
    """Return the parties in force, under all their names."""
    rows = Party.objects.filter(replaced_by=None).order_by("code")
    return built_parties(frozen(rows.values_list("code", "name", "aliases")))


def frozen(rows: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        tuple(tuple(value) if isinstance(value, list) else value for value in row) for row in rows
    )


@lru_cache(maxsize=2)
def built_items(rows: tuple[tuple[Any, ...], ...]) -> Known:
    return Known.of(
        [(code, name, list(aliases), unit) for code, name, aliases, unit, _ in rows],
        {row[0]: row[4] for row in rows},
    )


@lru_cache(maxsize=2)
def built_parties(rows: tuple[tuple[Any, ...], ...]) -> Phrases:
    return party_names([(code, name, list(aliases)) for code, name, aliases in rows])
