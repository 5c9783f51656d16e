"""One request of REST that was let in, and what is answered: the words between `routes` and the endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http import HTTPStatus

    from sandbox.coperniq.rest.company import Company

    #: Status and JSON of an answer; None is an empty body.
    Answer = tuple[HTTPStatus, object]


@dataclass(frozen=True)
class Call:
    """Hold a request.

    Attributes:
        path: What the path's parameters hold.
        query: The query's parameters.
        body: Of a POST or PATCH, decoded.
    """

    company: Company
    path: Mapping[str, int]
    query: Mapping[str, str]
    body: object

    def number(self, name: str) -> int:
        """Return an id of the path."""
        return self.path[name]
