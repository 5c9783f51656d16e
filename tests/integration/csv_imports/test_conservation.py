"""Conservation: an import is over when every row is accounted for, and is then left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets.csv_imports import settling, store
from tests.integration.csv_imports.conftest import CONTACTS, records

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office


@pytest.mark.parametrize(
    "counts",
    ["total_records_attempted = 2", "total_records_success = 2", "total_records_failed = 1, total_records_success = 2"],
)
def test_the_database_refuses_counts_that_are_not_those_of_the_rows(office: Office, counts: str) -> None:
    found = office.send("Contact.csv", CONTACTS)
    with pytest.raises(psycopg.errors.CheckViolation):
        office.conn.execute(f"UPDATE csv_imports SET {counts} WHERE id = '{found}'")


def test_a_row_that_gets_lost_on_the_way_fails_the_import_and_leaves_nothing(
    office: Office,
) -> None:
    office.conn.execute(
        """
        CREATE FUNCTION lose() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM csv_import_records WHERE csv_import_id = NEW.id AND record_number = 2; RETURN NEW;
        END $$;
        CREATE TRIGGER lose BEFORE UPDATE ON csv_imports FOR EACH ROW WHEN (NEW.status = 'success')
        EXECUTE FUNCTION lose();
        """
    )
    office.put("Contact.csv", CONTACTS)
    office.put("contacts 2.csv", "name,email\n,d@b.co\n")
    office.register()
    refused, other = office.read()
    assert refused.failure is not None
    assert "cannot be success: it says 3 records attempted" in refused.failure
    assert office.import_row(refused.import_id, "status::TEXT", "error_summary ->> 'reason'") == (
        "failed", refused.failure,
    )  # fmt: skip
    assert office.rows(refused.import_id, "record_number") == records(office, "Contact") == []
    assert office.rows(other.import_id, "record_number") == [(1,)], "the other files go on"


def test_a_run_that_could_not_read_a_file_fails_no_import_that_another_has_settled(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("Contact.csv", CONTACTS)
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    entering = settling.enter

    def after_another_failed(*arguments: Any, **named: Any) -> None:
        store.fail(office.conn, found.id, "Contact.csv is no longer there.", again=True, settled=False)
        entering(*arguments, **named)

    monkeypatch.setattr(settling, "enter", after_another_failed)
    assert office.read()[0].failure is None
    assert office.import_row(found.id, "status::TEXT", "error_summary ->> 'reason'") == ("success", None)
    assert len(records(office, "Contact")) == 3


def test_rows_that_cannot_be_entered_fail_their_import_alone(office: Office) -> None:
    office.conn.execute("ALTER TABLE coperniq_records ADD CHECK (record_key <> 'b@b.co')")
    office.put("Contact.csv", CONTACTS)
    office.put("contacts 2.csv", "name,email\nDan,d@b.co\n")
    office.register()
    refused, other = office.read()
    assert "23514" in (refused.failure or "")
    assert office.import_row(refused.import_id, "status::TEXT", "error_summary ->> 'reason'") == (
        "failed", refused.failure,
    )  # fmt: skip
    assert office.rows(refused.import_id, "id") == []
    counts = ("total_records_attempted", "total_records_success", "total_records_failed")
    assert office.import_row(refused.import_id, *counts) == (0, 0, 0)
    assert other.failure is None
    assert [key for key, *_ in records(office, "Contact")] == ["d@b.co"]


def test_a_finished_import_takes_and_loses_no_row(office: Office) -> None:
    found = office.send("Contact.csv", CONTACTS)
    for statement in (
        "DELETE FROM csv_import_records WHERE csv_import_id = %s AND record_number = 1",
        "UPDATE csv_import_records SET status = 'error' WHERE csv_import_id = %s AND record_number = 1",
        "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
        "VALUES (%s, 9, '{}', 'valid')",
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match="final"):
            office.conn.execute(statement, [found])
    assert office.rows(found, "record_number") == [(1,), (2,), (3,)]
