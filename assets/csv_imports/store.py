"""The SQL that makes imports: registering files, closing an import whose rows stand, and entering them for sending.

What belongs here: `csv_imports`, `csv_import_records`, `csv_column_mapping`, and entering an import's rows into
`coperniq_records`, where sending finds them. What does not: writing the rows (`copying`), showing them (`summaries`),
and sending. Callers own transactions unless a docstring says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets.csv_imports.mapping.decision import Earlier
from assets.csv_imports.mapping.matching import plain
from assets.sql import REFERENTS, execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.catalogue import RecordType
    from assets.csv_imports.inbox import InboxFile
    from assets.csv_imports.mapping.decision import ColumnMapping

UNFINISHED = ("pending", "validating", "processing")
SETTLED = ("success", "partial_success")
_PARENTS, _AMBIGUOUS, _IDENTITIES, _SETTLE, _ENTER = (
    ("assets.csv_imports", file)
    for file in ("parents.sql", "ambiguous.sql", "identities.sql", "settle.sql", "enter.sql")
)


@dataclass(frozen=True, slots=True)
class Import:
    """A row of `csv_imports`, as far as the pipeline needs it.

    Attributes:
        source_path: Where its file lies; None where someone else adds its records.
        reason: Why a failed one failed.
        again: Whether it failed for a reason that is not in its content, so that the same content may come again.
    """

    id: UUID
    import_name: str
    coperniq_type: str | None
    status: str
    file_hash: str
    source_path: str | None
    file_size_bytes: int
    reason: str | None
    again: bool

    @property
    def unfinished(self) -> bool:
        """Say whether its file is still to be read."""
        return self.status in UNFINISHED and self.source_path is not None


_IMPORT: LiteralString = """
    SELECT id, import_name, coperniq_type, status::TEXT AS status, file_hash, source_path,
           file_size_bytes::BIGINT AS file_size_bytes, error_summary ->> 'reason' AS reason,
           coalesce(error_summary -> 'again' = 'true', FALSE) AS again
    FROM csv_imports
"""


def find_by_hash(conn: Connection[Any], contractor_id: UUID, file: InboxFile, type_name: str | None) -> Import | None:
    """Return the import of this content, preferring one that stands; None when there is none."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            _IMPORT
            + """
            WHERE contractor_config_id = %s AND file_hash = %s AND coperniq_type IS NOT DISTINCT FROM %s
            ORDER BY (status IN ('failed', 'rolled_back')), created_at DESC LIMIT 1
            """,
            [contractor_id, file.sha256, type_name],
        ).fetchone()


def register(
    conn: Connection[Any], contractor_id: UUID, file: InboxFile, record_type: RecordType, source: str, by: str
) -> UUID | None:
    """Register a file as a pending import; None when another run registered the same content first."""
    try:
        with conn.transaction():
            found = conn.execute(
                """
                SELECT create_csv_import(
                    p_contractor_id := %s, p_import_name := %s, p_coperniq_type := %s, p_imported_by := %s,
                    p_file_size_bytes := %s, p_file_hash := %s)
                """,
                [contractor_id, file.name, record_type.name, by, file.size_bytes, file.sha256],
            ).fetchone()
            assert found is not None  # noqa: S101 - a function call gives one row
            conn.execute("UPDATE csv_imports SET source_path = %s WHERE id = %s", [source, found[0]])
    except psycopg.errors.UniqueViolation:
        return None
    return found[0]


def register_failed(
    conn: Connection[Any], contractor_id: UUID, file: InboxFile, source: str, by: str, reason: str
) -> UUID:
    """Register a file that fits no type as a failed import with its reason."""
    found = conn.execute(
        """
        INSERT INTO csv_imports (contractor_config_id, import_name, file_size_bytes, file_hash, imported_by,
                                 source_path, status, coperniq_sync_status, error_summary)
        VALUES (%s, %s, %s, %s, %s, %s, 'failed', 'failed', %s) RETURNING id
        """,
        [contractor_id, file.name, file.size_bytes, file.sha256, by, source, Jsonb(_summary(reason=reason))],
    ).fetchone()
    assert found is not None  # noqa: S101 - an INSERT gives its row
    return found[0]


