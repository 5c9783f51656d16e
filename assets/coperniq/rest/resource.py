"""What all resources of the REST API have in common: the order of requests that makes a record, and how it is found.

What belongs here: that order. It is safe to be broken off anywhere: the first request makes the record, those after it
only add to it, and may be repeated. What does not: how a type's fields are called (a module for each).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from assets.coperniq.rest import notes
from assets.coperniq.rest.calls import NONE
from assets.coperniq.rest.replies import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from assets.coperniq.replies import Reply
    from assets.coperniq.rest.calls import Body, Calls
    from assets.record_types import RecordType

    Alternative = Sequence[Mapping[str, str]]

CREATED = 201
_WHOLE = re.compile(r"[1-9]\d{0,17}")

Data = dict[str, Any]


@dataclass(frozen=True)
class Resource(ABC):
    """A kind of record.

    Attributes:
        path: Of the list; a record's is `path/id`.
        fixed: Fields of the catalogue that no request can change.
        record_type: The type that it stands for.
        reading: Parameters with which a record is read.
        tells_updates: Whether the list takes `updated_after`.
        most_requests: How many make a record, at most.
        calls: Makes the requests.
    """

    path: ClassVar[str]
    fixed: ClassVar[tuple[str, ...]] = ()
    record_type: ClassVar[RecordType]
    reading: ClassVar[Mapping[str, str]] = NONE
    tells_updates: ClassVar[bool] = True
    most_requests: ClassVar[int]
    calls: Calls

    @abstractmethod
    def fields(self, data: Data, body: Body) -> Body:
        """Return what a PATCH may set, by the API's names, for a record that is there with this body."""

    @abstractmethod
    def values(self, body: Body) -> Data:
        """Return a record's values by the names of the catalogue."""

    @abstractmethod
    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make or match the record by one request; return the answer, and the names that need no more writing."""

    def problem(self, data: Data) -> str | None:
        """Return why a record cannot be sent, and what to do; None when it can."""
        for reference in self.record_type.references:
            value = data.get(reference.name)
            if value is not None and number(value) is None:
                return (
                    f"{reference.name}: {value!r} is no id of Coperniq's REST API, which are whole numbers. "
                    f"Give the {reference.refers_to}'s number, or send it by this API first."
                )
        return None

    def begun(self, node: Data, data: Data) -> bool:  # noqa: ARG002 - most are made by one request
        """Say whether a record is what a create has left that was broken off after its first request."""
        return False

    def queries(self, alternatives: Sequence[Alternative]) -> list[dict[str, str]]:  # noqa: ARG002 - few lists filter
        """Return the parameters of lists that together hold what alternatives name; without any, all records."""
        return [{"order_by": "asc"}]

    def node(self, body: Body) -> Data:
        """Return a record by the names of the catalogue, with its id and time."""
        return self.values(body) | {"id": self.name(body), "createdAt": body.get("createdAt")}

    def fill(self, node: Data, body: Body) -> Data | Answer:  # noqa: ARG002 - most bodies hold everything
        """Add to a record what its body does not hold; or return the answer that kept it from that."""
        return node

    def blanks(self, bodies: Sequence[Body], alternatives: Sequence[Alternative]) -> list[Data] | Answer:  # noqa: ARG002
        """Return records that were made and not filled yet, as what the alternatives ask for."""
        return []

    def is_blank(self, body: Body) -> bool:  # noqa: ARG002 - most are never blank
        """Say whether a record was made and not filled yet."""
        return False

    def name(self, body: Body) -> str:
        """Return the id of a record as text."""
        return str(body["id"])

    def number(self, id_: str) -> int | None:
        """Return the number that a record's id stands for; None where it is none of this kind's."""
        return number(id_)

    def is_removed(self, body: Body) -> bool:  # noqa: ARG002 - most that are removed cannot be read
        """Say whether a record counts as deleted."""
        return False

    def read(self, id_: str) -> Answer:
        """Read a record by its id."""
        whole = self.number(id_)
        return _no_id(id_) if whole is None else self.calls.get(f"{self.path}/{whole}", self.reading)

    def change(self, body: Body, changes: Body) -> Answer:
        """Change a record."""
        return self.calls.patch(f"{self.path}/{body['id']}", changes)

    def remove(self, body: Body) -> Answer:
        """Delete a record."""
        return self.calls.delete(f"{self.path}/{body['id']}")

    def complete(self, data: Data, body: Body, settled: Collection[str]) -> Answer | None:
        """Write what a record lacks; None where it lacks nothing."""
        changes = differing(self.fields(data, body), body, settled)
        return self.change(body, changes) if changes else None

    def create(self, data: Data) -> Reply:
        """Make a record and all it has; a refusal takes back what was made."""
        made, settled = self.make(data)
        if not made.done:
            return made.reply
        rest = self.complete(data, made.body, settled)
        if rest is None or rest.done:
            return made.stands_as(self.name(made.body))
        if rest.refused and made.reply.status == CREATED:
            return self._taken_back(made.body, rest)
        return rest.reply if rest.refused else rest.left_open()

    def update(self, id_: str, data: Data) -> Reply:
        """Write what a record has otherwise than it should."""
        found = self.read(id_)
        if not found.done:
            return found.reply
        if self.is_removed(found.body):
            return refuse("NOT_FOUND", "it was removed from Coperniq").reply
        there = self.values(found.body)
        for name in self.fixed:
            if name in data and there.get(name) not in (None, data[name]):
                return refuse("FIXED", f"it is {there[name]} in Coperniq, which the REST API cannot change", name).reply
        rest = self.complete(data, found.body, ())
        if rest is None or rest.done:
            return (rest or found).stands_as(id_)
        if rest.is_gone:
            # It was there a moment ago: the next reading says what is so.
            return rest.left_open()
        return self._taken_back(found.body, rest) if rest.refused and self.is_blank(found.body) else rest.reply

    def delete(self, id_: str) -> Reply:
        """Delete a record by its id."""
        whole = self.number(id_)
        gone = _no_id(id_) if whole is None else self.remove({"id": whole})
        return gone.stands_as(id_) if gone.done else gone.reply

    def _taken_back(self, body: Body, refused: Answer) -> Reply:
        """Delete what was made of a record that was then refused."""
        removed = self.remove(body)
        return refused.reply if removed.done or removed.is_gone else removed.left_open()


def number(value: object) -> int | None:
    """Return an id as the API has it; None for what cannot be one."""
    text = str(value)
    return int(text) if _WHOLE.fullmatch(text) else None


def differing(wanted: Body, body: Body, settled: Collection[str] = ()) -> Body:
    """Return what of the wanted fields is not as it should be, and not settled either."""
    return {name: value for name, value in wanted.items() if name not in settled and body.get(name) != value}


def described(body: Body, noted: Data, text: str | None = None) -> Body:
    """Return a description with values noted in it; a text that is not given, and notes, stay as the body has them."""
    old_text, old_notes = notes.split(body.get("description"))
    description = notes.join(old_text if text is None else text, old_notes | noted)
    return {"description": description} if description else {}


def _no_id(id_: str) -> Answer:
    said = f"{id_!r} is no id of Coperniq's REST API, which are whole numbers: set COPERNIQ_TRANSPORT=graphql for it"
    return refuse("NOT_AN_ID", said, "coperniq_id", by_row=False)
