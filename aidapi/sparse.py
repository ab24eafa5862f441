"""`fields` and `omit`: documents with only, or without, the fields that a client names."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from rest_framework import serializers

from aidapi.errors import ParameterError, nearest

Tree = dict[str, "Tree"]


@cache
def field_tree(serializer_class: type[serializers.BaseSerializer]) -> Tree:
    """The names of a document's fields, nested as the document is."""
    return _tree(serializer_class())


def _tree(serializer: Any) -> Tree:
    serializer = getattr(serializer, "child", serializer)
    if not isinstance(serializer, serializers.Serializer):
        return {}
    return {name: _tree(field) for name, field in serializer.fields.items()}


def dotted(tree: Tree, prefix: str = "") -> list[str]:
    """All paths of the tree, as parameters name them."""
    paths = []
    for name, inner in tree.items():
        paths.append(prefix + name)
        paths += dotted(inner, f"{prefix}{name}.")
    return paths


def path_errors(parameter: str, paths: Iterable[str], tree: Tree) -> list[ParameterError]:
    paths = list(paths)
    known = dotted(tree) if paths else []
    errors = []
    for path in paths:
        if path not in known:
            suggestion = nearest(path, known)
            hint = f" Did you mean `{suggestion}`?" if suggestion else ""
            errors.append(
                ParameterError(
                    parameter,
                    "unknown_field",
                    f"`{path[:60]}` is no field.{hint} Fields are: {', '.join(tree)}; those "
                    f"inside them are named with a dot.",
                    suggestion,
                )
            )
    return errors


def _nest(paths: Iterable[str]) -> dict[str, Any]:
    """Paths as a tree; a whole branch stands as True."""
    tree: dict[str, Any] = {}
    for path in sorted(paths, key=lambda path: path.count(".")):
        at = tree
        *around, last = path.split(".")
        for name in around:
            at = at.setdefault(name, {})
            if at is True:
                break
        else:
            at[last] = True
    return tree


def thin(document: Any, fields: Iterable[str], omit: Iterable[str]) -> Any:
    """The document with only `fields` (all if there are none), then without `omit`."""
    fields, omit = list(fields), list(omit)
    if fields:
        document = _keep(document, _nest(fields))
    return _drop(document, _nest(omit)) if omit else document


def _keep(document: Any, tree: Any) -> Any:
    if tree is True or document is None:
        return document
    if isinstance(document, list):
        return [_keep(part, tree) for part in document]
    return {name: _keep(value, tree[name]) for name, value in document.items() if name in tree}


def _drop(document: Any, tree: dict[str, Any]) -> Any:
    if isinstance(document, list):
        return [_drop(part, tree) for part in document]
    if document is None:
        return None
    return {
        name: _drop(value, tree[name]) if name in tree else value
        for name, value in document.items()
        if tree.get(name) is not True
    }
