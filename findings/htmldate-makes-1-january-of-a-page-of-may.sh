#!/usr/bin/env bash
# htmldate makes 1 January of a page of May, and the day of the run of a tag that says 2020-05
#
# Package:    htmldate 1.11.0 (PyPI)
# Input:      one news page in three forms: "May 2020" in its text, <time datetime="2020-05">,
#             and datePublished 2020-05 in JSON-LD. No day anywhere.
# Expected:   2020-05-01 for all three (or nothing), as for many readers of dates.
# Seen:       2020-01-01 for the text: only its year is used, and January filled in, so that the
#             page seems four months older than it says. 2020-05 with the day of the month on
#             which the program runs for the tag: another answer tomorrow. 2020-05-01 for JSON-LD.
#             Nothing in the answer says that the day, or the month, was made up.
# Do instead: Read structured dates yourself and keep their precision. extensive_search=False makes
#             the first case None. Take a first of January for "a year", unless the page says so,
#             and ask twice, on two days, before a day is believed.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  htmldate==1.11.0 lxml==6.1.3 dateparser==1.5.0 python-dateutil==2.9.0.post0

"$work/venv/bin/python" - >"$work/seen" <<'PY'
import logging
from datetime import date

from htmldate import find_date

logging.disable(logging.CRITICAL)
PAGE = """<html><head><title>Masks arrive</title>{head}</head><body><article>
<h1>Masks arrive</h1>{line}<p>The masks were handed over at the airport.</p>
</article></body></html>"""
FORMS = {
    "whole date in the text": {"head": "", "line": "<p>20 May 2020</p>"},
    "month in the text": {"head": "", "line": "<p>May 2020</p>"},
    "month in a tag": {"head": "", "line": '<time datetime="2020-05">May 2020</time>'},
    "month in JSON-LD": {
        "head": '<script type="application/ld+json">'
        '{"@type": "NewsArticle", "datePublished": "2020-05"}</script>',
        "line": "",
    },
}

before = date.today()
answers = {name: find_date(PAGE.format(**form)) for name, form in FORMS.items()}
days_of_run = {f"2020-05-{day:%d}" for day in (before, date.today())}
for name, answer in answers.items():
    if name == "month in a tag" and answer in days_of_run:
        answer = "2020-05, on the day of the month on which this runs"
    print(f"{name}: {answer}")
quick = find_date(PAGE.format(**FORMS["month in the text"]), extensive_search=False)
print(f"month in the text, extensive_search=False: {quick}")
PY

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
whole date in the text: 2020-05-20
month in the text: 2020-01-01
month in a tag: 2020-05, on the day of the month on which this runs
month in JSON-LD: 2020-05-01
month in the text, extensive_search=False: None
TEXT
echo "As described."
