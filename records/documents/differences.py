"""What changed from one version's document to the next, field by field, for people to read."""

from collections import Counter
from typing import Any

SKIPPED = {"id", "kind", "version", "published_in", "page"}


def differences(before: dict[str, Any] | None, after: dict[str, Any]) -> list[dict[str, Any]]:
    """`[{field, before, after}]`; the first version has none.

    Members of a list are paired by what they are about, so that a moved figure is no change:
    `figures[quantity surgical-mask piece single].value`; contradicting reports of one thing by
    the statement that each rests on.
    """
    if before is None:
        return []
    found: list[dict[str, Any]] = []
    _compare("", before, after, found)
    return found


def _compare(path: str, before: Any, after: Any, found: list[dict[str, Any]]) -> None:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            if path or name not in SKIPPED:
                inner = f"{path}.{name}" if path else name
                _compare(inner, before.get(name), after.get(name), found)
    elif isinstance(before, list) and isinstance(after, list) and _members(before + after):
        rivals = _repeated(before) | _repeated(after)
        old, new = _named(before, rivals), _named(after, rivals)
        for name in [*old, *(name for name in new if name not in old)]:
            _compare(f"{path}[{name}]", old.get(name), new.get(name), found)
    else:
        found.append({"field": path, "before": before, "after": after})


def _members(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _repeated(members: list[dict[str, Any]]) -> set[str]:
    """Names that several members have."""
    return {name for name, n in Counter(map(_name, members)).items() if n > 1}


def _named(members: list[dict[str, Any]], rivals: set[str]) -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = {}
    for member in members:
        name = _name(member)
        if name in rivals and "evidence" in member:
            name = f"{name} by {member['evidence']['statement']}"
        if name in named:
            # Of two versions of one statement: told apart somehow, for none may be lost.
            name = f"{name} #{len(named) + 1}"
        named[name] = member
    return named


def _name(member: dict[str, Any]) -> str:
    if "measure" in member:
        about = (
            "measure",
            "item",
            "unit",
            "currency",
            "party_type",
            "party_role",
            "basis",
        )
        return " ".join(member[key] for key in about if member[key])
    if "type" in member and "id" in member:
        return f"{member['type']} {member['id']}"
    return str(member.get("code") or member.get("id"))
