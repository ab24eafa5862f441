"""Nothing is forgotten. A forgotten registration would only shorten the lists over which the rest
of the contract suite runs, so this test starts from the files: every noun that a module of the
models defines is everywhere else, too."""

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin

from aidapi.parameters import Parameter
from records.api.urls import router
from records.documents.render import SERIALIZERS
from records.models import KINDS, Record, VocabularyEntry
from tests.support import factories

ROOT = Path(settings.BASE_DIR)


def nouns() -> dict[str, type[Record | VocabularyEntry]]:
    """Name of the module → its record or term, from the files of records/models."""
    found = {}
    for path in sorted((ROOT / "records/models").glob("[!_]*.py")):
        module = importlib.import_module(f"records.models.{path.stem}")
        for model in own_classes(module):
            if issubclass(model, Record | VocabularyEntry) and not model._meta.abstract:
                assert path.stem not in found, f"{path}: one noun, one module"
                found[path.stem] = model
    return found


def own_classes(module: ModuleType) -> list[Any]:
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    ]


NOUNS = nouns()
ROUTES: dict[str, Any] = {prefix: viewset for prefix, viewset, _ in router.registry}


def test_the_files_name_every_model_of_the_app() -> None:
    concrete = {
        model for model in apps.get_models() if issubclass(model, Record | VocabularyEntry)
    }

    assert set(NOUNS.values()) == concrete
    assert set(KINDS.values()) == {model for model in concrete if issubclass(model, Record)}


@pytest.mark.parametrize("noun", NOUNS)
def test_noun_is_everywhere(noun: str) -> None:
    model = NOUNS[noun]
    api = importlib.import_module(f"records.api.resources.{noun}")
    curation = importlib.import_module(f"records.curation.nouns.{noun}")

    assert ROUTES[noun].__module__ == api.__name__, "routed, in its own module"
    assert ROUTES[noun].model is model
    assert type(admin.site.get_model_admin(model)).__module__ == curation.__name__, "registered"
    assert (ROOT / "fixtures" / f"{noun}.yaml").is_file()
    assert any(
        factory._meta.model is model
        for factory in own_classes(factories)
        if hasattr(factory, "_meta")
    ), "has a factory"
    if issubclass(model, Record):
        assert SERIALIZERS[model.KIND] is ROUTES[noun].serializer_class
        assert factories.RECORDS[model]._meta.model is model


@pytest.mark.parametrize("layer", ["api", "curation"])
def test_every_viewset_and_admin_module_is_used(layer: str) -> None:
    """A module of the API that defines a viewset is routed; one of the admin that registers
    something is imported."""
    for path in sorted((ROOT / "records" / layer).rglob("[!_]*.py")):
        classes = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ClassDef)
        ]
        names = {node.name for node in classes if is_finished(node, layer)}
        if layer == "api":
            used = {viewset.__name__ for viewset in ROUTES.values()}
        else:
            used = {type(curation).__name__ for curation in admin.site._registry.values()}
        assert names <= used, path


def is_finished(node: ast.ClassDef, layer: str) -> bool:
    """A class that is meant to be routed (it has parameters) or registered (it says so)."""
    if layer == "curation":
        return any("register" in ast.unparse(decorator) for decorator in node.decorator_list)
    return any(
        isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "filterset_class"
        for statement in node.body
    )


def documented() -> list[Any]:
    """Every parameter of every endpoint."""
    found: dict[int, Any] = {}
    for prefix, viewset in ROUTES.items():
        sets = {"": viewset.filterset_class}
        sets |= {
            name.removesuffix("_parameters"): getattr(viewset, name)
            for name in dir(viewset)
            if name.endswith("_parameters")
        }
        for action, parameters in sets.items():
            for name, parameter in parameters.base_filters.items():
                found.setdefault(
                    id(parameter), pytest.param(name, parameter, id=f"{prefix}/{action}?{name}")
                )
    return list(found.values())


@pytest.mark.parametrize(("name", "parameter"), documented())
def test_every_parameter_is_documented(name: str, parameter: Parameter) -> None:
    assert parameter.help_text.endswith("."), "the meaning is a sentence"
    if name != "cursor":
        assert parameter.field.clean(parameter.field.example) is not None
