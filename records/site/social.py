"""How other sites show a link to a record: its title, and a figure with its quote."""

from typing import Any

from django.utils.text import Truncator

LONGEST = 280
"""Letters of a description that other sites show at most."""


def description(document: dict[str, Any], figures: list[Any]) -> str:
    """Return the first figure that counts, or the first of all, with the sentence behind it; of a
    statement its summary."""
    if not figures:
        return preview_text(document.get("summary") or document["title"])
    figure = next((one for one in figures if not one.left_out), figures[0])
    source = figure.statement
    text = f"{figure.headline}, {figure.about}: “{figure.evidence['quote']}”"
    return preview_text(f"{text} ({source['publisher']})")


def preview_text(text: str) -> str:
    """Return a text as long as other sites show it."""
    return Truncator(text).chars(LONGEST)
