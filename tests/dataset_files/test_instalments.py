"""The next instalment of the files, in a copy that published something itself."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client

from records.models import (
    Contract,
    Donation,
    Export,
    Origin,
    Party,
    Revision,
    RevisionCounter,
    Statement,
)
from records.publishing import (
    approve,
    begin_correction,
    discard,
    edit_vocabulary,
    submit,
    vocabulary_content,
    withdraw,
)
from records.publishing.vocabulary_edits import VocabularyEdit
from tests.dataset_files.test_dataset_files import SMALL, dump, load, snapshot, write
from tests.support.factories import DonationFactory, StatementFactory, UserFactory, publish
from tests.support.routes import API

pytestmark = pytest.mark.django_db

NO_NEWS = "Nothing to do: the database is at revision {}."


class Upstream:
    """Files that go on, each instalment a revision."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files = dict(SMALL)
        self.number = 2
        write(directory, self.files)

    def publish(self, **entries: str) -> None:
        """Append a revision with entries of these nouns."""
        self.number += 1
        self.files["revisions"] += (
            f"- number: {self.number}\n  at: 2026-06-0{self.number}T10:00:00Z\n"
            f"  message: Instalment {self.number}.\n  origin: file\n"
        )
        for noun, text in entries.items():
            self.files[noun] += re.sub(
                r"^(  version: \d+)$", rf"\1\n  revision: {self.number}", text, flags=re.MULTILINE
            )
        write(self.directory, self.files)

    def load(self) -> str:
        return load(self.directory)

    def held_back(self) -> list[str]:
        """Load, and return what is held back."""
        with pytest.raises(CommandError) as error:
            self.load()
        *held, summary = str(error.value).splitlines()
        assert summary.startswith(f"{len(held)} entr")
        assert "docs/operating.md" in summary
        return held


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    files = Upstream(tmp_path / "files")
    files.load()
    return files


def statement(tail: str, version: int = 1, *, summary: str = "New.") -> str:
    reason = "  reason: Said again.\n" if version > 1 else ""
    return (
        f"- id: st-zzzzzzz{tail}\n  version: {version}\n{reason}  title: A new statement\n"
        f"  publisher: Gazette of the cases\n  language: en\n  url: https://example.org/{tail}\n"
        f"  published_on: 2020-05-05\n  summary: {summary}\n"
    )


def donation(tail: str, *, cited: str = "st-0000000b", recipient: str = "PAK") -> str:
    return (
        f"- id: don-zzzzzzz{tail}\n  version: 1\n  title: China gives masks\n  donors: [CHN]\n"
        f"  recipients: [{recipient}]\n  form: goods\n  stage: unknown\n  stated_by: donor\n"
        f"  as_of: 2020-04-12\n  figures:\n    - measure: quantity\n      value: 10\n"
        f"      item: mask\n      statement: {cited}\n      quote: ten masks\n"
    )


def party(name: str) -> str:
    return (
        f"- code: pak-lahore\n  version: 1\n  name: {name}\n  type: local_government\n"
        f"  country: PAK\n"
    )


def withdrawal(public_id: str) -> str:
    return f"- id: {public_id}\n  version: 1\n  action: withdrawn\n  reason: It was invented.\n"


SECOND = """- id: st-0000000b
  version: 2
  reason: It was summed up wrongly.
  title: A second report
  publisher: An agency
  language: zh
  url: https://example.org/agency
  published_on: 2020-04-14
  summary: {}
"""


# --- What this copy publishes itself


def work(*names: str) -> None:
    for name in names:
        StatementFactory(title=name, published=True)


def correct(record: Any, **values: Any) -> None:
    editor, reviewer = people()
    draft = begin_correction(record, by=editor, reason="Read again.")
    for name, value in values.items():
        setattr(draft, name, value)
    draft.save()
    submit(draft, by=editor)
    approve([draft], by=reviewer, message="Corrects.", because="It says so.")


def people() -> tuple[Any, Any]:
    return UserFactory(username="editor"), UserFactory(username="reviewer")


def add_party(name: str) -> None:
    content = vocabulary_content(Party(code="pak-lahore")) | {
        "name": name,
        "type": "local_government",
        "country": "PAK",
        "region": "034",
    }
    edit_vocabulary([VocabularyEdit(Party, "pak-lahore", content, "")], message="Lahore.")


