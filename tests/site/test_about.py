"""What the dataset covers and what it does not, in words: on its page and in the metadata."""

import html
import re
from collections import Counter
from typing import Any

import pytest
from django.test import Client

from records.api.scope import scope_of
from records.models import DATED, KINDS, Party
from tests.support.factories import DonationFactory, PartyFactory
from tests.support.histories import History
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db


def about(client: Client) -> str:
    response = client.get("/about/")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_the_scope_is_that_of_the_coverage(client: Client, own_history: History) -> None:
    history = own_history
    page = about(client)
    coverage = found(client, f"{API}coverage/")
    scope = scope_of(history.newest, named=True)

    assert f"revision {history.newest}," in page
    assert all(sentence in page for sentence in [*scope.covered, *scope.gaps])
    for of_kind in coverage["kinds"]:
        plural = str(KINDS[of_kind["kind"]]._meta.verbose_name_plural)
        assert any(
            text.startswith(f"{of_kind['records']:,} {plural}, of") for text in scope.covered
        )
        for missing in of_kind["missing"]:
            start = f"In {missing['records']:,} of {of_kind['records']:,} {plural} "
            assert any(text.startswith(start) for text in scope.gaps), missing
        empty = [month["month"] for month in of_kind["months"] if not month["records"]]
        assert any(text.startswith(f"No {plural} of ") for text in scope.gaps) == bool(empty)
        if of_kind["kind"] in DATED:
            counts = Counter(
                {(r["role"], r["country"]): r["records"] for r in of_kind["countries"]}
            )
            for role in KINDS[of_kind["kind"]].MAIN_ROLES:
                most = max(n for (one, _), n in counts.items() if one == role)
                assert any(
                    f" as {role}, most often" in text
                    and f"in {most} of {of_kind['records']}" in text
                    for text in scope.covered
                )


def test_countries_without_records_are_named(client: Client) -> None:
    for code in ("PAK", "CHN", "ITA", "ETH"):
        PartyFactory(code=code)
    DonationFactory(published=True)
    named = {row["country"] for kind in found(client, f"{API}coverage/")["kinds"]
             for row in kind["countries"]}  # fmt: skip
    expected = sorted(
        Party.objects.filter(type="country").exclude(code__in=named).values_list("name", flat=True)
    )

    assert expected
    assert scope_of(1, named=True).absent == expected
    assert f"<p>{', '.join(expected)}.</p>" in about(client)
    assert "There are no exports." in about(client)


def test_the_metadata_has_the_same_sentences(client: Client, own_history: History) -> None:
    history = own_history
    for revision in (2, history.newest):
        metadata: dict[str, Any] = found(client, f"{API}metadata/", revision=str(revision))

        assert metadata["dct:coverage"] == scope_of(revision).sentences
    assert scope_of(2).sentences != scope_of(history.newest).sentences


def test_before_the_first_revision_nothing_is_claimed(client: Client) -> None:
    assert "Nothing has been published yet." in about(client)


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("data@example.org", "mailto:data@example.org"),
        ("https://example.org/contact", "https://example.org/contact"),
        ("", ""),
    ],
)
def test_the_contact_is_the_configured_one_only(
    client: Client, settings: Any, contact: str, address: str
) -> None:
    settings.CONTACT = contact

    links = re.findall(r'For anything else: <a href="([^"]*)">', about(client))

    assert links == [address] * bool(address)
