"""Steps on workers of several machines, through dagster-celery: how runs and workers find each other through Redis.

What belongs here: the Celery application that both sides share, handing a step over, and noticing that its worker is
gone. What does not: what steps do, and which runs begin at all.

dagster-celery's own executor waits for ever for a worker that died. This one hands out the same tasks and watches who
took them: a step whose worker no longer answers fails, its run with it, and the instance's run retries begin another
run, which finds in PostgreSQL what is left to do. The lease on the contractor keeps a worker that was only cut off, and
comes back, from writing or sending anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from celery import Celery, states
from dagster._core.events import DagsterEvent, EngineEventData
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.step_delegating import (
    CheckStepHealthResult,
    StepDelegatingExecutor,
    StepHandler,
    StepHandlerContext,
)
from dagster._serdes import pack_value
from dagster_celery.core_execution_loop import DELEGATE_MARKER as WAIT_MARKER
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from orchestration import stack_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dagster._core.execution.context.system import StepOrchestrationContext

POLL_SECONDS = 0.25
"""How often a run looks whether a step has ended, and so what a step costs at most beside its work."""
WATCH_SECONDS = 5
"""How often a run asks whether the workers of its steps are alive."""
ANSWER_SECONDS = 3.0
LOST_SECONDS = 20.0
"""A worker that has not answered for so long is gone: longer than a lease, so that the next run need not wait."""
FETCHED_SECONDS = 60
"""What a worker took and did not begin, because it died in that moment, is handed out again after so long."""
OPTIONS = {
    # A connection that the network cut off is found out and made anew, not waited for.
    "redis_backend_health_check_interval": 5,
    "redis_retry_on_timeout": True,
    "redis_socket_connect_timeout": 5,
    "redis_socket_timeout": 10,
    "result_backend_always_retry": True,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {"visibility_timeout": FETCHED_SECONDS, "unacked_restore_throttle": 1},
    # Longer than a run may take (`dagster.yaml`): while it is there, a run knows who has its step.
    "result_expires": 86_400,
    "task_track_started": True,
    # A worker takes what it can begin at once, and leaves the rest to others.
    "worker_disable_prefetch": True,
}


def celery_app() -> Celery:
    """Return the application that runs and workers share; its URL comes from the settings, never from a run.

    Raises:
        SettingsError: When the broker's URL is missing or malformed.
    """
    url = stack_settings.celery_broker()
    app = make_app({"broker": url, "backend": url})
    app.conf.update(OPTIONS)
    return app


@dg.executor(name="celery", config_schema={}, requirements=dg.multiple_process_executor_requirements())
def celery_executor(_: dg.InitExecutorContext) -> dg.Executor:
    """Execute each step of a run on whichever worker is free."""
    return StepDelegatingExecutor(
        Workers(celery_app()),
        retries=RetryMode(RetryMode.ENABLED),
        sleep_seconds=POLL_SECONDS,
        check_step_health_interval_seconds=WATCH_SECONDS,
    )


@dataclass
class Workers(StepHandler):
    """The workers of all machines, as one run sees them.

    Args:
        app: As `celery_app` makes it.
        clock: Seconds that never go back.
    """

    app: Celery
    clock: Callable[[], float] = time.monotonic
    _handed: dict[str, Any] = field(default_factory=dict[str, Any], init=False)
    _heard: dict[str, float] = field(default_factory=dict[str, float], init=False)

    @property
    def name(self) -> str:
        """Name who executes the steps, for the event log."""
        return "Celery"

    def launch_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        """Hand a step to the workers; the one that takes it says so in the event log."""
        step = _step(step_handler_context)
        context = cast("StepOrchestrationContext", step_handler_context.get_step_context(step))
        task: Any = create_task(self.app)
        signature = task.si(
            execute_step_args_packed=pack_value(step_handler_context.execute_step_args),
            executable_dict=context.reconstructable_job.to_dict(),
        )
        self._handed[step] = signature.apply_async()
        self._heard.pop(step, None)
        yield DagsterEvent.engine_event(context, "Handed to the workers.", EngineEventData(marker_start=WAIT_MARKER))

    def check_step_health(self, step_handler_context: StepHandlerContext) -> CheckStepHealthResult:
        """Say whether a step waits for a worker, or is with one that is alive."""
        step = _step(step_handler_context)
        handed = self._handed[step]
        known = handed.backend.get_task_meta(handed.id)
        if known["status"] == states.FAILURE:
            return CheckStepHealthResult.unhealthy(f"its worker's process ended ({type(known['result']).__name__}).")
        # One that waits for a worker is well; of one that has ended, the event log says how.
        if known["status"] != states.STARTED:
            return CheckStepHealthResult.healthy()
        worker = known["result"]["hostname"]
        now = self.clock()
        if self._is_with(worker, handed.id):
            self._heard[step] = now
        if now - self._heard.setdefault(step, now) <= LOST_SECONDS:
            return CheckStepHealthResult.healthy()
        return CheckStepHealthResult.unhealthy(f"worker {worker} has not answered for {LOST_SECONDS:.0f} s.")

    def terminate_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        """Call a step back, or end it on the worker that has it: what is on its way to Coperniq is waited for there."""
        self._handed[_step(step_handler_context)].revoke(terminate=True)
        yield from ()

    def _is_with(self, worker: str, task: str) -> bool:
        """Ask a worker whether it has a task; one that was started anew under the same name does not."""
        asked: Any = self.app.control.inspect([worker], timeout=ANSWER_SECONDS)
        said: Any = asked.query_task(task)
        return bool(said and task in said.get(worker, ()))


def _step(context: StepHandlerContext) -> str:
    (step,) = context.step_tags
    return step
