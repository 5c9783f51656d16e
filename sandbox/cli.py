"""The commands that make one machine enough: `mep demo`, `mep up`, `mep sandbox`.

What belongs here: the order of things in a demonstration, and what it prints. What does not: the product's own work,
which is called as any user calls it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import requests

from assets.contractors import store as contractors
from assets.counting import counted
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.errors import PipelineError
from orchestration import migrations, settings, stack_settings
from sandbox import forms
from sandbox.postgres import port_is_free
from sandbox.processes import Background
from sandbox.stack import Stack, StackError

if TYPE_CHECKING:
    from types import FrameType

    from psycopg import Connection

SAMPLES = settings.ROOT / "samples"
UI_PORT = 3000


@click.command()
def demo() -> None:
    """Run the main job on samples/: files in, rows judged, records sent, views rebuilt; then print what happened.

    Starts an embedded PostgreSQL and a Coperniq stand-in in .mep/ and stops them at the end. With DATABASE_URL and
    COPERNIQ_API_URL set, the same job runs against those. Running it again is safe.
    """
    _end_cleanly()
    began = time.monotonic()
    with Stack(say=_say).running("demo"):
        given = settings.load()
        _say("the database and Coperniq answer")
        # Dagster takes seconds to import: only once there is something for it to do.
        from orchestration import runs, summary

        with Database(given.database_url).connect() as connection:
            slugs = _set_up(connection)
            with runs.instance(given.database_url) as opened:
                _say("syncing the templates of forms")
                templates = runs.sync_templates(opened)
                filled = forms.fill(connection, SAMPLES / "forms.json")
                _say(f"{counted(filled, 'form')} filled" if filled else "the forms are filled already")
                outcomes = {}
                for slug in slugs:
                    _say(f"importing {slug}")
                    outcomes[slug] = runs.import_contractor(opened, slug, [], LocalInbox(SAMPLES / "inbox"))
                _say("rebuilding and testing the views with dbt")
                rebuilt = runs.rebuild_analytics(opened)
            for slug in slugs:
                click.echo()
                summary.print_run(connection, slug, contractors.get(connection, slug).id, outcomes[slug])
            click.echo(f"\nTemplates: {templates}")
            summary.print_analytics(rebuilt)
    click.echo(
        f"\nDone in {time.monotonic() - began:.0f} s. To look at the runs, the assets and their checks: `make dev`,"
    )
    click.echo(f"then http://localhost:{UI_PORT}.")
    if rebuilt.failed:
        raise PipelineError("Data tests of dbt failed: they are named above; the asset checks in the UI say more.")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=UI_PORT, show_default=True, help="Of the Dagster UI.")
def up(port: int) -> None:
    """Run the stack until Ctrl-C, with the Dagster UI on http://localhost:3000.

    Without DATABASE_URL and COPERNIQ_API_URL that is an embedded PostgreSQL and a Coperniq stand-in, with the sample
    contractors registered and their files copied into inbox/; other `mep` commands find them while this runs.
    """
    _end_cleanly()
    stack = Stack(say=_say)
    with stack.running("up"):
        given = settings.load()
        from orchestration import runs

        with Database(given.database_url).connect() as connection:
            if stack.is_local:
                for slug in _set_up(connection):
                    if isinstance(given.inbox, Path) and not (given.inbox / slug).exists():
                        shutil.copytree(SAMPLES / "inbox" / slug, given.inbox / slug)
            migrations.require_current(connection, settings.MIGRATIONS)
            with runs.instance(given.database_url) as opened:
                runs.add_partitions(opened, [one.slug for one in contractors.every(connection)])
        _serve(stack, given.database_url, port)


def _serve(stack: Stack, url: str, port: int) -> None:
    """Run Dagster's UI, daemon and code server until this process is told to stop."""
    process = Background("dagster", stack.state)
    process.stop()
    if not port_is_free(port):
        raise StackError(f"Port {port} is taken: stop what listens there, or name another one with --port.")
    command = ["dagster", "dev", "--workspace", "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **stack_settings.dagster_environment(url), "PYTHONWARNINGS": "ignore"}
    try:
        process.start([sys.executable, "-m", *command], environment, settings.ROOT)
        while process.find() is not None and not _ui_answers(port):
            time.sleep(0.5)
        if process.find() is None:
            raise StackError(f"Dagster did not start: see {process.log}.")
        _say(f"the Dagster UI is on http://localhost:{port}; its log is {process.log}; Ctrl-C stops everything")
        while process.find() is not None:
            time.sleep(1)
        raise StackError(f"Dagster ended by itself: see {process.log}.")
    finally:
        process.stop()


def _ui_answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/server_info", timeout=5).ok
    except requests.RequestException:
        return False


@click.group()
def sandbox() -> None:
    """Look after the local Coperniq stand-in."""


@sandbox.command()
@click.confirmation_option("--yes", prompt="This deletes every record of the sandbox. Go on?")
def reset() -> None:
    """Empty the Coperniq sandbox. The database goes on believing what it sent."""
    from sandbox.coperniq.database import reset as empty

    store = Stack().store
    if store.exists():
        empty(store)
    click.echo("the sandbox is empty; the database still has its records as sent: delete .mep/ to start both afresh")


def _set_up(connection: Connection[Any]) -> list[str]:
    """Migrate the database and register the sample contractors; return their slugs."""
    applied = migrations.up(connection, settings.MIGRATIONS)
    _say(f"{len(applied)} migrations applied" if applied else "the schema is up to date")
    known = json.loads((SAMPLES / "contractors.json").read_text())
    for one in known:
        contractors.add(
            connection, one["slug"], one["contractor_name"], one["contractor_email"], one["trades"], one["preset_used"]
        )
    return [one["slug"] for one in known]


def _say(line: str) -> None:
    click.echo(f"· {line}")


def _end_cleanly() -> None:
    """Let a closed terminal and a polite kill end this process as Ctrl-C does: what it started is stopped."""

    def stop(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    # SIGINT too: a shell starts background commands with it ignored, and Python keeps that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
