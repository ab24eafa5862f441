"""Names of parties and items: as they are now, and as they were at a revision."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping

from records.index.search import Names
from records.models import Change, DatedRecord, Item, Party, Record, VocabularyEntry

VOCABULARY: tuple[type[VocabularyEntry], ...] = (Party, Item)
Key = tuple[str, str]
"""(`party` or `item`, code)."""
Name = tuple[str, list[str]]
"""Name and other names."""


def current_names() -> Names:
    """Return the names of every party and item; two queries."""
    return {
        (model.KIND, code): (name, aliases)
        for model in VOCABULARY
        for code, name, aliases in model.objects.values_list("code", "name", "aliases")
    }


def names_in(record: Record) -> Names:
    """Return the names of the parties and items of a record, which was read with them."""
    if not isinstance(record, DatedRecord):
        return {}
    named: list[VocabularyEntry] = [row.party for row in record.rows_of("parties")]
    named += [row.item for row in record.ordered_figures() if row.item_id]
    return {(one.KIND, one.code): (one.name, one.aliases) for one in named}


class NameHistory:
    """Names of every party and item since the first revision, read from the changes."""

    def __init__(self) -> None:
        self.current = current_names()
        self.edits: dict[Key, list[tuple[int, Name]]] = defaultdict(list)
        edits = Change.objects.filter(
            kind__in=[model.KIND for model in VOCABULARY], content__isnull=False
        ).order_by("revision_id", "position")
        columns = ("revision_id", "kind", "public_id", "content")
        for revision, kind, code, content in edits.values_list(*columns).iterator():
            self.edits[kind, code].append((revision, (content["name"], content["aliases"])))

    def at(self, revision: int) -> "NamesAt":
        """Return the names as they were once the revision was published."""
        return NamesAt(self, revision)


class NamesAt(Mapping[Key, Name]):
    """Names of parties and items at one revision."""

    def __init__(self, history: NameHistory, revision: int) -> None:
        self.history = history
        self.revision = revision

    def __getitem__(self, key: Key) -> Name:
        edits = self.history.edits.get(key)
        if not edits:
            return self.history.current[key]
        place = bisect_right(edits, self.revision, key=lambda edit: edit[0])
        # What was named before its first edit has the name which that edit gave it.
        return edits[max(place - 1, 0)][1]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.history.current)

    def __len__(self) -> int:
        return len(self.history.current)
