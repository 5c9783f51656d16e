"""The rules on the audit log of Coperniq's API and on lineage that the database keeps for every writer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.integration.database.seed import Ids, one, seed_contractor

Connection = psycopg.Connection[Any]

LOG = "SELECT log_coperniq_sync(%s, 'import', 'Contact', 100, 98, 2, 'partial_success', 'x@y.example'"
LINEAGE = """
    INSERT INTO data_lineage (csv_import_record_id, form_submission_id, coperniq_entity_type)
    VALUES (%s, %s, 'Site') RETURNING contractor_config_id
"""


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize("statement", ["UPDATE", "DELETE"])
def test_the_log_is_append_only(connection: Connection, ids: Ids, statement: str, role: str) -> None:
    if role == "service_role":
        connection.execute("SET LOCAL ROLE service_role")
    change = {"UPDATE": "UPDATE coperniq_sync_log SET status = 'failed'", "DELETE": "DELETE FROM coperniq_sync_log"}
    if (statement, role) == ("DELETE", "owner"):
        connection.execute(change[statement].encode())
    else:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(change[statement].encode())


def test_an_import_with_logged_operations_is_not_deleted(connection: Connection, ids: Ids) -> None:
    with pytest.raises(errors.ForeignKeyViolation, match="coperniq_sync_log"):
        connection.execute("DELETE FROM csv_imports")


def test_an_operation_ends_now_and_began_its_time_before(connection: Connection, ids: Ids) -> None:
    log = one(connection, f"{LOG}, 't-1', 200, 1500)", ids["import"])
    query = """
        SELECT contractor_name, import_name, completed_at - started_at, completed_at BETWEEN now() AND clock_timestamp()
        FROM coperniq_sync_history WHERE sync_log_id = %s
    """
    assert one(connection, query, log) == ("A Mechanical", "Contact.csv", timedelta(seconds=1.5), True)


def test_given_times_are_kept(connection: Connection, ids: Ids) -> None:
    began, ended = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
    call = f"{LOG}, p_started_at := %s, p_completed_at := %s)"
    log = one(connection, call, ids["import"], began, ended)
    query = "SELECT started_at, completed_at FROM coperniq_sync_history WHERE sync_log_id = %s"
    assert one(connection, query, log) == (began, ended)
    with pytest.raises(errors.CheckViolation, match="coperniq_sync_log_times"):
        connection.execute(call.encode(), [ids["import"], ended, began])


def test_a_log_without_its_import_is_refused(connection: Connection) -> None:
    with pytest.raises(errors.ForeignKeyViolation, match=r"^There is no import .* to log for\."):
        connection.execute(f"{LOG})".encode(), [uuid4()])


def test_the_contractor_of_a_log_is_that_of_its_import(connection: Connection, ids: Ids) -> None:
    other = seed_contractor(connection, "b", ids["template"])
    insert = """
        INSERT INTO coperniq_sync_log (csv_import_id, contractor_config_id, operation_type, entity_type, status)
        VALUES (%s, %s, 'delete', 'Task', 'success') RETURNING contractor_config_id
    """
    assert one(connection, insert, ids["import"], other["contractor"]) == ids["contractor"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("operation_type", "'upsert'"),
        ("entity_type", "'contact'"),
        ("status", "'pending'"),
        ("records_failed", "1"),
        ("api_response_status", "99"),
        ("api_response_time_ms", "-1"),
        ("rollback_successful", "true"),
    ],
)
def test_an_entry_says_what_can_be(connection: Connection, ids: Ids, column: str, value: str) -> None:
    given = {"operation_type": "'import'", "entity_type": "'Contact'", "status": "'success'"} | {column: value}
    insert = (
        f"INSERT INTO coperniq_sync_log (csv_import_id, {', '.join(given)}) VALUES (%s, {', '.join(given.values())})"
    )
    with pytest.raises(errors.CheckViolation):
        connection.execute(insert.encode(), [ids["import"]])


@pytest.mark.parametrize("source", ["record", "form"])
def test_lineage_belongs_to_the_contractor_of_its_source(connection: Connection, ids: Ids, source: str) -> None:
    record, form = (ids["record"], None) if source == "record" else (None, ids["submission"])
    assert one(connection, LINEAGE, record, form) == ids["contractor"]


def test_lineage_has_a_source(connection: Connection, ids: Ids) -> None:
    with pytest.raises((errors.CheckViolation, errors.NotNullViolation)):
        connection.execute(LINEAGE.encode(), [None, None])


@pytest.mark.parametrize(("score", "allowed"), [("0", True), ("1.00", True), ("1.01", False), ("-0.01", False)])
def test_quality_is_between_0_and_1(connection: Connection, ids: Ids, score: str, *, allowed: bool) -> None:
    update = "UPDATE data_lineage SET data_quality_score = %s"
    if allowed:
        connection.execute(update, [score])
    else:
        with pytest.raises(errors.CheckViolation, match="quality"):
            connection.execute(update, [score])
