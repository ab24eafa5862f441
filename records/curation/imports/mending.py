"""Cells that are mended on the page of an import: what each asks, the answers, and their check.
What was typed replaces the text of the file in the row; both are kept."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction

from aidapi.tables import joined
from records.curation.imports import batches
from records.curation.imports.as_written import Reading
from records.curation.imports.building import ANOTHER_ROW, SheetBuilder, split
from records.curation.imports.cells import is_text, question_of, reread
from records.curation.imports.columns import SOURCE, Column, code_called
from records.curation.imports.models import ImportBatch, ImportRow, ImportState, Verdict
from records.curation.imports.preview import Reader
from records.curation.imports.sources import page_at
from records.models import CURRENT, Statement, fold

MENDABLE = (ImportState.REFUSED, ImportState.READY)
NAMES_COLUMN = re.compile(r"`(\w+)`")
LINE = r"[0-9]{1,9}"
LONG = 60
"""Characters from which a cell is a field of several lines."""
OF_LINES = ("quote", "note", "text", "milestones", "source_summary")
"""Columns whose cells are fields of several lines, however short."""
EXAMPLES = 5
"""Cells that an answer for all names."""


class Sent(Protocol):
    """The fields of a sent form."""

    def get(self, name: str, default: str, /) -> str: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass
class Question:
    """What a cell asks: which reading is meant, or what a name in it means."""

    same: str
    """Equal for cells that one answer can be applied to."""
    readings: list[Reading]
    name: str = ""
    """The name that has no single meaning, where the cell may have others beside it."""
    part: int | None = None
    """Its place among them."""
    vocabulary: str = ""
    """What is searched for another answer: party, item or statement."""
    others: int = 0
    """Other cells of the file with the same question."""
    key: str = ""
    """End of the names of its fields on the page."""
    search: str = ""
    """The search box."""
    chosen: str = ""
    applied: bool = False

    def answered(self, text: str, answer: str) -> str:
        """Return the text of the cell with the answer in it."""
        if self.part is None:
            return answer
        parts = split(text)
        parts[self.part] = answer
        return joined(parts)


@dataclass
class OpenCell:
    """A cell that is corrected on the page."""

    column: Column | None
    name: str
    key: str
    text: str
    """What is written in it now."""
    typed: str
    was: str
    """Text in the file, where something else was typed."""
    messages: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return the codes that it takes, where it takes only those."""
        if self.column is None:
            return []
        if self.column.datatype == "boolean":
            return [("true", "yes"), ("false", "no")]
        choices = self.column.field.column.flatchoices if self.column.codes else ()  # type: ignore[union-attr]
        return [(code, f"{code}: {label}" if code != label else code) for code, label in choices]

    @property
    def is_reason(self) -> bool:
        return self.name.endswith("_reason")

    @property
    def is_repeated(self) -> bool:
        """Whether it may be filled in at another row that cites the same source."""
        return self.name.startswith(SOURCE) and not (self.typed or self.messages or self.was)

    @property
    def is_long(self) -> bool:
        return len(self.typed) > LONG or self.name in OF_LINES

    @property
    def is_known_choice(self) -> bool:
        return any(self.typed == code for code, _ in self.choices)


