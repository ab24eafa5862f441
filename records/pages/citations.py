"""How to cite a record: as a sentence, and as BibTeX."""

import datetime
from typing import Any

from records.pages.wording import date_in_words

BIBTEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{letter: f"\\{letter}" for letter in "{}%&#_$"},
    }
)


def citation(
    document: dict[str, Any], published: datetime.date, url: str, retrieved: datetime.date
) -> str:
    """The version of a record as a reader cites it; the address shows that version for ever."""
    return (
        f"AidAPI ({published.year}). {document['title']}. Record {document['id']}, version "
        f"{document['version']}, revision {document['published_in']}, published "
        f"{date_in_words(published)}. {url} (retrieved {date_in_words(retrieved)})."
    )


def bibtex(
    document: dict[str, Any], published: datetime.date, url: str, retrieved: datetime.date
) -> str:
    fields = {
        "author": "{AidAPI}",
        "title": f"{{{document['title'].translate(BIBTEX_ESCAPES)}}}",
        "year": str(published.year),
        "note": f"Record {document['id']}, version {document['version']}, revision "
        f"{document['published_in']}",
        "url": url,
        "urldate": retrieved.isoformat(),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{document['id']}-v{document['version']},\n{lines}\n}}"
