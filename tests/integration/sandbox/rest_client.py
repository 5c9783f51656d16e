"""A small client of the REST face, and the judge of its answers: the public OpenAPI file, where there is one.

The file is no part of this project. Where it is missing, answers are compared by the tests' own assertions alone.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

OPENAPI = Path(__file__).resolve().parents[4] / "shared" / "coperniq" / "rest-openapi.yml"
_ID = re.compile(r"/[0-9]+(?=/|$)")


@cache
def _document() -> dict[str, Any]:
    return yaml.load(OPENAPI.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe


@cache
def _operation(method: str, path: str) -> dict[str, Any]:
    """Find the operation of a path whose ids are left out."""
    for template, operations in _document()["paths"].items():
        if re.sub(r"\{\w+\}", "{id}", template) == _ID.sub("/{id}", path):
            return operations[method.lower()]
    raise LookupError(f"{method} {path} is not in the public contract")


def complain(schema: dict[str, Any], instance: object) -> list[str]:
    """List how an instance breaks a schema of the file.

    The file has one enum of codes for all failures of an endpoint, taken from one of them: codes are not compared.
    """
    registry = Registry().with_resource("urn:openapi", Resource(_document(), DRAFT202012))
    schema = {"$ref": "urn:openapi" + schema["$ref"]} if "$ref" in schema else _absolute(schema)
    validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
    return [
        f"{error.json_path}: {error.message}"
        for error in validator.iter_errors(instance)
        if error.json_path != "$.code"
    ]


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: f"urn:openapi{value}" if name == "$ref" else _absolute(value) for name, value in schema.items()}
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema


def check(method: str, path: str, response: requests.Response) -> None:
    """Compare an answer with what the public contract has for this status."""
    operation = _operation(method, path)
    # What was created answers 201 also where the file, which is a trimmed copy, lists the 200 of a match alone.
    known = operation["responses"]
    said = known.get(str(response.status_code)) or (known["200"] if response.status_code == 201 else None)
    assert said is not None, f"{method} {path} does not answer {response.status_code} by the public contract"
    content = said.get("content")
    if content is None:
        assert response.content == b""
        return
    assert complain(content["application/json"]["schema"], response.json()) == []


@dataclass
class RestCaller:
    """Speak to a REST face with one key.

    Attributes:
        judge: Compares each answer with the OpenAPI file.
    """

    url: str
    key: str
    judge: bool
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Send a request."""
        headers = {"x-api-key": self.key}
        response = self.session.request(method, self.url + path, json=body, params=query, headers=headers, timeout=10)
        if self.judge:
            check(method, path, response)
        return response

    def get(self, path: str, **query: Any) -> Any:
        """Read what is there."""
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any, status: int = 201, **query: Any) -> Any:
        """Create something."""
        response = self.call("POST", path, body, **query)
        assert response.status_code == status, response.text
        return response.json()

    def patch(self, path: str, body: Any) -> Any:
        """Change something."""
        response = self.call("PATCH", path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def delete(self, path: str) -> None:
        """Remove something."""
        assert self.call("DELETE", path).status_code == 200

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str | None]:
        """Send what must be refused; give status and field."""
        response = self.call(method, path, body, **query)
        assert response.status_code >= 400
        return response.status_code, response.json().get("field")


def account(rest: RestCaller, **fields: Any) -> dict[str, Any]:
    """Make an account of its own."""
    return rest.post("/accounts", {"title": f"Ann {uuid.uuid4()}", "address": [], **fields})


def site(rest: RestCaller, owner: int) -> dict[str, Any]:
    """Make a site of an account."""
    return rest.post("/sites", {"accountId": owner, "fullAddress": f"1 Main St {uuid.uuid4()}"})


def asset(rest: RestCaller, **changes: Any) -> dict[str, Any]:
    """Give the body of an asset at a site of its own."""
    owner = account(rest)["id"]
    return {
        "accountId": owner, "siteId": site(rest, owner)["id"], "type": "BOILER", "manufacturer": "Weil", "model": "M1",
        "serialNumber": f"SN {uuid.uuid4()}", **changes,
    }  # fmt: skip


def email() -> str:
    """Make an e-mail address that nothing holds."""
    return f"{uuid.uuid4().hex}@example.com"
