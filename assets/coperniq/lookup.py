"""Finding records in Coperniq: those of requests whose outcome is open, and parents that nobody here has sent.

What belongs here: what to ask for, and which answer is which record. What does not: writing any of it down (`store`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from assets.catalogue import BY_NAME
from assets.coperniq.replies import Outcome, Reply
from assets.names import normalise
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from assets.coperniq.claims import Claimed
    from assets.coperniq.store import Unresolved
    from assets.coperniq.transport import Transport
    from assets.record_types import RecordType

ALTERNATIVES = 100
"""Alternatives of one `matches`, and ids of one `ids`; the contract allows no more."""
CLOCK_TOLERANCE = timedelta(days=1)
"""How far Coperniq's clock may differ from the database's, as long as it is not known. What is found beyond need is
compared; what is overlooked would be sent twice."""
CLOCK_DRIFT = timedelta(seconds=10)
"""How far the difference of the two clocks may have changed since an intent was written, or differ between Coperniq's
servers."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A record of Coperniq: its id, its values without nulls, and the names by which rows may refer to it."""

    id: str
    values: dict[str, Any]
    names: list[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of open creates.

    Attributes:
        carried_out: Those that were, with their ids.
        begun: Those that were broken off half-way, with their ids: what is missing has to be written.
        absent: Those that were not.
        doubtful: Those that cannot be told: a record is there that has the key's values, but others beside them.
    """

    carried_out: list[tuple[Claimed, str]]
    begun: list[tuple[Claimed, str]]
    absent: list[Claimed]
    doubtful: list[Claimed]


def sent(
    client: Transport, record_type: RecordType, creates: Sequence[Claimed]
) -> tuple[list[Reply], list[list[Node]]]:
    """Ask Coperniq for records with the natural keys of open creates, made since their intent was written.

    Returns:
        The replies, a failed one last; and for each create the nodes that hold the values of its key, or that it has
        begun, oldest first.
    """
    since = min(record.claimed_at for record in creates).astimezone(UTC) - CLOCK_TOLERANCE
    matches = [natural_key(record_type, record.data) for record in creates]
    replies = list(client.find(record_type, {"matches": matches, "createdSince": since.isoformat()}))
    nodes = [node for reply in replies if reply.data for node in reply.data["nodes"]]
    nodes.sort(key=lambda node: (str(node.get("createdAt")), node["id"]))
    return replies, [
        [node for node in nodes if _matches(node, alternative) or client.begun(record_type, node, record.data)]
        for record, alternative in zip(creates, matches, strict=True)
    ]


def made_since(
    creates: Sequence[Claimed], found: Sequence[list[Node]], coperniqs: datetime | None, ours: datetime
) -> list[list[Node]]:
    """Leave out what was in Coperniq before the intent of a create was written, by Coperniq's own clock.

    Args:
        creates: As they were claimed, by the database's clock.
        found: For each, the records of Coperniq that hold the values of its key.
        coperniqs: Coperniq's clock when it answered; None where it did not say, and nothing is left out.
        ours: The database's clock, read after that: so the difference is never taken for larger than it is.
    """
    if coperniqs is None:
        return list(found)
    margin = coperniqs - ours - CLOCK_DRIFT
    return [
        [node for node in nodes if (_moment(str(node.get("createdAt"))) or ours) >= record.claimed_at + margin]
        for record, nodes in zip(creates, found, strict=True)
    ]


def settle(
    record_type: RecordType,
    creates: Sequence[Claimed],
    found: Sequence[Sequence[Node]],
    known: AbstractSet[str],
    begun: Callable[[RecordType, Node, dict[str, Any]], bool],
) -> Settled:
    """Decide what became of open creates.

    Args:
        record_type: Of the records.
        creates: As they were sent.
        found: For each, the records of Coperniq that hold the values of its key.
        known: Ids that belong to other records, and so to none of these.
        begun: Says of a record whether it is what a create has left that was broken off, as `Transport` has it.
    """
    taken = set(known)
    ids: dict[int, str] = {}
    whole: set[int] = set()
    # The fullest record chooses first, so that none takes what fits another one better.
    order = sorted(range(len(creates)), key=lambda place: -len(creates[place].data))
    for fits in (_is, _holds, begun):
        for place in order:
            if place in ids:
                continue
            data = creates[place].data
            ours = next((n["id"] for n in found[place] if n["id"] not in taken and fits(record_type, n, data)), None)
            if ours is not None:
                ids[place] = ours
                taken.add(ours)
                whole |= set() if fits is begun else {place}
    carried_out = [(record, ids[place]) for place, record in enumerate(creates) if place in whole]
    begun_only = [(record, ids[place]) for place, record in enumerate(creates) if place in ids.keys() - whole]
    left = [(record, found[place]) for place, record in enumerate(creates) if place not in ids]
    doubtful = [record for record, nodes in left if any(node["id"] not in taken for node in nodes)]
    absent = [record for record, nodes in left if all(node["id"] in taken for node in nodes)]
    return Settled(carried_out, begun_only, absent, doubtful)


def parents(client: Transport, missing: Sequence[Unresolved]) -> Iterator[tuple[Reply, RecordType, list[Found]]]:
    """Look for parents by id and by natural key; yield each reply with the records that it holds.

    What is asked for as an id is whatever a file holds: where Coperniq refuses it, the rest is looked for all the same.
    """
    for record_type, where in questions(missing, client.batch):
        for reply in client.find(record_type, where):
            nodes: list[Node] = reply.data["nodes"] if reply.data else []
            yield reply, record_type, [found(record_type, node) for node in nodes]
            if reply.outcome is not Outcome.DONE and (reply.outcome is not Outcome.INVALID or "ids" not in where):
                return


def questions(missing: Sequence[Unresolved], batch: int) -> Iterator[tuple[RecordType, dict[str, Any]]]:
    """Yield what is asked to find parents: their type, and ids or alternatives as `Transport.find` takes them.

    Args:
        missing: The parents, as rows name them.
        batch: How many records one request may write, and so how many ids one may hold.
    """
    for parent in sorted({reference.parent_type for reference in missing}):
        record_type = BY_NAME[parent]
        wanted = [reference for reference in missing if reference.parent_type == parent]
        ids = list(dict.fromkeys(reference.given for reference in wanted))
        ways = [pair for reference in wanted for pair in _ways_to_name(record_type, reference)]
        yield from ((record_type, {"ids": chunk}) for chunk in _chunks(ids, min(ALTERNATIVES, batch)))
        yield from ((record_type, {"matches": [[pair] for pair in chunk]}) for chunk in _chunks(ways))


def found(record_type: RecordType, node: Node) -> Found:
    """Read a record of Coperniq: times as they are sent, for keys are made of them, texts as PostgreSQL holds them."""
    values = {
        field.name: _as_sent(field.kind, node[field.name])
        for field in record_type.fields
        if node.get(field.name) not in (None, [])
    }
    named = [values[name] for name in record_type.names if name in values]
    flat = [name for value in named for name in (value if isinstance(value, list) else [value])]
    texts = [name for name in flat if isinstance(name, str)]
    return Found(node["id"], values, normalise(pl.Series(texts, dtype=pl.String)).to_list())


def natural_key(record_type: RecordType, data: dict[str, Any]) -> list[dict[str, str]]:
    """Return the natural key of what was sent as field/value pairs, values as they were sent."""
    *_, used = _key_alternatives(record_type, data)
    return [{"field": name, "value": _as_text(data[name])} for name in used if data.get(name)]


def differing(node: Node, data: dict[str, Any]) -> list[str]:
    """Name the fields of what was sent that a record of Coperniq has otherwise, of those that were asked for."""
    return [name for name, value in data.items() if name in node and not _same(node[name], value)]


def _key_alternatives(record_type: RecordType, data: dict[str, Any]) -> Sequence[Sequence[str]]:
    """Return the alternatives of the natural key up to the one that the record has."""
    place = next(place for place, fields in enumerate(record_type.key) if any(data.get(name) for name in fields))
    return record_type.key[: place + 1]


def _ways_to_name(record_type: RecordType, reference: Unresolved) -> list[dict[str, str]]:
    """Return what to look for: the name as the file has it and as it compares, in each field that may hold it."""
    fields = [name for name in record_type.names if any(field.name == name for field in record_type.fields)]
    if record_type.name == "Contact":
        phone = reference.name.startswith("+")
        fields = ["emails" if "@" in reference.given else "phones" if phone else "name"]
    values = dict.fromkeys((reference.given, reference.name))
    return [{"field": field, "value": value} for field in fields for value in values]


def _chunks(values: Sequence[Any], size: int = ALTERNATIVES) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _as_sent(kind: Kind, value: Any) -> Any:
    if isinstance(value, list):
        return [_as_sent(kind, item) for item in cast("list[Any]", value)]
    moment = _moment(value) if kind is Kind.DATETIME and isinstance(value, str) else None
    if moment is not None:
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value.replace("\0", "").encode(errors="replace").decode() if isinstance(value, str) else value


def _matches(node: Node, alternative: list[dict[str, str]]) -> bool:
    for pair in alternative:
        value = node.get(pair["field"])
        texts = [_as_text(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
        if not any(_same(text, pair["value"]) for text in texts):
            return False
    return True


def _is(record_type: RecordType, node: Node, data: dict[str, Any]) -> bool:
    """Say whether a record has what was sent and nothing else."""
    return all(_same(node.get(field.name), data.get(field.name)) for field in record_type.fields)


def _holds(record_type: RecordType, node: Node, data: dict[str, Any]) -> bool:
    """Say whether a record has what was sent, and nothing in its key that was not; Coperniq may fill other fields."""
    key = [name for fields in _key_alternatives(record_type, data) for name in fields]
    return all(_same(node.get(name), data.get(name)) for name in {*data, *key})


def _same(one: Any, other: Any) -> bool:
    if one == other or (one in (None, []) and other in (None, [])):
        return True
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    if isinstance(one, str) and isinstance(other, str):
        moment = _moment(one)
        return moment is not None and moment == _moment(other)
    return False


def _moment(text: str) -> datetime | None:
    """Read a DateTime, which Coperniq may give back in another form. A date alone or other text is none."""
    if not _MOMENT.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return _as_text(value[0]) if value else ""
    return value if isinstance(value, str) else str(value)
