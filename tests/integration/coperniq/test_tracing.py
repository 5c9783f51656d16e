"""A trace tells the whole way of a record, by whatever it is known, and asks indexes alone."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from assets import catalogue
from assets.contractors import store as contractors
from assets.coperniq import claims, store
from assets.coperniq.store import Scope
from assets.csv_imports.judging import version
from assets.database import Database
from assets.fix_files import COLUMNS, reference
from assets.lineage import tracing
from assets.lineage.tracing import TraceError
from orchestration.traces import print_traces
from tests.conftest import _database
from tests.integration.coperniq.test_checking import change, check
from tests.integration.coperniq.test_rolling_back import SITE, roll_back
from tests.integration.coperniq.world import World, contact, contacts

if TYPE_CHECKING:
    import psycopg

    from assets.lineage.trace import Row, Trace
    from sandbox.postgres import Cluster
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.proxy import Proxy

LARGE = ("csv_import_records", "coperniq_sync_log", "data_lineage", "coperniq_records", "coperniq_record_names")
ROWS, IMPORTS = 30_000, 30
# As much of everything as makes reading a whole table slower than looking something up.
MANY = f"""
    INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, status)
    SELECT md5('import ' || n)::uuid, %(contractor)s, 'Asset.csv', 'Asset', 'processing'
    FROM generate_series(0, {IMPORTS - 1}) AS n;

    INSERT INTO csv_import_records (id, csv_import_id, record_number, record_data, record_key, status, coperniq_id)
    SELECT md5('row ' || n)::uuid, md5('import ' || n %% {IMPORTS})::uuid, n / {IMPORTS} + 1, '{{}}', 'serial ' || n,
        'valid', 'asset_' || n
    FROM generate_series(1, {ROWS}) AS n;

    INSERT INTO coperniq_records (
        id, contractor_config_id, coperniq_type, record_key, state, coperniq_id, csv_import_id, csv_import_record_id,
        names
    )
    SELECT md5('row ' || n)::uuid, %(contractor)s, 'Asset', 'serial ' || n, 'synced', 'asset_' || n,
        md5('import ' || n %% {IMPORTS})::uuid, md5('row ' || n)::uuid, ARRAY['serial ' || n]
    FROM generate_series(1, {ROWS}) AS n;

    INSERT INTO data_lineage (csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id)
    SELECT md5('row ' || n)::uuid, %(contractor)s, 'Asset', 'asset_' || n FROM generate_series(1, {ROWS}) AS n;

    INSERT INTO coperniq_sync_log (
        csv_import_id, contractor_config_id, operation_type, entity_type, status, record_numbers, started_at,
        completed_at
    )
    SELECT md5('import ' || n %% {IMPORTS})::uuid, %(contractor)s, 'import', 'Asset', 'success',
        int4multirange(int4range(n / {IMPORTS}, n / {IMPORTS} + 1)), now(), now()
    FROM generate_series(1, {ROWS}) AS n;
