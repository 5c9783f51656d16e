"""The rules on imports and mappings that the database keeps for every writer, row conservation aside."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from tests.integration.database.seed import Ids, one

Connection = psycopg.Connection[Any]

WORKING = ("pending", "validating", "processing")
FINISHED = ("success", "partial_success", "failed")
COUNTS = "total_records_attempted = %s, total_records_success = %s, total_records_failed = %s"
FINISH = f"UPDATE csv_imports SET status = %s, {COUNTS} WHERE id = %s"


@pytest.mark.parametrize("old", [*WORKING, *FINISHED])
def test_failed_can_be_said_of_any_import_and_is_the_end(writer: Connection, ids: Ids, old: str) -> None:
    writer.execute(FINISH, [old, 1, 1, 0, ids["import"]])
    writer.execute("UPDATE csv_imports SET status = 'failed'")
    for new in {*WORKING, *FINISHED} - {"failed"}:
        with pytest.raises(errors.CheckViolation, match="is failed, which is final"), writer.transaction():
            writer.execute("UPDATE csv_imports SET status = %s", [new])


def test_work_begins_when_the_status_leaves_pending(writer: Connection, ids: Ids) -> None:
    query = "SELECT started_at IS NULL, completed_at IS NULL, duration_seconds FROM csv_imports"
    assert one(writer, query) == (True, True, None)
    writer.execute("UPDATE csv_imports SET status = 'validating'")
    assert one(writer, query) == (False, True, None)
    writer.execute("UPDATE csv_imports SET started_at = now() - INTERVAL '90 seconds', status = 'processing'")
    assert one(writer, query) == (False, True, None)
    writer.execute(FINISH, ["success", 1, 1, 0, ids["import"]])
    assert one(writer, query) == (False, False, 90)


@pytest.mark.parametrize(("status", "seconds"), [("failed", 3600), ("processing", None)])
def test_duration_is_calculated_on_insert_too(
    connection: Connection, ids: Ids, status: str, seconds: int | None
) -> None:
    insert = """
        INSERT INTO csv_imports (
            contractor_config_id, import_name, coperniq_type, status, started_at, completed_at, duration_seconds
        ) VALUES (%s, 'x.csv', 'Task', %s, now() - INTERVAL '1 hour', now(), 7) RETURNING duration_seconds
    """
    assert one(connection, insert, ids["contractor"], status) == seconds


@pytest.mark.parametrize("counts", [(-1, 0, 0), (1, -1, 0), (1, 0, -1), (1, 1, 1), (2**31 - 1, 2**31 - 1, 1)])
def test_counts_are_possible(writer: Connection, ids: Ids, counts: tuple[int, int, int]) -> None:
    with pytest.raises(errors.CheckViolation, match="csv_imports_counts"):
        writer.execute(f"UPDATE csv_imports SET {COUNTS}", counts)


@pytest.mark.parametrize(
    ("counts", "rate"), [((0, 0, 0), None), ((3, 1, 2), "33.33"), ((3, 2, 1), "66.67"), ((5, 5, 0), "100.00")]
)
def test_the_success_rate_is_a_percentage(
    connection: Connection, ids: Ids, counts: tuple[int, int, int], rate: str | None
) -> None:
    connection.execute(f"UPDATE csv_imports SET {COUNTS}", counts)
    assert one(connection, "SELECT success_rate::text FROM csv_import_summary") == rate


def test_the_same_file_comes_once_unless_it_failed(writer: Connection, ids: Ids) -> None:
    create = "SELECT create_csv_import(%s, 'Again.csv', %s, 'x@y.example', 1, 'seed')"
    with pytest.raises(errors.UniqueViolation) as refusal, writer.transaction():
        writer.execute(create, [ids["contractor"], "Contact"])
    assert refusal.value.diag.constraint_name == "csv_imports_one_per_file"
    assert refusal.value.diag.message_primary == (
        f"File Again.csv was imported already as Contact: see import {ids['import']}. "
        "It may come again once that import failed or was rolled back."
    )
    with pytest.raises(errors.UniqueViolation, match="csv_imports_one_per_file"), writer.transaction():
        writer.execute(
            "INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, file_hash) "
            "VALUES (%s, 'Again.csv', 'Contact', 'seed')",
            [ids["contractor"]],
        )
    writer.execute(create, [ids["contractor"], "Site"])
    writer.execute("UPDATE csv_imports SET status = 'failed' WHERE id = %s", [ids["import"]])
    writer.execute(create, [ids["contractor"], "Contact"])


@pytest.mark.parametrize("number", [0, -1, 7])
def test_a_record_has_a_number_of_its_own_from_1(connection: Connection, ids: Ids, number: int) -> None:
    with pytest.raises((errors.CheckViolation, errors.UniqueViolation)):
        connection.execute("SELECT add_csv_import_record(%s, %s, '{}')", [ids["import"], number])


@pytest.mark.parametrize("name", ["client_id", "ClientId", "emails[]", "client id", ""])
@pytest.mark.parametrize("table", ["coperniq_field_mapping", "csv_column_mapping"])
def test_field_names_are_camel_case(connection: Connection, ids: Ids, table: str, name: str) -> None:
    update = sql.SQL("UPDATE {} SET coperniq_field_name = %s").format(sql.Identifier(table))
    connection.execute(update, ["clientId"])
    with pytest.raises(errors.CheckViolation, match="camel_case"):
        connection.execute(update, [name])


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("csv_imports", "coperniq_type"),
        ("csv_column_mapping", "coperniq_type"),
        ("coperniq_field_mapping", "coperniq_type"),
        ("data_lineage", "coperniq_entity_type"),
    ],
)
def test_types_are_the_seven(connection: Connection, ids: Ids, table: str, column: str) -> None:
    update = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    seven = ("Contact", "Site", "Asset", "Task", "System", "ServicePlanInstance", "FinancialDocument")
    for name in seven:
        connection.execute(update, [name])
    with pytest.raises(errors.CheckViolation, match=r"coperniq_type|entity_type"):
        connection.execute(update, ["contact"])
