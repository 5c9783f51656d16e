"""The marts over what the pipeline itself wrote: they agree with its own words and with the simplest count there is."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest

from assets import catalogue
from assets.coperniq import rolling_back
from assets.coperniq.checking import Check
from assets.coperniq.rolling_back import Rollback
from assets.coperniq.store import Scope
from assets.csv_imports import health
from assets.csv_imports.judging import version
from assets.database import Database
from assets.lineage import tracing
from tests.conftest import _database
from tests.coperniq_server import running_sandbox
from tests.integration.analytics.callers import Model, shown
from tests.integration.analytics.conftest import finished, starter
from tests.integration.coperniq.world import World, contact, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster
    from tests.coperniq_server import SandboxHandle

COMPANY = 1
# One file of every pair that makes a rule of the check true or false, for contractors with leases of every kind.
UNFINISHED = """
    INSERT INTO mep_contractor_configs (id, contractor_name, slug)
    SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'Contractor ' || n, 'stuck-' || n
    FROM generate_series(1, 4) AS n;

    INSERT INTO contractor_leases (contractor_config_id, expires_at) VALUES
    ('00000000-0000-4000-8000-000000000002', now() - INTERVAL '16 minutes'),
    ('00000000-0000-4000-8000-000000000003', now() - INTERVAL '14 minutes'),
    ('00000000-0000-4000-8000-000000000004', now() + INTERVAL '1 minute');

    INSERT INTO csv_imports (
        contractor_config_id, import_name, coperniq_type, status, source_path, created_at, started_at, completed_at,
        entered_at
    )
    SELECT
        c.id, 'Task.csv', 'Task', status, source_path,
        now() - CASE status WHEN 'pending' THEN ago ELSE INTERVAL '1 day' END,
        CASE WHEN status <> 'pending' THEN now() - CASE WHEN is_open THEN ago ELSE INTERVAL '1 day' END END,
        CASE WHEN NOT is_open THEN now() - ago END, entered_at
    FROM mep_contractor_configs AS c
    CROSS JOIN unnest(enum_range(NULL::csv_import_status)) AS status
    CROSS JOIN (VALUES (NULL), ('stuck/Task.csv')) AS s (source_path)
    CROSS JOIN (VALUES (INTERVAL '14 minutes'), (INTERVAL '16 minutes'), (INTERVAL '31 minutes')) AS a (ago)
    CROSS JOIN (VALUES (NULL), (now())) AS e (entered_at)
    CROSS JOIN LATERAL (SELECT status IN ('pending', 'validating', 'processing') AS is_open) AS o
    WHERE c.slug LIKE 'stuck-%';
"""


@pytest.fixture(scope="module")
def world(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a contractor with imports of every kind, in a database that dbt has built and found every rule to hold."""
    folder = tmp_path_factory.mktemp("marts")
    with (
        running_sandbox(folder / "store.db", keys={"key": COMPANY}) as sandbox,
        _database(postgres, template=migrated_template) as (_, url),
        Database(url).connect() as conn,
    ):
        (folder / "inbox").mkdir()
        made = World(conn, sandbox.url, "key", COMPANY, sandbox.store, folder / "inbox")
        work(made, sandbox)
        finished(starter(folder)(url, "build", "--exclude-resource-type", "unit_test"))
        yield made


def work(world: World, sandbox: SandboxHandle) -> None:
    """Import good rows and bad ones, send them and some again, undo, compare, meet a refusal, and leave one waiting."""
    world.bring(
        "Contact.csv", *contacts(3), contact(0), contact(3, name="N/A"), contact(4, emails="ann"), contact(5, name=""),
        {"name": "Nobody"}, contact(6, emails="x y"),
    )  # fmt: skip
    world.bring(
        "Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"},
        {"fullAddress": "2 Main St", "clientId": "nobody@example.com"},
    )  # fmt: skip
    world.deliver()
    world.bring("Contact 2.csv", contact(1), contact(20, emails="ann@"), contact(2, name="Renamed"))
    undone = world.bring("Contact 3.csv", contact(30))
    world.deliver()
    client = world.client()
    of = rolling_back.find(world.conn, str(undone))
    assert Rollback(world.conn, client, world.lease(), of, "test", world.said.append).run().deleted == 1
    strangers = world.enter("Contact", {"name": "Stranger", "emails": ["stranger@example.com"]})
    contacts_of = Scope(world.contractor, catalogue.BY_NAME["Contact"])
    Check(world.conn, client, contacts_of, "test", world.said.append, world.pauses.append).run()
    world.erase("Contact", *strangers)
    client.close()
    sandbox.set_faults({"rules": [{"fault": "reject", "on": "mutation create"}]})
    world.bring("Asset.csv", {"name": "Furnace", "type": "hvac", "siteId": "1 Main St"})
    world.deliver()
    sandbox.set_faults({})
    world.bring("Contact 4.csv", contact(40))
    world.bring("Contact 5.csv", contact(40, name="Later"))


