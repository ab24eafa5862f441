"""A spreadsheet as a person writes it: how many of its rows an import accepts at the first try,
and whether it changes a value silently.

The rows are figures of published donations, written as somebody does who has not read the guide:
names instead of codes, labels of the form, `20,000` and `1.1 million`, `March 28, 2020` and
`28/03/2020`, a currency in the cell, `n/a`, a title above and a total below. Quotes and statements
are those of the dataset. Nothing is written.

    DATABASE_URL=sqlite:///dataset.sqlite3 python -m benchmarks.spreadsheet [--rows 86]
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import csv
import io
import os
from collections import Counter
from decimal import Decimal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
LABELS = {
    "record": "Record",
    "title": "Title",
    "donors": "Donors",
    "recipients": "Recipients",
    "form": "Form",
    "stage": "Stage",
    "stated_by": "Stated by",
    "as_of": "As of",
    "series": "Series",
    "measure": "Measure",
    "operator": "Operator",
    "value": "Value",
    "lower": "Lower",
    "upper": "Upper",
    "item": "Item",
    "unit": "Unit",
    "currency": "Currency",
    "party_type": "Party type",
    "party_role": "Party role",
    "basis": "Basis",
    "countable": "Countable",
    "countable_reason": "Countable reason",
    "rank": "Rank",
    "rank_reason": "Rank reason",
    "statement": "Statement",
    "quote": "Quote",
    "quote_translation": "Quote translation",
}
SIGNS = {"USD": "US$ ", "EUR": "€", "GBP": "£"}


def amount(number: Decimal | None, n: int) -> str:
    """Return a number in one of three ways of writing."""
    if number is None:
        return ""
    million = number / 1_000_000
    if n % 3 == 0 and million >= 1 and million == round(million, 3):
        return f"{million.normalize():f} million"
    return f"{number.normalize():,f}" if n % 3 else f"{number.normalize():f}"


def day(record: Any, n: int) -> str:
    """Return a date in one of four ways of writing, of which the last may have two readings."""
    if record.as_of_precision != "day":
        return str(record.as_of_key)
    ways = ("%Y-%m-%d", "%B %-d, %Y", "%-d %B %Y", "%d/%m/%Y")
    return record.as_of.strftime(ways[n % 4])


def cells(record: Any, figure: Any, n: int, *, first: bool) -> dict[str, str]:
    """Return the cells of a figure, and of its record in its first row."""
    row = {"record": f"gift {record.public_id[-3:]} {n}"}
    if first:
        parties = record.parties_by_role
        row |= {
            "title": record.title,
            "donors": " | ".join(one.party.name for one in parties["donor"]),
            "recipients": " | ".join(one.party.name for one in parties["recipient"]),
            "form": record.get_form_display(),
            "stage": record.stage if record.is_running_total() else "unknown",
            "stated_by": record.get_stated_by_display(),
            "as_of": day(record, n),
            "series": record.series,
        }
    sign = SIGNS.get(figure.currency, "")
    value = amount(figure.value, n)
    return row | {
        "measure": figure.get_measure_display(),
        "operator": "" if figure.operator == "exact" else figure.operator.replace("_", " "),
        "value": f"{sign}{value}" if sign and value else value,
        "lower": amount(figure.lower, n),
        "upper": amount(figure.upper, n),
        "item": figure.item.name if figure.item else "n/a",
        "unit": f"{figure.unit}s"
        if figure.unit and not figure.unit.endswith("x")
        else figure.unit,
        "currency": "" if sign else figure.currency,
        "party_type": figure.party_type,
        "party_role": figure.party_role,
        "basis": figure.basis.replace("_", " "),
        "countable": "yes" if figure.countable else "no",
        "countable_reason": figure.countable_reason.replace("_", " "),
        "rank": figure.rank,
        "rank_reason": figure.rank_reason,
        "statement": figure.statement.url,
        "quote": figure.quote,
        "quote_translation": figure.quote_translation,
    }


def sheet(rows: int, records: int) -> tuple[bytes, list[tuple[Any, Any]]]:
    """Return a file of at least so many rows, and the figure of each."""
    from records.models import Donation, State

    published = Donation.objects.filter(state=State.PUBLISHED).order_by("public_id")
    counted = sorted(
        published.prefetch_related(*Donation.ROWS), key=lambda one: -len(one.figures.all())
    )
    chosen = [one for one in counted if 2 <= len(one.figures.all()) <= 3]
    chosen = chosen[:: max(len(chosen) // records, 1)][:records]
    written: list[tuple[Any, Any]] = []
    lines = []
    for n, record in enumerate(chosen):
        for first, figure in enumerate(record.ordered_figures()):
            if len(lines) < rows:
                lines.append(cells(record, figure, n, first=first == 0))
                written.append((record, figure))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Aid that we found", *[""] * (len(LABELS) - 1)])
    writer.writerow(LABELS.values())
    writer.writerows([line.get(name, "") for name in LABELS] for line in lines)
    writer.writerow(["Total", *[""] * (len(LABELS) - 1)])
    return text.getvalue().encode(), written


def main() -> None:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import transaction

    from records.curation.imports import batches
    from records.curation.imports.models import ImportState, Verdict
    from records.models import Donation

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=86)
    parser.add_argument("--records", type=int, default=40)
    options = parser.parse_args()
    with transaction.atomic():
        user = get_user_model().objects.create(username="measured", is_superuser=True)
        data, written = sheet(options.rows, options.records)
        batch, _ = batches.receive(data, "aid.csv", Donation, by=user)
        while batch.state == ImportState.CHECKING:
            batch = batches.check_slice(batch)
        lines = list(batch.lines.order_by("number"))
        refused = [line for line in lines if line.verdict == Verdict.REFUSED]
        changed = silently_changed(batch, lines, written)
        transaction.set_rollback(True)
    accepted = len(lines) - len(refused)
    print(f"{len(lines)} rows of {len({record.pk for record, _ in written})} records")
    print(f"accepted at the first try: {accepted} ({accepted / len(lines):.1%})")
    print(f"values changed silently: {len(changed)}")
    for one in changed:
        print(f"  {one}")
    found = [words for line in refused for words in line.findings]
    reasons = Counter(f"{column}: {words}"[:110] for column, words in found)
    for words, count in reasons.most_common():
        print(f"  {count} {words}")


def silently_changed(batch: Any, lines: list[Any], written: list[tuple[Any, Any]]) -> list[str]:
    """Return the figures of accepted records that differ from what was written."""
    from records.curation.imports.batches import builder_for, grouped

    by_line = {line.number: written[n] for n, line in enumerate(lines) if n < len(written)}
    found = []
    for group in builder_for(batch).build_all(grouped(lines)):
        if group.draft is None or any(line.verdict == "refused" for line in group.rows):
            continue
        pairs = zip(group.rows, group.children["figures"], strict=True)
        for line, figure in pairs:
            record, source = by_line[line.number]
            names = ("value", "lower", "upper", "item_id", "unit", "currency", "operator", "basis")
            wrong = [name for name in names if getattr(figure, name) != getattr(source, name)]
            if group.draft.as_of != record.as_of:
                wrong.append("as_of")
            if wrong:
                found.append(f"line {line.number}: {', '.join(wrong)}")
    return found


if __name__ == "__main__":
    main()
