"""What a database holds after a fault, compared with what was acknowledged."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


@dataclass
class State:
    """What a site has; read by a process of its own."""

    revision: int
    revisions: int
    """Number of its revisions; the same unless one is missing."""
    digests: dict[str, str]
    """Id of each statement → the digest of its latest published version."""
    torn: list[str]
    """Versions whose content, document or change is not what they should be."""
    guards: dict[str, str]
    """Triggers that do not guard."""

    def lost(self, known: dict[int, "Acknowledged"], until: int) -> int:
        """Return how many acknowledged records of revisions up to one are missing."""
        return sum(
            self.digests.get(public_id) != digest
            for number, revision in known.items()
            if number <= until
            for public_id, digest in revision.records.items()
        )


@dataclass
class Acknowledged:
    """A revision of which a publisher knows that it is published."""

    time: float
    records: dict[str, str]
    """Id → digest."""


def acknowledged(lines: str) -> dict[int, Acknowledged]:
    """Read what a publisher printed: number → revision. The last line may be half."""
    found = {}
    for line in lines.splitlines(keepends=True):
        number, *rest = line.split()
        if line.endswith("\n"):
            records = dict(record.split(":") for record in rest[1:])
            found[int(number)] = Acknowledged(float(rest[0]), records)
    return found


def main() -> None:
    """Print the state of the database as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    print(json.dumps(state()))  # noqa: T201


def state() -> dict[str, object]:
    from django.db import connection

    from records.index.search_index import mismatched
    from records.models import KINDS, Change, Revision, RevisionCounter, Statement
    from records.publishing import triggers

    torn = []
    for kind, model in KINDS.items():
        changed = set(
            Change.objects.filter(kind=kind)
            .exclude(action="withdrawn")
            .values_list("public_id", "version")
        )
        published = model.objects.filter(published_in__isnull=False)
        there = set(published.values_list("public_id", "version"))
        torn += [f"{public_id} v{version}" for public_id, version in changed ^ there]
        torn += [
            str(record)
            for record in published.select_related("document").iterator()
            if record.document.content_digest != record.digest
        ]
    torn += mismatched()
    return {
        "revision": RevisionCounter.number(),
        "revisions": Revision.objects.count(),
        "digests": dict(
            Statement.objects.filter(published_in__isnull=False)
            .order_by("version")
            .values_list("public_id", "digest")
        ),
        "torn": torn,
        "guards": triggers.faults(connection),
    }


if __name__ == "__main__":
    main()
