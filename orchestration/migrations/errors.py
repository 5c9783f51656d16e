"""What stops a migration run. What belongs here: one type for each reason, and no logic.

Each message is one line: the file (and line), what is wrong, what to do.
"""

from assets.errors import PipelineError


class MigrationError(PipelineError):
    """Stand for every reason below, so that a caller can catch them together."""


class MalformedMigrationError(MigrationError):
    """Name a file that cannot be a migration: its name, its encoding, or its SQL as text."""


class MissingDownSectionError(MigrationError):
    """Name a file that could be applied and never rolled back."""


class DuplicateNumberError(MigrationError):
    """Name two files of one number."""


class MigrationGapError(MigrationError):
    """Name what is missing between the first migration and the last, in the folder or in the database."""


class ChangedMigrationError(MigrationError):
    """Name a file that no longer says what was applied."""


class MigrationLockedError(MigrationError):
    """Say that another run is at work on this database."""


class MigrationFailedError(MigrationError):
    """Give PostgreSQL's message and the line of the statement that it refused."""


class UnknownOptionError(MigrationError):
    """Name an option that no optional migration has, and those that there are."""


class NotCurrentError(MigrationError):
    """Name a migration of the folder that the database has not, or has otherwise."""
