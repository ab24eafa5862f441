"""PostgreSQL as Django has it, with notes of commits, and a limit to how long one waits.

A COMMIT that waits for a synchronous standby ends by no timeout of PostgreSQL: the transaction is
valid already, but neither visible nor known to the client. A cancellation ends the wait, with a
warning, and the commit is then as valid as any.
"""

from typing import Any

import structlog
from django.conf import settings
from django.db.backends.postgresql import base

from aidapi.database import CommitNotes
from aidapi.deadlines import ANSWER_SECONDS, limited, watch

log = structlog.get_logger("aidapi.database")

WAIT_FUNCTION = "SyncRepWaitForLSN"
"""PostgreSQL's function that waits for standbys; it warns when a wait was cut short. The words of
the warning depend on the server's language."""


class DatabaseWrapper(CommitNotes, base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.add_notice_handler(self.note_notice)
        return connection

    def note_notice(self, notice: Any) -> None:
        if notice.source_function == WAIT_FUNCTION:
            self.unconfirmed += 1
            watch.extend(self, ANSWER_SECONDS)
            log.warning("Committed, but the synchronous standby has not confirmed it.")

    def _commit(self) -> None:
        # The deadline of the request must neither cut it short nor leave no time for the answer.
        watch.extend(self, settings.COMMIT_SECONDS + ANSWER_SECONDS)
        with limited(settings.COMMIT_SECONDS, self):
            super()._commit()

    def is_lost(self) -> bool:
        return self.connection is None or self.connection.closed
