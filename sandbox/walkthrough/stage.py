"""The stack that chapters are played on, and what happens there unseen."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from assets.errors import PipelineError
from sandbox.ui import ENDED, until
from sandbox.walkthrough.chapters import Ids
from sandbox.walkthrough.pictures import PICTURES, WINDOW, Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page

    from sandbox.copies import ProjectCopy
    from sandbox.ui import Ui

SLUG = "acme-solar"
WIDTH = 130
COMMAND_SECONDS = 300
WELL = (0, 3)
"""How a command may end: with nothing left to do, or with something."""
SHOWN_ROOT = "/opt/mep"
CORRECTIONS = {
    "5": {"Phone": "303-555-0142"},
    "9": {"Email": "zoe@example.com"},
    "23": {"First Name": "Nora", "Last Name": "Fontaine", "Email": "nora.fontaine@example.com"},
    "30": {"Phone": "303-555-0117"},
    "35": {"First Name": "Lionel", "Last Name": "O'Rourke"},
    "36": {"Phone": "303-555-0121", "_problem": ""},
}
"""What the office types into the fix file of `contacts-hubspot.csv`, by row."""


class WalkError(PipelineError):
    """Say where the chapters and the product part."""


@dataclass
class Stage:
    """Plays chapters in a copy of the project whose stack runs.

    Args:
        project: The copy.
        ui: Its UI.
        page: A tab to look at it.
        pictures: The folder for pictures.
    """

    project: ProjectCopy
    ui: Ui
    page: Page
    pictures: Path
    ids: Ids = field(default_factory=Ids)
    _arrived: int = 0

    def run(self, command: str) -> str:
        """Run a command as a person types it, and give what it prints, with the ids that chapters show.

        Raises:
            WalkError: When it ends with another code than 0 or 3.
        """
        environment = self.project.environment({"COLUMNS": str(WIDTH)})
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        done = subprocess.run(  # noqa: S603 - the chapters are ours
            ["/bin/bash", "-c", self.ids.real(command)], cwd=self.project.root, env=environment, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        if done.returncode not in WELL:
            raise WalkError(f"`{command}` ended with {done.returncode}: {done.stdout.strip()}")
        lines = done.stdout.replace(str(self.project.root), SHOWN_ROOT).splitlines()
        return self.ids.shown("".join(f"{line.rstrip()}\n" for line in lines))

    def picture(self, name: str) -> None:
        """Take a picture.

        Raises:
            WalkError: When no picture has that name.
        """
        if name not in PICTURES:
            raise WalkError(f"pictures/{name}.png is taken by nobody: sandbox/walkthrough/pictures.py names them.")
        run = self.ui.runs_of(SLUG)[0]["runId"]
        self.page.set_viewport_size(WINDOW)
        PICTURES[name](self.page, Sight(self.ui.url, run, self.project.root / "outbox" / SLUG))
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def act(self, stage: str) -> None:
        """Let happen what nobody sees.

        Raises:
            WalkError: When nobody knows how.
        """
        if stage not in ACTS:
            raise WalkError(f"Nobody knows how to play “{stage}”: sandbox/walkthrough/stage.py has what is played.")
        ACTS[stage](self)

    def correct(self) -> None:
        """Correct the first fix file as an office does."""
        (fix_file,) = (self.project.root / "outbox" / SLUG).glob("*/fix.csv")
        with fix_file.open(encoding="utf-8-sig", newline="") as file:
            rows = {row["_row"].split()[0]: row for row in csv.DictReader(file)}
        with (self.project.root / "corrected.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, next(iter(rows.values())))
            writer.writeheader()
            writer.writerows({**rows[number], **typed} for number, typed in CORRECTIONS.items())

    def wait_for_the_inbox(self) -> None:
        """Wait for one more run that the inbox's sensor started.

        Raises:
            WalkError: When none succeeds within ten minutes.
        """
        arrived = until(self._count_arrived, lambda count: count > self._arrived)
        if arrived == self._arrived:
            raise WalkError("No run came of what lies in the inbox.")
        self._arrived = arrived

    def _count_arrived(self) -> int:
        return sum("mep/arrival" in run["tags"] and run["status"] == "SUCCESS" for run in self.ui.runs_of(SLUG))

    def wait_for_dbt(self) -> None:
        """Wait until nobody else rebuilds the views.

        Raises:
            WalkError: When somebody still does after ten minutes.
        """
        statuses = until(
            lambda: [run["status"] for run in self.ui.runs_of_job("rebuild_analytics")],
            lambda found: set(found) <= set(ENDED),
        )
        if not set(statuses) <= set(ENDED):
            raise WalkError("A run of rebuild_analytics does not end.")

    def set_faults(self, rules: list[dict[str, str]]) -> None:
        """Let the stand-in for Coperniq answer requests as rules say."""
        address = (self.project.state / "coperniq.url").read_text()
        requests.post(f"{address}/faults", json={"rules": rules}, timeout=10).raise_for_status()


ACTS: Mapping[str, Callable[[Stage], None]] = {
    "the office corrects fix.csv and saves it as corrected.csv": Stage.correct,
    "what lies in the inbox is imported": Stage.wait_for_the_inbox,
    "Coperniq is away": lambda stage: stage.set_faults([{"fault": "bad_gateway"}]),
    "Coperniq is back": lambda stage: stage.set_faults([]),
    "nobody else rebuilds the views": Stage.wait_for_dbt,
}