class Asker:
    """Finds what the cells of an import ask."""

    def __init__(self, batch: ImportBatch, builder: SheetBuilder, reader: Reader) -> None:
        self.batch, self.builder, self.reader = batch, builder, reader

    def questions(self, row: ImportRow, name: str, *, offer: bool = True) -> list[Question]:
        """Return what a cell asks. `offer`: with the codes that names may mean, which takes
        time."""
        column, text = self.builder.columns.get(name), row.text(name)
        if column is None or not text.strip() or not is_text(text):
            return []
        if found := question_of(
            column,
            text,
            given=row.cells,
            decimal_comma=self.batch.decimal_comma,
        ):
            same = f"{found.question} {name}" if column.is_date else found.question
            return [Question(same, found.readings)]
        if model := self.builder.named.get(name):
            return [
                self.about_name(model, part, n, offer=offer)
                for n, part in enumerate(split(text))
                if not self.builder.code_of(model, part)
            ]
        if name == "statement":
            ids = self.builder.statements_called(text)
            if len(ids) != 1:
                readings = [Reading(one, one, f"“{text}” is {one}") for one in ids]
                return [Question(f"statement {text}", readings, text, None, "statement")]
        if column.codes and code_called(column, text) not in column.codes:
            return [Question(f"code {name} {fold(text)}", [], text)]
        return []

    def about_name(self, model: Any, part: str, place: int, *, offer: bool) -> Question:
        readings = [
            Reading(code, self.reader.label(model, code), f"“{part}” is {code}")
            for code in (self.builder.candidates(model, part) if offer else ())
        ]
        return Question(f"{model.KIND} {fold(part)}", readings, part, place, model.KIND)

    def wrong_columns(self, row: ImportRow) -> dict[str, list[str]]:
        """Return the columns of a refused row that are to be mended, each with what is wrong; also
        those in which a reason would help."""
        found: dict[str, list[str]] = {}
        for name, message in row.findings if row.verdict == Verdict.REFUSED else ():
            if name and not message.startswith(ANOTHER_ROW):
                found.setdefault(name, []).append(message)
                for other in NAMES_COLUMN.findall(message):
                    if other in self.builder.columns:
                        found.setdefault(other, [])
        return found

    def refused(self) -> list[ImportRow]:
        return list(self.batch.lines.filter(verdict=Verdict.REFUSED).order_by("number"))

    def open_rows(self) -> list[ImportRow]:
        """Return the rows that are refused or not checked yet."""
        rows = self.batch.lines.filter(verdict__in=[Verdict.REFUSED, ""])
        return list(rows.order_by("number"))

    def count(self, rows: Iterable[ImportRow]) -> Counter[str]:
        """Return how many cells have each question."""
        return Counter(
            question.same
            for row in rows
            for name in self.wrong_columns(row)
            for question in self.questions(row, name, offer=False)
        )

    def open_cells(
        self, row: ImportRow, counts: Mapping[str, int], typed: Sent | None
    ) -> list[OpenCell]:
        """Return the cells of a row that are corrected on the page."""
        wrong = self.wrong_columns(row)
        if row.verdict == Verdict.REFUSED:
            wrong |= {name: [] for name in row.mended if name not in wrong}
        cells = []
        for name, messages in wrong.items():
            key, text = f"{row.number}-{name}", row.text(name)
            cell = OpenCell(self.builder.columns.get(name), name, key, text, text, "", messages)
            if name in row.mended:
                cell.was = row.original.get(name, "") or "(empty)"
            cell.questions = self.questions(row, name)
            for question in cell.questions:
                question.key = f"{key}-{question.part or 0}"
                question.others = counts.get(question.same, 1) - 1
            if typed is not None:
                cell.typed = typed.get(f"cell-{key}", text)
                for question in cell.questions:
                    question.chosen = typed.get(f"reading-{question.key}", "")
                    question.applied = f"all-{question.key}" in typed
            cells.append(cell)
        return cells


# --- Answers


@dataclass
class Changes:
    """What somebody typed on the page."""

    cells: dict[int, dict[str, str]] = field(default_factory=dict)
    """Line → column → text."""
    left_out: dict[int, bool] = field(default_factory=dict)
    """Line → whether its record is left out."""
    answers: list[str] = field(default_factory=list)
    """What was applied to several cells, in sentences."""

    def put(self, line: int, column: str, text: str) -> None:
        self.cells.setdefault(line, {})[column] = text

    def __bool__(self) -> bool:
        return bool(self.cells or self.left_out)


