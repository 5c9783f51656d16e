"""A run of its own process, to be killed or to race with another: `python -m tests.integration.coperniq.worker JSON`.

It does what the Dagster assets do for one contractor: each type in turn, under the contractor's lock.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from assets import catalogue
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivery
from assets.coperniq.store import Scope
from assets.database import Database

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

ROOT = Path(__file__).resolve().parents[3]


def start(world: World, database: str, **settings: object) -> subprocess.Popen[str]:
    """Start a run for a contractor; it prints `ready` when it is about to begin."""
    given = {
        "database": database, "url": world.url, "key": world.key, "company": world.company,
        "contractor": str(world.contractor), "settle": 0.3, "types": [t.name for t in catalogue.TYPES], **settings,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.coperniq.worker", json.dumps(given)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def main() -> None:
    given = json.loads(sys.argv[1])
    database, contractor = Database(given["database"]), UUID(given["contractor"])
    client = CoperniqClient(given["url"], given["key"], given["company"])
    print("ready", flush=True)
    with database.connect() as conn:
        for name in given["types"]:
            with database.contractor_lock(contractor):
                scope = Scope(contractor, catalogue.BY_NAME[name])
                done = Delivery(conn, client, scope, "worker", lambda _: None, settle_seconds=given["settle"]).run()
            print(name, json.dumps(done.records), flush=True)
    client.close()


if __name__ == "__main__":
    main()
