"""What each answer of the REST API means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from assets.coperniq.replies import Outcome
from assets.coperniq.rest import replies
from assets.coperniq.rest.calls import is_record
from assets.coperniq.rest.replies import Answer
from assets.coperniq.wire import Answered

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENT = {"title": "Ada Lovelace", "emails": ["ada@example.com"], "n": 5}


def answer(status: int, body: object = None, *, raw: bytes | None = None, **headers: str) -> Answer:
    response = requests.Response()
    response.status_code = status
    response._content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return replies.read(Answered(response, 12), NOW, is_record, SENT)


@pytest.mark.parametrize("status", [200, 201])
def test_a_record_is_done(status: int) -> None:
    found = answer(status, {"id": 7, "data": {"answer": {}}, "errors": [1]})
    assert (found.done, found.refused, found.body["id"]) == (True, False, 7)
    assert (found.reply.status, found.reply.elapsed_ms, found.reply.code, found.reply.message) == (
        status,
        12,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("status", "raw", "outcome", "code"),
    [
        (200, b"<html>", Outcome.OPEN, "NOT_JSON"), (201, b'{"id": 1', Outcome.OPEN, "NOT_JSON"),
        (200, b"{}", Outcome.OPEN, "NO_DATA"), (200, b"[]", Outcome.OPEN, "NO_DATA"),
        (200, b'{"id": "x"}', Outcome.OPEN, "NO_DATA"), (302, b"", Outcome.OPEN, "HTTP_302"),
        (401, b'{"message": "m"}', Outcome.UNAUTHORISED, "HTTP_401"), (403, b"", Outcome.UNAUTHORISED, "HTTP_403"),
        (404, b"<html>", Outcome.NOT_CARRIED_OUT, "HTTP_404"), (405, b"{}", Outcome.NOT_CARRIED_OUT, "HTTP_405"),
        (400, b"<html>", Outcome.INVALID, "HTTP_400"), (400, b"{}", Outcome.INVALID, "HTTP_400"),
        (408, b"{}", Outcome.OPEN, "HTTP_408"), (413, b'{"message": "m"}', Outcome.INVALID, "HTTP_413"),
        (429, b"", Outcome.THROTTLED, "HTTP_429"), (500, b'{"message": "m"}', Outcome.OPEN, "HTTP_500"),
        (502, b"<html>", Outcome.OPEN, "HTTP_502"), (503, b"", Outcome.OPEN, "HTTP_503"),
    ],
)  # fmt: skip
def test_a_failure_of_the_request(status: int, raw: bytes, outcome: Outcome, code: str) -> None:
    found = answer(status, raw=raw)
    assert (found.reply.outcome, found.reply.code, found.done, found.refused) == (outcome, code, False, False)
    assert found.reply.message


@pytest.mark.parametrize(
    ("status", "code"), [(400, "VALIDATION"), (404, "NOT_FOUND"), (409, "CONFLICT"), (422, "VALIDATION")]
)
def test_a_message_refuses_the_record(status: int, code: str) -> None:
    found = answer(status, {"message": "No good", "code": "VALIDATION", "field": "title"})
    result = found.reply.results[0]
    assert (found.reply.outcome, found.refused, found.body) == (Outcome.DONE, True, None)
    assert (result.id, result.code, result.message, result.field) == (None, code, "No good", "title")
    assert not found.is_gone


def test_a_record_that_is_not_found_is_gone() -> None:
    assert answer(404, {"message": "Not found", "code": "NOT_FOUND"}).is_gone


def test_a_message_shows_no_values_of_the_request_and_is_short() -> None:
    message = (
        answer(400, {"message": f"Ada Lovelace <ada@example.com> is taken\0 {'x' * 300}"}).reply.results[0].message
    )
    assert message is not None
    assert message.startswith("… <…> is taken x")
    assert len(message) == 200


@pytest.mark.parametrize(("wait", "outcome"), [("7", Outcome.THROTTLED), ("40000", Outcome.EXHAUSTED)])
def test_who_asks_to_wait_for_long_has_no_more_requests_today(wait: str, outcome: Outcome) -> None:
    reply = answer(429, {"message": "m"}, Retry_After=wait).reply
    assert (reply.outcome, reply.retry_after) == (outcome, float(wait))


def test_coperniqs_clock_is_noted() -> None:
    assert answer(201, {"id": 1}, Date="Fri, 02 Jan 2026 03:04:00 GMT").reply.at == NOW.replace(second=0)


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.DONE])
def test_what_follows_a_request_that_was_carried_out_leaves_the_record_open(outcome: Outcome) -> None:
    found: Any = replies.refuse("CODE", "why")
    failed = Answer(replies.replace(found.reply, outcome=outcome, retry_after=3.0))
    left = failed.left_open()
    assert (left.outcome, left.results, left.retry_after, left.on_wire) == (Outcome.OPEN, {}, 3.0, True)
