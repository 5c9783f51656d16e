"""What an answer of Coperniq means: every reply, and every way of getting none, has exactly one outcome.

What belongs here: the classification, in one place, and what the sender may conclude from it. What does not: talking
HTTP (`client`) and deciding what to do next (`deliver`). The ways to fail are those that the contract's comments
list.
"""

from __future__ import annotations

import ssl
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

import requests
from urllib3.exceptions import NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN_CHARACTERS = 200
LONGEST_PAUSE_SECONDS = 30.0
"""Whoever is asked to come back later than this has used up more than a moment's share: a day's, as a rule."""


class Outcome(StrEnum):
    """What is known of a request after it ended."""

    DONE = "done"
    """Coperniq answered for records, each done or rejected."""
    THROTTLED = "throttled"
    """Not carried out; asks to come back later."""
    EXHAUSTED = "quota_exhausted"
    """Not carried out: the day's requests are used up, here or by Coperniq's own count, until `retry_after`."""
    NOT_CARRIED_OUT = "not_carried_out"
    """A fault before the request reached Coperniq, or an endpoint that is not the one it is meant for."""
    OPEN = "outcome_open"
    """It may have been carried out, or may yet be."""
    UNAUTHORISED = "unauthorised"
    """Not carried out, and nothing else will be with this key."""
    INVALID = "request_invalid"
    """Not carried out: something in the request as a whole is refused."""


@dataclass(frozen=True, slots=True)
class Result:
    """Coperniq's answer for one record: an id, or why it was rejected, and whether correcting its row helps."""

    id: str | None
    code: str | None = None
    message: str | None = None
    field: str | None = None
    by_row: bool = True

    @property
    def reason(self) -> str:
        """Why the record was rejected, for its row."""
        where = f"{self.field}: " if self.field else ""
        return f"{where}{self.message} ({self.code})."

    @property
    def is_gone(self) -> bool:
        """Say whether Coperniq has no record of the id that was to be updated."""
        return self.code == "NOT_FOUND" and self.field in (None, "id")


@dataclass(frozen=True, slots=True)
class Reply:
    """A classified answer.

    Attributes:
        outcome: What is known.
        status: HTTP status; None where there was no answer.
        elapsed_ms: From sending to the last byte, or to giving up.
        transaction_id: Coperniq's reference of a bulk operation.
        results: By index of the input; an index that is missing was left open.
        data: The answer of a query.
        code: Short name of a failure.
        message: The failure in words; at most 200 characters, and none of the request's values.
        retry_after: Seconds that Coperniq asks to wait; None where it does not say.
        on_wire: Whether anything was sent; if not, there is nothing for the audit log.
        at: Coperniq's clock when it answered; None where it does not say.
    """

    outcome: Outcome
    status: int | None
    elapsed_ms: int
    transaction_id: str | None = None
    results: dict[int, Result] = field(default_factory=dict[int, Result])
    data: dict[str, Any] | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    on_wire: bool = True
    at: datetime | None = None


_BY_CODE = {
    "UNAUTHENTICATED": Outcome.UNAUTHORISED,
    "FORBIDDEN": Outcome.UNAUTHORISED,
    "THROTTLED": Outcome.THROTTLED,
    "BAD_USER_INPUT": Outcome.INVALID,
    "MAX_BATCH_EXCEEDED": Outcome.INVALID,
    # Codes of other servers of GraphQL: the operation documents do not fit the endpoint, whatever the records are.
    "GRAPHQL_PARSE_FAILED": Outcome.NOT_CARRIED_OUT,
    "GRAPHQL_VALIDATION_FAILED": Outcome.NOT_CARRIED_OUT,
}
_BY_STATUS = {
    400: Outcome.INVALID,
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    408: Outcome.OPEN,
    413: Outcome.INVALID,
    422: Outcome.INVALID,
    429: Outcome.THROTTLED,
}


def no_answer(error: requests.RequestException, elapsed_ms: int) -> Reply:
    """Classify a request that ended without an answer; what is not known to have stayed here may have arrived."""
    name = type(error).__name__
    if _never_left(error):
        return Reply(
            Outcome.NOT_CARRIED_OUT, None, elapsed_ms, code=name, message=f"Coperniq cannot be reached ({name})."
        )
    return Reply(Outcome.OPEN, None, elapsed_ms, code=name, message=f"Coperniq did not answer ({name}).")


def used_up(free: datetime, now: datetime) -> Reply:
    """Say that a request stayed here, because the day's requests are used up until a time."""
    wait = max(0.0, (free - now).total_seconds())
    return replace(
        stayed("DAY_USED_UP", "The day's requests are used up."), outcome=Outcome.EXHAUSTED, retry_after=wait
    )


def stayed(code: str, message: str) -> Reply:
    """Say that a request stayed here, and why."""
    return Reply(Outcome.NOT_CARRIED_OUT, None, 0, code=code, message=message, on_wire=False)


def unending(reply: Reply) -> Reply:
    """Say that no other page follows one that has a next: what is not read to its end must not be taken for all."""
    said = "Coperniq's pages do not go on, though it says that there are more."
    return replace(reply, outcome=Outcome.OPEN, data=None, code="SAME_PAGE", message=said)


