"""Which fault meets which request: by the script, its seed and the order of the requests, and by nothing else."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from sandbox.coperniq.faults.limits import KeyLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.coperniq.faults.script import Kind, Rule, Script


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold what shall happen to one request.

    Attributes:
        retry_after: Seconds; None where the answer shall not say.
        number: Of results that are missing, foreign or rejected.
        chance: Chooses which ones.
    """

    kind: Kind
    retry_after: float | None
    as_date: bool
    seconds: float
    number: int
    chance: Random


class Injector:
    """Go through a script as requests come.

    Attributes:
        script: As it was given.
        requests: How many requests there were, by label.
        faults: How many of them met a fault or a limit, by kind.
    """

    def __init__(self, script: Script, clock: Callable[[], float] = time.monotonic) -> None:
        """Start at the script's beginning."""
        self.script = script
        self.requests: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._limits = KeyLimits(script, clock)
        self._rules = [_Progress(rule, Random(f"{script.seed}:{number}")) for number, rule in enumerate(script.rules)]  # noqa: S311
        self._latency = Random(f"{script.seed}:latency")  # noqa: S311

    def meet(self, label: str, key: str) -> Fault | None:
        """Count a request, and say what happens to it.

        The limits of the key come first. A key that is not known has limits too: it costs nothing to keep them.
        """
        self.requests[label] += 1
        fault = self._limited(key) or self._scripted(label)
        if fault is not None:
            self.faults[fault.kind] += 1
        return fault

    def latency(self) -> float:
        """Draw the latency of a request, in seconds."""
        return (self.script.latency_ms + self._latency.random() * self.script.jitter_ms) / 1000

    def _limited(self, key: str) -> Fault | None:
        refusal = self._limits.take(key)
        if refusal is None:
            return None
        return Fault(refusal.kind, refusal.seconds, as_date=False, seconds=0, number=0, chance=self._latency)

    def _scripted(self, label: str) -> Fault | None:
        due = [progress for progress in self._rules if progress.is_due(label)]
        return due[0].take() if due else None


class _Progress:
    """How far a rule has come."""

    def __init__(self, rule: Rule, chance: Random) -> None:
        self._rule = rule
        self._chance = chance
        self._matches = re.compile(rule.on).search
        self._seen = 0
        self._taken = 0

    def is_due(self, label: str) -> bool:
        rule = self._rule
        if not self._matches(label):
            return False
        self._seen += 1
        drawn = self._chance.random() < rule.probability
        is_meant = self._seen in rule.at if rule.at else self._seen >= rule.start
        return drawn and is_meant and (rule.count is None or self._taken < rule.count)

    def take(self) -> Fault:
        self._taken += 1
        rule = self._rule
        chance = Random(self._chance.random())  # noqa: S311
        return Fault(rule.fault, rule.retry_after, rule.as_date, rule.seconds, rule.number, chance)
