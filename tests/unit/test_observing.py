"""A long piece of work is seen in Dagster: a line and an observation now and then, with nothing of the data in them."""

import time
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from assets import observing
from assets.progress import Progress, Tell

SECONDS = 0.1
PARTITION = "acme"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "SECONDS", SECONDS)


def observed(work: Callable[[Tell], None], watch: Tell = lambda _: None) -> tuple[list[Any], list[str]]:
    """Make an asset by some work; return the observations and the lines of the log."""

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition([PARTITION]))
    def rows(context: dg.AssetExecutionContext) -> None:
        with observing.observed(context, context.asset_key, watch) as tell:
            work(tell)

    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([rows], instance=instance, partition_key=PARTITION)
        records = instance.get_records_for_run(run.run_id).records
    entries = [record.event_log_entry for record in records]
    seen = [one.dagster_event for one in entries if one.is_dagster_event]
    observations = [
        one.asset_observation_data.asset_observation for one in seen if one.event_type_value == "ASSET_OBSERVATION"
    ]
    return observations, [one.user_message for one in entries if not one.is_dagster_event]


def test_work_that_tells_often_is_observed_now_and_then() -> None:
    watched: list[Progress] = []

    def work(tell: Tell) -> None:
        began = time.monotonic()
        for done in range(1, 101):
            tell(Progress("Contact.csv", "read", done, began, 100))
            time.sleep(SECONDS / 20)

    observations, lines = observed(work, watched.append)
    assert len(watched) == 100
    assert 3 <= len(observations) <= 12
    assert len(lines) == len(observations)
    assert {one.partition for one in observations} == {PARTITION}
    last = {name: value.value for name, value in observations[-1].metadata.items()}
    assert set(last) <= {
        "seconds", "of", "records read", "records per second", "records in all", "seconds left"
    }, "numbers, and the name that is worked on"  # fmt: skip
    assert (last["of"], last["records in all"]) == ("Contact.csv", 100)
    assert lines[-1].startswith(f"Contact.csv: {last['records read']} of 100 records read, ")


def test_work_that_is_silent_is_observed_too() -> None:
    def work(tell: Tell) -> None:
        time.sleep(SECONDS * 2.5)
        tell(Progress("Contact", "answered", 7, time.monotonic()))
        time.sleep(SECONDS * 2.5)

    observations, lines = observed(work)
    assert len(observations) >= 3
    assert lines[0] == "rows: at work for 0 seconds"
    assert lines[-1].startswith("Contact: 7 records answered")


def test_work_that_is_soon_done_is_not_observed() -> None:
    assert observed(lambda tell: tell(Progress("Contact", "answered", 7, time.monotonic()))) == ([], [])


def test_work_that_fails_fails_with_its_own_error() -> None:
    def work(tell: Tell) -> None:
        del tell
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        observed(work)
