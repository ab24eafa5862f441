"""Which revision a request shows."""

from aidapi.errors import Problem


def unknown_revision(requested: int, latest: int) -> Problem:
    """Return the error for a revision that does not exist."""
    return Problem(
        404,
        "unknown_revision",
        "No such revision",
        f"There is no revision {requested}; the latest is {latest}."
        if latest
        else "Nothing has been published yet.",
    )


def shown_revision(requested: int | None, latest: int) -> int:
    """Return the requested revision's number, by default the latest."""
    if requested is None:
        return latest
    if requested > latest:
        raise unknown_revision(requested, latest)
    return requested
