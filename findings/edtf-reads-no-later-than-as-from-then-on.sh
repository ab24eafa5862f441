#!/usr/bin/env bash
# edtf reads "no later than 31 March" as from then on, and "15-20 April 2020" as a day in 2015
#
# Package:    edtf 5.0.2 (PyPI), text_to_edtf
# Input:      dates as statements have them, in plain English.
# Expected:   /2021-03-31 for "no later than 31 March 2021", 2020-05/ for "not before May 2020",
#             2020-04-15/2020-04-20 for "15-20 April 2020"; or None, as for "April to June 2020".
# Seen:       the opposite open ends: "later than" and "before" are found, the "no" or
#             "not" in front of them is passed over; 2015-04-20, since the first day of the
#             range is taken for a year; and 2020-04-02 for the second half of April.
# Do instead: Let a person write the EDTF form. At most take what text_to_edtf gives for a bare
#             day, month or year, and look at every text with another word in it.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check edtf==5.0.2 pyparsing==3.3.3 python-dateutil==2.9.0.post0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
from edtf import text_to_edtf

for text in (
    "15 April 2020",
    "April 2020",
    "before April 2020",
    "no later than 31 March 2021",
    "not before May 2020",
    "15-20 April 2020",
    "15 to 20 April 2020",
    "2nd half of April 2020",
    "April to June 2020",
):
    print(f"{text}: {text_to_edtf(text)}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
15 April 2020: 2020-04-15
April 2020: 2020-04
before April 2020: /2020-04
no later than 31 March 2021: 2021-03-31/
not before May 2020: /2020-05
15-20 April 2020: 2015-04-20
15 to 20 April 2020: 2015-04-20
2nd half of April 2020: 2020-04-02
April to June 2020: None
TEXT
echo "As described."
