"""Publishes statements without end, and prints each revision once it is acknowledged.

    DATABASE_URL=… python drills/publisher.py [--records 1] [--revisions N]

A line is the revision's number, the time, and the ids of what it published, with their digests.
"""

import argparse
import datetime
import itertools
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--records", type=int, default=1, help="records of each revision")
    parser.add_argument("--revisions", type=int, default=0, help="revisions; 0 for no end")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    publish(options.records, options.revisions)


def publish(records: int, revisions: int = 0) -> None:
    """Publish; by one person what another submitted."""
    from django.contrib.auth.models import User

    from records.publishing import approve, submit

    editor, _ = User.objects.get_or_create(username="drill-editor")
    reviewer, _ = User.objects.get_or_create(username="drill-reviewer")
    for number in itertools.islice(itertools.count(), revisions or None):
        drafts = [draft(f"{os.getpid()}-{number}-{place}") for place in range(records)]
        for one in drafts:
            submit(one, by=editor)
        revision = approve(drafts, by=reviewer, message="Publishes what two people agreed on.")
        for one in drafts:
            one.refresh_from_db()
        acknowledged = " ".join(f"{one.public_id}:{one.digest}" for one in drafts)
        os.write(1, f"{revision.number} {time.time():.3f} {acknowledged}\n".encode())


def draft(name: str) -> Any:
    """Return a new draft of a statement."""
    from records.models import Statement

    return Statement.objects.create(
        title=f"Statement {name} about masks",
        publisher="Ministry of Foreign Affairs",
        language="en",
        url=f"https://example.org/statements/{name}",
        published_on=datetime.date(2020, 4, 10),
        accessed_on=datetime.date(2026, 5, 3),
        summary="China sends masks.",
    )


if __name__ == "__main__":
    main()
