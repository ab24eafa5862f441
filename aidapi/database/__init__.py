"""Database backends that note how each commit ended, for those who wait for it."""

from typing import Any

from django.db import InterfaceError, OperationalError


class CommitNotes:
    """Mixin of a connection: how many commits succeeded, and how many ended otherwise."""

    committed = 0
    unconfirmed = 0
    """Commits that are valid here, and that the synchronous standby has not confirmed."""
    unknown = 0
    """Commits during which the connection was lost: they are valid, or they are not."""

    def _commit(self: Any) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # of Django's backend
        except (OperationalError, InterfaceError):
            if self.is_lost():
                self.unknown += 1
            raise
        self.committed += 1

    def is_lost(self) -> bool:
        """Return whether the server closed the connection."""
        return False
