"""The errors that a person reads: one line that says what happened, where, and what to do.

Every error that the pipeline raises on purpose derives from `PipelineError`; the command line prints it as it is
and Dagster shows it as the step's failure. Faults of rows are data, not errors, and do not belong here.
"""


class PipelineError(Exception):
    """Say in one line what happened, where, and what to do. Never holds a secret or a row's values."""


class SettingsError(PipelineError):
    """Name a setting that is missing or malformed."""
