"""The limits of an API key, as Coperniq keeps them: requests a second, and requests in a rolling day.

A request that is refused takes nothing of either. A second's limit is a bucket that fills at `rate` and holds as much:
who keeps the rate on average is not refused for the jitter of a network.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.coperniq.faults.script import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.coperniq.faults.script import Script


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold which limit a request met, and in how many seconds one may come again."""

    kind: Kind
    seconds: float


@dataclass
class _Key:
    tokens: float
    filled: float
    day: deque[float] = field(default_factory=deque[float])


class KeyLimits:
    """Keep the limits of every key apart."""

    def __init__(self, script: Script, clock: Callable[[], float]) -> None:
        """Take the limits, and a clock that counts seconds."""
        self._script = script
        self._clock = clock
        self._keys: dict[str, _Key] = defaultdict(lambda: _Key(max(script.rate or 1, 1), clock()))

    def take(self, key: str) -> Refusal | None:
        """Take a request of a key, or say why not."""
        now, state = self._clock(), self._keys[key]
        seconds = self._until_free(state, now)
        if seconds is not None:
            return Refusal(Kind.DAY_USED_UP, seconds)
        rate = self._script.rate
        if rate is not None:
            state.tokens = min(max(rate, 1), state.tokens + (now - state.filled) * rate)
            state.filled = now
            if state.tokens < 1:
                return Refusal(Kind.THROTTLE, (1 - state.tokens) / rate)
            state.tokens -= 1
        if self._script.daily is not None:
            state.day.append(now)
        return None

    def _until_free(self, state: _Key, now: float) -> float | None:
        if self._script.daily is None:
            return None
        while state.day and state.day[0] <= now - self._script.day_seconds:
            state.day.popleft()
        if len(state.day) < self._script.daily:
            return None
        return state.day[0] + self._script.day_seconds - now if state.day else self._script.day_seconds
