"""The Dagster UI of a running stack: asked by GraphQL, as its own pages ask it, and seen in headless Chromium.

What belongs here: what anybody can ask and look at. What does not: a certain page, and what is done with it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from playwright.sync_api import sync_playwright

from assets.errors import PipelineError
from sandbox.postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from playwright.sync_api import Browser

    from sandbox.copies import ProjectCopy

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SAMPLES = ("abc-heating", "sunrise-solar")
START_SECONDS = 240
STOP_SECONDS = 60
RUN_SECONDS = 600
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


class UiError(PipelineError):
    """Say what the UI refused, or that it does not answer."""


@contextlib.contextmanager
def chromium() -> Generator[Browser, None, None]:
    """Start Chromium without a window.

    Raises:
        UiError: When it is not installed.
    """
    if CHROMIUM is None:
        raise UiError("Chromium is not installed: install it, e.g. `apt-get install chromium`.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield opened
        finally:
            opened.close()


@contextlib.contextmanager
def serving(project: ProjectCopy) -> Generator[Ui, None, None]:
    """Run `mep up` in a copy of the project, into whose inbox no sample is put; give its UI.

    Raises:
        UiError: When the UI does not answer within four minutes, or something of the stack is left at the end.
    """
    for slug in SAMPLES:
        # A folder that is there is left as it is.
        (project.root / "inbox" / slug).mkdir(parents=True)
    port = free_port()
    with project.start(["up", "--json", "--port", str(port)]) as process:
        try:
            Ui(f"http://127.0.0.1:{port}").wait()
            yield Ui(_document(process.stdout or ())["ui"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=STOP_SECONDS)
    if left := project.leftovers():
        raise UiError(f"{', '.join(left)} still runs.")


@dataclass(frozen=True)
class Ui:
    """The UI at an address."""

    url: str

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            UiError: When it does not within four minutes.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/server_info", timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(1)
        raise UiError(f"{self.url} does not answer.")

    def graphql(self, query: str, **variables: Any) -> Any:
        """Ask the endpoint.

        Raises:
            UiError: When it answers with errors.
        """
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        if "errors" in answer:
            raise UiError(str(answer["errors"]))
        return answer["data"]

    def run(self, run_id: str) -> Any:
        """Give a run's status, and its tags by name."""
        return tagged(
            self.graphql(
                "query($id: ID!) { runOrError(runId: $id) { ... on Run { runId status tags { key value } } } }",
                id=run_id,
            )["runOrError"]
        )

    def runs_of(self, partition: str) -> list[Any]:
        """Give the runs of a partition."""
        return self._runs({"tags": [{"key": "dagster/partition", "value": partition}]})

    def runs_of_job(self, name: str) -> list[Any]:
        """Give the runs of a job."""
        return self._runs({"pipelineName": name})

    def _runs(self, which: dict[str, Any]) -> list[Any]:
        found = self.graphql(
            """
            query($filter: RunsFilter!) {
              runsOrError(filter: $filter) { ... on Runs { results { runId status tags { key value } } } }
            }
            """,
            filter=which,
        )
        return [tagged(run) for run in found["runsOrError"]["results"]]


def _document(lines: Iterable[str]) -> Any:
    """Read the first document of JSON that a command prints; it may go on."""
    read: list[str] = []
    for line in lines:
        read.append(line)
        if line == "}\n":
            break
    return json.loads("".join(read))


def until(ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """Ask until the answer is good; the last answer, when it does not come to that."""
    end = time.monotonic() + RUN_SECONDS
    answer = ask()
    while not good(answer) and time.monotonic() < end:
        time.sleep(0.5)
        answer = ask()
    return answer


def tagged(run: Any) -> Any:
    """Give a run with its tags by name."""
    return {**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}}
