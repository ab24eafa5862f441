#!/usr/bin/env bash
# roapi has gifts without a number for the largest, and for the smallest
#
# Package:    roapi 0.12.7 (PyPI)
# Input:      a CSV of three gifts, of which one names no number of masks, as reports often do not.
# Expected:   sort=-masks begins with the largest gift, sort=masks with the smallest, and the one without a number is
#             last, or first, in one of the two: as in SQL, where descending is the reverse of ascending.
# Seen:       both begin with the gift without a number, so that limit=1 returns it for "the largest gift". The response
#             does not have its `masks` at all, not even null, which hides why it is first.
# Do instead: filter what has no number out in the file, or take limit=1 with filter[masks]gte=0.

set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check roapi==0.12.7
printf 'donor,masks\nCHN,600000\nSWE,50\nNOR,\n' >"$work/gifts.csv"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
RUST_LOG=error "$work/venv/bin/roapi" --addr-http "127.0.0.1:$port" --addr-postgres 127.0.0.1:0 \
  --table "gifts=$work/gifts.csv" >"$work/log" 2>&1 &
server=$!
python3 - "http://127.0.0.1:$port/api/tables/gifts" >"$work/seen" <<'PY'
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen


def asked(query):
    for _ in range(100):
        try:
            return urlopen(f"{sys.argv[1]}?{query}").read().decode()
        except URLError:
            time.sleep(0.2)
    raise SystemExit("roapi does not answer.")


for query in ("sort=-masks", "sort=masks", "sort=-masks&limit=1", "sort=-masks&limit=1&filter[masks]gte=0"):
    print(f"{query}: {asked(query)}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
sort=-masks: [{"donor":"NOR"},{"donor":"CHN","masks":600000},{"donor":"SWE","masks":50}]
sort=masks: [{"donor":"NOR"},{"donor":"SWE","masks":50},{"donor":"CHN","masks":600000}]
sort=-masks&limit=1: [{"donor":"NOR"}]
sort=-masks&limit=1&filter[masks]gte=0: [{"donor":"CHN","masks":600000}]
TEXT
echo "As described."
