"""What is doubtful is refused by the form and by the import, unless the curator says why;
reviewers see it beside the figure, and say why they publish it all the same."""

import csv
import datetime
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from records import publishing
from records.curation.imports import batches, columns
from records.curation.imports.models import ImportBatch, ImportState
from records.curation.workflow.review_page import compare
from records.models import DATED, KINDS, STAGED, Contributor, Origin, State, Statement
from tests.curation.workflow.test_steps import allow, entered, state, typed, url
from tests.support.factories import RECORDS, StatementFactory, publish

pytestmark = pytest.mark.django_db

EVERY_DATED_KIND = pytest.mark.parametrize("kind", DATED)
EVERY_STAGED_KIND = pytest.mark.parametrize("kind", STAGED)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
LONG = "On Friday the ministry donated masks to Pakistan gladly"
REASON = "A box holds so many."


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "add", "change", "delete"], KINDS)
    allow(reviewer, ["view", "publish"], KINDS)


def date_of(kind: str) -> str:
    return "published_on" if kind == "statement" else "as_of"


# --- The form


def save(editor: User, record: Any, **changed: str) -> str:
    """Save the record's page with other values; return what it answers, empty if it is saved."""
    client = entered(editor)
    response = client.post(url(record), typed(client.get(url(record))) | changed)
    return "" if response.status_code == 302 else response.content.decode()


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_the_form_refuses_another_number(kind: str, editor: User) -> None:
    record = RECORDS[DATED[kind]]()

    page = save(editor, record, **{"figures-0-value": "5000"})

    assert "The quote has “50,000”, the figure 5,000." in page
    assert record.figures.get().value == 50_000
    changed = {"figures-0-value": "5000", "figures-0-quote_reason": REASON}
    assert save(editor, record, **changed) == ""
    assert (record.figures.get().value, record.figures.get().quote_reason) == (5_000, REASON)


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_the_form_refuses_another_qualifier(kind: str, editor: User) -> None:
    record = RECORDS[DATED[kind]]()

    page = save(editor, record, **{"figures-0-quote": "more than 50,000"})

    assert "The quote means “more_than”, the figure has “exact”." in page


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_the_form_refuses_a_long_quote(kind: str, editor: User) -> None:
    assert "It has 9 words." in save(editor, RECORDS[DATED[kind]](), **{"figures-0-quote": LONG})


@pytest.mark.slow(sample=True)
@EVERY_KIND
@pytest.mark.parametrize("year", ["1020", "2062"])
def test_the_form_refuses_a_year_that_cannot_be(kind: str, year: str, editor: User) -> None:
    record, name = RECORDS[KINDS[kind]](), date_of(kind)

    page = save(editor, record, **{name: f"{year}-04-10"})

    assert f"Is {year} meant?" in page
    assert save(editor, record, **{name: f"{year}-04-10", "date_reason": "It is meant."}) == ""
    record.refresh_from_db()
    assert getattr(record, name).year == int(year)


@pytest.mark.slow(sample=True)
@EVERY_STAGED_KIND
def test_the_form_refuses_a_milestone_of_another_day(kind: str, editor: User) -> None:
    record = RECORDS[STAGED[kind]]()
    changed = {"milestones-0-quote": "signed on 9 April"}

    page = save(editor, record, **changed)

    assert "The quote has 04-09, the milestone 2020-04-10." in page
    assert save(editor, record, **changed, **{"milestones-0-quote_reason": REASON}) == ""


def test_the_form_refuses_a_word_for_a_language(editor: User) -> None:
    statement = StatementFactory()

    assert "Write en." in save(editor, statement, language="english")
    assert save(editor, statement, language="ZH-hant") == ""
    statement.refresh_from_db()
    assert statement.language == "zh-Hant"


# --- Imports


def checked(editor: User, kind: str, *changes: dict[str, str]) -> ImportBatch:
    """Return an import, after its check, of sound records but for the cells that are given."""
    model: Any = KINDS[kind]
    rows = []
    for changed in changes:
        cells = columns.rows_of(model.objects.get(pk=RECORDS[model]().pk))[0]
        rows.append({k: v for k, v in cells.items() if k not in ("record", "version")} | changed)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    by = User.objects.get(pk=editor.pk)
    batch, _ = batches.receive(text.getvalue().encode(), "rows.csv", model, by=by)
    while batch.state == ImportState.CHECKING:
        batch = batches.check_slice(batch)
    return batch


