"""Connections of a lease's holder, whose transactions count only while the lease is held.

What belongs here: asking for the lease at the end of each transaction, however long it took. What does not: leases
(`leases`), and what is written.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.pq import TransactionStatus

from assets.database import DatabaseFailed, DatabaseUnreachable

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg import Transaction

    from assets.database import Database
    from assets.leases import Lease


class Leased(Connection[Any]):
    """A connection on which the last statement of each transaction asks for the lease.

    As the first it would lock the lease's row, and keep the heartbeat from renewing it, for as long as a file is read.

    Attributes:
        lease: What its transactions are written under.
    """

    lease: Lease

    @contextlib.contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - psycopg's own
    ) -> Generator[Transaction, None, None]:
        """Begin a transaction, or a savepoint of one, as psycopg does.

        Raises:
            LeaseLost: When another run has taken the lease; nothing of the transaction is there.
        """
        outermost = self.info.transaction_status is TransactionStatus.IDLE
        with super().transaction(savepoint_name, force_rollback) as transaction:
            if outermost:
                self.execute("SELECT set_config('application_name', %s, TRUE)", [self.lease.session])
            yield transaction
            if outermost:
                self.lease.require(self)


@contextlib.contextmanager
def connect(database: Database, lease: Lease) -> Generator[Leased, None, None]:
    """Open a connection of a lease's holder, as `Database.connect` opens others.

    Raises:
        LeaseLost: When another run has taken the lease, and with it ended what was open here.
    """
    try:
        with database.connect_as(Leased) as connection:
            connection.lease = lease
            yield connection
    except (DatabaseUnreachable, DatabaseFailed):
        # As ended, or as in the way of who took over: what is to be said is that somebody did.
        if not lease.holds():
            with database.connect() as connection, connection.transaction():
                lease.require(connection)
        raise
