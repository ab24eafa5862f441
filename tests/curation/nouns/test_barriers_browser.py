"""Lists, entries of the vocabulary and reports keep nobody out, on a wide screen and a phone."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.curation.statement_reader.test_reader_browser import (  # noqa: F401  # fixtures
    Curator,
    session,
    sit_down,
    vocabulary,
    wrong_with,
)
from tests.support.factories import DonationFactory, ReportFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(transactional_db: None) -> str:
    """The page of a report; there are donations with a series, and without."""
    DonationFactory(series="gifts")
    return reverse("admin:records_report_change", args=[ReportFactory().pk])


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_kept_out(
    width: int,
    report: str,
    sit_down: Callable[..., Curator],  # noqa: F811
) -> None:
    curator = sit_down(reverse("admin:records_donation_changelist"), width)
    expect(curator.page.get_by_role("link", name="(none)")).to_have_count(1)
    assert wrong_with(curator) == []
    expect(curator.page.get_by_role("textbox", name="Search")).to_have_count(1)
    for page in (
        reverse("admin:records_party_change", args=["who"]),
        reverse("admin:records_party_merge", args=["who"]),
        report,
    ):
        curator.open(page)
        assert wrong_with(curator) == [], page
