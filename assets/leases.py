"""Leases: which run works for a contractor, and how a run that lost its lease is kept from doing harm.

What belongs here: taking, keeping and giving back a lease, and the two questions that its holder asks: inside a
transaction, whether its writes still count; before a request leaves, whether it still may. What does not: connections
that ask by themselves (`leased`), and the work.

A lease is a row, not a lock of the server, so it holds through pgBouncer in transaction mode and for several machines.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from assets import interrupts
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from psycopg import Connection

    from assets.database import Database

LEASE_SECONDS = 10.0
"""A run that dies holds its contractor for so long."""
WAIT_SECONDS = 60.0
"""How long a run waits for another's lease."""
POLL_SECONDS = 0.2


class ContractorBusy(PipelineError):
    """Another run works for this contractor."""


class LeaseLost(PipelineError):
    """Another run took the contractor over, because this one was silent for too long."""


def since_boot() -> float:
    """Return seconds by a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Lease:
    """A contractor held for this run alone. For several threads at once, each with a connection of its own.

    Args:
        contractor_id: Who is held.
        token: The holder's; grows with every taking.
        seconds: How long the lease lasts without being renewed.
        deadline: By `since_boot`: until then nobody else can have taken it.
    """

    contractor_id: UUID
    token: int
    seconds: float
    deadline: float

    def holds(self) -> bool:
        """Say, without asking the database, whether nobody else can have taken the lease yet."""
        return since_boot() < self.deadline

    def require(self, conn: Connection[Any]) -> None:
        """Make sure that what this transaction writes is the holder's: nobody takes the lease before it ends.

        Raises:
            LeaseLost: When another run has taken it; the transaction is to write nothing.
        """
        # A process that is stopped in the middle must not keep the row, and so the contractor, for ever.
        row = conn.execute(
            """
            SELECT set_config('idle_in_transaction_session_timeout', %s, TRUE) FROM contractor_leases
            WHERE contractor_config_id = %s AND token = %s FOR NO KEY UPDATE
            """,
            [f"{self.seconds}s", self.contractor_id, self.token],
        ).fetchone()
        if row is None:
            raise LeaseLost(
                "Another run took over this contractor, because this one was silent for too long: this one has written "
                "nothing since, and the other goes on."
            )

    @property
    def session(self) -> str:
        """What its holder's transactions are called in PostgreSQL, where they may be open for long."""
        return f"{_sessions(self.contractor_id)}{self.token}"

    def renew(self, conn: Connection[Any]) -> None:
        """Hold on for another term.

        Args:
            conn: In autocommit mode: the new term counts from its commit.

        Raises:
            LeaseLost: When another run has taken the lease.
        """
        began = since_boot()
        with conn.transaction():
            self.require(conn)
            conn.execute(
                """
                UPDATE contractor_leases SET expires_at = clock_timestamp() + make_interval(secs => %s)
                WHERE contractor_config_id = %s
                """,
                [self.seconds, self.contractor_id],
            )
        self.deadline = began + self.seconds

    def give_back(self, conn: Connection[Any]) -> None:
        """Let the next run have the contractor at once; nothing happens where another has it already."""
        self.deadline = 0.0
        conn.execute(
            """
            UPDATE contractor_leases SET token = token + 1, expires_at = '-infinity'
            WHERE contractor_config_id = %s AND token = %s
            """,
            [self.contractor_id, self.token],
        )

    def resume_at(self, conn: Connection[Any], moment: datetime | None) -> None:
        """Write when what waits may be sent again; None for now. Call it in a transaction that holds the contractor."""
        conn.execute(
            """
            UPDATE contractor_leases SET resumes_at = %(moment)s
            WHERE contractor_config_id = %(contractor)s AND resumes_at IS DISTINCT FROM %(moment)s
            """,
            {"moment": moment, "contractor": self.contractor_id},
        )


def resumes_at(conn: Connection[Any], contractor_id: UUID) -> datetime | None:
    """Return until when a contractor's records wait; None where they wait for no time that is still to come."""
    row = conn.execute(
        "SELECT resumes_at FROM contractor_leases WHERE contractor_config_id = %s AND resumes_at > now()",
        [contractor_id],
    ).fetchone()
    return None if row is None else row[0]


def by_run(run_id: str) -> str:
    """Name a run of Dagster's, wherever it is written who did something."""
    return f"mep-pipeline run {run_id[:8]}"


