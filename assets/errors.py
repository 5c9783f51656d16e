"""The errors that a person reads: one line that says what happened, where, and what to do.

Every error that the pipeline raises on purpose derives from `PipelineError`; the command line prints it as it is
and Dagster shows it as the step's failure. Faults of rows are data, not errors, and do not belong here.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class PipelineError(Exception):
    """Say in one line what happened, where, and what to do. Never holds a secret or a row's values."""


class SettingsError(PipelineError):
    """Name a setting that is missing or malformed."""


def place(error: BaseException) -> str:
    """Name an error that nobody foresaw by its class and where it was raised; its own words may hold a row's values."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"
        if frames
        else (type(error).__name__)
    )
