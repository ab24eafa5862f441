"""Rules about records beside each other, and about what no record uses."""

from collections.abc import Iterator

from records.curation.dataset_check.findings import Finding
from records.curation.dataset_check.rows import FigureRow, Published
from records.models import LinkType, PartyType, Rank


def duplicate_undecided(published: Published) -> Iterator[Finding]:
    """Yield pairs of records that may report one event, and about which nobody has decided."""
    for pair in published.pairs:
        yield Finding(
            "duplicate-undecided",
            f"{pair.one} {pair.other}",
            "; ".join(pair.reasons),
            "a link that says how they relate, or a decision that they are two",
            (pair.one, pair.other),
        )


def contradiction_unranked(published: Published) -> Iterator[Finding]:
    """Yield records that contradict each other while figures of both count, neither ranked above
    the other."""
    known = {record.id: record for record in published.records}
    for record in published.records:
        for kind, target in record.links:
            other = known.get(target)
            if kind != LinkType.CONTRADICTS or other is None:
                continue
            both = [
                (one, another)
                for one in record.figures
                for another in other.figures
                if is_unranked(one)
                and is_unranked(another)
                and same_thing(published, one, another)
            ]
            if both:
                one, another = both[0]
                yield Finding(
                    "contradiction-unranked",
                    f"{record.id} {other.id}",
                    f"{one.number()} and {another.number()}",
                    "one of them not countable, or ranked, with a reason",
                    (one.statement, another.statement),
                )


def is_unranked(figure: FigureRow) -> bool:
    return figure.countable and figure.rank == Rank.NORMAL


def same_thing(published: Published, one: FigureRow, other: FigureRow) -> bool:
    """Whether two figures measure the same, one item perhaps below the other."""
    return one.measure == other.measure and (
        one.item in published.lineage(other.item)
        or other.item in published.lineage(one.item)
        or one.item == other.item
    )


def statement_unused(published: Published) -> Iterator[Finding]:
    """Yield statements on which nothing rests, that are linked with none, and that have no topic
    for what they say beyond transfers."""
    used = {id for record in published.records for id in record.statements()}
    used |= {id for row in published.statements.values() for id in row.linked}
    for row in published.statements.values():
        if row.id not in used and not row.linked and not row.topics:
            yield Finding(
                "statement-unused",
                row.id,
                row.publisher,
                "a record that rests on it, a link or a topic",
                (row.id,),
            )


def party_unused(published: Published) -> Iterator[Finding]:
    """Yield parties that no record has in a role, and that no statement is of. Countries are
    excepted: all are in the vocabulary."""
    used = {
        code
        for record in published.records
        for code in (*record.givers, *record.receivers, *record.others)
    }
    heard = {
        name for row in published.statements.values() for name in (row.publisher, row.organisation)
    }
    for row in published.parties.values():
        if row.code not in used and row.type != PartyType.COUNTRY and not heard & set(row.names):
            yield Finding(
                "party-unused",
                f"party {row.code}",
                next(iter(row.names), ""),
                "a record in which it has a role, or a statement of it",
            )


def item_unused(published: Published) -> Iterator[Finding]:
    """Yield items of which no record has a figure, nor of any below or above them but the root:
    a whole branch that nobody needed."""
    used = {
        code
        for record in published.records
        for figure in record.figures
        for code in published.lineage(figure.item)
    }
    for row in published.items.values():
        above = published.lineage(row.code)[1:-1]
        if row.code not in used and not used & set(above):
            yield Finding(
                "item-unused",
                f"item {row.code}",
                next(iter(row.names), ""),
                "a figure of it, or of an item below or above it",
            )
