"""A rollback of its own process, to be killed: `python -m tests.integration.coperniq.undoer JSON`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from assets import leases
from assets.coperniq import rolling_back
from assets.coperniq.client import CoperniqClient
from assets.database import Database
from tests.integration.coperniq.worker import ROOT
from tests.integration.coperniq.world import ignore

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.coperniq.world import World


def start(world: World, database: str, import_id: UUID) -> subprocess.Popen[str]:
    """Start to roll an import back."""
    given = {
        "database": database, "url": world.url, "key": world.key, "company": world.company, "import": str(import_id),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.coperniq.undoer", json.dumps(given)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def main() -> None:
    given = json.loads(sys.argv[1])
    database = Database(given["database"])
    client = CoperniqClient(given["url"], given["key"], given["company"])
    with database.connect() as conn:
        of = rolling_back.find(conn, given["import"])
        with leases.held(database, of.contractor_id, "undoer", 1.0) as lease:
            rolling_back.Rollback(conn, client, lease, of, "undoer", ignore).run()


if __name__ == "__main__":
    main()
