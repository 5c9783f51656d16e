"""Dagster's instance with a history of runs, and a contractor with a real database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent
from dagster._core.test_utils import create_run_for_test

from assets.partitions import CONTRACTORS
from orchestration.backoff import PARTITION
from tests.integration.csv_imports.conftest import connection, office

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["connection", "office"]


@dataclass(frozen=True)
class History:
    """Runs of contractors, as Dagster remembers them."""

    instance: dg.DagsterInstance

    def knows(self, *slugs: str) -> None:
        """Make contractors known to Dagster."""
        self.instance.add_dynamic_partitions(CONTRACTORS.name or "", list(slugs))

    def started(self, slug: str, run_id: str | None = None) -> dg.DagsterRun:
        """Add a run that has started and not ended."""
        return self._run(slug, dg.DagsterRunStatus.STARTED, run_id)

    def waiting(self, slug: str) -> dg.DagsterRun:
        """Add a run that has not started yet."""
        return self._run(slug, dg.DagsterRunStatus.NOT_STARTED)

    def ended(self, slug: str, how: str, at: datetime) -> None:
        """Add a run that ended: as `SUCCESS`, `FAILURE` or `CANCELED`."""
        run = self._run(slug, dg.DagsterRunStatus.STARTED)
        event = DagsterEvent(event_type_value=f"PIPELINE_{how}", job_name=run.job_name)
        self.instance.run_storage.handle_run_event(run.run_id, event, at)

    def status(self, run: dg.DagsterRun) -> str:
        """Say what Dagster thinks of a run now."""
        found = self.instance.get_run_by_id(run.run_id)
        assert found is not None
        return found.status.value

    def _run(self, slug: str, status: dg.DagsterRunStatus, run_id: str | None = None) -> dg.DagsterRun:
        return create_run_for_test(self.instance, run_id=run_id, status=status, tags={PARTITION: slug})


@pytest.fixture
def history() -> Iterator[History]:
    """Give an instance of Dagster without a run."""
    with dg.instance_for_test() as instance:
        yield History(instance)


@pytest.fixture
def now() -> datetime:
    """Give the time, in whole seconds: Dagster keeps times as floating-point numbers."""
    return datetime.now(UTC).replace(microsecond=0)