def overdue(conn: Connection[Any]) -> dict[str, float]:
    """Say for how many seconds the leases are over that were not given back, by who took them; less than 0: not yet.

    Whoever is not here holds no contractor: gave it back, lost it to another, or has not had it.
    """
    rows = conn.execute(
        """
        SELECT taken_by, min(extract(EPOCH FROM clock_timestamp() - expires_at))::FLOAT8
        FROM contractor_leases WHERE expires_at > '-infinity' GROUP BY taken_by
        """
    ).fetchall()
    return dict(rows)


def in_words(moment: datetime) -> str:
    """Say until when something waits: the minute by which it is over, in UTC, with the date where that is far."""
    up = moment.astimezone(UTC) + timedelta(seconds=59)
    return f"{up:%H:%M} UTC" if up < datetime.now(UTC) + timedelta(days=1) else f"{up:%Y-%m-%d %H:%M} UTC"


def take(conn: Connection[Any], contractor_id: UUID, by: str, seconds: float = LEASE_SECONDS) -> Lease | None:
    """Take a contractor's lease, where nobody's is alive; None where one is.

    What a former holder still has open is ended: it could hold up its successor for ever, as a machine does that lost
    its network in the middle of a transaction.
    """
    began = since_boot()
    with conn.transaction():
        conn.execute(
            "INSERT INTO contractor_leases (contractor_config_id) VALUES (%s) ON CONFLICT DO NOTHING", [contractor_id]
        )
        # Whoever has the row locked is at work.
        row = conn.execute(
            """
            UPDATE contractor_leases AS l
            SET token = l.token + 1, expires_at = clock_timestamp() + make_interval(secs => %s), taken_by = %s,
                taken_at = clock_timestamp()
            FROM (
                SELECT contractor_config_id, expires_at > '-infinity' AS was_held FROM contractor_leases
                WHERE contractor_config_id = %s AND expires_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
            ) AS free
            WHERE l.contractor_config_id = free.contractor_config_id
            RETURNING l.token, free.was_held
            """,
            [seconds, by, contractor_id],
        ).fetchone()
    if row is None:
        return None
    token, was_held = row
    if was_held:
        conn.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND starts_with(application_name, %s)
            """,
            [_sessions(contractor_id)],
        )
    return Lease(contractor_id, token, seconds, began + seconds)


def _sessions(contractor_id: UUID) -> str:
    """Begin the name of what holders of a contractor have open, whichever of them."""
    return f"mep {contractor_id} "


@contextlib.contextmanager
def held(
    database: Database, contractor_id: UUID, by: str, seconds: float = LEASE_SECONDS, wait: float = WAIT_SECONDS
) -> Generator[Lease, None, None]:
    """Hold a contractor for this run alone, for as long as it takes; no interrupt gets lost meanwhile.

    Args:
        database: The product's.
        contractor_id: Whom to hold.
        by: The run, for people.
        seconds: The lease's term; a thread renews it well before its end.
        wait: How long to wait for another run.

    Raises:
        ContractorBusy: When another run holds the contractor for longer than that.
    """
    lease = _waited_for(database, contractor_id, by, seconds, wait)
    try:
        with interrupts.remembered(), _Heartbeat(database, lease):
            yield lease
    finally:
        # A lease that cannot be given back now ends by itself.
        with contextlib.suppress(PipelineError), database.connect() as conn:
            lease.give_back(conn)


def _waited_for(database: Database, contractor_id: UUID, by: str, seconds: float, wait: float) -> Lease:
    until = since_boot() + wait
    with database.connect() as conn:
        while (lease := take(conn, contractor_id, by, seconds)) is None:
            if since_boot() >= until:
                raise ContractorBusy(
                    "Another run is working for this contractor: wait for it to end, then run this again."
                )
            time.sleep(POLL_SECONDS)
    return lease


@dataclass
class _Heartbeat:
    """Renews a lease from a thread, on a connection of its own each time: an idle one may be cut off unnoticed."""

    database: Database
    lease: Lease
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self.lease.seconds / 4):
            try:
                with self.database.connect() as conn:
                    self.lease.renew(conn)
            except LeaseLost:
                return
            except PipelineError:
                # The database may be back at the next beat; until then the deadline keeps requests from leaving.
                continue
