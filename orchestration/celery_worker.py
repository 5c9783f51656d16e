"""What a worker loads: `celery --app orchestration.celery_worker worker`, which is how `mep serve worker` starts one.

Nothing else belongs here. The code of the steps is loaded by the worker's processes, each with its first step: polars
starts threads when it is imported, and a process that is forked then may wait for ever for a lock of one of them.
"""

from dagster_celery.tasks import create_task

from orchestration.workers import celery_app

app = celery_app()
# What a step returns is its events: they belong into the event log, and not into a worker's.
create_task(app, resultrepr_maxsize=1)
