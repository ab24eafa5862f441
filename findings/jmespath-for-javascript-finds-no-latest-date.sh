#!/usr/bin/env bash
# jmespath for JavaScript finds no latest date: max_by over texts is null, min_by as well
#
# Packages:   jmespath 0.16.0 (npm); beside it jmespath 1.1.0 (PyPI)
# Input:      records with dates as texts, and the queries for the latest and earliest of them.
# Expected:   max_by and min_by take texts, by JMESPath's specification: the records of 2020-06
#             and 2020-04, as the Python library of the same name gives.
# Seen:       null for both, no error, though sort_by over the same key works, as do max and min
#             over the bare dates. Over numbers max_by and min_by are right.
# Reason:     The search begins at minus or plus infinity, to which no text compares as greater or less.
# Do instead: sort_by(@, &date)[-1], which both libraries answer alike.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

npm install --prefix "$work" --silent --no-audit --no-fund jmespath@0.16.0
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check jmespath==1.1.0

cat >"$work/records.json" <<'JSON'
[{"id": "a", "date": "2020-04", "value": 5}, {"id": "b", "date": "2020-06", "value": 3}]
JSON
cat >"$work/queries.json" <<'JSON'
["max_by(@, &date).id", "min_by(@, &date).id", "max_by(@, &value).id", "max([].date)", "sort_by(@, &date)[-1].id"]
JSON

cat >"$work/search.js" <<'JS'
const { readFileSync } = require("fs");
const [records, queries] = ["records", "queries"].map((name) =>
  JSON.parse(readFileSync(`${__dirname}/${name}.json`)),
);
for (const query of queries) {
  console.log(`npm ${query}: ${JSON.stringify(require("jmespath").search(records, query))}`);
}
JS
cat >"$work/search.py" <<'PY'
import json
import pathlib

import jmespath

here = pathlib.Path(__file__).parent
records, queries = (json.loads((here / f"{name}.json").read_text()) for name in ("records", "queries"))
for query in queries:
    print(f"PyPI {query}: {json.dumps(jmespath.search(query, records))}")
PY
{
  node "$work/search.js"
  "$work/venv/bin/python" "$work/search.py"
} >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
npm max_by(@, &date).id: null
npm min_by(@, &date).id: null
npm max_by(@, &value).id: "a"
npm max([].date): "2020-06"
npm sort_by(@, &date)[-1].id: "b"
PyPI max_by(@, &date).id: "b"
PyPI min_by(@, &date).id: "a"
PyPI max_by(@, &value).id: "a"
PyPI max([].date): "2020-06"
PyPI sort_by(@, &date)[-1].id: "b"
TEXT
echo "As described."
