#!/usr/bin/env bash
# price-parser makes 475 dollars of a mask at 0.475: three decimals are read as thousands
#
# Package:    price-parser 0.5.1 (PyPI)
# Input:      unit prices as orders state them, some with three decimals.
# Expected:   0.475. A leading zero cannot begin a number with thousands, and in 1,234.125 the
#             comma is the one that divides thousands. Or else no amount, being in doubt.
# Seen:       475 and 1234125. With two or four decimals the same price is right, so a column
#             of prices is right in most rows and a thousand times too high in a few.
# Reason:     Any dot or comma before exactly three last digits counts as a divider.
# Do instead: Give decimal_separator="." where the source is known to write it so, and check the
#             unit price against sum and quantity.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check price-parser==0.5.1 attrs==26.1.0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
from price_parser import Price

for text in ("USD 0.47", "USD 0.475", "USD 0.4750", "USD 1,234.125"):
    plain = Price.fromstring(text).amount
    stated = Price.fromstring(text, decimal_separator=".").amount
    print(f"{text}: {plain}, with decimal_separator: {stated}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
USD 0.47: 0.47, with decimal_separator: 0.47
USD 0.475: 475, with decimal_separator: 0.475
USD 0.4750: 0.4750, with decimal_separator: 0.4750
USD 1,234.125: 1234125, with decimal_separator: 1234.125
TEXT
echo "As described."
