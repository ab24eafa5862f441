"""Conflicts: what the files say of a record, party or item that this database changed itself.

Such an entry is held back, and what rests on it, while everything else is published. Nothing of
the database's own is touched.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from records.dataset_files import layout
from records.dataset_files.history import Act, History, key_of
from records.models import KINDS, OPEN, Action, Change, Statement
from records.publishing.publish import cited_by

Withheld = dict[tuple[str, str], int]
"""(kind, id or code) → the first version that is held back."""


def hold_back(acts: list[Act], history: History, shared: set[int], withheld: Withheld) -> bool:
    """Mark the acts that cannot be published beside the database's own work with the reason, and
    note their versions; return whether there are any."""
    own = Own(acts, history, shared)
    for act in acts:
        act.held_back = own.reason_against(act)
        if act.held_back:
            key = act.kind, act.public_id
            withheld[key] = min(act.version, withheld.get(key, act.version))
    for act in acts:
        first = withheld.get((act.kind, act.public_id))
        if first is not None and act.version >= first and own.lacks(act) and not act.held_back:
            act.held_back = f"It follows version {first}, which is held back."
    return any(act.held_back for act in acts)


class Own:
    """What this database did itself: drafts, and revisions that the files do not have."""

    def __init__(self, acts: list[Act], history: History, shared: set[int]) -> None:
        self.history, self.shared = history, shared
        self.listed = {act.key for act in acts}
        self.drafts = {
            (kind, row.public_id): row.version
            for kind, model in KINDS.items()
            for row in model.objects.filter(state__in=OPEN).only("public_id", "version")
        }
        self.digests: dict[str, set[str]] = defaultdict(set)
        for (public_id, _), digest in published_digests().items():
            self.digests[public_id].add(digest)
        self.changes: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in history.changes.values():
            self.changes[change.kind, change.public_id].append(change)

    def lacks(self, act: Act) -> bool:
        """Return whether the database has no such version."""
        return act.key not in self.history.changes

    def reason_against(self, act: Act) -> str:
        """Return why an act cannot be published; empty if it can, or is here already."""
        change = self.history.changes.get(act.key)
        if change is not None:
            if change.revision_id in self.shared or self.says(act):
                return ""
            return (
                f"This database published another version {act.version} of it in revision "
                f"{change.revision_id}."
            )
        if act.rests_on:
            return f"It names {act.rests_on}, which is held back."
        if act.action == Action.WITHDRAWN:
            return self.reason_against_withdrawal(act)
        if draft := self.drafts.get((act.kind, act.public_id)):
            return (
                f"Somebody is working on this record in the database (draft v{draft}): publish "
                f"or discard that first."
            )
        for own in self.unlisted(act):
            if act.revision and own.action == Action.WITHDRAWN:
                return f"This database withdrew the record in revision {own.revision_id}."
        return ""

    def reason_against_withdrawal(self, act: Act) -> str:
        if newer := [own.version for own in self.unlisted(act) if own.version > act.version]:
            return f"This database has a version {max(newer)} of its own."
        if act.kind == Statement.KIND and act.revision:
            resting = [
                public_id
                for public_id in cited_by(act.public_id)
                if not self.is_changed_by_files(public_id, act.at)
            ]
            if resting:
                return f"Records of this database rest on it: {', '.join(resting[:5])}."
        return ""

    def unlisted(self, act: Act) -> Iterable[Change]:
        """Yield the changes of the same record, party or item that the files lack."""
        for change in self.changes[act.kind, act.public_id]:
            if key_of(change) not in self.listed:
                yield change

    def is_changed_by_files(self, public_id: str, at: int) -> bool:
        """Return whether an entry that the files have decides what is in force of a record."""
        for kind in KINDS:
            if last := self.history.last(kind, public_id, at):
                return (kind, public_id, last.version, last.withdrawn) in self.listed
        return False

    def says(self, act: Act) -> bool:
        """Return whether a version of the database says what the act says. So an entry is here
        once somebody has changed the own version accordingly."""
        if act.action == Action.WITHDRAWN or not act.sound:
            return True
        if act.record is not None:
            return act.record.content_digest() in self.digests[act.public_id]
        content = comparable(act.content)
        return any(
            comparable(change.content or {}) == content
            for change in self.changes[act.kind, act.public_id]
        )


def published_digests() -> dict[tuple[str, int], str]:
    """Return (id, version) → digest, of every published version."""
    return {
        (public_id, version): digest
        for model in KINDS.values()
        for public_id, version, digest in model.objects.filter(
            published_in__isnull=False
        ).values_list("public_id", "version", "digest")
    }


def comparable(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a party or item without what is empty, its customs codes in order: a
    field that was added since is absent from what was published before."""
    content = {name: value for name, value in content.items() if value not in (None, "", [])}
    if "hs_codes" not in content:
        return content
    return content | {"hs_codes": layout.by_edition(content["hs_codes"])}