def read_changes(asker: Asker, data: Sent) -> Changes:
    """Return what a sent page changes. Where a cell was typed and a reading was chosen as well,
    what was typed counts."""
    changes = Changes()
    keys = [name.split("-", 2) for name in data if name.startswith("shown-")]
    lines = {int(key[1]) for key in keys if len(key) == 3 and re.fullmatch(LINE, key[1])}
    lines |= {
        int(name.rpartition("-")[2])
        for name in data
        if re.fullmatch(rf"(canout|new|newtext)-{LINE}", name)
    }
    rows = {row.number: row for row in asker.batch.lines.filter(number__in=lines)}
    asker.builder.look_up_statements([*rows.values()])
    for_all: dict[str, tuple[Reading, int, str]] = {}
    for _, number, name in (key for key in keys if len(key) == 3 and re.fullmatch(LINE, key[1])):
        row = rows.get(int(number))
        if row is None:
            continue
        key = f"{number}-{name}"
        shown = data.get(f"shown-{key}", "")
        typed = data.get(f"cell-{key}", shown)
        asked = asker.questions(row, name) if row.text(name) == lines_of(shown) else []
        text = typed
        for question in asked:
            end = f"{key}-{question.part or 0}"
            answer = answer_of(question, data, end, typed if typed != shown else "")
            if not answer:
                continue
            if typed == shown:
                text = question.answered(text, answer.text)
            if f"all-{end}" in data:
                for_all[question.same] = (answer, row.number, name)
        if lines_of(text) != lines_of(shown):
            changes.put(row.number, name, lines_of(text))
    homeless = []
    for line, row in rows.items():
        column, text = data.get(f"new-{line}", ""), data.get(f"newtext-{line}", "")
        if column in asker.builder.columns:
            changes.put(line, column, lines_of(text))
        elif text:
            homeless.append(f"Line {line}: choose the column in which “{text[:40]}” belongs.")
        if (out := f"out-{line}" in data) != row.left_out and f"canout-{line}" in data:
            changes.left_out[line] = out
    if homeless:
        raise ValidationError(homeless)
    if for_all:
        apply_to_all(asker, for_all, changes)
    return changes


def lines_of(text: str) -> str:
    """Return a text with the line breaks that cells have; forms send others."""
    return text.replace("\r\n", "\n")


def answer_of(question: Question, data: Sent, key: str, typed: str) -> Reading | None:
    """Return the answer to a question: a reading that was chosen, another code that was looked
    up, or one that was typed."""
    by_text = {one.text: one for one in question.readings}
    if typed:
        if question.part is None:
            return by_text.get(typed) or rule_of(question, typed)
        return None
    if found := data.get(f"search-{key}", ""):
        if question.vocabulary == "statement":
            known = Statement.objects.filter(state__in=CURRENT)
            found = (
                known.filter(pk=int(found)).values_list("public_id", flat=True).first() or ""
                if re.fullmatch(r"[0-9]{1,18}", found)
                else ""
            )
        return rule_of(question, found) if found else None
    return by_text.get(data.get(f"reading-{key}", ""))


def rule_of(question: Question, text: str) -> Reading | None:
    """Return an answer that is none of the readings, for all cells with this name."""
    return Reading(text, text, f"“{question.name}” is {text}") if question.name else None


def apply_to_all(
    asker: Asker, for_all: Mapping[str, tuple[Reading, int, str]], changes: Changes
) -> None:
    """Give the cells with the same question the same answer, and say so."""
    given: dict[str, list[str]] = {same: [] for same in for_all}
    rows = asker.open_rows()
    asker.builder.look_up_statements(rows)
    for row in rows:
        for name in asker.wrong_columns(row) if row.verdict else asker.builder.columns:
            before = row.text(name)
            text = changes.cells.get(row.number, {}).get(name, before)
            for question in asker.questions(row, name, offer=False):
                if question.same not in for_all:
                    continue
                answer, line, column = for_all[question.same]
                ruled = [one for one in question.readings if one.rule == answer.rule]
                meant = ruled[0].text if ruled else answer.text if question.name else ""
                is_own = (row.number, name) == (line, column)
                own = row.number in changes.cells and name in changes.cells[row.number]
                if not meant or (own and not is_own and question.part is None):
                    continue
                given[question.same].append(before)
                if not is_own:
                    text = question.answered(text, meant)
            if text != before:
                changes.put(row.number, name, text)
    for same, texts in given.items():
        answer, _, column = for_all[same]
        where = f"of “{column}”" if same.startswith("date") else "of the file"
        examples = ", ".join(dict.fromkeys(texts[:EXAMPLES])) + (
            " …" if len(texts) > EXAMPLES else ""
        )
        changes.answers.append(
            f"Applied to {len(texts)} cells {where}: {answer.rule} ({examples})."
        )


