"""The figures of a whole statement: each with its place in the text, what the words around it say,
the parties and dates of its sentence, and what is not understood. Counts of cases, days, ages,
articles and telephone numbers are none."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from records.curation.statement_reader.figures import SENTENCE_ENDS, Proposal, Reader
from records.curation.statement_reader.known import Known
from records.models import Measure, Unit
from records.models.evidence import MAX_QUOTE_LENGTH, length_problem
from records.models.quotes import letters_of
from records.models.reading import Phrases, dates_in, folded, tokens

MOST = 500
"""Figures of one text; a text with more is a table."""
LARGE = 1000
"""A number from which on it is a figure although nothing says what it counts."""
LINE = re.compile(r"[^\n\r\u2028\u2029]+")


@dataclass
class Candidate:
    """A figure that a text seems to have."""

    start: int
    end: int
    """Place of its quote in the text, in characters."""
    fields: dict[str, str]
    doubts: list[str]
    notes: list[str]
    parties: list[str] = field(default_factory=list)
    """Codes of the parties that its sentence names, in their order."""
    dates: list[str] = field(default_factory=list)


@dataclass
class Folded:
    """A folded text, and the place of each of its characters in the text."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, words: str, start: int = 0) -> "Folded":
        """From words that begin at a place of the text."""
        plain: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for first, last in letters_of(words):
            letter = fold_letter(words[first:last])
            if letter == " " and plain[-1:] in ([], [" "]):
                continue
            plain += letter
            starts += [start + first] * len(letter)
            ends += [start + last] * len(letter)
        if plain[-1:] == [" "]:
            del plain[-1], starts[-1], ends[-1]
        return cls("".join(plain), starts, ends)


@lru_cache(maxsize=10_000)
def fold_letter(letter: str) -> str:
    """Return a letter with its accents as it is in folded texts."""
    return " " if letter.isspace() else folded(letter)


def party_names(rows: Iterable[tuple[str, str, list[str]]]) -> Phrases:
    """Return a table of the names of parties, from (code, name, aliases) of each. Names of one or
    two letters are left out, since they are words."""
    names = Phrases()
    for code, name, aliases in rows:
        for one in (name, *aliases):
            if len(one) > 2 or not one.isascii():
                names.add([folded(one)], code, keep=True)
    return names


def candidates(
    text: str,
    known: Known,
    language: str = "en",
    role: str = "",
    parties: Phrases | None = None,
) -> list[Candidate]:
    """Return the figures of a text, in their order."""
    found: list[Candidate] = []
    for line in LINE.finditer(text):
        part = Folded.of(line[0], line.start())
        if part.text:
            found += line_candidates(part, text, Reader(part.text, known, language, role), parties)
        if len(found) >= MOST:
            break
    return found[:MOST]


def line_candidates(
    part: Folded, text: str, reader: Reader, parties: Phrases | None
) -> Iterator[Candidate]:
    for proposal in reader.proposals():
        if not is_figure(proposal, reader):
            continue
        start, end = part.starts[proposal.start], part.ends[proposal.end - 1]
        quote = text[start:end]
        if len(quote) > MAX_QUOTE_LENGTH or length_problem(quote):
            number = proposal.number
            start, end = part.starts[number.start], part.ends[number.end - 1]
        first, last = sentence(part.text, proposal.start, proposal.end)
        around = part.text[first:last]
        yield Candidate(
            start,
            end,
            proposal.fields,
            proposal.doubts,
            proposal.notes,
            list(named(around, parties)) if parties else [],
            [str(date) for date in dates_in(around)],
        )


def is_figure(proposal: Proposal, reader: Reader) -> bool:
    """Whether a number of a text is a figure of aid."""
    fields = proposal.fields
    if not proposal.is_aid or fields.get("value") == "0":
        return False
    if fields["measure"] != Measure.QUANTITY:
        return True
    unit, item = fields.get("unit", ""), fields.get("item", "")
    elsewhere = any("elsewhere" in doubt for doubt in proposal.doubts)
    if item and not elsewhere:
        return True
    if unit in (Unit.PERSON, Unit.HOUR) and not item:
        return False
    if unit and (not elsewhere or item):
        return bool(unit) and not (elsewhere and proposal.number.value < 2)
    large = proposal.number.value >= LARGE and not is_year(proposal)
    return large and bool(reader.items)


def is_year(proposal: Proposal) -> bool:
    number = proposal.number
    return number.end - number.start == 4 and 1900 <= number.value <= 2100


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the place of the sentence around a place of a folded text."""
    first = max((text.rfind(sign + " ", 0, start) + 1 for sign in ".!?;"), default=0)
    first = max(first, *(text.rfind(sign, 0, start) + 1 for sign in SENTENCE_ENDS - set(".!?;")))
    stops = [at for sign in ".!?;" if (at := text.find(sign + " ", end)) >= 0]
    stops += [at for sign in SENTENCE_ENDS - set(".!?;") if (at := text.find(sign, end)) >= 0]
    return first, min(stops, default=len(text))


def named(text: str, parties: Phrases) -> Iterator[str]:
    """Yield the codes of the parties that a folded text names, each once."""
    words = tokens(text)
    seen = set()
    at = 0
    while at < len(words):
        name = parties.at(words, at)
        if name and name[1] not in seen:
            seen.add(name[1])
            yield name[1]
        at = name[0] if name else at + 1