def test_every_record_shows_what_became_of_it(world: World) -> None:
    shown = world.query("SELECT * FROM record_lineage ORDER BY import_name, record_number")
    assert {name: [row["last_state"] for row in shown if row["import_name"] == name] for name in (
        "Contact.csv", "Contact 2.csv", "Contact 3.csv", "Contact 4.csv", "Contact 5.csv", "Site.csv", "Asset.csv",
    )} == {
        "Contact.csv": ["synced"] * 3 + ["duplicate", "synced"] + ["error"] * 4,
        "Contact 2.csv": ["skipped", "error", "synced"],
        "Contact 3.csv": ["deleted"],
        "Contact 4.csv": ["replaced"],
        "Contact 5.csv": ["open"],
        "Site.csv": ["synced", "open"],
        "Asset.csv": ["refused"],
    }  # fmt: skip
    first = shown[next(place for place, row in enumerate(shown) if row["import_name"] == "Contact.csv")]
    assert (first["record_key"], first["line_number"]) == ("person0@example.com", 2)
    assert first["transformation_applied"].startswith('name from "name"')


def test_what_is_in_coperniq_is_what_the_lineage_shows(world: World) -> None:
    # By its own table of what is there, which contractors do not see, and by Coperniq itself.
    for type_name in ("Contact", "Site"):
        shown = world.query(
            "SELECT coperniq_entity_id FROM record_lineage WHERE last_state IN ('synced', 'skipped')"
            " AND coperniq_entity_type = %s",
            type_name,
        )
        assert {row["coperniq_entity_id"] for row in shown} == {str(one["id"]) for one in world.held(type_name)}
    states = world.query(
        "SELECT DISTINCT l.last_state, c.state::TEXT FROM record_lineage AS l"
        " INNER JOIN coperniq_records AS c USING (csv_import_record_id) ORDER BY 1, 2"
    )
    assert [tuple(row.values()) for row in states] == [
        ("open", "ready"), ("open", "waiting"), ("refused", "rejected"), ("synced", "synced"),
    ]  # fmt: skip


def test_a_trace_and_the_view_tell_the_same_of_every_row(world: World) -> None:
    shown = {row["csv_import_record_id"]: row for row in world.query("SELECT * FROM record_lineage")}
    keys = {row["record_key"] for row in shown.values()} - {None}
    told = {row.id: row for key in keys for found in tracing.trace(world.conn, key) for row in found.rows}
    assert set(told) == {id_ for id_, row in shown.items() if row["record_key"]}
    for id_, row in told.items():
        of, sent = shown[id_], row.sent
        assert (of["csv_import_id"], of["import_name"]) == (row.file.import_id, row.file.name)
        assert (of["file_hash"], of["rules_version"]) == (row.file.sha256, row.file.rules_version)
        assert (of["record_number"], of["line_number"], of["record_key"]) == (
            row.record_number,
            row.line_number,
            row.key,
        )
        assert (of["status"], of["error_message"], of["judged_at"]) == (row.status, row.message, row.judged_at)
        assert (of["coperniq_entity_type"], of["sent_at"]) == (row.type, sent and sent.first_at)
        assert of["coperniq_entity_id"] == (row.coperniq_id or (sent and sent.coperniq_id))
        assert of["transformation_applied"] == (sent and sent.transformations)
        assert of["data_quality_score"] == (sent and sent.score and Decimal(str(sent.score)))
        assert (of["last_state"] == "deleted") == bool(sent and sent.deleted_at)
    assert {row["rules_version"] for row in shown.values()} == {version.RULES}


