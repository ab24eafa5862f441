"""What is wrong with the markup of a page, and no browser says."""

import re


def nested_forms(page: str) -> int:
    """Return how many forms begin inside another: browsers leave them out, and end the outer one
    where they end."""
    depth = found = 0
    for tag in re.findall(r"</?form\b", page):
        depth += -1 if tag.startswith("</") else 1
        found += depth > 1
    return found
