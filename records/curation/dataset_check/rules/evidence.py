"""Rules about what quotes and statements say: the item, the number, who says it."""

from collections.abc import Iterator

from records.curation.dataset_check.findings import Finding, figure_at
from records.curation.dataset_check.rows import FigureRow, Published
from records.curation.statement_reader.known import AMBIGUOUS, Known
from records.models import Measure, Operator, Unit
from records.models.reading import Phrases, Token, claims, folded, listed, merged, tokens

TELLING = frozenset({Unit.DOSE, Unit.TEST, Unit.KIT, Unit.TEAM})
"""Units whose word says what is counted: “a million doses” are of a vaccine."""


def item_not_in_quote(published: Published) -> Iterator[Finding]:
    """Yield quantities whose quote and translation name neither the item, nor one above or below
    it, nor a unit that says what it is. Supplies of all kinds (a root of the tree) are named in
    too many ways to be missed."""
    words = Words(published)
    for record in published.records:
        for figure in record.figures:
            if figure.measure != Measure.QUANTITY or not published.items_above(figure.item):
                continue
            named = words.items_named(figure)
            if words.names_item(figure, named):
                continue
            expected = f"a name of {figure.item}, or of an item above or below it"
            if named:
                expected += f"; it names {', '.join(dict.fromkeys(named))}"
            yield Finding(
                "item-not-in-quote",
                figure_at(record.id, figure.place),
                figure.quote,
                expected,
                (figure.statement,),
            )


def unit_not_in_quote(published: Published) -> Iterator[Finding]:
    """Yield quantities of items without a default unit whose unit neither quote nor translation
    names. Beside others of the same words and without a unit they would be totalled apart."""
    words = Words(published)
    for record in published.records:
        for figure in record.figures:
            item = published.items.get(figure.item)
            if not item or item.unit or not figure.unit:
                continue
            if figure.unit not in words.units_named(figure):
                yield Finding(
                    "unit-not-in-quote",
                    figure_at(record.id, figure.place),
                    figure.quote,
                    f"no unit, as {figure.item} has none by default, or a word for {figure.unit}",
                    (figure.statement,),
                )


class Words:
    """The words for items and units, in all languages of the statement reader."""

    def __init__(self, published: Published) -> None:
        rows = [row for row in published.items.values() if row.names]
        self.published = published
        self.items = Known.of(
            [(row.code, row.names[0], list(row.names[1:]), row.unit) for row in rows],
            {row.code: row.parent or None for row in rows},
        )
        self.units = Phrases()
        for word, unit in merged("units").items():
            self.units.add([word], unit)
        self.ambiguous = {word for words in AMBIGUOUS.values() for word in listed(words)}

    def items_named(self, figure: FigureRow) -> list[str]:
        """Return the items that the quote and its translation name."""
        return [mention.code for one in read(figure) for mention in self.items.mentions(one)]

    def names_item(self, figure: FigureRow, named: list[str]) -> bool:
        """Whether the words name the item of a figure, as far as words can tell."""
        line = self.published.lineage(figure.item)
        if any(code in line or figure.item in self.published.lineage(code) for code in named):
            return True
        if figure.unit == Unit.PERSON:
            # A team of seven is seven persons.
            return any(self.published.lineage(code)[-1] == line[-1] for code in named)
        texts = [token.text for one in read(figure) for token in one]
        if self.ambiguous.intersection(texts):
            # To some texts a respirator is a mask, to others a ventilator.
            names = {word for code in line for word in self.own_words(code)}
            return bool(self.ambiguous & names)
        return not named and any(
            (unit := self.units.at(one, place)) is not None and unit[1] in TELLING
            for one in read(figure)
            for place in range(len(one))
        )

    def units_named(self, figure: FigureRow) -> set[str]:
        """Return the units that the quote and its translation name. In the name of an item, kits
        are none: a test kit may be one test or a hundred."""
        named = set()
        for one in read(figure):
            names = [range(row.first, row.last) for row in self.items.mentions(one)]
            for place in range(len(one)):
                unit = self.units.at(one, place)
                in_name = any(place in name for name in names)
                if unit is not None and not (in_name and unit[1] == Unit.KIT):
                    named.add(str(unit[1]))
        return named

    def own_words(self, code: str) -> set[str]:
        """Return the single words in the names of an item."""
        item = self.published.items.get(code)
        return {
            token.text for name in (item.names if item else ()) for token in tokens(folded(name))
        }


def read(figure: FigureRow) -> list[list[Token]]:
    """Return the words of a quote and of its translation."""
    return [tokens(folded(text)) for text in (figure.quote, figure.translation) if text]


def number_not_in_quote(published: Published) -> Iterator[Finding]:
    """Yield figures whose quote has other numbers, or words of another qualifier, without a
    reason; and translations that have other numbers than the figure."""
    for record in published.records:
        for figure in record.figures:
            place = figure_at(record.id, figure.place)
            for doubt in figure.doubts:
                yield Finding(
                    "number-not-in-quote",
                    place,
                    figure.quote,
                    f"{doubt} Correct it, or give a `quote_reason`.",
                    (figure.statement,),
                )
            if is_other_number(figure):
                yield Finding(
                    "number-not-in-quote",
                    place,
                    figure.translation,
                    f"The translation has another number than {figure.number()}.",
                    (figure.statement,),
                )


def is_other_number(figure: FigureRow) -> bool:
    """Whether the translation has numbers, and none is the figure's."""
    own = {number for number in (figure.value, figure.lower, figure.upper) if number is not None}
    if not own or not figure.translation or figure.operator == Operator.UNSPECIFIED:
        return False
    said = claims(figure.translation)
    return bool(said) and not any(claim.values & own for claim in said)


def claim_without_speaker(published: Published) -> Iterator[Finding]:
    """Yield records stated by the giver or exporter itself that rest only on statements of others
    that name neither a speaker nor an organisation."""
    for record in published.records:
        if record.stated_by not in ("donor", "exporter"):
            continue
        givers = {name for code in record.givers for name in published.names_of_party(code)}
        rows = [
            published.statements[id] for id in record.statements() if id in published.statements
        ]
        if rows and not any(
            row.speaker or row.organisation or row.publisher in givers for row in rows
        ):
            publishers = ", ".join(sorted({row.publisher for row in rows}))
            yield Finding(
                "claim-without-speaker",
                record.id,
                f"stated by the {record.stated_by}",
                f"a statement that names who says so for it; they are of {publishers}",
                tuple(row.id for row in rows),
            )
