#!/usr/bin/env bash
# polars reads no CSV from an address that does not say its length
#
# Package:    polars 2.1.0 (PyPI)
# Input:      a CSV that a server streams, with Transfer-Encoding: chunked instead of Content-Length, as HTTP/1.1
#             allows for what is written while it is sent.
# Expected:   The table; pandas, curl and browsers read the same address.
# Seen:       OSError: "Content-Length Header missing from response".
# Reason:     Addresses go through an object store, which plans by the length of each object.
# Do instead: Read the bytes first: pl.read_csv(urllib.request.urlopen(address).read()).

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check polars==2.1.0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import polars as pl


class Streamed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        for part in (b"code,region\n", b"CHN,030\n", b""):
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Streamed)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/regions.csv"
print("bytes:", pl.read_csv(urlopen(address).read()).rows())
try:
    print("address:", pl.read_csv(address).rows())
except OSError as error:
    print("address:", re.search("Content-Length Header missing from response", str(error))[0])
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
bytes: [('CHN', 30)]
address: Content-Length Header missing from response
TEXT
echo "As described."
