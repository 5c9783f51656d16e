"""Connecting to PostgreSQL, and saying its errors in one line.

What belongs here: how the product connects, whatever it connects for. What does not: statements of a concept (its
`store`).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import Connection, IsolationLevel

from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Generator

CONNECT_SECONDS = 10
Kind = TypeVar("Kind", bound=Connection[Any])


class DatabaseUnreachable(PipelineError):
    """PostgreSQL does not answer."""


class DatabaseFailed(PipelineError):
    """PostgreSQL refused an operation that was not expected to fail. Never holds a row's values."""


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

        Raises what `connect_as` does.
        """
        with self.connect_as(Connection[Any]) as connection:
            yield connection

    @contextlib.contextmanager
    def connect_as(self, kind: type[Kind]) -> Generator[Kind, None, None]:
        """Open a connection of a kind of its own, in autocommit mode.

        Nothing outlives a transaction on the server (prepared statements, settings), so that pgBouncer in transaction
        mode is as good as a direct connection.

        Raises:
            DatabaseUnreachable: With the server's reason, without the URL; also when the connection is lost on the way.
            DatabaseFailed: For an error of the server that nobody handled.
        """
        try:
            # While a large file is read, two connections say nothing: firewalls forget such within minutes, and the
            # system's own keepalives begin after hours.
            connection = kind.connect(
                self.url, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_SECONDS,
                application_name="mep-pipeline", keepalives_idle=60, keepalives_interval=15, keepalives_count=4,
            )  # fmt: skip
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise DatabaseUnreachable(f"PostgreSQL does not answer ({reason}): check DATABASE_URL.") from None
        # Whatever the server's default: what another connection committed meanwhile is to be seen.
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            with connection:
                yield connection
        except psycopg.Error as error:
            raise foreseen(error) from None


def foreseen(error: psycopg.Error) -> PipelineError:
    """Say a PostgreSQL error in one line, without the values of a row, which its detail and context hold."""
    state = error.sqlstate or ""
    # Without a code the connection broke; 08 is a lost connection, 57P a server that shuts down or comes up.
    if not state or state.startswith(("08", "57P")):
        return DatabaseUnreachable("PostgreSQL went away: run the same command again to go on.")
    if state.startswith("53"):
        said = error.diag.message_primary or type(error).__name__
        return DatabaseFailed(
            f"PostgreSQL ran out of disk, memory or connections ({state}): {said}. "
            "Make room, then run the same command again to go on."
        )
    # A data exception (22) quotes the value that it is about.
    said = type(error).__name__ if state.startswith("22") else error.diag.message_primary or type(error).__name__
    return DatabaseFailed(f"PostgreSQL refused an operation ({state}): {said.rstrip('.')}. Nothing of it was kept.")
