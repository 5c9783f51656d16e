"""The command `mep serve`: Dagster's processes of a deployment, each with the settings that it needs and no more.

What belongs here: which processes there are, and how each is started. What does not: restarting them, which is
systemd's, Docker's or Kubernetes' (`deploy/`), and the local stack, which is `mep up`'s.
"""

from __future__ import annotations

import os
import sys

import click

from orchestration import settings
from orchestration.console import json_option, print_json

LOOPBACK = "127.0.0.1"
WORKSPACE = ("--workspace", str(settings.ROOT / "deploy" / "workspace.yaml"))
COMMANDS: dict[str, tuple[str, ...]] = {
    # Neither has a login of its own: from elsewhere they are reached through a proxy that has one, or not at all.
    "webserver": ("dagster_webserver", *WORKSPACE, "--host", LOOPBACK),
    "code-server": (
        "dagster", "code-server", "start", "--module-name", "orchestration.definitions",
        "--location-name", "mep_pipeline", "--host", LOOPBACK, "--port", "4000",
    ),
    "daemon": ("dagster._daemon", "run", *WORKSPACE),
    # A name of its own for each process that is ever started: runs ask the very one that took their step.
    "worker": (
        "celery", "--app", "orchestration.celery_worker", "worker", "--hostname", f"mep-{os.getpid()}@%h",
        "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
    ),
}  # fmt: skip


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("process", type=click.Choice(list(COMMANDS)))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@json_option
def serve(process: str, options: tuple[str, ...], *, as_json: bool) -> None:
    """Run one of Dagster's processes until it is told to stop, as deploy/ does.

    \b
    webserver    the UI, on loopback
    daemon       sensors, schedules, the queue of runs
    code-server  what there is to run, and the runs themselves
    worker       steps of runs, with MEP_EXECUTOR=celery

    OPTIONS are those of Dagster's own command, such as `mep serve webserver --read-only --port 3001`. Webserver and
    daemon need MEP_CODE_SERVER, and DAGSTER_DATABASE_URL or DATABASE_URL; neither needs the API key
    (docs/deployment.md). With --json, what is started is printed before that; Dagster's own lines follow it.

    Settings: DATABASE_URL, DAGSTER_DATABASE_URL, MEP_CODE_SERVER, MEP_EXECUTOR.

    \b
    mep serve daemon
    mep serve webserver --read-only --port 3001
    """  # noqa: D301 - click's own sign for lines that stay as they are
    # Dagster takes seconds to import: not for every command's help.
    from orchestration.runs import prepare_instance

    prepare_instance()
    command = [sys.executable, "-P", "-m", *COMMANDS[process], *options]
    if as_json:
        print_json({"process": process, "pid": os.getpid(), "command": command})
    # In this process's place: who stops this one stops Dagster's, and no secret is on a command line.
    os.execv(sys.executable, command)  # noqa: S606
