"""From entries to acts: every key of every entry is read and checked, and records are built as
unsaved instances of their models, whose own rules then judge them."""

from collections.abc import Iterable, Sequence
from functools import cache, reduce
from itertools import count
from operator import and_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from records.dataset_files import layout
from records.dataset_files.history import Act, History, kind_of
from records.dataset_files.layout import NOUNS
from records.dataset_files.reading import Entry, Problems
from records.models import (
    KINDS,
    Action,
    DatedRecord,
    Figure,
    HSCode,
    Item,
    Party,
    Record,
    Statement,
    VocabularyEntry,
)


def read_acts(files: dict[str, list[Entry]], problems: Problems) -> list[Act]:
    """The acts of all entries that say at least what they are about."""
    acts: list[Act] = []
    seen: dict[Any, Act] = {}
    for file, noun in NOUNS.items():
        if file == "revisions":
            continue
        for entry in files.get(file, ()):
            act = read_head(entry, noun)
            if act is None:
                continue
            if first := seen.get(act.key):
                entry.fault(f"This version stands there already, in line {first.entry.line}.")
                continue
            seen[act.key] = act
            acts.append(act)
    return acts


def read_head(entry: Entry, noun: layout.Noun) -> Act | None:
    """What an entry is about; None if it does not say."""
    name = "id" if noun.is_record else "code"
    entry.require(name, "version")
    public_id = entry.value(name, layout.read_text, "")
    version = entry.value("version", layout.read_integer, 0)
    revision = entry.value("revision", layout.read_integer)
    action = Action.PUBLISHED if version == 1 else Action.CORRECTED
    if not noun.is_record:
        action = Action.EDITED
    elif entry.value("action", layout.choice([Action.WITHDRAWN])):
        action = Action.WITHDRAWN
        for key in entry.keys:
            if key not in layout.WITHDRAWAL:
                entry.fault("A withdrawal has no such key: it takes the version away.", key)
        entry.require("reason")
    if "version" in entry and not version:
        entry.fault("Versions are 1, 2, 3 …", "version")
    if "revision" in entry and not revision:
        entry.fault("Revisions are 1, 2, 3 …", "revision")
    if noun.is_record and public_id:
        check_id(entry, public_id, noun.model)
    if entry.wrong & {name, "version", "revision", "action"}:
        return None
    reason = entry.value("reason", layout.read_text, "")
    return Act(entry, noun.model.KIND, public_id, version, revision, action, reason)


def check_id(entry: Entry, public_id: str, model: type[Record]) -> None:
    try:
        model._meta.get_field("public_id").run_validators(public_id)
    except ValidationError:
        entry.fault(
            f"{public_id!r} is no id of a record: write {model.PREFIX}- and eight of 0-9 and a-z "
            f"without i, l, o, u.",
            "id",
        )
        return
    if (kind := kind_of(public_id)) != model.KIND:
        entry.fault(f"This is the id of a {kind}, not of a {model.KIND}.", "id")


