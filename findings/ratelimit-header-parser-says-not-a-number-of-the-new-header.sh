#!/usr/bin/env bash
# ratelimit-header-parser says NaN of the new RateLimit header, and a client never waits
#
# Packages:   ratelimit-header-parser 0.1.0, beside it structured-headers 2.1.0 (npm)
# Input:      an exhausted limit, as the IETF draft had it at first (three fields), in draft 7
#             (limit=100, remaining=0, reset=5), and since (a structured field, "name";r=0;t=5,
#             with RateLimit-Policy "name";q=100;w=60 beside it).
# Expected:   remaining 0 each time, or undefined for a form that it does not know, as it gives
#             where there is no header at all.
# Seen:       for the newest form an object whose numbers are NaN and whose reset is an invalid
#             date. `if (info)` lets it through, NaN < 1 and NaN === 0 are false, so that the
#             client goes on until it is refused; a timer of NaN milliseconds fires at once.
# Do instead: Read the field as a structured one (RFC 9651) and take r and t; ask
#             Number.isFinite(info.remaining) of any such parser; and obey 429 and Retry-After.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

npm install --prefix "$work" --silent --no-audit --no-fund \
  ratelimit-header-parser@0.1.0 structured-headers@2.1.0

cat >"$work/limits.mjs" <<'JS'
import { parseRateLimit } from "ratelimit-header-parser";
import { parseList } from "structured-headers";

const FIELD = '"requests";r=0;t=5';
const ANSWERS = {
  "no header": {},
  "three fields": { "ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": "5" },
  "draft 7": { ratelimit: "limit=100, remaining=0, reset=5" },
  "structured field": { ratelimit: FIELD, "ratelimit-policy": '"requests";q=100;w=60' },
};
for (const [name, headers] of Object.entries(ANSWERS)) {
  const info = parseRateLimit({ headers });
  const said = info ? `limit ${info.limit}, remaining ${info.remaining}, reset ${info.reset > 0}` : "undefined";
  console.log(`${name}: ${said}, used up: ${Boolean(info && info.remaining < 1)}`);
}
const [[policy, parameters]] = parseList(FIELD);
console.log(`structured-headers: ${policy}, r ${parameters.get("r")}, t ${parameters.get("t")}`);
JS
node "$work/limits.mjs" >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
no header: undefined, used up: false
three fields: limit 100, remaining 0, reset true, used up: true
draft 7: limit 100, remaining 0, reset true, used up: true
structured field: limit NaN, remaining NaN, reset false, used up: false
structured-headers: requests, r 0, t 5
TEXT
echo "As described."
