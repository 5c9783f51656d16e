"""What a script calls a request: `mutation createContacts`, `query sites`, `POST /v1/accounts`, `GET /v1/sites/{id}`.

A request that is none of the server's operations is called by method and path.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, cast

from graphql import FieldNode, GraphQLError, get_operation_ast, parse

_ID = re.compile(r"/[0-9]+(?=/|$)")


def label_of(method: str, path: str, body: bytes) -> str:
    """Give the label of a request."""
    plain = f"{method} {_ID.sub('/{id}', path)}"
    if path != "/graphql":
        return plain
    content = json_object(body)
    query, name = content.get("query"), content.get("operationName")
    if not isinstance(query, str) or not isinstance(name, str | None):
        return plain
    return _operation(query, name) or plain


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; anything else is an empty one."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


@lru_cache(128)
def _operation(query: str, name: str | None) -> str | None:
    try:
        operation = get_operation_ast(parse(query), name)
    except GraphQLError:
        return None
    fields = operation.selection_set.selections if operation else ()
    first = next((field.name.value for field in fields if isinstance(field, FieldNode)), None)
    return f"{operation.operation.value} {first}" if operation and first else None
