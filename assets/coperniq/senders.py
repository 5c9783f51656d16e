"""Threads that carry batches to Coperniq, so that several requests are under way at once.

What belongs here: handing batches out and collecting their replies. What does not: which batches there are and what
their replies mean for the next ones, which one thread decides alone (`deliver`).
"""

from __future__ import annotations

import contextlib
import gc
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from assets import interrupts
from assets.coperniq.replies import Outcome, Reply, stayed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assets.coperniq.claims import Claimed

THREADS = 24
"""Requests under way at once: at a quarter of a second each, with all that it waits for, nearly a hundred a second."""
READY = 8
"""Batches that lie ready, so that no thread waits for the database: as many as go by in two of its transactions."""
GATHERED, GATHER_SECONDS = 4, 0.02
"""Replies that are worth a transaction, and how long the first of them waits for the others."""
MOST = 16
"""Replies that a transaction takes in at most: nothing that takes their place goes out before its end."""
LOOK_SECONDS = 0.2
CALLED_OFF = "CALLED_OFF"


@dataclass(frozen=True, slots=True)
class Answer:
    """A batch that was handed out, and the reply to it."""

    batch: Sequence[Claimed]
    reply: Reply

    @property
    def is_whole(self) -> bool:
        """Whether the request was carried out, and says so of every record."""
        return self.reply.outcome is Outcome.DONE and len(self.reply.results) == len(self.batch)


class Senders:
    """A few threads, started as they are needed; used from one thread, as a context.

    Args:
        request: Sends a batch; called in the threads.
        threads: How many at most.
    """

    def __init__(self, request: Callable[[Sequence[Claimed]], Reply], threads: int = THREADS) -> None:
        self._request = request
        self._threads = threads
        self._started = 0
        self._out = 0
        self._work: queue.SimpleQueue[Sequence[Claimed] | None] = queue.SimpleQueue()
        self._back: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        # Records under way bring on a full collection every 10,000 of them: it need not go through all that was loaded.
        gc.freeze()
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        self._recall()
        for _thread in range(self._started):
            self._work.put(None)

    @property
    def room(self) -> int:
        """How many batches more may be handed out."""
        return self._threads + READY - self._out

    @property
    def idle(self) -> bool:
        """Whether no batch is out."""
        return not self._out

    def hand_out(self, batch: Sequence[Claimed]) -> None:
        """Have a batch sent as soon as a thread is free."""
        self._out += 1
        self._work.put(batch)
        if self._started < min(self._out, self._threads):
            self._started += 1
            # What cannot be ended must not keep the process: what is under way then is looked up by the next run.
            threading.Thread(target=self._serve, name=f"sender-{self._started}", daemon=True).start()

    def collect(self) -> list[Answer]:
        """Wait for replies, when any are to come; return all that are there soon.

        Raises:
            PipelineError: When a batch could not be sent at all, as for a limit that nobody can ask about.
        """
        answers = [self._awaited()] if self._out else []
        until = time.monotonic() + GATHER_SECONDS
        while self._out and len(answers) < MOST:
            try:
                answers.append(self._next(until if len(answers) < GATHERED else 0.0))
            except queue.Empty:
                break
        return answers

    def call_off(self, seconds: float | None = None) -> list[Answer]:
        """Take back what no thread has begun, and wait for the rest, for so long."""
        answers = [Answer(batch, stayed(CALLED_OFF, "Another request failed first.")) for batch in self._recall()]
        until = None if seconds is None else time.monotonic() + seconds
        while self._out:
            try:
                answers.append(self._next(until))
            except queue.Empty:
                break
        return answers

    def _recall(self) -> list[Sequence[Claimed]]:
        """Take back what no thread has begun."""
        batches: list[Sequence[Claimed]] = []
        with contextlib.suppress(queue.Empty):
            while (batch := self._work.get_nowait()) is not None:
                batches.append(batch)
        self._out -= len(batches)
        return batches

    def _awaited(self) -> Answer:
        """Return the next reply, however long it takes."""
        while True:
            interrupts.look()
            with contextlib.suppress(queue.Empty):
                return self._next(time.monotonic() + LOOK_SECONDS)

    def _next(self, until: float | None = None) -> Answer:
        """Return the next reply; wait for it until a time of the monotonic clock, or as long as it takes."""
        left = None if until is None else max(0.0, until - time.monotonic())
        back = self._back.get_nowait() if left == 0.0 else self._back.get(timeout=left)
        self._out -= 1
        if isinstance(back, BaseException):
            raise back
        return back

    def _serve(self) -> None:
        while (batch := self._work.get()) is not None:
            try:
                self._back.put(Answer(batch, self._request(batch)))
            except BaseException as error:
                self._back.put(error)
