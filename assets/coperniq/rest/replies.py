"""What an answer of the REST API means: the outcomes of `assets.coperniq.replies`, for one record.

What belongs here: the classification. What does not: HTTP (`calls`), and what an open outcome leads to (`deliver`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from assets.coperniq.replies import SHOWN_CHARACTERS, Outcome, Reply, Result, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import requests

    from assets.coperniq.wire import Answered

REFUSALS = (400, 404, 409, 422)
"""With a message in JSON they speak of the record; without one, of the request or the endpoint."""
SHORTEST_VALUE = 3
"""Characters from which on a value of the request is taken out of a message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A classified answer and what it holds: a record, or a page of records; nothing after a failure.

    Attributes:
        reply: The classification.
        body: What it holds.
        more: Whether there are pages behind this one.
    """

    reply: Reply
    body: Any = None
    more: bool = False

    @property
    def done(self) -> bool:
        """Say whether what was asked for was done."""
        return self.reply.outcome is Outcome.DONE and not self.reply.results

    @property
    def refused(self) -> bool:
        """Say whether Coperniq, or the look before asking it, refused the record."""
        return bool(self.reply.results)

    @property
    def is_gone(self) -> bool:
        """Say whether Coperniq has no such record."""
        return self.refused and self.reply.results[0].is_gone

    def stands_as(self, identifier: str) -> Reply:
        """Return the reply that says that the record is in Coperniq under an id."""
        return replace(self.reply, results={0: Result(identifier)})

    def left_open(self) -> Reply:
        """Return the reply for a record of which an earlier request was carried out, and this one perhaps not."""
        return replace(self.reply, outcome=Outcome.OPEN, results={}, on_wire=True)

    def reading_failed(self) -> Answer:
        """Return the answer to a reading that failed: it is of the request, for reading refuses no record."""
        if not self.refused:
            return self
        refused = self.reply.results[0]
        said = f"Coperniq refused to be read ({refused.code}): check COPERNIQ_API_URL and what the key may read."
        return Answer(replace(self.reply, outcome=Outcome.INVALID, results={}, code=refused.code, message=said))

    def before_sending(self) -> Answer:
        """Return the answer to a question that came before the first request that writes: nothing was carried out."""
        if self.reply.outcome is not Outcome.OPEN:
            return self
        return Answer(replace(self.reply, outcome=Outcome.NOT_CARRIED_OUT))


def refuse(code: str, message: str, field: str | None = None, *, by_row: bool = True) -> Answer:
    """Refuse a record before any request, with the reason for its row.

    Args:
        code: Short name of the reason.
        message: The reason in words; where the row is not to blame, with what to do about it.
        field: Of the record.
        by_row: Whether correcting the row helps.
    """
    refused = Result(None, code, message, field, by_row)
    return Answer(Reply(Outcome.DONE, None, 0, results={0: refused}, on_wire=False))


def read(answered: Answered, now: datetime, fits: Callable[[Any], bool], sent: object = None) -> Answer:
    """Classify an answer.

    Args:
        answered: As it came.
        now: For a `Retry-After` that is a date.
        fits: Says of a JSON value whether it is what was asked for.
        sent: The body of the request, whose values are kept out of messages.
    """
    response = answered.response
    status, body = response.status_code, _json(response)
    reply = classify(response, 0, answered.elapsed_ms, now)
    if 200 <= status < 300:
        if fits(body):
            return Answer(replace(reply, outcome=Outcome.DONE, code=None, message=None), body)
        code, said = ("NOT_JSON", "is not JSON") if body is None else ("NO_DATA", "holds no data")
        return Answer(replace(reply, outcome=Outcome.OPEN, code=code, message=f"Coperniq's answer {said}."))
    if status in REFUSALS and isinstance(body, dict):
        refusal = _refusal(cast("dict[str, Any]", body), status, sent)
        if refusal is not None:
            return Answer(replace(reply, outcome=Outcome.DONE, code=None, message=None, results={0: refusal}))
    if status == 404:
        reply = replace(reply, message="Coperniq has no such address: check COPERNIQ_API_URL.")
    return Answer(reply)


def _refusal(body: dict[str, Any], status: int, sent: object) -> Result | None:
    message, code, field = _text(body.get("message")), _text(body.get("code")), _text(body.get("field"))
    if message is None and code is None:
        return None
    message = message or "no reason given"
    for value in sorted(_values(sent), key=len, reverse=True):
        message = message.replace(value, "…")
    by_status = {404: "NOT_FOUND", 409: "CONFLICT"}
    code = by_status.get(status) or code or "REJECTED"
    return Result(None, code[:50], message[:SHOWN_CHARACTERS], field[:50] if field else None)


def _values(sent: object) -> Iterator[str]:
    if isinstance(sent, dict):
        sent = list(cast("dict[str, object]", sent).values())
    if isinstance(sent, list):
        for item in cast("list[object]", sent):
            yield from _values(item)
    elif isinstance(sent, str) and len(sent) >= SHORTEST_VALUE:
        yield sent


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str | None:
    """Return a text as PostgreSQL can hold it; None for what is no text."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode() or None
