"""One HTTP request to Coperniq, under the limits of the key: a response, or the reply that says why there is none.

What belongs here: sessions, time-outs, the key's header, timing, and what keeps a request from leaving. What does not:
what a response means (`replies`) and any retry (`deliver`).
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from assets.coperniq.limits import Limits, Unlimited
from assets.coperniq.replies import Reply, no_answer, stayed, used_up

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
UNDELIVERED_SECONDS = 3.0
"""What Coperniq's side has not received by then is given up, and never arrives: a machine that was cut off from the
network would send it when it is back, after another one has looked it up (`deliver.SETTLE_SECONDS`) and sent it again.
"""


class _Adapter(HTTPAdapter):
    """Opens connections that do not go on trying to deliver what is late."""

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        """Have every connection of the pool end when what it sent stays unacknowledged."""
        chosen = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        # Elsewhere than on Linux the system decides.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            chosen.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(UNDELIVERED_SECONDS * 1000)))
        super().init_poolmanager(*given, socket_options=chosen, **options)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response as it came, and how long it took."""

    response: requests.Response
    elapsed_ms: int


@dataclass
class Wire:
    """Carries requests; one HTTP session a thread.

    Args:
        headers: What identifies the caller; shown nowhere. As bytes: a key with a stray character is refused by
            Coperniq, not by an encoder that quotes it.
        limits: Of the key.
        timeouts: To connect, and between bytes of the answer; seconds.
        now: The time, for what a reply says of it.
    """

    headers: Mapping[str, bytes] = field(repr=False)
    limits: Limits = field(default_factory=Unlimited)
    timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _paused_until: datetime | None = field(default=None, init=False, repr=False)
    _local: threading.local = field(default_factory=threading.local, init=False, repr=False)
    _sessions: list[requests.Session] = field(default_factory=list[requests.Session], init=False, repr=False)

    def close(self) -> None:
        """Close every thread's session."""
        while self._sessions:
            self._sessions.pop().close()

    @contextlib.contextmanager
    def guarded(self, may_leave: Callable[[], bool]) -> Generator[None, None, None]:
        """Keep this thread's requests of a while from leaving, where it is asked at the last moment and may not."""
        before, self._local.may_leave = self._may_leave, may_leave
        try:
            yield
        finally:
            self._local.may_leave = before

    def pause(self, until: datetime) -> None:
        """Let no request leave before a time, because Coperniq said so of the key."""
        self._paused_until = until

    def request(self, method: str, url: str, **given: Any) -> Answered | Reply:
        """Send a request when its turn comes; give the response, or a reply where there is none.

        Args:
            method: Of HTTP.
            url: Where to.
            given: `json` or `params`, as requests takes them.
        """
        now = self.now()
        free = self._paused_until if self._paused_until and self._paused_until > now else self.limits.take()
        if free is not None:
            return used_up(free, now)
        if not self._may_leave():
            return stayed("LEASE_ENDED", "This run was silent for too long to send anything.")
        began = time.monotonic()
        try:
            response = self._session().request(method, url, timeout=self.timeouts, allow_redirects=False, **given)
        except requests.RequestException as error:
            return no_answer(error, _milliseconds_since(began))
        return Answered(response, _milliseconds_since(began))

    @property
    def _may_leave(self) -> Callable[[], bool]:
        return getattr(self._local, "may_leave", lambda: True)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # Neither ~/.netrc nor proxies of the environment have a say in where the key goes.
            session.trust_env = False
            session.mount("http://", _Adapter())
            session.mount("https://", _Adapter())
            session.headers.update(self.headers)
            self._local.session = session
            self._sessions.append(session)
        return session


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
