"""The embedded PostgreSQL comes up whatever a killed process has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from sandbox.postgres import Cluster, embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = """
import sys
from pathlib import Path
from sandbox.postgres import Cluster, embedded_binaries
Cluster(Path(sys.argv[1]), embedded_binaries()).start()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "postgres", embedded_binaries())
    yield made
    made.stop()


def test_an_initdb_that_outlives_who_started_it_is_in_nobodys_way(cluster: Cluster) -> None:
    with subprocess.Popen([sys.executable, "-c", START, str(cluster.folder)]) as starter:
        orphan = _initdb_of(starter.pid)
        orphan.suspend()
        starter.kill()
    cluster.start()
    orphan.resume()
    orphan.wait(60)
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_died_without_a_word_is_started_again(cluster: Cluster) -> None:
    cluster.start()
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def _initdb_of(pid: int) -> psutil.Process:
    """Wait until a process has started initdb, and that one has begun to write."""
    while True:
        for child in psutil.Process(pid).children():
            if child.name() == "initdb" and child.children():
                return child
        time.sleep(0.005)
