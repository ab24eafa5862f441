"""PostgreSQL as Django has it, with notes of commits, and a limit to how long one waits.

A COMMIT that waits for a synchronous standby ends by no timeout of PostgreSQL: the transaction is
valid already, but neither visible nor known to the client. A cancellation ends the wait, with a
warning, and the commit is then as valid as any.
"""

import contextlib
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from aidapi.database import CommitNotes
from aidapi.database.postgresql.fencing import (
    SUPERSEDED,
    Place,
    each_host,
    place_of,
    timelines,
)
from aidapi.database.postgresql.pooling import REFUSED, refuse_pooler
from aidapi.deadlines import ANSWER_SECONDS, limited, watch

log = structlog.get_logger("aidapi.database")

WAIT_FUNCTION = "SyncRepWaitForLSN"
"""PostgreSQL's function that waits for standbys; it warns when a wait was cut short. The words of
the warning depend on the server's language."""


class DatabaseWrapper(CommitNotes, base.DatabaseWrapper):
    place: Place | None = None
    """Where the server is in the history of its cluster, if it is one of several."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        hosts = each_host(conn_params)
        if settings.READING or len(hosts) == 1:
            return self.connect_to(conn_params)
        for params in hosts[:-1]:
            with contextlib.suppress(psycopg.OperationalError, OperationalError):
                return self.connect_as_primary(params)
        return self.connect_as_primary(hosts[-1])

    def connect_as_primary(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection, unless to a primary that was superseded."""
        connection = self.connect_to(conn_params)
        self.place = place_of(connection)
        if timelines.is_superseded(self.place):
            connection.close()
            raise OperationalError(SUPERSEDED)
        if self.place is not None:
            timelines.note(self.place)
        return connection

    def connect_to(self, conn_params: dict[str, Any]) -> Any:
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            if "unsupported startup parameter" in str(error):
                raise psycopg.OperationalError(REFUSED) from error
            raise
        try:
            refuse_pooler(connection)
        except OperationalError:
            connection.close()
            raise
        connection.add_notice_handler(self.note_notice)
        return connection

    def note_notice(self, notice: Any) -> None:
        if notice.source_function == WAIT_FUNCTION:
            self.unconfirmed += 1
            watch.extend(self, ANSWER_SECONDS)
            log.warning("Committed, but the synchronous standby has not confirmed it.")

    def _commit(self) -> None:
        self.check_deferred()
        # The deadline of the request must neither cut it short nor leave no time for the answer.
        watch.extend(self, settings.COMMIT_SECONDS + ANSWER_SECONDS)
        with limited(settings.COMMIT_SECONDS, self):
            super()._commit()

    def check_deferred(self) -> None:
        """Check what constraints leave to the commit. Of a million rows it takes long, and has the
        time of any statement of the request or command: what is then left of the commit is the
        wait for disk and standby."""
        database = self.connection
        if database is not None and database.info.transaction_status == TransactionStatus.INTRANS:
            with self.wrap_database_errors:
                database.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def is_superseded(self) -> bool:
        if not timelines.is_superseded(self.place):
            return False
        # The next request opens another connection.
        self.close_at = 0
        return True

    def is_lost(self) -> bool:
        return self.connection is None or self.connection.closed
