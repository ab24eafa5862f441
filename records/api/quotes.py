"""Quotes as feeds, citations and pages write them."""

from typing import Any


def quoted(evidence: dict[str, Any]) -> str:
    """Return the quote of a figure or milestone, with our translation where there is one."""
    translation = evidence["quote_translation"]
    meaning = f" (in English: “{translation}”)" if translation else ""
    return f"“{evidence['quote']}”{meaning}"