def findings(batch: ImportBatch) -> list[list[str]]:
    return [part for line in batch.lines.order_by("number") for part in line.findings]


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"value": "5000"}, "value", "The quote has “50,000”, the figure 5,000."),
        ({"value": "50000000"}, "value", "The quote has “50,000”, the figure 50,000,000."),
        ({"quote": "nearly 50,000"}, "operator", "The quote means “approx”"),
        ({"quote": LONG}, "quote", "It has 9 words."),
        ({"as_of": "1020-04-10"}, "as_of", "Is 1020 meant?"),
        ({"as_of": "2062-04-10"}, "as_of", "Is 2062 meant?"),
        ({"as_of": "2020-04-30"}, "as_of", "The statement was published before it"),
        ({"period_end": "2062"}, "period_end", "Is 2062 meant?"),
    ],
)
def test_the_import_refuses_what_is_doubtful(
    kind: str, cells: dict[str, str], column: str, message: str, editor: User
) -> None:
    batch = checked(editor, kind, cells, {})

    assert batch.state == ImportState.REFUSED
    ((where, found),) = findings(batch)
    assert where == column
    assert message in found


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
@pytest.mark.parametrize(
    "cells",
    [
        {"value": "5000", "quote_reason": REASON},
        {"quote": "nearly 50,000", "quote_reason": REASON},
        {"as_of": "2062-04-10", "date_reason": "It is meant."},
    ],
)
def test_the_import_takes_a_reason(kind: str, cells: dict[str, str], editor: User) -> None:
    batch = checked(editor, kind, cells)

    assert findings(batch) == []
    (draft,) = batches.confirm(batch, by=editor)
    kept = draft if "date_reason" in cells else draft.ordered_figures()[0]
    reason = next(name for name in cells if name.endswith("_reason"))
    assert getattr(kept, reason) == cells[reason]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"language": "english"}, "Write en."),
        ({"language": "cn"}, "Write zh."),
        ({"published_on": "2062-04-10"}, "Is 2062 meant?"),
        ({"said_on": "2020-05-10"}, "The statement was published before it"),
    ],
)
def test_the_import_refuses_what_is_doubtful_of_a_statement(
    cells: dict[str, str], message: str, editor: User
) -> None:
    batch = checked(editor, "statement", cells)

    ((where, found),) = findings(batch)
    assert where in cells
    assert message in found


def test_the_import_writes_languages_in_canonical_case(editor: User) -> None:
    tags = ["zh-CN", "zh-hant", "SR-cyrl", "EN"]
    batch = checked(editor, "statement", *({"language": tag} for tag in tags))

    drafts = batches.confirm(batch, by=editor)

    assert [draft.language for draft in drafts] == ["zh-CN", "zh-Hant", "sr-Cyrl", "en"]


@EVERY_STAGED_KIND
@pytest.mark.parametrize("reason", ["", " because “The ministry corrected the day.”"])
def test_the_import_takes_milestones_with_a_reason(kind: str, reason: str, editor: User) -> None:
    statement = StatementFactory(published=True)
    cell = f"delivered 2020-04-10 on {statement.public_id} “arrived on 9 April”{reason}"

    batch = checked(editor, kind, {"stage": "delivered", "milestones": cell})

    if reason:
        (draft,) = batches.confirm(batch, by=editor)
        (row,) = draft.milestones.all()
        assert (row.quote, row.quote_reason) == (
            "arrived on 9 April", "The ministry corrected the day."
        )  # fmt: skip
        assert columns.milestone_cell(row).endswith(cell.partition("arrived")[2])
    else:
        ((where, found),) = findings(batch)
        assert (where, "The quote has 04-09" in found) == ("milestones", True)


@EVERY_DATED_KIND
def test_what_was_published_before_is_no_change(kind: str, editor: User) -> None:
    """A download of figures that were published before the rule is read as unchanged."""
    record = RECORDS[DATED[kind]]()
    type(record.figures.get()).objects.update(value=5_000, lower=5_000, upper=5_000, quote=LONG)
    record = published_before(record, editor)
    rows = columns.rows_of(DATED[kind].objects.get(pk=record.pk))

    batch = checked(editor, kind, rows[0])

    assert set(batch.lines.values_list("verdict", flat=True)) == {"unchanged"}


def published_before(record: Any, editor: User) -> Any:
    """Publish a record as if the rules were not yet there."""
    for row in [*record.cited_statements(), record]:
        row.digest, row.state = row.content_digest(), State.IN_REVIEW
        row.save()
        publication = publishing.publish.Publication(row)
        publishing.publish.publish_revision([publication], message="Before.", origin=Origin.FILE)
    return record


