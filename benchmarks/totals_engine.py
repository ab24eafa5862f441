"""How long the totals engine takes over synthetic rows: `python -m benchmarks.totals_engine`.

200,000 singles of 2,200 givers, 200 receivers, 48 items and 900 days, and 200 running totals: all
prepared at once, and then those of ten records again, as after a publication.
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

SINGLES, RUNNING, DAYS = 200_000, 200, 900


def rows(random: Random) -> list[Figure]:
    """Make the figures."""
    countries = [
        (Party(f"C{n:02}", "country", f"C{n:02}", ("030", "142", "001")),) for n in range(200)
    ]
    bodies = [(Party(f"body-{n}", "company", f"C{n % 200:02}"),) for n in range(2000)]
    items: list[tuple[str, ...]] = [(f"item-{n}", f"category-{n % 8}", "root") for n in range(40)]
    items += [(f"category-{n}", "root") for n in range(8)]
    dates = [date(2020, 1, 1) + timedelta(days=n) for n in range(DAYS)]
    found = []
    for n in range(SINGLES + RUNNING):
        running = n >= SINGLES
        value = Decimal(random.randint(1, 100_000_000 if running else 100_000))
        found.append(
            Figure(
                id=f"record-{n:06}",
                figure=1,
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
    figures = rows(Random(1))
    changed = figures[:: len(figures) // 9]
    times = [time.process_time()]
    prepared = prepare(figures, Links())
    times.append(time.process_time())
    for query in (Query(), Query(), filtered):
        answer(prepared, query)
        times.append(time.process_time())
    moved = prepared.moved({figure.id for figure in changed}, changed, prepared.overlaps.links)
    times.append(time.process_time())
    answer(moved, Query())
    times.append(time.process_time())
    steps = [f"{after - before:.3f}" for before, after in itertools.pairwise(times)]
    labels = ("prepare", "first total", "next total", "filtered", "moved", "its first total")
    listed = ", ".join(f"{label} {step} s" for label, step in zip(labels, steps, strict=True))
    sys.stdout.write(f"{len(figures):,} figures: {listed}\n")


if __name__ == "__main__":
    main()
