"""Answers that faults give: made-up ones, and the server's own with something changed."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from sandbox.coperniq.faults.labels import json_object
from sandbox.coperniq.faults.script import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.coperniq.faults.injector import Fault

DAY_USED_UP = "DAILY_QUOTA_EXCEEDED"
"""The code, in GraphQL's `errors` and in REST's body, of a request that came after the day's last."""

_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

Results = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an HTTP answer; its length is told when it is sent."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])


def bad_gateway() -> Answer:
    """Answer as a gateway whose server does not."""
    return Answer(HTTPStatus.BAD_GATEWAY, _PAGE, [(b"content-type", b"text/html")])


def refusal(fault: Fault, *, is_rest: bool) -> Answer:
    """Answer for a request that is not carried out: too many, too many of a day, or a key that does not count."""
    match fault.kind:
        case Kind.DAY_USED_UP:
            status, code, message = HTTPStatus.TOO_MANY_REQUESTS, DAY_USED_UP, "the day's requests are used up"
        case Kind.EXPIRED_KEY:
            code = "UNAUTHORIZED" if is_rest else "UNAUTHENTICATED"
            status, message = HTTPStatus.UNAUTHORIZED, "the API key has expired"
        case _:
            status, code, message = HTTPStatus.TOO_MANY_REQUESTS, "THROTTLED", "too many requests"
    if fault.kind is Kind.THROTTLED and not is_rest:
        status = HTTPStatus.OK
    body: dict[str, object] = {"message": message, "code": code}
    if not is_rest:
        body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    headers = [(b"content-type", b"application/json"), *_retry_after(fault)]
    return Answer(status, json.dumps(body).encode(), headers)


def change(answer: Answer, fault: Fault) -> Answer:
    """Change an answer; one without results to change stays as it is."""
    if fault.kind is Kind.TRUNCATE:
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return with_results(answer, lambda results: _CHANGES[fault.kind](results, fault))


def with_results(answer: Answer, changed: Callable[[Results], Results]) -> Answer:
    """Put other results into the answer of a bulk mutation."""
    content = json_object(answer.body)
    data = content.get("data")
    for payload in cast("dict[str, Any]", data).values() if isinstance(data, dict) else ():
        if isinstance(payload, dict) and isinstance(payload.get("results"), list):
            payload["results"] = changed(cast("Results", payload["results"]))
            return replace(answer, body=json.dumps(content).encode())
    return answer


def _retry_after(fault: Fault) -> list[tuple[bytes, bytes]]:
    if fault.retry_after is None:
        return []
    seconds = math.ceil(fault.retry_after)
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return [(b"retry-after", (date if fault.as_date else str(seconds)).encode())]


def _short(results: Results, fault: Fault) -> Results:
    kept = sorted(fault.chance.sample(range(len(results)), max(0, len(results) - fault.number)))
    return [results[position] for position in kept]


def _reorder(results: Results, fault: Fault) -> Results:
    shuffled = fault.chance.sample(results, len(results))
    return shuffled if shuffled != results else results[::-1]


def _foreign(results: Results, fault: Fault) -> Results:
    """Add results that nobody asked for; they carry ids that nothing has."""
    known = len(results)
    return [
        *results,
        *({"index": known + extra, "id": f"foreign_{extra}", "userErrors": []} for extra in range(fault.number)),
    ]


_CHANGES: dict[Kind, Callable[[Results, Fault], Results]] = {
    Kind.SHORT: _short,
    Kind.REORDER: _reorder,
    Kind.FOREIGN: _foreign,
}
