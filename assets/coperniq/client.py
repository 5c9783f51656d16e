"""Talking to Coperniq's GraphQL API: one request in, one classified reply out.

What belongs here: the operations of the contract. What does not: HTTP (`wire`), what a reply means (`replies`), what to
do about it (`deliver`), and any retry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assets.coperniq.limits import Limits, Unlimited
from assets.coperniq.replies import Reply, classify, unending
from assets.coperniq.wire import CONNECT_SECONDS, READ_SECONDS, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.record_types import RecordType

BATCH = 100
"""Inputs of one mutation; the contract allows no more."""


@dataclass
class CoperniqClient:
    """A `Transport` to one company of Coperniq by its GraphQL API.

    Args:
        url: Of the GraphQL endpoint.
        key: The API key; sent as a bearer token and shown nowhere.
        company_id: The company whose records are read and written.
        timeouts: To connect, and between bytes of the answer; seconds.
        limits: Of the key.
    """

    url: str
    key: str = field(repr=False)
    company_id: int
    timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    limits: Limits = field(default_factory=Unlimited)
    batch: int = field(default=BATCH, init=False)

    def __post_init__(self) -> None:
        """Prepare the wire; sessions are opened when they are needed."""
        self.wire = Wire({"Authorization": f"Bearer {self.key}".encode()}, self.limits, self.timeouts)

    @property
    def company(self) -> str:
        """The company that the records are in, as `data_lineage` names it."""
        return str(self.company_id)

    def close(self) -> None:
        """Close the sessions."""
        self.wire.close()

    def requests(self, record_type: RecordType) -> tuple[int, int]:  # noqa: ARG002 - one for every type
        """Return how many requests a batch takes at most: one that is created, one that is updated."""
        return 1, 1

    def missing(self, record_type: RecordType) -> str | None:  # noqa: ARG002 - the contract has all seven types
        """Say that every type can be sent."""
        return None

    def problem(self, record_type: RecordType, data: dict[str, Any]) -> str | None:  # noqa: ARG002 - judged by the catalogue
        """Say that every record can be sent: what the contract asks of it was judged when it was read."""
        return None

    def begun(self, record_type: RecordType, node: dict[str, Any], data: dict[str, Any]) -> bool:  # noqa: ARG002 - never
        """Say that no create is broken off half-way: each is one request."""
        return False

    def create(self, record_type: RecordType, inputs: Sequence[dict[str, Any]]) -> Reply:
        """Create records; results answer by position."""
        return self._ask(record_type, "Create", len(inputs), {"input": inputs})

    def update(self, record_type: RecordType, ids: Sequence[str], inputs: Sequence[dict[str, Any]]) -> Reply:
        """Update records; fields that an input leaves out stay as they are."""
        return self._ask(record_type, "Update", len(inputs), {"ids": ids, "input": inputs})

    def delete(self, record_type: RecordType, ids: Sequence[str]) -> Reply:
        """Delete records; results answer by position, with the id of each that is gone."""
        return self._ask(record_type, "Delete", len(ids), {"ids": ids})

    def find(self, record_type: RecordType, where: dict[str, Any], after: str | None = None) -> Iterator[Reply]:
        """Yield one reply a page; stops after a failure. `data["nodes"]` of each holds the records."""
        while True:
            reply = self._ask(record_type, "Find", 0, {"where": where, "after": after})
            page: dict[str, Any] = reply.data["pageInfo"] if reply.data else {}
            if page.get("hasNextPage") and page.get("endCursor") in (None, after):
                reply = unending(reply)
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
        answered = self.wire.request("POST", self.url, json=body)
        if isinstance(answered, Reply):
            return answered
        return classify(answered.response, expected, answered.elapsed_ms, self.wire.now())


@cache
def _document(slug: str) -> str:
    return resources.files("assets.coperniq").joinpath("operations", f"{slug}.graphql").read_text()
