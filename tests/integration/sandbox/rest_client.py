"""What tests speak to a REST face through; where Coperniq's OpenAPI file is there, it judges each answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from tests import openapi


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
            openapi.check_answer(response, self.url)
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
