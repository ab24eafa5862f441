#!/usr/bin/env bash
# libhxl counts no value as less than 100: rows without a figure or a date pass a filter with <
#
# Package:    libhxl 5.2.2 (PyPI), with six 1.17.0, which it imports and does not declare
# Input:      four gifts with HXL tags; one has no date, one no value.
# Expected:   as in SQL and pandas, an empty cell passes no comparison.
# Seen:       `#value<100` keeps the gift whose value is unknown, `#date<2020-04-15` the one whose
#             date is; `>` drops both. min, average and sum leave empty cells out, but
#             count(#value) counts them, so that sum divided by count is not the average.
# Reason:     Where a cell is no number or date, the two are compared as texts, and the empty
#             text comes before every other.
# Do instead: Put `#value is not empty` in front of each filter with < or <=.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check libhxl==5.2.2 six==1.17.0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
import hxl
from hxl.filters import CountFilter

ROWS = [
    ["Gift", "Date", "Value"],
    ["#meta+id", "#date", "#value"],
    ["a", "2020-04-15", "10"],
    ["no date", "", "200"],
    ["no value", "2020-05-01", ""],
    ["d", "2020-03-01", "30"],
]


def kept(*queries):
    rows = hxl.data(ROWS)
    for query in queries:
        rows = rows.with_rows(query)
    print(" and ".join(queries) + ":", ", ".join(row.get("#meta+id") for row in rows))


kept("#value<100")
kept("#value>0")
kept("#date<2020-04-15")
kept("#date>2020-01-01")
kept("#value is not empty", "#value<100")
FIGURES = ["sum(#value) as Sum#x+sum", "average(#value) as Mean#x+mean", "count(#value) as Count#x+count"]
for row in CountFilter(hxl.data(ROWS), [], FIGURES):
    print("sum, average, count:", *row.values)
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
#value<100: a, no value, d
#value>0: a, no date, d
#date<2020-04-15: no date, d
#date>2020-01-01: a, no value, d
#value is not empty and #value<100: a, d
sum, average, count: 240 80.0 4
TEXT
echo "As described."