class Builder:
    """Builds what the entries say, against what the history has in force."""

    def __init__(self, history: History, unread: set[str], problems: Problems) -> None:
        self.history = history
        self.problems = problems
        # Files that cannot be read at all: what refers into them is not judged.
        self.unread = {NOUNS[file].model for file in unread}
        self.statements: dict[tuple[str, int], Statement] = {}
        # Instances are numbered for as long as they are checked, below all real keys, so that
        # the models' rules can compare and sort them.
        self._numbers = count(-1, -1)

    # --- Vocabulary

    def term(self, act: Act, model: type[VocabularyEntry], keys: tuple[str, ...]) -> None:
        """Read a term's content into its act."""
        entry, faults = act.entry, len(self.problems)
        term = model(code=act.public_id)
        self.fill(entry, term, keys)
        if act.version > 1 and not act.reason.strip():
            entry.fault("Say why the term changes: readers see the reason.", "reason")
        hs_codes = [self.hs_code(child) for child in entry.children("hs_codes", layout.HS_CODE)]
        pairs = [(row.code, row.edition) for row in hs_codes]
        if len(set(pairs)) < len(pairs):
            entry.fault("A code stands there twice in one edition.", "hs_codes")
        self.judge(entry, term, exclude={"parent"})
        act.content = {
            field.name: field.value_from_object(term) for field in layout.columns(model, keys)
        }
        if model is Item:
            act.content["hs_codes"] = layout.by_edition(
                {name: getattr(row, name) for name in layout.HS_CODE} for row in hs_codes
            )
        act.sound = not entry.wrong and len(self.problems) == faults

    def hs_code(self, entry: Entry) -> HSCode:
        row = HSCode()
        self.fill(entry, row, layout.HS_CODE)
        self.judge(entry, row, exclude={"item"})
        return row

    def region(self, act: Act) -> None:
        """A party lies in the region of its country, where it names none of its own."""
        if "region" not in act.entry:
            act.content["region"] = (
                self.history.region_of_country(act.public_id, act.content["country"], act.at)
                or act.content["region"]
            )

    def parent(self, act: Act) -> None:
        """The parent exists, and no item is its own ancestor."""
        if parent := act.content["parent"]:
            self.refer(act.entry, "parent", Item, parent, act.at)
        line = self.history.lineage(act.public_id, act.at)
        if self.history.parent_at(line[-1], act.at) == act.public_id:
            circle = " → ".join([*line, act.public_id])
            act.entry.fault(f"This would make the item its own ancestor: {circle}.", "parent")

    # --- Records

    def record(self, act: Act, model: type[Record], keys: tuple[str, ...]) -> None:
        """Build the version that an entry publishes, with all that belongs to it."""
        entry, faults = act.entry, len(self.problems)
        record: Any = model(public_id=act.public_id, version=act.version, reason=act.reason)
        record.pk = next(self._numbers)
        self.fill(entry, record, keys)
        act.record = record
        act.children = {"links": self.links(act, record)}
        if isinstance(record, DatedRecord):
            act.children["parties"] = self.parties(act, record)
            act.children["figures"] = self.figures(act, record)
        seem_fetched(record, act.children)
        self.judge(entry, record)
        # Figures at fault themselves would be compared with each other in vain.
        compared = all(figure.judged for figure in act.children.get("figures", ()))
        for problem in record.problems():
            self.told(entry, problem, skip=() if compared else ("figures",))
        if isinstance(record, Statement):
            self.statements[act.public_id, act.version] = record
        act.sound = not entry.wrong and len(self.problems) == faults

    def parties(self, act: Act, record: DatedRecord) -> list[Any]:
        row_model = record.child("parties")
        rows = []
        for role, plural in record.ROLES.items():
            codes = act.entry.words(plural)
            for position, code in enumerate(codes):
                if code in codes[:position]:
                    act.entry.fault(f"{code} stands there twice.", plural)
                    continue
                self.refer(act.entry, plural, Party, code, act.at)
                rows.append(row_model(role=role, party_id=code, position=position))
        return rows

    def links(self, act: Act, record: Record) -> list[Any]:
        row_model = record.child("links")
        rows, seen = [], set()
        for child in act.entry.children("links", layout.LINK):
            child.require("type", "id")
            row = row_model(target=child.value("id", layout.read_text, ""))
            row.type = self.choice(child, "type", row_model._meta.get_field("type")) or ""
            if not row.type or not row.target:
                continue
            if (row.type, row.target) in seen:
                child.fault("This link stands there twice.")
            seen.add((row.type, row.target))
            rows.append(row)
            if kind := kind_of(row.target):
                self.refer(child, "id", KINDS[kind], row.target, act.at)
            else:
                child.fault(f"{row.target!r} is no id of a record.", "id")
        return rows

    def figures(self, act: Act, record: DatedRecord) -> list[Any]:
        model = record.child("figures")
        figures = []
        for position, child in enumerate(act.entry.children("figures", layout.FIGURE)):
            child.require("measure", "statement", "quote")
            figure = model(position=position, pk=next(self._numbers))
            self.fill(child, figure, layout.FIGURE)
            if figure.item_id:
                self.refer(child, "item", Item, figure.item_id, act.at)
            self.evidence(child, figure, act.at)
            self.judge(child, figure, exclude={"record", "statement", "item"})
            if figure.quote_found is False:
                child.fault("The quote was not found in the statement's text.", "quote_found")
            figure.judged = not child.wrong
            figures.append(figure)
        return figures

    def evidence(self, entry: Entry, figure: Figure, at: int) -> None:
        """Pin the statement's version that was in force, or the one that the file names."""
        public_id = entry.value("statement", layout.read_text, "")
        version = entry.value("statement_version", layout.read_integer)
        if not public_id:
            return
        if kind_of(public_id) != Statement.KIND:
            entry.fault(f"{public_id!r} is no id of a statement.", "statement")
            return
        if not self.refer(entry, "statement", Statement, public_id, at):
            return
        if version is None:
            version = self.history.version_at(Statement.KIND, public_id, at)
            if version is None:
                entry.fault(f"{public_id} was withdrawn; cite another statement.", "statement")
                return
        elif not any(
            event.version == version and not event.withdrawn and event.at <= at
            for event in self.history.events(Statement.KIND, public_id)
        ):
            entry.fault(f"{public_id} had no version {version} then.", "statement_version")
            return
        statement = self.statements.get((public_id, version))
        if statement is None:
            statement = Statement.objects.get(public_id=public_id, version=version)
            self.statements[public_id, version] = statement
        figure.statement = statement

    # --- What all share

    def fill(self, entry: Entry, instance: models.Model, keys: tuple[str, ...]) -> None:
        """Read the plain keys of an entry into the columns of the same names."""
        model = type(instance)
        for field in layout.columns(model, keys):
            key = field.name
            if key not in entry:
                if not (field.blank or field.null or field.has_default()):
                    entry.require(key)
                continue
            precision = layout.precision_of(model, field)
            if isinstance(field, models.JSONField):
                setattr(instance, key, entry.words(key))
            elif field.choices:
                if (value := self.choice(entry, key, field)) is not None:
                    setattr(instance, key, value)
            elif precision:
                if found := entry.value(key, layout.read_date):
                    setattr(instance, key, found[0])
                    setattr(instance, precision, found[1].value)
            elif (value := entry.value(key, layout.reader(field))) is not None:
                setattr(instance, field.attname, value)

    def choice(self, entry: Entry, key: str, field: models.Field) -> str | None:
        """One of a column's codes; a region may be emptied, since it is else derived."""
        if key == "region" and entry.is_emptied(key):
            return ""
        return entry.value(key, layout.choice([code for code, _ in field.flatchoices]))

    def refer(self, entry: Entry, key: str, model: Any, public_id: str, at: int) -> bool:
        """Whether the term or record exists at a revision; its absence is noted."""
        kind = model.KIND
        events = self.history.events(kind, public_id)
        if events and events[0].at <= at:
            return True
        if model not in self.unread:
            if events:
                entry.fault(
                    f"{public_id} is published only in revision {events[0].at}, this in {at}.", key
                )
            else:
                entry.fault(
                    f"There is no {kind} {public_id}."
                    f"{layout.nearest(public_id, self.history.known(kind))}",
                    key,
                )
        return False

    def judge(self, entry: Entry, instance: Any, exclude: Iterable[str] = frozenset()) -> None:
        """The model's own judgement: of every column, then of columns beside each other."""
        try:
            instance.clean_fields(exclude={*exclude, *entry.wrong})
            if not entry.wrong:
                obey_rules(instance)
        except ValidationError as error:
            self.told(entry, error)

    def told(self, entry: Entry, error: ValidationError, skip: Sequence[str] = ()) -> None:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for key, messages in found.items():
            for message in messages if key not in skip else ():
                entry.fault(message, key)


