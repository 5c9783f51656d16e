"""What starts runs because something has come, rather than because it is time: files in the inbox.

What belongs here: for whom a run is requested, and what is skipped, in words. What does not: which files are new and
stable (`assets.csv_imports.arrivals`), when a contractor may have its next run (`backoff`), and what a run does.
"""

import contextlib
import hashlib
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from psycopg import Connection

from assets import leases
from assets.alerts import store as alerts
from assets.alerts.causes import Alert, Cause, without_personal_data
from assets.counting import counted
from assets.csv_imports import arrivals
from assets.csv_imports.arrivals import Clock, Look
from assets.csv_imports.definitions import ImportFiles
from assets.csv_imports.inbox import Inbox, Listed, in_order
from assets.database import Database, DatabaseFailed, DatabaseUnreachable
from assets.errors import PipelineError
from assets.partitions import CONTRACTORS
from assets.text import printable
from orchestration import backoff

EVERY_SECONDS = 5
REQUESTS = arrivals.DUE
"""How many runs a tick requests."""
FILES = 500
"""How many files a run is given; the others are the next one's."""
ARRIVAL = "mep/arrival"
"""The tag of a run that was requested for files: a hash over what they are called and their versions."""
ATTEMPT = "mep/attempt"
"""The tag that says how many runs were requested for just these files, itself included."""
BEGINNING = "/"
"""The cursor names the folder behind which the next tick begins; Dagster would take an empty one for no change."""
SHOWN = 5
CONTRACTOR = CONTRACTORS.name or ""


def inbox_arrivals(job: UnresolvedAssetJobDefinition, clock: Clock | None = None) -> dg.SensorDefinition:
    """Make the sensor of the inbox: a run for each contractor with files that are new and stable.

    Args:
        job: Imports a contractor's files.
        clock: The time; the system's when left out.
    """
    time = clock or Clock()

    @dg.sensor(
        name="inbox_arrivals",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Import what has arrived in the inbox, once it is stable, for each contractor by itself.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        database: dg.ResourceParam[Database],
        inbox: dg.ResourceParam[Inbox],
        inbox_stable_seconds: dg.ResourceParam[int],
    ) -> dg.SensorResult:
        after = (context.cursor or BEGINNING).rstrip("/")
        with _told_if_unreadable(database), database.connect() as conn:
            found = arrivals.look_around(conn, inbox, after, timedelta(seconds=inbox_stable_seconds), time)
            _tell_of_unknown(conn, found, after)
            alerts.keep_current(conn, Cause.INBOX_UNREADABLE, [])
        under_way = backoff.under_way(context.instance) if found.due else set[str]()
        resting = backoff.resting(context.instance, time.now()) if found.due else {}
        free = sorted(found.due.keys() - under_way - resting.keys(), key=lambda slug: f"{slug}/")
        requests = list(_requests(context.instance, {slug: found.due[slug] for slug in free[:REQUESTS]}))
        known = set(context.instance.get_dynamic_partitions(CONTRACTOR)) if found.served else set[str]()
        new = [slug for slug in found.served if slug not in known]
        skipped = _skipped(found, under_way, resting)
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else skipped,
            dynamic_partitions_requests=[CONTRACTORS.build_add_request(new)] if new else [],
            # Whoever has to wait for the next tick must lie behind where that begins.
            cursor=f"{free[REQUESTS - 1] if len(free) > REQUESTS else found.through}/",
        )

    return evaluate


def _requests(instance: dg.DagsterInstance, due: Mapping[str, Sequence[Listed]]) -> Iterator[dg.RunRequest]:
    """Request a run for each contractor, with a key of content and attempt: what a failed run left is tried again.

    Attempts are not counted but follow the last one: runs before it may have been deleted.
    """
    files = {slug: in_order(listed)[:FILES] for slug, listed in due.items()}
    contents = {slug: _content(listed) for slug, listed in files.items()}
    runs = instance.get_runs(dg.RunsFilter(tags={ARRIVAL: list(contents.values())})) if contents else []
    attempts = dict.fromkeys(contents.values(), 0)
    for run in runs:
        said = run.tags.get(ATTEMPT, "")
        # Anyone may give a run any tag.
        attempt = int(said) if said.isascii() and said.isdecimal() else 1
        attempts[run.tags[ARRIVAL]] = max(attempts[run.tags[ARRIVAL]], attempt)
    for slug, content in contents.items():
        attempt = attempts[content] + 1
        yield dg.RunRequest(
            run_key=f"{slug} {content} {attempt}",
            partition_key=slug,
            run_config=ImportFiles(files=[file.source for file in files[slug]]).of_run(),
            tags={ARRIVAL: content, ATTEMPT: str(attempt)},
        )


def _content(files: Sequence[Listed]) -> str:
    said = json.dumps(sorted((file.source, file.version) for file in files))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@contextlib.contextmanager
def _told_if_unreadable(database: Database) -> Generator[None, None, None]:
    """Raise an alert where looking at the inbox fails, and let the tick fail with the same error."""
    try:
        yield
    except Exception as error:
        said = f"it met {type(error).__name__}, which nobody foresaw."
        if isinstance(error, PipelineError):
            said = without_personal_data(str(error))
        # Where it is PostgreSQL that does not answer, nobody can be told; the tick shows it.
        with contextlib.suppress(DatabaseUnreachable, DatabaseFailed), database.connect() as conn:
            alerts.raise_alerts(conn, [Alert(Cause.INBOX_UNREADABLE, "inbox", "inbox", said)])
        raise


def _tell_of_unknown(conn: Connection[Any], found: Look, after: str) -> None:
    """Raise an alert for each folder that is no contractor's; close those of folders that are gone or known by now.

    Of those alone that lie behind a folder, as far as was looked.
    """
    raised = [
        Alert(
            Cause.UNKNOWN_FOLDER, "folder", printable(name), f"The folder {printable(name)} of the inbox is no one's."
        )
        for name in found.unknown
    ]
    alerts.keep_current(conn, Cause.UNKNOWN_FOLDER, raised, after, found.through)


def _skipped(found: Look, under_way: set[str], resting: Mapping[str, datetime]) -> str:
    """Say what was looked at and why no run is requested for it."""
    waits = [slug for slug in found.due if slug in under_way]
    rests = [slug for slug in found.due if slug in resting and slug not in under_way]
    said = [
        (found.settling, "has files that may still be being written", "have files that may still be being written"),
        (waits, "has a run queued or at work", "have a run queued or at work"),
        (found.refused, "has refused files that will be tried again", "have refused files that will be tried again"),
        (found.inactive, "is inactive", "are inactive"),
        (found.unknown, "is no contractor's folder", "are no contractors' folders"),
        (found.unreadable, "is a folder that cannot be read", "are folders that cannot be read"),
    ]
    sentences = [f"{_named(names)} {one if len(names) == 1 else many}." for names, one, many in said if names]
    if rests:
        first = leases.in_words(min(resting[slug] for slug in rests))
        sentences.append(f"{_named(rests)} failed and will be tried again, the first at {first}.")
    nothing = f"Nothing new in {counted(len(found.served), 'folder')}."
    return " ".join(sentences if found.due or found.settling else [nothing, *sentences])


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN:,} more"
