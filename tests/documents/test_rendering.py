"""Compiled serializers give what the serializers give."""

from typing import Any

import pytest

from records.documents.compiled import compiled
from records.documents.render import SERIALIZERS
from records.index.samples import samples
from records.models import KINDS
from tests.support.thoroughness import scaled


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_rendered_as_their_serializer_does(kind: str) -> None:
    serializer: Any = SERIALIZERS[kind]()

    for sample in samples(kind):
        assert compiled(serializer)(sample) == serializer.to_representation(sample)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_the_dataset_is_rendered_as_the_serializers_do(dataset: None, kind: str) -> None:
    serializer: Any = SERIALIZERS[kind]()
    model: Any = KINDS[kind]
    rows = model.objects.filter(published_in__isnull=False).prefetch_related(*model.ROWS)

    found = list(rows.order_by("pk")[: scaled(60)])

    assert found
    for record in found:
        assert compiled(serializer)(record) == serializer.to_representation(record)
