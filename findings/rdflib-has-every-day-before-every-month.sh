#!/usr/bin/env bash
# rdflib has every day before every month: 1 June 2020 passes as "before April 2020"
#
# Package:    rdflib 7.6.0 (PyPI)
# Input:      publication dates as xsd:date, and as xsd:gYearMonth where only the month is known.
# Expected:   SPARQL gives no order between the two datatypes, so that such a comparison is a
#             type error and FILTER drops the row.
# Seen:       `?d < "2020-04"^^xsd:gYearMonth` keeps each whole date, 1 June too, and leaves out
#             the month of March. `?d > "2020-04-15"^^xsd:date` keeps the month of March. MAX is
#             a month although a later day is there. Nothing is logged.
# Reason:     Literals of two datatypes are put in the order of the datatypes' names; two
#             months are not compared at all, which is an error, and drops the row.
# Do instead: Compare and sort by STR(?d), with the end left open (< "2020-05" for "by April"),
#             or keep a whole date and its precision in two properties.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check rdflib==7.6.0 pyparsing==3.3.3

"$work/venv/bin/python" - >"$work/seen" <<'PY'
from rdflib import Graph

graph = Graph().parse(format="turtle", data="""
@prefix : <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :published "2020-03"^^xsd:gYearMonth .
:b :published "2020-03-31"^^xsd:date .
:c :published "2020-04"^^xsd:gYearMonth .
:d :published "2020-04-15"^^xsd:date .
:e :published "2020-05"^^xsd:gYearMonth .
:f :published "2020-06-01"^^xsd:date .
""")
PREFIX = "PREFIX : <http://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "


def ask(name, query):
    found = sorted(str(row[0]) for row in graph.query(PREFIX + query))
    print(f"{name}:", ", ".join(found))


ROWS = "SELECT ?d { ?s :published ?d FILTER(%s) }"
ask("before April 2020", ROWS % '?d < "2020-04"^^xsd:gYearMonth')
ask("after 15 April 2020", ROWS % '?d > "2020-04-15"^^xsd:date')
ask("latest", "SELECT (MAX(?d) AS ?m) { ?s :published ?d }")
ask("before April 2020, by text", ROWS % 'STR(?d) < "2020-04"')
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
before April 2020: 2020-03-31, 2020-04-15, 2020-06-01
after 15 April 2020: 2020-03, 2020-04, 2020-05, 2020-06-01
latest: 2020-05
before April 2020, by text: 2020-03, 2020-03-31
TEXT
echo "As described."
