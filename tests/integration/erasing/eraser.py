"""An erasure of its own process, which kills itself at a place: `python -m tests.integration.erasing.eraser JSON`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from assets.database import Database
from assets.erasing import erasing, store, values
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.coperniq.world import World
    from tests.integration.erasing.person import Person

PLACES: dict[str, tuple[Any, str, bool]] = {
    "nothing is found yet": (values, "find", False),
    "everything is found": (values, "find", True),
    "everything is erased, and nothing committed": (values, "erase", True),
    "it is committed": (store, "incomplete", False),
    "folders are to be cleared": (erasing, "_clear", False),
    "a folder is cleared": (erasing, "_clear", True),
    "the outbox is to be written": (erasing, "hand_back", False),
    "the outbox is written": (store, "complete", False),
}
"""Where it dies, and whether before or after that is called."""
COMMITTED = list(PLACES)[3:]


def killed(world: World, person: Person, outbox: Path, place: str) -> None:
    """Erase a person, and be killed at a place."""
    given = {
        "database": world.database.url, "contractor": str(world.contractor), "email": person.email,
        "outbox": str(outbox), "place": place,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.erasing.eraser", json.dumps(given)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    # A lease falls by itself, ten seconds later.
    world.conn.execute(
        "UPDATE contractor_leases SET expires_at = now() WHERE contractor_config_id = %s", [world.contractor]
    )


def main() -> None:
    given = json.loads(sys.argv[1])
    module, name, after = PLACES[given["place"]]
    call: Callable[..., Any] = getattr(module, name)

    def die(*arguments: Any, **options: Any) -> None:
        if after:
            call(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, die)
    database = Database(given["database"])
    with database.connect() as conn:
        of = erasing.address(conn, given["email"])
        (whose,) = [one for one in store.contractors(conn, of.email) if one.id == UUID(given["contractor"])]
    erasing.erase(database, of, whose, Path(given["outbox"]), "eraser")


if __name__ == "__main__":
    main()
