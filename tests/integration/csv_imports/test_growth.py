"""What an import costs does not depend on how many rows earlier imports have left in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import MIGRATIONS

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office

ROWS = 3_000
REPEATED = 60


def test_an_import_reads_its_own_rows_as_often_in_a_table_that_has_seen_others(office: Office) -> None:
    _rows_read(office, 1)
    into_unknown = _rows_read(office, 2)
    # A database that was migrated late: the planner believed that an import it had not seen held next to nothing.
    office.conn.execute("ALTER TABLE csv_import_records ALTER COLUMN csv_import_id SET STATISTICS -1")
    office.conn.execute("ANALYZE csv_import_records")
    office.conn.execute((MIGRATIONS / "013_statistics.sql").read_bytes())
    office.conn.execute("ANALYZE csv_import_records")
    assert _rows_read(office, 3) <= into_unknown + REPEATED


def _rows_read(office: Office, number: int) -> int:
    """Import a file of new contacts, some of them twice; give how many rows PostgreSQL read for it."""
    emails = [f"{place % (ROWS - REPEATED)}-{number}@b.co" for place in range(ROWS)]
    before = _read_so_far(office)
    office.send(f"contacts {number}.csv", "name,email,phone\n" + "".join(f"Ann,{email},\n" for email in emails))
    return _read_so_far(office) - before


def _read_so_far(office: Office) -> int:
    office.conn.execute("SELECT pg_stat_force_next_flush()")
    (read,) = office.conn.execute(
        "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables "
        "WHERE relname = 'csv_import_records'"
    ).fetchall()
    return int(read[0])
