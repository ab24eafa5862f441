"""Checking: the files are read and compared with the database before anything is written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from records.content import values
from records.dataset_files import layout
from records.dataset_files.building import FileBuilder, read_acts
from records.dataset_files.conflicts import comparable, hold_back, published_digests
from records.dataset_files.history import Act, History, key_of
from records.dataset_files.layout import NOUNS
from records.dataset_files.reading import FileEntry, Problems, read_files
from records.models import Action, Change, Item, Origin, Revision

RULES = datetime(2026, 11, 29, tzinfo=UTC)
"""Since then the rules of what is entered (`clean` of the models) hold for files."""


@dataclass
class Announced:
    """A revision as revisions.yaml has it."""

    entry: FileEntry
    number: int
    at: datetime
    message: str
    origin: Origin


class Dataset:
    """The files compared with the database: their acts, their faults, and what is to be loaded."""

    def __init__(self, directory: Path) -> None:
        self.problems = Problems()
        files = read_files(directory, self.problems)
        self.unread = NOUNS.keys() - files.keys()
        self.withheld: dict[tuple[str, str], int] = {}
        self.shared: set[int] = set()
        self.exact: set[int] = set()
        self.announced = self._announced(files.get("revisions", []))
        self.acts = read_acts(files, self.problems)

    def _announced(self, entries: Sequence[FileEntry]) -> dict[int, Announced]:
        found: dict[int, Announced] = {}
        for expected, entry in enumerate(entries, start=1):
            entry.require(*layout.REVISION)
            number = entry.value("number", values.read_integer)
            at = entry.value("at", values.read_moment)
            message = entry.value("message", values.read_text, "").strip()
            origin = entry.value("origin", values.choice(Origin.values))
            if number is not None and number != expected:
                entry.fault(f"Revisions run 1, 2, 3 …: this is the place of {expected}.", "number")
            found[expected] = Announced(entry, expected, at, message, origin)
        return found

    # --- Checks

    def check(self) -> None:
        """Read every value, apply every rule, compare with the database's history.

        What cannot be published beside the database's own work is held back, and then all is
        checked again without it: further entries may rest on it.
        """
        read, wrong = self.problems.so_far(), [set(act.entry.wrong) for act in self.acts]
        while self._check_active():
            self.problems.go_back(read)
            for act, keys in zip(self.acts, wrong, strict=True):
                act.entry.wrong = set(keys)
        self.exact = self._exact()

    def _check_active(self) -> bool:
        """Check everything but what is held back; return whether more must be."""
        self.history = History()
        self.shared = self._shared()
        self._place()
        active = [act for act in self.acts if not act.held_back]
        for act in active:
            self.history.add(act)
        self._build(active)
        if hold_back(active, self.history, self.shared, self.withheld):
            return True
        for act in active:
            self._check_order(act)
        self._check_withdrawn_evidence(active)
        self._check_revisions_bring_something()
        self._check_times()
        self._compare(active)
        return False

    def _shared(self) -> set[int]:
        """Return the revisions that both have, by number and time. Others of the files that are
        published here have other numbers, or were published here by themselves."""
        return {
            number
            for number, at in Revision.objects.filter(
                number__lte=min(len(self.announced), self.history.head)
            ).values_list("number", "published_at")
            if self.announced[number].at == at
        }

    def _place(self) -> None:
        """Set the revision that did, or will do, the act of each entry: the revisions of the
        files that are not here follow those of the database, in their order."""
        new = {act.revision for act in self.todo if act.revision} - self.shared
        planned = {
            number: place for place, number in enumerate(sorted(new), start=self.history.head + 1)
        }
        for act in self.acts:
            change = self.history.changes.get(act.key)
            if change:
                act.at = change.revision_id
            elif act.revision:
                act.at = planned.get(act.revision, act.revision)
            else:
                act.at = self.history.head + len(planned) + 1
            self._check_place(act, change)

    def _check_place(self, act: Act, change: Change | None) -> None:
        """Check that the entry has the revision that published it, if both have that."""
        if act.revision is None:
            if change and change.revision_id in self.shared:
                act.entry.fault(
                    f"It was published in revision {act.at}: write `revision: {act.at}`."
                )
        elif act.revision not in self.announced and "revisions" not in self.unread:
            act.entry.fault(
                f"revisions.yaml has no revision {act.revision}; leave the key out of what is "
                f"yet to be published.",
                "revision",
            )

    def _exact(self) -> set[int]:
        """Return the revisions of the files that are replayed as they are, with their number and
        time: while the database has nothing but revisions of the files, and nothing of theirs is
        held back."""
        exact: set[int] = set()
        if len(self.shared) != self.history.head:
            return exact
        todo = {act.key for act in self.todo}
        acts: dict[int | None, list[Act]] = defaultdict(list)
        for act in self.acts:
            acts[act.revision].append(act)
        following = len(self.shared) + 1
        while following in self.announced and acts[following]:
            if any(act.key not in todo for act in acts[following]):
                break
            exact.add(following)
            following += 1
        return exact

    def _build(self, acts: Sequence[Act]) -> None:
        builder = FileBuilder(self.history, self.unread, self.problems, self.withheld)
        nouns = {noun.model.KIND: noun for file, noun in NOUNS.items() if file != "revisions"}
        vocabulary = [act for act in acts if not nouns[act.kind].is_record]
        for act in vocabulary:
            builder.term(act, nouns[act.kind].model, nouns[act.kind].keys)
        for act in vocabulary:
            if act.kind == Item.KIND:
                builder.parent(act)
            else:
                builder.region(act)
            builder.replacement(act, nouns[act.kind].model)
        for act in tqdm(acts, desc="Checking", unit="entry", disable=None):
            if nouns[act.kind].is_record and act.action != Action.WITHDRAWN:
                noun = nouns[act.kind]
                builder.record(act, noun.model, noun.keys, entered=self._is_entered(act))

    def _is_entered(self, act: Act) -> bool:
        """Whether the file brings the version, so that the rules of what is entered hold. What
        people published they entered before; the vocabulary repeats what was published; and what
        files brought before these rules stays as it is."""
        if act.key in self.history.changes:
            return False
        announced = self.announced.get(act.revision or 0)
        if announced is None:
            return True
        return announced.origin == Origin.FILE and bool(announced.at and announced.at >= RULES)

    def _check_order(self, act: Act) -> None:
        """Check that versions follow each other without a gap, each in a later revision."""
        events = self.history.events(act.kind, act.public_id)
        published = {event.version: event.at for event in events if not event.withdrawn}
        if act.action == Action.WITHDRAWN:
            if not act.reason.strip():
                act.entry.fault("Say why: readers see it in place of the record.", "reason")
            before = self.history.version_at(act.kind, act.public_id, act.at - 1)
            if act.version not in published:
                act.entry.fault("There is no such version to withdraw.", "version")
            elif before != act.version:
                act.entry.fault(
                    f"Version {act.version} was not in force before revision {act.at}.", "version"
                )
            elif any(at == act.at for at in published.values()):
                act.entry.fault(
                    f"Revision {act.at} publishes a version of the same record.", "revision"
                )
        elif act.version > 1:
            if act.version - 1 not in published:
                act.entry.fault(f"Version {act.version - 1} is missing.", "version")
            elif published[act.version - 1] >= act.at:
                act.entry.fault(
                    f"A version follows in a later revision than the one before it "
                    f"(revision {published[act.version - 1]}).",
                    "revision",
                )

    def _check_withdrawn_evidence(self, acts: Sequence[Act]) -> None:
        """Check that no statement is withdrawn while a figure or milestone cites it."""
        resting: dict[str, set[tuple[str, str, int]]] = defaultdict(set)
        for act in acts:
            for row in [*act.children.get("figures", ()), *act.children.get("milestones", ())]:
                if row.statement_id:
                    resting[row.statement.public_id].add((act.kind, act.public_id, act.version))
        for act in acts:
            if act.action == Action.WITHDRAWN:
                bearing = [
                    public_id
                    for kind, public_id, version in sorted(resting[act.public_id])
                    if self.history.version_at(kind, public_id, act.at) == version
                ]
                if bearing:
                    act.entry.fault(
                        f"Records rest on it ({', '.join(bearing[:5])}): correct or withdraw them "
                        f"in the same or an earlier revision."
                    )

    def _check_revisions_bring_something(self) -> None:
        bringing = {act.revision for act in self.acts}
        for number, announced in self.announced.items():
            if number not in bringing and not self.unread:
                announced.entry.fault("No entry has this revision: it brings nothing.")

    def _check_times(self) -> None:
        """Report revisions of the files that go back in time."""
        before = None
        for announced in self.announced.values():
            if announced.at and before and announced.at < before:
                announced.entry.fault(
                    f"Revision {announced.number - 1} was published later, at {before}: "
                    "revisions never go back in time.",
                    "at",
                )
            before = announced.at or before

    def _compare(self, acts: Sequence[Act]) -> None:
        """Check that the files and the database agree on the revisions that both have. What this
        database published otherwise in revisions of its own is held back already."""
        for revision in Revision.objects.filter(number__in=self.shared):
            announced = self.announced[revision.number]
            for key, ours, theirs in (
                ("message", announced.message, revision.message),
                ("origin", announced.origin, revision.origin),
            ):
                if ours != theirs:
                    announced.entry.fault(f"The database has {str(theirs)!r}.", key)
        digests = published_digests()
        for act in acts:
            change = self.history.changes.get(act.key)
            if change is None:
                if act.revision in self.shared:
                    act.entry.fault(
                        f"The database's revision {act.revision} does not have it.", "revision"
                    )
            elif change.revision_id in self.shared:
                self._compare_act(act, change, digests)
        listed = {act.key for act in self.acts}
        for number in self.shared:
            for change in self.history.by_revision[number]:
                if key_of(change) not in listed:
                    self.announced[number].entry.fault(
                        f"The database's revision {number} also has {change.public_id} "
                        f"v{change.version} ({change.action}), which the files lack."
                    )

    def _compare_act(self, act: Act, change: Change, digests: dict[tuple[str, int], str]) -> None:
        if act.revision not in (None, change.revision_id):
            act.entry.fault(
                f"The database published it in revision {change.revision_id}.", "revision"
            )
        if change.action != act.action and act.action != Action.WITHDRAWN:
            act.entry.fault(f"The database has it as {change.action}.")
        if change.reason != act.reason:
            act.entry.fault(f"The database has another reason: {change.reason!r}.", "reason")
        self._compare_content(act, change.content, digests)

    def _compare_content(
        self, act: Act, published: dict[str, Any] | None, digests: dict[tuple[str, int], str]
    ) -> None:
        if act.action == Action.WITHDRAWN or not act.sound:
            return
        if act.record is None:
            ours, theirs = comparable(act.content), comparable(published or {})
        elif act.record.content_digest() == digests.get((act.public_id, act.version)):
            return
        else:
            row = type(act.record).objects.get(public_id=act.public_id, version=act.version)
            ours, theirs = act.record.content(), row.content()
        if different := [key for key in ours | theirs if ours.get(key) != theirs.get(key)]:
            act.entry.fault(
                f"The database published this version with other content: "
                f"{', '.join(different)}. Write a correction as the next version.",
                different[0] if different[0] in act.entry else "",
            )

    @property
    def todo(self) -> list[Act]:
        """The acts that the database lacks, without those held back."""
        return [
            act for act in self.acts if act.key not in self.history.changes and not act.held_back
        ]

    @property
    def held_back(self) -> list[str]:
        """The entries that are held back, each with the reason, in the order of the files."""
        found = Problems()
        for act in self.acts:
            if act.held_back:
                found.add(act.entry.file, act.entry.line, act.held_back, act.entry.label)
        return found.lines()
