"""One builder of drafts, fed by dataset files and by spreadsheets.

Either source gives entries of plain text by key that know their own places, so that a fault is
reported at a line and key, or at a row and column. The builder reads every key, builds unsaved
instances, and lets the rules of their models judge them as they judge a form. What an id or code
refers to differs by source: a subclass looks it up.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from records.content import values
from records.content.fields import ContentField, named_fields
from records.models import KINDS, DatedRecord, Item, Milestone, Party, Record, StagedRecord
from records.models.rows import set_prefetched
from records.models.rules import check_rules

LINK = ("type", "id")
FIGURE = (
    *("measure", "operator", "value", "lower", "upper", "item", "unit", "currency"),
    *("party_type", "party_role", "basis", "countable", "countable_reason"),
    *("rank", "rank_reason", "statement", "statement_version", "quote", "quote_translation"),
    *("offset", "quote_found", "quote_reason"),
)
MILESTONE = (
    *("stage", "date", "dated", "statement", "statement_version"),
    *("quote", "quote_translation", "offset", "quote_found", "quote_reason"),
)
LOOKED_UP = {"record", "statement", "item", "parent", "replaced_by"}
"""Relations that the builder checks itself, against what will be there, not what is."""


class Entry:
    """One mapping of a source: a record, a link or a figure, as texts by key."""

    base: Any = None
    """The row of the database that the entry corrects: keys left out keep its values."""

    def __init__(self) -> None:
        self.wrong: set[str] = set()
        """Keys at fault; empty text for the entry as a whole."""

    def __contains__(self, key: str) -> bool:
        raise NotImplementedError

    def text(self, key: str) -> str:
        """Return the text of a key; empty where there is none to read."""
        raise NotImplementedError

    def is_emptied(self, key: str) -> bool:
        """Whether the key is there without a value."""
        raise NotImplementedError

    def words(self, key: str) -> list[str]:
        raise NotImplementedError

    def children(self, key: str, keys: Sequence[str]) -> Sequence["Entry"]:
        raise NotImplementedError

    def fault(self, message: str, key: str = "") -> None:
        """Report what is wrong with a key, and what would be right."""
        raise NotImplementedError

    def require(self, *keys: str) -> None:
        """Report the keys that are missing."""

    def value(self, key: str, read: Callable[[str], Any], default: Any = None) -> Any:
        """Return the value of a key; the default where it is left out or wrong, which is
        reported."""
        if not (text := self.text(key)):
            return default
        try:
            return read(text)
        except ValueError as error:
            self.fault(str(error), key)
            return default


class Builder:
    """Builds unsaved records from entries."""

    def __init__(self) -> None:
        # Unsaved rows are numbered below all real keys, so that the models' rules can compare
        # and sort them.
        self._numbers = count(-1, -1)

    # What a subclass looks up; each reports what is wrong at the entry

    def find_code(self, entry: Any, key: str, model: Any, name: str) -> str | None:
        """Return the code of a party or item; None if no row is to be built for it."""
        raise NotImplementedError

    def check_target(self, entry: Any, target: str) -> bool:
        """Whether the record to which a link leads exists, or the link may be kept all the
        same."""
        raise NotImplementedError

    def find_statement(self, entry: Any, row: Any) -> None:
        """Set the version of the statement that a figure or milestone cites."""
        raise NotImplementedError

    def check_quote(self, entry: Any, row: Any) -> None:
        """Report a quote that does not occur in the text of the statement that a row cites."""
        raise NotImplementedError

    def milestone_example(self, record: StagedRecord) -> str:
        """Return how the source writes a milestone of the record's stage."""
        raise NotImplementedError

    def check_figure(self, entry: Any, figure: Any) -> None:
        """Report what is wrong with a figure beside its fields: above all a quote that does not
        occur in the text of its statement."""
        raise NotImplementedError

    def may_empty(self, entry: Any, field: ContentField) -> bool:
        """Whether a key without a value clears the field; reports where it may not."""
        raise NotImplementedError

    def is_entered(self, entry: Any, instance: Any) -> bool:
        """Whether the source brings this content, so that the rules of what is entered hold; not
        for what was published before."""
        raise NotImplementedError

    # Records

    def build(
        self, entry: Any, record: Any, fields: Sequence[ContentField]
    ) -> dict[str, list[Any]]:
        """Read an entry into a record; return its links, parties and figures."""
        record.pk = next(self._numbers)
        self.fill(entry, record, fields)
        children = {"links": self.links(entry, record)}
        if isinstance(record, DatedRecord):
            children["parties"] = self.parties(entry, record)
            children["figures"] = self.figures(entry, record)
        if isinstance(record, StagedRecord):
            children["milestones"] = self.milestones(entry, record)
        set_prefetched(record, children)
        self.judge(entry, record)
        # Comparing figures that are at fault themselves would only repeat it.
        compared = all(figure.judged for figure in children.get("figures", ()))
        skip = [*([] if compared else ["figures"]), *({"stage"} & entry.wrong)]
        for problem in record.problems():
            self.report(entry, problem, skip=skip)
        if compared and not entry.wrong and self.is_entered(entry, record):
            try:
                record.clean_rows()
            except ValidationError as error:
                self.report(entry, error)
            # Milestones at fault are reported themselves.
            if isinstance(record, StagedRecord) and not entry.children("milestones", MILESTONE):
                example = self.milestone_example(record)
                if problem := record.stage_problem(example):
                    self.report(entry, problem)
        return children

    def links(self, entry: Any, record: Record) -> list[Any]:
        row_model = record.child("links")
        if entry.base is not None and "links" not in entry:
            return self.copies(entry.base.links.all(), ("type", "target"))
        codes = [code for code, _ in row_model._meta.get_field("type").flatchoices]
        rows: dict[tuple[str, str], Any] = {}
        for child in entry.children("links", LINK):
            child.require(*LINK)
            link_type = child.value("type", values.choice(codes))
            target = child.value("id", values.read_text)
            if not link_type or not target:
                continue
            if (link_type, target) in rows:
                child.fault(f"The link “{link_type} {target}” is there twice.")
            elif self.check_target(child, target):
                rows[link_type, target] = row_model(
                    type=link_type, target=target, pk=next(self._numbers)
                )
        return list(rows.values())

    def parties(self, entry: Any, record: DatedRecord) -> list[Any]:
        row_model = record.child("parties")
        rows: list[Any] = []
        for role, plural in record.ROLES.items():
            if entry.base is not None and plural not in entry:
                kept = entry.base.parties_by_role[role]
                rows += self.copies(kept, ("role", "party_id", "position"))
                continue
            codes: dict[str, None] = {}
            for name in entry.words(plural):
                code = self.find_code(entry, plural, Party, name)
                if code and code in codes:
                    entry.fault(f"{code} is there twice.", plural)
                elif code:
                    codes[code] = None
            rows += [
                row_model(role=role, party_id=code, position=n, pk=next(self._numbers))
                for n, code in enumerate(codes)
            ]
        return rows

    def figures(self, entry: Any, record: DatedRecord) -> list[Any]:
        model = record.child("figures")
        figures = []
        for position, child in enumerate(entry.children("figures", FIGURE)):
            figure = model(position=position, pk=next(self._numbers))
            if child.base is not None:
                for field in model.content_fields():
                    setattr(figure, field.attname, getattr(child.base, field.attname))
                figure.statement = child.base.statement
            child.require("measure", "statement", "quote")
            self.fill(child, figure, row_fields(model))
            if name := child.value("item", values.read_text):
                figure.item_id = self.find_code(child, "item", Item, name)
            elif child.is_emptied("item"):
                figure.item_id = None
            self.find_statement(child, figure)
            self.judge(child, figure)
            self.check_figure(child, figure)
            figure.judged = not child.wrong
            figures.append(figure)
        return figures

    def milestones(self, entry: Any, record: StagedRecord) -> list[Any]:
        """Return the milestones; none where one is at fault, so that no stage is derived from the
        others."""
        model = record.child("milestones")
        if entry.base is not None and "milestones" not in entry:
            names = [field.attname for field in model.content_fields()]
            return self.copies(entry.base.ordered_milestones(), [*names, "statement"])
        rows: list[Any] = []
        children = entry.children("milestones", MILESTONE)
        stages: set[str] = set()
        for child in children:
            child.require("stage", "date", "statement", "quote")
            row = model(pk=next(self._numbers))
            self.fill(child, row, row_fields(model))
            self.find_statement(child, row)
            if row.stage and row.stage in stages:
                child.fault("The stage is there twice: each is reached once.", "stage")
            stages.add(row.stage)
            self.judge(child, row)
            self.check_quote(child, row)
            rows.append(row)
        return [] if any(child.wrong for child in children) else rows

    def copies(self, rows: Iterable[Any], names: Iterable[str]) -> list[Any]:
        """Return unsaved copies of rows of the version that is corrected."""
        return [
            type(row)(pk=next(self._numbers), **{name: getattr(row, name) for name in names})
            for row in rows
        ]

    # Fields and rules

    def fill(self, entry: Any, instance: Any, fields: Iterable[ContentField]) -> None:
        """Read the keys of an entry into the fields of the same names."""
        for field in fields:
            name = field.name
            if name not in entry:
                if field.required and entry.base is None:
                    entry.require(name)
            elif field.is_list:
                field.set(instance, entry.words(name))
            elif entry.is_emptied(name) and self.may_empty(entry, field):
                field.clear(instance)
            elif (value := entry.value(name, field.read)) is not None:
                field.set(instance, value)

    def judge(self, entry: Any, instance: Any) -> None:
        """Report what the model's own rules say: of every field, then of the fields together."""
        try:
            instance.clean_fields(exclude=LOOKED_UP | entry.wrong)
            if not entry.wrong and self.is_entered(entry, instance):
                instance.clean()
            if not entry.wrong:
                self.check_rules(instance)
        except ValidationError as error:
            self.report(entry, error)

    def check_rules(self, instance: Any) -> None:
        check_rules(instance)

    def report(self, entry: Any, error: ValidationError, skip: Sequence[str] = ()) -> None:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for key, messages in found.items():
            for message in messages if key not in skip else ():
                entry.fault(message, key)


@cache
def row_fields(model: type[models.Model]) -> list[ContentField]:
    """Return the fields of a figure or milestone that are read as they are."""
    names = MILESTONE if issubclass(model, Milestone) else FIGURE
    return [field for field in named_fields(model, names) if field.name not in LOOKED_UP]


def kind_of(public_id: str) -> str | None:
    """Return the kind of record that an id names."""
    prefix = public_id.partition("-")[0]
    return next((kind for kind, model in KINDS.items() if prefix == model.PREFIX), None)
