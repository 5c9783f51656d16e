"""The Coperniq stand-in as a process of its own, for every test that needs a Coperniq to talk to.

Starting and stopping belongs here. What the server did is read with `sandbox.coperniq.ledger`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

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

    @property
    def rest_url(self) -> str:
        """Return the base URL of the REST face."""
        return self.url.replace("/graphql", "/v1")

    def set_faults(self, script: Mapping[str, Any]) -> None:
        """Set a script of faults, as `sandbox.coperniq.faults.script` has it; an empty one ends all faults."""
        response = requests.post(self._faults_url, json=script, timeout=_STOP_SECONDS)
        assert response.ok, response.text

    def injected(self) -> dict[str, int]:
        """Count the faults since the script was set, by kind."""
        return self._counts("faults")

    def requests(self) -> dict[str, int]:
        """Count the requests since the script was set, by label: `mutation createContacts`."""
        return self._counts("requests")

    def _counts(self, of: str) -> dict[str, int]:
        return requests.get(self._faults_url, timeout=_STOP_SECONDS).json()[of]

    @property
    def _faults_url(self) -> str:
        return self.url.replace("/graphql", "/faults")


@contextmanager
def running_sandbox(
    store: Path,
    *,
    keys: Mapping[str, int] | None = None,
    port: int = 0,
    faults: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Generator[SandboxHandle]:
    """Run a server on a store, and stop it at the end.

    Args:
        store: The file of the records; it is made when there is none, and stays.
        keys: The company of each API key.
        port: The port to listen on; 0 takes a free one.
        faults: What happens to requests, as `sandbox.coperniq.faults.script` has it; nothing by default.
        seed: Instead of the script's own.
    """
    keys = keys or DEFAULT_KEYS
    key, company_id = next(iter(keys.items()))
    command = [sys.executable, "-m", "sandbox.coperniq", "--port", str(port), "--store", str(store)]
    command += [argument for name, company in keys.items() for argument in ("--key", f"{name}={company}")]
    if faults is not None:
        script = store.with_name(store.name + ".faults.json")
        script.write_text(json.dumps(faults), encoding="utf-8")
        command += ["--faults", str(script)]
    command += ["--seed", str(seed)] if seed is not None else []
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
