"""A copy of the project in a folder of its own, and the command line run in it.

What belongs here: what a copy holds, how its code is called, and that nothing of its stack is left. What does not: what
it is made for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestration import settings as product
from sandbox.postgres import Cluster, embedded_binaries
from sandbox.processes import Background

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".mep", ".env", "__pycache__", ".*_cache", "target", "logs", "*.png")
MEP = "from orchestration.cli import main; main()"
BACKGROUND = ("coperniq", "dagster")


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of the project, with a state folder of its own, and settings for all that is run in it."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def state(self) -> Path:
        """The folder of its local stack."""
        return self.root / ".mep"

    @property
    def cluster(self) -> Cluster:
        """Its embedded PostgreSQL."""
        return Cluster(self.state / "postgres", embedded_binaries())

    @property
    def store(self) -> Path:
        """The file of its Coperniq sandbox."""
        return self.state / "coperniq.sqlite"

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give what its commands find in the environment: its code and settings, and none of whoever calls."""
        kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in product.NAMES}
        return kept | {"PYTHONPATH": str(self.root), **self.settings, **(settings or {})}

    def start(self, arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `mep` with the copy's code, in a session of its own."""
        return subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-c", MEP, *arguments], cwd=self.root, env=self.environment(settings), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def mep(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `mep` to its end."""
        with self.start(arguments, settings) as process:
            out, err = process.communicate(timeout=240)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def leftovers(self) -> list[str]:
        """Name what still runs of this copy's stack."""
        running = [name for name in BACKGROUND if Background(name, self.state).find() is not None]
        if (self.cluster.data / "PG_VERSION").exists() and self.cluster.running():
            running.append("postgres")
        return running

    def stop(self) -> None:
        """End what still runs of this copy's stack."""
        for name in BACKGROUND:
            Background(name, self.state).stop()
        if self.cluster.folder.exists():
            self.cluster.stop()


AnyCopy = TypeVar("AnyCopy", bound=ProjectCopy)


@contextlib.contextmanager
def project_copy(kind: type[AnyCopy]) -> Generator[AnyCopy, None, None]:
    """Give a copy of the project's files, without what git ignores; what runs of its stack at the end is stopped.

    Not in pytest's own folder: as root the server runs as nobody, whom a second session of pytest would lock out.
    """
    with tempfile.TemporaryDirectory(prefix="mep-project-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "mep"
        shutil.copytree(product.ROOT, root, ignore=LEFT_OUT)
        copied = kind(root)
        try:
            yield copied
        finally:
            copied.stop()
