"""Acts from the entries of the files: the shared builder makes the records, and the history of
the files and the database resolves what they refer to."""

import math
from typing import Any

from django.core.exceptions import ValidationError

from records.content import values
from records.content.builder import Builder, kind_of
from records.content.fields import ContentField
from records.content.values import did_you_mean
from records.dataset_files import layout
from records.dataset_files.history import Act, History
from records.dataset_files.layout import NOUNS
from records.dataset_files.reading import FileEntry, Problems
from records.models import (
    KINDS,
    Action,
    Evidence,
    HSCode,
    Item,
    Record,
    StagedRecord,
    Statement,
    VocabularyEntry,
    inside,
    unlike_types,
)
from records.publishing.vocabulary_edits import without_unused


def read_acts(files: dict[str, list[FileEntry]], problems: Problems) -> list[Act]:
    """Return the acts of all entries that name their id or code and version."""
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
                entry.fault(f"This version is there already, in line {first.entry.line}.")
                continue
            seen[act.key] = act
            acts.append(act)
    return acts


def read_head(entry: FileEntry, noun: layout.Noun) -> Act | None:
    """Return the act of an entry without its content; None if it has no id or version."""
    name = "id" if noun.is_record else "code"
    entry.require(name, "version")
    public_id = entry.value(name, values.read_text, "")
    version = entry.value("version", values.read_integer, 0)
    revision = entry.value("revision", values.read_integer)
    action = Action.PUBLISHED if version == 1 else Action.CORRECTED
    if not noun.is_record:
        action = Action.EDITED
    elif entry.value("action", values.choice([Action.WITHDRAWN])):
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
    reason = entry.value("reason", values.read_text, "")
    return Act(entry, noun.model.KIND, public_id, version, revision, action, reason)


def check_id(entry: FileEntry, public_id: str, model: type[Record]) -> None:
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


