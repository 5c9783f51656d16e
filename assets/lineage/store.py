"""The SQL of a trace: what is found, what belongs together, and what is told of it.

What belongs here: questions, which change nothing, over the tables of several concepts. What does not: which question
follows which (`tracing`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import class_row, dict_row

from assets import catalogue
from assets.lineage.trace import Attempt, File, Finding, Known, Row, Sent, cells
from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from psycopg import Connection

MOST_ALIKE = 20
"""Rows of one import with the same key, and records with the same name, that are looked at: `n/a` may name all."""


def find(conn: Connection[Any], given: str, contractor_id: UUID | None) -> tuple[set[UUID], set[UUID]]:
    """Return the ids of the records and of the rows that something stands for: an id, a natural key or another name."""
    records, rows = statements("assets.lineage", "found.sql")
    parameters = {
        "given": given, "id": _as_id(given), "contractor": contractor_id, "most": MOST_ALIKE,
        "types": [record_type.name for record_type in catalogue.TYPES],
    }  # fmt: skip
    return (
        {row[0] for row in conn.execute(records, parameters)},
        {row[0] for row in conn.execute(rows, parameters)},
    )


def records_of(conn: Connection[Any], rows: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the record of each row that has one."""
    statement, _ = statements("assets.lineage", "related.sql")
    return dict(conn.execute(statement, {"rows": list(rows)}).fetchall())


def rows_of(conn: Connection[Any], records: Collection[UUID], rows: Collection[UUID]) -> set[UUID]:
    """Return the rows of records, those with the keys of rows, and every attempt at any of them."""
    _, statement = statements("assets.lineage", "related.sql")
    given = {"records": list(records), "rows": list(rows), "most": MOST_ALIKE}
    return {row[0] for row in conn.execute(statement, given)}


def erased_at(conn: Connection[Any], given: str, contractor_id: UUID | None) -> datetime | None:
    """Return when what an e-mail address stood for was erased last; None where it was not."""
    (moment,) = conn.execute(
        """
        SELECT max(erased_at) FROM erasures
        WHERE asked_hash = erased_key(normalise_key(%(given)s), id)
            AND (%(contractor)s::UUID IS NULL OR contractor_config_id = %(contractor)s)
        """,
        {"given": given, "contractor": contractor_id},
    ).fetchone() or (None,)
    return moment


def told(
    conn: Connection[Any], records: Collection[UUID], rows: Collection[UUID]
) -> tuple[list[Known], list[Row], dict[UUID, list[Finding]]]:
    """Return what is known of records and of rows in order of time, and what was found of records."""
    of_records, of_rows, of_columns, of_requests, of_findings = statements("assets.lineage", "told.sql")
    given = {"records": list(records), "rows": list(rows)}
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        known = cursor.execute(of_records, given).fetchall()
    with conn.cursor(row_factory=dict_row) as cursor:
        mapping = _grouped(cursor.execute(of_columns, given).fetchall(), "import_id")
        requests = _grouped(cursor.execute(of_requests, given).fetchall(), "row_id")
        found = _grouped(cursor.execute(of_findings, given).fetchall(), "record_id")
        read = cursor.execute(of_rows, given).fetchall()
    return (
        known,
        [_row(one, mapping[one["file_import_id"]], requests[one["id"]]) for one in read],
        {record: [Finding(**one) for one in of] for record, of in found.items()},
    )


def _row(one: dict[str, Any], mapping: list[dict[str, Any]], requests: list[dict[str, Any]]) -> Row:
    file, sent = File(**_part(one, "file_")), _part(one, "sent_")
    was_sent, data, mapped = one.pop("was_sent"), one.pop("record_data"), one.pop("mapped_data")
    return Row(
        **one,
        file=file,
        sent=Sent(**sent) if was_sent else None,
        cells=cells(data, mapped, mapping) if one["erased_at"] is None else [],
        attempts=[Attempt(**request) for request in requests],
    )


def _part(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Take the columns of a part of a row out of it."""
    return {name.removeprefix(prefix): row.pop(name) for name in list(row) if name.startswith(prefix)}


def _grouped(rows: list[dict[str, Any]], by: str) -> Mapping[UUID, list[dict[str, Any]]]:
    grouped: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.pop(by)].append(row)
    return grouped


def _as_id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
