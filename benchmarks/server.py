"""The embedded PostgreSQL with the settings that the product gives it, and migrated databases on it.

Both sides of every pair get a database of their own, made from one template, and begin after a checkpoint.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql

from orchestration import migrations
from orchestration.settings import ROOT
from sandbox.postgres import Cluster, embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Generator

TEMPLATE = "migrated"


class Server:
    """A running server.

    Args:
        cluster: Started, with the template.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Give the URL of a new migrated database; drop it afterwards."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
            connection.execute("CHECKPOINT")
        try:
            yield self._cluster.url(name)
        finally:
            with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def cpu(self) -> float:
        """Give the CPU seconds that the server's processes have taken, ended ones included."""
        main = psutil.Process(int((self._cluster.data / "postmaster.pid").read_text().split()[0]))
        total = sum(main.cpu_times()[:4])
        for process in main.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:2])
        return total

    def checkpoint(self) -> None:
        """Write out what earlier runs left, so that the next one does not pay for it."""
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")


@contextlib.contextmanager
def running(folder: Path) -> Generator[Server]:
    """Run a server in a new folder of that one; remove it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=folder, ignore_cleanup_errors=True) as made:
        cluster = Cluster(Path(made), embedded_binaries())
        cluster.start()
        try:
            with psycopg.connect(cluster.ensure_database(TEMPLATE), prepare_threshold=None) as connection:
                migrations.up(connection, ROOT / "migrations")
            yield Server(cluster)
        finally:
            cluster.stop()
