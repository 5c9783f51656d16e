"""A run that is killed, wherever it stands: the next one completes its import, with each row once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq import store as sending
from assets.csv_imports import importing, store, summaries
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

ROWS = 3_000
# Reads the contractor's imports as a run does, and stops at the place where it is to be killed, or to be a zombie.
READER = """
import functools, os, signal, sys, threading, time
from pathlib import Path
from assets import leased, leases
from assets.csv_imports import copying
from assets.csv_imports import importing
from assets.csv_imports.local_inbox import LocalInbox
from assets.csv_imports import choices, settling, store
from assets.database import Database

url, contractor, root, place = sys.argv[1:5]

def stop(*_):
    time.sleep(0.3)
    print("here", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(0.1)  # of several threads, this one may not be the first to stop

def stop_before(function):
    return lambda *args, **named: (stop(), function(*args, **named))

def then_stop(function):
    return lambda *args, **named: (function(*args, **named), stop())

def one_then_stop(stream, conn):
    copied(stream, conn)
    if threading.current_thread().name.endswith("2"):
        stop()

importing.BATCH_RECORDS = 500
tell = lambda _: None
database = Database(url)
with leases.held(database, contractor, "reader", 1.0) as lease, leased.connect(database, lease) as conn:
    (found,) = store.unfinished(conn, contractor)
    if place == "before the first row":
        choices.write = stop_before(choices.write)
    elif place == "between two batches":
        first = iter([stop])
        tell = lambda _: next(first, lambda: None)()
    elif place == "before the rows are committed":
        copying.Streams.commit = stop_before(copying.Streams.commit)
    elif place == "when one stream has committed":
        copied, copying.Streams._copy_all = copying.Streams._copy_all, one_then_stop
    elif place == "before the import is settled":
        settling.settle = stop_before(settling.settle)
    elif place == "before it is settled for good":
        settling.settle = then_stop(settling.settle)
    elif place == "before its rows are entered":
        settling.enter = stop_before(settling.enter)
    elif place == "before they are entered for good":
        settling.enter = then_stop(settling.enter)
    else:
        print("here", flush=True)
    importing.read_import(
        conn, contractor, LocalInbox(Path(root)), found, lambda _: None,
        functools.partial(leased.connect, database, lease), tell=tell,
    )
"""
# Which rows stand, by the place; between the two, some.
NONE, SOME, ALL = range(3)
PLACES = {
    "before the first row": ("processing", NONE),
    "between two batches": ("processing", NONE),
    "before the rows are committed": ("processing", NONE),
    "when one stream has committed": ("processing", SOME),
    "before the import is settled": ("processing", ALL),
    "before it is settled for good": ("processing", ALL),
    "before its rows are entered": ("partial_success", ALL),
    "before they are entered for good": ("partial_success", ALL),
}


def put_people(office: Office) -> UUID:
    """Put a file with one error and one duplicate into the inbox; give its import."""
    people = [f"Person {number},p{number}@b.co" for number in range(ROWS)]
    people[7], people[2_000] = "No one,", people[1_000]
    office.put("Contact.csv", "\n".join(["name,email", *people, ""]))
    (registered,) = office.register()
    assert registered.import_id is not None
    return registered.import_id


def start_a_reader(office: Office, url: str, script: Path, place: str) -> subprocess.Popen[str]:
    """Start reading in a process of its own; give it when it stands where it stops."""
    script.write_text(READER)
    run = subprocess.Popen(
        [sys.executable, str(script), url, str(office.id), str(office.root), place],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "here\n", run.communicate()
    return run


def kill_a_reader(office: Office, url: str, script: Path, place: str, seconds: float = 0.0) -> None:
    """Start reading in a process of its own, and kill it with SIGKILL where it stops, or so long after it began."""
    with start_a_reader(office, url, script, place) as run:
        time.sleep(seconds)
        run.kill()
    wait_for_the_dead(office)


def wait_for_the_dead(office: Office) -> None:
    """Wait until the server has noticed that its clients are gone."""
    for _ in range(100):
        (others,) = office.conn.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone() or (0,)
        if not others:
            return
        time.sleep(0.1)


def assert_complete(office: Office, import_id: UUID) -> None:
    """Assert that the import has each row once, that it says so, and that its rows are to be sent, once."""
    assert [number for (number,) in office.rows(import_id, "record_number")] == list(range(1, ROWS + 1))
    ids = [row_id for (row_id,) in office.rows(import_id, "id")]
    assert ids == sorted(ids), "ids grow with the numbers of the rows, whichever stream wrote them"
    assert Counter(status for (status,) in office.rows(import_id, "status::TEXT")) == {
        "valid": ROWS - 2, "error": 1, "duplicate": 1,
    }  # fmt: skip
    counts = office.import_row(import_id, "status::TEXT", "total_records_attempted", "total_records_success")
    assert counts == ("partial_success", ROWS, ROWS - 2)
    wanted = {"csv_column_mapping": 2, "coperniq_records": ROWS - 2, "coperniq_record_names": 2 * (ROWS - 2)}
    for table, rows in {**wanted, "csv_imports": 1, "csv_import_records": ROWS}.items():
        assert office.conn.execute(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)], table
    (summary,) = summaries.summaries(office.conn, [import_id])
    assert (summary.waiting, summary.sent, summary.refused) == (ROWS - 2, 0, 0)
    assert [file.outcome for file in office.register()] == ["already imported"]
    assert office.read() == []


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_reading_is_completed_exactly_once(
    office: Office, migrated_database: str, place: str, tmp_path: Path
) -> None:
    import_id = put_people(office)
    kill_a_reader(office, migrated_database, tmp_path / "reader.py", place)

    status, standing = PLACES[place]
    (left,) = store.unfinished(office.conn, office.id)
    assert (left.id, left.status) == (import_id, status)
    rows = len(office.rows(import_id, "record_number"))
    assert standing == (NONE if rows == 0 else ALL if rows == ROWS else SOME)
    assert office.conn.execute("SELECT count(*) FROM coperniq_records").fetchall() == [(0,)]
    settled = status == "partial_success"
    assert [file.outcome for file in office.register()] == ["already imported" if settled else "resumed"]
    # What is settled waits to be sent, though it is not entered yet; nothing of it is in Coperniq.
    (summary,) = summaries.summaries(office.conn, [import_id])
    assert (summary.waiting, summaries.count_waiting(office.conn, office.id)) == (
        (ROWS - 2,) * 2 if settled else (0, 0)
    )
    sending.refresh_imports(office.conn, sending.Scope(office.id, catalogue.CONTACT))
    assert office.import_row(import_id, "coperniq_sync_status") == ("pending",)

    (contents,) = office.read()
    assert (contents.records, contents.failure) == (0 if settled else ROWS, None)
    assert_complete(office, import_id)


def test_readings_killed_at_any_moment_are_completed_in_the_end(
    office: Office, migrated_database: str, tmp_path: Path
) -> None:
    import_id = put_people(office)
    chance = random.Random(5)
    for _ in range(6):
        if not store.unfinished(office.conn, office.id):
            break
        kill_a_reader(office, migrated_database, tmp_path / "reader.py", "anywhere", chance.uniform(0.0, 0.6))
    office.read()
    assert_complete(office, import_id)


def test_a_file_that_ends_whoever_reads_it_holds_nobody_up_for_ever(
    office: Office, migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = put_people(office)
    monkeypatch.setattr(importing, "MOST_READINGS", 2)
    for reading in (1, 2):
        kill_a_reader(office, migrated_database, tmp_path / "reader.py", "between two batches")
        assert office.import_row(import_id, "status::TEXT", "readings") == ("processing", reading)
    office.put("Site.csv", "fullAddress,clientId\n1 Main St,a@b.co\n")
    outcomes = [file.outcome for file in office.register()]
    assert outcomes == ["resumed", "new"]
    failed, other = office.read()
    assert failed.failure is not None
    assert failed.failure.startswith("Contact.csv was begun 2 times, and no run has read it to its end: split it")
    assert other.failure is None
    assert office.import_row(import_id, "status::TEXT", "error_summary ->> 'reason'") == ("failed", failed.failure)
    assert office.rows(import_id, "id") == []
    assert [file.outcome for file in office.register(retry=True)] == ["new", "already imported"]
    (again,) = office.read()
    assert (again.records, again.failure) == (ROWS, None)
