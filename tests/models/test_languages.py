"""Language tags of statements, as curators enter them."""

import pytest
from django.core.exceptions import ValidationError

from records.models import Statement

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("zh-cn", "zh-CN"),
        ("ZH-HANT", "zh-Hant"),
        ("sr-cyrl", "sr-Cyrl"),
        ("pt-419", "pt-419"),
        ("iw", "he"),
    ],
)
def test_an_existing_tag_is_kept_in_canonical_form(tag: str, right: str) -> None:
    statement = Statement(language=tag)

    statement.clean()

    assert statement.language == right


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("english", "Write en."),
        ("German", "Write de."),
        ("cn", "Write zh."),
        ("jp", "Write ja."),
        ("ua", "Write uk."),
        ("en_US", "Write en-US."),
        ("xx", "Write one such as en"),
        ("en--us", "Write one such as en"),
        ("?", "Write one such as en"),
    ],
)
def test_others_are_refused_with_what_is_right(tag: str, hint: str) -> None:
    with pytest.raises(ValidationError, match="is no language tag") as refusal:
        Statement(language=tag).clean()

    assert hint in str(refusal.value)
