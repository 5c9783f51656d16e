"""One run of the pipeline for one contractor, as a process that can be killed: `python -m tests.chaos.run JSON`.

It does what the Dagster assets do, without Dagster's start-up: registers the inbox, reads what is to be read, sends
each type under the contractor's lease. What it prints is for whoever looks into a failed round.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

from assets import catalogue, leased, leases
from assets.coperniq import pacing
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivery
from assets.coperniq.store import Scope
from assets.csv_imports import importing, registering, store
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.errors import PipelineError

TIMEOUTS = (1.0, 1.5)
LEASE_SECONDS = 2.0
SETTLE_SECONDS = 1.0
"""Longer than any fault keeps a request under way after its sender is gone."""
BATCH = 20
pacing.FIRST_PAUSE_SECONDS = 0.05


def main() -> None:
    given = json.loads(sys.argv[1])
    database, contractor, inbox = (
        Database(given["database"]),
        UUID(given["contractor"]),
        LocalInbox(Path(given["inbox"])),
    )
    client = CoperniqClient(given["url"], given["key"], given["company"], TIMEOUTS)
    client.batch = BATCH
    print("ready", flush=True)
    with database.connect() as conn:
        paths = sorted(inbox.root.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        with (
            leases.held(database, contractor, "chaos", LEASE_SECONDS) as lease,
            leased.connect(database, lease) as held,
        ):
            registering.register_files(held, contractor, inbox, paths, "chaos", retry=False)
            for found in store.unfinished(held, contractor):
                connect = partial(leased.connect, database, lease)
                importing.read_import(held, contractor, inbox, found, _say, connect)
        for record_type in catalogue.TYPES:
            with leases.held(database, contractor, "chaos", LEASE_SECONDS) as lease:
                scope = Scope(contractor, record_type)
                done = Delivery(conn, client, lease, scope, "chaos", _say, settle_seconds=SETTLE_SECONDS).run()
            _say(f"{record_type.name}: {dict(done.records)} {done.stopped or ''}")
    client.close()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
