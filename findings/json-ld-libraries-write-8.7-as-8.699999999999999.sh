#!/usr/bin/env bash
# JSON-LD libraries write the number 8.7 as 8.699999999999999, and call that an xsd:decimal
#
# Packages:   PyLD 3.3.0 (PyPI), jsonld 9.0.0 (npm); beside them rdflib 7.6.0 (PyPI)
# Input:      a value of 8.7 as a JSON number, with xsd:decimal for it in the context.
# Expected:   "8.7"^^xsd:decimal, or "8.7E0"^^xsd:double by the rules for bare numbers.
# Seen:       both give "8.699999999999999E0"^^xsd:decimal. The digits are another number, and a
#             decimal has no exponent in XML Schema, so that strict readers find it ill-typed.
#             rdflib gives "8.7"^^xsd:decimal, from the same document.
# Reason:     JSON-LD's own algorithm asks for a double's form with 15 digits behind the point,
#             which shows the binary value, and only then attaches the type of the context.
# Do instead: Put exact decimals into JSON-LD as texts: {"@value": "8.7", "@type": "xsd:decimal"},
#             or plain "8.7" with the type in the context. All three keep that as it is.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check PyLD==3.3.0 rdflib==7.6.0 pyparsing==3.3.3
npm install --prefix "$work" --silent --no-audit --no-fund jsonld@9.0.0

cat >"$work/record.jsonld" <<'JSON'
{
  "@context": {
    "number": {"@id": "http://example.org/number", "@type": "http://www.w3.org/2001/XMLSchema#decimal"},
    "text": {"@id": "http://example.org/text", "@type": "http://www.w3.org/2001/XMLSchema#decimal"}
  },
  "@id": "http://example.org/1",
  "number": 8.7,
  "text": "8.7"
}
JSON

cat >"$work/triples.py" <<'PY'
import json
import sys

from pyld import jsonld
from rdflib import Graph

source = open(sys.argv[1]).read()
quads = jsonld.to_rdf(json.loads(source), {"format": "application/n-quads"})
for library, lines in ("PyLD", quads), ("rdflib", Graph().parse(data=source, format="json-ld").serialize(format="nt")):
    for line in sorted(lines.splitlines()):
        if line:
            print(library, line.split(" ", 1)[1])
PY

cat >"$work/triples.js" <<'JS'
const jsonld = require("jsonld");
const record = JSON.parse(require("fs").readFileSync(process.argv[2]));
jsonld.toRDF(record, { format: "application/n-quads" }).then((quads) => {
  for (const line of quads.trim().split("\n").sort()) {
    console.log("jsonld", line.slice(line.indexOf(" ") + 1));
  }
});
JS

{
  "$work/venv/bin/python" "$work/triples.py" "$work/record.jsonld"
  node "$work/triples.js" "$work/record.jsonld"
} | sed 's|http://example.org/||; s|http://www.w3.org/2001/XMLSchema#|xsd:|' >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
PyLD <number> "8.699999999999999E0"^^<xsd:decimal> .
PyLD <text> "8.7"^^<xsd:decimal> .
rdflib <number> "8.7"^^<xsd:decimal> .
rdflib <text> "8.7"^^<xsd:decimal> .
jsonld <number> "8.699999999999999E0"^^<xsd:decimal> .
jsonld <text> "8.7"^^<xsd:decimal> .
TEXT
echo "As described."
