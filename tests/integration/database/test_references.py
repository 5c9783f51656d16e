"""The names of a record lead to it wherever one is written; an import that goes takes references to its rows along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from orchestration import migrations
from tests.integration.database.test_schema import first

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.database.seed import Ids

Connection = psycopg.Connection[Any]

HASH = "hashtextextended({name}, hashtextextended(coperniq_type, uuid_hash_extended(contractor_config_id, 0)))"
LISTED = f"""
    SELECT array_agg(given.name ORDER BY given.name)
    FROM coperniq_records AS c CROSS JOIN unnest(c.names) AS given (name)
    WHERE c.id = %s AND EXISTS (
        SELECT FROM coperniq_record_names WHERE record_id = c.id AND name_hash = {HASH.format(name="given.name")})
"""
HINTS = "SELECT count(*) FROM coperniq_record_names WHERE record_id = %s"


def asked(connection: Connection, query: str, value: object) -> Any:
    (row,) = connection.execute(query.encode(), [value]).fetchall()
    return row[0]


@pytest.mark.parametrize("role", ["owner", "service_role"])
def test_every_name_of_a_record_leads_to_it(connection: Connection, ids: Ids, role: str) -> None:
    if role == "service_role":
        connection.execute("SET LOCAL ROLE service_role")
    (record,) = connection.execute(
        "INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key, names)"
        " VALUES (%s, 'Contact', 'ada', '{ada,countess}') RETURNING id", [ids["contractor"]],
    ).fetchone() or (None,)  # fmt: skip
    assert asked(connection, LISTED, record) == ["ada", "countess"]
    connection.execute("UPDATE coperniq_records SET names = names || '{lovelace}' WHERE id = %s", [record])
    assert asked(connection, LISTED, record) == ["ada", "countess", "lovelace"]
    connection.execute("DELETE FROM coperniq_records WHERE id = %s", [record])
    assert asked(connection, HINTS, record) == 0


def test_an_import_that_is_deleted_takes_the_reference_to_its_row_along(connection: Connection, ids: Ids) -> None:
    connection.execute(
        "UPDATE coperniq_records SET csv_import_id = %s, csv_import_record_id = %s WHERE id = %s",
        [ids["import"], ids["record"], ids["delivery"]],
    )
    connection.execute("DELETE FROM coperniq_sync_log")
    connection.execute("DELETE FROM csv_imports WHERE id = %s", [ids["import"]])
    row = "SELECT ARRAY[csv_import_id, csv_import_record_id] FROM coperniq_records WHERE id = %s"
    assert asked(connection, row, ids["delivery"]) == [None, None]


def test_names_that_are_there_already_are_kept_up_and_down(fresh_database: str, tmp_path: Path) -> None:
    named = "SELECT array_agg(name ORDER BY name) FROM coperniq_record_names WHERE record_id = %s"
    with psycopg.connect(fresh_database, autocommit=True, prepare_threshold=None) as conn:
        migrations.up(conn, first(7, tmp_path / "before"))
        (contractor,) = conn.execute(
            "INSERT INTO mep_contractor_configs (contractor_name, contractor_email, contractor_phone, trades)"
            " VALUES ('A', 'a@b.co', '1', '{hvac}') RETURNING id"
        ).fetchone() or (None,)
        (record,) = conn.execute(
            "INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key)"
            " VALUES (%s, 'Contact', 'ada') RETURNING id", [contractor],
        ).fetchone() or (None,)  # fmt: skip
        conn.execute(
            "INSERT INTO coperniq_record_names VALUES (%s, 'Contact', 'ada', %s), (%s, 'Contact', 'countess', %s)",
            [contractor, record, contractor, record],
        )
        after = first(8, tmp_path / "after")
        migrations.up(conn, after)
        assert asked(conn, LISTED, record) == ["ada", "countess"]
        migrations.down(conn, after, to=7)
        assert asked(conn, named, record) == ["ada", "countess"]
