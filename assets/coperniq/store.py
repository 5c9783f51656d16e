"""All SQL of sending but that of claims: parents, what is left, the audit log, and what imports say of sending.

What belongs here: `coperniq_records`, `coperniq_sync_log`, and the columns of imports that speak of sending. What does
not: claims and their outcomes (`claims`, `outcomes`), HTTP, and what a reply means. Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from assets.coperniq.replies import Outcome, Reply
from assets.sql import REFERENTS, REPLACED, execute, refresh_forms, statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.record_types import RecordType

UNRESOLVED_AT_ONCE = 10_000
"""References to look up in Coperniq in one run: what they take of memory and of requests is bounded."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that nothing known to the pipeline answers: as the file gives it, and normalised."""

    parent_type: str
    given: str
    name: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """How many records of an import are to be sent: some are created, those that Coperniq has are updated."""

    coperniq_type: str
    creates: int
    updates: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records of which type are meant."""

    contractor_id: UUID
    record_type: RecordType

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that every statement of a scope takes."""
        return {"contractor": self.contractor_id, "type": self.record_type.name}


def resolve(conn: Connection[Any], scope: Scope) -> None:
    """Make ready the waiting records whose parents are in Coperniq; name what the others wait for."""
    parameters = {
        **scope.parameters,
        "parents": Jsonb(scope.record_type.parent_types),
        "key_field": scope.record_type.key_reference,
    }
    wanted, *then = (("assets.coperniq", file) for file in ("wanted.sql", "found.sql", "merge.sql", "ready.sql"))
    execute(conn, parameters, wanted, REFERENTS, *then, REPLACED)


def unresolved(conn: Connection[Any], scope: Scope, most: int = UNRESOLVED_AT_ONCE) -> list[Unresolved]:
    """List the distinct references of waiting records that answer to nothing the pipeline knows.

    Where there are more than `most`, other ones are listed at every call, so that each has its turn.
    """
    with conn.cursor(row_factory=class_row(Unresolved)) as cursor:
        (statement,) = statements("assets.coperniq", "unresolved.sql")
        parents = Jsonb(scope.record_type.parent_types)
        return cursor.execute(statement, {**scope.parameters, "parents": parents, "most": most}).fetchall()


def prepare(conn: Connection[Any], scope: Scope, by: str) -> None:
    """Log requests that a dead run left without a word, and let go of records whose rows were deleted."""
    for statement in statements("assets.coperniq", "prepare.sql"):
        conn.execute(statement, {**scope.parameters, "by": by})


def known_ids(conn: Connection[Any], scope: Scope, ids: Sequence[str]) -> set[str]:
    """Return those Coperniq ids that belong to records the pipeline knows, of any contractor."""
    rows = conn.execute(
        "SELECT coperniq_id FROM coperniq_records WHERE coperniq_type = %s AND coperniq_id = ANY(%s)",
        [scope.record_type.name, list(ids)],
    ).fetchall()
    return {row[0] for row in rows}


def log(
    conn: Connection[Any],
    scope: Scope,
    operation: str,
    reply: Reply,
    *,
    csv_import_id: UUID | None,
    processed: int,
    successful: int,
    failed: int,
    by: str,
    rows: Sequence[int] = (),
) -> None:
    """Append what happened on the wire to the audit log; counts that do not add up to `processed` were left open.

    For a `sync_check`, which writes nothing in Coperniq, `successful` are the records that it settled. A `delete` is
    always a rollback's. `rows` are the numbers of the import's rows that the request was about.
    """
    undoes = operation == "delete"
    done = reply.outcome is Outcome.DONE
    complete = operation == "sync_check" or successful == processed
    status = "success" if done and complete else "partial_success" if done and successful else "failed"
    conn.execute(
        """
        INSERT INTO coperniq_sync_log (
            csv_import_id, contractor_config_id, operation_type, entity_type,
            records_processed, records_successful, records_failed, status,
            transaction_id, api_response_status, api_response_time_ms, api_error_code, api_error_message,
            performed_by, rollback_attempted, rollback_successful, record_numbers, started_at, completed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
                (SELECT range_agg(int4range(n, n, '[]')) FROM unnest(%s::INTEGER[]) AS n),
                clock_timestamp() - make_interval(secs => %s), clock_timestamp())
        """,
        [
            csv_import_id, scope.contractor_id, operation, scope.record_type.name,
            processed, successful, failed, status, reply.transaction_id, reply.status, reply.elapsed_ms,
            reply.code, reply.message, by, undoes, undoes and status == "success",
            list(rows), reply.elapsed_ms / 1000,
        ],
    )  # fmt: skip


