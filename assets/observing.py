"""Telling Dagster how far an asset's work is: a line of the run's log and an observation, at least every ten seconds.

What belongs here: when, and what of it Dagster keeps. What does not: the numbers (`progress`).
"""

import contextlib
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import dagster as dg

from assets.counting import counted
from assets.progress import Progress, Tell, nobody

SECONDS = 5.0
"""Between two of them. Half of what is promised: one that comes a little late is still in time."""
IS_PROGRESS = "mep_progress"
"""Marks the lines of a log that only say how far the work is: a terminal that is told otherwise leaves them out."""


@contextlib.contextmanager
def observed(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext,
    asset: dg.AssetKey,
    watch: Tell = nobody,
) -> Generator[Tell, None, None]:
    """Give what takes the progress of work on an asset; while that is silent, what was last known is told again.

    Args:
        context: Of the run.
        asset: That is made or checked, or whose making is planned.
        watch: Is told, too, and each time.
    """
    telling = _Telling(context.op_execution_context, asset, watch)
    beating = threading.Thread(target=telling.beat, name="progress", daemon=True)
    beating.start()
    try:
        yield telling.take
    finally:
        telling.over.set()
        beating.join()


@dataclass
class _Telling:
    context: dg.OpExecutionContext
    asset: dg.AssetKey
    watch: Tell
    over: threading.Event = field(default_factory=threading.Event)
    _one: threading.Lock = field(default_factory=threading.Lock)
    _latest: Progress | None = None
    _began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def take(self, progress: Progress) -> None:
        self.watch(progress)
        with self._one:
            self._latest = progress
        self._tell()

    def beat(self) -> None:
        while not self.over.wait(SECONDS / 5):
            # Where Dagster cannot keep it, the work will say so; this is no reason to end it.
            with contextlib.suppress(Exception):
                self._tell()

    def _tell(self) -> None:
        with self._one:
            if time.monotonic() - self._told < SECONDS:
                return
            self._told, latest = time.monotonic(), self._latest
        at_work = round(self._told - self._began)
        self.context.log.info(
            str(latest or f"{self.asset.to_user_string()}: at work for {counted(at_work, 'second')}"),
            extra={IS_PROGRESS: True},
        )
        self.context.log_event(
            dg.AssetObservation(
                self.asset,
                partition=self.context.partition_key if self.context.has_partition_key else None,
                metadata={"seconds": at_work, **(_metadata(latest) if latest else {})},
            )
        )


def _metadata(progress: Progress) -> dict[str, dg.MetadataValue]:
    return {
        "of": dg.MetadataValue.text(progress.of),
        f"records {progress.doing}": dg.MetadataValue.int(progress.done),
        "records per second": dg.MetadataValue.float(round(progress.per_second, 1)),
        **({"records in all": dg.MetadataValue.int(progress.total)} if progress.total is not None else {}),
        **({"until": dg.MetadataValue.timestamp(progress.until)} if progress.until else {}),
        **({"seconds left": dg.MetadataValue.int(progress.seconds_left)} if progress.seconds_left else {}),
    }