def seem_fetched(record: Any, children: dict[str, list[Any]]) -> None:
    """Let the record's relations answer as if prefetched: nothing is in the database yet."""
    record._prefetched_objects_cache = {}
    for relation, rows in children.items():
        fetched = record.child(relation).objects.all()
        fetched._result_cache, fetched._prefetch_done = rows, True
        record._prefetched_objects_cache[relation] = fetched


@cache
def rules(model: type[models.Model]) -> list[models.CheckConstraint]:
    """The model's CHECKs but that of digits, the costliest: the columns' validators are as
    strict."""
    return [
        rule
        for rule in model._meta.constraints
        if isinstance(rule, models.CheckConstraint) and not rule.name.endswith("_digits")
    ]


@cache
def all_rules(model: type[models.Model]) -> models.CheckConstraint:
    """The model's CHECKs in one: a sound row then costs one query, not one for each."""
    return models.CheckConstraint(
        name="all", condition=reduce(and_, [rule.condition for rule in rules(model)])
    )


def obey_rules(instance: models.Model) -> None:
    """Refuse an instance that breaks CHECKs of its model, with the words of each."""
    model = type(instance)
    if not rules(model):
        return
    try:
        all_rules(model).validate(model, instance)
    except ValidationError:
        broken = []
        for rule in rules(model):
            try:
                rule.validate(model, instance)
            except ValidationError as error:
                broken.append(error)
        raise ValidationError(broken) from None