def classify(response: requests.Response, expected: int, elapsed_ms: int, now: datetime) -> Reply:
    """Classify an answer, and note Coperniq's clock.

    Args:
        response: As it came.
        expected: How many records a bulk operation was for; 0 for a query.
        elapsed_ms: How long it took.
        now: For a `Retry-After` that is a date.
    """
    return replace(_classified(response, expected, elapsed_ms, now), at=_moment(response.headers.get("Date", "")))


def _classified(response: requests.Response, expected: int, elapsed_ms: int, now: datetime) -> Reply:
    status = response.status_code
    if status != requests.codes.ok:
        return _failure(_by_status(status), f"HTTP_{status}", f"Coperniq answered {status}.", response, elapsed_ms, now)
    body = _json(response)
    if body is None:
        return Reply(Outcome.OPEN, status, elapsed_ms, code="NOT_JSON", message="Coperniq's answer is not JSON.")
    data = body.get("data")
    payload: Any = cast("dict[str, Any]", data).get("answer") if isinstance(data, dict) else None
    if body.get("errors"):
        code = _code(body["errors"])
        # Where there is an answer beside the errors, something was carried out.
        outcome = _BY_CODE.get(code, Outcome.OPEN) if payload is None else Outcome.OPEN
        # A message of the server may quote values of the request; only its code is kept.
        return _failure(outcome, code, f"Coperniq refused the request ({code}).", response, elapsed_ms, now)
    if not isinstance(payload, dict) or not (expected or _is_page(payload)):
        return Reply(Outcome.OPEN, status, elapsed_ms, code="NO_DATA", message="Coperniq's answer holds no data.")
    if not expected:
        return Reply(Outcome.DONE, status, elapsed_ms, data=payload)
    results = _results(payload.get("results"), expected)
    return Reply(Outcome.DONE, status, elapsed_ms, _text(payload.get("transactionId")), results)


def _failure(
    outcome: Outcome, code: str, message: str, response: requests.Response, elapsed_ms: int, now: datetime
) -> Reply:
    wait = _retry_after(response, now)
    if outcome is Outcome.THROTTLED and wait is not None and wait > LONGEST_PAUSE_SECONDS:
        outcome = Outcome.EXHAUSTED
    return Reply(outcome, response.status_code, elapsed_ms, code=code, message=message, retry_after=wait)


def _by_status(status: int) -> Outcome:
    unlisted = Outcome.NOT_CARRIED_OUT if 400 <= status < 500 else Outcome.OPEN
    return _BY_STATUS.get(status, unlisted)


def _json(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def _code(errors: object) -> str:
    """Return the code that all errors share; where they differ in what they mean, nothing is certain."""
    codes: list[str] = []
    for error in cast("list[Any]", errors) if isinstance(errors, list) else []:
        extensions = error.get("extensions") if isinstance(error, dict) else None
        codes.append((_text(extensions.get("code")) if isinstance(extensions, dict) else None) or "UNKNOWN")
    alike = len({_BY_CODE.get(code) for code in codes}) == 1
    return codes[0][:50] if alike else "UNKNOWN"


def _is_page(payload: dict[str, Any]) -> bool:
    nodes, page = payload.get("nodes"), payload.get("pageInfo")
    known = isinstance(nodes, list) and all(isinstance(node, dict) and _text(node.get("id")) for node in nodes)
    return known and isinstance(page, dict)


def _results(found: object, expected: int) -> dict[int, Result]:
    """Read per-record results; one that is malformed, doubled or for an index not sent leaves its index open."""
    results: dict[int, Result] = {}
    seen: set[int] = set()
    doubled: set[int] = set()
    for item in cast("list[Any]", found) if isinstance(found, list) else []:
        index = item.get("index") if isinstance(item, dict) else None
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < expected:
            continue
        result = _result(item)
        if index in seen:
            doubled.add(index)
        seen.add(index)
        if result is not None:
            results[index] = result
    # Two inputs cannot have become one record.
    shared = {one for one, times in Counter(result.id for result in results.values() if result.id).items() if times > 1}
    return {index: result for index, result in results.items() if index not in doubled and result.id not in shared}


def _result(item: dict[str, Any]) -> Result | None:
    identifier, errors = _text(item.get("id")), item.get("userErrors")
    if identifier and not errors:
        return Result(identifier)
    if item.get("id") in (None, "") and errors and isinstance(errors, list) and isinstance(errors[0], dict):
        first = cast("dict[str, Any]", errors[0])
        field, message = _text(first.get("field")), _text(first.get("message")) or "no reason given"
        code = _text(first.get("code")) or "REJECTED"
        return Result(None, code[:50], message[:SHOWN_CHARACTERS], field[:50] if field else None)
    return None


def _text(value: object) -> str | None:
    """Return a text as PostgreSQL can hold it: without NUL and halves of surrogate pairs. None for what is no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode() or None


def _retry_after(response: requests.Response, now: datetime) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    moment = _moment(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _moment(value: str) -> datetime | None:
    """Read an HTTP date; None where it is none, or names no zone."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None


def _never_left(error: requests.RequestException) -> bool:
    """Say whether a request surely stayed here: it was no request, or no connection to the right server came about.

    A fault of TLS alone does not count: a connection can also break in the middle of the answer.
    """
    # What is wrong with the URL or a header is a ValueError as well.
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidJSONError | ValueError):
        return True
    return any(isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what requests and urllib3 have wrapped in it."""
    yield error
    inner = [getattr(error, "reason", None), *error.args]
    for cause in {id(cause): cause for cause in inner if isinstance(cause, BaseException)}.values():
        yield from _causes(cause)