def mend(batch: ImportBatch, changes: Changes, *, by: Any) -> int:
    """Replace cells by what was typed; their records are to be checked again, and only those.
    Return how many cells."""
    if by != batch.by:
        raise ValidationError("Only who sent the file mends it: send it yourself.")
    with transaction.atomic():
        now = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if now.state not in MENDABLE:
            raise ValidationError(f"This import is {now.get_state_display()}.")
        columns = batches.builder_for(now).columns
        touched = {*changes.cells, *changes.left_out}
        mended = {row.number: row for row in now.lines.filter(number__in=touched)}
        again = {(row.first, row.record) for row in mended.values()}
        count = 0
        for number, cells in changes.cells.items():
            if row := mended.get(number):
                count += put(row, cells, columns, decimal_comma=now.decimal_comma)
        if any({"record", "version"} & set(cells) for cells in changes.cells.values()):
            again |= regroup(now, mended)
        again |= {(row.first, row.record) for row in mended.values()}
        ImportRow.objects.bulk_update(
            mended.values(), ["record", "first", "cells", "faults", "original", "mended"]
        )
        firsts = {first for first, _ in again}
        for number, out in changes.left_out.items():
            if row := mended.get(number):
                now.lines.filter(first=row.first).update(left_out=out)
        to_check = now.lines.filter(first__in=firsts) | now.lines.filter(
            record__in={record for _, record in again} - {""}
        )
        about = ("statement", *(name for name in columns if name.startswith(SOURCE)))
        sources = {
            page
            for number, cells in changes.cells.items()
            if number in mended and set(about) & set(cells)
            if (page := page_at(mended[number].cells.get("statement", "")))
        }
        if sources:
            # What a row says about a source holds for all that cite it.
            cited = now.lines.values_list("cells__statement", flat=True).order_by().distinct()
            alike = [text for text in cited if text and page_at(text) in sources]
            to_check |= now.lines.filter(cells__statement__in=alike)
        firsts |= set(to_check.values_list("first", flat=True))
        to_check = now.lines.filter(first__in=firsts)
        to_check.update(verdict="", findings=[], resolved={})
        now.lines.filter(left_out=True).update(verdict=Verdict.LEFT_OUT)
        now.checked = now.lines.exclude(verdict="").count()
        now.answers = [*now.answers, *changes.answers]
        now.state, now.is_mended = ImportState.CHECKING, True
        now.save(update_fields=["checked", "answers", "state", "is_mended"])
    batch.refresh_from_db()
    return count


def put(
    row: ImportRow, typed: Mapping[str, str], columns: Mapping[str, Column], *, decimal_comma: bool
) -> int:
    """Put what was typed into a row, and read it. Return how many cells differ."""
    cells = row.cells | ({"record": row.record} if row.record else {})
    count = 0
    for name, text in typed.items():
        if text == row.text(name):
            continue
        count += 1
        was = row.original.get(name, cells.get(name, ""))
        if name not in row.original and name in cells:
            row.original[name] = was
        row.mended[name] = text if is_text(text) else "\ufffd"
        if text == was and row.original.get(name):
            del row.mended[name]
    # What was taken for a note is a row, once its cells are filled in.
    faults = [fault for fault in row.faults if fault[0] or not any(typed.values())]
    again = [*faults, *([name, ""] for name in typed if name not in row.mended)]
    row.cells, row.faults, row.original = reread(
        columns, cells, again, row.original, row.mended, decimal_comma=decimal_comma
    )
    batches.take_label(row)
    return count


def regroup(batch: ImportBatch, mended: Mapping[int, ImportRow]) -> set[tuple[int, str]]:
    """Set anew which rows are one record; return the records that lose or gain rows."""
    rows = [mended.get(row.number, row) for row in batch.lines.order_by("number")]
    before = {row.number: (row.first, row.record) for row in rows}
    batches.set_firsts(rows)
    moved = [row for row in rows if before[row.number][0] != row.first]
    ImportRow.objects.bulk_update([row for row in moved if row.number not in mended], ["first"])
    return {before[row.number] for row in moved} | {(row.first, row.record) for row in moved}


def sentence(count: int, out: int) -> str:
    """Return what was done, for the page."""
    parts = [f"{count} cell{'s' * (count != 1)} mended"] if count else []
    if out:
        parts.append(f"{out} record{'s' * (out != 1)} left out or taken in again")
    return " and ".join(parts)
