"""What a server reads before the first request."""

from records.models import DATED, KINDS, RevisionCounter
from records.query.countries import codes_by_name
from records.query.coverage import counts_at
from records.query.totals import prepared_at


def load() -> None:
    """Read what answers about a whole revision need of the latest, and the names of countries."""
    revision = RevisionCounter.number()
    for kind, model in KINDS.items():
        counts_at(kind, model, revision)
    for model in DATED.values():
        prepared_at(model, revision)
    codes_by_name()
