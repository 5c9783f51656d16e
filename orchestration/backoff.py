"""When a contractor's next run may be started: not while one is at work, and later and later while they fail.

What belongs here: that rule, and Dagster's history of runs as far as it tells. What does not: which contractor has
something to do, which whoever starts runs finds out (`schedules`, `sensors`, `reaping`). A run that a person starts
waits for nothing of it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets.partitions import CONTRACTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PARTITION = "dagster/partition"
"""The tag of a run that names its contractor."""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip
CANCELLED = timedelta(hours=1)
"""So long a contractor rests whose run somebody ended, which otherwise would begin again within seconds."""
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)
MOST_AT_ONCE = 200


def startable(instance: dg.DagsterInstance, slugs: Iterable[str], at: datetime) -> list[str]:
    """Return those contractors for whom a run may be started at a time, by name.

    Where they are many they are a bounded number, other ones at every call, so that each has its turn.

    Args:
        instance: Dagster's.
        slugs: Contractors for whom there is something to do.
        at: The time, with its zone.
    """
    known = set(instance.get_dynamic_partitions(CONTRACTORS.name or ""))
    wanted = {*slugs} & known
    if not wanted:
        return []
    free = sorted(wanted - under_way(instance) - resting(instance, at).keys())
    return sorted(random.sample(free, MOST_AT_ONCE)) if len(free) > MOST_AT_ONCE else free


def under_way(instance: dg.DagsterInstance) -> set[str]:
    """Name the contractors for whom a run waits in the queue or is at work."""
    return {run.partition for run in instance.get_run_partition_data(dg.RunsFilter(statuses=UNFINISHED))}


def resting(instance: dg.DagsterInstance, at: datetime) -> dict[str, datetime]:
    """Say until when the contractors rest whose last run failed or was cancelled, of those who still do at a time.

    Two questions to Dagster's storage, however many contractors there are; the second only where runs failed.

    Args:
        instance: Dagster's.
        at: The time, with its zone.
    """
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    last = instance.get_run_partition_data(dg.RunsFilter(statuses=ended, updated_after=at - LONGEST))
    until = {
        run.partition: datetime.fromtimestamp(run.end_time, UTC) + CANCELLED
        for run in last
        if run.status is dg.DagsterRunStatus.CANCELED and run.end_time is not None
    }
    failing = [run.partition for run in last if run.status is dg.DagsterRunStatus.FAILURE]
    if failing:
        until |= {slug: rests_until(times) for slug, times in _failures(instance, failing, at).items() if times}
    return {slug: moment for slug, moment in until.items() if moment > at}


def _failures(instance: dg.DagsterInstance, slugs: Sequence[str], at: datetime) -> dict[str, list[datetime]]:
    """Return when the runs of contractors failed since one of theirs succeeded."""
    failing = {slug: list[datetime]() for slug in slugs}
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    # What lies before no longer tells: whoever has failed for so long rests the longest.
    history = dg.RunsFilter(statuses=ended, tags={PARTITION: list(failing)}, updated_after=at - 3 * LONGEST)
    succeeded: set[str] = set()
    for record in instance.get_run_records(history):  # the newest first
        slug, ended_at = record.dagster_run.tags[PARTITION], record.end_time
        if record.dagster_run.status is dg.DagsterRunStatus.SUCCESS:
            succeeded.add(slug)
        elif slug not in succeeded and ended_at is not None:
            failing[slug].append(datetime.fromtimestamp(ended_at, UTC))
    return failing


def rests_until(failures: Iterable[datetime]) -> datetime:
    """Return until when a contractor rests, from the times at which its runs failed since one succeeded.

    As long as they have failed already, so that the pauses double: between a minute and four hours.
    """
    times = sorted(failures)
    return times[-1] + min(max(times[-1] - times[0], SHORTEST), LONGEST)