def test_the_views_have_every_cell_and_request_that_a_trace_tells(world: World) -> None:
    shown = {row["csv_import_record_id"]: row for row in world.query("SELECT * FROM record_lineage")}
    keys = {row["record_key"] for row in shown.values()} - {None}
    told = {row.id: row for key in keys for found in tracing.trace(world.conn, key) for row in found.rows}
    for id_, row in told.items():
        of = shown[id_]
        assert (of["corrects_record_id"], of["corrected_by_id"]) == (row.corrects, row.corrected_by)
        assert of["replaced_by_id"] == row.replaced_by
        cells = world.query(
            "SELECT csv_column_header, cell, coperniq_field_name, value, transformation, transformation_params,"
            " validation_rule, match_source, match_confidence::FLOAT8 FROM record_cells"
            " WHERE csv_import_record_id = %s ORDER BY csv_column_number, coperniq_field_name", id_,
        )  # fmt: skip
        assert [tuple(cell.values()) for cell in cells] == [astuple(cell) for cell in row.cells]
        assert of["record_data"] == {cell["csv_column_header"]: cell["cell"] for cell in cells}
        requests = world.query(
            "SELECT started_at, completed_at, operation_type, status, records_processed, records_successful,"
            " records_failed, api_response_status, api_response_time_ms, api_error_code, api_error_message,"
            " transaction_id, performed_by FROM record_requests"
            " WHERE csv_import_record_id = %s ORDER BY completed_at, sync_log_id", id_,
        )  # fmt: skip
        assert [tuple(request.values()) for request in requests] == [astuple(attempt) for attempt in row.attempts]
    assert {row.attempts[0].operation for row in told.values() if row.attempts} == {"import", "update"}


@pytest.mark.parametrize("name", ["record_lineage", "record_cells", "record_requests"])
def test_a_contractor_asks_for_its_own_rows_and_is_shown_no_others(world: World, name: str) -> None:
    (email,) = [row["contractor_email"] for row in world.query("SELECT contractor_email FROM mep_contractor_configs")]
    view = Model("public", name, frozenset())
    with psycopg.connect(world.database.url) as conn:
        everything = shown(conn, view)
        assert everything
        assert shown(conn, view, "authenticated", email) == everything
        assert shown(conn, view, "authenticated", f"not-{email}") == []
        assert shown(conn, view, "anon") is None


def test_causes_are_those_of_the_judgement(world: World) -> None:
    causes = world.query("SELECT * FROM import_error_causes ORDER BY coperniq_type, rule")
    shown = [(row["field"], row["rule"], row["records"], row["imports"]) for row in causes]
    assert shown == [
        ("emails", "emails", 3, 2), ("name", "not_nullable", 1, 1), ("emails phones", "one_of", 1, 1),
    ]  # fmt: skip
    assert causes[0]["example_import_name"] == "Contact 2.csv"
    assert causes[0]["example_message"] == (
        'emails "ann@" is not an e-mail address. Correct it in row 2 and send the fix file.'
    )


def test_causes_are_as_many_as_the_records_say(world: World) -> None:
    counted = world.query(
        "SELECT f.name, sum(c.records)::BIGINT AS records FROM import_error_causes AS c"
        " CROSS JOIN LATERAL unnest(string_to_array(c.field, ' ')) AS f (name) GROUP BY 1 ORDER BY 1"
    )
    naive = world.query(
        "SELECT f.name, count(*) AS records FROM csv_import_records AS r"
        " CROSS JOIN LATERAL unnest(r.invalid_fields || r.missing_required_fields) AS f (name)"
        " WHERE r.status = 'error' GROUP BY 1 ORDER BY 1"
    )
    assert counted == naive


