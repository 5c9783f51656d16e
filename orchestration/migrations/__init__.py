"""Bring a database to the schema in `migrations/`, back from it, and say how far it is.

What belongs here: reading migration files, applying them, rolling them back, the ledger of those applied.
What does not: the SQL itself (`migrations/`), where the database is (settings) and how a result is shown (the
command line).
"""

from orchestration.migrations.errors import (
    ChangedMigrationError,
    DuplicateNumberError,
    MalformedMigrationError,
    MigrationError,
    MigrationFailedError,
    MigrationGapError,
    MigrationLockedError,
    MissingDownSectionError,
    NotCurrentError,
    UnknownOptionError,
)
from orchestration.migrations.runner import Applied, State, down, require_current, status, up

__all__ = [
    "Applied",
    "ChangedMigrationError",
    "DuplicateNumberError",
    "MalformedMigrationError",
    "MigrationError",
    "MigrationFailedError",
    "MigrationGapError",
    "MigrationLockedError",
    "MissingDownSectionError",
    "NotCurrentError",
    "State",
    "UnknownOptionError",
    "down",
    "require_current",
    "status",
    "up",
]
