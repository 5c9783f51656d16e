"""The dbt project in the repository's root: its manifest, and building it with dbt as a process of its own.

What belongs here: how dbt is started, what it is told, and what it says of each view and test. What does not: SQL
(`dbt_project/`) and Dagster (`definitions`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

# Parsing reads the project and makes no connection; relations are named after this database.
PARSE_URL = "postgresql://no-connection-is-made/postgres"
PARTIAL_PARSE = "partial_parse.msgpack"
SHOWN_FAILURES = 5
SHOWN_CHARACTERS = 300


class DbtFailed(PipelineError):
    """dbt could not build something, or a data test failed; names the first few, without a row's values."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one view or data test.

    Attributes:
        name: Of the view or test, unique in the project.
        status: As dbt says it: success or error of a view; pass, warn, fail or error of a test.
        seconds: That it took.
        failures: Rows that break a test's rule; None for a view.
    """

    name: str
    status: str
    seconds: float
    failures: int | None

    @property
    def good(self) -> bool:
        """Whether the view stands, or the test passed."""
        return self.status in ("success", "pass")


def manifest(root: Path) -> Path:
    """Return the path of `target/manifest.json`, made anew when it is missing or older than any file of the project.

    Safe when several processes ask at once: one makes it, the others wait, and nobody reads half a file.

    Args:
        root: The folder of `dbt_project.yml`.

    Raises:
        DbtFailed: When dbt cannot parse the project.
    """
    made = root / "target" / "manifest.json"
    made.parent.mkdir(exist_ok=True)
    with (made.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.stat().st_mtime_ns < _changed_ns(root):
            began = time.time_ns()
            with _workspace(root) as target:
                for _ in _events(root, target, PARSE_URL, ["parse"]):
                    pass
                # A file that was edited while dbt read it is newer than this.
                os.utime(target / made.name, ns=(began, began))
                (target / made.name).replace(made)
    return made


def build(
    root: Path, url: str, names: Iterable[str], warn: Callable[[str], object], *, everything: bool = False
) -> Iterator[Result]:
    """Rebuild views and run data tests, and yield what became of each as it is known; what dbt skips is not heard of.

    Unit tests of the views' logic are not for here: they prove the SQL, not the data.

    Args:
        root: The folder of `dbt_project.yml`.
        url: The database.
        names: The views and tests.
        warn: Takes dbt's warnings and errors, in its words.
        everything: Whether tests look at all rows of large tables, not only at those that came in lately.

    Raises:
        DbtFailed: After the last result, when a view could not be built or a test failed.
    """
    arguments = ["build", "--indirect-selection", "empty", "--exclude-resource-type", "unit_test", "--select", *names]
    arguments += ["--full-refresh"] * everything
    with _workspace(root) as target:
        for event in _events(root, target, url, arguments):
            info, data = event["info"], event["data"]
            if info["level"] in ("warn", "error") and info["msg"].strip():
                warn(info["msg"])
            if info["name"] in ("LogModelResult", "LogTestResult"):
                node = data["node_info"]
                yield Result(node["node_name"], node["node_status"], data["execution_time"], data.get("num_failures"))


@contextlib.contextmanager
def _workspace(root: Path) -> Generator[Path]:
    """Give dbt a target folder of its own, so that two runs never share one; it is gone afterwards.

    What dbt knows of unchanged files (its partial parse) is taken along from `target/`, and left there when all went
    well: starting is 2 s faster with it.
    """
    shared = root / "target" / PARTIAL_PARSE
    shared.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=shared.parent) as folder:
        own = Path(folder) / PARTIAL_PARSE
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(shared, own)
        yield Path(folder)
        own.replace(shared)


def _events(root: Path, target: Path, url: str, arguments: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Run a dbt command and yield its structured log events as they come.

    The process gets the database's URL and nothing else that is secret, through its environment, not its command line.
    It ends when nobody listens any more.

    Raises:
        DbtFailed: After the last event, when the command was not successful.
    """
    command, *options = arguments
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - this interpreter, with options of ours
        [
            sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()", command, *options,
            "--project-dir", str(root), "--profiles-dir", str(root), "--target-path", str(target),
            "--log-format", "json", "--log-level-file", "none", "--no-use-colors",
        ],
        cwd=root, env={"DATABASE_URL": url, "HOME": str(Path.home()), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        try:
            for line in process.stdout or ():
                event = _event(line)
                if event is None:
                    said.append(line)
                    continue
                if event["info"]["level"] == "error":
                    said.append(event["info"]["msg"])
                yield event
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise DbtFailed(f"dbt {command} failed: {'; '.join(_failures(target)) or _shortened(' '.join(said))}")


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "info" in event else None


def _failures(target: Path) -> list[str]:
    """Name what failed, as dbt's own results say; empty when it did not come that far."""
    try:
        results: list[dict[str, Any]] = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except FileNotFoundError:
        return []
    named = [
        f"{result['unique_id'].split('.')[2]} ({_shortened(result['message'] or '')})"
        for result in results
        if result["status"] not in ("success", "pass", "warn", "skipped")
    ]
    return named[:SHOWN_FAILURES] + [f"and {len(named) - SHOWN_FAILURES} more"] * (len(named) > SHOWN_FAILURES)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"


def _changed_ns(root: Path) -> int:
    """Return when a file of the project was last changed, added or removed."""
    folder = root / "dbt_project"
    return max(path.stat().st_mtime_ns for path in (root / "dbt_project.yml", folder, *folder.rglob("*")))
