"""Whatever happens to PostgreSQL, to a stream or to the run while a file is read: the next run completes the import."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest

from assets import interrupts
from assets.csv_imports import importing, store
from assets.database import Database, DatabaseFailed, DatabaseUnreachable
from assets.progress import nobody
from orchestration import migrations
from sandbox.postgres import Cluster, embedded_binaries
from tests.conftest import MIGRATIONS
from tests.integration.csv_imports.conftest import make_office
from tests.integration.csv_imports.test_killed import ROWS, assert_complete, put_people, wait_for_the_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assets.progress import Progress, Tell
    from tests.integration.csv_imports.conftest import Office


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 500)


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    """Run a server that a test may kill."""
    with tempfile.TemporaryDirectory(prefix="mep-test-postgres-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), embedded_binaries())  # what it commits must outlive it
        cluster.start()
        yield cluster
        cluster.stop()


def migrated(cluster: Cluster, name: str = "mep") -> str:
    url = cluster.ensure_database(name)
    with psycopg.connect(url, prepare_threshold=None) as connection:
        migrations.up(connection, MIGRATIONS)
    return url


def read(office: Office, url: str, tell: Tell = nobody) -> list[importing.Contents]:
    """Read what is unfinished as a run does, with streams, on connections of its own."""
    database = Database(url)
    with database.connect() as conn:
        return [
            importing.read_import(conn, office.id, office.inbox, found, lambda _: None, database.connect, tell=tell)
            for found in store.unfinished(conn, office.id)
        ]


def after(batches: int, act: Callable[[], object]) -> Tell:
    """Make a listener of progress that acts once, after so many batches."""
    told = 0

    def listen(_: Progress) -> None:
        nonlocal told
        told += 1
        if told == batches:
            act()

    return listen


def streams() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("copy stream")]


def kill_server(cluster: Cluster) -> None:
    postmaster = psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))
    postmaster.suspend()  # or it starts another process while its own are being counted
    family = [postmaster, *postmaster.children()]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=30)


def test_a_server_that_is_killed_in_mid_copy_leaves_an_import_that_the_next_run_completes(
    own_server: Cluster, tmp_path: Path
) -> None:
    url = migrated(own_server)
    with Database(url).connect() as conn:
        office = make_office(conn, tmp_path, "abc")
        import_id = put_people(office)
    with pytest.raises(DatabaseUnreachable):  # by a stream that was copying, or one that was about to connect
        read(office, url, after(4, lambda: kill_server(own_server)))
    assert streams() == []
    own_server.start()
    url = own_server.url("mep")
    with Database(url).connect() as conn:
        office = make_again(office, conn)
        assert office.import_row(import_id, "status::TEXT") == ("processing",)
        assert office.rows(import_id, "id") == []
        read(office, url)
        assert_complete(office, import_id)


def make_again(office: Office, conn: psycopg.Connection[Any]) -> Office:
    return type(office)(conn, office.id, office.root, office.slug)


@pytest.mark.parametrize("which", ["a stream", "the import's own"])
def test_a_connection_that_is_ended_stops_the_reading_and_leaves_no_row(
    office: Office, migrated_database: str, which: str
) -> None:
    import_id = put_people(office)

    def end_one() -> None:
        # The first of the reading's connections holds the import, the others are its streams.
        killed = office.conn.execute(
            f"""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'mep-pipeline'
            ORDER BY backend_start {"DESC" if which == "a stream" else ""} LIMIT 1
            """
        ).fetchall()
        assert killed == [(True,)]

    with pytest.raises(DatabaseUnreachable):
        read(office, migrated_database, after(4, end_one))
    assert streams() == []
    wait_for_the_dead(office)
    (left,) = store.unfinished(office.conn, office.id)
    assert left.status == "processing"
    if which == "a stream":
        assert office.rows(import_id, "id") == []
    read(office, migrated_database)
    assert_complete(office, import_id)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Mount a disk of 48 MB."""
    folder = Path(tempfile.mkdtemp(prefix="mep-test-disk-"))
    if os.geteuid() != 0 or _mount(folder, "size=48m") != 0:
        folder.rmdir()
        pytest.skip("only root may mount the disk of 48 MB (tmpfs) that is to be full: run this test as root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def _mount(folder: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_a_full_disk_is_said_in_one_line_and_the_next_run_completes(
    own_server: Cluster, small_disk: Path, tmp_path: Path
) -> None:
    shutil.chown(small_disk, "nobody")
    with psycopg.connect(own_server.url(), autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        admin.execute("CREATE DATABASE mep TEMPLATE template0 TABLESPACE small")
    url = migrated(own_server)
    ballast = small_disk / "ballast"
    with Database(url).connect() as conn:
        office = make_office(conn, tmp_path, "abc")
        import_id = put_people(office)
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(free - 1_000_000))
        with pytest.raises(DatabaseFailed) as failed:
            read(office, url)
        said = str(failed.value)
        assert said.startswith("PostgreSQL ran out of disk, memory or connections (53100): could not extend file")
        assert said.endswith("Make room, then run the same command again to go on.")
        assert "\n" not in said
        assert streams() == []
        assert office.import_row(import_id, "status::TEXT", "error_summary") == ("processing", None)
        assert office.rows(import_id, "id") == []
        ballast.unlink()
        read(office, url)
        assert_complete(office, import_id)
    with psycopg.connect(own_server.url(), autocommit=True) as admin:
        admin.execute("DROP DATABASE mep WITH (FORCE)")


