"""What commands share: the database, once its migrations are known to be current, and who runs a command.

What belongs here: what several modules of commands need. What does not: a command, and what runs say (`terminal`).
"""

from __future__ import annotations

import contextlib
import getpass
from typing import TYPE_CHECKING, Any

from orchestration import settings

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg import Connection


@contextlib.contextmanager
def migrated_database() -> Generator[Connection[Any], None, None]:
    """Connect to the product's database; refuse one whose migrations are not current."""
    from assets.database import Database
    from orchestration import migrations

    with Database(settings.database_url()).connect() as conn:
        migrations.require_current(conn, settings.MIGRATIONS)
        yield conn


def operator(command: str) -> str:
    """Name who runs a command, for whatever says who did something."""
    try:
        return f"mep {command} ({getpass.getuser()})"
    except (OSError, KeyError):
        return f"mep {command}"
