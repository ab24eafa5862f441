"""Series: which there are, and how one went on."""

import datetime
from typing import Any

import pytest
from django.test import Client

from records.publishing import begin_correction
from tests.support.factories import DonationFactory, ExportFactory, UserFactory, publish
from tests.support.routes import API, found, problem

pytestmark = pytest.mark.django_db

SERIES = f"{API}series/"


def point(day: int, *figures: dict[str, Any], **content: Any) -> Any:
    """A point of China's exports, reported in April 2020."""
    return ExportFactory(
        published=True,
        **{"series": "customs", "as_of": datetime.date(2020, 4, day)} | content,
        figures=[{"basis": "cumulative_to_date"} | figure for figure in figures],
    )


def over_time(client: Client, **query: Any) -> dict[str, Any]:
    return found(client, f"{SERIES}customs/", **query)


def test_series_are_listed_with_their_span_and_latest_title(client: Client) -> None:
    point(9, {"value": 2}, title="Nine days on")
    point(1, {"value": 1}, title="The first day")
    DonationFactory(published=True, series="doses", title="Doses given")
    DonationFactory(published=True)

    page = found(client, SERIES, count="true")

    assert page["count"] == 2
    assert page["results"][0] == {
        "slug": "customs",
        "kind": "export",
        "points": 2,
        "first": "2020-04-01",
        "last": "2020-04-09",
        "title": "Nine days on",
        "url": "http://testserver/api/v1/series/customs/",
    }
    names = [row["slug"] for row in found(client, SERIES, ordering="-points")["results"]]
    assert names == ["customs", "doses"]
    assert [row["slug"] for row in found(client, SERIES, kind="donation")["results"]] == ["doses"]
    assert found(client, SERIES, kind="contract")["results"] == []


def test_a_series_is_reported_from_its_first_point_on(client: Client) -> None:
    later = point(9, {"value": 150})
    first = point(1, {"value": 100}, {"item": "goggles", "unit": "", "value": 7})

    reported = over_time(client)

    assert [row["id"] for row in reported["points"]] == [first.public_id, later.public_id]
    assert [row["overtaken"] for row in reported["points"]] == [True, False]
    # Of goggles the later point says nothing.
    marks = [figure["left_out"] for row in reported["points"] for figure in row["figures"]]
    assert marks == ["overtaken", None, None]
    assert client.get(reported["points"][0]["url"]).json()["id"] == first.public_id


def test_differences_pass_over_silent_points_and_flag_a_fall(client: Client) -> None:
    first = point(1, {"value": 100})
    point(2, {"operator": "unspecified", "value": None})
    third = point(3, {"operator": "more_than", "value": 250}, {"item": "goggles", "value": 3})
    last = point(4, {"value": 240})

    steps = over_time(client)["differences"]

    reported = [
        (step["earlier"], step["later"], step["difference"], step["exact"], step["negative"])
        for step in steps
    ]
    assert reported == [
        (first.public_id, third.public_id, 150, False, False),
        (third.public_id, last.public_id, -10, False, True),
    ]
    assert {(step["measure"], step["item"], step["unit"]) for step in steps} == {
        ("quantity", "surgical-mask", "piece")
    }


@pytest.mark.parametrize(("upper", "negative"), [(50, True), (150, False)])
def test_a_range_falls_where_all_of_it_is_below(
    client: Client, upper: int, negative: bool
) -> None:
    point(1, {"value": 100})
    point(2, {"operator": "between", "value": None, "lower": 1, "upper": upper})

    (step,) = over_time(client)["differences"]

    assert (step["difference"], step["exact"], step["negative"]) == (None, False, negative)


def test_contradictions_and_rivals_are_marked(client: Client) -> None:
    rivals: list[dict[str, Any]] = [
        {"value": 5, "statement": DonationFactory(published=True).figures.get().statement},
        {
            "value": 6,
            "statement": DonationFactory(published=True).figures.get().statement,
            "rank": "preferred",
            "rank_reason": "The customs' own count.",
        },
    ]
    mine = point(1, *rivals)
    other = point(2, {"value": 9}, series="", links={"contradicts": mine})

    (reported,) = over_time(client)["points"]

    assert reported["contradicts"] == [other.public_id]
    assert [figure["left_out"] for figure in reported["figures"]] == ["rival", None]
    assert over_time(client)["differences"] == []


@pytest.mark.parametrize("positions", [(0, 1), (1, 0)])
def test_of_equal_reports_the_first_counts(client: Client, positions: tuple[int, int]) -> None:
    statements = [DonationFactory(published=True).figures.get().statement for _ in positions]
    record = ExportFactory(
        series="customs", figures=[{"value": 5, "statement": each} for each in statements]
    )
    for figure, position in zip(record.figures.order_by("pk"), positions, strict=True):
        type(figure).objects.filter(pk=figure.pk).update(position=position)
    publish(record)

    (reported,) = over_time(client)["points"]

    assert [figure["left_out"] for figure in reported["figures"]] == [None, "repeated"]


def test_a_series_is_shown_as_of_a_revision(client: Client) -> None:
    first = point(1, {"value": 100})
    point(2, {"value": 150})
    draft = begin_correction(
        first, by=UserFactory(username="editor"), reason="A later statement corrects it."
    )
    draft.figures.update(value=90, lower=90, upper=90)
    publish(draft)

    def values(**query: Any) -> list[int]:
        return [row["figures"][0]["value"] for row in over_time(client, **query)["points"]]

    assert values() == [90, 150]
    assert values(revision=2) == [100, 150]
    assert values(revision=1) == [100]
    assert found(client, SERIES, revision=1)["results"][0]["points"] == 1
    assert problem(client.get(f"{SERIES}customs/?revision=9"), 404)["code"] == "unknown_revision"
    assert problem(client.get(f"{SERIES}no-such/"), 404)["code"] == "not_found"
