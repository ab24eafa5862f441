"""The rules of what is entered, in dataset files: they hold for what is yet to be published and
for later revisions of files; what was published before loads as it is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from records.models import DATED, STAGED, State, Statement
from tests.dataset_files.test_dataset_files import SMALL, load, refused, replaced, write

FILES = {"donation": "donations", "export": "exports", "contract": "contracts"}
EVERY_DATED_KIND = pytest.mark.parametrize("kind", DATED)
LONG = "On Friday the ministry donated masks to Pakistan gladly"
THIRD = "- number: 3\n  at: {at}\n  message: More.\n  origin: {origin}\n"


def corrected(kind: str, **changed: Any) -> dict[str, Any]:
    """Return a further version of the small dataset's first record of a kind, as an entry."""
    entries = yaml.load(SMALL[FILES[kind]], Loader=yaml.CBaseLoader)
    entry = [one for one in entries if one["id"] == entries[0]["id"]][-1]
    entry = entry | {"version": str(int(entry["version"]) + 1), "reason": "Looked again."}
    entry.pop("revision")
    if "stage" in entry:
        # Of the others something must say when they were reached.
        entry["stage"] = "unknown"
    figure = entry["figures"][0] | changed.pop("figure", {})
    return entry | {"figures": [figure, *entry["figures"][1:]]} | changed


def with_entry(kind: str, entry: dict[str, Any], revisions: str = "") -> dict[str, str]:
    file = FILES[kind]
    more = SMALL[file].rstrip("\n") + "\n" + yaml.safe_dump([entry], allow_unicode=True)
    return SMALL | {file: more, "revisions": SMALL["revisions"].rstrip("\n") + "\n" + revisions}


FAULTS = [
    (
        {"figure": {"quote": "donated 7 777 777 masks"}},
        "figures[0].value: The quote has “7 777 777”",
    ),
    ({"figure": {"quote": LONG}}, "figures[0].quote: It has 9 words."),
    ({"as_of": "2062-04-10"}, "as_of: Is 2062 meant?"),
    ({"as_of": "1020-04-10"}, "as_of: Is 1020 meant?"),
    ({"as_of": "2020-04-30"}, "as_of: Is 2020-04-30 meant? The statement was published before"),
]


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@EVERY_DATED_KIND
@pytest.mark.parametrize(("changed", "fault"), FAULTS)
def test_what_is_yet_to_be_published_is_refused_with_its_place(
    kind: str, changed: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    (found,) = refused(write(tmp_path / "files", with_entry(kind, corrected(kind, **changed))))

    assert fault in found
    assert found.startswith(f"{FILES[kind]}.yaml:")


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@EVERY_DATED_KIND
def test_a_reason_is_taken_dumped_and_loaded_again(kind: str, tmp_path: Path) -> None:
    changed: dict[str, Any] = {
        "figure": {"quote": "donated 7 777 777 masks", "quote_reason": "So many in a box."},
        "as_of": "2062-04-10",
        "date_reason": "It is meant.",
    }

    load(write(tmp_path / "files", with_entry(kind, corrected(kind, **changed))))

    record = DATED[kind].objects.get(public_id=corrected(kind)["id"], state=State.PUBLISHED)
    assert record.date_reason == "It is meant."
    assert record.ordered_figures()[0].quote_reason == "So many in a box."


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("at", "origin", "held"),
    [
        ("2026-11-28T23:59:59Z", "file", False),
        ("2026-11-29T00:00:00Z", "file", True),
        ("2026-12-29T00:00:00Z", "people", False),
        ("2026-12-29T00:00:00Z", "vocabulary", False),
    ],
)
def test_what_was_published_before_loads_as_it_is(
    kind: str, at: str, origin: str, held: bool, tmp_path: Path
) -> None:
    entry = corrected(kind, figure={"quote": LONG}) | {"revision": "3"}
    files = write(tmp_path / "files", with_entry(kind, entry, THIRD.format(at=at, origin=origin)))

    if held:
        assert "It has 9 words." in refused(files)[0]
    else:
        load(files)
        record = DATED[kind].objects.get(public_id=entry["id"], state=State.PUBLISHED)
        assert record.ordered_figures()[0].quote == LONG


@pytest.mark.django_db
@pytest.mark.parametrize(("tag", "hint"), [("english", "Write en."), ("cn", "Write zh.")])
def test_a_language_is_a_tag(tag: str, hint: str, tmp_path: Path) -> None:
    statement = yaml.load(SMALL["statements"], Loader=yaml.CBaseLoader)[0]
    entry = {name: text for name, text in statement.items() if name != "revision"} | {
        "id": "st-0000000d",
        "language": tag,
    }
    more = SMALL["statements"].rstrip("\n") + "\n" + yaml.safe_dump([entry], allow_unicode=True)

    (found,) = refused(write(tmp_path / "files", SMALL | {"statements": more}))

    assert "language" in found
    assert hint in found
    sound = more.replace(f"language: {tag}", "language: EN")
    load(write(tmp_path / "sound", SMALL | {"statements": sound}))
    assert Statement.objects.get(public_id="st-0000000d").language == "en"


@pytest.mark.django_db
def test_a_language_of_before_loads_as_it_is(tmp_path: Path) -> None:
    load(write(tmp_path / "files", replaced("statements", "language: zh", "language: english")))

    assert Statement.objects.filter(language="english").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STAGED)
def test_stage_without_a_milestone_is_refused_with_what_to_write(
    kind: str, tmp_path: Path
) -> None:
    stage = {"donation": "delivered", "contract": "signed"}[kind]
    entry = corrected(kind, stage=stage)
    (found,) = refused(write(tmp_path / "files", with_entry(kind, entry)))

    assert f" milestones: Nothing says when it was {stage}: add a milestone" in found
    assert f"milestones: [{{stage: {stage}, date: 2020-04-10" in found