def unfinished(conn: Connection[Any], contractor_id: UUID) -> list[Import]:
    """List a contractor's imports to be read or to be entered, in the order in which they were registered."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            _IMPORT
            + """
            WHERE contractor_config_id = %s AND status <> 'failed' AND entered_at IS NULL AND source_path IS NOT NULL
            ORDER BY created_at, import_name
            """,
            [contractor_id],
        ).fetchall()


def relocate(conn: Connection[Any], import_id: UUID, source: str) -> None:
    """Write down where the file of an unfinished import lies now."""
    conn.execute("UPDATE csv_imports SET source_path = %s WHERE id = %s", [source, import_id])


def hold(conn: Connection[Any], import_id: UUID) -> bool:
    """Hold an import for this transaction alone; False when its file is read already.

    The lock lets others refer to the import: the streams that write its rows do. It is held however long the reading
    takes, whatever the server says of idle transactions and long statements.
    """
    conn.execute(
        "SELECT set_config('idle_in_transaction_session_timeout', '0', TRUE),"
        " set_config('statement_timeout', '0', TRUE)"
    )
    found = conn.execute(
        "SELECT FROM csv_imports WHERE id = %s AND status = ANY(%s::csv_import_status[]) FOR NO KEY UPDATE",
        [import_id, list(UNFINISHED)],
    ).fetchone()
    return found is not None


def begin(conn: Connection[Any], import_id: UUID) -> bool:
    """Begin to read an import: `validating`, without the rows that a dead run left; False when it is read already.

    Args:
        conn: In a transaction of its own, so that what is deleted is out of the way of those who write.
        import_id: The import.
    """
    if not hold(conn, import_id):
        return False
    conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s", [import_id])
    conn.execute("UPDATE csv_imports SET status = 'validating' WHERE id = %s", [import_id])
    return True


def process(conn: Connection[Any], import_id: UUID) -> None:
    """Move an import that is being validated on to `processing`."""
    conn.execute("UPDATE csv_imports SET status = 'processing' WHERE id = %s AND status = 'validating'", [import_id])


def fail(conn: Connection[Any], import_id: UUID, reason: str, *, again: bool, settled: bool) -> None:
    """Mark an import as failed, with the reason; none of its rows stands. One that is entered stays as it is.

    Args:
        conn: In autocommit mode.
        import_id: The import.
        reason: Why, and what to do.
        again: Whether the same content is imported when it comes again.
        settled: Whether it failed when it was entered; else another run, if there is one, may have read it meanwhile.
    """
    with conn.transaction():
        failed = conn.execute(
            """
            UPDATE csv_imports SET status = 'failed', coperniq_sync_status = 'failed', error_summary = %s
            WHERE id = %s AND status = ANY(%s::csv_import_status[]) AND entered_at IS NULL
            """,
            [Jsonb({**_summary(reason=reason), "again": again}), import_id, list(SETTLED if settled else UNFINISHED)],
        )
        if failed.rowcount:
            conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s", [import_id])


def write_mapping(
    conn: Connection[Any], import_id: UUID, record_type: RecordType, rows: Iterable[ColumnMapping]
) -> None:
    """Write down what each column and constant was taken for, in place of what an interrupted reading wrote."""
    conn.execute("DELETE FROM csv_column_mapping WHERE csv_import_id = %s", [import_id])
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO csv_column_mapping (
                csv_import_id, csv_column_number, csv_column_header, coperniq_type, coperniq_field_name,
                transformation_rule, transformation_params, is_required, validation_rule, source, confidence)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    import_id, row.number, row.header, record_type.name, row.field, row.rule,
                    Jsonb(row.params) if row.params else None, row.required, row.validation,
                    row.choice and row.choice.source, row.choice and row.choice.confidence,
                )
                for row in rows
            ],
        )  # fmt: skip


def earlier_choices(conn: Connection[Any], contractor_id: UUID, record_type: RecordType) -> dict[str, Earlier]:
    """Return what a contractor's former imports of a type made of headers, by the header as `matching.plain` has it.

    The latest word on a header counts; an import that failed has none.
    """
    rows = conn.execute(
        """
        SELECT
            m.csv_column_header,
            m.source IN ('override', 'similar', 'earlier') AS chosen,
            coalesce(m.transformation_params ->> 'part', m.coperniq_field_name) AS target,
            m.transformation_params ->> 'order' AS dates_order
        FROM csv_column_mapping AS m
        INNER JOIN csv_imports AS i ON m.csv_import_id = i.id
        WHERE
            i.contractor_config_id = %s
            AND i.coperniq_type = %s
            AND i.status IN ('success', 'partial_success')
            AND m.csv_column_header <> ''
            AND (m.source IN ('override', 'similar', 'earlier') OR m.transformation_params ? 'order')
        ORDER BY i.created_at, i.id, m.csv_column_number
        """,
        [contractor_id, record_type.name],
    ).fetchall()
    known: dict[str, Earlier] = {}
    for header, chosen, target, order in rows:
        before = known.get(plain(header), Earlier())
        known[plain(header)] = Earlier(
            chosen=chosen or before.chosen,
            target=target if chosen else before.target,
            order=order or before.order,
        )
    return known


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an import once its rows stand.

    Attributes:
        attempted: How many records its file has.
        failed: How many of them are errors as they were judged.
        causes: For `error_summary.validation_errors`: what was wrong, how often, and in which row first.
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
    conn: Connection[Any], import_id: UUID, contractor_id: UUID, record_type: RecordType, judged: Judged
) -> None:
    """Close an import whose rows all stand: settle what only the database knows of them, and count.

    A row with an ambiguous parent becomes an error, one that is the same record as an earlier one a duplicate, one that
    is in Coperniq unchanged is skipped.

    Args:
        conn: In a transaction that sees every row.
        import_id: The import.
        contractor_id: Whose it is.
        record_type: Of its rows.
        judged: What was read; the database refuses to close an import whose rows do not add up to it.
    """
    parameters = {
        **_identifying(import_id, contractor_id, record_type),
        "attempted": judged.attempted,
        "failed": judged.failed,
        "causes": Jsonb(list(judged.causes)),
        "read_as": Jsonb(dict(judged.read_as)) if judged.read_as else None,
        "warnings": list(judged.warnings) or None,
        "suspects": list(judged.suspects),
    }
    execute(conn, parameters, _PARENTS, REFERENTS, _AMBIGUOUS, _IDENTITIES, _SETTLE)


def enter(conn: Connection[Any], import_id: UUID, contractor_id: UUID, record_type: RecordType) -> None:
    """Enter the sendable rows of a settled import into `coperniq_records`, where sending finds them; once.

    Args:
        conn: In a transaction of its own.
        import_id: The import.
        contractor_id: Whose it is.
        record_type: Of its rows.
    """
    to_enter = conn.execute(
        "SELECT FROM csv_imports WHERE id = %s AND status IN ('success', 'partial_success') AND entered_at IS NULL"
        " FOR NO KEY UPDATE",
        [import_id],
    ).fetchone()
    if to_enter is not None:
        # What its rows are by their own keys was settled.
        parameters = {**_identifying(import_id, contractor_id, record_type), "suspects": []}
        execute(conn, parameters, _PARENTS, REFERENTS, _IDENTITIES, _ENTER)


def _identifying(import_id: UUID, contractor_id: UUID, record_type: RecordType) -> dict[str, Any]:
    return {
        "import": import_id,
        "contractor": contractor_id,
        "type": record_type.name,
        "parents": Jsonb(record_type.parent_types),
        "key_field": record_type.key_reference,
    }


def _summary(reason: str) -> dict[str, Any]:
    return {"reason": reason, "field_errors": {}, "validation_errors": []}
