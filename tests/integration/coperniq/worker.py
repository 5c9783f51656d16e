"""A run of its own process, to be killed or to race with another: `python -m tests.integration.coperniq.worker JSON`.

It does what the Dagster assets do for one contractor: each type in turn, under the contractor's lease.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from assets import catalogue, leases
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivery
from assets.coperniq.limits import KeyLimits, Unlimited
from assets.coperniq.rest.client import Configured, RestClient
from assets.coperniq.store import Scope
from assets.database import Database
from tests.integration.coperniq.world import before_writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assets.coperniq.limits import Limits
    from tests.integration.coperniq.world import World

ROOT = Path(__file__).resolve().parents[3]


def start(world: World, database: str, **settings: object) -> subprocess.Popen[str]:
    """Start a run for a contractor; it prints `ready` when it is about to begin.

    Args:
        world: Whose run it is.
        database: The URL of the product's database.
        settings: `settle` and `lease` in seconds; `types`; where it is to `stop`; `limits` as requests in a second and
            in a day; `rest` as the template and the item that REST makes records from, else GraphQL is spoken.
    """
    given = {
        "database": database, "url": world.url, "key": world.key, "company": world.company,
        "contractor": str(world.contractor), "settle": 0.3, "lease": 1.0, "stop": None,
        "limits": (0, 0), "rest": None, "types": [t.name for t in catalogue.TYPES], **settings,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.coperniq.worker", json.dumps(given)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def stop() -> None:
    """Stop this process, as SIGSTOP does, until somebody lets it go on."""
    os.kill(os.getpid(), signal.SIGSTOP)
    # Of several threads, this one may not be the first to stop.
    time.sleep(0.1)


def stop_before(delivery: Delivery) -> None:
    """Stop this process when the first replies have come and are about to be written."""
    first = iter([stop])
    before_writing(delivery, lambda _: next(first, lambda: None)())


class Stopping(Unlimited):
    """No limits, but the process stops before its first request: its intent is committed."""

    stopped = False

    def take(self) -> datetime | None:
        if not self.stopped:
            self.stopped = True
            stop()
        return None


def main() -> None:
    given = json.loads(sys.argv[1])
    database, contractor = Database(given["database"]), UUID(given["contractor"])
    limits = Stopping() if given["stop"] == "request" else KeyLimits(database, given["key"], *given["limits"])
    client = _client(given, limits)
    print("ready", flush=True)
    with database.connect() as conn:
        for name in given["types"]:
            with leases.held(database, contractor, "worker", given["lease"]) as lease:
                scope = Scope(contractor, catalogue.BY_NAME[name])
                delivery = Delivery(
                    conn, client, lease, scope, "worker", lambda _: None, settle_seconds=given["settle"]
                )
                if given["stop"] == "write":
                    stop_before(delivery)
                done = delivery.run()
            print(name, json.dumps(done.records), done.stopped or "", flush=True)
    client.close()


def _client(given: Mapping[str, Any], limits: Limits) -> CoperniqClient | RestClient:
    company = given["url"], given["key"], given["company"]
    if given["rest"] is None:
        return CoperniqClient(*company, limits=limits)
    return RestClient(*company, Configured(*given["rest"]), limits=limits)


if __name__ == "__main__":
    main()
