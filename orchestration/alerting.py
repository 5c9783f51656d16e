"""The sensor that notices what somebody has to hear of, and tells it.

What belongs here: when it looks, how far it has come, and where links lead. What does not: what checks find, who raise
alerts of their own, what a failed run says (`failures`), and how an alert is kept and told (`assets.alerts`).
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
from psycopg import Connection

from assets import conservation, leases
from assets.alerts import ailing, store
from assets.alerts.causes import Alert, Cause
from assets.alerts.delivering import Places, deliver
from assets.alerts.webhook import Webhook
from assets.coperniq import health as sending
from assets.counting import counted
from assets.csv_imports import health as imports
from assets.database import Database
from assets.partitions import PARTITION_TAG
from orchestration import failures

EVERY_SECONDS = 30
LOOK_EVERY = timedelta(minutes=10)
"""How often the tables are asked for what lasts, which lasts for longer than that, and for what was not told."""
OVERLAP = timedelta(hours=1)
"""For how long what has finished is asked about again and again: what ends a transaction is seen when it is over."""
LONGEST_PAUSE = timedelta(hours=1)
"""Of what a webhook may ask for."""
FAILURES = 50
"""Runs that a tick looks at."""
FIRST_LOOK = timedelta(days=1)
"""How far back a sensor looks for failed runs that has no cursor yet."""


class Cursor(NamedTuple):
    """How far the sensor has come.

    Attributes:
        failure: The last failure that it saw.
        looked: When it asked the tables last.
        silent_until: Until when the webhook has asked for a pause, whatever the alert.
    """

    failure: int | None = None
    looked: str | None = None
    silent_until: str | None = None


def alerter() -> dg.SensorDefinition:
    """Make the sensor."""

    @dg.sensor(
        name="raise_alerts",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Raise alerts for runs that failed and for what lasts too long, and post what is not told yet.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        database: dg.ResourceParam[Database],
        alert_webhook: dg.ResourceParam[Webhook | None],
        ui_url: dg.ResourceParam[str],
        outbox_folder: dg.ResourceParam[Path],
    ) -> dg.SkipReason:
        cursor = Cursor(**json.loads(context.cursor)) if context.cursor else Cursor()
        now = datetime.now(UTC)
        with database.connect() as conn:
            cursor = cursor._replace(failure=tell_of_failures(conn, context.instance, cursor.failure, now))
            looked = datetime.fromisoformat(cursor.looked) if cursor.looked else now - FIRST_LOOK
            if looked <= now - LOOK_EVERY:
                tell_of_what_lasts(conn)
                tell_of_what_happened(conn, max(looked - OVERLAP, now - FIRST_LOOK))
                cursor = cursor._replace(looked=now.isoformat())
            context.update_cursor(json.dumps(cursor._asdict()))
            waiting = counted(store.count_unsent(conn), "alert")
            if alert_webhook is None:
                return dg.SkipReason(f"{waiting} to be told, but MEP_ALERT_WEBHOOK is not set: see `mep alerts`.")
            silent_until = datetime.fromisoformat(cursor.silent_until) if cursor.silent_until else now
            if silent_until > now:
                return dg.SkipReason(f"{waiting} to be told, after the pause that the webhook has asked for.")
            places = Places(ui_url, outbox_folder, lambda slug: _last_run(context.instance, slug))
            sent, refused = deliver(conn, alert_webhook, places)
            left = store.count_unsent(conn)
        if refused is not None:
            context.log.warning(f"{counted(left, 'alert')} to be told, but {refused.why}: they are tried again.")
            pause = min(timedelta(seconds=refused.pause), LONGEST_PAUSE)
            cursor = cursor._replace(silent_until=(datetime.now(UTC) + pause).isoformat())
            context.update_cursor(json.dumps(cursor._asdict()))
        return dg.SkipReason(f"{counted(sent, 'alert')} told, {left:,} to be told.")

    return evaluate


def tell_of_failures(
    conn: Connection[Any], instance: dg.DagsterInstance, after: int | None, now: datetime
) -> int | None:
    """Raise alerts for the runs that failed after the event of that number; return that of the last one looked at.

    What fails on the way is looked at again by the next tick: nothing is passed over.
    """
    records = instance.fetch_run_status_changes(
        dg.RunStatusChangeRecordsFilter(
            dg.DagsterEventType.RUN_FAILURE,
            after_storage_id=after,
            after_timestamp=(now - FIRST_LOOK).timestamp() if after is None else None,
        ),
        limit=FAILURES,
        ascending=True,
    ).records
    for record in records:
        run = instance.get_run_by_id(record.event_log_entry.run_id)
        alert = failures.alert(conn, instance, run, record.event_log_entry.get_dagster_event()) if run else None
        store.raise_alerts(conn, [alert] if alert else [])
    return records[-1].storage_id if records else after


def tell_of_what_happened(conn: Connection[Any], since: datetime) -> None:
    """Ask of all imports that finished since a time what a run's checks ask of its own: it may die before they do."""
    happened = {
        Cause.IMPORT_FAILED: imports.failed(conn, since=since),
        Cause.REJECTED_SHARE: imports.rejected(conn, since=since),
        Cause.CONSERVATION: conservation.not_adding_up(conn, since=since),
    }
    for cause, found in happened.items():
        store.raise_alerts(conn, ailing.alerts(cause, found))


def tell_of_what_lasts(conn: Connection[Any]) -> None:
    """Ask, over all contractors, what is stuck, refused, waits, differs or is used up; close what is over."""
    used_up = "Every request that the API key has for a day is made; one is free again at"
    lasting = {
        Cause.STUCK: ailing.alerts(Cause.STUCK, [*imports.stuck(conn), *sending.stuck(conn)]),
        Cause.FILE_REFUSED: ailing.alerts(Cause.FILE_REFUSED, imports.refused(conn)),
        Cause.WAITING: ailing.alerts(Cause.WAITING, sending.waiting(conn)),
        Cause.DRIFT: ailing.alerts(Cause.DRIFT, sending.drifted(conn)),
        Cause.QUOTA: [
            Alert(Cause.QUOTA, "api_key", key, f"{used_up} {leases.in_words(free)}.")
            for key, free in sending.used_up(conn)
        ],
    }
    for cause, alerts in lasting.items():
        store.keep_current(conn, cause, alerts)
    store.close_old(conn)


def _last_run(instance: dg.DagsterInstance, slug: str) -> str | None:
    runs = instance.get_runs(dg.RunsFilter(tags={PARTITION_TAG: slug}), limit=1)
    return runs[0].run_id if runs else None
