#!/usr/bin/env bash
# citation-js loses the whole date where its range is open: 2020-04/ becomes "n.d."
#
# Packages:   @citation-js/core 0.8.2, plugin-bibtex 0.8.2, plugin-csl 0.8.2, plugin-ris 0.8.2 (npm)
# Input:      biblatex entries of a dataset, date = {2020-04}, {2020-04/2020-06} and the open
#             range {2020-04/}, which biblatex defines for something still going on.
# Expected:   the beginning is kept: date = {2020-04/} again, year 2020, "(2020–)" or "(2020)".
# Seen:       the entry is read without a warning and written with no date at all: none in
#             biblatex, BibTeX and RIS, and "(n.d.)" in APA. Closed ranges are right.
# Do instead: Write the first date alone, and the range in the title or a note; for data still
#             growing, the date of the version that is cited.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

npm install --prefix "$work" --silent --no-audit --no-fund \
  @citation-js/core@0.8.2 @citation-js/plugin-bibtex@0.8.2 \
  @citation-js/plugin-csl@0.8.2 @citation-js/plugin-ris@0.8.2

cat >"$work/cite.js" <<'JS'
const { Cite } = require("@citation-js/core");
require("@citation-js/plugin-bibtex");
require("@citation-js/plugin-csl");
require("@citation-js/plugin-ris");

const DATE_LINE = /^\s*(date|year|DA|PY)\b/;

for (const date of ["2020-04", "2020-04/2020-06", "2020-04/"]) {
  const cite = new Cite(`@dataset{one, author = {Author, A.}, title = {Aid}, date = {${date}}}`);
  for (const format of ["biblatex", "bibtex", "ris"]) {
    const lines = cite.format(format).split("\n").filter((line) => DATE_LINE.test(line));
    console.log(`${date} ${format}: ${lines.map((line) => line.trim()).join(" ") || "no date"}`);
  }
  console.log(`${date} apa: ${cite.format("bibliography", { template: "apa" }).trim()}`);
}
JS
node "$work/cite.js" >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
2020-04 biblatex: date = {2020-04},
2020-04 bibtex: year = {2020},
2020-04 ris: DA  - 2020/4// PY  - 2020
2020-04 apa: Author, A. (2020). Aid [Dataset].
2020-04/2020-06 biblatex: date = {2020-04/2020-06},
2020-04/2020-06 bibtex: year = {2020},
2020-04/2020-06 ris: DA  - 2020/4// PY  - 2020
2020-04/2020-06 apa: Author, A. (2020). Aid [Dataset].
2020-04/ biblatex: no date
2020-04/ bibtex: no date
2020-04/ ris: no date
2020-04/ apa: Author, A. (n.d.). Aid [Dataset].
TEXT
echo "As described."
