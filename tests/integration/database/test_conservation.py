"""Row conservation: what an import says of its records holds when it is called finished, and from then on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.integration.database.seed import Ids, one, seed_contractor, seed_template

Connection = psycopg.Connection[Any]

FINISH = """
    UPDATE csv_imports
    SET status = %s, total_records_attempted = %s, total_records_success = %s, total_records_failed = %s
    WHERE id = %s
"""
# One record of each status, beside the valid one of the seed.
RECORDS = """
    INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status)
    SELECT %s, number, '{}', status::csv_record_status
    FROM unnest(ARRAY['valid', 'warning', 'error', 'duplicate', 'skipped']) WITH ORDINALITY AS given (status, number)
"""
RIGHT = (6, 3, 1)


def finish(conn: Connection, ids: Ids, status: str = "success") -> None:
    conn.execute(RECORDS, [ids["import"]])
    conn.execute(FINISH, [status, *RIGHT, ids["import"]])


@pytest.mark.parametrize("status", ["success", "partial_success"])
@pytest.mark.parametrize("counts", [RIGHT, (5, 3, 1), (7, 3, 1), (6, 2, 1), (6, 4, 1), (6, 3, 0), (6, 3, 2), (0, 0, 0)])
def test_counts_are_those_of_the_records(
    writer: Connection, ids: Ids, status: str, counts: tuple[int, int, int]
) -> None:
    writer.execute(RECORDS, [ids["import"]])
    values = [status, *counts, ids["import"]]
    if counts == RIGHT:
        writer.execute(FINISH, values)
    else:
        with pytest.raises(errors.CheckViolation, match="has 6, 3 valid or warning, 1 error"):
            writer.execute(FINISH, values)


def test_an_import_is_not_born_with_counts_that_do_not_hold(writer: Connection, ids: Ids) -> None:
    insert = """
        INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, status, total_records_attempted)
        VALUES (%s, 'x.csv', 'Task', 'success', %s)
    """
    writer.execute(insert, [ids["contractor"], 0])
    with pytest.raises(errors.CheckViolation, match="1 records attempted"):
        writer.execute(insert, [ids["contractor"], 1])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE csv_imports SET total_records_attempted = 7",
        "UPDATE csv_imports SET status = 'partial_success', total_records_failed = 0",
        "UPDATE csv_imports SET status = 'processing'",
        "UPDATE csv_imports SET status = 'pending'",
        "DELETE FROM csv_import_records WHERE record_number = 1",
        "UPDATE csv_import_records SET status = 'error' WHERE record_number = 1",
        "UPDATE csv_import_records SET status = 'error', coperniq_id = 'c' WHERE record_number = 1",
        "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
        "SELECT id, 99, '{}', 'valid' FROM csv_imports",
        "SELECT add_csv_import_record(id, 99, '{}') FROM csv_imports",
    ],
)
def test_a_finished_import_stays_as_it_is(writer: Connection, ids: Ids, change: str) -> None:
    finish(writer, ids)
    with pytest.raises(errors.CheckViolation):
        writer.execute(change.encode())


def test_records_do_not_move_to_or_from_a_finished_import(connection: Connection, ids: Ids) -> None:
    open_import = one(connection, "SELECT create_csv_import(%s, 'Task.csv', 'Task')", ids["contractor"])
    connection.execute("SELECT add_csv_import_record(%s, 50, '{}')", [open_import])
    finish(connection, ids)
    for number, target in ((1, open_import), (50, ids["import"])):
        with pytest.raises(errors.CheckViolation, match="is final"), connection.transaction():
            connection.execute(
                "UPDATE csv_import_records SET csv_import_id = %s WHERE record_number = %s", [target, number]
            )


def test_what_sending_writes_onto_a_finished_import_is_allowed(writer: Connection, ids: Ids) -> None:
    finish(writer, ids, "partial_success")
    open_import = one(writer, "SELECT create_csv_import(%s, 'Task.csv', 'Task')", ids["contractor"])
    writer.execute("SELECT add_csv_import_record(%s, 50, '{}')", [open_import])
    writer.execute("UPDATE csv_imports SET coperniq_sync_status = 'synced', coperniq_transaction_id = 't-1'")
    # The records of both imports, and the status of those that may still change it.
    writer.execute(
        """
        UPDATE csv_import_records
        SET coperniq_id = 'c-' || record_number, error_message = 'Sent.', processed_at = now(),
            status = CASE record_number WHEN 50 THEN 'skipped' ELSE status END
        """
    )
    assert one(writer, "SELECT count(*) FROM csv_import_records WHERE coperniq_id IS NOT NULL") == 7


@pytest.mark.parametrize("status", ["failed", "success"])
def test_records_go_with_their_import(connection: Connection, ids: Ids, status: str) -> None:
    finish(connection, ids, status)
    if status == "failed":
        connection.execute("DELETE FROM csv_import_records WHERE record_number = 1")
    connection.execute("DELETE FROM coperniq_sync_log")
    connection.execute("DELETE FROM csv_imports")
    assert one(connection, "SELECT count(*) FROM csv_import_records") == 0


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_finishing_waits_for_those_who_still_write_records(migrated_database: str, end: str) -> None:
    with psycopg.connect(migrated_database) as conn:
        ids = seed_contractor(conn, "a", seed_template(conn)["template"])
    with psycopg.connect(migrated_database) as late, psycopg.connect(migrated_database) as finisher:
        late.execute("SELECT add_csv_import_record(%s, 99, '{}')", [ids["import"]])
        finisher.execute("SET lock_timeout = '200ms'")
        with pytest.raises(errors.LockNotAvailable):
            finisher.execute(FINISH, ["success", 1, 1, 0, ids["import"]])
        finisher.rollback()
        getattr(late, end)()
        refused = pytest.raises(errors.CheckViolation, match="has 2, 2 valid")
        with refused if end == "commit" else nullcontext():
            finisher.execute(FINISH, ["success", 1, 1, 0, ids["import"]])


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
        "SELECT id, 99, '{}', 'valid' FROM csv_imports",
        "UPDATE csv_import_records SET status = 'error'",
        "DELETE FROM csv_import_records",
    ],
)
def test_writing_records_waits_for_the_one_who_finishes(migrated_database: str, change: str) -> None:
    with psycopg.connect(migrated_database) as conn:
        ids = seed_contractor(conn, "a", seed_template(conn)["template"])
    with psycopg.connect(migrated_database) as late, psycopg.connect(migrated_database) as finisher:
        late.execute("SET application_name = 'late'")
        late.commit()
        finisher.execute(FINISH, ["success", 1, 1, 0, ids["import"]])
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(late.execute, change.encode())
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'late' AND wait_event_type = 'Lock'"
            )
            while not writing.done() and one(finisher, waiting) == 0:
                finisher.execute("SELECT pg_stat_clear_snapshot()")
            finisher.commit()
            with pytest.raises(errors.CheckViolation, match="is success, which is final"):
                writing.result(timeout=10)
