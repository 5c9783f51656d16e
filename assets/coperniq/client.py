"""Talking to Coperniq's GraphQL API: one request in, one classified reply out.

What belongs here: HTTP, the key's header, time-outs. What does not: what a reply means (`replies`), what to do about it
(`deliver`), and any retry.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import requests

from assets.coperniq.replies import Outcome, Reply, classify, no_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.catalogue import RecordType

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


@dataclass
class CoperniqClient:
    """A connection to one company of Coperniq. Not for several threads: it holds one HTTP session.

    Args:
        url: Of the GraphQL endpoint.
        key: The API key; sent as a bearer token and shown nowhere.
        company_id: The company whose records are read and written.
        timeouts: To connect, and between bytes of the answer; seconds.
    """

    url: str
    key: str = field(repr=False)
    company_id: int
    timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)

    def __post_init__(self) -> None:
        """Open the session."""
        self._session = requests.Session()
        # Neither ~/.netrc nor proxies of the environment have a say in where the key goes.
        self._session.trust_env = False
        # As bytes: a key with a stray character is refused by Coperniq, not by an encoder that quotes it.
        self._session.headers["Authorization"] = f"Bearer {self.key}".encode()

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def create(self, record_type: RecordType, inputs: Sequence[dict[str, Any]]) -> Reply:
        """Create records; results answer by position."""
        return self._ask(record_type, "Create", len(inputs), {"input": inputs})

    def update(self, record_type: RecordType, ids: Sequence[str], inputs: Sequence[dict[str, Any]]) -> Reply:
        """Update records; fields that an input leaves out stay as they are."""
        return self._ask(record_type, "Update", len(inputs), {"ids": ids, "input": inputs})

    def find(self, record_type: RecordType, where: dict[str, Any]) -> Iterator[Reply]:
        """Yield one reply a page; stops after a failure. `data["nodes"]` of each holds the records."""
        after: str | None = None
        while True:
            reply = self._ask(record_type, "Find", 0, {"where": where, "after": after})
            page: dict[str, Any] = reply.data["pageInfo"] if reply.data else {}
            if page.get("hasNextPage") and page.get("endCursor") in (None, after):
                # What cannot be read to its end must not be taken for all there is.
                said = "Coperniq's pages do not go on."
                reply = replace(reply, outcome=Outcome.OPEN, data=None, code="SAME_PAGE", message=said)
            yield reply
            if reply.data is None or not page.get("hasNextPage"):
                return
            after = page["endCursor"]

    def _ask(self, record_type: RecordType, operation: str, expected: int, variables: dict[str, Any]) -> Reply:
        body = {
            "query": _document(record_type.slug),
            "operationName": operation,
            "variables": {"companyId": self.company_id, **variables},
        }
        began = time.monotonic()
        try:
            response = self._session.post(self.url, json=body, timeout=self.timeouts, allow_redirects=False)
        except requests.RequestException as error:
            return no_answer(error, _milliseconds_since(began))
        return classify(response, expected, _milliseconds_since(began), datetime.now(UTC))


@cache
def _document(slug: str) -> str:
    return resources.files("assets.coperniq").joinpath("operations", f"{slug}.graphql").read_text()


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
