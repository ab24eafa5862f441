#!/usr/bin/env bash
# daff merges a withdrawn record with a new one: it shows one record with a changed id and value
#
# Package:    daff 1.4.2 (PyPI)
# Input:      two revisions of a table with an `id` column, first and unique. Between them the
#             gift don-ddd was withdrawn, and another gift, don-eee, to the same country was added.
# Expected:   one row removed (---) and one added (+++), since the ids differ.
# Seen:       one changed row, don-ddd->don-eee, 20000->50000: to a reader a correction of one
#             gift. Rows are matched by what their cells share; a column named id is a cell like
#             any other.
# Do instead: Name the key: `daff --id id`, or addPrimaryKey("id") on the flags.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check daff==1.4.2

cat >"$work/old.csv" <<'CSV'
id,recipient,item,value
don-aaa,Italy,mask,1000000
don-bbb,Serbia,ventilator,10
don-ccc,Ethiopia,test kit,100000
don-ddd,Fiji,mask,20000
CSV
sed 's/don-ddd,Fiji,mask,20000/don-eee,Fiji,mask,50000/' "$work/old.csv" >"$work/new.csv"

{
  echo "without a key"
  "$work/venv/bin/daff" diff --context 0 "$work/old.csv" "$work/new.csv"
  echo "with --id id"
  "$work/venv/bin/daff" diff --context 0 --id id "$work/old.csv" "$work/new.csv"
} | tr -d '\r' >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
without a key
@@,id,recipient,item,value
->,don-ddd->don-eee,Fiji,mask,20000->50000
with --id id
@@,id,recipient,item,value
+++,don-eee,Fiji,mask,50000
---,don-ddd,Fiji,mask,20000
TEXT
echo "As described."
