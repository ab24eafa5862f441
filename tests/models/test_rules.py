"""CHECKs that the database evaluates at once judge every row as Django judges it by each."""

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from aidapi.fields import NumberField
from records.models import DonationParty, Evidence, Party, Record, VocabularyEntry
from records.models.rules import check_rules, keeps_checks, rules
from tests.support.factories import PartyFactory
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


def verdict(validate: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        validate(*args, **kwargs)
    except ValidationError as error:
        return error.message_dict
    return None


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("model", [*MODELS, DonationParty], ids=lambda model: model.__name__)
def test_validation_judges_as_django_does(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever columns are left out, and of the rule of digits as well."""
    rng = Random(model.__name__)
    usual = {field: field.get_default() for field in model._meta.concrete_fields}
    for _ in range(scaled(60)):
        row = model()
        for field, value in usual.items():
            new = value if rng.random() < 0.5 else drawn(rng, field)
            if isinstance(field, NumberField) and not field.generated and rng.random() < 0.3:
                new = rng.choice([Decimal("0.1234567"), Decimal("12345678901.234567"), 10**15])
            setattr(row, field.attname, new)
        names = [field.name for field in usual]
        exclude = set(rng.sample(names, rng.randint(0, 3)))

        with monkeypatch.context() as patch:
            patch.setattr(model, "get_constraints", models.Model.get_constraints)
            expected = verdict(row.validate_constraints, exclude=exclude)

        assert verdict(row.validate_constraints, exclude=exclude) == expected


@pytest.mark.parametrize("value", ["no number", "1" * 400, Decimal("NaN"), 2**70, "\0"])
def test_a_value_that_is_none_of_its_column_ends_no_transaction(value: Any) -> None:
    for model in MODELS:
        for field in model._meta.concrete_fields:
            row = model()
            setattr(row, field.attname, value)

            keeps_checks(row)

        assert not Party.objects.exists()


def test_what_a_row_refers_to_is_looked_for_unless_it_was_read(
    django_assert_num_queries: Any,
) -> None:
    party = PartyFactory()
    row = DonationParty(role="donor", party=party)
    with django_assert_num_queries(0):
        row.clean_fields(exclude={"record"})

    row.party_id = "nowhere"
    with pytest.raises(ValidationError, match="nowhere"):
        row.clean_fields(exclude={"record"})

    with pytest.raises(ValidationError, match="unsaved"):
        DonationParty(role="donor", party=Party(code="unsaved")).clean_fields(exclude={"record"})