"""


def one(world: World, given: str) -> Trace:
    (found,) = tracing.trace(world.conn, given, world.contractor)
    return found


def said(row: Row) -> tuple[str, int, str, list[str]]:
    return row.file.name, row.record_number, row.status, [attempt.operation for attempt in row.attempts]


def test_the_whole_way_of_a_record(world: World) -> None:
    world.bring("Contact.csv", contact(1), contact(0, phones="(303) 555-0188 x4", Fax="none"), contact(0))
    world.deliver()
    path = world.inbox / "Contact.csv"
    digest = sha256(path.read_bytes()).hexdigest()
    world.bring("Contact 2.csv", contact(0, title="Boss"))
    world.deliver()
    (made,) = [node["id"] for node in world.held("Contact") if node["emails"] == ["person0@example.com"]]
    change(world, made, title="Somebody's word")
    check(world)
    found = one(world, " PERSON0@example.com ")
    assert (found.type, found.key) == ("Contact", "person0@example.com")
    assert found.record is not None
    assert (found.record.state, found.record.coperniq_id) == ("synced", made)
    assert [said(row) for row in found.rows] == [
        ("Contact.csv", 2, "warning", ["import"]), ("Contact.csv", 3, "duplicate", []),
        ("Contact 2.csv", 1, "valid", ["update"]),
    ]  # fmt: skip
    first, _, update = found.rows
    assert (first.line_number, first.file.sha256, first.file.path) == (3, digest, "Contact.csv")
    assert {row.file.rules_version for row in found.rows} == {version.RULES}
    cells = {cell.column: cell for cell in first.cells}
    assert [cell.column for cell in first.cells] == ["name", "emails", "phones", "Fax"]
    assert (cells["phones"].cell, cells["phones"].field) == ("(303) 555-0188 x4", "phones")
    assert (cells["phones"].transformation, cells["phones"].value) == ("phone_to_e164", ["+13035550188"])
    assert (cells["Fax"].cell, cells["Fax"].field, cells["Fax"].transformation) == ("none", None, None)
    assert first.sent is not None
    assert update.sent is not None
    assert (first.sent.coperniq_id, first.sent.company, first.sent.deleted_at) == (made, str(world.company), None)
    (logged,) = world.log(operation_type="update")
    (attempt,) = update.attempts
    assert (attempt.transaction_id, attempt.http_status) == (logged["transaction_id"], 200)
    assert [(finding.kind, finding.fields) for finding in found.findings] == [("changed", ["title"])]


@pytest.mark.parametrize("known_by", ["(303) 555-0188", "+13035550188", "Person 0", "coperniq_id", "record", "row"])
def test_a_record_is_found_by_whatever_it_is_known_by(world: World, known_by: str) -> None:
    import_id = world.bring("Contact.csv", contact(0, phones="303-555-0188"), contact(1))
    world.deliver()
    row = world.rows(import_id)[0]
    (record,) = world.query(
        "SELECT id FROM coperniq_records WHERE contractor_config_id = %s AND record_key = 'person0@example.com'",
        world.contractor,
    )
    ids = {"coperniq_id": row["coperniq_id"], "row": str(row["id"]), "record": str(record["id"]).upper()}
    found = one(world, ids.get(known_by, known_by))
    assert [said(row) for row in found.rows] == [("Contact.csv", 1, "valid", ["import"])]


def test_each_request_is_told_of_the_rows_that_it_carried_and_of_no_others(world: World, proxy: Proxy) -> None:
    """A refused row is sent once more by itself; what broke off is looked up."""
    proxy.script("Create", "drop")
    world.bring("Contact.csv", *contacts(250))
    world.deliver()
    for number in (0, 99, 100, 249):
        (row,) = one(world, f"person{number}@example.com").rows
        mutations = [attempt for attempt in row.attempts if attempt.operation == "import"]
        looked_up = [attempt for attempt in row.attempts if attempt.operation == "sync_check"]
        assert len(mutations) == len(looked_up) + 1 <= 2, number
        assert [attempt.status for attempt in mutations] == ["failed"] * len(looked_up) + ["success"]
    of = world.query(
        "SELECT record_numbers::TEXT AS said, records_processed AS records FROM coperniq_sync_log"
        " WHERE contractor_config_id = %s AND operation_type = 'import' AND status = 'success'",
        world.contractor,
    )
    carried = [range(*map(int, row["said"].strip("{}[)").split(","))) for row in of]
    assert [len(numbers) for numbers in carried] == [row["records"] for row in of]
    assert sorted(number for numbers in carried for number in numbers) == list(range(1, 251))


def test_a_request_that_a_dead_run_left_is_told_of_the_rows_that_it_carried(world: World) -> None:
    world.bring("Contact.csv", *contacts(3))
    scope = Scope(world.contractor, catalogue.BY_NAME["Contact"])
    with world.conn.transaction():
        claims.claim(world.conn, scope, 2)
        store.prepare(world.conn, scope, "test")
    codes = [
        [attempt.error_code for row in one(world, f"person{n}@example.com").rows for attempt in row.attempts]
        for n in range(3)
    ]
    assert codes == [["INTERRUPTED"], ["INTERRUPTED"], []]


def test_rows_that_never_became_a_record_are_told_and_those_that_were_undone(world: World) -> None:
    import_id = world.bring("Contact.csv", contact(0), contact(1, name=""))
    world.deliver()
    refused = one(world, "person1@example.com")
    assert (refused.record, [said(row) for row in refused.rows]) == (None, [("Contact.csv", 2, "error", [])])
    (made,) = [str(row["coperniq_id"]) for row in world.rows(import_id) if row["coperniq_id"]]
    roll_back(world, import_id)
    for known_by in ("person0@example.com", made):
        undone = one(world, known_by)
        (row,) = undone.rows
        assert (undone.record, row.coperniq_id, row.file.status) == (None, None, "rolled_back")
        assert row.sent is not None
        assert (row.sent.coperniq_id, row.sent.deleted_at is not None) == (made, True)
        assert [attempt.operation for attempt in row.attempts] == ["import", "sync_check", "delete"]


def test_all_who_are_known_by_it_are_told_and_one_contractors_alone_where_it_is_named(
    world: World, shared_database: str, sandbox: SandboxHandle
) -> None:
    del shared_database
    address = f"shared-{world.company}@example.com"
    row, site = contact(0, emails=address), {**SITE, "clientId": address}
    (world.inbox / "other").mkdir()
    other = World(world.conn, sandbox.url, world.key, world.company, sandbox.store, world.inbox / "other")
    for each in (world, other):
        each.bring("Contact.csv", row)
        each.bring("Site.csv", site)
        each.deliver()
    found = tracing.trace(world.conn, address)
    assert [(one.contractor, one.type) for one in found] == sorted(
        (slug, name) for slug in {one.contractor for one in found} for name in ("Contact", "Site")
    )
    assert len(found) == 4
    assert [one.type for one in tracing.trace(world.conn, address, other.contractor)] == ["Contact", "Site"]


def test_a_site_is_told_by_its_key_whatever_its_files_call_the_client(world: World) -> None:
    world.bring("Contact.csv", contact(0, phones="303-555-0188"))
    world.bring("Site.csv", {**SITE, "clientId": "Person 0"})
    world.deliver()
    world.bring("Site 2.csv", {**SITE, "clientId": "303-555-0188", "city": "Denver"})
    world.deliver()
    site = one(world, "1 Main St | person0@example.com")
    assert [said(row)[:3] for row in site.rows] == [("Site.csv", 1, "valid"), ("Site 2.csv", 1, "valid")]


def test_a_correction_is_told_with_what_it_corrects_whichever_is_asked_for(world: World) -> None:
    first = world.bring("Contact.csv", contact(1), contact(0, emails="person0@@example.com"))
    row = {COLUMNS[0]: reference(2, first), COLUMNS[1]: "wrong", COLUMNS[2]: "correct it"}
    world.bring("fix.csv", contact(0) | row)
    world.deliver()
    for known_by in ("person0@@example.com", "person0@example.com"):
        found = one(world, known_by)
        refused, corrected = found.rows
        assert (found.key, said(refused)[:3], corrected.status) == (
            "person0@example.com", ("Contact.csv", 2, "error"), "valid",
        )  # fmt: skip
        assert (refused.corrected_by, corrected.corrects) == (corrected.id, refused.id)
        assert corrected.file.corrects == first
    assert [said(row)[1] for row in one(world, "person1@example.com").rows] == [1]


@pytest.mark.parametrize("record_data", ['["a", 1]', '"text"', "null", '{"Name": {"a": ["b"]}, "": null}'])
def test_a_row_that_somebody_added_past_the_pipeline_is_told_whatever_it_holds(world: World, record_data: str) -> None:
    (owner,) = world.query(
        "INSERT INTO mep_contractor_configs (contractor_name) VALUES (%s) RETURNING id", f"Not served {record_data}"
    )
    (added,) = world.query(
        "WITH i AS (INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type) VALUES (%s, 'x', 'Task')"
        " RETURNING id) INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status)"
        " SELECT id, 1, %s::JSONB, 'valid' FROM i RETURNING id",
        owner["id"], record_data,
    )  # fmt: skip
    found = tracing.trace(world.conn, str(added["id"]))
    with redirect_stdout(io.StringIO()) as shown:
        print_traces(found)
    assert "Task without a key of Not served" in shown.getvalue()


def test_what_nothing_is_known_by_is_said_in_a_line_without_it(world: World) -> None:
    for unknown in ("unheard-of@example.com", "", " ", "\x00", "\ud800", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(TraceError) as error:
            tracing.trace(world.conn, unknown)
        assert "\n" not in str(error.value)
        assert not unknown.strip() or unknown not in str(error.value)


def test_a_page_is_a_hundred_characters_wide_and_shows_no_control_character(world: World) -> None:
    hostile = f"[bold]{'x' * 150}\x1b[31m\u202e <b>"
    world.bring("Contact.csv", contact(0, title=hostile, **{"Notes [red]\u202e": hostile}))
    world.deliver()
    shown = io.StringIO()
    with redirect_stdout(shown):
        print_traces([one(world, "person0@example.com")])
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line.isprintable() for line in lines)
    assert "[bold]xxx" in shown.getvalue()
    assert "transformation" in shown.getvalue()


def reads(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """Count the rows of large tables that were read, by whatever way."""
    conn.execute("SELECT pg_stat_force_next_flush()")
    conn.execute("SELECT 1")
    rows = conn.execute(
        "SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = ANY(%s)", [list(LARGE)]
    )
    return dict(rows.fetchall())


def test_no_large_table_is_read_through(postgres: Cluster, migrated_template: str) -> None:
    with _database(postgres, template=migrated_template) as (_, url), Database(url).connect() as conn:
        contractors.add(conn, "large", "large", "office@large.example", ["hvac"])
        contractor = contractors.get(conn, "large").id
        for statement in MANY.split(";\n\n"):
            conn.execute(statement.encode(), {"contractor": contractor})
        conn.execute(f"ANALYZE {', '.join(LARGE)}".encode())
        before = reads(conn)
        known = ("serial 4711", "asset_4711", str(UUID(md5(b"row 4711", usedforsecurity=False).hexdigest())))
        for known_by in known:
            (found,) = tracing.trace(conn, known_by)
            assert [len(row.attempts) for row in found.rows] == [1]
        with pytest.raises(TraceError):
            tracing.trace(conn, "unheard-of@example.com")
        read = {name: rows - before[name] for name, rows in reads(conn).items()}
    # The requests of an import are looked through for those that were about the row.
    assert read.pop("coperniq_sync_log") <= len(known) * (ROWS // IMPORTS + 1)
    assert max(read.values()) < 200, read
    assert read["csv_import_records"] > 0, read