class FileBuilder(Builder):
    """Builds what the entries say, against what the history has in force."""

    def __init__(
        self,
        history: History,
        unread: set[str],
        problems: Problems,
        withheld: dict[tuple[str, str], int] | None = None,
    ) -> None:
        super().__init__()
        self.history = history
        self.withheld = withheld or {}
        """Records, parties and items of which versions are held back, each with the first."""
        self.is_here = False
        """Whether the database has the entry that is being built."""
        self.rests_on = ""
        """What that entry names and is held back."""
        self.problems = problems
        # Files that cannot be read at all: what refers into them is not judged.
        self.unread = {NOUNS[file].model for file in unread}
        self.statements: dict[tuple[str, int], Statement] = {}
        self.at = 0
        """The revision of the entry that is being built."""
        self.entered = True
        """Whether it is not published yet."""

    def is_entered(self, entry: FileEntry, instance: Any) -> bool:
        return self.entered and isinstance(instance, Record | Evidence)

    # --- Vocabulary

    def term(self, act: Act, model: type[VocabularyEntry], keys: tuple[str, ...]) -> None:
        """Read the content of a party or item into its act."""
        entry, faults = act.entry, len(self.problems)
        term = model(code=act.public_id)
        self.fill(entry, term, layout.columns(model, keys))
        if act.version > 1 and not act.reason.strip():
            entry.fault("Say why it changes: readers see the reason.", "reason")
        hs_codes = [self.hs_code(child) for child in entry.children("hs_codes", layout.HS_CODE)]
        pairs = [(row.code, row.edition) for row in hs_codes]
        if len(set(pairs)) < len(pairs):
            entry.fault("A code is there twice in one edition.", "hs_codes")
        self.judge(entry, term)
        act.content = without_unused(
            {
                field.name: field.column.value_from_object(term)
                for field in layout.columns(model, keys)
            }
        )
        if model is Item:
            act.content["hs_codes"] = layout.by_edition(
                {name: getattr(row, name) for name in layout.HS_CODE} for row in hs_codes
            )
        act.sound = not entry.wrong and len(self.problems) == faults

    def hs_code(self, entry: FileEntry) -> HSCode:
        row = HSCode()
        self.fill(entry, row, layout.columns(HSCode, layout.HS_CODE))
        self.judge(entry, row)
        return row

    def region(self, act: Act) -> None:
        """Derive the region of a party from its country, where the entry names none."""
        if "region" not in act.entry:
            act.content["region"] = (
                self.history.region_of_country(act.public_id, act.content["country"], act.at)
                or act.content["region"]
            )

    def parent(self, act: Act) -> None:
        """Check that the parent exists, and that no item is its own ancestor."""
        self._begin(act)
        if parent := act.content["parent"]:
            self.refer(act.entry, "parent", Item, parent)
        act.rests_on = self.rests_on
        line = self.history.lineage(act.public_id, act.at)
        if self.history.parent_at(line[-1], act.at) == act.public_id:
            circle = " → ".join([*line, act.public_id])
            act.entry.fault(f"This would make the item its own ancestor: {circle}.", "parent")

    def replacement(self, act: Act, model: type[VocabularyEntry]) -> None:
        """Check that what newly replaces the entry exists, and that it can be the same."""
        before = self.history.term_at(act.kind, act.public_id, act.at - 1) or {}
        by = act.content.get("replaced_by")
        # The constraint of the model reports what would replace itself.
        if not by or by in (before.get("replaced_by"), act.public_id):
            return
        self._begin(act)
        found = self.refer(act.entry, "replaced_by", model, by)
        act.rests_on = act.rests_on or self.rests_on
        other = self.history.term_at(act.kind, by, act.at) or {}
        problem = ""
        if further := other.get("replaced_by"):
            problem = f"{by} is itself replaced by {further}: name the latter."
        elif model is Item:
            problem = inside(act.public_id, by, self.history.lineage(by, act.at))
        elif other:
            problem = unlike_types(act.content["type"], other["type"])
        if found and problem:
            act.entry.fault(problem, "replaced_by")

    # --- Records

    def record(
        self, act: Act, model: type[Record], keys: tuple[str, ...], *, entered: bool
    ) -> None:
        """Build the version that an entry publishes, with all that belongs to it."""
        faults = len(self.problems)
        self.entered = entered
        self._begin(act)
        record = model(public_id=act.public_id, version=act.version, reason=act.reason)
        act.record = record
        act.children = self.build(act.entry, record, layout.columns(model, keys))
        act.rests_on = self.rests_on
        if isinstance(record, Statement):
            self.statements[act.public_id, act.version] = record
        act.sound = not act.entry.wrong and len(self.problems) == faults and not act.rests_on

    def _begin(self, act: Act) -> None:
        self.at, self.rests_on = act.at, ""
        self.is_here = act.key in self.history.changes

    def find_code(self, entry: FileEntry, key: str, model: Any, name: str) -> str:
        self.refer(entry, key, model, name)
        by = (self.history.term_at(model.KIND, name, self.at) or {}).get("replaced_by")
        if by and self.entered:
            entry.fault(f"{name} is replaced by {by}: write {by}.", key)
        return name

    def check_target(self, entry: FileEntry, target: str) -> bool:
        if kind := kind_of(target):
            self.refer(entry, "id", KINDS[kind], target)
        else:
            entry.fault(f"{target!r} is no id of a record.", "id")
        return True

    def find_statement(self, entry: FileEntry, row: Evidence) -> None:
        """Set the version that was in force, or the one that the file names."""
        public_id = entry.value("statement", values.read_text, "")
        version = entry.value("statement_version", values.read_integer)
        if not public_id:
            return
        if kind_of(public_id) != Statement.KIND:
            entry.fault(f"{public_id!r} is no id of a statement.", "statement")
            return
        if not self.refer(entry, "statement", Statement, public_id, version):
            return
        if version is None:
            version = self.history.version_at(Statement.KIND, public_id, self.at)
            if version is None:
                entry.fault(f"{public_id} was withdrawn; cite another statement.", "statement")
                return
        elif not any(
            event.version == version and not event.withdrawn and event.at <= self.at
            for event in self.history.events(Statement.KIND, public_id)
        ):
            entry.fault(f"{public_id} had no version {version} then.", "statement_version")
            return
        statement = self.statements.get((public_id, version))
        if statement is None:
            statement = Statement.objects.get(public_id=public_id, version=version)
            self.statements[public_id, version] = statement
        row.statement = statement

    def milestone_example(self, record: StagedRecord) -> str:
        return (
            f"“milestones: [{{stage: {record.stage}, date: 2020-04-10, statement: st-7k3m9q2x, "
            f"quote: words of it}}]”"
        )

    def check_quote(self, entry: FileEntry, row: Evidence) -> None:
        if row.quote_found is False:
            entry.fault("The quote was not found in the statement's text.", "quote_found")

    def check_figure(self, entry: FileEntry, figure: Evidence) -> None:
        self.check_quote(entry, figure)

    def may_empty(self, entry: FileEntry, field: ContentField) -> bool:
        """A region may be emptied, since it is derived where it is left out."""
        return field.name == "region"

    def refer(
        self, entry: FileEntry, key: str, model: Any, public_id: str, version: int | None = None
    ) -> bool:
        """Whether the party, item or record exists at the revision; reports if not. What is held
        back, or is here under the same code what the files do not mean, is noted instead."""
        kind = model.KIND
        first = self.withheld.get((kind, public_id), math.inf)
        if not self.is_here and first <= (version or 1):
            self.rests_on = public_id
            return False
        events = self.history.events(kind, public_id)
        if events and events[0].at <= self.at:
            return True
        if model not in self.unread:
            if events:
                entry.fault(
                    f"{public_id} is published only in revision {events[0].at}, this in "
                    f"{self.at}.",
                    key,
                )
            else:
                entry.fault(
                    f"There is no {kind} {public_id}."
                    f"{did_you_mean(public_id, self.history.known(kind))}",
                    key,
                )
        return False
