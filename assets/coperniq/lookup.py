"""Finding records in Coperniq: those of requests whose outcome is open, and parents that nobody here has sent.

What belongs here: what to ask for, and which answer is which record. What does not: writing any of it down (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.catalogue import BY_NAME
from assets.coperniq.replies import Outcome, Reply
from assets.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from assets.catalogue import RecordType
    from assets.coperniq.client import CoperniqClient
    from assets.coperniq.store import Claimed, Unresolved

ALTERNATIVES = 100
"""Alternatives of one `matches`; the contract allows no more."""
CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far Coperniq's clock may differ from ours: a record that is older than the intent by more is not ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record of Coperniq: its id, its values without nulls, and the names by which rows may refer to it."""

    id: str
    values: dict[str, Any]
    names: list[str]


def sent(
    client: CoperniqClient, record_type: RecordType, creates: Sequence[Claimed]
) -> tuple[list[Reply], list[list[dict[str, Any]]]]:
    """Ask Coperniq for records with the natural keys of open creates, made since their intent was written.

    Returns:
        The replies, a failed one last; and for each create the nodes with its key, oldest first.
    """
    since = min(record.claimed_at for record in creates).astimezone(UTC) - CLOCK_TOLERANCE
    matches = [natural_key(record_type, record.data) for record in creates]
    replies, nodes = _all_pages(client, record_type, {"matches": matches, "createdSince": since.isoformat()})
    nodes.sort(key=lambda node: (node["createdAt"], node["id"]))
    return replies, [[node for node in nodes if _matches(node, alternative)] for alternative in matches]


def settle(
    creates: Sequence[Claimed], found: Sequence[Sequence[dict[str, Any]]], known: AbstractSet[str]
) -> tuple[list[tuple[Claimed, str]], list[Claimed], list[Claimed]]:
    """Decide what became of open creates.

    Args:
        creates: As they were sent.
        found: For each, the records of Coperniq with its key.
        known: Ids that belong to other records, and so to none of these.

    Returns:
        Those that were carried out, with their ids; those that were not; and those that cannot be told, because a
        record with the key but other values is there.
    """
    carried_out: list[tuple[Claimed, str]] = []
    absent: list[Claimed] = []
    doubtful: list[Claimed] = []
    taken = set(known)
    for record, nodes in zip(creates, found, strict=True):
        free = [node for node in nodes if node["id"] not in taken]
        ours = next((node["id"] for node in free if _holds(node, record.data)), None)
        if ours is not None:
            taken.add(ours)
            carried_out.append((record, ours))
        elif free:
            doubtful.append(record)
        else:
            absent.append(record)
    return carried_out, absent, doubtful


def parents(client: CoperniqClient, missing: Sequence[Unresolved]) -> Iterator[tuple[Reply, RecordType, list[Found]]]:
    """Look for parents by id and by natural key; yield each reply with the records that it holds."""
    for parent in sorted({reference.parent_type for reference in missing}):
        record_type = BY_NAME[parent]
        wanted = [reference for reference in missing if reference.parent_type == parent]
        for start in range(0, len(wanted), ALTERNATIVES // 2):
            chunk = wanted[start : start + ALTERNATIVES // 2]
            by_id = {"ids": [reference.given for reference in chunk]}
            by_key = {"matches": [pair for reference in chunk for pair in _ways_to_name(record_type, reference)]}
            for where in (by_id, by_key):
                for reply in client.find(record_type, where):
                    nodes = reply.data["nodes"] if reply.data else []
                    yield reply, record_type, [_found(record_type, node) for node in nodes]
                    if reply.outcome is not Outcome.DONE:
                        return


def natural_key(record_type: RecordType, data: dict[str, Any]) -> list[dict[str, str]]:
    """Return the natural key of what was sent as field/value pairs, values as they were sent."""
    for fields in record_type.key:
        pairs = [{"field": name, "value": _as_text(data[name])} for name in fields if data.get(name)]
        if pairs:
            return pairs
    return []


def _ways_to_name(record_type: RecordType, reference: Unresolved) -> list[list[dict[str, str]]]:
    if record_type.name == "Contact":
        field, value = "name", reference.given
        if "@" in reference.given:
            field = "emails"
        elif reference.name.startswith("+"):
            field, value = "phones", reference.name
        return [[{"field": field, "value": value}]]
    fields = [name for name in record_type.names if any(field.name == name for field in record_type.fields)]
    return [[{"field": name, "value": reference.given}] for name in fields]


def _all_pages(
    client: CoperniqClient, record_type: RecordType, where: dict[str, Any]
) -> tuple[list[Reply], list[dict[str, Any]]]:
    replies = list(client.find(record_type, where))
    return replies, [node for reply in replies if reply.data for node in reply.data["nodes"]]


def _found(record_type: RecordType, node: dict[str, Any]) -> Found:
    values = {field.name: node[field.name] for field in record_type.fields if node.get(field.name) not in (None, [])}
    named = [values[name] for name in record_type.names if name in values]
    flat = [name for value in named for name in (value if isinstance(value, list) else [value])]
    return Found(node["id"], values, normalise(pl.Series(flat, dtype=pl.String)).to_list())


def _matches(node: dict[str, Any], alternative: list[dict[str, str]]) -> bool:
    for pair in alternative:
        value = node.get(pair["field"])
        texts = [_as_text(item) for item in value] if isinstance(value, list) else [_as_text(value)]
        if pair["value"] not in texts and not any(_same(text, pair["value"]) for text in texts):
            return False
    return True


def _holds(node: dict[str, Any], data: dict[str, Any]) -> bool:
    return all(_same(node.get(name), value) for name, value in data.items())


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        moments = _moment(one), _moment(other)
        return moments[0] is not None and moments[0] == moments[1]
    return False


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return _as_text(value[0]) if value else ""
    return value if isinstance(value, str) else str(value)
