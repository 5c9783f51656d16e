"""Copying judged batches into `csv_import_records`: a small file on the caller's connection, a larger one on two more.

What belongs here: COPY, the ids of the rows, and the threads that keep PostgreSQL busy on several cores while the next
batch is judged. What does not: the statements about imports (`store`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import queue
import threading
import time
from collections import deque
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl
import psycopg
from psycopg import sql

from assets import interrupts
from assets.csv_imports.judging.judge import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Self
    from uuid import UUID

    from psycopg import Connection

    Connect = Callable[[], AbstractContextManager[Connection[Any]]]

STREAMS = 2
WAITING_BATCHES = 1
LOOK_SECONDS = 0.2
END_SECONDS = 0.005
STOP_SECONDS = 10.0

# JSON is full of commas and quotes but holds no control character: between such, hardly a value needs quotes.
DELIMITER, QUOTE = "\x1f", "\x1e"
_COPY = sql.SQL(
    "COPY csv_import_records (id, csv_import_id, processed_at, {}) FROM STDIN (FORMAT csv, DELIMITER {}, QUOTE {})"
).format(sql.SQL(", ").join(map(sql.Identifier, COLUMNS)), DELIMITER, QUOTE)


class Encoder:
    """Writes the judged batches of one import as COPY takes them; the ids grow from batch to batch."""

    def __init__(self, import_id: UUID) -> None:
        """Prepare to write the rows of one import."""
        self._import_id = str(import_id)
        self._ids = TimeOrderedIds()

    def encode(self, judged: pl.DataFrame) -> memoryview:
        """Write one batch."""
        buffer = BytesIO()
        judged.select(
            self._ids.take(len(judged)).alias("id"),
            pl.lit(self._import_id).alias("import"),
            pl.lit(datetime.now(UTC).isoformat()).alias("judged"),
            *COLUMNS,
        ).write_csv(buffer, include_header=False, separator=DELIMITER, quote_char=QUOTE)
        return buffer.getbuffer()


def copy_all(conn: Connection[Any], connect: Connect | None, import_id: UUID, judged: Iterator[pl.DataFrame]) -> None:
    """Copy the judged batches of an import.

    Args:
        conn: In a transaction; a file of one batch is written in it.
        connect: Opens the connections on which several batches are written and committed; None to write them on `conn`.
        import_id: The import; nobody else may write its rows meanwhile.
        judged: Its batches. Nothing is committed unless all of them came.
    """
    # What was encoded is let go of batch by batch: memory is that of the few that are on their way.
    encoded = map(Encoder(import_id).encode, judged)
    top = deque(itertools.islice(encoded, 2))
    small = len(top) < 2
    batches = itertools.chain(_drained(top), encoded)
    if connect is None or small:
        for batch in batches:
            _copy(conn, batch)
        return
    with Streams(connect) as streams:
        for batch in batches:
            streams.put(batch)
        streams.commit()


def _drained(batches: deque[memoryview]) -> Iterator[memoryview]:
    while batches:
        yield batches.popleft()


def _copy(conn: Connection[Any], batch: memoryview) -> None:
    # The triggers of a statement see its rows as a table: one that fits into memory.
    conn.execute("SELECT set_config('work_mem', '64MB', TRUE)")
    with conn.cursor() as cursor, cursor.copy(_COPY) as copying:
        copying.write(batch)


class Streams:
    """Copies batches on connections of their own, several at once, as a `with` block.

    Each stream holds one transaction. They commit when all of them have written all they were given, and only if
    `commit` is called; whatever else happens, nothing stands. A crash between two commits leaves rows of an import that
    is not finished.
    """

    def __init__(self, connect: Connect, number: int = STREAMS) -> None:
        """Prepare that many streams."""
        self._connect = connect
        self._batches: queue.Queue[memoryview | None] = queue.Queue(WAITING_BATCHES)
        self._end = threading.Barrier(number + 1)
        self._failure: Exception | None = None
        self._connections: list[Connection[Any]] = []
        self._threads = [
            # A thread that hangs in a dead network keeps no process alive; it cannot commit any more.
            threading.Thread(target=self._run, name=f"copy stream {place}", daemon=True)
            for place in range(1, number + 1)
        ]

    def __enter__(self) -> Self:
        """Start the streams."""
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:  # no thread to be had: those that run would wait for ever
            self._end.abort()
            raise OSError(errno.EAGAIN, "no thread to be had") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the streams; what was not committed is rolled back."""
        self._end.abort()
        until = time.monotonic() + STOP_SECONDS
        if any(thread.is_alive() for thread in self._threads):
            for connection in self._connections:
                with contextlib.suppress(psycopg.Error):
                    connection.cancel_safe(timeout=STOP_SECONDS)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def put(self, batch: memoryview | None) -> None:
        """Hand over a batch; wait while the streams are behind.

        Raises:
            psycopg.Error: When a stream failed, that stream's error; so does `commit`.
        """
        while True:
            self._raise_failure()
            interrupts.look()
            with contextlib.suppress(queue.Full):
                self._batches.put(batch, timeout=LOOK_SECONDS)
                return

    def commit(self) -> None:
        """Wait until every batch is written, then commit."""
        for _ in self._threads:
            self.put(None)
        while self._end.n_waiting < len(self._threads) and not self._end.broken:
            interrupts.look()
            time.sleep(END_SECONDS)
        try:
            self._end.wait()
        except threading.BrokenBarrierError:
            self._raise_failure()
            raise
        for thread in self._threads:
            thread.join()
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with self._connect() as conn:
                self._connections.append(conn)
                try:
                    with conn.transaction():
                        self._copy_all(conn)
                except psycopg.Error as error:
                    # As it is: who connects says it in words and drops its code.
                    self._fail(error)
        except threading.BrokenBarrierError:
            pass
        except Exception as error:
            self._fail(error)

    def _copy_all(self, conn: Connection[Any]) -> None:
        for timeout in ("idle_in_transaction_session_timeout", "statement_timeout"):
            conn.execute("SELECT set_config(%s, '0', TRUE)", [timeout])
        while (batch := self._next()) is not None:
            _copy(conn, batch)
        self._end.wait()

    def _next(self) -> memoryview | None:
        while True:
            if self._end.broken:
                raise threading.BrokenBarrierError
            with contextlib.suppress(queue.Empty):
                return self._batches.get(timeout=LOOK_SECONDS)

    def _fail(self, error: Exception) -> None:
        if self._failure is None and not self._end.broken:
            self._failure = error
        self._end.abort()