# --- What nobody else changed is published here


def test_instalments_are_published_as_the_next_revisions(upstream: Upstream) -> None:
    work("Our own")
    upstream.publish(statements=statement("1"))

    assert upstream.load().startswith("Published revision 4. ")

    own, instalment = Revision.objects.order_by("number")[2:]
    assert (instalment.message, instalment.origin) == ("Instalment 3.", Origin.FILE)
    assert instalment.published_at > own.published_at
    assert Client().get(f"{API}statements/st-zzzzzzz1/").json()["published_in"] == 4
    assert upstream.load() == NO_NEWS.format(4)

    work("Our own again")
    upstream.publish(statements=statement("1", 2), donations=donation("1", cited="st-zzzzzzz1"))
    upstream.publish(parties=party("Lahore"))
    upstream.publish(donations=donation("2", recipient="pak-lahore"))

    assert upstream.load().startswith(
        "Published revisions 6 to 8. Parties and items: 1, versions of records"
    )
    cited = Donation.objects.get(public_id="don-zzzzzzz1").figures.get().statement
    assert (cited.public_id, cited.version, cited.published_in_id) == ("st-zzzzzzz1", 2, 6)
    assert upstream.load() == NO_NEWS.format(8)


def test_a_copy_that_went_on_is_dumped_and_loaded_elsewhere(
    upstream: Upstream, tmp_path: Path
) -> None:
    work("Our own")
    upstream.publish(statements=statement("1"))
    upstream.load()
    dumped = dump(tmp_path / "dumped")
    assert load(tmp_path / "dumped") == NO_NEWS.format(4)

    # Files that are numbered otherwise have the same entries.
    assert upstream.load() == NO_NEWS.format(4)
    assert dumped["statements"].count("revision: 4") == 1


def test_a_copy_without_own_work_has_the_numbers_and_times_of_the_files(
    upstream: Upstream,
) -> None:
    upstream.publish(statements=statement("1"))
    upstream.publish(statements=statement("2"))

    upstream.load()

    times = Revision.objects.order_by("number").values_list("published_at", flat=True)
    assert [str(at)[:10] for at in times][2:] == ["2026-06-03", "2026-06-04"]


def test_what_both_published_alike_is_here(upstream: Upstream) -> None:
    """A copy loads entries that are still to be published; later they come back published."""
    pending = write(
        upstream.directory.with_name("pending"),
        SMALL | {"statements": SMALL["statements"] + statement("1")},
    )
    load(pending)
    upstream.publish(statements=statement("1"), parties=party("Lahore"))

    assert upstream.load().startswith(
        "Published revision 4. Parties and items: 1, versions of records: 0"
    )
    assert upstream.load() == NO_NEWS.format(4)


# --- What both changed is held back, and nothing else


def test_a_correction_of_the_same_record_is_held_back(upstream: Upstream) -> None:
    correct(Statement.objects.get(public_id="st-0000000b"), summary="Ours.")
    upstream.publish(statements=SECOND.format("Theirs.") + statement("1"))

    (held,) = upstream.held_back()

    assert "statements.yaml:" in held
    assert "st-0000000b v2: This database published another version 2 of it in revision 3." in held
    assert RevisionCounter.number() == 4
    assert Statement.objects.get(public_id="st-0000000b", version=2).summary == "Ours."
    assert Statement.objects.filter(public_id="st-zzzzzzz1").exists()
    # It is said each time, and changes nothing.
    before = snapshot()
    assert upstream.held_back() == [held]
    assert snapshot() == before

    correct(Statement.objects.get(public_id="st-0000000b", version=2), summary="Theirs.")
    assert upstream.load() == NO_NEWS.format(5)


def test_what_follows_a_conflict_is_held_back_with_it(upstream: Upstream) -> None:
    correct(Statement.objects.get(public_id="st-0000000b"), summary="Ours.")
    upstream.publish(statements=SECOND.format("Theirs."))
    third = SECOND.format("Theirs again.").replace("version: 2", "version: 3")
    pinned = donation("1").replace("b\n", "b\n      statement_version: 3\n", 1)
    upstream.publish(statements=third, donations=pinned + donation("2"))

    held = upstream.held_back()

    assert [line.partition(": ")[2] for line in held] == [
        "This database published another version 2 of it in revision 3.",
        "It follows version 2, which is held back.",
        "It names st-0000000b, which is held back.",
    ]
    assert Donation.objects.filter(public_id__startswith="don-z").get().public_id == "don-zzzzzzz2"


