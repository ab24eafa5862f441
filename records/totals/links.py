"""Links between records, through any chain: which records may be about the same goods."""

from collections import defaultdict
from collections.abc import Iterable

KEPT = 100_000
"""Most pairs of records whose relation is kept: every total of a request asks for the same."""
PART_OF = "part_of"
BY_ITEM = "by_item"
"""Related records whose figures are distinguished by item only."""
NEVER = "never"
"""Related records whose figures are never added."""
EVENT_KINDS = frozenset({"same_event_as", "funds"})
MAY_OVERLAP = "may_overlap"
NEVER_KINDS = frozenset({"contradicts", "supersedes", "amends", MAY_OVERLAP})


class Classes:
    """Records joined into events by links of some kinds."""

    def __init__(self) -> None:
        self.above: dict[str, str] = {}

    def of(self, id: str) -> str:
        """Return the id by which the record's event is known."""
        top = id
        while (next := self.above.get(top, top)) != top:
            top = next
        self.above[id] = top
        return top

    def join(self, one: str, other: str) -> None:
        """Make two events one."""
        self.above[self.of(one)] = self.of(other)


class Chains:
    """Events and what they are part of, over links of some kinds."""

    def __init__(self, links: Iterable[tuple[str, str, str]], kinds: frozenset[str]) -> None:
        self.classes = Classes()
        parts = []
        for source, kind, target in links:
            if kind == PART_OF:
                parts.append((source, target))
            elif kind in kinds:
                self.classes.join(source, target)
        self.wholes: dict[str, set[str]] = defaultdict(set)
        for part, whole in parts:
            self.wholes[self.classes.of(part)].add(whole)
        self.found: dict[str, dict[str, set[str]]] = {}

    def around(self, event: str) -> dict[str, set[str]]:
        """Return the events that one is part of, directly or not, each with the records by which
        the chains reach it."""
        if event not in self.found:
            around: dict[str, set[str]] = defaultdict(set)
            further = [event]
            while further:
                for whole in self.wholes.get(further.pop(), ()):
                    reached = self.classes.of(whole)
                    if reached not in around:
                        further.append(reached)
                    around[reached].add(whole)
            self.found[event] = dict(around)
        return self.found[event]

    def joined(self, one: str, other: str) -> bool:
        """Return whether chains join two records: one event, one in the other, or in events
        that are the same without being the same record."""
        first, second = self.classes.of(one), self.classes.of(other)
        if first == second:
            return True
        above, beside = self.around(first), self.around(second)
        if second in above or first in beside:
            return True
        # Parts of one whole are apart; parts of two reports of it may be the same part.
        return any(len(above[event] | beside[event]) > 1 for event in above.keys() & beside.keys())


class Links:
    """The links of all published records of all kinds: (source, type, target) by public id."""

    def __init__(self, links: Iterable[tuple[str, str, str]] = ()) -> None:
        listed = list(links)
        self.linked = {id for source, _, target in listed for id in (source, target)}
        """Records with any link, in either direction."""
        self.islands = Classes()
        for source, _, target in listed:
            self.islands.join(source, target)
        self.events = Chains(listed, EVENT_KINDS)
        self.certain = Chains(listed, (EVENT_KINDS | NEVER_KINDS) - {MAY_OVERLAP})
        self.all = Chains(listed, EVENT_KINDS | NEVER_KINDS)
        self.opposed = {
            frozenset((self.events.classes.of(source), self.events.classes.of(target)))
            for source, kind, target in listed
            if kind in NEVER_KINDS
        }
        self.known: dict[tuple[str, str], str] = {}

    def relation(self, one: str, other: str) -> str:
        """Return how two records are related: `by_item`, `never` or "" for not at all."""
        if one == other:
            return BY_ITEM
        if one not in self.linked or other not in self.linked:
            return ""
        found = self.known.get((one, other))
        if found is None:
            if len(self.known) >= KEPT:
                self.known.clear()
            found = self.known[one, other] = self.find_relation(one, other)
        return found

    def find_relation(self, one: str, other: str) -> str:
        """Return how two linked records are related, following the links."""
        events = self.events.classes
        if frozenset((events.of(one), events.of(other))) in self.opposed:
            return NEVER
        if self.events.joined(one, other):
            return BY_ITEM
        return NEVER if self.all.joined(one, other) else ""

    def island(self, id: str) -> str:
        """Return the id by which all records that links join in any way are known: records of
        different islands are not related."""
        return self.islands.of(id)

    def surely_joined(self, one: str, other: str) -> bool:
        """Return whether two records are related by more than that they may overlap."""
        return self.certain.joined(one, other)

    def is_part(self, part: str, whole: str) -> bool:
        """Return whether a record is surely part of another, through any chain."""
        chains = self.certain
        return chains.classes.of(whole) in chains.around(chains.classes.of(part))
