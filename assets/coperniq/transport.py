"""The seam between delivery and the ways to talk to Coperniq: what a transport offers, whichever API it speaks.

What belongs here: the protocol. What does not: the transports (`client` speaks GraphQL, `rest` REST) and what to do
about their replies (`deliver`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.coperniq.replies import Reply
    from assets.coperniq.wire import Wire
    from assets.record_types import RecordType


class Transport(Protocol):
    """One company of Coperniq. For several threads at once; every method is at least one request.

    Values go in and come back by the field names of the catalogue, whatever the API calls them; ids are text.
    """

    @property
    def company(self) -> str:
        """The company that the records are in, as `data_lineage` names it."""
        ...

    @property
    def wire(self) -> Wire:
        """What carries its requests."""
        ...

    @property
    def batch(self) -> int:
        """How many records one request may write."""
        ...

    def requests(self, record_type: RecordType) -> tuple[int, int]:
        """Return how many requests a batch takes at most: one that is created, one that is updated."""
        ...

    def missing(self, record_type: RecordType) -> str | None:
        """Return why no record of a type can be sent, and what to do; None when they can."""
        ...

    def problem(self, record_type: RecordType, data: dict[str, Any]) -> str | None:
        """Return why a record cannot be sent, and what to do, before any request; None when it can."""
        ...

    def begun(self, record_type: RecordType, node: dict[str, Any], data: dict[str, Any]) -> bool:
        """Say whether a record is what a create of several requests has left that was broken off between them.

        Such a create is finished by `update`. One that goes on to fail after its first request answers `OPEN`.
        """
        ...

    def create(self, record_type: RecordType, inputs: Sequence[dict[str, Any]]) -> Reply:
        """Create records; results answer by position."""
        ...

    def update(self, record_type: RecordType, ids: Sequence[str], inputs: Sequence[dict[str, Any]]) -> Reply:
        """Update records; fields that an input leaves out stay as they are."""
        ...

    def delete(self, record_type: RecordType, ids: Sequence[str]) -> Reply:
        """Delete records; results answer by position, with the id of each that is gone."""
        ...

    def find(self, record_type: RecordType, where: dict[str, Any], after: str | None = None) -> Iterator[Reply]:
        """Yield one reply a page; stops after a failure. `data["nodes"]` of each holds the records.

        Args:
            record_type: Of the records.
            where: `ids`, or `matches` and perhaps `createdSince`, as the contract's `RecordWhere` has them; empty for
                all records.
            after: Where an earlier reading broke off: `data["pageInfo"]["endCursor"]` of its last page.
        """
        ...