def note_transactions(conn: Connection[Any], last: Mapping[UUID, str]) -> None:
    """Write Coperniq's reference of the last operation of imports."""
    for csv_import_id, transaction_id in last.items():
        conn.execute(
            "UPDATE csv_imports SET coperniq_transaction_id = %s WHERE id = %s", [transaction_id, csv_import_id]
        )


def clock(conn: Connection[Any]) -> datetime:
    """Return PostgreSQL's time."""
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    return row[0] if row else datetime.now(UTC)


def refresh_imports(conn: Connection[Any], scope: Scope) -> None:
    """Bring `coperniq_sync_status` of a type's imports up to date (failed, else pending, else synced), then forms.

    With it goes how many of their rows need work.
    """
    conn.execute(
        """
        WITH open AS (
            SELECT c.csv_import_id, bool_or(c.state = 'rejected') AS refused
            FROM coperniq_records AS c
            WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.state <> 'synced'
            GROUP BY c.csv_import_id
        ),
        current AS (
            SELECT m.id, CASE WHEN open.refused THEN 'failed' WHEN open.refused IS NULL THEN 'synced' ELSE 'pending'
                         END AS sync_status
            FROM csv_imports AS m LEFT JOIN open ON open.csv_import_id = m.id
            WHERE m.contractor_config_id = %(contractor)s AND m.coperniq_type = %(type)s
              AND m.status IN ('success', 'partial_success') AND (m.entered_at IS NOT NULL OR m.source_path IS NULL)
        )
        UPDATE csv_imports AS m
        SET coperniq_sync_status = current.sync_status
        FROM current
        WHERE m.id = current.id AND m.coperniq_sync_status <> current.sync_status
        """,
        scope.parameters,
    )
    conn.execute(
        """
        SELECT recount_open_records(ARRAY(
            SELECT id FROM csv_imports WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s
        ))
        """,
        scope.parameters,
    )
    refresh_forms(conn, scope.contractor_id)


def counts(conn: Connection[Any], scope: Scope) -> dict[str, int]:
    """Count a scope's records that are not in Coperniq as they should be, by state."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            SELECT state::TEXT AS state, count(*) AS records FROM coperniq_records
            WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state <> 'synced'
            GROUP BY state
            """,
            scope.parameters,
        ).fetchall()
    return {row["state"]: row["records"] for row in rows}


def unsent(conn: Connection[Any], contractor_id: UUID) -> list[Unsent]:
    """Count a contractor's records that are to be sent now or when their parents are there, by import.

    Left out are those that a rollback marked: no run sends them.
    """
    with conn.cursor(row_factory=class_row(Unsent)) as cursor:
        return cursor.execute(
            """
            SELECT
                coperniq_type,
                count(*) FILTER (WHERE coperniq_id IS NULL) AS creates,
                count(*) FILTER (WHERE coperniq_id IS NOT NULL) AS updates
            FROM coperniq_records
            WHERE contractor_config_id = %s AND state IN ('waiting', 'ready')
              AND undone_record_id IS DISTINCT FROM csv_import_record_id
            GROUP BY coperniq_type, csv_import_id
            ORDER BY coperniq_type, csv_import_id
            """,
            [contractor_id],
        ).fetchall()


def count_waited_for(conn: Connection[Any], scope: Scope) -> int:
    """Count the different things that a scope's records wait for."""
    found = conn.execute(
        """
        SELECT count(DISTINCT waiting_for) FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state = 'waiting'
        """,
        scope.parameters,
    ).fetchone()
    return found[0] if found else 0


def due(conn: Connection[Any], at: datetime, types: Sequence[RecordType]) -> list[str]:
    """Name the active contractors with records that a run could send or settle at a time, while no run works for them.

    Left out are those whose records wait for a later time, because a day's requests were used up, and records that a
    rollback marked, which no run sends.

    Args:
        conn: To the product's database.
        at: The time.
        types: Those that can be sent.
    """
    rows = conn.execute(
        """
        SELECT m.slug FROM mep_contractor_configs AS m
        LEFT JOIN contractor_leases AS l ON l.contractor_config_id = m.id
        WHERE
            m.slug IS NOT NULL AND m.is_active
            AND coalesce(l.expires_at <= %(at)s, TRUE) AND coalesce(l.resumes_at <= %(at)s, TRUE)
            AND EXISTS (
                SELECT FROM unnest(%(types)s::TEXT[]) AS of (type)
                INNER JOIN coperniq_records AS c
                    ON c.contractor_config_id = m.id AND c.coperniq_type = of.type AND c.state IN ('ready', 'in_flight')
                WHERE c.state = 'in_flight' OR c.undone_record_id IS DISTINCT FROM c.csv_import_record_id
            )
        ORDER BY m.slug
        """,
        {"at": at, "types": [record_type.name for record_type in types]},
    ).fetchall()
    return [slug for (slug,) in rows]
