"""Page of an item: what was given, exported and ordered of it, and its place in the tree."""

from typing import Any

from records.models import Item
from records.site.charts.parameters import RESOURCES
from records.site.profiles.recent import recent
from records.site.profiles.sections import chart_of, record_query, section

Json = dict[str, Any]

HEADINGS = {"donation": "Given", "export": "Exported", "contract": "Ordered"}


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
    codes = [f"{one.code} ({one.get_edition_display()})" for one in item.hs_codes.all()]
    if codes:
        found.append(("Customs codes", ", ".join(codes), ""))
    if item.aliases:
        found.append(("Also called", "; ".join(item.aliases), ""))
    replaced = list(item.replaces.order_by("code").values_list("code", flat=True))
    if replaced:
        found.append(("Also entered as", ", ".join(replaced), ""))
    return found
