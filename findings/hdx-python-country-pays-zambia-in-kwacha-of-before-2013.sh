#!/usr/bin/env bash
# hdx-python-country pays Zambia in the kwacha of before 2013, a thousand to the one of today
#
# Package:    hdx-python-country 4.2.5 (PyPI), its own table, nothing fetched
# Input:      alpha-3 codes of countries, and the question for their currency.
# Expected:   the currencies of one year, whichever: ZMW, MZN and BGN for 2020.
# Seen:       one table holds several years. Mauritania (new in 2018), Belarus (2016) and
#             Lithuania (2015) are up to date; Zambia (ended 2013), Mozambique (2006),
#             Bulgaria (1999) and Venezuela (2018) have codes that ISO 4217 has withdrawn.
# Why care:   a gift "of 5 million kwacha" filed under ZMK is 5,000 of today's; a converter either
#             does not know the code or takes a rate that is a thousand times off.
# Do instead: Take the currency from the source. Check codes against a list of the year in
#             question (babel: get_territory_currencies with start_date and end_date).

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  hdx-python-country==4.2.5 hdx-python-utilities==4.2.5 babel==2.19.0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
from datetime import date

from babel.numbers import get_territory_currencies
from hdx.location.country import Country

Country.countriesdata(use_live=False)
DAY = date(2020, 4, 15)
COUNTRIES = {"BGR": "BG", "MOZ": "MZ", "VEN": "VE", "ZMB": "ZM", "BLR": "BY", "LTU": "LT", "MRT": "MR"}
for alpha3, alpha2 in COUNTRIES.items():
    in_2020 = get_territory_currencies(alpha2, start_date=DAY, end_date=DAY)
    print(f"{alpha3}: {Country.get_currency_from_iso3(alpha3)}, in April 2020: {' '.join(in_2020)}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
BGR: BGL, in April 2020: BGN
MOZ: MZM, in April 2020: MZN
VEN: VEF, in April 2020: VES
ZMB: ZMK, in April 2020: ZMW
BLR: BYN, in April 2020: BYN
LTU: EUR, in April 2020: EUR
MRT: MRU, in April 2020: MRU
TEXT
echo "As described."
