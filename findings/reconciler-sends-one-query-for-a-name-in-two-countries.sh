#!/usr/bin/env bash
# reconciler sends one query for a name in two countries: the country is "ITA\nFRA"
#
# Packages:   reconciler 0.2.2, pandas 3.1.1, requests 2.34.2 (PyPI)
# Input:      a table with a Ministry of Health in Italy and one in France, a long address, and a
#             row without a country; `property_mapping` names both columns.
# Expected:   a query for each row with the values of that row, a long value whole, none where
#             the cell is empty, and a row back for each row of the table.
# Seen:       Rows of one name become one query, whose country is the text "ITA\nFRA", and one row
#             of the result: both ministries get the same match. A value of more than 50
#             characters ends in "...". The empty cell is the country "NaN". No warning.
# Reason:     Names are made unique before they are sent, and the values of a name are what pandas
#             prints of them (`Series.to_string`).
# Do instead: Reconcile the rows of each country apart (`groupby`), leave out rows without a value,
#             and set `display.max_colwidth` to None.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  reconciler==0.2.2 pandas==3.1.1 requests==2.34.2

"$work/venv/bin/python" - >"$work/seen" 2>"$work/errors" <<'PY' || { cat "$work/errors"; exit 1; }
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pandas as pd
from reconciler import reconcile


class Service(BaseHTTPRequestHandler):
    """Prints the queries and finds one entry for each."""

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        queries = json.loads(form["queries"][0])
        for query in queries.values():
            print(json.dumps(query))
        found = {"id": "one", "name": "One", "score": 1, "match": True}
        body = json.dumps({key: {"result": [found]} for key in queries}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
table = pd.DataFrame(
    {
        "name": ["Ministry of Health", "Ministry of Health", "Red Cross"],
        "country": ["ITA", "FRA", None],
    }
)
street = pd.DataFrame({"name": ["Red Cross"], "address": ["1 " + "Long Street " * 5]})
for one, column in (table, "country"), (street, "address"):
    found = reconcile(
        one["name"],
        property_mapping={column: one[column]},
        reconciliation_endpoint=f"http://127.0.0.1:{server.server_port}/",
    )
    print(len(one), "rows sent,", len(found), "back")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
{"query": "Ministry of Health", "properties": [{"pid": "country", "v": "ITA\nFRA"}]}
{"query": "Red Cross", "properties": [{"pid": "country", "v": "NaN"}]}
3 rows sent, 2 back
{"query": "Red Cross", "properties": [{"pid": "address", "v": "1 Long Street Long Street Long Street Long Stre..."}]}
1 rows sent, 1 back
TEXT
echo "As described."
