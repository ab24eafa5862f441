"""What a few words of a statement seem to say: a number with its qualifier, of which item, in
which unit or currency. A suggestion for the fields of a form, which a curator looks at."""

from typing import Any

from records.curation.statement_reader.figures import Proposal, Reader
from records.curation.statement_reader.known import Known
from records.models import Measure, Operator
from records.models.reading import folded

__all__ = ["Known", "folded", "proposals", "suggest"]


def proposals(words: str, known: Known, language: str = "en", role: str = "") -> list[Proposal]:
    """Return the figures that a few words say; those that count cases, days or pages are left
    out, unless there is no other."""
    found = list(Reader(folded(words), known, language, role).proposals())
    return [one for one in found if one.is_aid] or found[:1]


def suggest(words: str, known: Known, language: str = "en", role: str = "") -> dict[str, Any]:
    """Field of a figure's form → what the words suggest for it; what they leave open is not
    there. `role` is in whom a count of parties would count; an item is its code."""
    found = suggested(words, known, language, role)
    return found.fields if found else unnumbered(words, known)


def suggested(words: str, known: Known, language: str = "en", role: str = "") -> Proposal | None:
    """Return the figure that a quote most likely is for: the first that is understood, else the
    first."""
    found = proposals(words, known, language, role)
    return next((one for one in found if not one.doubts), found[0] if found else None)


def unnumbered(words: str, known: Known) -> dict[str, Any]:
    """“Surgical masks”, without a number, is a figure too."""
    item = known.find(folded(words))
    if item is None:
        return {}
    return {
        "measure": str(Measure.QUANTITY),
        "operator": str(Operator.UNSPECIFIED),
        "item": item[0],
        "unit": known.items[item[0]][1],
    }
