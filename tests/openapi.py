"""Whether requests and answers are what Coperniq's public OpenAPI file says of them.

The file is no part of the repository. Where it is missing, what needs it is skipped, and only the tests' own assertions
judge.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.conftest import SHARED, shared_file

if TYPE_CHECKING:
    from requests import Response

NAME = "coperniq/rest-openapi.yml"
_ROOT = "urn:coperniq"


def is_there() -> bool:
    """Say whether there is a file to judge by."""
    return (SHARED / NAME).is_file()


def required() -> None:
    """Skip the test where the file is missing."""
    shared_file(NAME)


def check(response: Response, base: str) -> str:
    """Check a request, and its answer where that is a success; give the operation's name.

    Raises:
        AssertionError: What is not as the file says.
    """
    operation, path = _operation(response, base)
    request = response.request
    query = dict(parse_qsl(urlsplit(str(request.url)).query))
    _check_parameters(operation, path, query, {key.lower() for key in request.headers})
    body = operation.get("requestBody")
    assert (request.body is None) == (body is None), f"{request.method} {path}: with a body, or without"
    if body is not None:
        where = f"{operation['operationId']}: the request"
        _validate(body["content"]["application/json"]["schema"], json.loads(request.body or b""), where, strict=True)
    if response.ok:
        check_answer(response, base)
    return operation["operationId"]


def check_answer(response: Response, base: str) -> None:
    """Check an answer alone, a refusal too: whoever asks may have asked for what is wrong.

    Raises:
        AssertionError: What is not as the file says.
    """
    operation, _ = _operation(response, base)
    answers, status = operation["responses"], str(response.status_code)
    # The file keeps one success of each operation, and says of the other in words.
    said = answers.get(status) or (answers.get("200" if status == "201" else "201") if response.ok else None)
    where = f"{operation['operationId']}: the answer {status}"
    assert said is not None, f"{where} is not one of the contract's"
    content = said.get("content")
    if content is None:
        assert response.content == b"", f"{where} has no body"
        return
    _validate(content["application/json"]["schema"], response.json(), where)


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


def _validate(schema: dict[str, Any], value: Any, where: str, *, strict: bool = False) -> None:
    validator = Draft202012Validator(_absolute(schema), registry=_registry(), format_checker=FormatChecker())
    # The file has one enum of codes for all failures of an endpoint, taken from one of them: codes are not compared.
    errors = [
        f"{where}: {error.json_path}: {error.message}"
        for error in validator.iter_errors(value)
        if error.json_path != "$.code"
    ]
    assert not errors, errors
    if strict and isinstance(value, dict):
        named = _resolved(schema).get("properties", {})
        assert set(value) <= set(named), f"{where}: no fields {set(value) - set(named)}"


def _operation(response: Response, base: str) -> tuple[dict[str, Any], str]:
    """Find what the file says of a request; give its path as well."""
    method = str(response.request.method)
    path = urlsplit(str(response.request.url)).path.removeprefix(urlsplit(base).path)
    for template, operations in _document()["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[0-9]+", template), path):
            return operations[method.lower()], path
    raise AssertionError(f"there is no {method} {path}")


def _absolute(schema: Any) -> Any:
    """Return a schema whose references name the document."""
    if isinstance(schema, dict):
        return {key: f"{_ROOT}{value}" if key == "$ref" else _absolute(value) for key, value in schema.items()}
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    return _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


@cache
def _document() -> dict[str, Any]:
    return yaml.load((SHARED / NAME).read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource(_ROOT, Resource(contents=_document(), specification=DRAFT202012))
