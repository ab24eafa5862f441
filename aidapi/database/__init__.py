"""Database backends that note how each commit ended, for those who wait for it, and whether a
deadline was what closed a connection."""

from typing import Any

from django.db import InterfaceError, OperationalError


class CommitNotes:
    """Mixin of a connection: how many commits succeeded, how many ended otherwise, and why it was
    closed."""

    committed = 0
    unconfirmed = 0
    """Commits that are valid here, and that the synchronous standby has not confirmed."""
    unknown = 0
    """Commits during which the connection was lost: they are valid, or they are not."""
    cancelled = False
    """Whether it was closed because a deadline cancelled its statement, and the server still had
    it."""

    def _commit(self: Any) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # of Django's backend
        except (OperationalError, InterfaceError):
            if self.is_lost():
                self.unknown += 1
            raise
        self.committed += 1

    def is_superseded(self) -> bool:
        """Return whether the server was the primary, and another is now."""
        return False

    def is_lost(self) -> bool:
        """Return whether the server closed the connection."""
        return False
