"""What an answer of Coperniq means: every reply, and every way of getting none, has exactly one outcome.

What belongs here: the classification, in one place, and what the sender may conclude from it. What does not: talking
HTTP (`client`) and deciding what to do next (`deliver`). The ways to fail are those that the contract's comments
list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

import requests

if TYPE_CHECKING:
    from datetime import datetime

SHOWN_CHARACTERS = 200


class Outcome(StrEnum):
    """What is known of a request after it ended."""

    DONE = "done"
    """Coperniq answered for records, each done or rejected."""
    THROTTLED = "throttled"
    """Not carried out; asks to come back later."""
    NOT_CARRIED_OUT = "not_carried_out"
    """A fault before the request reached Coperniq."""
    OPEN = "outcome_open"
    """It may have been carried out, or may yet be."""
    UNAUTHORISED = "unauthorised"
    """Not carried out, and nothing else will be with this key."""
    INVALID = "request_invalid"
    """Not carried out: something in the request as a whole is refused."""


@dataclass(frozen=True, slots=True)
class Result:
    """Coperniq's answer for one record: an id, or why it was rejected."""

    id: str | None
    code: str | None = None
    message: str | None = None
    field: str | None = None


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


_BY_CODE = {
    "UNAUTHENTICATED": Outcome.UNAUTHORISED,
    "FORBIDDEN": Outcome.UNAUTHORISED,
    "THROTTLED": Outcome.THROTTLED,
    "BAD_USER_INPUT": Outcome.INVALID,
    "MAX_BATCH_EXCEEDED": Outcome.INVALID,
    "GRAPHQL_PARSE_FAILED": Outcome.INVALID,
    "GRAPHQL_VALIDATION_FAILED": Outcome.INVALID,
}


def no_answer(error: requests.RequestException, elapsed_ms: int) -> Reply:
    """Classify a request that ended without an answer."""
    sent = not isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) and not _refused(error)
    outcome = Outcome.OPEN if sent else Outcome.NOT_CARRIED_OUT
    name = type(error).__name__
    said = "Coperniq did not answer" if sent else "Coperniq cannot be reached"
    return Reply(outcome, None, elapsed_ms, code=name, message=f"{said} ({name}).")


def classify(response: requests.Response, expected: int, elapsed_ms: int, now: datetime) -> Reply:
    """Classify an answer.

    Args:
        response: As it came.
        expected: How many records a bulk operation was for; 0 for a query.
        elapsed_ms: How long it took.
        now: For a `Retry-After` that is a date.
    """
    status = response.status_code
    if status != requests.codes.ok:
        wait = _retry_after(response, now)
        return Reply(
            _by_status(status), status, elapsed_ms, code=f"HTTP_{status}", message=f"Coperniq answered {status}.",
            retry_after=wait,
        )  # fmt: skip
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return Reply(Outcome.OPEN, status, elapsed_ms, code="NOT_JSON", message="Coperniq's answer is not JSON.")
    answer = cast("dict[str, Any]", body)
    if answer.get("errors"):
        return _refusal(answer["errors"], status, elapsed_ms, _retry_after(response, now))
    data = answer.get("data")
    found = cast("dict[str, Any]", data).get("answer") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        return Reply(Outcome.OPEN, status, elapsed_ms, code="NO_DATA", message="Coperniq's answer holds no data.")
    payload = cast("dict[str, Any]", found)
    if not expected:
        return Reply(Outcome.DONE, status, elapsed_ms, data=payload)
    results = _results(payload.get("results"), expected)
    transaction = payload.get("transactionId")
    return Reply(
        Outcome.DONE, status, elapsed_ms, results=results, transaction_id=str(transaction) if transaction else None
    )


def _by_status(status: int) -> Outcome:
    if status in (401, 403):
        return Outcome.UNAUTHORISED
    if status == requests.codes.too_many_requests:
        return Outcome.THROTTLED
    if 400 <= status < 500 and status != requests.codes.request_timeout:
        return Outcome.INVALID
    return Outcome.OPEN


def _refusal(errors: object, status: int, elapsed_ms: int, wait: float | None) -> Reply:
    first: Any = errors[0] if isinstance(errors, list) else {}
    extensions: Any = first.get("extensions") if isinstance(first, dict) else None
    code = str(extensions.get("code", "UNKNOWN")) if isinstance(extensions, dict) else "UNKNOWN"
    outcome = _BY_CODE.get(code, Outcome.OPEN)
    # A message of the server may quote values of the request; only its code is kept.
    said = f"Coperniq refused the request ({code[:50]})."
    return Reply(outcome, status, elapsed_ms, code=code[:50], message=said, retry_after=wait)


def _results(found: object, expected: int) -> dict[int, Result]:
    """Read per-record results; one that is malformed, doubled or for an index not sent leaves its index open."""
    results: dict[int, Result] = {}
    doubled: set[int] = set()
    for item in cast("list[Any]", found) if isinstance(found, list) else []:
        index = item.get("index") if isinstance(item, dict) else None
        if not isinstance(index, int) or not 0 <= index < expected:
            continue
        result = _result(item)
        if index in results:
            doubled.add(index)
        if result is not None:
            results[index] = result
    return {index: result for index, result in results.items() if index not in doubled}


def _result(item: dict[str, Any]) -> Result | None:
    identifier, errors = item.get("id"), item.get("userErrors")
    if identifier and not errors:
        return Result(str(identifier))
    if errors and not identifier and isinstance(errors, list) and isinstance(errors[0], dict):
        first = cast("dict[str, Any]", errors[0])
        return Result(
            None, str(first.get("code", "REJECTED"))[:50], str(first.get("message", ""))[:SHOWN_CHARACTERS],
            str(first["field"])[:50] if first.get("field") else None,
        )  # fmt: skip
    return None


def _retry_after(response: requests.Response, now: datetime) -> float | None:
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _refused(error: BaseException) -> bool:
    """Say whether the connection was never made: found in the chain of causes, which requests wraps."""
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    seen: BaseException | None = error
    while seen is not None:
        reason = getattr(seen, "reason", None)
        if isinstance(seen, NewConnectionError | NameResolutionError):
            return True
        inner = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = reason if isinstance(reason, BaseException) else inner or seen.__cause__
    return False
