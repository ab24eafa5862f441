"""From rows to drafts: every cell is read and judged, and records are built as unsaved instances
of their models, whose own rules judge them as they judge a form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, zip_longest
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Prefetch

from aidapi.tables import SEPARATOR
from records.curation.imports.columns import (
    Cells,
    Column,
    columns_of,
    rows_of,
)
from records.curation.imports.models import ImportRow, Verdict
from records.dataset_files import layout
from records.dataset_files.building import obey_rules, seem_fetched
from records.dataset_files.history import kind_of
from records.models import (
    ID_PATTERN,
    KINDS,
    OPEN,
    DatedRecord,
    Item,
    Party,
    Record,
    State,
    Statement,
    fold,
)
from records.models.figures import BOUNDED_BY_VALUE

MOST_SUGGESTIONS = 50
"""Unknown words of one slice that are compared with all known ones: it takes time."""
PENDING_REASON = "To be given on import."


@dataclass
class Found:
    """The rows of one record, and what was found in them."""

    rows: list[ImportRow]
    base: Any = None
    """The version that is in the database, if there is one."""
    draft: Any = None
    """What the rows say, unsaved; None if they say nothing new."""
    children: dict[str, list[Any]] = field(default_factory=dict)
    faults: dict[int, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    """Line → [column, what is wrong and what would be right]."""
    changes: dict[int, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    """Line → [column, old, new]."""

    def fault(self, row: ImportRow, column: str, message: str) -> None:
        if [column, message] not in self.faults[row.number]:
            self.faults[row.number].append([column, message])

    @property
    def verdict(self) -> Verdict:
        if any(self.faults.values()):
            return Verdict.REFUSED
        if self.base is None:
            return Verdict.NEW
        return Verdict.CHANGED if self.draft is not None else Verdict.UNCHANGED

    def conclude(self) -> None:
        """Write into the rows what was found."""
        first_wrong = next((row.number for row in self.rows if self.faults.get(row.number)), None)
        for row in self.rows:
            row.verdict, row.told = self.verdict, self.changes.get(row.number, [])
            if row.verdict == Verdict.REFUSED:
                row.told = self.faults.get(row.number) or [
                    ["record", f"Another row of the same record is refused: line {first_wrong}."]
                ]


class Builder:
    """Builds the drafts of some rows of a file, against what the database holds now."""

    def __init__(self, model: type[Record], present: Sequence[str], *, may_change: bool) -> None:
        self.model: Any = model
        self.columns = {column.name: column for column in columns_of(model)}
        self.present = [self.columns[name] for name in present]
        self.may_change = may_change
        self.suggested = 0
        self.suggestions: dict[tuple[str, str], str] = {}
        self._names: dict[Any, dict[str, set[str]]] = {}
        # Unsaved rows are numbered, below all real keys, so that the models can sort them.
        self._numbers = count(-1, -1)

    def build(self, groups: Iterable[Sequence[ImportRow]]) -> list[Found]:
        """What is found in the rows of each record."""
        found = [Found(list(rows)) for rows in groups]
        self._fetch(found)
        for one in found:
            self._build(one)
        return found

    # --- What the rows refer to, by few queries

    def _fetch(self, found: Sequence[Found]) -> None:
        rows = [row for one in found for row in one.rows]
        ids = {row.record for row in rows if re.fullmatch(ID_PATTERN, row.record)}
        related: list[Any] = ["links"]
        if issubclass(self.model, DatedRecord):
            related += ["parties", Prefetch("figures", self.model.child("figures").objects
                                            .select_related("statement"))]  # fmt: skip
        self.versions: dict[str, dict[int, Any]] = defaultdict(dict)
        versions = self.model.objects.filter(public_id__in=ids)
        self.newest = dict(
            versions.values_list("public_id").annotate(newest=Max("version")).order_by()
        )
        for record in versions.prefetch_related(*related):
            self.versions[record.public_id][record.version] = record
        self._fetch_targets(rows)
        if issubclass(self.model, DatedRecord):
            self._fetch_statements(rows)

    def _fetch_targets(self, rows: Sequence[ImportRow]) -> None:
        """Which of the records that links name are there."""
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
        """The statements that rows cite: by id every version, by address the citable ones."""
        cited = {row.cells.get("statement", "") for row in rows}
        ids = {name for name in cited if re.fullmatch(ID_PATTERN, name)}
        by_url = Statement.objects.filter(url__in=cited - ids, state__in=[State.PUBLISHED, *OPEN])
        self.urls: dict[str, set[str]] = defaultdict(set)
        for url, public_id in by_url.values_list("url", "public_id"):
            self.urls[url].add(public_id)
        ids |= {public_id for found in self.urls.values() for public_id in found}
        self.statements: dict[str, dict[int, Statement]] = defaultdict(dict)
        for statement in Statement.objects.filter(public_id__in=ids):
            self.statements[statement.public_id][statement.version] = statement

    # --- One record

    def _build(self, found: Found) -> None:
        for row in found.rows:
            found.faults[row.number] += row.faults
        own = self._own_cells(found)
        if not self._find_base(found):
            return
        record = self._start(found)
        shown = rows_of(found.base) if found.base else [{}]
        wrong = self._fill(found, found.rows[0], record, own, shown[0], of_figure=False)
        children = {"links": self._links(found, record, own, shown[0])}
        if issubclass(self.model, DatedRecord):
            children["parties"] = self._parties(found, record, own, shown[0])
            children["figures"] = self._figures(found, record, shown)
        seem_fetched(record, children)
        self._judge(found, found.rows[0], record, wrong)
        self._judge_whole(found, record, children)
        found.draft, found.children = record, children
        if found.base is not None:
            self._compare(found, shown)

    def _own_cells(self, found: Found) -> Cells:
        """The cells of the record itself: of its rows, those that say something agree."""
        own: Cells = {}
        said: dict[str, int] = {}
        for row in found.rows:
            for name, text in row.cells.items():
                if self.columns[name].of_figure:
                    continue
                if name in own and own[name] != text:
                    found.fault(row, name, f"Line {said[name]} says otherwise of the same "
                                           f"record.")  # fmt: skip
                own.setdefault(name, text)
                said.setdefault(name, row.number)
        return own

    def _find_base(self, found: Found) -> bool:
        """Find the version that the rows correct; False if there is no use in reading on."""
        row = found.rows[0]
        name, version = row.record, row.cells.get("version", "")
        if not re.fullmatch(ID_PATTERN, name):
            if version:
                found.fault(row, "version", "A new record has no version: leave it empty, or give "
                                            "the record's id.")  # fmt: skip
            return True
        if (kind := kind_of(name)) != self.model.KIND:
            found.fault(row, "record", f"This is the id of a {kind}, not of a {self.model.KIND}.")
            return False
        versions = self.versions.get(name)
        if not versions:
            found.fault(row, "record", f"There is no {self.model.KIND} {name}: a new one has no "
                                       f"id yet, give it any other label.")  # fmt: skip
            return False
        if version:
            try:
                found.base = versions.get(layout.read_integer(version))
            except ValueError as error:
                found.fault(row, "version", str(error))
                return False
            if found.base is None:
                found.fault(row, "version", f"{name} has no version {version}; its newest is "
                                            f"{self.newest[name]}.")  # fmt: skip
                return False
        else:
            current = [one for one in versions.values() if one.is_open]
            current += [one for one in versions.values() if one.state == State.PUBLISHED]
            found.base = current[0] if current else versions[self.newest[name]]
        return True

    def _start(self, found: Found) -> Any:
        """The draft before its cells are read: empty, or as the version that it corrects."""
        base = found.base
        if base is None:
            record = self.model(public_id=self.model.new_id())
        else:
            kept = {one.attname: getattr(base, one.attname) for one in base.content_fields()}
            record = self.model(
                public_id=base.public_id,
                version=self.newest[base.public_id] + 1,
                reason=found.rows[0].cells.get("reason", "").strip() or PENDING_REASON,
                **kept,
            )
            if isinstance(base, Statement):
                record.text = base.text
        record.pk = next(self._numbers)
        return record

    def _fill(
        self,
        found: Found,
        row: ImportRow,
        instance: Any,
        cells: Cells,
        shown: Cells,
        *,
        of_figure: bool,
    ) -> set[str]:
        """Read cells into the columns of the same names, but for those that say what stands
        there already; the names of those at fault."""
        wrong = set()
        for column in self.present:
            name, model_field = column.name, column.field
            if column.of_figure != of_figure or model_field is None:
                continue
            text = cells.get(name, "")
            if name in shown and text == shown[name]:
                continue
            if not text:
                if column.required:
                    found.fault(row, name, "It is empty, and it is required.")
                    wrong.add(name)
                else:
                    self._empty(instance, column)
                continue
            try:
                self._read(instance, column, text)
            except ValueError as error:
                found.fault(row, name, str(error))
                wrong.add(name)
        return wrong

    def _empty(self, instance: Any, column: Column) -> None:
        setattr(instance, column.field.attname, column.field.get_default())

    def _read(self, instance: Any, column: Column, text: str) -> None:
        model_field = column.field
        precision = layout.precision_of(type(instance), model_field)
        if column.many:
            setattr(instance, column.name, split(text))
        elif column.codes:
            code = text if text in column.codes else fold(text).replace(" ", "_")
            setattr(instance, column.name, layout.choice(column.codes)(code))
        elif precision:
            day, known = layout.read_date(text)
            setattr(instance, column.name, day)
            setattr(instance, precision, known.value)
        elif column.datatype == "boolean":
            setattr(instance, column.name, layout.read_boolean(text.lower()))
        elif column.datatype == "decimal":
            setattr(instance, column.name, read_number(text))
        else:
            value = text.strip() if column.free else text
            setattr(instance, model_field.attname, layout.reader(model_field)(value))

    # --- Its children

    def _copied(self, rows: Iterable[Any], names: Iterable[str]) -> list[Any]:
        """Rows of the version that is corrected, as new ones."""
        copies = []
        for row in rows:
            copy = type(row)(**{name: getattr(row, name) for name in names})
            copy.pk = next(self._numbers)
            copies.append(copy)
        return copies

    def _kept(self, found: Found, column: str, own: Cells, shown: Cells) -> bool:
        """Whether what stands in the database stays, since the file says nothing else."""
        present = any(one.name == column for one in self.present)
        return found.base is not None and (
            not present or own.get(column, "") == shown.get(column, "")
        )

    def _links(self, found: Found, record: Any, own: Cells, shown: Cells) -> list[Any]:
        if self._kept(found, "links", own, shown):
            return self._copied(found.base.links.all(), ("type", "target"))
        row_model, row = record.child("links"), found.rows[0]
        types = [code for code, _ in row_model._meta.get_field("type").choices]
        links: list[Any] = []
        for text in split(own.get("links", "")):
            kind, _, target = text.partition(" ")
            try:
                layout.choice(types)(kind)
            except ValueError as error:
                found.fault(row, "links", str(error))
                continue
            target = target.strip()
            if target not in self.targets:
                found.fault(row, "links", f"There is no record {target[:40]!r}: write a type and "
                                          f"an id, as “part_of don-7k3m9q2x”.")  # fmt: skip
            elif any((link.type, link.target) == (kind, target) for link in links):
                found.fault(row, "links", f"{text} stands there twice.")
            else:
                links.append(row_model(type=kind, target=target, pk=next(self._numbers)))
        return links

    def _parties(self, found: Found, record: Any, own: Cells, shown: Cells) -> list[Any]:
        row_model = record.child("parties")
        rows: list[Any] = []
        for role, plural in record.ROLES.items():
            if self._kept(found, plural, own, shown):
                kept = found.base.parties_by_role[role]
                rows += self._copied(kept, ("role", "party_id", "position"))
                continue
            codes: list[str] = []
            for name in split(own.get(plural, "")):
                code = self._code(found, found.rows[0], plural, Party, name)
                if code and code in codes:
                    found.fault(found.rows[0], plural, f"{code} stands there twice.")
                elif code:
                    codes.append(code)
            rows += [
                row_model(role=role, party_id=code, position=n, pk=next(self._numbers))
                for n, code in enumerate(codes)
            ]
        return rows

    def _figures(self, found: Found, record: Any, shown: Sequence[Cells]) -> list[Any]:
        """A figure for each row that has cells of one. Those of the version that is corrected
        are told by their order."""
        model = record.child("figures")
        before = found.base.ordered_figures() if found.base else []
        rows = [row for row in found.rows
                if any(self.columns[name].of_figure for name in row.cells)]  # fmt: skip
        figures = []
        for position, (row, old) in enumerate(zip_longest(rows, before)):
            if row is None:
                break
            figure = model(position=position, pk=next(self._numbers))
            stood: Cells = {}
            if old is not None:
                stood = shown[position]
                for field in model.content_fields():
                    setattr(figure, field.attname, getattr(old, field.attname))
                figure.statement = old.statement
            wrong = self._fill(found, row, figure, row.cells, stood, of_figure=True)
            self._item(found, row, figure, stood)
            if not self._evidence(found, row, figure, stood):
                wrong.add("statement")
            figure.judged = self._judge_figure(found, row, figure, wrong)
            if "statement" not in wrong:
                self._judge_quote(found, row, figure, old)
            figures.append(figure)
        return figures

    def _item(self, found: Found, row: ImportRow, figure: Any, stood: Cells) -> None:
        if not any(column.name == "item" for column in self.present):
            return
        name = row.cells.get("item", "")
        if name != stood.get("item", ""):
            figure.item_id = self._code(found, row, "item", Item, name) if name else None

    def _evidence(self, found: Found, row: ImportRow, figure: Any, stood: Cells) -> bool:
        """Pin the statement's version that the row names, by default the newest; whether it is
        there."""
        name = row.cells.get("statement", "")
        version = row.cells.get("statement_version", "")
        if stood and name == stood["statement"] and version in ("", stood["statement_version"]):
            return True
        if not name:
            found.fault(row, "statement", "It is empty: no number without a sentence.")
            return False
        if not re.fullmatch(ID_PATTERN, name):
            ids = sorted(self.urls.get(name, ()))
            if len(ids) != 1:
                hint = (f"Several statements were read there: {', '.join(ids[:5])}. Give the "
                        f"id." if ids else f"No statement has this id or address. Enter it first."
                        f"{self._suggest(Statement, name)}")  # fmt: skip
                found.fault(row, "statement", hint)
                return False
            name = ids[0]
        versions = self.statements.get(name, {})
        if version:
            return self._pin(found, row, figure, name, versions, version)
        citable = [one for one in versions.values() if one.is_open or one.state == State.PUBLISHED]
        if not citable:
            told = "was withdrawn: cite another" if versions else "is no statement here."
            suggestion = "" if versions else self._suggest(Statement, name)
            found.fault(row, "statement", f"{name} {told}{suggestion}")
            return False
        figure.statement = max(citable, key=lambda one: one.version)
        return True

    def _pin(
        self,
        found: Found,
        row: ImportRow,
        figure: Any,
        name: str,
        versions: dict[int, Statement],
        version: str,
    ) -> bool:
        try:
            figure.statement = versions[layout.read_integer(version)]
        except (KeyError, ValueError):
            found.fault(row, "statement_version", f"{name} has no version {version[:20]}: leave "
                                                  f"it empty for the newest.")  # fmt: skip
            return False
        return True

    # --- Words that stand for terms

    def _code(
        self, found: Found, row: ImportRow, column: str, model: Any, name: str
    ) -> str | None:
        """The code of a party or item that is called so; what is wrong is noted."""
        codes = self._called(model).get(fold(name), set())
        if len(codes) == 1:
            return next(iter(codes))
        if codes:
            message = f"“{name[:60]}” may be any of {', '.join(sorted(codes))}: give the code."
        else:
            message = f"No {model.KIND} is called “{name[:60]}”.{self._suggest(model, name)}"
        found.fault(row, column, message)
        return None

    def _called(self, model: Any) -> dict[str, set[str]]:
        """Everything that parties or items are called, folded → their codes. A code stands for
        its own term, whatever others are called."""
        if model not in self._names:
            names: dict[str, set[str]] = defaultdict(set)
            terms = list(model.objects.values_list("code", "words_key"))
            for code, folded in terms:
                for called in folded.split("\n"):
                    names[called].add(code)
            names |= {fold(code): {code} for code, _ in terms}
            self._names[model] = names
        return self._names[model]

    def _suggest(self, model: Any, word: str) -> str:
        """A question that names the term or statement that was probably meant."""
        key = (model.KIND, word)
        if key not in self.suggestions:
            self.suggested += 1
            if self.suggested > MOST_SUGGESTIONS or len(word) > 100:
                return ""
            if model is Statement:
                known: Any = self._citable()
                meant = layout.nearest(word, known)
            else:
                meant = layout.nearest(fold(word), self._called(model))
                name = meant.removeprefix(" Did you mean ").removesuffix("?")
                codes = self._called(model).get(name, set())
                meant = f" Did you mean {' or '.join(sorted(codes))}?" if codes else ""
            self.suggestions[key] = meant
        return self.suggestions[key]

    def _citable(self) -> list[str]:
        if Statement not in self._names:
            rows = Statement.objects.filter(state__in=[State.PUBLISHED, *OPEN])
            pairs = rows.values_list("public_id", "url")
            self._names[Statement] = {name: set() for pair in pairs for name in pair}
        return list(self._names[Statement])

    # --- Judgement

    def _judge(self, found: Found, row: ImportRow, instance: Any, wrong: set[str]) -> bool:
        """The model's own judgement of every column."""
        try:
            instance.clean_fields(exclude={"record", "statement", "item", *wrong})
        except ValidationError as error:
            self._told(found, row, error)
            return False
        return not wrong

    def _judge_figure(self, found: Found, row: ImportRow, figure: Any, wrong: set[str]) -> bool:
        sound = self._judge(found, row, figure, wrong)
        for bound in ("lower", "upper") if sound and figure.operator in BOUNDED_BY_VALUE else ():
            given = row.cells.get(bound)
            if given and read_number(given) != getattr(figure, bound):
                found.fault(row, bound, f"With “{figure.operator}” it follows from the value: "
                                        f"leave it empty.")  # fmt: skip
        if "statement" not in wrong:
            try:
                figure.clean()
            except ValidationError as error:
                self._told(found, row, error)
                return False
        return sound

    def _judge_quote(self, found: Found, row: ImportRow, figure: Any, old: Any) -> None:
        """Words that a text on file does not hold are a slip in a file as a rule. Those that an
        approver accepted once may stay."""
        figure.locate_quote()
        accepted = old is not None and old.quote_found is False and old.quote == figure.quote
        if figure.quote_found is False and not accepted:
            found.fault(row, "quote", f"These words do not occur in the text of "
                                      f"{figure.statement.public_id}: copy them from it. Words "
                                      f"that it lacks are entered on the record's own "
                                      f"page.")  # fmt: skip

    def _judge_whole(self, found: Found, record: Any, children: dict[str, list[Any]]) -> None:
        """What stands in the way of publication that no single row can tell."""
        if not all(figure.judged for figure in children.get("figures", ())):
            return
        for problem in record.problems():
            self._told(found, found.rows[0], problem)

    def obey(self, found: Found) -> None:
        """Judge by the named constraints of the database, one by one; each has its words."""
        rows = [row for row in found.rows
                if any(self.columns[name].of_figure for name in row.cells)]  # fmt: skip
        judged = [(found.rows[0], found.draft)]
        judged += zip(rows, found.children.get("figures", ()), strict=False)
        for row, instance in judged:
            try:
                obey_rules(instance)
            except ValidationError as error:
                self._told(found, row, error)

    def _told(self, found: Found, row: ImportRow, error: ValidationError) -> None:
        messages = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, sentences in messages.items():
            known = name if name in self.columns else ""
            for sentence in sentences:
                found.fault(row, known, sentence)

    # --- Comparison

    def _compare(self, found: Found, shown: Sequence[Cells]) -> None:
        """Note each cell that would change; a draft that changes nothing is none."""
        if any(found.faults.values()):
            return
        base, first = found.base, found.rows[0]
        rows = [row for row in found.rows
                if any(self.columns[name].of_figure for name in row.cells)] or [first]  # fmt: skip
        new = rows_of(found.draft)
        nothing: Cells = {}
        for n, (old_cells, new_cells) in enumerate(zip_longest(shown, new, fillvalue=nothing)):
            for name in self.columns:
                if name in ("record", "version", "reason"):
                    continue
                old, now = old_cells.get(name, ""), new_cells.get(name, "")
                if old != now:
                    at = rows[n] if self.columns[name].of_figure and n < len(rows) else first
                    label = name if n < len(rows) else f"figure {n + 1}: {name}"
                    found.changes[at.number].append([label, old, now])
        if not any(found.changes.values()):
            found.draft, found.children = None, {}
            return
        self._may_correct(found, base)

    def _may_correct(self, found: Found, base: Any) -> None:
        """Only a published version that nobody is working on is corrected."""
        row, name = found.rows[0], base.public_id
        opened = [one for one in self.versions[name].values() if one.is_open]
        if not self.may_change:
            found.fault(row, "record", f"You may add {self.model.KIND}s, but not correct any.")
        elif opened:
            found.fault(row, "record", f"Somebody is already working on {name}: continue their "
                                       f"draft on its page, or discard it first.")  # fmt: skip
        elif base.state != State.PUBLISHED:
            newest = max(self.versions[name].values(), key=lambda one: one.version)
            told = ("was withdrawn: revert it on its page first" if newest.state != State.PUBLISHED
                    else f"has version {newest.version} by now: download it again and change "
                    f"that")  # fmt: skip
            found.fault(row, "version", f"{name} {told}.")


def split(text: str) -> list[str]:
    """The values that stand in one cell."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def read_number(text: str) -> Any:
    if re.search(r"\d[,'\s\u00a0\u202f]\d", text):
        raise ValueError(
            f"{text!r}: write decimals after a point, as 1.9, and nothing between thousands, as "
            f"1500000."
        )
    return layout.read_number(text)


def grouped(rows: Iterable[ImportRow]) -> Iterator[list[ImportRow]]:
    """The rows of each record together, in the order of the file."""
    groups: dict[int, list[ImportRow]] = defaultdict(list)
    for row in rows:
        groups[row.first].append(row)
    yield from groups.values()
