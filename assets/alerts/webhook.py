"""Posting a message to the webhook. Its address is a secret: who knows it can write into the channel.

What belongs here: one HTTP request and what came of it. What does not: what a message says (`messages`), and when it is
tried again (`store`, and `orchestration.alerting` where the webhook asks for a pause).

The standard library's client: it logs nothing, and neither ~/.netrc nor proxies of the environment have a say in where
the address goes.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""For the whole of the answer, however it comes."""
READ_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message was not taken, without the webhook's address, and how long to wait where the webhook says so."""

    why: str
    pause: float = 0.0


@dataclass(frozen=True)
class Webhook:
    """Where messages go.

    Args:
        url: The address; shown nowhere.
    """

    url: str = field(repr=False)

    def post(self, message: Mapping[str, Any]) -> Refused | None:
        """Post a message; None when it was taken."""
        try:
            with contextlib.closing(self._connection()) as connection:
                connection.connect()
                with _cut_off(connection.sock):
                    connection.request(
                        "POST",
                        urlsplit(self.url)._replace(scheme="", netloc="", fragment="").geturl() or "/",
                        json.dumps(message).encode(),
                        {"Content-Type": "application/json", "User-Agent": "mep-pipeline"},
                    )
                    answer = connection.getresponse()
                    return _refusal(answer, answer.read(READ_BYTES))
        except (OSError, HTTPException, ValueError) as error:
            # What the error says may hold the address.
            return Refused(f"the webhook does not answer ({type(error).__name__})")

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
        return HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)


@contextlib.contextmanager
def _cut_off(connected: socket.socket) -> Generator[None, None, None]:
    """Cut a connection off after a while: its own time-out begins anew with every byte.

    Raises:
        TimeoutError: When it was.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError):
            # The plain socket's: that of TLS would forget its state in the middle of a reading.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    connected.settimeout(ANSWER_SECONDS)
    timer = threading.Timer(ANSWER_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise TimeoutError


def _refusal(answer: HTTPResponse, body: bytes) -> Refused | None:
    """Say why an answer means that the message was not taken; None where it was."""
    if not 200 <= answer.status < 300:
        return Refused(f"the webhook answers {answer.status}", _pause(answer.headers.get("Retry-After", "")))
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None  # Slack's own says `ok`, without any JSON
    if not isinstance(said, dict) or said.get("ok") is not False:
        return None
    why = said.get("error")
    named = f" ({why})" if isinstance(why, str) and re.fullmatch("[a-z_]{1,40}", why) else ""
    return Refused(f"the webhook answers {answer.status}, but not that it took it{named}")


def _pause(asked: str) -> float:
    """Return the seconds that a `Retry-After` asks for, in either of its forms; 0 for any other."""
    if asked.isascii() and asked.isdigit():
        return float(asked[:6])
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
