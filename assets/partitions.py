"""The partition that imports and sending share: one contractor. Never a file or a row: those grow without end."""

import dagster as dg

PARTITION_TAG = "dagster/partition"
"""The tag in which Dagster writes the partition of a run."""

CONTRACTORS = dg.DynamicPartitionsDefinition(name="contractor")


def contractor_of(run: dg.DagsterRun) -> str | None:
    """Return the slug of the contractor whose partition a run is of; None for a run of none."""
    return run.tags.get(PARTITION_TAG)
