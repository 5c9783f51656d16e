"""Rehearsing: an import's rows are judged again in a shadow, and those that differ are imported there.

What belongs here: the order of things. What does not: the shadow (`assets.planning`), judging (`csv_imports`), and
which rows differ (`figures`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assets.catalogue import BY_NAME, TYPES
from assets.csv_imports import importing, repeating, replays, settling, store
from assets.csv_imports.columns import Columns
from assets.planning import figures as forecasts
from assets.planning import sending, shadow
from assets.planning.forecast import PlannedImport
from assets.progress import nobody
from assets.replaying import figures
from assets.replaying.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.limits import Allowance
    from assets.coperniq.transport import Transport
    from assets.csv_imports.attempts import Parent
    from assets.progress import Tell


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be replayed.

    Attributes:
        contractor_id: Whose import.
        parent: The import.
        rows: How many it has.
        reading: By which mapping files its rows are read.
        date_order: As for `importing.read_import`.
    """

    contractor_id: UUID
    parent: Parent
    rows: int
    reading: replays.Reading
    date_order: str | None


def rehearse(
    conn: Connection[Any],
    wanted: Wanted,
    client: Transport,
    allowed: Allowance,
    say: Callable[[str], None],
    tell: Tell = nobody,
) -> Replay:
    """Find out what a replay would do; no table and no record of Coperniq changes.

    Takes as long as reading the rows into the tables on one connection, and once more for those that differ.

    Args:
        conn: Of its own, in autocommit mode.
        wanted: The import, and by which mapping.
        client: What would carry the records; nothing is asked of it.
        allowed: The limits of its key.
        say: Takes what is to be said of the columns.
        tell: Is told how far it is.

    Raises:
        OverrideError: When the mapping file is wrong.
        UnmappableFile: When nothing can fill a required field.
    """
    parent = wanted.parent
    done = Replay(parent.id, parent.import_name, parent.coperniq_type, wanted.rows)
    with shadow.rehearsal(conn):
        shadow.cast(conn, wanted.contractor_id)
        line = replays.line(conn, parent.id)
        scope = {"import": parent.id, "contractor": wanted.contractor_id, "type": parent.coperniq_type}
        numbers = figures.stand(conn, line, scope)
        done.reading = _with_orders(conn, wanted, line)
        judged = _read(conn, wanted, line, replays.Sealed(numbers or "{}", done.reading), say, tell)
        figures.compare(conn, {**scope, "judged": judged}, done)
        done.left = figures.left(conn, wanted.rows)
        if done.record_numbers is not None:
            run = _read(conn, wanted, line, replays.Sealed(done.record_numbers, done.reading), _unsaid, tell)
            settling.enter(
                conn, run, wanted.contractor_id, BY_NAME[parent.coperniq_type], corrects=False, keeps_records=True
            )
            done.sending = sending.send(conn, wanted.contractor_id, [run], client, allowed)
            unsendable = {one.name: said for one in TYPES if (said := client.missing(one)) is not None}
            forecasts.settle(conn, [run], unsendable)
            done.planned = PlannedImport(parent.import_name, parent.origin, "replayed")
            forecasts.fill(conn, run, done.planned, is_read=True)
    return done


def _read(
    conn: Connection[Any],
    wanted: Wanted,
    line: list[UUID],
    what: replays.Sealed,
    say: Callable[[str], None],
    tell: Tell,
) -> UUID:
    """Judge stored rows as a new import of the shadow, and settle it."""
    import_id = replays.register(conn, wanted.parent.id, "a replay")
    # Attempts are linked by a function that names its tables whole, and so would write the real ones.
    found = replace(store.get(conn, import_id), parent_import_id=None)
    source = _source(conn, wanted, line, what)
    importing.read_records(conn, wanted.contractor_id, found, source, say, None, wanted.date_order, tell)
    return import_id


def _with_orders(conn: Connection[Any], wanted: Wanted, line: list[UUID]) -> replays.Reading:
    """Decide the order of dates from all rows, as the import did: those that run may leave it open."""
    source = _source(conn, wanted, line, replays.Sealed(figures.readable(conn), wanted.reading))
    return replace(wanted.reading, orders=importing.mapped(source, wanted.parent.headers, wanted.date_order).orders)


def _source(conn: Connection[Any], wanted: Wanted, line: list[UUID], what: replays.Sealed) -> importing.Source:
    columns = Columns(conn, wanted.contractor_id, lambda _: None)
    return importing.repeated(repeating.Repetition(conn, wanted.parent, line, what), columns)


def _unsaid(_: str) -> None:
    """Say nothing: it was said when all rows were judged."""
