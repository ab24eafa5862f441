"""What a query is to find, reported plainly: every parameter as a test of a record's document.

Slow and without any index, this is the meaning that the API's queries are held to.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from records.index.synonyms import GROUPS, forms
from records.models import KINDS
from records.models.regions import REGION_SLUGS, REGIONS
from records.totals.figures import Figure
from tests.support.dates import days
from tests.support.histories import History, Version
from tests.support.history_figures import figures, links, records_in_total
from tests.support.proven_minimum import FIRST, LOWEST, proves

Document = dict[str, Any]
Query = dict[str, str]
"""Parameters as a client writes them."""

NOT_A_FILTER = {
    "count",
    "cursor",
    "fields",
    "format",
    "omit",
    "ordering",
    "page_size",
    "raw",
    "revision",
    "rows",
}


AS_OF = ("as_of_from", "as_of_to")
REACHED = ("milestone", "reached_from", "reached_to")


PLAIN = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
PLAIN |= {"ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ٱ": "ا", "ـ": "", "\u200c": "", "٬": ","}
PLAIN |= {
    digit: str(n) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for n, digit in enumerate(digits)
}
"""Letters without a decomposition, and Arabic ones that are written for one another, that the
histories and queries of the tests have."""


def bare(text: str | None) -> str:
    """Without case and accents."""
    parts = unicodedata.normalize("NFKD", (text or "").casefold())
    letters = "".join(PLAIN.get(c, c) for c in parts if not unicodedata.combining(c))
    return " ".join(letters.split())


def any_of(wanted: str, found: Iterable[Any]) -> bool:
    return bool(set(wanted.split(",")) & set(found))


# Tests of a figure


def size(figure: Document, bound: str) -> float | None:
    return figure["value"] if figure["value"] is not None else figure[bound]


def at_least(figure: Document, number: str) -> bool:
    most = size(figure, "upper")
    return most is not None and most >= float(number)


def at_most(figure: Document, number: str) -> bool:
    least = size(figure, "lower")
    return least is not None and least <= float(number)


def under_item(figure: Document, wanted: str, version: Version) -> bool:
    return figure["item"] is not None and any_of(wanted, version.lineages[figure["item"]])


def said(column: str) -> Callable[[Document, str, Version], bool]:
    """The words of the statement that bears the figure."""

    def holds(figure: Document, wanted: str, version: Version) -> bool:
        statements = {row["id"]: row for row in version.document["statements"]}
        return bare(wanted) in bare(statements[figure["evidence"]["statement"]][column])

    return holds


def code(column: str) -> Callable[[Document, str, Version], bool]:
    return lambda figure, wanted, version: any_of(wanted, [figure[column]])


FIGURE_TESTS: dict[str, Callable[[Document, str, Version], bool]] = {
    "item": under_item,
    "measure": code("measure"),
    "basis": code("basis"),
    "operator": code("operator"),
    "unit": code("unit"),
    "currency": code("currency"),
    "party_type": code("party_type"),
    "countable": lambda figure, wanted, version: figure["countable"] == is_true(wanted),
    "value_min": lambda figure, wanted, version: at_least(figure, wanted),
    "value_max": lambda figure, wanted, version: at_most(figure, wanted),
    "statement": lambda figure, wanted, version: any_of(wanted, [figure["evidence"]["statement"]]),
    "publisher": said("publisher"),
    "speaker": said("speaker"),
    "organisation": said("organisation"),
}


# When a figure's record reached a stage

Span = tuple[date, date]


def known_days(text: str) -> Span:
    """The first and last day that a date may be."""
    first, last = days(text)
    return date.fromisoformat(first), date.fromisoformat(last)


def reached(figure: Document, version: Version, query: Query) -> bool:
    """Whether the days on which the stage may have been reached meet the period or, if that is to
    be certain, are all in it."""
    start = known_days(query.get("reached_from", "0001-01-01"))[0]
    end = known_days(query.get("reached_to", "9999-12-31"))[1]
    stage = query.get("milestone", "")
    spans = days_reached(figure, version, stage, "reached_from" in query)
    if is_true(query.get("certain", "")):
        return any(start <= first and last <= end for first, last in spans)
    return any(first <= end and last >= start for first, last in spans)


def days_reached(figure: Document, version: Version, stage: str, begun: bool) -> list[Span]:
    """The days on which a stage, or the first counted one, may have been reached."""
    kind, document = version.kind, version.document
    last = known_days(document["as_of"])[1]
    milestones = document["milestones"] if figure["basis"] == "single" else []
    if milestones:
        return days_of_milestones(kind, milestones, stage, begun)
    if stage and not proves(kind, document["stage"], stage):
        return []
    first = FIRST
    if figure["basis"] != "single" and document["period"]["start"] is not None:
        first = date.fromisoformat(document["period"]["start"])
    if figure["basis"] == "period_total" and document["period"]["end"] is not None:
        last = date.fromisoformat(document["period"]["end"])
    return [(first if stage in ("", document["stage"]) else FIRST, last)]


def days_of_milestones(
    kind: str, milestones: list[Document], stage: str, begun: bool
) -> list[Span]:
    """The same by the milestones of a record."""
    said = {row["stage"]: known_days(row["date"]) for row in milestones}
    by = {row["stage"] for row in milestones if row["dated"] == "by"}
    # An amount that grew was not all there before.
    grown = said.pop("amended", (FIRST, FIRST))[1]
    spans: dict[str, Span] = {}
    for name, (first, last) in said.items():
        starts = [FIRST if name in by else first]
        for other, (early, late) in said.items():
            if proves(kind, other, name) and late < first:
                starts.append(FIRST if other in by else early)
        spans[name] = min(starts), max(last, grown)
    if not stage:
        counted = [name for name in spans if proves(kind, name, LOWEST[kind])] or list(spans)
        firsts, lasts = ([spans[name][side] for name in counted] for side in (0, 1))
        return [(min(firsts), min(lasts))] if counted else []
    proving = [spans[name] for name in spans if proves(kind, name, stage)]
    if stage not in spans:
        return [(FIRST, last) for _, last in proving]
    return [spans[stage]] if begun else proving


# Tests of a record


def is_true(wanted: str) -> bool:
    return wanted in ("true", "True", "TRUE", "1")


def within(region: str, number: str) -> bool:
    """Whether a region is, or lies in, another."""
    while region:
        if region == number:
            return True
        region = REGIONS[region][1]
    return False


def latest(version: Version, wanted: str, others: list[Version]) -> bool:
    def later(one: str, two: str) -> bool:
        return one > two and not one.startswith(two)

    day = version.document["as_of"]
    series = version.document["series"]
    overtaken = series is not None and any(
        other.document["series"] == series
        and (
            later(other.document["as_of"], day)
            or (other.document["as_of"] == day and other.id > version.id)
        )
        for other in others
    )
    return overtaken != is_true(wanted)


def in_role(name: str, wanted: str, version: Version, roles: dict[str, str]) -> bool:
    """`donor=`, `donor_type=`, `donor_country=`, `donor_region=` and their like."""
    role, _, column = name.partition("_")
    parties = version.document[roles[role]]
    if column == "region":
        numbers = [
            REGION_SLUGS.get(region, region.removesuffix(".0").zfill(3))
            for region in wanted.split(",")
        ]
        found = [version.regions[party["code"]] for party in parties]
        return any(within(region, number) for region in found for number in numbers)
    if column:
        return any_of(wanted, (party[column] for party in parties))
    if not parties and "unknown" in wanted.split(","):
        return True
    return any_of(wanted, (party["code"] for party in parties))


# Search


def letters(text: str | None) -> list[str]:
    """The words of a text: runs of letters and digits without case and accents, thousands
    without commas; of scripts without spaces every character. Letters and digits
    are words apart."""
    plain = re.sub(r"(?<![\d.,])\d{1,3}(,\d{3})+(?![\d,])", ungrouped, bare(text))
    found, word = [], ""
    for letter in f"{plain} ":
        alone = unicodedata.name(letter, "").split(" ")[0] in ("CJK", "HIRAGANA", "KATAKANA")
        if not letter.isalnum() or alone:
            found += [word, letter if alone else ""]
            word = ""
        elif word and word[-1].isdecimal() != letter.isdecimal():
            found.append(word)
            word = letter
        else:
            word += letter
    return [word for word in found if word]


def ungrouped(number: re.Match) -> str:
    return number[0].replace(",", "")


def searched(version: Version) -> tuple[list[str | None], list[str | None]]:
    """The texts in which a search looks: those of the first tier, and the others."""
    document = version.document
    head, others = [document["title"]], [document["note"], document.get("stage")]
    codes = []
    for many in KINDS[version.kind].ROLES.values():
        head += [party["name"] for party in document[many]]
        codes += [party["code"] for party in document[many]]
    for row in (*document.get("figures", ()), *document.get("milestones", ())):
        others += [row["evidence"]["quote"], row["evidence"]["quote_translation"]]
        others.append(row.get("stage"))
    for figure in document.get("figures", ()):
        if figure["item"]:
            head.append(version.names[figure["item"]][0])
            codes.append(figure["item"])
    for code_ in codes:
        others += version.names[code_][1]
    for said_by in document.get("statements", [document]):
        others += [said_by["publisher"], said_by["speaker"]]
    return head, [*others, document.get("summary"), *document.get("topics", ())]


def has_phrase(phrase: list[str], open_end: bool, texts: list[str | None]) -> bool:
    """Whether one of the texts has the words in a row; the last may go on if the end is open."""
    for text in texts:
        found = letters(text)
        for start in range(len(found) - len(phrase) + 1):
            row = found[start : start + len(phrase)]
            last = row[-1].startswith(phrase[-1]) if open_end else row[-1] == phrase[-1]
            if row[:-1] == phrase[:-1] and last:
                return True
    return False


Phrase = tuple[list[str], bool]
"""Words in a row, and whether the last is only how it begins."""


def same(part: str, phrase: Phrase) -> list[Phrase]:
    """The phrase and, of a single word without quotation marks or star, all that mean the same."""
    (words, open_end) = phrase
    if '"' in part or open_end or len(words) != 1:
        return [phrase]
    own = forms(words[0])
    alike = [other for group in GROUPS if set(own) & set(group) for other in group]
    return [(other.split(), False) for other in [*own, *alike]]


def phrases(search: str) -> tuple[list[list[Phrase]], list[Phrase]]:
    """Alternatives of which one must be found, several times; and what must not be."""
    requested: list[list[Phrase]] = []
    excluded: list[Phrase] = []
    or_else = False
    for part in re.findall(r'[-‐−﹣－]?"[^"]*"|[^\s"]+', re.sub("[“”„‟«»＂]", '"', search)):
        phrase = letters(part), part.rstrip('" ').endswith(("*", "＊"))
        if part == "OR":
            or_else = True
        elif part[0] in "-‐−﹣－":
            excluded += same(part, phrase)
        elif phrase[0]:
            before = requested.pop() if or_else else []
            requested.append([*before, *same(part, phrase)])
            or_else = False
    return requested, excluded


def tier(version: Version, search: str) -> int:
    """1 where title and names have all that is searched for, 2 where it is anywhere, else 0."""
    head, others = searched(version)
    requested, excluded = phrases(search)
    if any(has_phrase(*phrase, head + others) for phrase in excluded):
        return 0
    for place, texts in enumerate([head, head + others], start=1):
        if all(any(has_phrase(*phrase, texts) for phrase in group) for group in requested):
            return place
    return 0


def meets(
    version: Version, name: str, wanted: str, others: list[Version], certain: bool = False
) -> bool:
    """Whether the record meets a condition that is not one on its figures."""
    document = version.document
    model = KINDS[version.kind]
    roles = model.ROLES
    if name.partition("_")[0] in roles:
        return in_role(name, wanted, version, roles)
    match name:
        case "id":
            return any_of(wanted, [version.id])
        case "search":
            return tier(version, wanted) > 0
        case "changed_since":
            return version.published_in > int(wanted)
        case "linked":
            return any_of(wanted, (link["type"] for link in document["links"]))
        case "party":
            plurals = roles.values()
            return any_of(wanted, (party["code"] for many in plurals for party in document[many]))
        case "joint":
            many = any(len(document[roles[role]]) > 1 for role in model.MAIN_ROLES)
            return many == is_true(wanted)
        case "single_source":
            rows = [*document["figures"], *document.get("milestones", ())]
            quoted = {row["evidence"]["statement"] for row in rows}
            return (len(quoted) == 1) == is_true(wanted)
        case "series":
            return document["series"] == wanted
        case "latest":
            return latest(version, wanted, others)
        case "as_of_from" | "published_from" | "said_from":
            first, last = days(document[DATES[name.removesuffix("_from")]])
            return bool(first) and (first if certain else last) >= days(wanted)[0]
        case "as_of_to" | "published_to" | "said_to":
            first, last = days(document[DATES[name.removesuffix("_to")]])
            return bool(first) and (last if certain else first) <= days(wanted)[1]
        case "publisher" | "speaker" | "organisation" | "event":
            return bare(wanted) in bare(document[name])
        case "language":
            tag = document["language"].lower()
            ranges = [one.lower() for one in wanted.split(",")]
            return any(tag == one or tag.startswith(f"{one}-") for one in ranges)
        case "topic":
            return any(bare(wanted) in bare(topic) for topic in document["topics"])
        case _:
            return any_of(wanted, [document[name]])


DATES = {"as_of": "as_of", "published": "published_on", "said": "said_on"}


def sort_key(version: Version, ordering: str, on_figures: Query) -> Any:
    """What orders a version: of the figures that are requested the largest or the smallest."""
    column = ordering.lstrip("-")
    if column != "value":
        value = version.document[column]
        return bare(value) if column == "title" else value
    sizes = [size(figure, "upper") for figure in chosen(version, on_figures)]
    known = [number for number in sizes if number is not None]
    if not known:
        return None
    return max(known) if ordering.startswith("-") else min(known)


def ordered(found: list[Version], ordering: str, on_figures: Query) -> list[Version]:
    """By the ordering, then by id; what has no value comes last, whichever way it runs."""
    descending = ordering.startswith("-")
    keys = {row.id: sort_key(row, ordering, on_figures) for row in found}
    with_value = [row for row in found if keys[row.id] is not None]
    without = [row for row in found if keys[row.id] is None]
    return [
        *sorted(with_value, key=lambda row: (keys[row.id], row.id), reverse=descending),
        *sorted(without, key=lambda row: row.id, reverse=descending),
    ]


def evaluate(history: History, kind: str, query: Query, ordering: str) -> list[Version]:
    """The versions that the query finds, in order."""
    revision = int(query["revision"]) if "revision" in query else None
    others = history.at(kind, revision)
    conditions = {name: value for name, value in query.items() if name not in NOT_A_FILTER}
    has_figures = bool(KINDS[kind].ROLES)
    on_figures = {
        name: value
        for name, value in conditions.items()
        if has_figures and name in {*FIGURE_TESTS, *REACHED}
    }
    total = conditions.pop("total", None)
    certain = is_true(conditions.pop("certain", ""))
    if total is not None:
        # Of a total the dates are those of its figures.
        conditions = {name: value for name, value in conditions.items() if name not in AS_OF}
        for name in REACHED:
            on_figures.pop(name, None)
    elif certain and on_figures.keys() & {*REACHED}:
        on_figures["certain"] = "true"
    found = [
        version
        for version in others
        if all(
            meets(version, name, value, others, certain)
            for name, value in conditions.items()
            if name not in {*on_figures, *REACHED}
        )
        and (not on_figures or chosen(version, on_figures))
    ]
    if total is not None:
        rows = figures(others, chosen_figures(found, on_figures))
        ids = records_in_total(rows, links(history, revision), kind, query, total)
        found = [version for version in found if version.id in ids]
    found = ordered(found, query.get("ordering", ordering), on_figures)
    if "search" in query and "ordering" not in query:
        found.sort(key=lambda version: tier(version, query["search"]))
    return found


def chosen(version: Version, on_figures: Query) -> list[Document]:
    """The figures that meet the conditions on figures: all of them hold for one and the same."""
    reaching = {name: value for name, value in on_figures.items() if name in REACHED}
    certain = on_figures.get("certain", "")
    return [
        figure
        for figure in version.document["figures"]
        if all(
            FIGURE_TESTS[name](figure, value, version)
            for name, value in on_figures.items()
            if name not in {*reaching, "certain"}
        )
        and (not reaching or reached(figure, version, reaching | {"certain": certain}))
    ]


def chosen_figures(found: list[Version], on_figures: Query) -> set[tuple[str, int]]:
    """The same for all the versions, by (record, number from 1)."""
    return {
        (version.id, number)
        for version in found
        for number, figure in enumerate(version.document["figures"], start=1)
        if figure in chosen(version, on_figures)
    }


def proving(
    history: History, kind: str, query: Query
) -> tuple[list[Figure], list[tuple[str, str, str]]]:
    """The figures of a kind, those chosen that the query is about, and all links."""
    revision = int(query["revision"]) if "revision" in query else None
    found = evaluate(
        history,
        kind,
        {name: value for name, value in query.items() if name not in (*AS_OF, *REACHED)},
        "id",
    )
    on_figures = {name: value for name, value in query.items() if name in FIGURE_TESTS}
    rows = figures(history.at(kind, revision), chosen_figures(found, on_figures))
    return rows, links(history, revision)
