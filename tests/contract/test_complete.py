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

from records.api import urls
from records.api.resource import Resource
from records.documents.render import SERIALIZERS
from records.models import KINDS, Record, VocabularyEntry
from tests.support import factories, routes

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
RESOURCES: dict[str, Any] = {resource.name: resource for resource in urls.RESOURCES}


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

    assert RESOURCES[noun] is vars(api)[noun.upper()], "routed, in its own module"
    assert RESOURCES[noun].model is model
    assert type(admin.site.get_model_admin(model)).__module__ == curation.__name__, "registered"
    assert (ROOT / "fixtures" / f"{noun}.yaml").is_file()
    assert any(
        factory._meta.model is model
        for factory in own_classes(factories)
        if hasattr(factory, "_meta")
    ), "has a factory"
    if issubclass(model, Record):
        assert SERIALIZERS[model.KIND] is RESOURCES[noun].serializer_class
        assert factories.RECORDS[model]._meta.model is model


def test_every_resource_is_routed() -> None:
    declared = {
        thing
        for path in sorted((ROOT / "records/api/resources").glob("[!_]*.py"))
        for thing in vars(importlib.import_module(f"records.api.resources.{path.stem}")).values()
        if isinstance(thing, Resource)
    }

    assert declared == set(urls.RESOURCES)


def test_every_registered_admin_module_is_imported() -> None:
    used = {type(curation).__name__ for curation in admin.site._registry.values()}
    for path in sorted((ROOT / "records/curation").rglob("[!_]*.py")):
        names = {
            node.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ClassDef)
            and any("register" in ast.unparse(decorator) for decorator in node.decorator_list)
        }
        assert names <= used, path


def test_every_parameter_is_documented() -> None:
    """Its meaning is a sentence, and it takes its example."""
    for path, view in routes.ROUTES.items():
        for name, parameter in view.parameters.base_filters.items():
            assert parameter.help_text.endswith("."), f"{path}?{name}"
            if name != "cursor":
                example = parameter.field.clean(parameter.field.example)
                assert example is not None, f"{path}?{name}"
