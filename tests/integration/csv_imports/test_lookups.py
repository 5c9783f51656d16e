"""Looking up costs a few rows read for each row, however little PostgreSQL knows of who has just come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq import store as sending
from assets.fix_files import COLUMNS, reference
from assets.record_types import RecordType
from tests.integration.csv_imports.conftest import make_office
from tests.integration.csv_imports.fixing import opened

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office

ROWS = 600
READ_FOR_A_ROW = 40
CONTACTS = "name,email\n" + "".join(f"P{number} Smith,p{number}@b.co\n" for number in range(ROWS))


@pytest.fixture
def newcomer(office: Office) -> Office:
    """Give a contractor of whom the planner's statistics know nothing: they speak of another one alone."""
    first = make_office(office.conn, office.root, "first")
    first.send("Contact.csv", CONTACTS[:1_000])
    first.send("Site.csv", "Full address,Customer\n1 Main St,p1@b.co\n")
    first.mark_synced()
    office.conn.execute("ANALYZE")
    return office


def rows_read(office: Office) -> int:
    """Count the rows of the records that sending knows, and of their names, that were ever read."""
    office.conn.execute("SELECT pg_stat_force_next_flush()")
    (read,) = office.conn.execute(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::INTEGER FROM pg_stat_user_tables "
        "WHERE relname IN ('coperniq_records', 'coperniq_record_names')"
    ).fetchone() or (0,)
    return read


def resolve(office: Office, record_type: RecordType) -> dict[str, int]:
    """Find the parents of what waits; give how many records are in which state."""
    scope = sending.Scope(office.id, record_type)
    with office.conn.transaction():
        sending.resolve(office.conn, scope)
    return sending.counts(office.conn, scope)


def test_the_parents_of_an_imports_rows(newcomer: Office) -> None:
    newcomer.send("Contact.csv", CONTACTS)
    newcomer.mark_synced()
    before = rows_read(newcomer)
    newcomer.send("Site.csv", "Full address,Customer\n" + "".join(f"{n} Main St,p{n}@b.co\n" for n in range(ROWS)))
    assert rows_read(newcomer) - before < READ_FOR_A_ROW * ROWS

    before = rows_read(newcomer)
    assert resolve(newcomer, catalogue.SITE) == {"ready": ROWS}
    newcomer.mark_synced()
    newcomer.send("Asset.csv", "name,type,Site\n" + "".join(f"F{n},Furnace,P{n} Smith\n" for n in range(ROWS)))
    assert resolve(newcomer, catalogue.ASSET) == {"ready": ROWS}
    assert rows_read(newcomer) - before < 3 * READ_FOR_A_ROW * ROWS


def test_the_parents_of_rows_that_came_before_them(newcomer: Office) -> None:
    newcomer.send("Site.csv", "Full address,Customer\n" + "".join(f"{n} Main St,P{n} Smith\n" for n in range(ROWS)))
    newcomer.send("Contact.csv", CONTACTS)
    before = rows_read(newcomer)
    assert resolve(newcomer, catalogue.SITE) == {"waiting": ROWS}
    assert rows_read(newcomer) - before < READ_FOR_A_ROW * ROWS
    (known,) = newcomer.conn.execute(
        "SELECT count(*) FROM coperniq_records WHERE coperniq_type = 'Site' AND record_key LIKE '% | p%@b.co'"
    ).fetchone() or (0,)
    assert known == ROWS + 1, "each takes its client's own key"


def test_what_is_sent_already_costs_a_run_nothing(newcomer: Office) -> None:
    newcomer.send("Contact.csv", CONTACTS)
    newcomer.mark_synced()
    newcomer.send("Site.csv", "Full address,Customer\n1 Main St,p1@b.co\n2 Main St,p2@b.co\n3 Main St,nobody@b.co\n")
    before = rows_read(newcomer)
    for record_type in catalogue.TYPES:
        scope = sending.Scope(newcomer.id, record_type)
        resolve(newcomer, record_type)
        with newcomer.conn.transaction():
            sending.unresolved(newcomer.conn, scope)
            sending.refresh_imports(newcomer.conn, scope)
        sending.count_waited_for(newcomer.conn, scope)
    assert rows_read(newcomer) - before < READ_FOR_A_ROW * 3


def test_what_is_open_of_what_was_refused(newcomer: Office) -> None:
    refused = newcomer.send("Contact.csv", CONTACTS)
    newcomer.conn.execute(
        "WITH refused AS (UPDATE coperniq_records SET state = 'rejected' WHERE csv_import_id = %s RETURNING *)"
        " UPDATE csv_import_records AS r SET refused_at = now() FROM refused WHERE r.id = refused.csv_import_record_id",
        [refused],
    )
    before = rows_read(newcomer)
    newcomer.send("Contact 2.csv", "name,email\nPat Smith,p1@b.co\n")
    assert rows_read(newcomer) - before < READ_FOR_A_ROW * ROWS
    assert opened(newcomer, refused) == ROWS - 1


def test_the_records_of_the_rows_that_a_fix_file_corrects(newcomer: Office) -> None:
    newcomer.send("Contact.csv", CONTACTS)
    newcomer.mark_synced()
    wrong = newcomer.send("Contact 2.csv", "name,email\n,ann@b.co\n")
    before = rows_read(newcomer)
    row = f"Ann,ann@b.co,{reference(1, wrong)},wrong,correct it\n"
    newcomer.send("Fix.csv", f"name,email,{','.join(COLUMNS)}\n{row}")
    assert rows_read(newcomer) - before < READ_FOR_A_ROW * 3
    assert opened(newcomer, wrong) == 0
