"""What both faces share at HTTP's edge: reading a body, refusing a request as a whole, the access line."""

from __future__ import annotations

import json
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 10 * 1024 * 1024

_ACCESS = logging.getLogger("sandbox.coperniq.access")


class HTTPRefusalError(Exception):
    """The request fails as a whole, with this status, code and message."""

    def __init__(self, status: HTTPStatus, message: str, code: str = "BAD_USER_INPUT") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def log_access(operation: str, status: int, company_id: int | None, outcome: str, started: float) -> None:
    """Write a request's line, without any of its content.

    Args:
        operation: What was asked.
        status: Of HTTP.
        company_id: None for a key that is not known.
        outcome: `ok`, or a code.
        started: By `time.perf_counter()`.
    """
    elapsed = (time.perf_counter() - started) * 1000
    _ACCESS.info("%s %d company=%s %s %.1f ms", operation, status, company_id or "-", outcome, elapsed)


def company_of(key: str, keys: Mapping[str, int]) -> int:
    """Give the company of a key; 401 for one that is not known."""
    if key not in keys:
        raise HTTPRefusalError(HTTPStatus.UNAUTHORIZED, "the API key is missing or not known", "UNAUTHENTICATED")
    return keys[key]


async def read_json(request: Request) -> object:
    """Read a body that is JSON, and says so."""
    body = await _body(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPRefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json")
    try:
        return _decode(body)
    except (ValueError, RecursionError) as error:
        raise HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body is not JSON in UTF-8") from error


async def _body(request: Request) -> bytes:
    """Read the body to its end, also when it is too large: an answer in mid-body looks like a broken connection."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) <= MAX_BODY_BYTES:
                body += chunk
    except ClientDisconnect as error:
        raise HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body was cut off") from error
    if len(body) > MAX_BODY_BYTES:
        raise HTTPRefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _decode(body: bytes) -> object:
    """Parse JSON as its standard has it: without NaN, and without half a surrogate pair."""
    text = body.decode("utf-8")
    content = json.loads(text, parse_constant=_refuse_constant)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    return content


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
