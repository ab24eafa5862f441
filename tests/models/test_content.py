"""The content of a version, and its digest: what an approval is bound to."""

from typing import Any

import pytest
from django.db import models

from records.models import DATED, KINDS, Donation, DonationFigure, Record
from records.models.base import plain_values
from tests.support.factories import RECORDS, DonationFactory

EVERY_KIND = pytest.mark.parametrize("kind", KINDS)

pytestmark = pytest.mark.django_db


class Added(models.Model):
    """A record's columns with some that were added later."""

    title = models.CharField(max_length=20)
    urgency = models.CharField(max_length=20, blank=True)
    checked_on = models.DateField(null=True)
    ordered = models.BooleanField(default=True)
    places = models.JSONField(default=list)

    class Meta:
        app_label = "content_tests"

    @classmethod
    def content_fields(cls) -> list[models.Field]:
        return list(cls._meta.concrete_fields)


def values(**columns: Any) -> dict[str, Any]:
    return plain_values(Added(**columns))


def test_a_column_at_its_default_adds_nothing_to_the_content() -> None:
    assert values(title="Masks") == {"title": "Masks"}


def test_a_column_with_another_value_is_part_of_the_content() -> None:
    written = {"title": "Masks", "urgency": "high", "ordered": False, "places": ["Wuhan"]}

    assert values(**written) == written


@EVERY_KIND
def test_the_content_has_every_column_that_is_not_at_its_default(kind: str) -> None:
    record: Any = RECORDS[KINDS[kind]](published=True)
    content = record.content()

    for field in record.content_fields():
        value = field.value_from_object(record)
        assert (field.name in content) == (value != field.get_default()), field.name


@EVERY_KIND
def test_every_column_changes_the_digest(kind: str) -> None:
    record: Any = RECORDS[KINDS[kind]](published=True)
    rows = [record, *record.ordered_figures()] if kind in DATED else [record]

    for row in rows:
        for field in row.content_fields():
            before, value = record.content_digest(), getattr(row, field.attname)
            setattr(row, field.attname, other(field, value))
            assert record_digest(record, rows) != before, field.name
            setattr(row, field.attname, value)


def other(field: Any, value: Any) -> Any:
    """Return a value of the column that differs from the value and from the default."""
    if isinstance(field, models.BooleanField):
        return not value if value is not None else True
    if isinstance(field, models.JSONField):
        return ["another"]
    if isinstance(field, models.DateField):
        return (value or record_day()).replace(year=1999)
    if isinstance(field, models.IntegerField | models.DecimalField):
        return type(field)().to_python((value or 0) + 7)
    return "another"


def record_day() -> Any:
    return DonationFactory.build().as_of


def record_digest(record: Record, rows: list[Any]) -> str:
    """Return the digest of the record with the rows as they are in memory."""
    if len(rows) > 1:
        record.__dict__["ordered_figures"] = lambda: rows[1:]
    return record.content_digest()


def test_an_empty_role_or_list_of_links_adds_nothing_to_the_content() -> None:
    record = DonationFactory(published=True)

    assert {"donors", "recipients", "figures"} <= record.content().keys()
    assert not {"intermediaries", "links"} & record.content().keys()


def test_a_figure_names_its_statement_by_public_id_and_version() -> None:
    record = DonationFactory(published=True)
    (figure,) = record.ordered_figures()

    assert figure.content()["statement"] == [figure.statement.public_id, 1]
    assert {field.attname for field in DonationFigure.content_fields()} >= {"item_id", "quote"}
    assert "figures" in Donation.objects.get(pk=record.pk).content()
