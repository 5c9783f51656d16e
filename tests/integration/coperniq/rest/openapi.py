"""Whether requests and answers are what Coperniq's public OpenAPI file says of them.

The file is not the project's and not in it: it lies beside the project, or what needs it is skipped.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from requests import Response

FILE = Path(__file__).resolve().parents[5] / "shared" / "coperniq" / "rest-openapi.yml"
_NAME = "urn:coperniq"


def required() -> None:
    """Skip the test where the file is missing."""
    if not FILE.is_file():
        pytest.skip(f"Coperniq's OpenAPI file is not there: put it at {FILE}")


def check(response: Response, base: str) -> None:
    """Check a request and its answer.

    Raises:
        AssertionError: What is not as the file says.
    """
    request = response.request
    parts = urlsplit(str(request.url))
    path = parts.path.removeprefix(urlsplit(base).path)
    operation = _operation(str(request.method), path)
    _check_parameters(operation, path, dict(parse_qsl(parts.query)), {key.lower() for key in request.headers})
    body = operation.get("requestBody")
    assert (request.body is None) == (body is None), f"{request.method} {path}: with a body, or without"
    if body is not None:
        where = f"{operation['operationId']}: the request"
        _validate(body["content"]["application/json"]["schema"], json.loads(request.body or b""), where, strict=True)
    _check_answer(operation, response)


def _check_parameters(operation: dict[str, Any], path: str, query: dict[str, str], headers: set[str]) -> None:
    known = {(one["in"], one["name"]): one for one in operation["parameters"]}
    names = {name for place, name in known if place == "query"}
    assert set(query) <= names, f"{path}: no parameters {set(query) - names}"
    for (place, name), one in known.items():
        given = name in query if place == "query" else name.lower() in headers if place == "header" else True
        assert given or not one.get("required"), f"{path}: {name} is required"
        if place == "query" and name in query:
            schema = one["schema"]
            value: Any = json.loads(query[name]) if schema.get("type") in ("integer", "boolean") else query[name]
            _validate(schema, value, f"{path}: {name}")


def _check_answer(operation: dict[str, Any], response: Response) -> None:
    answers, status = operation["responses"], str(response.status_code)
    if status == "201" and status not in answers:
        # The file keeps one success of each operation, and says of the other in words.
        status = "200"
    if status == "200" and status not in answers:
        status = "201"
    assert status in answers or response.status_code >= 400, f"{operation['operationId']} answers no {status}"
    content = answers.get(status, {}).get("content")
    if content and response.ok:
        _validate(content["application/json"]["schema"], response.json(), f"{operation['operationId']}: the answer")


def _validate(schema: dict[str, Any], value: Any, where: str, *, strict: bool = False) -> None:
    validator = Draft202012Validator(_absolute(schema), registry=_registry())
    errors = [f"{where}: {error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert not errors, errors
    if strict and isinstance(value, dict):
        named = _resolved(schema).get("properties", {})
        assert set(value) <= set(named), f"{where}: no fields {set(value) - set(named)}"


def _operation(method: str, path: str) -> dict[str, Any]:
    for template, operations in _document()["paths"].items():
        pattern = re.sub(r"\\{\w+\\}|\{\w+\}", r"[^/]+", template)
        fixed = template.count("{") == 0
        if method.lower() in operations and (template == path if fixed else re.fullmatch(pattern, path)):
            return operations[method.lower()]
    raise AssertionError(f"there is no {method} {path}")


def _absolute(schema: Any) -> Any:
    """Return a schema whose references name the document."""
    if isinstance(schema, dict):
        return {key: f"{_NAME}{value}" if key == "$ref" else _absolute(value) for key, value in schema.items()}
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    return _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


@cache
def _document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource(_NAME, Resource(contents=_document(), specification=DRAFT202012))
