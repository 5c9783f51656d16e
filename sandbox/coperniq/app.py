"""The server's HTTP side: `POST /graphql`, REST below `/v1` and `GET /health`, the keys, and a line for each request.

Status codes follow the contract and, where it is silent, GraphQL over HTTP: 401 for a key that is not known, 413 for a
body over 10 MiB, 415 for one that is not JSON by its media type, 400 for one that is no GraphQL request. Everything
that GraphQL itself refuses is HTTP 200 with `errors`. Faults, delays and lost replies are no business of this module:
it is a plain ASGI application, and `faults` stands around it.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.coperniq.contract import record_types
from sandbox.coperniq.edge import HTTPRefusalError, company_of, log_access, read_json
from sandbox.coperniq.execution import Executor, GraphQLReply, GraphQLRequest, error_body
from sandbox.coperniq.resolvers import Context, attach_resolvers
from sandbox.coperniq.rest.routes import rest_routes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor as Worker

    from graphql import GraphQLSchema
    from starlette.requests import Request

    from sandbox.coperniq.store import Store

SERVICE = "coperniq-sandbox"


def create_app(schema: GraphQLSchema, store: Store, keys: Mapping[str, int], worker: Worker) -> Starlette:
    """Build the server.

    Args:
        schema: The contract; it is given its resolvers here.
        store: Where the records are; it is used from the worker's thread alone.
        keys: The company of each key.
        worker: A pool of one thread. Operations run on it one after another, so that a slow one does not keep the
            server from answering `/health`, and each sees what those before it wrote.
    """
    attach_resolvers(schema, record_types(schema).values())
    executor = Executor(schema)

    async def graphql(request: Request) -> Response:
        started = time.perf_counter()
        company_id, reply = None, GraphQLReply({}, "-", "UNAUTHENTICATED")
        try:
            company_id = company_of(_bearer(request), keys)
            asked = _graphql_request(await read_json(request))
            context = Context(store, company_id, getattr(request.state, "number", 0))
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(worker, executor.execute, asked, context)
            status = HTTPStatus.OK
        except HTTPRefusalError as error:
            status, reply = error.status, GraphQLReply(error_body(error.code, str(error)), "-", error.code)
        log_access(reply.operation, status, company_id, reply.outcome, started)
        headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
        return JSONResponse(reply.body, status, headers)

    async def health(_request: Request) -> Response:
        return JSONResponse({"service": SERVICE, "store": str(store.path)})

    routes = [Route("/graphql", graphql, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=[*routes, *rest_routes(store, keys, worker)])


def _bearer(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _graphql_request(content: object) -> GraphQLRequest:
    members = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    query, variables, name = (members.get(member) for member in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise HTTPRefusalError(HTTPStatus.BAD_REQUEST, "the body is not {query, operationName, variables}")
    return GraphQLRequest(query, cast("dict[str, object]", variables or {}), name)
