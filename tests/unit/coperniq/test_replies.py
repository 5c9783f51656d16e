"""Every way in which Coperniq's contract says that a request can end, and those that networks add."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests import exceptions
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from assets.coperniq.replies import SHOWN_CHARACTERS, Outcome, classify, no_answer, stayed, used_up
from tests.unit.coperniq.answers import NOW, bulk, classified, errors, page, refused, response, written

HTML = "<html><h1>502 Bad Gateway</h1></html>"
POOL: Any = HTTPConnectionPool("coperniq.example")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.INVALID), (401, Outcome.UNAUTHORISED), (403, Outcome.UNAUTHORISED),
        (404, Outcome.NOT_CARRIED_OUT), (405, Outcome.NOT_CARRIED_OUT), (408, Outcome.OPEN), (413, Outcome.INVALID),
        (415, Outcome.NOT_CARRIED_OUT), (422, Outcome.INVALID), (429, Outcome.THROTTLED), (500, Outcome.OPEN),
        (502, Outcome.OPEN), (503, Outcome.OPEN), (504, Outcome.OPEN), (301, Outcome.OPEN), (202, Outcome.OPEN),
        (204, Outcome.OPEN),
    ],
)  # fmt: skip
def test_a_status_decides_whatever_the_body_says(status: int, outcome: Outcome) -> None:
    for body in (HTML, "", bulk(written(0), written(1)), errors("THROTTLED")):
        reply = classified(status, body)
        assert (reply.outcome, reply.status, reply.code) == (outcome, status, f"HTTP_{status}")
        assert (reply.results, reply.data, reply.transaction_id, reply.elapsed_ms) == ({}, None, None, 12)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("UNAUTHENTICATED", Outcome.UNAUTHORISED), ("FORBIDDEN", Outcome.UNAUTHORISED),
        ("THROTTLED", Outcome.THROTTLED), ("BAD_USER_INPUT", Outcome.INVALID), ("MAX_BATCH_EXCEEDED", Outcome.INVALID),
        ("INTERNAL_SERVER_ERROR", Outcome.OPEN), ("NEW_CODE", Outcome.OPEN), (None, Outcome.OPEN),
        ("GRAPHQL_VALIDATION_FAILED", Outcome.NOT_CARRIED_OUT), ("GRAPHQL_PARSE_FAILED", Outcome.NOT_CARRIED_OUT),
    ],
)  # fmt: skip
@pytest.mark.parametrize("data", [None, {"answer": None}, {}])
def test_a_code_decides_where_the_status_is_200(code: str | None, outcome: Outcome, data: object) -> None:
    for body in (errors(code, data=data), errors(code, code, data=data)):
        reply = classified(200, body)
        assert (reply.outcome, reply.status, reply.results) == (outcome, 200, {})
        assert reply.code == (code or "UNKNOWN")


@pytest.mark.parametrize("code", ["BAD_USER_INPUT", "UNAUTHENTICATED", "THROTTLED"])
def test_errors_beside_an_answer_mean_that_something_was_carried_out(code: str) -> None:
    body = errors(code, data=bulk(written(0), written(1))["data"])
    assert classified(200, body).outcome is Outcome.OPEN


def test_errors_that_mean_different_things_leave_it_open() -> None:
    assert classified(200, errors("BAD_USER_INPUT", "INTERNAL_SERVER_ERROR")).outcome is Outcome.OPEN
    assert classified(200, errors("BAD_USER_INPUT", "MAX_BATCH_EXCEEDED")).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    "body",
    [
        "", HTML, '{"data": {"answer": {"transactionId": "t", "resul', "[]", "null", "1", b"\xff\xfe\x00",
        "[" * 100_000, '{"data": ' + "1" * 5000 + "}",
    ],
)  # fmt: skip
def test_what_is_not_a_json_object_leaves_it_open(body: str | bytes) -> None:
    reply = classified(200, body)
    assert (reply.outcome, reply.code) == (Outcome.OPEN, "NOT_JSON")


@pytest.mark.parametrize(
    "body", [{}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"answer": None}}, {"data": {"answer": []}}]
)
def test_an_answer_without_data_leaves_it_open(body: object) -> None:
    for expected in (0, 2):
        reply = classified(200, body, expected)
        assert (reply.outcome, reply.code) == (Outcome.OPEN, "NO_DATA")


@pytest.mark.parametrize("broken", ["nodes", "pageInfo", None])
def test_a_page_that_is_none_leaves_it_open(broken: str | None) -> None:
    body = page({"id": "c_1"})
    if broken:
        body["data"]["answer"][broken] = None
    else:
        body["data"]["answer"]["nodes"] = [{"name": "without an id"}]
    assert classified(200, body, 0).outcome is Outcome.OPEN


def test_a_page_is_given_as_it_came() -> None:
    reply = classified(200, page({"id": "c_1", "name": "Ada"}, hasNextPage=True, endCursor="x"), 0)
    assert reply.outcome is Outcome.DONE
    assert reply.data is not None
    assert reply.data["nodes"] == [{"id": "c_1", "name": "Ada"}]
    assert reply.data["pageInfo"] == {"hasNextPage": True, "endCursor": "x"}


def test_results_answer_by_index_in_any_order() -> None:
    reply = classified(
        200, bulk(refused(1, code="NOT_FOUND", message="no client", field="clientId"), written(0, "c_9"))
    )
    assert (reply.outcome, reply.transaction_id, reply.status) == (Outcome.DONE, "txn_1", 200)
    assert reply.results[0].id == "c_9"
    assert reply.results[1].id is None
    assert reply.results[1].reason == "clientId: no client (NOT_FOUND)."


@pytest.mark.parametrize(
    ("results", "known"),
    [
        ([], {}),
        ([written(1)], {1: "id_1"}),
        ([written(0), written(0)], {}),
        ([written(0), refused(0)], {}),
        ([written(0), written(0, None), written(1, "b")], {1: "b"}),
        ([written(2), written(-1), written("0"), written(0.0), written(None), written(index=True)], {}),
        ([written(0, None), {"index": 1, "id": "b", "userErrors": [{"code": "X"}]}], {}),
        ([{"index": 0, "id": "", "userErrors": []}, {"index": 1}], {}),
        ([{"index": 0, "id": {"a": 1}, "userErrors": []}, {"index": 1, "id": True, "userErrors": []}], {}),
        ([{"index": 0, "id": {"a": 1}, "userErrors": [{"code": "X"}]}, {"index": 1, "userErrors": "X"}], {}),
        ([written(0, "same"), written(1, "same")], {}),
        (["x", None, 3, [], written(0, 77)], {0: "77"}),
    ],
    ids=["none", "short", "doubled", "both", "doubled once malformed", "not sent", "id and errors", "neither",
         "no text", "no errors", "one id for two", "rubbish"],
)  # fmt: skip
def test_a_result_that_cannot_be_relied_on_leaves_its_index_open(
    results: list[dict[str, Any]], known: dict[int, str]
) -> None:
    reply = classified(200, bulk(*results))
    assert reply.outcome is Outcome.DONE
    assert {index: result.id for index, result in reply.results.items()} == known


@pytest.mark.parametrize("results", [None, {}, "x", 1])
def test_results_that_are_no_list_leave_all_open(results: object) -> None:
    body = bulk()
    body["data"]["answer"]["results"] = results
    assert classified(200, body).results == {}


@pytest.mark.parametrize("transaction", [None, "", {}, []])
def test_a_transaction_that_is_none_is_none(transaction: object) -> None:
    reply = classified(200, bulk(written(0), written(1, "b"), transaction=transaction))
    assert reply.transaction_id is None
    assert len(reply.results) == 2


def test_what_postgresql_cannot_hold_is_taken_out_of_texts() -> None:
    reply = classified(200, bulk(written(0, "c\x001"), refused(1, code="A\x00", message="\ud800" + "x" * 500)))
    assert reply.results[0].id == "c1"
    assert (reply.results[1].code, reply.results[1].message) == ("A", "?" + "x" * (SHOWN_CHARACTERS - 1))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0), (" 120 ", 120.0), ("0", 0.0), ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0), ("Sun, 01 Mar 2026 13:00:10 +0100", 10.0), ("soon", None), ("-3", None),
        ("1.5", None), ("²", None), ("", None), ("Sun, 01 Mar 2026 12:01:30 -0000", None),
        ("Sun, 01 Mar 9999999999 12:00:00 GMT", None), ("Sun, 01 Mar 2026 12:00:00 +99999999999999", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    for status, body in ((429, HTML), (503, HTML), (200, errors("THROTTLED"))):
        assert classified(status, body, Retry_After=value).retry_after == seconds
    assert classified(429).retry_after is None


def retried(reason: Exception) -> exceptions.ConnectionError:
    """Wrap a fault as requests does."""
    return exceptions.ConnectionError(MaxRetryError(POOL, "/graphql", reason))


@pytest.mark.parametrize(
    "error",
    [
        retried(NewConnectionError(POOL, "Connection refused")),
        retried(NameResolutionError("coperniq.example", POOL, OSError())),  # type: ignore[arg-type]
        exceptions.ConnectTimeout(MaxRetryError(POOL, "/graphql", ConnectTimeoutError())),
        exceptions.SSLError(MaxRetryError(POOL, "/graphql", SSLError(ssl.SSLCertVerificationError("self-signed")))),
        exceptions.InvalidURL("x"), exceptions.MissingSchema("x"), exceptions.InvalidHeader("Bearer secret-key"),
        exceptions.InvalidJSONError("x"),
    ],
)  # fmt: skip
def test_what_never_left_was_not_carried_out(error: requests.RequestException) -> None:
    reply = no_answer(error, 5)
    assert (reply.outcome, reply.status, reply.code) == (Outcome.NOT_CARRIED_OUT, None, type(error).__name__)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadTimeout(ReadTimeoutError(POOL, "/graphql", "timed out")),
        exceptions.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104))),
        exceptions.SSLError(MaxRetryError(POOL, "/graphql", SSLError(ssl.SSLEOFError(8, "EOF in violation")))),
        exceptions.SSLError(ssl.SSLError("record layer failure")),
        exceptions.ChunkedEncodingError(ProtocolError("IncompleteRead")), exceptions.ContentDecodingError("x"),
        exceptions.TooManyRedirects("x"), requests.RequestException("something new"),
    ],
)  # fmt: skip
def test_what_may_have_arrived_is_open(error: requests.RequestException) -> None:
    reply = no_answer(error, 5)
    assert (reply.outcome, reply.status, reply.elapsed_ms) == (Outcome.OPEN, None, 5)


def test_nothing_of_a_request_or_answer_is_shown() -> None:
    shown = [
        classified(200, errors("BAD_USER_INPUT")),
        classified(500, "secret@example.com"),
        classified(200, "secret"),
    ]
    shown.append(no_answer(exceptions.InvalidHeader("Bearer secret-key"), 1))
    assert not [reply for reply in shown if "secret" in f"{reply.message}{reply.code}"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["data", "answer", "results", "index", "id", "userErrors", "errors", "extensions", "code"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_json, st.integers(0, 3), st.integers(200, 599))
def test_no_answer_is_beyond_classification(body: object, expected: int, status: int) -> None:
    reply = classify(response(status, body), expected, 1, NOW)
    assert isinstance(reply.outcome, Outcome)
    assert all(0 <= index < max(expected, 1) for index in reply.results)
    assert (reply.data is not None) <= (expected == 0)


@pytest.mark.parametrize(("seconds", "outcome"), [("30", Outcome.THROTTLED), ("31", Outcome.EXHAUSTED)])
def test_a_throttling_that_lasts_is_a_quota_that_is_used_up(seconds: str, outcome: Outcome) -> None:
    for status, body in ((429, HTML), (200, errors("THROTTLED"))):
        assert classified(status, body, Retry_After=seconds).outcome is outcome
    assert classified(503, HTML, Retry_After=seconds).outcome is Outcome.OPEN


def test_coperniqs_clock_is_noted_where_it_says_it() -> None:
    assert classified(200, bulk(), Date="Sun, 01 Mar 2026 13:00:10 +0100").at == NOW.replace(second=10)
    assert classified(200, bulk(), Date="now").at is None
    assert classified(200, bulk()).at is None


def test_a_request_that_stayed_here_was_not_on_the_wire() -> None:
    assert not used_up(NOW, NOW).on_wire
    assert used_up(NOW, NOW).outcome is Outcome.EXHAUSTED
    assert stayed("WHY", "x").outcome is Outcome.NOT_CARRIED_OUT
    assert classified().on_wire
