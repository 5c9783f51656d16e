"""What the views show of rows that are not sent any more, though their import is none that was rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.coperniq.undoing import Standing
from assets.database import Database
from assets.lineage import tracing
from assets.outbox.report_figures import gather
from tests.conftest import _database
from tests.coperniq_server import running_sandbox
from tests.integration.analytics.conftest import finished, starter
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import World, contact, contacts
from tests.integration.erasing.person import Person, erase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from sandbox.postgres import Cluster

ERASED = Person("zzmarts", "(303) 555-0188")


@pytest.fixture(scope="module")
def world(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a contractor in a database whose views dbt has built."""
    folder = tmp_path_factory.mktemp("taken_back")
    with (
        running_sandbox(folder / "store.db", keys={"key": 1}) as sandbox,
        _database(postgres, template=migrated_template) as (_, url),
        Database(url).connect() as conn,
    ):
        (folder / "inbox").mkdir()
        finished(starter(folder)(url, "run"))
        yield World(conn, sandbox.url, "key", 1, sandbox.store, folder / "inbox")


def states(world: World, import_id: UUID) -> list[str]:
    shown = world.query(
        "SELECT last_state FROM record_lineage WHERE csv_import_id = %s ORDER BY record_number", import_id
    )
    return [row["last_state"] for row in shown]


def test_what_a_rollback_took_back_beside_rows_that_stay_is_withdrawn(world: World) -> None:
    world.bring("Contact.csv", *contacts(1))
    import_id = world.bring(
        "Site.csv",
        {"fullAddress": "1 Main St", "clientId": "person0@example.com"},
        {"fullAddress": "2 Main St", "clientId": "nobody@example.com"},
        {"fullAddress": "3 Main St", "clientId": "person0@example.com"},
        {"fullAddress": "4 Main St", "clientId": "nobody@example.com"},
    )
    world.deliver()
    world.bring("Asset.csv", {"name": "Furnace", "type": "hvac", "siteId": "1 Main St"})
    world.deliver()
    # As Coperniq leaves a row that it refused.
    world.query(
        "WITH refused AS (UPDATE csv_import_records SET refused_at = now() WHERE csv_import_id = %s"
        " AND record_number = 4 RETURNING id) UPDATE coperniq_records AS c SET state = 'rejected', waiting_for = NULL"
        " FROM refused WHERE c.csv_import_record_id = refused.id RETURNING 1",
        import_id,
    )
    assert states(world, import_id) == ["synced", "open", "synced", "refused"]
    done = roll_back(world, import_id)
    assert (done.deleted, done.withdrawn, done.left) == (1, 2, {Standing.IN_USE: 1})
    assert world.import_of(import_id)["status"] == "success"
    assert states(world, import_id) == ["synced", "withdrawn", "deleted", "withdrawn"]
    assert world.rows(import_id)[1]["error_message"].endswith("Rolled back before it was sent.")
    figures = gather(world.conn, import_id)
    assert {name: rows for name, rows in figures.outcomes.items() if rows} == {"created": 1, "withdrawn": 3}
    assert world.import_of(import_id)["refused_records"] == 0


def test_a_replaced_row_of_a_rollback_is_withdrawn(world: World) -> None:
    first = world.bring("Contact 2.csv", contact(20), contact(21))
    world.deliver()
    world.bring("Site 2.csv", {"fullAddress": "20 Main St", "clientId": "person20@example.com"})
    world.deliver()
    second = world.bring("Contact 3.csv", contact(20, title="Tech"), contact(22))
    world.deliver("Site")
    world.bring("Contact 4.csv", contact(22, title="Boss"))
    assert states(world, second) == ["open", "replaced"]
    roll_back(world, second)
    assert states(world, second) == ["withdrawn", "withdrawn"]
    assert all(row["withdrawn_at"] is not None for row in world.rows(second))
    assert [row["withdrawn_at"] for row in world.rows(first)] == [None, None]


def test_an_erased_row_that_waited_is_erased_and_has_no_cells(world: World, tmp_path: Path) -> None:
    import_id = world.bring(
        "Contact 5.csv", contact(50), contact(51, name=ERASED.name, emails=ERASED.email, phones=ERASED.phone)
    )
    (_, row) = world.rows(import_id)
    cells = "SELECT csv_import_record_id AS id FROM record_cells WHERE csv_import_id = %s"
    assert states(world, import_id) == ["open", "open"]
    assert row["id"] in {cell["id"] for cell in world.query(cells, import_id)}
    erase(world, ERASED, tmp_path / "outbox")
    assert states(world, import_id) == ["open", "erased"]
    assert {cell["id"] for cell in world.query(cells, import_id)} == {world.rows(import_id)[0]["id"]}
    (told,) = [one for found in tracing.trace(world.conn, str(row["id"])) for one in found.rows]
    assert (told.id, told.cells) == (row["id"], [])
    assert gather(world.conn, import_id).outcomes["erased"] == 1
