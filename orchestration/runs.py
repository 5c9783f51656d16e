"""Running the product's jobs in this process, with Dagster's instance that the UI shows.

What belongs here: preparing the instance, launching, and what a finished run says of itself. What does not: what a job
does, and printing.
"""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import SQLAlchemyError

from assets.csv_imports.definitions import ImportFiles
from assets.database import Database, DatabaseUnreachable
from assets.errors import PipelineError
from assets.partitions import CONTRACTORS
from assets.progress import nobody
from orchestration import settings, stack_settings
from orchestration.definitions import ANALYTICS_JOB, IMPORT_JOB, TEMPLATES_JOB, build_defs

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from assets.csv_imports.inbox import Inbox
    from assets.progress import Tell


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What a run did with a file, as `registering.Registered` says it, or with forms; those that wait are `held`."""

    file: str
    import_id: str
    outcome: str
    note: str | None


def prepare_instance(url: str | None = None) -> None:
    """Make the schema and folders that Dagster's instance needs, and point this process at that instance.

    Args:
        url: The product's database; None where the settings name Dagster's own, or the product's.

    Raises:
        PipelineError: When Dagster's tables would end up in the schema of others.
    """
    os.environ.update(stack_settings.dagster_environment(url))
    (settings.STATE / "dagster").mkdir(parents=True, exist_ok=True)
    try:
        with Database(stack_settings.dagster_database_url(url)).connect() as connection:
            if _schema(connection) != stack_settings.DAGSTER_SCHEMA:
                with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {stack_settings.DAGSTER_SCHEMA}")
            apart = _schema(connection) == stack_settings.DAGSTER_SCHEMA
    except DatabaseUnreachable as error:
        if "startup parameter" not in str(error):
            raise
        apart = False
    if not apart:
        raise PipelineError(
            "Dagster has no schema of its own behind this pooler, or for this user: set DAGSTER_DATABASE_URL to the"
            " user that deploy/roles.sql makes for it (docs/deployment.md)."
        )


def _schema(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT current_schema()").fetchone()
    return row[0] if row else None


@contextlib.contextmanager
def instance(url: str) -> Generator[dg.DagsterInstance, None, None]:
    """Open Dagster's instance."""
    with _quiet(), _foreseen():
        prepare_instance(url)
        with dg.DagsterInstance.get() as opened:
            yield opened


def add_partitions(opened: dg.DagsterInstance, slugs: Sequence[str]) -> None:
    """Make contractors known to Dagster as partitions; those that are known stay."""
    opened.add_dynamic_partitions(CONTRACTORS.name or "", list(slugs))


@contextlib.contextmanager
def _quiet() -> Generator[None, None, None]:
    """Keep from the terminal what Dagster logs of each connection that it tries again: it gets the end, in one line."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.setLevel(level)


@contextlib.contextmanager
def _foreseen() -> Generator[None, None, None]:
    """Turn Dagster's own ways of saying that a run was interrupted or lost its storage into those of this product."""
    try:
        yield
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except (SQLAlchemyError, DagsterPostgresException):
        raise DatabaseUnreachable("PostgreSQL went away: run the same command again to go on.") from None


def import_contractor(
    opened: dg.DagsterInstance,
    slug: str,
    files: Sequence[Path],
    inbox: Inbox | None = None,
    watch: Tell = nobody,
    plan: str = "",
    *,
    only_go_on: bool = False,
) -> list[FileOutcome]:
    """Run the import job for one contractor, to its end.

    Args:
        opened: Dagster's instance.
        slug: The contractor's, which is its partition; it must be registered.
        files: The files to import; empty for its inbox folder.
        inbox: Another inbox than that of the settings.
        watch: Is told how far the work is.
        plan: The id of a sealed plan, whose files are imported instead.
        only_go_on: Whether no file is looked at, and what is registered is gone on with.

    Raises:
        PipelineError: What ended the run, as the step raised it.
    """
    add_partitions(opened, [slug])
    job = build_defs({"watch": watch, **({"inbox": inbox} if inbox else {})}).resolve_job_def(IMPORT_JOB)
    named = [str(file.absolute()) for file in files]
    wanted = ImportFiles(files=named, retry=bool(named), plan=plan, only_go_on=only_go_on)
    config: dict[str, Any] = {**wanted.of_run(), "loggers": {"console": {}}}
    result = job.execute_in_process(instance=opened, partition_key=slug, run_config=config)
    registered: list[Any] = []
    for node in ("csv_imports", "form_exports"):
        (materialization,) = result.asset_materializations_for_node(node)
        found: Any = materialization.metadata["registered"].value
        registered += found
    return [FileOutcome(file["file"], file["import"], file["outcome"], file["note"]) for file in registered]


@dataclass(frozen=True, slots=True)
class SyncedTemplates:
    """How many templates are new, changed, as they were and retired, and whether files were left out."""

    new: int
    changed: int
    unchanged: int
    retired: int
    faults: bool

    def __str__(self) -> str:
        """Say the numbers."""
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.retired} retired"


def sync_templates(opened: dg.DagsterInstance) -> SyncedTemplates:
    """Run the job that brings the YAML files of form templates into the database.

    Raises:
        PipelineError: What ended the run, as the step raised it.
    """
    job = build_defs().resolve_job_def(TEMPLATES_JOB)
    result = job.execute_in_process(instance=opened, run_config={"loggers": {"console": {}}})
    said: Any = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }["templates"]
    counts = [int(said[name].value) for name in ("new", "changed", "unchanged", "retired")]
    return SyncedTemplates(*counts, faults=not all(check.passed for check in result.get_asset_check_evaluations()))


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What rebuilding the analytics did: views made, data tests that passed, and the names of those that failed."""

    views: int
    passed: int
    failed: list[str]


def rebuild_analytics(opened: dg.DagsterInstance) -> Rebuilt:
    """Run dbt over the whole project: rebuild the views, test the data.

    Raises:
        PipelineError: When dbt itself failed; tests that found something are in the result.
    """
    job = build_defs().resolve_job_def(ANALYTICS_JOB)
    result = job.execute_in_process(instance=opened, run_config={"loggers": {"console": {}}}, raise_on_error=False)
    run = opened.get_run_by_id(result.run_id)
    if run is not None and run.status in (dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.CANCELING):
        raise KeyboardInterrupt
    checks = result.get_asset_check_evaluations()
    failed = sorted(check.check_name for check in checks if not check.passed)
    if not result.success and not failed:
        raise PipelineError("dbt failed: look at the run in the Dagster UI (`make dev`), or run `dbt build`.")
    return Rebuilt(len(result.get_asset_materialization_events()), len(checks) - len(failed), failed)