def test_scores_are_those_that_were_written_when_the_records_were_sent(world: World) -> None:
    shown = world.query(
        "SELECT csv_import_id, records, scored_records, records_without_score, min_score, max_score, avg_score"
        " FROM data_quality_by_import ORDER BY 1"
    )
    naive = world.query(
        """
        SELECT
            r.csv_import_id, count(*) AS records, count(l.data_quality_score) AS scored_records,
            count(*) FILTER (WHERE l.data_quality_score IS NULL) AS records_without_score,
            min(l.data_quality_score) AS min_score, max(l.data_quality_score) AS max_score,
            round(avg(l.data_quality_score), 3) AS avg_score
        FROM csv_import_records AS r LEFT JOIN data_lineage AS l ON l.csv_import_record_id = r.id
        GROUP BY 1 ORDER BY 1
        """
    )
    assert shown == naive
    assert {row["scored_records"] for row in shown} == {0, 1, 4}


def test_operations_are_those_of_the_audit_log(world: World) -> None:
    shown = world.query("SELECT * FROM coperniq_api_performance ORDER BY entity_type, day")
    for row in shown:
        logged = [
            one for one in world.log(entity_type=row["entity_type"]) if one["completed_at"].date() == row["day"]
        ]  # fmt: skip
        times = sorted(one["api_response_time_ms"] for one in logged if one["api_response_time_ms"] is not None)
        assert row["operations"] == len(logged)
        changing = [one for one in logged if one["operation_type"] != "sync_check"]
        assert row["records"] == sum(one["records_processed"] for one in changing)
        failed = sum(one["records_failed"] for one in changing)
        assert row["failed_records"] == failed == (1 if row["entity_type"] == "Asset" else 0)
        assert (row["timed_operations"], row["max_response_time_ms"]) == (len(times), times[-1])
        assert row["p95_response_time_ms"] == times[-(-95 * len(times) // 100) - 1]
    assert sum(row["operations"] for row in shown) == len(world.log()) > 3
    # The comparison found a stranger, and nothing failed.
    compared = world.log(operation_type="sync_check", csv_import_id=None)
    assert ("success", 1) in [(one["status"], one["records_failed"]) for one in compared]


def test_stuck_imports_are_those_of_the_check(world: World) -> None:
    with psycopg.connect(world.database.url) as conn:
        conn.execute(UNFINISHED.encode(), prepare=False)
        shown = conn.execute(
            "SELECT s.csv_import_id, s.stuck_since FROM stuck_imports AS s"
            " INNER JOIN csv_imports AS i ON i.id = s.csv_import_id WHERE i.source_path IS NOT NULL"
        ).fetchall()
        found = health.stuck(conn)
        conn.rollback()
    assert {import_id for import_id, _ in shown} == {one.import_id for one in found}
    # Two of four contractors; five of seven statuses; a file of the pipeline's; long ago, twice; and not entered.
    assert len(shown) == len(found) == 2 * 5 * 2
    said = {one.import_id: one.why for one in found}
    for import_id, since in shown:
        assert said[import_id].endswith(f"since {since:%Y-%m-%d %H:%M} UTC")


def test_without_a_file_stuck_imports_are_those_of_the_guide(world: World) -> None:
    guide = (
        "SELECT id, error_summary, status::TEXT FROM csv_imports WHERE source_path IS NULL AND entered_at IS NULL"
        " AND status = 'processing' AND started_at < NOW() - INTERVAL '30 minutes'"
    )
    stuck = (
        "SELECT s.csv_import_id, s.what_to_do FROM stuck_imports AS s INNER JOIN csv_imports AS i"
        " ON i.id = s.csv_import_id WHERE i.source_path IS NULL AND i.status = 'processing'"
    )
    with psycopg.connect(world.database.url) as conn:
        conn.execute(UNFINISHED.encode(), prepare=False)
        shown, of_guide = conn.execute(stuck.encode()).fetchall(), conn.execute(guide.encode()).fetchall()
        assert {import_id for import_id, _ in shown} == {import_id for import_id, _, _ in of_guide}
        assert len(shown) == 4
        for _, what_to_do in shown:
            conn.execute(what_to_do.partition("or give it up: ")[2].encode())
        assert conn.execute(stuck.encode()).fetchall() == conn.execute(guide.encode()).fetchall() == []
        conn.rollback()
