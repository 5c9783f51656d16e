"""The Coperniq stand-in as a process of its own, for every test that needs a Coperniq to talk to.

Starting and stopping belongs here. What the server did is read with `sandbox.coperniq.ledger`.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_KEYS = {"sandbox-key": 112}
_STOP_SECONDS = 10


@dataclass(frozen=True)
class SandboxHandle:
    """Hold a running server.

    Attributes:
        url: Where GraphQL is posted to.
        key: The first key, and `company_id` the company that it belongs to.
        store: The file of the records.
        log: The file of the server's standard error, access lines included.
    """

    url: str
    key: str
    company_id: int
    store: Path
    log: Path
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End the server as `kill -9` does."""
        self.process.kill()
        self.process.wait(_STOP_SECONDS)


@contextmanager
def running_sandbox(store: Path, *, keys: Mapping[str, int] | None = None, port: int = 0) -> Generator[SandboxHandle]:
    """Run a server on a store, and stop it at the end.

    Args:
        store: The file of the records; it is made when there is none, and stays.
        keys: The company of each API key.
        port: The port to listen on; 0 takes a free one.
    """
    keys = keys or DEFAULT_KEYS
    key, company_id = next(iter(keys.items()))
    command = [sys.executable, "-m", "sandbox.coperniq", "--port", str(port), "--store", str(store)]
    command += [argument for name, company in keys.items() for argument in ("--key", f"{name}={company}")]
    log = store.with_name(store.name + ".log")
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT) as process,
    ):
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise RuntimeError(f"the Coperniq sandbox did not start:\n{log.read_text(encoding='utf-8')}")
            yield SandboxHandle(url, key, company_id, store, log, process)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
