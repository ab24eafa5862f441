#!/usr/bin/env bash
# pandas makes 30 of the text "030" in JSON and in workbooks
#
# Package:    pandas 3.1.1, openpyxl 3.1.5 (PyPI)
# Input:      regions of UN M49, written as texts: JSON strings, and text cells of a workbook.
# Expected:   Texts. Of CSV one must guess; JSON and workbooks say what is a text and what is a number.
# Seen:       read_json gives 30 and read_excel gives 30, as whole numbers; with one empty value among them
#             30.0. Written back, the codes 002 to 061 are wrong, and a join with the codes finds nothing.
# Reason:     read_json converts columns that look like numbers unless dtype=False; read_excel passes the
#             cells through the parser of CSV.
# Do instead: read_json(…, dtype=False), or dtype={"region": str}; read_excel(…, dtype={"region": str}).

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check pandas==3.1.1 openpyxl==3.1.5

cd "$work"
"$work/venv/bin/python" - >"$work/seen" <<'PY'
import openpyxl
import pandas as pd

with open("regions.ndjson", "w") as file:
    file.write('{"code": "CHN", "region": "030"}\n{"code": "who", "region": null}\n')
book = openpyxl.Workbook()
for row in (("code", "region"), ("CHN", "030"), ("who", None)):
    book.active.append(row)
book.save("regions.xlsx")
print("in the cell:", repr(openpyxl.load_workbook("regions.xlsx").active["B2"].value))
print("read_json:", pd.read_json("regions.ndjson", lines=True)["region"][0])
print("read_excel:", pd.read_excel("regions.xlsx")["region"][0])
text = pd.read_json("regions.ndjson", lines=True, dtype=False)["region"][0]
print("read_json, dtype=False:", repr(str(text)))
text = pd.read_excel("regions.xlsx", dtype={"region": str})["region"][0]
print("read_excel, dtype:", repr(str(text)))
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
in the cell: '030'
read_json: 30.0
read_excel: 30.0
read_json, dtype=False: '030'
read_excel, dtype: '030'
TEXT
echo "As described."