def test_a_code_that_means_something_else_here_is_held_back(upstream: Upstream) -> None:
    """Else a gift to their Lahore would be one to ours."""
    add_party("Lahore Cantonment")
    upstream.publish(
        parties=party("Lahore"),
        statements=statement("1"),
        donations=donation("1", recipient="pak-lahore") + donation("2"),
    )

    first, second = upstream.held_back()

    assert "pak-lahore v1: This database published another version 1 of it in revision 3." in first
    assert "don-zzzzzzz1 v1: It names pak-lahore, which is held back." in second
    assert Party.objects.get(code="pak-lahore").name == "Lahore Cantonment"
    assert not Donation.objects.filter(public_id="don-zzzzzzz1").exists()

    # Once both mean the same, all of it is here.
    content = vocabulary_content(Party.objects.get(code="pak-lahore")) | {"name": "Lahore"}
    edit_vocabulary([VocabularyEdit(Party, "pak-lahore", content, "Theirs.")], message="Theirs.")
    assert upstream.load().startswith(
        "Published revision 6. Parties and items: 0, versions of records: 1"
    )


CONFLICTS: list[tuple[str, Callable[[], Any], dict[str, str], str]] = [
    (
        "withdrawn here, corrected there",
        lambda: withdraw([Contract.objects.get()], by=people()[1], reason="It was never signed."),
        {
            "contracts": SMALL["contracts"]
            .replace("version: 1\n  revision: 1", "version: 2\n  reason: Other.")
            .replace("stage: signed", "stage: unknown")
        },
        "con-0000000a v2: This database withdrew the record in revision 3.",
    ),
    (
        "corrected here, withdrawn there",
        lambda: correct(Export.objects.get(), note="Ours."),
        {"exports": withdrawal("exp-0000000a")},
        "exp-0000000a v1: This database has a version 2 of its own.",
    ),
    (
        "rested on here, withdrawn there",
        lambda: rest_on("st-0000000c"),
        {"statements": withdrawal("st-0000000c")},
        "st-0000000c v1: Records of this database rest on it: ",
    ),
    (
        "worked on here, corrected there",
        lambda: begin_correction(
            Statement.objects.get(public_id="st-0000000b"), by=people()[0], reason="Read again."
        ),
        {"statements": SECOND.format("Theirs.")},
        "st-0000000b v2: Somebody is working on this record in the database (draft v2)",
    ),
]


def rest_on(public_id: str) -> None:
    cited = Statement.objects.get(public_id=public_id)
    publish(DonationFactory(figures__statement=cited))


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    ("act", "entries", "words"), [row[1:] for row in CONFLICTS], ids=[row[0] for row in CONFLICTS]
)
def test_what_was_changed_in_both_is_held_back(
    tmp_path: Path, act: Callable[[], Any], entries: dict[str, str], words: str
) -> None:
    upstream = Upstream(tmp_path / "files")
    lone = statement("1").replace("st-zzzzzzz1", "st-0000000c")
    upstream.publish(statements=lone)
    upstream.load()
    act()
    head = RevisionCounter.number()
    entries = {noun: text.removeprefix("\n") for noun, text in entries.items()}
    upstream.publish(**entries, parties=party("Lahore"))

    held = upstream.held_back()

    assert any(words.replace("revision 3", f"revision {head}") in line for line in held), held
    assert len(held) == 1
    assert RevisionCounter.number() == head + 1
    assert Party.objects.filter(code="pak-lahore").exists()


def test_what_was_held_back_is_published_once_nothing_is_in_the_way(upstream: Upstream) -> None:
    draft = begin_correction(
        Statement.objects.get(public_id="st-0000000b"), by=people()[0], reason="Read again."
    )
    upstream.publish(statements=SECOND.format("Theirs.") + statement("1"))
    upstream.held_back()
    # Not with the time of the files: part of that revision is missing.
    assert Revision.objects.get(number=3).published_at.year > 2025

    discard(draft)

    assert upstream.load().startswith("Published revision 4. ")
    assert Statement.objects.get(public_id="st-0000000b", version=2).published_in_id == 4
    assert upstream.load() == NO_NEWS.format(4)
