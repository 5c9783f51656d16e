"""Where the steps of a run are executed: in the run's own process, or by workers on several machines.

What belongs here: the choice. What does not: how workers are reached (`workers`), and where runs are started, which is
the instance's affair (`dagster.yaml`).
"""

from __future__ import annotations

import dagster as dg

from assets.errors import SettingsError
from orchestration import stack_settings


def chosen() -> dg.ExecutorDefinition:
    """Return the executor that the settings choose, for every job.

    Raises:
        SettingsError: When they choose one that is not installed.
    """
    if stack_settings.executor() == "in_process":
        # A step of its own process costs seconds of start-up; runs scale by contractors.
        return dg.in_process_executor
    try:
        # An extra: who runs on one machine needs neither Celery nor Redis.
        from orchestration.workers import celery_executor
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"MEP_EXECUTOR is celery, but {error.name} is not installed: install mep-pipeline[celery]."
        ) from None
    return celery_executor
