"""The SQL of reviewing possible duplicates: pairs that nobody decided, and what somebody says of one.

What belongs here: pairs, and both sides of them as they are now. What does not: finding them (`searching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row

from assets.errors import PipelineError
from assets.likeness import store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.likeness.store import Known

SHORT_ID = 8
"""Characters of an id that are enough to name a pair or an import."""
Word = Literal["same", "different"]


class DuplicatesError(PipelineError):
    """Say that no pair is meant, or more than one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts, by their keys, that are probably one customer; the import brought them to light."""

    id: UUID
    contractor_id: UUID
    csv_import_id: UUID | None
    first_key: str
    second_key: str
    score: float
    reasons: list[str]
    state: Word | Literal["open"]


_SELECT = """
    SELECT
        id, contractor_config_id AS contractor_id, csv_import_id, first_key, second_key, score::FLOAT8 AS score,
        reasons, state
"""
# Where one of the two was rolled back, or refused, there is nothing to decide at present.
_OPEN = """
    FROM possible_duplicates
    WHERE state = 'open' AND contractor_config_id = %(contractor)s AND 2 = (
        SELECT count(*) FROM coperniq_records AS c
        WHERE
            c.contractor_config_id = %(contractor)s AND c.coperniq_type = 'Contact'
            AND c.record_key IN (first_key, second_key) AND (c.state <> 'rejected' OR c.coperniq_id IS NOT NULL)
    )
"""


def open_pairs(conn: Connection[Any], contractor_id: UUID, import_id: str = "") -> list[Pair]:
    """List the pairs of a contractor that nobody decided, the likeliest first.

    Args:
        conn: A connection.
        contractor_id: Whose.
        import_id: The beginning of an import's id, for those that it brought to light.
    """
    with conn.cursor(row_factory=class_row(Pair)) as cursor:
        return cursor.execute(
            f"{_SELECT} {_OPEN} AND starts_with(coalesce(csv_import_id::TEXT, ''), lower(%(import)s))"
            " ORDER BY score DESC, found_at, id",
            {"contractor": contractor_id, "import": import_id},
        ).fetchall()


def count_open(conn: Connection[Any], contractor_id: UUID) -> int:
    """Count those pairs."""
    row = conn.execute(f"SELECT count(*) {_OPEN}", {"contractor": contractor_id}).fetchone()
    return row[0] if row else 0


def sides(conn: Connection[Any], contractor_id: UUID, pairs: Sequence[Pair]) -> dict[str, Known]:
    """Return the contacts of pairs as they are now, by their keys, as far as they are there."""
    keys = {key for pair in pairs for key in (pair.first_key, pair.second_key)}
    rows = conn.execute(
        "SELECT id FROM coperniq_records"
        " WHERE contractor_config_id = %s AND coperniq_type = 'Contact' AND record_key = ANY(%s)",
        [contractor_id, list(keys)],
    ).fetchall()
    return {one.key: one for one in store.known(conn, contractor_id, [record_id for (record_id,) in rows])}


def find(conn: Connection[Any], beginning: str) -> Pair:
    """Return the one pair whose id begins so, decided or not.

    Raises:
        DuplicatesError: When none does, several do, or too little of an id is given.
    """
    found: list[Pair] = []
    if len(beginning) >= SHORT_ID:
        with conn.cursor(row_factory=class_row(Pair)) as cursor:
            found = cursor.execute(
                f"{_SELECT} FROM possible_duplicates WHERE starts_with(id::TEXT, lower(%s)) LIMIT 2", [beginning]
            ).fetchall()
    if len(found) != 1:
        raise DuplicatesError(
            f'No pair, or more than one, has the id "{beginning}": `mep duplicates list CONTRACTOR` prints them.'
        )
    return found[0]


def decide(conn: Connection[Any], pair: Pair, word: Word, by: str) -> None:
    """Write down whether a pair is one customer; the last word counts."""
    conn.execute(
        "UPDATE possible_duplicates SET state = %s, decided_by = %s, decided_at = now() WHERE id = %s",
        [word, by, pair.id],
    )


def advice(contacts: Sequence[Known]) -> list[str]:
    """Say what a human does with contacts that are one customer; whoever has nothing to do with it does nothing."""
    if len(contacts) < 2:
        return []
    one, other = (contact.place for contact in contacts)
    return [
        f"Keep one of the two, and let go of the other: {one}; {other}.",
        "In Coperniq: move the sites and jobs of the other to the one that you keep, and delete the other.",
        "In the file: give both rows the same first e-mail address (or phone number, where there is none): that is what"
        " tells customers apart. Else the other comes again.",
    ]
