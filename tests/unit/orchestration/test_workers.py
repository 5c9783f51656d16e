"""What a run makes of what it hears of the workers of its steps; Celery is real, with its queue in memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery

from orchestration import workers
from orchestration.workers import LOST_SECONDS, Workers

CONTEXT: Any = SimpleNamespace(step_tags={"send": {}})


class Watch(Workers):
    """Workers that were handed one step, and a clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.time = 0.0
        super().__init__(Celery(broker="memory://", backend="cache+memory://"), clock=lambda: self.time)
        self._handed["send"] = self.app.AsyncResult("the-task")

    def note(self, status: str, result: object) -> None:
        self.app.backend.store_result("the-task", result, status)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 0.01)
    return Watch()


def test_a_step_may_wait_for_a_worker_for_long(watch: Watch) -> None:
    for watch.time in (0.0, 10 * LOST_SECONDS):
        assert watch.check_step_health(CONTEXT).is_healthy


def test_a_worker_that_is_silent_for_too_long_is_gone(watch: Watch) -> None:
    watch.note("STARTED", {"hostname": "mep-1@host", "pid": 2})
    for watch.time in (100.0, 100.0 + LOST_SECONDS):
        assert watch.check_step_health(CONTEXT).is_healthy
    watch.time += 1.0
    found = watch.check_step_health(CONTEXT)
    assert (found.is_healthy, found.unhealthy_reason) == (False, "worker mep-1@host has not answered for 20 s.")


def test_a_worker_that_answers_in_between_is_not(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False, True, False])
    monkeypatch.setattr(Watch, "_is_with", lambda *_: next(answers))
    watch.note("STARTED", {"hostname": "mep-1@host", "pid": 2})
    for number in range(4):
        watch.time = number * (LOST_SECONDS - 1.0)
        assert watch.check_step_health(CONTEXT).is_healthy


def test_a_process_that_was_killed_is_told_by_its_worker(watch: Watch) -> None:
    watch.note("FAILURE", RuntimeError("person@example.com"))
    found = watch.check_step_health(CONTEXT)
    assert (found.is_healthy, found.unhealthy_reason) == (False, "its worker's process ended (RuntimeError).")


def test_how_a_step_ended_is_said_by_the_event_log(watch: Watch) -> None:
    watch.note("SUCCESS", [])
    assert watch.check_step_health(CONTEXT).is_healthy
