"""The commands that make one machine enough: `mep demo`, `mep up`, `mep sandbox`.

What belongs here: the order of things in a demonstration, and what it prints. What does not: the product's own work,
which is called as any user calls it.
"""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import click

from assets.contractors import store as contractors
from assets.database import Database
from orchestration import migrations, settings
from sandbox.stack import Stack

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
                outcomes = {}
                for slug in slugs:
                    _say(f"importing {slug}")
                    outcomes[slug] = runs.import_contractor(opened, slug, [])
            for slug in slugs:
                click.echo()
                summary.print_run(connection, slug, outcomes[slug])
    click.echo(f"\nDone in {time.monotonic() - began:.0f} s. `make dev` shows the runs at http://localhost:{UI_PORT}.")


def _set_up(connection: Connection[Any]) -> list[str]:
    """Migrate the database and register the sample contractors; return their slugs."""
    applied = migrations.up(connection, settings.MIGRATIONS)
    _say(f"{len(applied)} migrations applied" if applied else "the schema is up to date")
    known = json.loads((SAMPLES / "contractors.json").read_text())
    for one in known:
        contractors.add(connection, one["slug"], one["contractor_name"], one["contractor_email"], one["trades"])
    return [one["slug"] for one in known]


def _say(line: str) -> None:
    click.echo(f"· {line}")


def _end_cleanly() -> None:
    """Let a closed terminal and a polite kill end this process as Ctrl-C does: what it started is stopped."""

    def stop(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
