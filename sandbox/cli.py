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
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import requests

from assets.contractors import store as contractors
from assets.counting import counted
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from orchestration import migrations, settings, stack_settings
from orchestration.console import confirm, json_option, print_json, yes_option
from sandbox import forms
from sandbox.postgres import port_is_free
from sandbox.processes import Background
from sandbox.stack import Stack, StackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from psycopg import Connection

SAMPLES = settings.ROOT / "samples"
UI_PORT = 3000


@click.command()
@json_option
def demo(*, as_json: bool) -> None:
    """Run the main job on samples/: files in, rows judged, records sent, views rebuilt; then print what happened.

    Starts an embedded PostgreSQL and a Coperniq stand-in in .mep/ and stops them at the end. With DATABASE_URL and
    COPERNIQ_API_URL set, the same job runs against those. Running it again is safe. Ends with 0 when the run got
    through, whatever it found in the samples, with 1 when the run or a data test of dbt failed.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID.

    \b
    mep demo
    mep demo --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    _end_cleanly()
    say = partial(_say, err=as_json)
    began = time.monotonic()
    with Stack(say=say).running("demo"):
        given = settings.load()
        say("the database and Coperniq answer")
        # Dagster takes seconds to import: only once there is something for it to do.
        from orchestration import runs, screen, summary

        with Database(given.database_url).connect() as connection:
            slugs = _set_up(connection, say)
            with runs.instance(given.database_url) as opened:
                say("syncing the templates of forms")
                templates = runs.sync_templates(opened)
                filled = forms.fill(connection, SAMPLES / "forms.json")
                say(f"{counted(filled, 'form')} filled" if filled else "the forms are filled already")
                outcomes = {}
                for slug in slugs:
                    say(f"importing {slug}")
                    inbox = LocalInbox(SAMPLES / "inbox")
                    with screen.progress() as watch:
                        outcomes[slug] = runs.import_contractor(opened, slug, [], inbox, watch)
                say("rebuilding and testing the views with dbt")
                rebuilt = runs.rebuild_analytics(opened)
            imported = [
                summary.of_run(connection, slug, contractors.get(connection, slug).id, outcomes[slug]) for slug in slugs
            ]
    seconds = time.monotonic() - began
    if as_json:
        documents = [run.document() for run in imported]
        print_json(
            {
                "seconds": round(seconds),
                "contractors": documents,
                "templates": asdict(templates),
                "dbt": asdict(rebuilt),
            }
        )
    else:
        for run in imported:
            click.echo()
            summary.print_run(run)
        click.echo(f"\nTemplates: {templates}")
        summary.print_analytics(rebuilt)
        click.echo(f"\nDone in {seconds:.0f} s. To look at the runs, the assets and their checks: `make dev`,")
        click.echo(f"then http://localhost:{UI_PORT}.")
    if rebuilt.failed:
        click.echo(
            "mep: data tests of dbt failed: they are named above; the asset checks in the UI say more.", err=True
        )
        sys.exit(1)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=UI_PORT, help="Of the Dagster UI.")
@json_option
def up(port: int, *, as_json: bool) -> None:
    """Run the stack until Ctrl-C, with the Dagster UI on http://localhost:3000.

    Without DATABASE_URL and COPERNIQ_API_URL that is an embedded PostgreSQL and a Coperniq stand-in, with the sample
    contractors registered and their files copied into inbox/; other `mep` commands find them while this runs
    (docs/running.md). With --json, a document says so once the UI answers, and another one how it ended.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, MEP_INBOX.

    \b
    mep up
    mep up --port 3001
    """  # noqa: D301
    _end_cleanly()
    say = partial(_say, err=as_json)
    stack = Stack(say=say)
    with stack.running("up"):
        given = settings.load()
        from orchestration import runs

        with Database(given.database_url).connect() as connection:
            if stack.is_local:
                for slug in _set_up(connection, say):
                    if isinstance(given.inbox, Path) and not (given.inbox / slug).exists():
                        shutil.copytree(SAMPLES / "inbox" / slug, given.inbox / slug)
            migrations.require_current(connection, settings.MIGRATIONS)
            with runs.instance(given.database_url) as opened:
                runs.add_partitions(opened, [one.slug for one in contractors.every(connection)])

        def ready(log: Path) -> None:
            address = f"http://localhost:{port}"
            say(f"the Dagster UI is on {address}; its log is {log}; Ctrl-C stops everything")
            if as_json:
                print_json({"ui": address, "log": log})

        _serve(stack, given.database_url, port, ready)


def _serve(stack: Stack, url: str, port: int, ready: Callable[[Path], None]) -> None:
    """Run Dagster's UI, daemon and code server until this process is told to stop; `ready` is told their log."""
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
        ready(process.log)
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
@yes_option
@json_option
def reset(*, yes: bool, as_json: bool) -> None:
    """Empty the Coperniq sandbox. The database goes on believing what it sent.

    Settings: none, it is the sandbox in .mep/.

    \b
    mep sandbox reset
    mep sandbox reset --yes
    """  # noqa: D301
    from sandbox.coperniq.database import reset as empty

    confirm("This deletes every record of the sandbox. Go on?", yes=yes, as_json=as_json)
    store = Stack().store
    if was_there := store.exists():
        empty(store)
    if as_json:
        print_json({"emptied": was_there})
    else:
        click.echo(
            "the sandbox is empty; the database still has its records as sent: delete .mep/ to start both afresh"
        )


def _set_up(connection: Connection[Any], say: Callable[[str], None]) -> list[str]:
    """Migrate the database and register the sample contractors; return their slugs."""
    applied = migrations.up(connection, settings.MIGRATIONS)
    say(f"{len(applied)} migrations applied" if applied else "the schema is up to date")
    known = json.loads((SAMPLES / "contractors.json").read_text())
    for one in known:
        contractors.add(
            connection, one["slug"], one["contractor_name"], one["contractor_email"], one["trades"], one["preset_used"]
        )
    return [one["slug"] for one in known]


def _say(line: str, *, err: bool = False) -> None:
    click.echo(f"· {line}", err=err)


def _end_cleanly() -> None:
    """Let a closed terminal and a polite kill end this process as Ctrl-C does: what it started is stopped."""

    def stop(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    # SIGINT too: a shell starts background commands with it ignored, and Python keeps that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
