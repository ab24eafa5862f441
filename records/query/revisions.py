"""Which revision a request shows, and by which records two revisions differ."""

from typing import Any, NamedTuple

from django.db.models import Q

from aidapi import replicas
from aidapi.errors import Problem
from records.models import RevisionCounter
from records.query.ids import id_list


def unknown_revision(requested: int, latest: int, advice: str = "") -> Problem:
    """Return the error for a revision that does not exist."""
    return Problem(
        404,
        "unknown_revision",
        "No such revision",
        f"There is no revision {requested}; the latest is {latest}.{advice}"
        if latest
        else "Nothing has been published yet.",
    )


def shown_revision(requested: int | None, latest: int, since: int | None = None) -> int:
    """Return the requested revision's number, by default the latest. Every view that shows the
    dataset asks here, with the latest number of the database that serves it, and the revision
    after which the client wants what is new.

    A client that follows has that revision from here. One that does not exist is of another copy
    of the dataset, or of this one before it was restored: an empty list would let the client wait
    and then miss what is published under the numbers that it has."""
    replicas.check(requested, latest)
    if requested is not None and requested > latest:
        raise unknown_revision(requested, latest)
    if since is not None and since > latest:
        replicas.check(since, latest)
        raise unknown_revision(
            since,
            latest,
            " `changed_since` must not be above it. If you have it from here, the dataset was "
            "restored: read it anew.",
        )
    return latest if requested is None else requested


def latest_revision() -> int:
    """Return the latest revision's number; one query."""
    return shown_revision(None, RevisionCounter.number())


class Difference(NamedTuple):
    """The records of one kind of which two revisions have different versions, or one has none."""

    ids: frozenset[str]
    before: list[int]
    """Keys of their versions in force at the first of the revisions."""
    after: list[int]
    """Keys of their versions in force at the second."""

    def and_users(
        self, model: Any, revision: int, parties: list[str], items: list[str]
    ) -> "Difference":
        """Return the same with the records in force at the second revision that name one of the
        codes."""
        rows = model.child("parties").objects
        naming = rows.filter(Q(party__in=parties) | Q(country__in=parties)).values("record")
        under = model.child("figure_items").objects.filter(item__in=items).values("record")
        records = in_force(model, revision).filter(Q(pk__in=naming) | Q(pk__in=under))
        found = dict(records.order_by().values_list("pk", "public_id"))
        after = sorted({*self.after, *found})
        return Difference(self.ids | frozenset(found.values()), self.before, after)


def difference(model: Any, before: int, after: int) -> Difference:
    """Return by which records of a kind two revisions differ; either may be the earlier."""
    first, last = sorted((before, after))
    came = Q(published_in__gt=first, published_in__lte=last)
    went = Q(retired_in__gt=first, retired_in__lte=last)
    rows = list(
        model.objects.filter(came | went).values_list(
            "pk", "public_id", "published_in", "retired_in"
        )
    )

    def at(revision: int) -> list[int]:
        return [
            key
            for key, _, begun, ended in rows
            if begun <= revision and (ended is None or ended > revision)
        ]

    return Difference(frozenset(row[1] for row in rows), at(before), at(after))


def in_force(model: Any, revision: int, keys: list[int] | None = None) -> Any:
    """Return the versions in force at a revision, or those of them with some keys."""
    records = model.objects.in_force(revision)
    return records if keys is None else records.filter(pk__in=id_list(keys))
