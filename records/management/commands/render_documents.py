"""Render the stored documents anew after a change of the serializers."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Q
from tqdm import tqdm

from records.documents.models import RecordDocument
from records.documents.render import write_document
from records.models import KINDS, DatedRecord

CHUNK = 500
"""Documents rendered in one transaction."""


class Command(BaseCommand):
    help = (
        "Renders the documents of published versions whose format is older than the present "
        "one. A version whose content is not what its document was rendered from is reported "
        "and left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="Render every document.")

    def handle(self, *args: Any, **options: Any) -> None:
        due = {
            model: list(outdated(model, everything=options["all"]).values_list("pk", flat=True))
            for model in KINDS.values()
        }
        rendered, differing = 0, []
        total = sum(map(len, due.values()))
        with tqdm(total=total, desc="Rendering", unit="document", disable=None) as bar:
            for model, keys in due.items():
                for start in range(0, len(keys), CHUNK):
                    with transaction.atomic():
                        for record in records(model, keys[start : start + CHUNK]):
                            if record.content_digest() == record.document.content_digest:
                                write_document(record)
                                rendered += 1
                            else:
                                differing.append(record)
                            bar.update()
        for record in differing:
            self.stderr.write(
                f"{record.public_id} v{record.version}: its content is not what the document was "
                f"rendered from; left as it is."
            )
        self.stdout.write(f"Rendered {rendered} documents; {len(differing)} left as they are.")


def outdated(model: Any, *, everything: bool) -> Any:
    """Versions whose document is to be rendered anew."""
    older = Q() if everything else Q(document__format__lt=RecordDocument.FORMAT)
    return model.objects.filter(older, document__isnull=False).order_by("pk")


def records(model: Any, keys: list[int]) -> Iterator[Any]:
    """The versions with all that a document reads."""
    related = ["links"]
    if issubclass(model, DatedRecord):
        related += ["parties", "figures__statement"]
    yield from (
        model.objects.filter(pk__in=keys).select_related("document").prefetch_related(*related)
    )
