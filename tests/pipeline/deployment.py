"""A deployment as `deploy/` has it: three processes apart, with secrets in files, as users of its own.

What belongs here: starting it, and watching it. What does not: what is expected of it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import requests

from orchestration.settings import NAMES
from sandbox.copies import MEP
from sandbox.postgres import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from tests.pipeline.project import Project

START_SECONDS = 120
RUN_SECONDS = 270


@dataclass
class Deployment:
    """What runs, by the name of its process.

    Attributes:
        processes: As `mep serve` was started.
        commands: Every command line that was seen meanwhile, of any process of this machine.
    """

    project: Project
    folder: Path
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])
    commands: set[str] = field(default_factory=set[str])

    def log(self, name: str) -> str:
        """Return what a process said."""
        return (self.folder / f"{name}.log").read_text()

    def wait(self, finished: Callable[[], bool]) -> None:
        """Wait until something is so, which the daemon has the code server bring about."""
        until = time.monotonic() + RUN_SECONDS
        while not finished():
            if time.monotonic() > until:
                raise TimeoutError("".join(map(self.log, self.processes)))
            self.look()
            time.sleep(0.1)

    def look(self) -> None:
        """Note the command line of every process."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                self.commands.add(" ".join(process.cmdline()))


@contextlib.contextmanager
def running_deployment(
    project: Project, folder: Path, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Generator[Deployment]:
    """Run code server, daemon and webserver while the context lasts, each with the secrets that it needs, as files."""
    code, ui = free_port(), free_port()
    made = Deployment(project, folder, ui)
    plain = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
    plain |= {"PYTHONPATH": str(project.root), "MEP_CODE_SERVER": f"{HOST}:{code}", **settings}
    for name, secret in secrets.items():
        (folder / name).write_text(f"{secret}\n")
    files = {f"{name}_FILE": str(folder / name) for name in secrets}
    of_dagster = {name: path for name, path in files.items() if name.startswith("DAGSTER_")}
    try:
        for name, given, options in (
            ("code-server", files, ["--port", str(code)]),
            ("daemon", of_dagster, []),
            ("webserver", of_dagster, ["--port", str(ui)]),
        ):
            with (folder / f"{name}.log").open("wb") as log:
                made.processes[name] = subprocess.Popen(
                    [sys.executable, "-c", MEP, "serve", name, "--json", *options], cwd=project.root,
                    env={**plain, **given}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while not _answers(ui):
            assert time.monotonic() < until, made.log("webserver")
            made.look()
            time.sleep(0.2)
        yield made
    finally:
        for process in made.processes.values():
            _end(process)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://{HOST}:{port}/server_info", timeout=5).ok
    except requests.RequestException:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        _, alive = psutil.wait_procs([psutil.Process(process.pid), *family], timeout=20)
        for one in alive:
            one.kill()
    process.wait(20)
