"""Drafts from the rows of a spreadsheet: the shared builder reads the cells, and what they refer
to is looked up in the database, by id, by name or by address."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Prefetch

from aidapi.tables import SEPARATOR
from records.content import values
from records.content.builder import Builder, Entry, kind_of
from records.content.fields import ContentField
from records.content.values import did_you_mean
from records.curation.imports import as_written
from records.curation.imports.cells import question_of
from records.curation.imports.columns import (
    SOURCE,
    Cells,
    Column,
    code_called,
    columns_of,
    evidence_cells,
    rows_of,
)
from records.curation.imports.models import ImportRow, Verdict
from records.curation.imports.pairing import Place, pair
from records.curation.imports.sources import (
    HINT,
    Given,
    SourceEntry,
    own_source,
    page_at,
    source_fields,
)
from records.models import (
    CURRENT,
    EVIDENCE,
    ID_PATTERN,
    KINDS,
    MAX_FIGURES,
    DatedRecord,
    Item,
    Party,
    Record,
    StagedRecord,
    State,
    Statement,
    fold,
    plain,
)
from records.models.base import too_many
from records.models.figures import BOUNDED_BY_VALUE
from records.models.rules import check_rules
from records.query.codes import MOST, Names, meant, names_of

MOST_OPEN_DATES = 3
"""Dates of one record with two readings each that are tried together."""
MOST_SUGGESTIONS = 50
"""Unknown words of one slice that get a suggestion: each is compared with all known
words, which takes time."""
SEVERAL = re.compile(r"[,;/&\n]|\s+and\s+")
"""What people write between several values instead of a bar."""
ANOTHER_ROW = "Another row of the same record is refused"
PENDING_REASON = "To be given on import."


@dataclass
class RowGroup:
    """The rows of one record, the draft that they make, and what is wrong with them."""

    rows: list[ImportRow]
    columns: Mapping[str, Column]
    """The columns that a file of the kind may have."""
    present: set[str]
    """Names of the columns that this file has."""
    base: Any = None
    """The version that is in the database, if there is one."""
    draft: Any = None
    """The unsaved draft; None if the rows change nothing."""
    children: dict[str, list[Any]] = field(default_factory=dict)
    figure_rows: list[tuple[ImportRow, Place]] = field(default_factory=list)
    """The rows of figures, in the order of the figures that they make, each with its place among
    those of the version that is corrected."""
    faults: dict[int, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    """Line → [column, what is wrong and what would be right]."""
    changes: dict[int, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    """Line → [column, old, new]."""

    def fault(self, row: ImportRow, column: str, message: str) -> None:
        if [column, message] not in self.faults[row.number]:
            self.faults[row.number].append([column, message])

    def row_of(self, name: str) -> ImportRow:
        """Return the row that fills a column of the record itself, else the first."""
        return next((row for row in self.rows if name in row.cells), self.rows[0])

    @property
    def verdict(self) -> Verdict:
        if any(self.faults.values()):
            return Verdict.REFUSED
        if self.base is None:
            return Verdict.NEW
        return Verdict.CHANGED if self.draft is not None else Verdict.UNCHANGED

    def conclude(self) -> None:
        """Write the verdict into the rows."""
        first_wrong = next((row.number for row in self.rows if self.faults.get(row.number)), None)
        for row in self.rows:
            row.verdict, row.findings = self.verdict, self.changes.get(row.number, [])
            if row.verdict == Verdict.REFUSED:
                row.findings = self.faults.get(row.number) or [
                    ["record", f"{ANOTHER_ROW}: line {first_wrong}."]
                ]


class CellEntry(Entry):
    """Cells of a row as an entry of the builder. A cell that has what the corrected version has
    is left out, so that the version's own value stays."""

    def __init__(
        self,
        group: RowGroup,
        row: ImportRow,
        cells: Cells,
        shown: Sequence[Cells] = (),
        base: Any = None,
    ) -> None:
        super().__init__()
        self.group, self.row, self.cells, self.base = group, row, cells, base
        rows = group.rows if row is group.rows[0] else [row]
        self.unread = {column for one in rows for column, _ in one.faults}
        """Columns of cells that could not be read, which is reported already."""
        self.wrong |= self.unread
        self.shown = shown[0] if shown else {}
        """The cells of the version that is corrected."""
        self._shown_below = shown

    def __contains__(self, key: str) -> bool:
        return (key in self.group.present or key in self.cells) and (
            key not in self.shown or self.cells.get(key, "") != self.shown[key]
        )

    def fault(self, message: str, key: str = "") -> None:
        self.wrong.add(key)
        if key not in self.unread:
            column = self.group.columns.get(key)
            row = self.row if column is None or column.of_figure else self.group.row_of(key)
            self.group.fault(row, key if column else "", message)

    def text(self, key: str) -> str:
        text = self.cells.get(key, "") if key in self else ""
        column = self.group.columns[key]
        if column.free:
            return text.strip()
        return code_called(column, text)

    def value(self, key: str, read: Callable[[str], Any], default: Any = None) -> Any:
        def unambiguous(text: str) -> Any:
            as_written.refuse_either(text)
            return read(text)

        is_number = self.group.columns[key].is_number
        return super().value(key, unambiguous if is_number else read, default)

    def is_emptied(self, key: str) -> bool:
        return key in self.group.present and not self.cells.get(key)

    def words(self, key: str) -> list[str]:
        return split(self.cells.get(key, ""))

    def children(self, key: str, keys: Sequence[str]) -> Sequence[Any]:
        """Return an entry for each link or milestone of the cell, or for each row that has cells
        of a figure."""
        if key == "links":
            return [LinkEntry(self, text) for text in self.words(key)]
        if key == "milestones":
            known = self.base.ordered_milestones() if self.base else []
            return [MilestoneEntry(self, text, known) for text in self.words(key)]
        figures = self.base.ordered_figures() if self.base else []
        return [
            CellEntry(
                self.group,
                row,
                row.cells,
                self._shown_below[place.number :],
                figures[place.number],
            )
            if place.number is not None and place.is_same
            else CellEntry(self.group, row, row.cells)
            for row, place in self.group.figure_rows
        ]