def test_an_interrupted_run_ends_at_once_without_a_row_though_its_streams_wait(
    office: Office, migrated_database: str
) -> None:
    import_id = put_people(office)
    with psycopg.connect(migrated_database) as blocker:

        def hold_up_the_streams() -> None:
            blocker.execute("LOCK TABLE csv_import_records IN SHARE MODE")
            threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()

        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            read(office, migrated_database, after(2, hold_up_the_streams))
        assert 1.5 < time.monotonic() - began < 6.0
        assert streams() == []
    assert office.rows(import_id, "id") == []
    read(office, migrated_database)
    assert_complete(office, import_id)


class Swallowing:
    """Something in whose finaliser an interrupt comes: Python raises it there, and drops it."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_ends_the_run_all_the_same(office: Office, migrated_database: str) -> None:
    import_id = put_people(office)
    with psycopg.connect(migrated_database) as blocker:
        lost = [Swallowing()]

        def hold_up_the_streams() -> None:
            blocker.execute("LOCK TABLE csv_import_records IN SHARE MODE")
            lost.clear()

        with pytest.raises(KeyboardInterrupt), interrupts.remembered():
            read(office, migrated_database, after(2, hold_up_the_streams))
        assert streams() == []
    assert office.rows(import_id, "id") == []
    read(office, migrated_database)
    assert_complete(office, import_id)


def test_a_mistake_in_the_program_costs_one_file_and_tells_no_value(office: Office, migrated_database: str) -> None:
    import_id = put_people(office)

    def fail() -> None:
        raise RuntimeError("a value of ann@example.com")

    (contents,) = read(office, migrated_database, after(4, fail))
    assert contents.failure is not None
    assert re.search(r"\(RuntimeError in test_faults\.py, line [0-9]+\): report it", contents.failure)
    assert "ann@" not in contents.failure
    assert office.import_row(import_id, "status::TEXT", "error_summary ->> 'reason'") == ("failed", contents.failure)
    assert streams() == []
    assert office.rows(import_id, "id") == []


@pytest.mark.parametrize("table", ["csv_import_records", "coperniq_records"], ids=["in a stream", "when it is entered"])
def test_what_the_database_refuses_fails_the_file_and_leaves_no_row(
    office: Office, migrated_database: str, table: str
) -> None:
    import_id = put_people(office)
    office.conn.execute(f"ALTER TABLE {table} ADD CHECK (record_number <> 2222)")
    (contents,) = read(office, migrated_database)
    assert contents.failure is not None
    assert "23514" in contents.failure
    given = office.import_row(import_id, "status::TEXT", "error_summary ->> 'reason'", "entered_at")
    assert given == ("failed", contents.failure, None)
    assert office.rows(import_id, "id") == []
    assert store.unfinished(office.conn, office.id) == []
    assert streams() == []


def test_a_row_that_another_run_wrote_is_not_the_files_fault(office: Office, migrated_database: str) -> None:
    import_id = put_people(office)

    def write_a_row() -> None:
        office.conn.execute(
            "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
            "VALUES (%s, 2900, '{}', 'valid')",
            [import_id],
        )

    with pytest.raises(DatabaseFailed, match="23505"):
        read(office, migrated_database, after(2, write_a_row))
    assert office.import_row(import_id, "status::TEXT", "error_summary") == ("processing", None)
    read(office, migrated_database)
    assert_complete(office, import_id)


def test_two_runs_at_once_read_a_file_once(office: Office, migrated_database: str) -> None:
    import_id = put_people(office)
    with ThreadPoolExecutor(2) as pool:
        one, other = [pool.submit(read, office, migrated_database) for _ in range(2)]
        read_by = sorted(contents.records for run in (one, other) for contents in run.result())
    assert read_by == [0, ROWS]
    assert_complete(office, import_id)
