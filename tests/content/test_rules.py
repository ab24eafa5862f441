"""CHECKs that the database evaluates at once judge every row as Django judges it by each."""

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from records.content.rules import check_rules, rules
from records.models import Evidence, Record, VocabularyEntry
from tests.support.thoroughness import THOROUGH, scaled

pytestmark = pytest.mark.django_db

MODELS = [
    model
    for model in apps.get_app_config("records").get_models()
    if issubclass(model, Record | VocabularyEntry | Evidence) and rules(model)
]


def drawn(rng: Random, field: models.Field) -> Any:
    """Return a value that a row may have in a column, fit or not."""
    choices: list[Any] = [None, field.get_default()]
    choices += [value for value, _ in field.flatchoices][:6]
    match field:
        case models.DecimalField():
            choices += [Decimal(0), Decimal("1.5"), Decimal(10), Decimal(9), Decimal(-1)]
        case models.IntegerField() | models.ForeignKey():
            choices += [0, 1, 2, 10, -1]
        case models.DateField():
            choices += [date(2020, 3, 1), date(2019, 12, 31), date(2021, 1, 1)]
        case models.BooleanField():
            choices += [True, False]
        case _:
            choices += ["", "USD", "a text"]
    return rng.choice(choices)


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_all_rules_at_once_judge_as_each_does(model: Any) -> None:
    rng = Random(model.__name__)
    verdicts = set()
    usual = {field: field.get_default() for field in model._meta.concrete_fields}
    for _ in range(scaled(60)):
        row = model()
        for field, value in usual.items():
            if not field.is_relation or value is None or rng.random() < 0.5:
                new = drawn(rng, field) if rng.random() < 0.5 else value
                setattr(row, field.attname, new)
        expected = set()
        for rule in rules(model):
            try:
                rule.validate(model, row)
            except ValidationError as error:
                expected |= set(error.messages)

        try:
            check_rules(row)
            found = set()
        except ValidationError as error:
            found = set(error.messages)

        assert found == expected, {f.name: getattr(row, f.attname) for f in usual}
        verdicts.add(bool(found))
        if not found:
            usual = {field: getattr(row, field.attname) for field in usual}
    assert True in verdicts or not THOROUGH
