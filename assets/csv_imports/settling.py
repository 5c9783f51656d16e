"""The SQL that closes an import whose rows stand, and enters them for sending.

What belongs here: what only the database knows of rows: whose parents they name, which are the same record, and which
are in Coperniq already; and entering them into `coperniq_records`, where sending finds them. What does not: the import
until then (`store`), writing its rows (`copying`), and sending. Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from assets.csv_imports import replays
from assets.csv_imports.judging import version
from assets.names import NAME_BYTES
from assets.sql import REFERENTS, REPLACED, execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.record_types import RecordType

(
    _PARENTS, _AMBIGUOUS, _IDENTITIES, _ORIGINS, _SUPERSEDED, _TAKEN, _ONCE, _REPEATS, _SETTLE, _CLOSE, _ENTER,
    _ALIASES,
) = (
    ("assets.csv_imports", f"{file}.sql")
    for file in (
        "parents", "ambiguous", "identities", "origins", "superseded", "taken", "once", "repeats", "settle", "close",
        "enter", "aliases",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an import once its rows stand.

    Attributes:
        attempted: How many records its file has.
        failed: How many of them are errors as they were judged.
        causes: For `error_summary.validation_errors`: what was wrong, by which rule of which field, how often, and in
            which row first.
        read_as: How the file was read.
        warnings: What is doubtful about the file as a whole.
        suspects: The rows that may be the same record as another, by their numbers.
    """

    attempted: int
    failed: int
    causes: Sequence[Mapping[str, Any]]
    read_as: Mapping[str, Any]
    warnings: Sequence[str]
    suspects: Sequence[int]


def settle(
    conn: Connection[Any],
    import_id: UUID,
    contractor_id: UUID,
    record_type: RecordType,
    judged: Judged,
    *,
    is_fix_file: bool = False,
) -> None:
    """Close an import whose rows all stand: settle what only the database knows of them, and count.

    A row with an ambiguous parent becomes an error; one that is the same record as an earlier one, or corrects the same
    row, a duplicate; one that is in Coperniq unchanged is skipped; one of a fix file whose record a later file brought
    is a duplicate of its row; one that is a record of its own and has another's key is an error (`replays.move`).

    Args:
        conn: In a transaction that sees every row.
        import_id: The import.
        contractor_id: Whose it is.
        record_type: Of its rows.
        judged: What was read; the database refuses to close an import whose rows do not add up to it.
        is_fix_file: Whether its rows are attempts at those of an earlier import.
    """
    parameters = {
        **_identifying(import_id, contractor_id, record_type),
        "attempted": judged.attempted,
        "failed": judged.failed,
        "causes": Jsonb(list(judged.causes)),
        "read_as": Jsonb(dict(judged.read_as)) if judged.read_as else None,
        "warnings": list(judged.warnings) or None,
        "suspects": list(judged.suspects),
        "rules": version.RULES,
        "key": Jsonb(record_type.key),
    }
    attempting = ()
    if is_fix_file:
        own = (_TAKEN,) if replays.keeps_records(conn, import_id) else ()
        attempting = (_ORIGINS, *replays.OWNERS, _SUPERSEDED, *own, _ONCE)
    execute(conn, parameters, _PARENTS, REFERENTS, _AMBIGUOUS, _IDENTITIES, *attempting, _REPEATS, _SETTLE)


def enter(
    conn: Connection[Any],
    import_id: UUID,
    contractor_id: UUID,
    record_type: RecordType,
    *,
    corrects: bool = True,
    keeps_records: bool = False,
) -> None:
    """Enter the sendable rows of a settled import into `coperniq_records`, where sending finds them; once.

    Open rows of older imports that are the same records are put right by it.

    Args:
        conn: In a transaction of its own.
        import_id: The import.
        contractor_id: Whose it is.
        record_type: Of its rows.
        corrects: Whether it is written down what its rows put right.
        keeps_records: Whether its rows are the records of the rows that they correct, under whatever keys.
    """
    to_enter = conn.execute(
        "SELECT parent_import_id FROM csv_imports WHERE id = %s AND status IN ('success', 'partial_success')"
        " AND entered_at IS NULL FOR NO KEY UPDATE",
        [import_id],
    ).fetchone()
    if to_enter is not None:
        # What its rows are by their own keys was settled.
        parameters = {
            **_identifying(import_id, contractor_id, record_type), "suspects": [], "name_bytes": NAME_BYTES,
        }  # fmt: skip
        closing = (_ORIGINS, _CLOSE) if corrects else ()
        naming = () if to_enter[0] is None else (_ALIASES,)
        execute(conn, parameters, _PARENTS, REFERENTS, _IDENTITIES, _REPEATS, *closing)
        if keeps_records:
            replays.move(conn, parameters)
        execute(conn, parameters, _ENTER, REPLACED, *naming)


def _identifying(import_id: UUID, contractor_id: UUID, record_type: RecordType) -> dict[str, Any]:
    return {
        "import": import_id,
        "contractor": contractor_id,
        "type": record_type.name,
        "parents": Jsonb(record_type.parent_types),
        "key_field": record_type.key_reference,
    }
