"""Changes from one version's document to the next, as `/versions/` lists them."""

from typing import Any

from records.content.diff import diff

SKIPPED = {"id", "kind", "version", "published_in", "page"}


def differences(before: dict[str, Any] | None, after: dict[str, Any]) -> list[dict[str, Any]]:
    """Return `[{field, before, after}]`; the first version has none."""
    if before is None:
        return []
    return [
        {"field": change.path, "before": change.before, "after": change.after}
        for change in diff(_said(before), _said(after))
    ]


def _said(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in SKIPPED}
