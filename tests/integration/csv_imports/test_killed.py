"""A run that is killed while it reads leaves no row; the next one reads the file once, whole."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import store
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.csv_imports.conftest import Office

ROWS = 3_000
# Reads the contractor's imports as a run does, and stops at the place where it is to be killed.
READER = """
import sys, time
from pathlib import Path
from assets.csv_imports import importing, store
from assets.csv_imports.judging import Judge
from assets.database import Database

url, contractor, root, place = sys.argv[1:]

def stop(*_, **__):
    print("here", flush=True)
    time.sleep(600)

importing.BATCH_RECORDS = 500
with Database(url).connect() as conn:
    (found,) = store.unfinished(conn, contractor)
    if place == "before the first row":
        store.write_mapping = stop
    elif place == "between two batches":
        importing.PROGRESS_SECONDS = -1
    elif place == "before the commit":
        finish = store.finish
        store.finish = lambda *args: (finish(*args), stop())
    importing.read_import(conn, contractor, Path(root), found, stop)
"""


def kill_a_reader(office: Office, url: str, script: Path, place: str) -> None:
    """Start reading in a process of its own, and kill it with SIGKILL where it stops."""
    script.write_text(READER)
    command = [sys.executable, str(script), url, str(office.id), str(office.root), place]
    with subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "here\n"
        run.kill()
    assert run.returncode == -9


@pytest.mark.parametrize("place", ["before the first row", "between two batches", "before the commit"])
def test_a_killed_reading_is_done_again_exactly_once(
    office: Office, migrated_database: str, place: str, tmp_path: Path
) -> None:
    people = [f"Person {number},p{number}@b.co" for number in range(ROWS)]
    people[7], people[2_000] = "No one,", people[1_000]
    office.put("Contact.csv", "\n".join(["name,email", *people, ""]))
    (registered,) = office.register()
    kill_a_reader(office, migrated_database, tmp_path / "reader.py", place)

    (left,) = store.unfinished(office.conn, office.id)
    assert (left.id, left.status) == (registered.import_id, "processing")
    assert office.rows(left.id, "record_number") == []

    assert [file.outcome for file in office.register()] == ["resumed"]
    (contents,) = office.read()
    assert (contents.records, contents.failure) == (ROWS, None)
    assert [number for (number,) in office.rows(left.id, "record_number")] == list(range(1, ROWS + 1))
    assert Counter(status for (status,) in office.rows(left.id, "status::TEXT")) == {
        "valid": ROWS - 2, "error": 1, "duplicate": 1,
    }  # fmt: skip
    counts = office.import_row(left.id, "status::TEXT", "total_records_attempted", "total_records_success")
    assert counts == ("partial_success", ROWS, ROWS - 2)
    for table, wanted in (("csv_column_mapping", 2), ("coperniq_records", ROWS - 2), ("csv_imports", 1)):
        assert office.conn.execute(f"SELECT count(*) FROM {table}").fetchall() == [(wanted,)]
    assert [file.outcome for file in office.register()] == ["already imported"]
    assert office.read() == []
