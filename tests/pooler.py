"""PgBouncer in transaction mode in front of a test's PostgreSQL, for what must not depend on a session.

What belongs here: starting and stopping it. What does not: what is tried through it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import psycopg

from sandbox.postgres import HOST, SUPERUSER, free_port

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

# Debian keeps it where only root's PATH looks.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NEEDED = "PgBouncer is not installed: install it, e.g. `apt-get install pgbouncer`, as .ci/run does"
# Whether the pipeline's tests are to reach their database through it, as `make test-pooled` has it.
POOLED = bool(os.environ.get("MEP_TEST_POOLED"))
START_SECONDS = 20
CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = {host}
listen_port = {own_port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
server_idle_timeout = 5
"""
TLS = """
client_tls_sslmode = require
client_tls_key_file = {0}
client_tls_cert_file = {0}
"""


@dataclass(frozen=True)
class Pooler:
    """A running PgBouncer that knows every database of one server, and of its users those that it was told."""

    port: int

    def url(self, direct: str) -> str:
        """Return the URL by which a user reaches a database of the server through the pooler."""
        parts = urlsplit(direct)
        account = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{account}@{HOST}:{self.port}").geturl()


@contextmanager
def running_pooler(
    server: str,
    connections: int = 10,
    users: Mapping[str, str] | None = None,
    certificate: Path | None = None,
) -> Generator[Pooler]:
    """Run PgBouncer while the context lasts.

    Args:
        server: The superuser's URL of any database of the server.
        connections: How many it opens to one database for one user, however many clients there are.
        users: Others that it lets in, with their passwords.
        certificate: File with its key and certificate; who comes without TLS is then refused.
    """
    parts, own_port = urlsplit(server), free_port()
    known = {SUPERUSER: unquote(parts.password or ""), **(users or {})}
    with tempfile.TemporaryDirectory(prefix="mep-test-pgbouncer-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        file.touch(mode=0o600)
        passwords = Path(folder) / "users.txt"
        passwords.write_text("".join(f'"{name}" "{password}"\n' for name, password in known.items()))
        values = {"host": HOST, "port": parts.port, "own_port": own_port, "connections": connections}
        file.write_text(
            CONFIGURATION.format(**values, users=passwords) + (TLS.format(certificate) if certificate else "")
        )
        # It does not run as root; as root it reads its file and becomes nobody.
        account = ["--user", "nobody"] if os.geteuid() == 0 else []
        log = Path(folder) / "log"
        with (
            log.open("w") as output,
            subprocess.Popen([PROGRAM or "pgbouncer", *account, str(file)], stdout=output, stderr=output) as process,
        ):
            try:
                _wait(Pooler(own_port).url(server), log)
                yield Pooler(own_port)
            finally:
                process.kill()


def _wait(url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > until:
                raise RuntimeError(f"pgbouncer did not start: {error}\n{log.read_text()}") from error
            time.sleep(0.05)
        else:
            return
