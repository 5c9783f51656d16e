"""Which executor the settings choose, and what they say of a broker that cannot be used."""

from __future__ import annotations

import sys

import dagster as dg
import pytest

from assets.errors import SettingsError
from orchestration import executors, settings, stack_settings
from orchestration.definitions import IMPORT_JOB, SENDING_JOB, build_defs

BROKER = "redis://:p%40ss@redis.example.com:6379/0"


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values: dict[str, str] = {}
    monkeypatch.setattr(settings, "read", lambda **_: values)
    return values


def test_steps_stay_in_the_run_s_process_unless_told_otherwise() -> None:
    assert executors.chosen() is dg.in_process_executor


def test_what_is_done_for_contractors_goes_to_the_workers_where_celery_is_chosen(given: dict[str, str]) -> None:
    given["MEP_EXECUTOR"] = "celery"
    defs = build_defs()
    assert {defs.resolve_job_def(name).executor_def.name for name in (IMPORT_JOB, SENDING_JOB)} == {"celery"}


def test_what_a_run_is_configured_with_has_no_place_for_the_broker(given: dict[str, str]) -> None:
    given["MEP_EXECUTOR"] = "celery"
    assert dict(executors.chosen().config_schema.as_field().config_type.fields) == {}


def test_celery_that_is_not_installed_is_named(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    given["MEP_EXECUTOR"] = "celery"
    monkeypatch.delitem(sys.modules, "orchestration.workers", raising=False)
    monkeypatch.setitem(sys.modules, "celery", None)
    with pytest.raises(SettingsError, match=r"^MEP_EXECUTOR is celery, but celery is not installed: .*\[celery\]"):
        executors.chosen()


def test_an_executor_that_is_none_is_refused_without_its_value(given: dict[str, str]) -> None:
    given["MEP_EXECUTOR"] = "hunter2"
    with pytest.raises(SettingsError, match=r"^MEP_EXECUTOR is malformed: write in_process or celery\.$"):
        executors.chosen()


def test_a_good_broker_is_taken(given: dict[str, str]) -> None:
    given["MEP_CELERY_BROKER"] = BROKER
    assert stack_settings.celery_broker() == BROKER


@pytest.mark.parametrize(
    "value",
    [
        "amqp://:hunter2@host//", "redis://:hunter2@/0", "redis://:p@hunter2@host/0", "redis://:p/hunter2@host/0",
        "redis://host:hunter2/0", "redis://[hunter2", "redis://host/hunter2", "hunter2",
    ],
)  # fmt: skip
def test_a_malformed_broker_is_named_without_its_value(given: dict[str, str], value: str) -> None:
    given["MEP_CELERY_BROKER"] = value
    with pytest.raises(SettingsError, match="MEP_CELERY_BROKER") as raised:
        stack_settings.celery_broker()
    assert "hunter2" not in str(raised.value)


def test_a_missing_broker_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^MEP_CELERY_BROKER is not set"):
        stack_settings.celery_broker()