class LinkEntry(Entry):
    """One link of a cell: “part_of don-7k3m9q2x”."""

    def __init__(self, entry: CellEntry, text: str) -> None:
        super().__init__()
        self.entry = entry
        link_type, _, target = text.partition(" ")
        self.texts = {"type": link_type, "id": target.strip()}

    def text(self, key: str) -> str:
        return self.texts[key]

    def fault(self, message: str, key: str = "") -> None:
        self.wrong.add(key)
        self.entry.fault(message, "links")

    def require(self, *keys: str) -> None:
        if not self.texts["id"]:
            self.fault("Write a type and an id, as “part_of don-7k3m9q2x”.", "id")


class MilestoneEntry(Entry):
    """One milestone of a cell: “delivered 2020-04-10 on st-7k3m9q2x “words of it””."""

    LINE = re.compile(
        r"(?P<stage>\S+)\s+(?P<date>\S+)\s+(?P<dated>on|by)\s+(?P<statement>\S+)"
        r"(?:\s+v(?P<statement_version>[1-9][0-9]{0,8}))?\s+[“\"](?P<quote>.+?)[”\"]"
        r"(?:\s+meaning\s+[“\"](?P<quote_translation>.+?)[”\"])?"
        r"(?:\s+because\s+[“\"](?P<quote_reason>.+)[”\"])?"
    )

    def __init__(self, entry: CellEntry, text: str, known: Sequence[Any]) -> None:
        """`known` are the milestones of the version that is corrected: a stage is reached once,
        so a line is of the one with its stage."""
        super().__init__()
        self.entry = entry
        found = self.LINE.fullmatch(text)
        self.cells: Cells = {}
        if found:
            self.cells = {name: part for name, part in found.groupdict().items() if part}
        else:
            self.fault(
                f"“{text[:60]}”: write stage, date, on or by, statement and quote, as “delivered "
                f"2020-04-10 on st-7k3m9q2x “words of it””."
            )
        stage = self.cells.get("stage")
        self.base = next((row for row in known if row.stage == stage), None)
        self.shown = evidence_cells(self.base) if self.base else {}

    def __contains__(self, key: str) -> bool:
        return key in self.cells

    def text(self, key: str) -> str:
        return self.cells.get(key, "")

    def is_emptied(self, key: str) -> bool:
        return False

    def fault(self, message: str, key: str = "") -> None:
        # What a line lacks is reported once, with the form that it should have.
        if "" not in self.wrong:
            self.entry.fault(message, "milestones")
        self.wrong.add(key)


