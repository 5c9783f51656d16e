"""A migrated database for one command, on a server of its own that is gone afterwards.

What belongs here: a database for what needs no data. What does not: the local stack, which keeps its own (`stack`).
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from orchestration import migrations, settings
from sandbox.postgres import Cluster, embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def migrated_database() -> Generator[str]:
    """Give the URL of an empty database with every migration applied, while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="mep-temporary-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), embedded_binaries())
        cluster.start()
        try:
            url = cluster.ensure_database("mep")
            with psycopg.connect(url, prepare_threshold=None) as connection:
                migrations.up(connection, settings.MIGRATIONS)
            yield url
        finally:
            cluster.stop()
