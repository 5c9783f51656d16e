"""The local stack: an embedded PostgreSQL and the Coperniq sandbox, for who has neither.

What belongs here: what runs, who owns it, and where the settings find it. What does not: what is done with it
(`cli`). One process owns the stack at a time; what a dead owner left running is found and used.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from assets.errors import PipelineError
from orchestration import settings
from sandbox.postgres import HOST, Cluster, embedded_binaries, free_port
from sandbox.processes import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

DATABASE = "mep"
START_SECONDS = 30


class StackError(PipelineError):
    """Say why the local stack cannot run."""


@dataclass
class Stack:
    """The local stack in one state folder.

    Args:
        state: Git-ignored folder that holds everything: data, logs, and who runs.
        say: Takes progress, a line at a time.
    """

    state: Path = settings.STATE
    say: Callable[[str], None] = print
    _lock: Any = field(default=None, init=False)

    @property
    def is_local(self) -> bool:
        """Say whether this stack serves, and not a database and a Coperniq that the settings name."""
        return not _configured()

    @property
    def store(self) -> Path:
        """The file of the sandbox's records."""
        return self.state / "coperniq.sqlite"

    @contextlib.contextmanager
    def running(self, owner: str) -> Generator[None, None, None]:
        """Run the stack while the context lasts, or use the one that `mep up` runs already.

        With `DATABASE_URL` and `COPERNIQ_API_URL` both set, nothing is started: those are used.

        Raises:
            StackError: When only one of the two is set, or another `mep demo` is at work.
        """
        if not self.is_local:
            yield
            return
        self.state.mkdir(parents=True, exist_ok=True)
        if not self._own(owner):
            self.say("using the stack that `mep up` runs")
            yield
            return
        try:
            self._start()
            yield
        finally:
            self._stop()

    def _own(self, owner: str) -> bool:
        handle = (self.state / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            other = handle.read().strip()
            handle.close()
            if owner == "demo" and other == "up":
                return False
            raise StackError(f"`mep {other or 'demo'}` is running in this folder: wait for it, or stop it.") from None
        handle.truncate(0)
        handle.write(owner)
        handle.flush()
        self._lock = handle
        return True

    def _start(self) -> None:
        for note in self._cluster().start():
            self.say(note)
        url = self._cluster().ensure_database(DATABASE)
        api = self._start_coperniq()
        rest = settings.transport(settings.read(local=False)) == "rest"
        values = {
            "DATABASE_URL": url,
            "COPERNIQ_API_URL": f"{api}/v1" if rest else f"{api}/graphql",
            "COPERNIQ_API_KEY": "sandbox-key",
            "COPERNIQ_COMPANY_ID": "112",
            # The sandbox has no limits unless it is told to; a day's quota would end what is tried out here.
            "COPERNIQ_REQUESTS_PER_SECOND": "0",
            "COPERNIQ_REQUESTS_PER_DAY": "0",
            "COPERNIQ_REST_WORK_ORDER_TEMPLATE": "1",
            "COPERNIQ_REST_CATALOG_ITEM": "1",
        }
        path = self.state / "local.env"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))

    def _start_coperniq(self) -> str:
        """Start the sandbox, or find the one that a dead owner left; return its address."""
        address = self.state / "coperniq.url"
        process = self._coperniq()
        for _ in range(3):  # the free port that was chosen may be taken before the sandbox binds it
            if process.find() is not None and _healthy(address):
                return address.read_text()
            process.stop()
            port = free_port()
            address.write_text(f"http://{HOST}:{port}")
            command = [sys.executable, "-m", "sandbox.coperniq", "--port", str(port), "--store", str(self.store)]
            process.start(command, os.environ, settings.ROOT)
            until = time.monotonic() + START_SECONDS
            while process.find() is not None and not _healthy(address) and time.monotonic() < until:
                time.sleep(0.05)
        raise StackError(f"The Coperniq sandbox did not start: see {process.log}.")

    def _stop(self) -> None:
        (self.state / "local.env").unlink(missing_ok=True)
        self._coperniq().stop()
        self._cluster().stop()
        self._lock.close()

    def _cluster(self) -> Cluster:
        return Cluster(self.state / "postgres", embedded_binaries())

    def _coperniq(self) -> Background:
        return Background("coperniq", self.state)


def _configured() -> bool:
    given = {"DATABASE_URL", "COPERNIQ_API_URL"} & settings.read(local=False).keys()
    if len(given) == 1:
        (only,) = given
        missing = ({"DATABASE_URL", "COPERNIQ_API_URL"} - given).pop()
        raise StackError(f"{only} is set but {missing} is not: set both, or neither for the local stack.")
    return bool(given)


def _healthy(address: Path) -> bool:
    if not address.exists():
        return False
    try:
        answer = requests.get(f"{address.read_text()}/health", timeout=2)
        return answer.json().get("service") == "coperniq-sandbox"
    except (requests.RequestException, ValueError):
        return False
