"""A run that was silent until another took its contractor over, and wakes: it writes nothing, and holds nobody up."""

from __future__ import annotations

import functools
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets import leased, leases
from assets.csv_imports import importing, store
from assets.database import Database
from assets.leases import LeaseLost
from assets.progress import nobody
from tests.integration.csv_imports.test_killed import PLACES, ROWS, assert_complete, put_people, start_a_reader

if TYPE_CHECKING:
    from pathlib import Path

    from assets.leases import Lease
    from assets.progress import Progress, Tell
    from tests.integration.csv_imports.conftest import Office
    from tests.pooler import Pooler

TABLES = ["csv_imports", "csv_import_records", "csv_column_mapping", "coperniq_records", "coperniq_record_names"]


def everything(office: Office) -> list[list[tuple[Any, ...]]]:
    return [office.conn.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]


def take_over(office: Office) -> Lease:
    """Take the contractor's lease as soon as it has ended."""
    while (lease := leases.take(office.conn, office.id, "successor", 60)) is None:
        time.sleep(0.05)
    return lease


def read(office: Office, url: str, lease: Lease, tell: Tell = nobody) -> None:
    """Read what is unfinished as a run does."""
    database = Database(url)
    with leased.connect(database, lease) as conn:
        for found in store.unfinished(conn, office.id):
            connect = functools.partial(leased.connect, database, lease)
            importing.read_import(conn, office.id, office.inbox, found, lambda _: None, connect, tell=tell)


@pytest.mark.parametrize("place", PLACES)
def test_a_zombie_holds_nobody_up_and_writes_nothing(
    office: Office, migrated_database: str, place: str, tmp_path: Path
) -> None:
    import_id = put_people(office)
    with start_a_reader(office, migrated_database, tmp_path / "reader.py", place) as zombie:
        read(office, migrated_database, take_over(office))
        assert_complete(office, import_id)
        before = everything(office)
        os.kill(zombie.pid, signal.SIGCONT)
        _, errors = zombie.communicate(timeout=30)
    assert zombie.returncode == 1
    assert errors.splitlines()[-1].startswith("assets.leases.LeaseLost: Another run took over this contractor")
    assert everything(office) == before


def test_a_zombie_behind_a_pooler_holds_nobody_up(
    office: Office, migrated_database: str, pgbouncer: Pooler, tmp_path: Path
) -> None:
    import_id = put_people(office)
    url = pgbouncer.url(migrated_database)
    with start_a_reader(office, url, tmp_path / "reader.py", "before the rows are committed") as zombie:
        read(office, url, take_over(office))
        assert_complete(office, import_id)
        before = everything(office)
        os.kill(zombie.pid, signal.SIGCONT)
        _, errors = zombie.communicate(timeout=30)
    assert "LeaseLost: Another run took over this contractor" in errors
    assert everything(office) == before


@pytest.mark.parametrize("batch", [500, ROWS], ids=["in streams", "in one transaction"])
def test_a_reading_whose_lease_was_taken_leaves_no_row(
    office: Office, migrated_database: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former holder's connections are not ended here: what it writes is refused by the token alone."""
    monkeypatch.setattr(importing, "BATCH_RECORDS", batch)
    import_id = put_people(office)

    def give_away(_: Progress) -> None:
        with psycopg.connect(migrated_database, autocommit=True) as other:
            other.execute("UPDATE contractor_leases SET token = token + 1")

    with pytest.raises(LeaseLost):
        read(office, migrated_database, take_over(office), give_away)
    assert office.import_row(import_id, "status::TEXT") == ("processing",)
    assert office.rows(import_id, "id") == []
    assert office.conn.execute("SELECT count(*) FROM coperniq_records").fetchall() == [(0,)]


def test_a_savepoint_asks_for_no_lease_and_what_fails_is_said_as_it_is(office: Office, migrated_database: str) -> None:
    lease = take_over(office)
    with leased.connect(Database(migrated_database), lease) as conn:
        with conn.transaction():
            with conn.transaction():
                conn.execute("SELECT 1")
            assert conn.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("0",)
            assert conn.execute("SHOW application_name").fetchone() == (lease.session,)
        assert conn.execute("SHOW application_name").fetchone() == ("mep-pipeline",)
        with pytest.raises(psycopg.errors.DivisionByZero), conn.transaction():
            conn.execute("SELECT 1 / 0")
