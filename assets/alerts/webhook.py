"""Posting a message to the webhook. Its address is a secret: who knows it can write into the channel.

What belongs here: one HTTP request and what came of it. What does not: what a message says (`messages`), and when it is
tried again (`store`).
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and to wait for an answer."""


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
            with requests.Session() as session, _unlogged():
                # Neither ~/.netrc nor proxies of the environment have a say in where the address goes.
                session.trust_env = False
                answer = session.post(self.url, json=message, timeout=TIMEOUTS, allow_redirects=False)
        except requests.RequestException as error:
            # What the error says holds the address.
            return Refused(f"the webhook does not answer ({type(error).__name__})")
        if 200 <= answer.status_code < 300:
            return None
        return Refused(f"the webhook answers {answer.status_code}", _pause(answer.headers.get("Retry-After", "")))


def _pause(asked: str) -> float:
    """Return the seconds that a `Retry-After` asks for, in either of its forms; 0 for any other."""
    if asked.isascii() and asked.isdigit():
        return float(asked[:6])
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


@contextlib.contextmanager
def _unlogged() -> Generator[None, None, None]:
    """Keep the HTTP library from logging this thread's requests: at its most talkative it names the path."""
    me, log = threading.get_ident(), logging.getLogger("urllib3.connectionpool")

    def others(record: logging.LogRecord) -> bool:
        return record.thread != me

    log.addFilter(others)
    try:
        yield
    finally:
        log.removeFilter(others)
