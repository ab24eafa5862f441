"""The history of versions by the files and the database together: what was in force when."""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from records.dataset_files.reading import FileEntry
from records.models import Action, Change, Record, RevisionCounter


@dataclass
class Act:
    """The act of one entry on a record, party or item: publish a version, edit, withdraw."""

    entry: FileEntry
    kind: str
    public_id: str
    version: int
    revision: int | None
    """As the file has it; None while pending."""
    action: Action
    reason: str
    at: int = 0
    """The revision that did it, or is to do it."""
    content: dict[str, Any] = field(default_factory=dict)
    """Of a party or item, after the edit."""
    record: Record | None = None
    children: dict[str, list[Any]] = field(default_factory=dict)
    """The record's links, parties and figures, as yet unsaved."""
    sound: bool = False
    """Whether the entry was read without a fault."""
    rests_on: str = ""
    """What it names and is held back."""
    held_back: str = ""
    """Why it is not published beside what this database published itself; empty if it is."""

    @property
    def key(self) -> tuple[str, str, int, bool]:
        """Unique key: kind, id, version, and whether it is a withdrawal."""
        return self.kind, self.public_id, self.version, self.action == Action.WITHDRAWN


def key_of(change: Change) -> tuple[str, str, int, bool]:
    """Return the unique key of the act that a change notes."""
    withdrawn = change.action == Action.WITHDRAWN
    return change.kind, change.public_id, change.version, withdrawn


@dataclass(order=True)
class Event:
    """A version comes into force, or is withdrawn."""

    at: int
    withdrawn: bool
    version: int
    act: Any = field(compare=False)
    """The Act or the Change of it."""


class History:
    """The database's changes, and those that the files add."""

    def __init__(self) -> None:
        self.head = RevisionCounter.number()
        self.changes: dict[tuple[str, str, int, bool], Change] = {}
        self.by_revision: dict[int, list[Change]] = defaultdict(list)
        self._events: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for change in Change.objects.filter(revision__lte=self.head):
            key = key_of(change)
            self.changes[key] = change
            self.by_revision[change.revision_id].append(change)
            self._add(change.revision_id, key, change)

    def add(self, act: Act) -> None:
        if act.key not in self.changes:
            self._add(act.at, act.key, act)

    def _add(self, at: int, key: tuple[str, str, int, bool], source: Act | Change) -> None:
        kind, public_id, version, withdrawn = key
        insort(self._events[kind, public_id], Event(at, withdrawn, version, source))

    def events(self, kind: str, public_id: str) -> list[Event]:
        return self._events.get((kind, public_id), [])

    def known(self, kind: str) -> list[str]:
        """Return every id or code of the kind, for suggestions."""
        return [public_id for of_kind, public_id in self._events if of_kind == kind]

    def last(self, kind: str, public_id: str, at: int) -> Event | None:
        """Return the latest event up to a revision, that revision included."""
        past = [event for event in self.events(kind, public_id) if event.at <= at]
        return past[-1] if past else None

    def version_at(self, kind: str, public_id: str, at: int) -> int | None:
        """Return the version in force at a revision; None before the first and after a
        withdrawal."""
        event = self.last(kind, public_id, at)
        return event.version if event and not event.withdrawn else None

    def term_at(self, kind: str, code: str, at: int) -> dict[str, Any] | None:
        """Return the content of a party or item at a revision."""
        event = self.last(kind, code, at)
        return event.act.content if event else None

    def parent_at(self, item: str, at: int) -> str | None:
        return (self.term_at("item", item, at) or {}).get("parent")

    def lineage(self, item: str, at: int) -> list[str]:
        """Return the codes from an item up to its root; a circle ends them."""
        codes = [item]
        while (parent := self.parent_at(codes[-1], at)) and parent not in codes:
            codes.append(parent)
        return codes

    def region_of_country(self, code: str, country: str, at: int) -> str:
        """Return the region of a party's country; empty for the country itself."""
        found = self.term_at("party", country, at) if country != code else None
        return (found or {}).get("region", "")
