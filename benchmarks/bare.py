"""The yardstick: a bare COPY of the very same finished rows, in one connection, with the ids that the DDL gives.

All columns but `id` are copied, into the same table with the same indexes, keys and triggers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20


def finished_rows(url: str, import_id: str, file: Path) -> None:
    """Write an import's finished rows to a file, as COPY takes them."""
    with psycopg.connect(url) as conn, file.open("wb") as out:
        columns = _columns(conn)
        query = sql.SQL(
            "COPY (SELECT {} FROM csv_import_records WHERE csv_import_id = {} ORDER BY record_number) TO STDOUT"
        ).format(columns, import_id)
        with conn.cursor().copy(query) as copying:
            for block in copying:
                out.write(block)


def copy(url: str, import_id: str, file: Path) -> float:
    """Copy the rows of a file into a new import of that id; return the seconds until they are committed."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            """
            WITH contractor AS (
                INSERT INTO mep_contractor_configs (contractor_name, contractor_email)
                VALUES ('bare', 'bare@example.com') RETURNING id
            )
            INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, status)
            SELECT %s, id, 'bare', 'Contact', 'processing' FROM contractor
            """,
            [import_id],
        )
        query = sql.SQL("COPY csv_import_records ({}) FROM STDIN").format(_columns(conn))
        began = time.perf_counter()
        with file.open("rb") as rows, conn.cursor().copy(query) as copying:
            while block := rows.read(CHUNK):
                copying.write(block)
        return time.perf_counter() - began


def fill(url: str, rows: int) -> None:
    """Fill the table with copies of the import that it holds, as earlier imports, until it has that many rows more."""
    with psycopg.connect(url) as conn:
        columns = _columns(conn, without=("id", "csv_import_id"))
        (held,) = conn.execute("SELECT count(*) FROM csv_import_records").fetchone() or (0,)
        # Triggers and foreign keys are not what is measured here.
        conn.execute("SET LOCAL session_replication_role = replica")
        for _ in range(-(-rows // held)):
            (earlier,) = conn.execute(
                """
                INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, status)
                SELECT contractor_config_id, 'earlier', 'Contact', 'success' FROM csv_imports
                WHERE import_name LIKE 'contacts-%%' LIMIT 1 RETURNING id
                """,
                {},
            ).fetchone() or (None,)
            conn.execute(
                sql.SQL(
                    """
                    INSERT INTO csv_import_records (id, csv_import_id, {0})
                    SELECT uuidv7(), %(earlier)s, {0} FROM csv_import_records
                    WHERE csv_import_id = (SELECT id FROM csv_imports WHERE import_name LIKE 'contacts-%%')
                    ORDER BY record_number
                    """
                ).format(columns),
                {"earlier": earlier},
            )
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE csv_import_records")


def _columns(conn: psycopg.Connection[Any], without: tuple[str, ...] = ("id",)) -> sql.Composed:
    found = conn.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'csv_import_records' "
        "AND column_name <> ALL(%s) ORDER BY ordinal_position",
        [list(without)],
    ).fetchall()
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
