"""Sparse documents: `fields` keeps only the named fields, `omit` removes them."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
from rest_framework import serializers

from aidapi.errors import ParameterError, nearest

Tree = dict[str, "Tree"]


@cache
def field_tree(serializer_class: type[serializers.BaseSerializer]) -> Tree:
    """Return the names of a document's fields, nested like the document."""
    return _tree(serializer_class())


def _tree(serializer: Any) -> Tree:
    serializer = getattr(serializer, "child", serializer)
    if not isinstance(serializer, serializers.Serializer):
        return {}
    return {name: _tree(field) for name, field in serializer.fields.items()}


def dotted(tree: Tree, prefix: str = "") -> list[str]:
    """Return all paths of the tree, in dotted form."""
    paths = []
    for name, inner in tree.items():
        paths.append(prefix + name)
        paths += dotted(inner, f"{prefix}{name}.")
    return paths


def path_errors(parameter: str, paths: Iterable[str], tree: Tree) -> list[ParameterError]:
    """Return an error for each path that is not in the tree."""
    known = dotted(tree)
    errors = []
    for path in paths:
        if path not in known:
            suggestion = nearest(path, known)
            hint = f" Did you mean `{suggestion}`?" if suggestion else ""
            errors.append(
                ParameterError(
                    parameter,
                    "unknown_field",
                    f"Unknown field `{path[:60]}`.{hint} Valid fields: {', '.join(tree)}; write "
                    f"nested fields with a dot.",
                    suggestion,
                )
            )
    return errors


def _nest(paths: Iterable[str]) -> dict[str, Any]:
    """Return the paths as a tree in which True means a whole branch."""
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


def sparse_json(document: Any, values: dict[str, Any]) -> bytes:
    """Return the document as JSON, with the fields that the parameters ask for."""
    return orjson.dumps(thin(document, values.get("fields", ()), values.get("omit", ())))


def thin(document: Any, fields: Iterable[str], omit: Iterable[str]) -> Any:
    """Return the document with only `fields` (all if empty), then without `omit`."""
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
