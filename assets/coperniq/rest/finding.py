"""Finding records: what a `RecordWhere` of the GraphQL contract asks, by the lists that the REST API has.

What belongs here: which lists to read, and which records of them are meant. What does not: what a record looks like.
Lists have hardly any filter, so whole pages are read and compared here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assets.coperniq.rest.replies import Answer
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.coperniq.replies import Reply
    from assets.coperniq.rest.calls import Body
    from assets.coperniq.rest.resource import Alternative, Data, Resource
    from assets.record_types import RecordType


def by_ids(resources: Sequence[Resource], ids: Sequence[str]) -> Iterator[Reply]:
    """Yield a reply for each id that can be one of the API's; stops after a failure."""
    for resource, id_ in ((resource, id_) for id_ in ids for resource in resources if resource.number(id_) is not None):
        found = resource.read(id_)
        there = found.done and not resource.is_removed(found.body)
        pairs = [(resource.node(found.body), found.body)] if there else []
        reply = _filled(resource, found, pairs) if found.done or found.is_gone else found.reading_failed().reply
        yield reply
        if reply.data is None:
            return


def by_values(resources: Sequence[Resource], alternatives: Sequence[Alternative], since: str | None) -> Iterator[Reply]:
    """Yield a reply for each page that was read; stops after a failure."""
    for resource in resources:
        asked = {tuple(sorted(params.items())): params for params in resource.queries(alternatives)}
        for params in asked.values():
            updated = {"updated_after": since} if since and resource.tells_updates else {}
            for _, page in resource.calls.pages(resource.path, params | updated):
                yield _meant(resource, page, alternatives, since)
                if not page.done:
                    return


def nothing(resource: Resource) -> Iterator[Reply]:
    """Yield one reply that names no record: whether there is such a list at all."""
    yield _page(resource.calls.ask(resource.path), [])


def every(resources: Sequence[Resource], after: str | None) -> Iterator[Reply]:
    """Yield a reply for each page of all records, from where an earlier reading broke off; stops after a failure."""
    start, _, number = (after or "0/0").partition("/")
    for place, resource in list(enumerate(resources))[int(start) :]:
        (params,) = resource.queries([])
        first = int(number) + 1 if place == int(start) else 1
        for read, page in resource.calls.pages(resource.path, params, first):
            reply = _page(page, [resource.node(body) for body in page.body] if page.done else [])
            if reply.data is None:
                yield reply
                return
            more = page.more or place + 1 < len(resources)
            yield replace(reply, data={**reply.data, "pageInfo": {"endCursor": f"{place}/{read}", "hasNextPage": more}})


def _meant(resource: Resource, page: Answer, alternatives: Sequence[Alternative], since: str | None) -> Reply:
    """Return those of a page that the alternatives name, and those that a broken-off create may have left."""
    if not page.done:
        return page.reply
    recent: list[Body] = [body for body in page.body if since is None or _is_since(body.get("createdAt"), since)]
    empty = resource.blanks(recent, alternatives)
    if isinstance(empty, Answer):
        return empty.reply
    pairs = [(resource.node(body), body) for body in recent if not resource.is_blank(body)]
    named = [(node, body) for node, body in pairs if _is_named(resource.record_type, node, alternatives)]
    reply = _filled(resource, page, named)
    if reply.data is None:
        return reply
    return replace(reply, data={"nodes": reply.data["nodes"] + empty})


def _filled(resource: Resource, page: Answer, pairs: Sequence[tuple[Data, Body]]) -> Reply:
    nodes: list[Data] = []
    for node, body in pairs:
        whole = resource.fill(node, body)
        if isinstance(whole, Answer):
            return whole.left_open()
        nodes.append(whole)
    return _page(page, nodes)


def _page(page: Answer, nodes: list[Data]) -> Reply:
    """Return the reply that holds these records; a failure holds none."""
    answered = page.done or page.is_gone
    return replace(page.reply, results={}, data={"nodes": nodes}) if answered else page.reply


def _is_named(record_type: RecordType, node: Data, alternatives: Sequence[Alternative]) -> bool:
    return any(all(_has(record_type, node, **pair) for pair in given) for given in alternatives)


def _has(record_type: RecordType, node: Data, field: str, value: str) -> bool:
    """Say whether a record has a value. A time may come back in another form; who asks compares it."""
    held: Any = node.get(field)
    if record_type.field(field).kind is Kind.DATETIME:
        return True
    return value in held if isinstance(held, list) else held == value


def _is_since(moment: object, since: str) -> bool:
    """Say whether a record is recent enough; one that does not tell its time may be."""
    try:
        return not isinstance(moment, str) or _aware(moment) >= _aware(since)
    except ValueError:
        return True


def _aware(moment: str) -> datetime:
    read = datetime.fromisoformat(moment)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
