"""The SQL of replays that decides which rows are judged again and which of them differ, and that says so.

What belongs here: questions about the rows of an import before and after, in the shadow. What does not: judging them
(`csv_imports`), sending them (`assets.planning`), and the order of things (`rehearsing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from assets.csv_imports.replays import standing
from assets.replaying.replay import Changed, Sample
from assets.sql import execute
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.replaying.replay import Replay

_ORIGINS, _OWNERS = (("assets.csv_imports", file) for file in ("origins.sql", "owners.sql"))
_TAKEN_BACK, _STANDING, _LEFT, _COMPARE = (
    ("assets.replaying", file) for file in ("taken_back.sql", "standing.sql", "left.sql", "compare.sql")
)
LAST = 2**31 - 1
MOST_SAMPLES = 1_000
"""Rows that differ and are given with their values."""
MOST_CHARACTERS = 80
MOST_SAID = 300


def stand(conn: Connection[Any], line: Sequence[UUID], parameters: Mapping[str, Any]) -> str | None:
    """Look which rows of an import may be judged again; return them as text of an `INT4MULTIRANGE`, None for none.

    Args:
        conn: In the shadow.
        line: The import, and the replays of it that stand.
        parameters: Of `standing.sql` and `left.sql`.
    """
    parameters = {**parameters, "line": list(line), "first": 1, "last": LAST}
    execute(conn, parameters, _TAKEN_BACK)
    conn.execute(
        f"""
        CREATE TEMP TABLE standing ON COMMIT DROP AS
        SELECT
            record_number,
            id AS row_id,
            status,
            record_key,
            CASE WHEN status IN ('valid', 'warning', 'skipped') THEN mapped_data END AS result,
            status = 'error' AND invalid_fields IS NULL AS is_unreadable,
            CASE
                WHEN corrected_by_id IS NOT NULL AND corrected_by_id NOT IN (SELECT id FROM taken_back)
                    THEN 'corrected'
                WHEN status = 'error' AND invalid_fields IS NULL THEN 'unreadable'
            END AS reason
        FROM ({standing("r.id NOT IN (SELECT id FROM taken_back)")}) AS r
        """,  # noqa: S608 - the statement's own text
        parameters,
    )
    execute(conn, parameters, _ORIGINS, _STANDING, _OWNERS, _LEFT)
    return _numbers(conn, "SELECT record_number FROM standing WHERE reason IS NULL")


def readable(conn: Connection[Any]) -> str:
    """Return the rows that could be split into columns, whether they run or not, as text of an `INT4MULTIRANGE`."""
    return _numbers(conn, "SELECT record_number FROM standing WHERE NOT is_unreadable") or "{}"


def compare(conn: Connection[Any], parameters: Mapping[str, Any], replay: Replay) -> None:
    """Say which rows that were judged again differ, and which are left alone.

    Args:
        conn: In the shadow, after the rows were judged again and settled.
        parameters: Of `compare.sql`.
        replay: What is filled in.
    """
    execute(conn, parameters, _COMPARE)
    replay.record_numbers = _numbers(conn, "SELECT record_number FROM run")
    # A row that Coperniq has as it is was no other status before.
    replay.statuses = conn.execute(
        """
        SELECT old_status::TEXT, CASE WHEN differs OR after IS NULL THEN new_status ELSE old_status END::TEXT, count(*)
        FROM compared GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    counted = conn.execute("SELECT count(*), count(reason) FROM compared WHERE differs").fetchone()
    replay.differing, replay.kept = counted or (0, 0)
    replay.differing_rows = _differing_rows(conn)
    replay.fields = conn.execute(
        f"SELECT field.name, count(*) {_CHANGED} WHERE d.differs GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    replay.samples = _samples(conn)
    replay.not_sampled = replay.differing - len(replay.samples)


def left(conn: Connection[Any], rows: int) -> dict[str, int]:
    """Count the rows that are left alone, by the reason; those that are not stored any more are among them."""
    found = conn.execute(
        """
        SELECT reason, count(*) FROM (
            SELECT reason FROM standing WHERE reason IS NOT NULL
            UNION ALL
            SELECT reason FROM compared WHERE reason IS NOT NULL
            UNION ALL
            SELECT 'gone' FROM generate_series(1, %s - (SELECT count(*) FROM standing))
        ) AS each GROUP BY reason ORDER BY reason
        """,
        [rows],
    ).fetchall()
    return dict(found)


def _numbers(conn: Connection[Any], query: LiteralString) -> str | None:
    found = conn.execute(
        f"SELECT range_agg(int4range(record_number, record_number, '[]'))::TEXT FROM ({query}) AS chosen"  # noqa: S608
    ).fetchone()
    return found[0] if found else None


def _differing_rows(conn: Connection[Any]) -> list[tuple[int, int]]:
    return conn.execute(
        """
        SELECT lower(each.rows), upper(each.rows) - 1 FROM unnest(
            (SELECT range_agg(int4range(record_number, record_number, '[]')) FROM compared WHERE differs)
        ) AS each (rows) ORDER BY 1
        """
    ).fetchall()


_CHANGED: LiteralString = """
    FROM compared AS d
    CROSS JOIN LATERAL (
        SELECT coalesce(old.key, new.key) AS name, old.value AS before, new.value AS after
        FROM jsonb_each(d.before) AS old FULL JOIN jsonb_each(d.after) AS new ON old.key = new.key
        WHERE old.value IS DISTINCT FROM new.value
    ) AS field
"""


def _samples(conn: Connection[Any]) -> list[Sample]:
    rows = conn.execute(
        "SELECT record_number, old_status::TEXT, new_status::TEXT, said FROM compared WHERE differs"
        " ORDER BY record_number LIMIT %s",
        [MOST_SAMPLES],
    ).fetchall()
    changed: dict[int, list[Changed]] = {number: [] for number, *_ in rows}
    for number, name, before, after in conn.execute(
        f"SELECT d.record_number, field.name, field.before, field.after {_CHANGED} WHERE d.record_number = ANY(%s)"
        " ORDER BY d.record_number, field.name",
        [list(changed)],
    ):
        changed[number].append(Changed(one_line(name, MOST_CHARACTERS), _shown(before), _shown(after)))
    return [
        Sample(number, old, new, changed[number], one_line(said, MOST_SAID) if said else None)
        for number, old, new, said in rows
    ]


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value), MOST_CHARACTERS)