class TimeOrderedIds:
    """Makes UUIDs of version 7 in ascending order (RFC 9562, 5.7): indexes grow at their end, not everywhere."""

    def __init__(self) -> None:
        """Begin at this millisecond."""
        self._next_stamp = 0

    def take(self, count: int) -> pl.Series:
        """Return the next ones as text, without hyphens."""
        stamp = max(time.time_ns() // 1_000_000, self._next_stamp)
        # 12 bits of counter within the millisecond, then further milliseconds.
        self._next_stamp = stamp + (count >> 12) + 1
        place = pl.int_range(count, eager=True)
        stamps = pl.Series([f"{stamp + ahead:012x}7" for ahead in range((count >> 12) + 1)])
        noise = pl.Series([os.urandom(8 * count)]).bin.reinterpret(dtype=pl.Array(pl.UInt16, 4 * count))
        digits = noise.explode().reshape((count, 4))
        quarters = [_HEX.gather(digits.arr.get(part)) for part in range(4)]
        return pl.select(
            pl.concat_str(
                stamps.gather(place // 4096), _HEX.gather(place % 4096).str.slice(1),
                _HEX.gather(digits.arr.get(0) % 0x4000 + 0x8000), *quarters[1:],
            ).alias("id")
        )["id"]  # fmt: skip


_HEX = pl.Series([f"{number:04x}" for number in range(65_536)])
