"""The SQL of alerts: raising each once, closing what is over, and which are to be delivered.

What belongs here: the table `alerts`. What does not: what is wrong (the concepts' own stores), and posting (`webhook`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets.alerts.causes import ADVICE, Kept
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.alerts.causes import Alert, Cause

SUBJECT, SAID = 200, 1_000
"""Characters that are kept of each."""
KEPT_DAYS = 7
"""How long something that happened once stays open."""
FIRST_PAUSE, LONGEST_PAUSE = "30 seconds", "1 hour"
"""After a failed delivery; doubled by each further one, up to the longest."""

_KEPT: LiteralString = """
    a.id, a.cause, a.subject_kind AS kind, a.subject_id AS subject, c.slug, a.said, a.records, a.run_id,
    a.first_seen_at, a.last_seen_at, a.closed_at, a.sent_at, a.attempts
"""


def raise_alerts(conn: Connection[Any], alerts: Sequence[Alert]) -> None:
    """Raise alerts, each of which somebody hears of once.

    One that is open already says from now on what it was raised with last. It is told again where it came back after it
    was closed, or happened again, but of an import never, and at most once a day.
    """
    # One statement must not write a row twice.
    rows = [
        {
            "cause": cause, "kind": kind, "subject": subject, "said": one_line(alert.said, SAID),
            "contractor": str(alert.contractor_id) if alert.contractor_id else None, "records": alert.records,
            "run": alert.run_id,
        }
        for (cause, kind, subject), alert in {(one.cause, one.kind, _subject(one)): one for one in alerts}.items()
    ]  # fmt: skip
    if not rows:
        return
    with conn.transaction():
        conn.execute(
            """
            UPDATE alerts AS a SET first_seen_at = now(), sent_at = NULL, attempts = 0, next_attempt_at = now()
            FROM jsonb_to_recordset(%s) AS r (cause TEXT, kind TEXT, subject TEXT)
            WHERE (a.cause, a.subject_kind, a.subject_id) = (r.cause, r.kind, r.subject)
              AND a.subject_kind <> 'import' AND a.sent_at < now() - INTERVAL '1 day'
              AND (a.closed_at IS NOT NULL OR a.cause <> ALL(%s))
            """,
            [Jsonb(rows), [cause for cause, advice in ADVICE.items() if advice.lasts]],
        )
        conn.execute(
            """
            INSERT INTO alerts AS a (cause, subject_kind, subject_id, contractor_config_id, said, records, run_id)
            SELECT * FROM jsonb_to_recordset(%s)
                AS r (cause TEXT, kind TEXT, subject TEXT, contractor UUID, said TEXT, records BIGINT, run TEXT)
            ON CONFLICT (cause, subject_kind, subject_id) DO UPDATE
            SET said = excluded.said, records = excluded.records, run_id = coalesce(excluded.run_id, a.run_id),
                last_seen_at = now(), closed_at = NULL
            WHERE a.closed_at IS NOT NULL OR a.last_seen_at < now() - INTERVAL '1 hour'
                  OR (a.said, a.records) IS DISTINCT FROM (excluded.said, excluded.records)
            """,
            [Jsonb(rows)],
        )


def keep_current(
    conn: Connection[Any], cause: Cause, alerts: Sequence[Alert], after: str = "", through: str = ""
) -> None:
    """Raise what holds now of a cause that lasts, and close what does not hold any more.

    Args:
        conn: A connection.
        cause: Of all of these.
        alerts: Everything that holds now, of what was looked at.
        after: Behind which folder was looked; empty for the first.
        through: To which folder was looked, this one included; empty for the last.
    """
    with conn.transaction():
        raise_alerts(conn, alerts)
        conn.execute(
            """
            UPDATE alerts AS a SET closed_at = now()
            WHERE a.cause = %(cause)s AND a.closed_at IS NULL
              AND (%(after)s::TEXT = '' OR (a.subject_id || '/') COLLATE "C" > %(after)s::TEXT || '/')
              AND (%(through)s::TEXT = '' OR (a.subject_id || '/') COLLATE "C" <= %(through)s::TEXT || '/')
              AND NOT EXISTS (
                  SELECT FROM jsonb_to_recordset(%(current)s) AS r (kind TEXT, subject TEXT)
                  WHERE r.kind = a.subject_kind AND r.subject = a.subject_id
              )
            """,
            {
                "cause": cause,
                "after": after,
                "through": through,
                "current": Jsonb([{"kind": one.kind, "subject": _subject(one)} for one in alerts]),
            },
        )


def _subject(alert: Alert) -> str:
    return one_line(alert.subject, SUBJECT) or "?"


def close_old(conn: Connection[Any]) -> None:
    """Close alerts of what happened once and was last seen a week ago, told or not."""
    conn.execute(
        """
        UPDATE alerts SET closed_at = now()
        WHERE closed_at IS NULL AND cause = ANY(%s) AND last_seen_at < now() - make_interval(days => %s)
        """,
        [[cause for cause, advice in ADVICE.items() if not advice.lasts], KEPT_DAYS],
    )


def claim(conn: Connection[Any], most: int) -> list[Kept]:
    """Take the alerts of one cause that are to be delivered now, the oldest first; none where none is.

    From then on they are another's to deliver only after a pause, which grows: so a delivery that fails, or whose
    process dies, is tried again, and two processes do not deliver the same.

    Args:
        conn: In autocommit mode: what is taken is to be seen by others before it is delivered.
        most: How many to take.
    """
    with conn.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute(
            f"""
            WITH open AS (
                SELECT id, cause, first_seen_at FROM alerts
                WHERE sent_at IS NULL AND closed_at IS NULL AND next_attempt_at <= now()
            ),
            due AS (
                SELECT alerts.id FROM alerts
                WHERE alerts.id IN (
                    SELECT id FROM open WHERE cause = (SELECT cause FROM open ORDER BY first_seen_at LIMIT 1)
                    ORDER BY first_seen_at LIMIT %s
                ) AND alerts.sent_at IS NULL AND alerts.next_attempt_at <= now()
                FOR UPDATE SKIP LOCKED
            ),
            taken AS (
                UPDATE alerts AS a
                SET attempts = a.attempts + 1,
                    next_attempt_at = now() + least(%s::INTERVAL, %s::INTERVAL * 2 ^ least(a.attempts, 20))
                FROM due WHERE a.id = due.id
                RETURNING a.*
            )
            SELECT {_KEPT} FROM taken AS a LEFT JOIN mep_contractor_configs AS c ON c.id = a.contractor_config_id
            ORDER BY a.first_seen_at, c.slug, a.subject_id
            """,  # noqa: S608 - a constant of this module
            [most, LONGEST_PAUSE, FIRST_PAUSE],
        ).fetchall()


def mark_sent(conn: Connection[Any], ids: Sequence[UUID]) -> None:
    """Write that the webhook took alerts."""
    conn.execute("UPDATE alerts SET sent_at = clock_timestamp() WHERE id = ANY(%s)", [list(ids)])


def count_unsent(conn: Connection[Any]) -> int:
    """Count the open alerts that were not delivered."""
    row = conn.execute("SELECT count(*) FROM alerts WHERE sent_at IS NULL AND closed_at IS NULL").fetchone()
    return row[0] if row else 0


def every(conn: Connection[Any], *, closed: bool, most: int) -> list[Kept]:
    """List alerts, the latest first.

    Args:
        conn: A connection.
        closed: Whether those that are closed are listed as well.
        most: How many to list.
    """
    with conn.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_KEPT} FROM alerts AS a LEFT JOIN mep_contractor_configs AS c ON c.id = a.contractor_config_id
            WHERE a.closed_at IS NULL OR %s
            ORDER BY a.first_seen_at DESC, a.id LIMIT %s
            """,  # noqa: S608 - a constant of this module
            [closed, most],
        ).fetchall()
