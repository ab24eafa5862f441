#!/usr/bin/env bash
# granian ends a download that breaks off as if it were whole: no client can notice
#
# Packages:   granian 2.8.7; beside it gunicorn 26.0.0 and waitress 3.0.2 (PyPI)
# Input:      a WSGI application that sends one row of a CSV file and then raises, as when its
#             database goes away; http.client reads it.
# Expected:   the server breaks the connection, so that the client sees that the file is not whole.
# Seen:       gunicorn and waitress do, and the client raises IncompleteRead. granian sends the last
#             chunk of a whole response: the half is read without an error, and curl exits with 0.
# Do instead: send Content-Length where it is known; elsewhere end the file with something by which
#             readers know that it is whole, such as a last row or a count.

set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/env"
"$work/env/bin/pip" install -qq --disable-pip-version-check granian==2.8.7 gunicorn==26.0.0 waitress==3.0.2
cat >"$work/download.py" <<'PYTHON'
def rows():
    yield b"date,masks\n2020-04-10,16000\n"
    raise RuntimeError("the database is away")


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/csv")])
    return rows()
PYTHON
cat >"$work/ask.py" <<'PYTHON'
import http.client, sys, time

for _ in range(100):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
        connection.request("GET", "/")
        break
    except ConnectionRefusedError:
        time.sleep(0.2)
response = connection.getresponse()
try:
    print(f"whole, {len(response.read())} bytes")
except http.client.IncompleteRead as error:
    print(f"not whole, {len(error.partial)} bytes")
PYTHON
cd "$work"
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
asked() { # NAME PORT COMMAND…
  local name=$1 at=$2
  shift 2
  "$@" >"$name.log" 2>&1 &
  server=$!
  python3 ask.py "$at" | sed "s/^/$name: /" >>answers
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}
p=$(port) && asked granian "$p" env/bin/granian --interface wsgi --host 127.0.0.1 --port "$p" download:app
p=$(port) && asked gunicorn "$p" env/bin/gunicorn --bind "127.0.0.1:$p" download:app
p=$(port) && asked waitress "$p" env/bin/waitress-serve --listen "127.0.0.1:$p" download:app
echo "Output:"
sed 's/^/  /' answers
diff answers - <<'ANSWERS'
granian: whole, 28 bytes
gunicorn: not whole, 28 bytes
waitress: not whole, 28 bytes
ANSWERS
echo "As described."
