"""What hosts share: PostgreSQL, Redis and Coperniq on this machine's address, each behind a password or key.

What belongs here: starting and stopping them. What does not: the hosts (`network`), and what is done with them.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import redis

from orchestration import migrations
from sandbox.postgres import HOST, Cluster, embedded_binaries, free_port
from tests.conftest import FAST, MIGRATIONS, ROOT
from tests.coperniq_server import SandboxHandle, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from tests.machines.network import Network

REDIS = shutil.which("redis-server")
REDIS_NEEDED = "Redis is not installed: install it, e.g. `apt-get install redis-server`, as .ci/run does"
START_SECONDS = 20
COMPANY = 112


@dataclass(frozen=True)
class Services:
    """What is running, and by which URLs hosts reach it."""

    database_url: str
    broker: str
    coperniq: SandboxHandle

    def secrets(self) -> list[str]:
        """Return what nobody is to see: the passwords and the API key."""
        return [*filter(None, (urlsplit(url).password for url in (self.database_url, self.broker))), self.coperniq.key]


@contextlib.contextmanager
def running_services(folder: Path, network: Network, faults: Mapping[str, Any]) -> Generator[Services, None, None]:
    """Run them while the context lasts.

    Args:
        folder: For their files; not pytest's own, because as root PostgreSQL runs as nobody.
        network: On whose address they listen.
        faults: The script of the sandbox.
    """
    with (
        _postgres(folder / "postgres", network) as database_url,
        _redis(folder, network.address) as broker,
        running_coperniq(folder / "coperniq.sqlite", network, faults) as coperniq,
    ):
        yield Services(database_url, broker, coperniq)


@contextlib.contextmanager
def running_coperniq(store: Path, network: Network, faults: Mapping[str, Any]) -> Generator[SandboxHandle, None, None]:
    """Run the sandbox, and what stands before it on this machine's address, while the context lasts."""
    with (
        running_sandbox(store, keys={secrets.token_hex(8): COMPANY}, faults=faults) as coperniq,
        _edge(network.address, urlsplit(coperniq.url).port or 0),
    ):
        # On a host, too: there `localhost` is this machine.
        yield replace(coperniq, url=coperniq.url.replace(HOST, "localhost"))


@contextlib.contextmanager
def _postgres(folder: Path, network: Network) -> Generator[str, None, None]:
    listens = f"listen_addresses={HOST},{network.address}"
    cluster = Cluster(folder, embedded_binaries(), (*FAST, "max_connections=100", listens))
    cluster.start()
    try:
        with (cluster.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network.range} scram-sha-256\n")
        with psycopg.connect(cluster.ensure_database("mep"), prepare_threshold=None) as connection:
            migrations.up(connection, MIGRATIONS)
            connection.execute("SELECT pg_reload_conf()")
        yield cluster.url("mep").replace(f"@{HOST}:", f"@{network.address}:")
    finally:
        cluster.stop()


@contextlib.contextmanager
def _redis(folder: Path, address: str) -> Generator[str, None, None]:
    password, port = secrets.token_urlsafe(16), free_port()
    settings = f'bind {address}\nport {port}\nrequirepass {password}\nsave ""\ndir {folder}\n'
    with (
        (folder / "redis.log").open("w") as log,
        subprocess.Popen([REDIS or "redis-server", "-"], stdin=subprocess.PIPE, stdout=log, text=True) as process,
    ):
        try:
            assert process.stdin is not None
            process.stdin.write(settings)
            process.stdin.close()
            url = f"redis://:{password}@{address}:{port}/0"
            _wait_for(url)
            yield url
        finally:
            process.kill()


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with redis.Redis.from_url(url) as client:
                client.ping()
        except redis.ConnectionError:
            assert time.monotonic() < until, "Redis did not start"
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def _edge(address: str, port: int) -> Generator[None, None, None]:
    """Pass what arrives at an address on to the sandbox, which listens on loopback alone."""
    command = [sys.executable, "-m", "tests.machines.edge", address, str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "nothing passes requests on to the sandbox"
            yield
        finally:
            process.kill()
