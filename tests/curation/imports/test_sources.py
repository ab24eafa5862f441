"""Sources that are not entered yet: their statements become drafts along with the records."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from records import publishing
from records.curation.imports import batches
from records.models import Contributor, Donation, State, Statement
from tests.curation.imports.test_imports import checked, found, reported, row
from tests.curation.imports.test_mending import mend, page
from tests.curation.workflow.test_steps import entered
from tests.support.factories import ItemFactory, PartyFactory, StatementFactory, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "https://example.org/new-source"
SOURCE = {
    "source_title": "Embassy on masks for Pakistan",
    "source_publisher": "Embassy of China",
    "source_published_on": "April 11, 2020",
    "source_language": "en",
    "source_summary": "China gave masks.",
}


@pytest.fixture
def root() -> User:
    for code in ("CHN", "PAK"):
        PartyFactory(code=code)
    ItemFactory()
    return UserFactory(username="root", is_superuser=True)


@pytest.fixture
def client(root: User) -> Client:
    return entered(root)


def new(**cells: Any) -> dict[str, Any]:
    return row(StatementFactory.build(public_id="st-00000000"), statement=ADDRESS, **cells)


def test_a_new_source_becomes_one_draft_that_its_rows_cite(client: Client, root: User) -> None:
    batch = checked([new(**SOURCE), new(**dict.fromkeys(SOURCE, ""))], root)
    assert reported(batch) == []
    assert not Statement.objects.exists()
    html = " ".join(page(client, batch).split())
    assert "→ <ins>a new statement, “Embassy on masks for Pakistan”</ins>" in html

    drafts = batches.confirm(batch, by=root)

    statement = Statement.objects.get()
    assert (statement.state, statement.url) == (State.DRAFT, ADDRESS)
    assert (statement.publisher, str(statement.published_on)) == ("Embassy of China", "2020-04-11")
    cited = {figure.statement for draft in drafts for figure in draft.figures.all()}
    assert cited == {statement}
    assert Contributor.objects.filter(public_id=statement.public_id, user=root).exists()
    assert statement.title in page(client, batch)
    publishing.submit(statement, by=root)
    with pytest.raises(ValidationError, match="must approve"):
        publishing.approve([statement], by=root, message="By myself.")


def test_undoing_takes_the_source_along_unless_others_cite_it(root: User) -> None:
    first = checked([new(**SOURCE)], root)
    batches.confirm(first, by=root)
    second = checked([new()], root)
    batches.confirm(second, by=root)

    batches.undo(first)
    assert Statement.objects.count() == 1
    batches.undo(second)
    assert not Donation.objects.exists()
    third = checked([new(title="Other")], root)
    batches.confirm(third, by=root)
    batches.undo(third)
    assert Statement.objects.count() == 1


def test_a_source_that_is_only_of_an_undone_import_goes(root: User) -> None:
    batch = checked([new(**SOURCE)], root)
    batches.confirm(batch, by=root)

    gone = batches.undo(batch)

    assert [one.KIND for one in gone] == ["donation", "statement"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        ([SOURCE | {"source_publisher": ""}], "source_publisher", "a new source needs it"),
        ([SOURCE | {"source_language": "english"}], "source_language", "no language tag"),
        ([SOURCE | {"source_published_on": "2062-01-01"}], "source_published_on", "after today"),
        ([SOURCE, {"source_publisher": "Other"}], "source_publisher", "Another row has “Embassy"),
        ([SOURCE | {"source_published_on": "03/04/2020"}], "source_published_on", "may be"),
        ([dict.fromkeys(SOURCE, "")], "statement", "have its draft made"),
    ],
)
def test_a_source_is_judged_like_a_statement(
    rows: list[dict[str, str]], column: str, words: str, root: User
) -> None:
    batch = checked([new(**dict.fromkeys(SOURCE, "") | cells) for cells in rows], root)

    assert any(name == column and words in message for name, message in reported(batch))


def test_a_source_is_described_on_the_page(client: Client, root: User) -> None:
    batch = checked([new(), new()], root)
    html = page(client, batch)
    assert 'name="cell-2-source_publisher"' in html
    assert 'name="cell-3-source_publisher"' not in html

    shown = {f"2__{name}": "" for name in SOURCE}
    mend(client, batch, {f"cell-2-{name}": text for name, text in SOURCE.items()}, **shown)

    assert found(batch) == ["new", "new"]
    assert len(batches.confirm(batch, by=root)) == 2
    assert Statement.objects.count() == 1


def test_who_may_not_add_statements_makes_none(root: User) -> None:
    editor = UserFactory(username="adds-donations")
    codenames = ["add_donation", "view_donation"]
    editor.user_permissions.add(*Permission.objects.filter(codename__in=codenames))

    batch = checked([new(**SOURCE)], editor)

    assert reported(batch)[0][0] == "statement"
    assert "Enter it first" in reported(batch)[0][1]


def test_a_download_has_no_columns_of_sources(client: Client) -> None:
    url = reverse("admin:records_donation_download", args=["csv"])
    template = reverse("admin:records_donation_template", args=["csv"])

    assert b"source_" not in client.get(url).getvalue()
    assert b"source_publisher" in client.get(template).getvalue()
