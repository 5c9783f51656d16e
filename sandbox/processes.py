"""Background processes that outlive their starter's death, and are found again by the next one.

What belongs here: starting a process of its own session, remembering it in a file, recognising and ending it. What does
not: what any of the processes is for.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STOP_SECONDS = 15


@dataclass(frozen=True)
class Background:
    """A process that is remembered in `<folder>/<name>.json` and logs to `<folder>/<name>.log`."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / f"{self.name}.log"

    def start(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> psutil.Process:
        """Start it in a session of its own, so that a closed terminal or Ctrl-C does not reach it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            started = subprocess.Popen(  # noqa: S603 - a command of this package
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env=dict(environment), cwd=cwd,
            )  # fmt: skip
        process = psutil.Process(started.pid)
        memory = self.folder / f"{self.name}.json.new"
        memory.write_text(json.dumps({"pid": process.pid, "created": process.create_time()}))
        memory.rename(self._memory)
        return process

    def find(self) -> psutil.Process | None:
        """Return the process if it is still running; a pid that another process has by now is not it."""
        try:
            known = json.loads(self._memory.read_text())
            process = psutil.Process(known["pid"])
            same = process.create_time() == known["created"] and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None
        return process if same else None

    def stop(self) -> None:
        """End it and what it started: politely, then firmly; no-op when it is not running."""
        process = self.find()
        if process is not None:
            family = [process, *_children(process)]
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
            _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
            for stubborn in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    stubborn.kill()
            psutil.wait_procs(alive, timeout=STOP_SECONDS)
        self._memory.unlink(missing_ok=True)

    @property
    def _memory(self) -> Path:
        return self.folder / f"{self.name}.json"


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []
