"""Totals over the shipped dataset: the worked examples, and a second computation of them all."""

from datetime import date
from decimal import Decimal

import pytest

from records.totals.answer import Total, answer
from records.totals.figures import Milestone
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.proven import EXACT
from records.totals.scopes import Condition, Query
from tests.support import dataset_figures as dataset
from tests.support.proven_minimum import proven_minimum
from tests.support.thoroughness import some

ANNOUNCED = {
    "don-3qpfp9a3": (
        Milestone("announced", date(2020, 4, 23)),
        Milestone("committed", date(2020, 6, 7), dated="by"),
    ),
    "don-yyemrn0r": (Milestone("committed", date(2020, 4, 10)),),
}


def named(code: str) -> tuple[Condition, ...]:
    return (Condition("code", frozenset([code])),)


def total(kind: str, query: Query, unit: str, milestones: dict | None = None) -> Total | None:
    """Return the total in a unit or currency."""
    prepared = prepare(
        dataset.figures(kind, milestones),
        Links(dataset.links()),
        query.include,
        query.milestone,
    )
    found = [one for one in answer(prepared, query) if unit in one.split]
    assert len(found) <= 1
    return found[0] if found else None


MASKS = Query(givers=named("CHN"), items=(dataset.item_path("mask"),))
CASH = Query(givers=named("CHN"), receivers=named("who"))


def test_exported_masks_are_proven_by_customs_and_about_the_later_round_number() -> None:
    found = total("export", MASKS, "piece")
    assert found is not None
    assert (found.at_least, found.about) == (Decimal(224_200_000_000), Decimal(372_000_000_000))
    assert (found.at_most, found.search, found.conflict) == (None, EXACT, False)
    assert [figure.id for figure in found.used] == ["exp-p19e7t6s"]
    reasons = {row.figure.id: row.in_about for row in found.judged}
    assert reasons["exp-j2v1nxdx"] == (False, "overlaps", "exp-f7fk5qf4")
    assert reasons["exp-pcyan616"] == (False, "overtaken", "exp-p19e7t6s")
    # Customs' count, and two for the United States.
    assert (found.unproven.figures, found.unproven.sum) == (3, Decimal(232_664_000_000))


@pytest.mark.slow
def test_exported_masks_to_the_end_of_2020_leave_the_later_total_undated() -> None:
    query = Query(givers=MASKS.givers, items=MASKS.items, end=date(2020, 12, 31))
    found = total("export", query, "piece")
    assert found is not None
    assert (found.at_least, found.about) == (Decimal(224_200_000_000),) * 2
    reasons = {row.figure.id: (row.in_about.reason, row.in_about.holder) for row in found.judged}
    assert reasons["exp-f7fk5qf4"] == ("undated", None)
    assert reasons["exp-j2v1nxdx"] == ("contained", "exp-p19e7t6s")
    assert reasons["exp-zp8czx5a"] == ("repeated", "exp-zp8czx5a")
    assert reasons["exp-pcyan616"] == ("overtaken", "exp-p19e7t6s")
    assert reasons["exp-h623qn24"] == ("overlaps", "exp-p19e7t6s")
    assert (found.unproven.figures, found.unproven.sum) == (1, Decimal(1_864_000_000))


def test_exported_masks_in_2021_are_nothing_since_the_total_runs_from_the_outbreak() -> None:
    query = Query(
        givers=MASKS.givers, items=MASKS.items, start=date(2021, 1, 1), end=date(2021, 12, 31)
    )
    found = total("export", query, "piece")
    assert found is not None
    assert (found.at_least, found.about) == (None, None)
    assert [row.in_about.reason for row in found.left_out] == ["undated"]


@pytest.mark.parametrize(
    ("end", "expected"),
    [(None, 50_000_000), (date(2020, 4, 10), 20_000_000), (date(2020, 4, 9), None)],
)
def test_cash_to_who_counts_once(end: date | None, expected: int | None) -> None:
    query = Query(givers=CASH.givers, receivers=CASH.receivers, end=end)
    found = total("donation", query, "USD")
    least = found.at_least if found else None
    assert least == expected
    assert found is None or sum(figure.lower or 0 for figure in found.used) == (least or 0)


def test_cash_to_who_was_announced_by_april_with_its_milestones() -> None:
    query = Query(
        givers=CASH.givers,
        receivers=CASH.receivers,
        end=date(2020, 4, 23),
        milestone="announced",
    )
    found = total("donation", query, "USD", ANNOUNCED)
    assert found is not None
    assert found.at_least == Decimal(50_000_000)
    assert {figure.id for figure in found.used} == set(ANNOUNCED)


def test_masks_given_with_others_count_only_with_others() -> None:
    query = Query(givers=named("alibaba-foundation"), items=MASKS.items)
    found = total("donation", query, "piece")
    assert found is not None
    assert (found.at_least, found.about) == (None, None)
    assert found.with_others == (Decimal(12_100_000), Decimal(12_100_000))
    joint = {row.figure.id for row in found.left_out if row.in_about.reason == "joint"}
    assert "don-8z76yh1p" in joint


PERIODS = [
    (None, None),
    (None, date(2020, 12, 31)),
    *((date(year, 1, 1), date(year, 12, 31)) for year in (2020, 2021, 2022)),
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", dataset.SIDES)
def test_every_item_party_and_year_comes_to_the_same_when_computed_again(kind: str) -> None:
    figures = dataset.figures(kind)
    prepared = prepare(figures, Links(dataset.links()))
    items = sorted({figure.item[at:] for figure in figures for at in range(len(figure.item))})
    givers = sorted({party.code for figure in figures for party in figure.givers})
    receivers = sorted({party.code for figure in figures for party in figure.receivers})
    requested = [
        Query(),
        *(Query(items=(item,)) for item in items),
        *(Query(givers=named(code)) for code in givers),
        *(Query(receivers=named(code)) for code in receivers),
    ]
    chinese = [Query(givers=named("CHN"), items=(item,)) for item in items]
    compared = searched = cut_short = 0
    for start, end in some(PERIODS, 2):
        for one in some(requested if start or end else requested + chinese, 12):
            query = Query(one.givers, one.receivers, one.items, start, end)
            totals = answer(prepared, query)
            searched += len(totals)
            cut_short += sum(total.search != EXACT for total in totals)
            found = {
                tuple(total.split): total.at_least
                for total in totals
                if total.at_least is not None and total.search == EXACT
            }
            minimum = proven_minimum(figures, dataset.links(), query)
            assert found == {split: minimum[split] for split in found}, query
            assert minimum.keys() == {
                tuple(total.split) for total in totals if total.at_least is not None
            }
            compared += len(found)
            for total in totals:
                lowers = [figure.lower or Decimal(0) for figure in total.used]
                assert sum(lowers, Decimal(0)) == (total.at_least or 0)
    assert compared > 50
    # Of those that many thousand gifts reach, the answer says that the search was cut short.
    assert cut_short <= searched / 100
