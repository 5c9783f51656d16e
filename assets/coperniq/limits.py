"""The limits of an API key: requests a second and requests in a day.

What belongs here: whose turn it is, and how many turns are left. What does not: HTTP (`wire`), how long something will
take (`plan`), and what to do when the day is used up (`deliver`).
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString, Protocol

import psycopg

from assets.database import Database, foreseen
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

POOL = "coperniq"
"""Dagster's pool of steps that ask Coperniq: so many at once are enough for what a key is allowed; `dagster.yaml` says
how many."""
LATE_SECONDS = 0.025
"""A request that would leave this long after its turn takes another: it could be one too many of a later second."""
FORGOTTEN_SECONDS = 60.0
"""A turn that was missed by more has to be counted again: the day that it counts for ends too early."""
MISSABLE = 4
"""Turns in a row that a request may take: on a machine that cannot keep any, it leaves late rather than never."""

# Whatever the server's default: who waited for another's turn has to see it. A crash of PostgreSQL forgets no turn of a
# request whose outcome is committed, because that commit is durable and comes later: those on the wire at most.
_BEGIN: LiteralString = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO off; "


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key is allowed; 0 is no limit.

    Attributes:
        per_second: Requests in any second.
        per_day: Requests in any 24 hours.
        left_today: How many of them are left now; 0 without a limit.
        free_at: When one is free again, where none is left.
    """

    per_second: int = 0
    per_day: int = 0
    left_today: int = 0
    free_at: datetime | None = None

    def until(self, requests: int, now: datetime) -> datetime | None:
        """Say until when so many requests take because a day has too few; None where it has enough."""
        if not self.per_day or requests <= self.left_today:
            return None
        days = math.ceil((requests - self.left_today) / self.per_day)
        return (self.free_at or now + timedelta(days=1)) + timedelta(days=days - 1)


class Limits(Protocol):
    """Limits that all users of a key keep together. For several threads at once."""

    def take(self) -> datetime | None:
        """Take one request's turn, waiting until it comes.

        Returns:
            None when the request may leave now. When the day's requests are used up: the time at which one is free
            again; nothing was taken.
        """
        ...

    def allowance(self) -> Allowance:
        """Return what the key is allowed, and what of it is left."""
        ...


class Unlimited:
    """No limits."""

    def take(self) -> datetime | None:
        """Let every request leave at once."""
        return None

    def allowance(self) -> Allowance:
        """Return that there is no limit."""
        return Allowance()


@dataclass(slots=True, eq=False)
class _Turn:
    """A thread's turn, once it is settled; `leave` and `missed` are times of the process's own clock."""

    settled: bool = False
    leave: float = 0.0
    missed: float = math.inf
    free: datetime | None = None
    error: PipelineError | None = None


@dataclass
class KeyLimits:
    """Limits that all processes keep that use a key and a database, whatever machine they run on.

    PostgreSQL's clock decides. Threads that ask while another one talks to PostgreSQL share the next statement, so the
    one connection is not what limits them. A process that dies loses the turns that its threads were waiting for.

    Args:
        database: Where turns are counted.
        key: The API key; what is stored is its SHA-256.
        per_second: Requests in any second; 0 is no limit.
        per_day: Requests in any 24 hours; 0 is no limit. Without any limit, PostgreSQL is not asked.
        sleep: Waits for seconds.
        clock: Seconds that never go back.
    """

    database: Database
    key: str = field(repr=False)
    per_second: int
    per_day: int
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _connected: ExitStack = field(default_factory=ExitStack, init=False, repr=False)
    _connection: Connection[Any] | None = field(default=None, init=False, repr=False)
    _talking: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _joining: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _asking: dict[int, list[_Turn]] = field(default_factory=dict[int, list[_Turn]], init=False, repr=False)
    _trip: float = field(default=math.inf, init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive what the key is called in the database; the connection is made when it is needed."""
        self._key_hash = hashlib.sha256(self.key.encode()).hexdigest()

    def close(self) -> None:
        """Close the connection."""
        with self._talking:
            self._disconnect()

    def take(self) -> datetime | None:
        """Take one request's turn, waiting until it comes; see `Limits`.

        Raises:
            DatabaseUnreachable: When PostgreSQL is away: without it nobody knows whose turn it is.
        """
        if not self.per_second and not self.per_day:
            return None
        per_day = self.per_day
        for _ in range(MISSABLE):
            turn = self._turn(per_day)
            if turn.free is not None:
                return turn.free
            if (wait := turn.leave - self.clock()) > 0:
                self.sleep(wait)
            late = self.clock() - turn.missed
            if late <= 0:
                break
            per_day = self.per_day if late > FORGOTTEN_SECONDS else 0
        return None

    def allowance(self) -> Allowance:
        """Return what the key is allowed, and what of it is left."""
        if not self.per_day:
            return Allowance(self.per_second)
        with self._talking:
            left, free = self._ask("SELECT * FROM api_requests_left(%s, %s)", [self._key_hash, self.per_day])
        return Allowance(self.per_second, self.per_day, left, free and free.astimezone(UTC))

    def _turn(self, per_day: int) -> _Turn:
        mine = _Turn()
        with self._joining:
            self._asking.setdefault(per_day, []).append(mine)
        with self._talking:
            if not mine.settled:
                with self._joining:
                    asked = self._asking.pop(per_day, [])
                if mine not in asked:  # The thread that was to ask for it was interrupted.
                    asked.append(mine)
                self._settle(asked, per_day)
        if mine.error is not None:
            raise mine.error
        return mine

    def _settle(self, asked: list[_Turn], per_day: int) -> None:
        """Take as many turns as were asked for, in one statement, and say to each when it is."""
        try:
            self._connect()
            began = self.clock()
            turns, free, from_arrival, from_return, spacing = self._ask(
                "SELECT * FROM take_api_turns(%s, %s, %s, %s)",
                [self._key_hash, len(asked), self.per_second, per_day],
            )
            ended = self.clock()
        except PipelineError as error:
            for turn in asked:
                turn.settled, turn.error = True, error
            return
        # What the way to PostgreSQL and back always takes is no lateness: it is the same for every turn.
        self._trip = max(0.0, min(self._trip, ended - began - (from_arrival - from_return)))
        for number, turn in enumerate(asked):
            if number >= turns:
                turn.free = free.astimezone(UTC)
            else:
                turn.leave = ended + from_return + number * spacing
                if spacing:
                    turn.missed = began + self._trip + from_arrival + number * spacing + LATE_SECONDS
            turn.settled = True

    def _ask(self, query: LiteralString, parameters: list[Any]) -> tuple[Any, ...]:
        """Run a statement in a transaction of its own, in one round trip; give its one row."""
        try:
            with psycopg.ClientCursor(self._connect()) as cursor:
                cursor.execute(_BEGIN + query + "; COMMIT", parameters)
                cursor.nextset()
                cursor.nextset()
                (row,) = cursor.fetchall()
        except BaseException as error:
            self._disconnect()
            if isinstance(error, psycopg.Error):
                raise foreseen(error) from None
            raise
        return row

    def _connect(self) -> Connection[Any]:
        if self._connection is None:
            self._connection = self._connected.enter_context(self.database.connect())
        return self._connection

    def _disconnect(self) -> None:
        self._connection = None
        with suppress(PipelineError):
            self._connected.close()