class SheetBuilder(Builder):
    """Builds the drafts of some rows of a file, against what the database holds now."""

    def __init__(
        self,
        model: type[Record],
        present: Sequence[str],
        *,
        may_change: bool,
        sources: Given | None = None,
    ) -> None:
        """`sources` is what the file says about statements that are not entered; None if drafts
        of statements may not be made."""
        super().__init__()
        self.model: Any = model
        self.sources = sources
        self.new_statements: dict[str, Statement] = {}
        """Address → the draft of its statement."""
        self.columns = {column.name: column for column in columns_of(model)}
        self.present = set(present)
        self.fields = [
            column.field
            for column in self.columns.values()
            if column.field and not column.of_figure
        ]
        self.may_change = may_change
        self.suggestions: dict[tuple[str, str], str] = {}
        self._names: dict[Any, dict[str, set[str]]] = {}
        self._replacements: dict[Any, dict[str, tuple[str, str]]] = {}
        self._spoken: dict[Any, Names] = {}
        self._candidates: dict[tuple[Any, str], list[str]] = {}

    def build_all(self, rows: Iterable[Sequence[ImportRow]]) -> list[RowGroup]:
        """Return the groups of rows, each with its draft or its faults."""
        groups = [RowGroup(list(each), self.columns, self.present) for each in rows]
        self._fetch(groups)
        for group in groups:
            self._settle_dates(group)
            self._build(group)
        return groups

    # --- What the rows refer to, by few queries

    def _fetch(self, groups: Sequence[RowGroup]) -> None:
        rows = [row for group in groups for row in group.rows]
        ids = {row.record for row in rows if re.fullmatch(ID_PATTERN, row.record)}
        related: list[Any] = ["links"]
        if issubclass(self.model, DatedRecord):
            related.append("parties")
        related += [
            Prefetch(relation, model.child(relation).objects.select_related("statement"))
            for model, relation in EVIDENCE
            if model is self.model
        ]
        self.versions: dict[str, dict[int, Any]] = defaultdict(dict)
        versions = self.model.objects.filter(public_id__in=ids)
        self.latest = dict(
            versions.values_list("public_id").annotate(latest=Max("version")).order_by()
        )
        for record in versions.prefetch_related(*related):
            self.versions[record.public_id][record.version] = record
        self._fetch_targets(rows)
        if issubclass(self.model, DatedRecord):
            self._fetch_statements(rows)

    def _fetch_targets(self, rows: Sequence[ImportRow]) -> None:
        """Set the ids of the records that links name and that exist."""
        cells = " ".join(row.cells.get("links", "") for row in rows)
        ids = set(re.findall(ID_PATTERN, cells))
        self.targets = {
            public_id
            for model in (KINDS.values() if ids else ())
            for public_id in model.objects.filter(public_id__in=ids).values_list(
                "public_id", flat=True
            )
        }

    def _fetch_statements(self, rows: Sequence[ImportRow]) -> None:
        """Set the statements that rows cite: by id every version, by address (also in another
        spelling) or title the citable ones."""
        cited = {row.cells.get("statement", "") for row in rows}
        ids = {name for name in cited if re.fullmatch(ID_PATTERN, name)}
        for row in rows:
            ids |= set(re.findall(ID_PATTERN, row.cells.get("milestones", "")))
        by_url = Statement.objects.filter(url__in=cited - ids, state__in=CURRENT)
        self.urls: dict[str, set[str]] = defaultdict(set)
        for url, public_id in by_url.values_list("url", "public_id"):
            self.urls[url].add(public_id)
        titles: dict[str, list[str]] = defaultdict(list)
        for name in cited - ids - set(self.urls):
            titles[fold(name)].append(name)
        by_title = Statement.objects.filter(title_key__in=[*titles], state__in=CURRENT)
        for title, public_id in by_title.values_list("title_key", "public_id"):
            for name in titles[title]:
                self.urls[name].add(public_id)
        for name in cited - ids - set(self.urls):
            if page := page_at(name):
                self.urls[name] |= self._pages.get(page, set())
        ids |= {public_id for found in self.urls.values() for public_id in found}
        self.statements: dict[str, dict[int, Statement]] = defaultdict(dict)
        for statement in Statement.objects.filter(public_id__in=ids):
            self.statements[statement.public_id][statement.version] = statement

    # --- Dates with several readings

    def _settle_dates(self, group: RowGroup) -> None:
        """Take the reading of a date that is left where the rules that hold anyway refuse the
        others. A date that a reason would let pass stays a question."""
        asked = [
            (row, name, question.readings)
            for row in group.rows
            for name, _ in row.faults
            if (column := self.columns.get(name)) and column.is_date
            if (question := question_of(column, row.text(name)))
        ]
        for row in group.rows:
            row.resolved = {}
        if not 0 < len(asked) <= MOST_OPEN_DATES:
            return
        possible, why = [], ""
        for readings in product(*(readings for _, _, readings in asked)):
            taken = [
                (row, name, one.text) for (row, name, _), one in zip(asked, readings, strict=True)
            ]
            if problems := self._try_dates(group, taken):
                why = problems[0]
            else:
                possible.append(taken)
        if len(possible) != 1:
            return
        for row, name, text in possible[0]:
            take_date(row, name, text)
            row.resolved = row.resolved | {name: [text, why]}

    def _try_dates(
        self, group: RowGroup, taken: Sequence[tuple[ImportRow, str, str]]
    ) -> list[str]:
        """Return what is wrong with dates of a record, if they are read so."""
        copies = {row.number: copy(row) for row in group.rows}
        for row, name, text in taken:
            take_date(copies[row.number], name, text)
        tried = RowGroup([*copies.values()], self.columns, self.present)
        self._build(tried)
        if tried.draft is not None and not any(tried.faults.values()):
            self.obey(tried)
        return [
            message.partition(" Correct it, or say")[0]
            for faults in tried.faults.values()
            for name, message in faults
            if not name or (name in self.columns and self.columns[name].is_date)
        ]

    # --- One record

    def _build(self, group: RowGroup) -> None:
        for row in group.rows:
            group.faults[row.number] += row.faults
        if any(not column for row in group.rows for column, _ in row.faults):
            return
        own = self._own_cells(group)
        if not self._find_base(group):
            return
        record = self._start(group, own)
        shown = rows_of(group.base) if group.base else []
        self._pair(group, shown)
        if problem := too_many("figures", len(group.figure_rows), MAX_FIGURES):
            group.fault(group.rows[0], "record", "; ".join(problem.message_dict["figures"]))
            return
        entry = CellEntry(group, group.rows[0], own, shown, group.base)
        group.draft, group.children = record, self.build(entry, record, self.fields)
        if group.base is not None:
            self._compare(group, shown)

    def _pair(self, group: RowGroup, shown: Sequence[Cells]) -> None:
        """Find the figure of each row: a row that only changed its place is unchanged, and the
        figures keep their order, so that what cites one by its place still does."""
        rows = [
            row for row in group.rows if any(self.columns[name].of_figure for name in row.cells)
        ]
        count = len(group.base.ordered_figures()) if group.base and self.model.ROLES else 0
        if not count or len(rows) > MAX_FIGURES:
            group.figure_rows = [(row, Place(None, False)) for row in rows]
            return
        places = pair(
            [self._comparable(group, row.cells) for row in rows],
            [self._comparable(group, cells) for cells in shown[:count]],
        )
        found = sorted(zip(places, range(len(rows)), strict=True), key=last_if_new)
        group.figure_rows = [(rows[n], place) for place, n in found]

    def _comparable(self, group: RowGroup, cells: Cells) -> Cells:
        """Return the cells of a figure as they are compared with those of another: only of
        columns that the file has, names as codes."""
        found: Cells = {}
        for name, column in self.columns.items():
            text = cells.get(name, "").strip()
            if not column.of_figure or name not in group.present or not text:
                continue
            if name.startswith(SOURCE):
                continue
            if name == "item":
                codes = self._called(Item).get(fold(text), set())
                text = next(iter(codes)) if len(codes) == 1 else text
            elif name == "statement":
                ids = self.urls.get(text, set())
                text = next(iter(ids)) if len(ids) == 1 else text
            elif column.is_number and re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", text, re.ASCII):
                text = str(plain(Decimal(text)))
            elif column.free:
                text = fold(text)
            else:
                text = code_called(column, text)
            found[name] = text
        return found

    def _own_cells(self, group: RowGroup) -> Cells:
        """Return the cells of the record itself; rows that disagree are at fault."""
        own: Cells = {}
        said: dict[str, int] = {}
        for row in group.rows:
            for name, text in row.cells.items():
                if self.columns[name].of_figure:
                    continue
                if name in own and own[name] != text:
                    group.fault(row, name, f"Line {said[name]} says otherwise of the same "
                                           f"record.")  # fmt: skip
                own.setdefault(name, text)
                said.setdefault(name, row.number)
        return own

    def _find_base(self, group: RowGroup) -> bool:
        """Find the version that the rows correct; False if the rows cannot be read further."""
        row = group.rows[0]
        name, version = row.record, row.cells.get("version", "")
        if not re.fullmatch(ID_PATTERN, name):
            if version:
                group.fault(row, "version", "A new record has no version: leave it empty, or give "
                                            "the record's id.")  # fmt: skip
            return True
        if (kind := kind_of(name)) != self.model.KIND:
            group.fault(row, "record", f"This is the id of a {kind}, not of a {self.model.KIND}.")
            return False
        versions = self.versions.get(name)
        if not versions:
            group.fault(row, "record", f"There is no {self.model.KIND} {name}: a new one has no "
                                       f"id yet, give it any other label.")  # fmt: skip
            return False
        if version:
            try:
                group.base = versions.get(values.read_integer(version))
            except ValueError as error:
                group.fault(row, "version", str(error))
                return False
            if group.base is None:
                group.fault(row, "version", f"{name} has no version {version}; its latest is "
                                            f"{self.latest[name]}.")  # fmt: skip
                return False
        else:
            current = [one for one in versions.values() if one.is_open]
            current += [one for one in versions.values() if one.state == State.PUBLISHED]
            group.base = current[0] if current else versions[self.latest[name]]
        return True

    def _start(self, group: RowGroup, own: Cells) -> Any:
        """Return the draft before its cells are read: empty, or a copy of the version that it
        corrects."""
        base = group.base
        if base is None:
            return self.model(public_id=self.model.new_id())
        kept = {one.attname: getattr(base, one.attname) for one in base.content_fields()}
        record = self.model(
            public_id=base.public_id,
            version=self.latest[base.public_id] + 1,
            reason=own.get("reason", "").strip() or PENDING_REASON,
            **kept,
        )
        if isinstance(base, Statement):
            record.text = base.text
        return record

    # --- What the shared builder leaves to its source

    def find_code(self, entry: CellEntry, key: str, model: Any, name: str) -> str | None:
        """Return the code of the party or item that has this code or name."""
        codes = self._called(model).get(fold(name), set())
        if found := self._replaced(model).get(fold(name)):
            code, by = found
            if code in split(entry.shown.get(key, "")):
                # As in the version that is corrected.
                return code
            entry.fault(f"{code} is replaced by {by}: write {by}.", key)
            return None
        if len(codes) == 1:
            return next(iter(codes))
        if codes:
            message = f"“{name[:60]}” may be any of {', '.join(sorted(codes))}: give the code."
        else:
            parts = [part.strip() for part in SEVERAL.split(name) if part.strip()]
            hint = (
                f" Write several values as “{'|'.join(parts)[:80]}”."
                if len(parts) > 1 and all(fold(one) in self._called(model) for one in parts)
                else self._suggest(model, name)
            )
            message = f"No {model.KIND} is called “{name[:60]}”.{hint}"
        entry.fault(message, key)
        return None

    def check_target(self, entry: LinkEntry, target: str) -> bool:
        if target in self.targets:
            return True
        entry.fault(
            f"There is no record {target[:40]!r}: write a type and an id, as “part_of "
            f"don-7k3m9q2x”."
        )
        return False

    def find_statement(self, entry: CellEntry | MilestoneEntry, row: Any) -> None:
        """Set the version that the row names, by default the latest."""
        name = entry.cells.get("statement", "")
        version = entry.cells.get("statement_version", "")
        shown = entry.shown
        if (
            entry.base is not None
            and name == shown["statement"]
            and version in ("", shown["statement_version"])
        ):
            row.statement = entry.base.statement
            if isinstance(entry, MilestoneEntry) and entry.text("quote") == entry.base.quote:
                # Which of several places in the text was selected.
                row.offset, row.quote_found = entry.base.offset, entry.base.quote_found
            return
        if not name:
            entry.fault("It is empty: no number without a sentence.", "statement")
            return
        if not re.fullmatch(ID_PATTERN, name):
            ids = sorted(self.urls.get(name, ()))
            if not ids and self.sources is not None and page_at(name):
                self._set_new_source(entry, row, name)
                return
            if len(ids) != 1:
                hint = (
                    f"Several statements have it: {', '.join(ids[:5])}. Give the id."
                    if ids
                    else f"No statement has this id, address or title. Enter it first."
                    f"{self._suggest(Statement, name)}"
                )
                entry.fault(hint, "statement")
                return
            name = ids[0]
        versions = self.statements.get(name, {})
        if version:
            try:
                row.statement = versions[values.read_integer(version)]
            except (KeyError, ValueError):
                entry.fault(f"{name} has no version {version[:20]}: leave it empty for the "
                            f"latest.", "statement_version")  # fmt: skip
            return
        citable = [one for one in versions.values() if one.is_open or one.state == State.PUBLISHED]
        if citable:
            row.statement = max(citable, key=lambda one: one.version)
        elif versions:
            entry.fault(f"{name} was withdrawn: cite another", "statement")
        else:
            suggestion = self._suggest(Statement, name)
            entry.fault(f"{name} is no statement here.{suggestion}", "statement")

    def _set_new_source(self, entry: CellEntry | MilestoneEntry, row: Any, address: str) -> None:
        """Let a row cite the draft of a statement that the file describes. Each row that cites it
        is judged, and one draft is made."""
        page = page_at(address)
        said = (self.sources or {}).get(page, {})
        own = own_source(entry.cells)
        if not said and not own:
            entry.fault(HINT + self._suggest(Statement, address), "statement")
            return
        if isinstance(entry, MilestoneEntry):
            if page in self.new_statements:
                row.statement = self.new_statements[page]
            else:
                entry.fault("Only a figure can cite a source that is not entered.", "statement")
            return
        for name, text in own.items():
            if name in said and said[name] != text:
                entry.fault(f"Another row has “{said[name][:60]}” for the same address.", name)
        source = SourceEntry(entry, {**said, **own})
        statement = Statement(public_id=Statement.new_id(), url=address)
        statement.pk = next(self._numbers)
        self.fill(source, statement, source_fields())
        self.judge(source, statement)
        if not source.wrong:
            try:
                check_rules(statement)
            except ValidationError as error:
                self.report(source, error)
        if not source.wrong:
            row.statement = self.new_statements.setdefault(page, statement)

    def milestone_example(self, record: StagedRecord) -> str:
        return f"“{record.stage} 2020-04-10 on st-7k3m9q2x “words of it””"

    def check_figure(self, entry: CellEntry, figure: Any) -> None:
        """Report bounds that contradict the value, and a quote that the text on file does not
        hold: in a file that is a slip as a rule. One that an approver accepted may stay."""
        if figure.operator in BOUNDED_BY_VALUE and not entry.wrong:
            for bound in ("lower", "upper"):
                given = entry.cells.get(bound)
                if given and values.read_number(given) != getattr(figure, bound):
                    entry.fault(f"With “{figure.operator}” it follows from the value: leave it "
                                f"empty.", bound)  # fmt: skip
        self.check_quote(entry, figure)

    def check_quote(self, entry: CellEntry | MilestoneEntry, row: Any) -> None:
        if entry.wrong & {"statement", "statement_version"} or not row.statement_id:
            return
        row.locate_quote()
        old = entry.base
        accepted = old is not None and old.quote_found is False and old.quote == row.quote
        if row.quote_found is False and not accepted:
            entry.fault(
                f"These words do not occur in the text of {row.statement.public_id}: copy "
                f"them from it. Words that it lacks are entered on the record's own page.",
                "quote",
            )

    def is_entered(self, entry: CellEntry | MilestoneEntry, instance: Any) -> bool:
        """Whether it is new or changed: an unedited download is not entered again."""
        return entry.base is None or entry.base.content() != instance.content()

    def may_empty(self, entry: CellEntry, field: ContentField) -> bool:
        if field.required:
            entry.fault("It is empty, and it is required.", field.name)
        return not field.required

    def check_rules(self, instance: Any) -> None:
        """Nothing yet: a query for each row would be slow, and `obey` judges those that the
        database refuses."""

    def obey(self, group: RowGroup) -> None:
        """Judge by the named constraints of the database, one by one; each has its message."""
        rows = [row for row, _ in group.figure_rows]
        judged = [(group.rows[0], group.draft)]
        judged += zip(rows, group.children.get("figures", ()), strict=False)
        judged += [(group.rows[0], row) for row in group.children.get("milestones", ())]
        for row, instance in judged:
            try:
                check_rules(instance)
            except ValidationError as error:
                self.report(CellEntry(group, row, row.cells), error)

    def _called(self, model: Any) -> dict[str, set[str]]:
        """Return folded names of parties or items → their codes. A code is always that of its own
        row, even if another has it as a name."""
        if model not in self._names:
            names: dict[str, set[str]] = defaultdict(set)
            replaced = dict(self._replaced(model).values())
            rows = list(model.objects.values_list("code", "words_key"))
            for code, folded in rows:
                for called in folded.split("\n"):
                    names[called].add(replaced.get(code, code))
            names |= {fold(code): {code} for code, _ in rows if code not in replaced}
            self._names[model] = names
        return self._names[model]

    def _replaced(self, model: Any) -> dict[str, tuple[str, str]]:
        """Return folded codes of replaced parties or items → the code, and what replaces it."""
        if model not in self._replacements:
            pairs = model.replacements().items()
            self._replacements[model] = {fold(code): (code, by) for code, by in pairs}
        return self._replacements[model]

    def _suggest(self, model: Any, word: str) -> str:
        """Return a question that names what was probably meant."""
        key = (model.KIND, word)
        if key not in self.suggestions:
            if len(self.suggestions) >= MOST_SUGGESTIONS:
                return ""
            if model is Statement:
                self.suggestions[key] = did_you_mean(word, self._citable)
            else:
                offered = " or ".join(self._like(model, word)[:MOST])
                self.suggestions[key] = f" Did you mean {offered}?" if offered else ""
        return self.suggestions[key]

    def _like(self, model: Any, word: str) -> list[str]:
        """Return the codes that a word probably means, which is no name."""
        if model not in self._spoken:
            self._spoken[model] = names_of(model.KIND)
        return meant(word, self._spoken[model], model.KIND)

    @cached_property
    def _pages(self) -> dict[str, set[str]]:
        """Ids of the statements that a figure may cite, by their pages."""
        found: dict[str, set[str]] = defaultdict(set)
        rows = Statement.objects.filter(state__in=CURRENT)
        for public_id, url in rows.values_list("public_id", "url").iterator():
            found[page_at(url)].add(public_id)
        return found

    @cached_property
    def _citable(self) -> list[str]:
        """Ids and addresses of the statements that a figure may cite."""
        rows = Statement.objects.filter(state__in=CURRENT)
        return [name for pair in rows.values_list("public_id", "url") for name in pair]

    # --- What names mean, for the page

    @property
    def named(self) -> dict[str, Any]:
        """Return the columns that name parties or items → their model."""
        if not self.model.ROLES:
            return {}
        return {"item": Item, **dict.fromkeys(self.model.ROLES.values(), Party)}

    def code_of(self, model: Any, name: str) -> str:
        """Return the code that a name means; empty where it means none or several."""
        codes = self._called(model).get(fold(name), set())
        return next(iter(codes)) if len(codes) == 1 and not self.replacing(model, name) else ""

    def replacing(self, model: Any, name: str) -> str:
        """Return the code that replaces the one that is written; empty if none does."""
        return self._replaced(model).get(fold(name), ("", ""))[1]

    def candidates(self, model: Any, name: str) -> list[str]:
        """Return the codes that a name without a single meaning may have."""
        if by := self.replacing(model, name):
            return [by]
        key = (model, name)
        if key not in self._candidates:
            codes = sorted(self._called(model).get(fold(name), set()))
            if not codes and len(self._candidates) < MOST_SUGGESTIONS:
                codes = self._like(model, name)
            self._candidates[key] = codes[:MOST]
        return self._candidates[key]

    def look_up_statements(self, rows: Sequence[ImportRow]) -> None:
        """Find the statements that rows cite, for `statements_called`."""
        if self.model.ROLES:
            self._fetch_statements(rows)

    def statements_called(self, name: str) -> list[str]:
        """Return the ids of the statements with an id, address or title."""
        return [name] if name in self.statements else sorted(self.urls.get(name, ()))

    def new_source(self, address: str) -> str:
        """Return the title of the statement whose draft is made for an address; empty if none
        is."""
        return (self.sources or {}).get(page_at(address), {}).get(f"{SOURCE}title", "")

    # --- Comparison

    def _compare(self, group: RowGroup, shown: Sequence[Cells]) -> None:
        """Set the cells that would change; a draft that changes nothing is dropped."""
        if any(group.faults.values()):
            return
        base, first = group.base, group.rows[0]
        new = rows_of(group.draft)
        changes = group.changes
        own: list[list[str]] = []
        self._note(own, shown[0], new[0], of_figure=False)
        for change in own:
            changes[group.row_of(change[0]).number].append(change)
        nothing: Cells = {}
        kept: set[int | None] = set()
        for (row, place), now in zip(group.figure_rows, new, strict=False):
            kept.add(place.number)
            old = nothing if place.number is None else shown[place.number]
            self._note(changes[row.number], old, now, of_figure=True)
        for number, old in enumerate(shown if self.model.ROLES else ()):
            if number not in kept:
                label = f"figure {number + 1}: "
                self._note(changes[first.number], old, nothing, of_figure=True, label=label)
        if not any(group.changes.values()):
            group.draft, group.children = None, {}
            return
        self._may_correct(group, base)

    def _note(
        self, changes: list[list[str]], old: Cells, now: Cells, *, of_figure: bool, label: str = ""
    ) -> None:
        for name, column in self.columns.items():
            if column.of_figure != of_figure or name in ("record", "version", "reason"):
                continue
            if old.get(name, "") != now.get(name, ""):
                changes.append([label + name, old.get(name, ""), now.get(name, "")])

    def _may_correct(self, group: RowGroup, base: Any) -> None:
        """Check that the version is published and that nobody is working on it."""
        row, name = group.rows[0], base.public_id
        opened = [one for one in self.versions[name].values() if one.is_open]
        if not self.may_change:
            group.fault(row, "record", f"You may add {self.model.KIND}s, but not correct any.")
        elif opened:
            group.fault(row, "record", f"Somebody is already working on {name}: continue their "
                                       f"draft on its page, or discard it first.")  # fmt: skip
        elif base.state != State.PUBLISHED:
            latest = max(self.versions[name].values(), key=lambda one: one.version)
            problem = "was withdrawn: revert it on its page first"
            if latest.state == State.PUBLISHED:
                problem = f"has version {latest.version} by now: download it again and change that"
            group.fault(row, "version", f"{name} {problem}.")


def take_date(row: ImportRow, name: str, text: str) -> None:
    """Give a row a reading of a date that has several."""
    row.cells = row.cells | {name: text}
    row.faults = [fault for fault in row.faults if fault[0] != name]


def last_if_new(found: tuple[Place, int]) -> tuple[bool, int, int]:
    """Sort rows by the places of their figures, and new ones behind them as the file has them."""
    (number, _), row = found
    return number is None, number or 0, row


def split(text: str) -> list[str]:
    """Return the values of one cell."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def grouped(rows: Iterable[ImportRow]) -> Iterator[list[ImportRow]]:
    """Yield the rows of each record together, in the order of the file."""
    groups: dict[int, list[ImportRow]] = defaultdict(list)
    for row in rows:
        groups[row.first].append(row)
    yield from groups.values()
