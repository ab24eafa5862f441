"""Page of an item: what was given, exported and ordered of it, and its place in the tree."""

from typing import Any

from records.models import HSCode, Item
from records.site.charts.parameters import RESOURCES
from records.site.profiles.recent import recent
from records.site.profiles.sections import chart_of, record_query, section

Json = dict[str, Any]

HEADINGS = {"donation": "Given", "export": "Exported", "contract": "Ordered"}
UNCHECKED_CODES = (
    "A curator matched the customs codes; they were not checked against a list of the World "
    "Customs Organization."
)


def item_profile(item: Item, revision: int) -> Json:
    """Return what the page of an item shows."""
    sections = [
        found
        for kind, heading in HEADINGS.items()
        if (found := section(heading, kind, {"item": item.code}))
    ]
    return {
        "facts": item_facts(item),
        "path": path_to(item),
        "children": list(item.children.order_by("name_key")),
        "sections": sections,
        "chart": chart_of(sections),
        "recent": recent({kind: record_query(kind, {"item": item.code}) for kind in RESOURCES}),
    }


def code_in_words(code: HSCode) -> str:
    """Return a customs code with its edition and how sure its assignment is."""
    by_curator = code.assigned_by == HSCode.AssignedBy.CURATOR
    sure = f"{code.get_confidence_display()} confidence" if by_curator else "named by a source"
    return f"{code.code} ({code.get_edition_display()}, {sure})"


def path_to(item: Item) -> list[Item]:
    """Return the items above an item, the root first; two queries."""
    codes = item.lineage()[:0:-1]
    found = Item.objects.in_bulk(codes)
    return [found[code] for code in codes]


def item_facts(item: Item) -> list[tuple[str, str, str]]:
    """Return name, value and address of what is known of an item."""
    found = []
    if item.description:
        found.append(("What it is", item.description, ""))
    if item.default_unit:
        found.append(("Usual unit", item.default_unit, ""))
    codes = list(item.hs_codes.all())
    if codes:
        found.append(("Customs codes", ", ".join(map(code_in_words, codes)), ""))
        if any(one.assigned_by == HSCode.AssignedBy.CURATOR for one in codes):
            found.append(("Unchecked", UNCHECKED_CODES, ""))
    if item.aliases:
        found.append(("Also called", "; ".join(item.aliases), ""))
    replaced = list(item.replaces.order_by("code").values_list("code", flat=True))
    if replaced:
        found.append(("Also entered as", ", ".join(replaced), ""))
    return found
