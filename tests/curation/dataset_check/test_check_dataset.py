"""The command `check_dataset`: decisions, formats, and the shipped dataset."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from records.curation.dataset_check.decisions import DecisionsError, judge, read
from records.curation.dataset_check.findings import Finding
from records.curation.dataset_check.rows import undecided
from records.curation.dataset_check.rules import RULES
from records.curation.duplicates.models import DuplicatePair, DuplicateStatus

FINDING = Finding("series-falls", "don-00000001 figures[0]", "90 as of 2020-04-02", "at least 100")
ENTRY = """
- code: series-falls
  at: don-00000001 figures[0]
  seen: 90 as of 2020-04-02
  reason: Talks end.
"""


def decisions(directory: Path, text: str) -> Any:
    path = directory / "decided.yaml"
    path.write_text(text, "utf-8")
    return read(path, RULES)


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("check_dataset", *args, stdout=out, **options)
    return out.getvalue()


# Decisions


def test_decision_settles_its_finding(tmp_path: Path) -> None:
    report = judge([FINDING], decisions(tmp_path, ENTRY), list(RULES))

    assert (report.undecided, report.stale) == ([], [])
    assert [decision.reason for _, decision in report.decided] == ["Talks end."]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(ENTRY.replace("90", "80"), id="something else is published there now"),
        pytest.param(ENTRY.replace("[0]", "[1]"), id="another place"),
        pytest.param(ENTRY.replace("series-falls", "amount-outlier"), id="another rule"),
    ],
)
def test_decision_of_something_else_is_stale(entry: str, tmp_path: Path) -> None:
    report = judge([FINDING], decisions(tmp_path, entry), list(RULES))

    assert report.undecided == [FINDING]
    assert len(report.stale) == 1
    assert report.stale[0].startswith("line 2: ")


def test_one_reason_for_several_places(tmp_path: Path) -> None:
    entry = "- {code: item-unused, at: [item rice, item tent], reason: Kept.}"
    finding = Finding("item-unused", "item rice", "Rice", "a figure of it")

    report = judge([finding], decisions(tmp_path, entry), list(RULES))

    assert report.undecided == []
    assert report.stale == ["line 1: item-unused item tent"]


def test_decision_of_a_rule_that_did_not_run_is_not_stale(tmp_path: Path) -> None:
    report = judge([], decisions(tmp_path, ENTRY), ["item-unused"])

    assert report.stale == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- {code: nonsense, at: x, reason: y}", "decided.yaml:1: There is no rule nonsense"),
        ("- {code: series-falls, at: x}", "`reason` is missing"),
        ("- {code: series-falls, at: x, reason: ' '}", "`reason` is missing"),
        ("- {code: series-falls, at: x, reason: y, why: z}", "There is no key 'why'"),
        ("- {code: series-falls, at: [x, y], seen: s, reason: y}", "`seen` is of one place"),
        ("- {code: [a], at: x, reason: y}", "`code` is one text"),
        (ENTRY + ENTRY, "series-falls don-00000001 figures[0] is decided twice"),
        ("- x", "Write an entry of the keys"),
        ("a: b", "is missing"),
        ("- {", "cannot be read as YAML"),
    ],
)
def test_fault_in_the_file_is_reported(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(DecisionsError) as refused:
        decisions(tmp_path, text)

    assert fault in str(refused.value)


def test_text_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "decided.yaml"
    path.write_bytes(b"# Entscheidungen\n- {code: series-falls, at: x, reason: f\xfcr}\n")

    with pytest.raises(DecisionsError) as refused:
        read(path, RULES)

    assert str(refused.value) == "decided.yaml:2: This is no UTF-8 text."


def test_no_file_holds_no_decision(tmp_path: Path) -> None:
    assert read(tmp_path / "decided.yaml", RULES) == []
    assert decisions(tmp_path, "# nothing yet\n") == []


# The shipped dataset


def shipped(test: Any) -> Any:
    """Run a test on the dataset of fixtures/."""
    return pytest.mark.django_db(pytest.mark.usefixtures("dataset")(test))


@shipped
def test_every_finding_is_decided_and_no_decision_is_stale() -> None:
    """Run `manage.py check_dataset` to see more; docs/dataset.md says what to do."""
    report = json.loads(run(format="json"))

    assert report["undecided"] == []
    assert report["stale_decisions"] == []
    assert len(report["decided"]) > 50
    assert all(finding["reason"] for finding in report["decided"])


@shipped
@pytest.mark.slow
def test_undecided_findings_end_the_command_with_an_error(tmp_path: Path) -> None:
    out = StringIO()

    with pytest.raises(CommandError, match=r"^[1-9]\d* undecided: .* in none\.yaml"):
        call_command(
            "check_dataset",
            only=["series-falls"],
            decided=tmp_path / "none.yaml",
            stdout=out,
        )

    assert "series-falls\n" in out.getvalue()
    assert "See st-" in out.getvalue()
    assert " undecided, 0 decided, 0 stale decisions." in out.getvalue()


@shipped
@pytest.mark.slow
def test_entries_for_the_file_lack_only_the_reason(tmp_path: Path) -> None:
    out, path = StringIO(), tmp_path / "decided.yaml"
    only = ["series-falls", "item-unused"]

    with pytest.raises(CommandError):
        call_command("check_dataset", only=only, decided=path, format="yaml", stdout=out)
    entries = yaml.safe_load(out.getvalue())
    for entry in entries:
        entry["reason"] = "As said."
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")

    assert "0 undecided" in run(only=only, decided=path)


@shipped
def test_pair_that_a_curator_decided_is_no_finding(editor: Any) -> None:
    ids = ("con-6mxrfkae", "con-zq7knpvq")
    before = undecided("contract")
    pair = DuplicatePair.objects.create(kind="contract", first=ids[0], second=ids[1], score=3)
    pair.decide(DuplicateStatus.NOT_A_DUPLICATE, by=editor, why="Two orders.")

    after = undecided("contract")

    assert [(row.one, row.other) for row in before if row not in after] == [ids]


@shipped
def test_faulty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "decided.yaml"
    path.write_text("- {code: nonsense, at: x, reason: y}", "utf-8")

    with pytest.raises(CommandError, match="There is no rule nonsense"):
        run(decided=path)
