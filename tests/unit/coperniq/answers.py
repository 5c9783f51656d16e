"""Answers as Coperniq or something in front of it would give them, without a network."""

from __future__ import annotations

import json
from typing import Any

import requests

from assets.coperniq.claims import Claimed
from assets.coperniq.replies import Reply, classify
from tests.unit.coperniq.clock import NOW, uuid

Fields = dict[str, Any]


def response(status: int = 200, body: object = "", **headers: str) -> requests.Response:
    """Make a response; a body that is no text or bytes is sent as JSON."""
    made = requests.Response()
    made.status_code = status
    made._content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else _json(body)
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def bulk(*results: Fields, transaction: object = "txn_1") -> Fields:
    """Make the body of a bulk operation's answer."""
    return {"data": {"answer": {"transactionId": transaction, "results": list(results)}}}


def written(index: object, id_: object = "id_1") -> Fields:
    """Make a result of a record that was written."""
    return {"index": index, "id": id_, "userErrors": []}


def refused(index: int, **error: object) -> Fields:
    """Make a result of a record that was refused."""
    return {"index": index, "id": None, "userErrors": [{"code": "INVALID", "message": "no", "field": None, **error}]}


def page(*nodes: object, **info: object) -> Fields:
    """Make the body of a query's answer."""
    return {"data": {"answer": {"nodes": list(nodes), "pageInfo": {"hasNextPage": False, "endCursor": None, **info}}}}


def errors(*codes: str | None, data: object = None) -> Fields:
    """Make the body of a request that failed as a whole."""
    return {"errors": [{"message": "secret@example.com", "extensions": {"code": code}} for code in codes], "data": data}


def classified(status: int = 200, body: object = "", expected: int = 2, **headers: str) -> Reply:
    """Classify a response to a bulk operation of two records."""
    return classify(response(status, body, **headers), expected, 12, NOW)


def claimed(number: int = 1, coperniq_id: str | None = None, **data: object) -> Claimed:
    """Make a record that was claimed."""
    ids = [uuid(number, kind) for kind in range(4)]
    operation = "import" if coperniq_id is None else "update"
    return Claimed(
        ids[0], ids[1], NOW, operation, coperniq_id, ids[2], ids[3], number, data, repaired=False, remark=None
    )


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
