"""Connecting to PostgreSQL, and the lock that keeps two runs off one contractor.

What belongs here: how the product connects, whatever it connects for. What does not: statements of a concept (its
`store`).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from psycopg import Connection

CONNECT_SECONDS = 10
LOCK_SECONDS = 60


class DatabaseUnreachable(PipelineError):
    """PostgreSQL does not answer."""


class ContractorBusy(PipelineError):
    """Another run works for this contractor."""


@dataclass(frozen=True)
class Database:
    """The product's database.

    Args:
        url: A `postgresql://` URL; shown nowhere, because it holds the password.
    """

    url: str = field(repr=False)

    @contextlib.contextmanager
    def connect(self) -> Generator[Connection[Any], None, None]:
        """Open a connection in autocommit mode; transactions are opened where they are meant, with `transaction()`.

        Nothing outlives a transaction on the server (prepared statements, settings), so that pgBouncer in transaction
        mode is as good as a direct connection.

        Raises:
            DatabaseUnreachable: With the server's reason, without the URL.
        """
        try:
            connection = psycopg.connect(
                self.url, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_SECONDS,
                application_name="mep-pipeline",
            )  # fmt: skip
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise DatabaseUnreachable(f"PostgreSQL does not answer ({reason}): check DATABASE_URL.") from None
        with connection:
            yield connection

    @contextlib.contextmanager
    def contractor_lock(self, contractor_id: UUID) -> Generator[None, None, None]:
        """Hold a contractor for this run alone; the lock falls with the connection, so a dead run holds nothing.

        The lock is a transaction's, on a connection of its own: it writes nothing, so it holds up no vacuum.

        Raises:
            ContractorBusy: When another run holds it for longer than a minute.
        """
        with self.connect() as connection, connection.transaction():
            connection.execute(
                """
                SELECT set_config('lock_timeout', %s, TRUE),
                       set_config('idle_in_transaction_session_timeout', '0', TRUE)
                """,
                [f"{LOCK_SECONDS}s"],
            )
            try:
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mep:{contractor_id}"])
            except psycopg.errors.LockNotAvailable:
                raise ContractorBusy(
                    "Another run is working for this contractor: wait for it to end, then run this again."
                ) from None
            yield