# --- Review


@EVERY_DATED_KIND
def test_a_draft_is_not_submitted_without_the_reason(kind: str, editor: User) -> None:
    record = RECORDS[DATED[kind]](figures__value=5_000, figures__quote="donated 50,000 masks")

    with pytest.raises(ValidationError, match="the figure 5,000"):
        publishing.submit(record, by=editor)

    record.figures.update(quote_reason=REASON)
    publishing.submit(record, by=editor)


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_reviewers_see_what_is_doubtful_beside_the_figure(kind: str, reviewer: User) -> None:
    sound = {"value": 20, "item": "goggles"}
    doubtful = {"value": 5_000, "quote": "donated 50,000 masks", "quote_reason": REASON}
    record = RECORDS[DATED[kind]](figures=[sound, doubtful], in_review=True)

    (found,) = compare([record], reviewer)
    page = entered(reviewer).get(url(record, "approve")).content.decode()

    assert [pair.doubts for pair in found.figures] == [
        [],
        ["The quote has “50,000”, the figure 5,000."],
    ]
    assert "The quote has “50,000”, the figure 5,000." in page
    assert f"The editors’ reason: {REASON}" in page
    assert "Why it is published all the same" in page


@pytest.mark.slow(sample=True)
@EVERY_KIND
def test_reviewers_see_what_is_doubtful_of_dates(kind: str, reviewer: User) -> None:
    day = {date_of(kind): datetime.date(2062, 4, 10), "date_reason": "It is meant."}
    staged = {"milestones": [], "stage": "unknown"} if kind in STAGED else {}
    record = RECORDS[KINDS[kind]](**day, **staged, in_review=True)

    (found,) = compare([record], reviewer)

    (sentence,) = found.doubts
    assert "Is 2062 meant?" in sentence
    page = entered(reviewer).get(url(record, "approve")).content.decode()
    assert sentence in page
    assert "The editors’ reason: It is meant." in page


@EVERY_DATED_KIND
def test_a_long_quote_of_before_is_marked(kind: str, reviewer: User) -> None:
    record = RECORDS[DATED[kind]](in_review=True)
    record.figures.update(quote=LONG)

    (found,) = compare([record], reviewer)

    assert "It has 9 words." in found.figures[0].doubts[0]


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_who_approves_says_why(kind: str, editor: User, reviewer: User) -> None:
    doubtful = {"value": 5_000, "quote": "donated 50,000 masks", "quote_reason": REASON}
    statement = StatementFactory(published=True)
    record = RECORDS[DATED[kind]](figures=[doubtful | {"statement": statement}], in_review=True)
    client = entered(reviewer)
    data = typed_review(client.get(url(record, "approve"))) | {"message": "Masks."}

    refused = client.post(url(record, "approve"), data)

    assert "Say why it is published all the same." in refused.content.decode()
    assert state(record) == State.IN_REVIEW
    client.post(url(record, "approve"), data | {"because": "So the box says."})
    assert state(record) == State.PUBLISHED
    approver = Contributor.objects.get(public_id=record.public_id, role="approver")
    assert approver.reason == "So the box says."


def typed_review(response: Any) -> dict[str, Any]:
    return {
        "seen": [f"{one.record.pk}:{one.record.digest}" for one in response.context["compared"]]
    }


@EVERY_DATED_KIND
def test_a_correction_of_what_was_published_before_needs_the_reason(
    kind: str, editor: User
) -> None:
    record = RECORDS[DATED[kind]]()
    type(record.figures.get()).objects.update(value=5_000, lower=5_000, upper=5_000)
    record = published_before(record, editor)

    draft = publishing.begin_correction(record, by=editor, reason="A title.")

    with pytest.raises(ValidationError, match="the figure 5,000"):
        publishing.submit(draft, by=editor)


@pytest.mark.slow(sample=True)
@EVERY_DATED_KIND
def test_a_sound_record_requests_for_no_reason(kind: str, reviewer: User) -> None:
    record = RECORDS[DATED[kind]](in_review=True)

    page = entered(reviewer).get(url(record, "approve")).content.decode()

    assert 'name="because"' not in page
    publish(record)
    assert Contributor.objects.get(public_id=record.public_id, role="approver").reason == ""
    assert Statement.objects.filter(state=State.PUBLISHED).exists()
