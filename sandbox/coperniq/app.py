"""The server's HTTP side: `POST /graphql` and `GET /health`, the keys, and one access line for each request.

Status codes follow the contract and, where it is silent, GraphQL over HTTP: 401 for a key that is not known, 413 for a
body over 10 MiB, 415 for one that is not JSON by its media type, 400 for one that is no GraphQL request. Everything
that GraphQL itself refuses is HTTP 200 with `errors`. Faults, delays and lost replies are no business of this module:
it is a plain ASGI application, to be wrapped by whoever wants them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.coperniq.execution import Executor, GraphQLReply, GraphQLRequest, error_body
from sandbox.coperniq.resolvers import Context, attach_resolvers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor as Worker

    from graphql import GraphQLSchema

    from sandbox.coperniq.store import Store

SERVICE = "coperniq-sandbox"
MAX_BODY_BYTES = 10 * 1024 * 1024

_ACCESS = logging.getLogger("sandbox.coperniq.access")


class _HTTPRefusalError(Exception):
    """The request fails as a whole, with this status, code and message."""

    def __init__(self, status: HTTPStatus, message: str, code: str = "BAD_USER_INPUT") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def create_app(schema: GraphQLSchema, store: Store, keys: Mapping[str, int], worker: Worker) -> Starlette:
    """Build the server.

    Args:
        schema: The contract; it is given its resolvers here.
        store: Where the records are; it is used from the worker's thread alone.
        keys: The company of each key.
        worker: A pool of one thread. Operations run on it one after another, so that a slow one does not keep the
            server from answering `/health`, and each sees what those before it wrote.
    """
    attach_resolvers(schema, store.types.values())
    executor = Executor(schema)

    async def graphql(request: Request) -> Response:
        started = time.perf_counter()
        company_id, reply = None, GraphQLReply({}, "-", "UNAUTHENTICATED")
        try:
            company_id = _company(request, keys)
            asked = _graphql_request(request, await _body(request))
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(worker, executor.execute, asked, Context(store, company_id))
            status = HTTPStatus.OK
        except _HTTPRefusalError as error:
            status, reply = error.status, GraphQLReply(error_body(error.code, str(error)), "-", error.code)
        _ACCESS.info(
            "%s %d company=%s %s %.1f ms",
            reply.operation, status, company_id or "-", reply.outcome, (time.perf_counter() - started) * 1000,
        )  # fmt: skip
        headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
        return JSONResponse(reply.body, status, headers)

    async def health(_request: Request) -> Response:
        return JSONResponse({"service": SERVICE, "store": str(store.path)})

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"]), Route("/health", health)])


def _company(request: Request, keys: Mapping[str, int]) -> int:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key.strip() not in keys:
        raise _HTTPRefusalError(HTTPStatus.UNAUTHORIZED, "the API key is missing or not known", "UNAUTHENTICATED")
    return keys[key.strip()]


async def _body(request: Request) -> bytes:
    """Read the body to its end, also when it is too large: an answer in mid-body looks like a broken connection."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) <= MAX_BODY_BYTES:
                body += chunk
    except ClientDisconnect as error:
        raise _HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body was cut off") from error
    if len(body) > MAX_BODY_BYTES:
        raise _HTTPRefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _graphql_request(request: Request, body: bytes) -> GraphQLRequest:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _HTTPRefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json")
    try:
        content = _decode(body)
    except (ValueError, RecursionError) as error:
        raise _HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body is not JSON in UTF-8") from error
    members = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    query, variables, name = (members.get(member) for member in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise _HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body is not {query, operationName, variables}")
    return GraphQLRequest(query, cast("dict[str, object]", variables or {}), name)


def _decode(body: bytes) -> object:
    """Parse JSON as its standard has it: without NaN, and without half a surrogate pair."""
    text = body.decode("utf-8")
    content = json.loads(text, parse_constant=_refuse_constant)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    return content


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
