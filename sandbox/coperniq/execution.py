"""One GraphQL request: parse, validate and execute it with graphql-core, and give every error its code.

A document that does not parse or validate, and variables that do not fit, are BAD_USER_INPUT. What a resolver refuses
carries its own code. Anything else is a fault of this server: INTERNAL_SERVER_ERROR, told to the log and not to the
client.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute_sync, get_operation_ast, parse, validate

from sandbox.coperniq.batches import BatchContext

if TYPE_CHECKING:
    from sandbox.coperniq.resolvers import Context

_LOG = logging.getLogger(__name__)
#: Clients send a handful of documents again and again; one with its data written into the text is not worth keeping.
_CACHED_DOCUMENTS = 128
_CACHED_LENGTH = 20_000


@dataclass(frozen=True)
class GraphQLRequest:
    """Hold the three members of a request."""

    query: str
    variables: dict[str, object]
    operation_name: str | None


@dataclass(frozen=True)
class GraphQLReply:
    """Hold what goes back to the client, and what the access log may say about it.

    Attributes:
        operation: The operation's name in the document, `-` when there is none.
        outcome: `ok`, or the code of the first error.
    """

    body: dict[str, object]
    operation: str
    outcome: str


class Executor:
    """Execute requests against one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Take the schema, with its resolvers attached."""
        self._schema = schema
        self._cached = lru_cache(_CACHED_DOCUMENTS)(self._load)

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLReply:
        """Execute a request; failures are part of the reply, never raised."""
        load = self._cached if len(request.query) <= _CACHED_LENGTH else self._load
        document = load(request.query)
        if not isinstance(document, DocumentNode):
            return _reply(None, document, "-")
        result = execute_sync(
            self._schema,
            document,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            execution_context_class=BatchContext,
        )
        return _reply(result.data, result.errors or [], _operation_name(document, request.operation_name))

    def _load(self, query: str) -> DocumentNode | list[GraphQLError]:
        try:
            document = parse(query)
            return validate(self._schema, document) or document
        except GraphQLError as error:
            return [error]


def error_body(code: str, message: str) -> dict[str, object]:
    """Make the body of a request that failed before it came to GraphQL."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _operation_name(document: DocumentNode, name: str | None) -> str:
    operation = get_operation_ast(document, name)
    return operation.name.value if operation and operation.name else "-"


def _reply(data: dict[str, object] | None, errors: list[GraphQLError], operation: str) -> GraphQLReply:
    if not errors:
        return GraphQLReply({"data": data}, operation, "ok")
    outcomes = [_format(error) for error in errors]
    formatted = [{**error, "extensions": {"code": code}} for code, error in outcomes]
    return GraphQLReply({"data": data, "errors": formatted}, operation, outcomes[0][0])


def _format(error: GraphQLError) -> tuple[str, dict[str, object]]:
    """Give the error's code, and the rest of what the client is told."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        _LOG.error("an operation failed", exc_info=cause)
        return "INTERNAL_SERVER_ERROR", {**error.formatted, "message": "internal server error"}
    return (error.extensions or {}).get("code", "BAD_USER_INPUT"), {**error.formatted}
