"""How long the totals engine takes over synthetic rows: `python -m benchmarks.totals_engine`.

200,000 singles of 2,200 givers, 200 receivers, 48 items and 900 days, and 200 running totals:
each as a row of its own, then as nodes of equal sides, as a database can sum them.
"""

import itertools
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from records.totals.answer import answer
from records.totals.figures import Figure, Party
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.scopes import Condition, Query


def rows(random: Random, singles: int, days: int) -> list[Figure]:
    """Make singles on some days, and 200 running totals."""
    countries = [
        (Party(f"C{n:02}", "country", f"C{n:02}", ("030", "142", "001")),) for n in range(200)
    ]
    bodies = [(Party(f"body-{n}", "company", f"C{n % 200:02}"),) for n in range(2000)]
    items: list[tuple[str, ...]] = [(f"item-{n}", f"category-{n % 8}", "root") for n in range(40)]
    items += [(f"category-{n}", "root") for n in range(8)]
    dates = [date(2020, 1, 1) + timedelta(days=n * 900 // days) for n in range(days)]
    found = []
    for n in range(singles + 200):
        running = n >= singles
        value = Decimal(random.randint(1, 100_000_000 if running else 100_000))
        found.append(
            Figure(
                id=f"record-{n}",
                figure=n,
                measure="quantity",
                basis="cumulative_to_date" if running else "single",
                operator="exact",
                value=value,
                lower=value,
                upper=value,
                as_of=random.choice(dates),
                givers=random.choice(
                    countries[:40] if running else random.choice([countries, bodies])
                ),
                receivers=random.choice([random.choice(countries), ()] if running else countries),
                stage="delivered",
                series=f"series-{n % 50}" if running else "",
                item=random.choice(items),
                unit="piece",
            )
        )
    return found


def main() -> None:
    """Print seconds of processor time."""
    filtered = Query(givers=(Condition("code", frozenset(["C01"])),))
    for name, singles, days in (("rows", 200_000, 900), ("nodes", 20_000, 30)):
        figures = rows(Random(1), singles, days)
        times = [time.process_time()]
        prepared = prepare(figures, Links())
        times.append(time.process_time())
        for query in (Query(), Query(), filtered):
            answer(prepared, query)
            times.append(time.process_time())
        steps = [f"{after - before:.2f}" for before, after in itertools.pairwise(times)]
        labels = ("prepare", "first total", "next total", "filtered")
        times = ", ".join(f"{label} {step} s" for label, step in zip(labels, steps, strict=True))
        sys.stdout.write(f"{len(figures):,} {name}: {times}\n")


if __name__ == "__main__":
    main()
