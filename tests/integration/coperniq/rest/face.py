"""A company of Coperniq behind its public REST API, in this process, which fails on demand.

What belongs here: the endpoints that the transport uses, as the API documents them, and the ways to fail. Answers hold
what is documented and nothing beyond: what the transport needs must be in the contract.
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import threading
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from typing import Self

KEY = "rest-key"
TEMPLATE, ITEM = 1, 1
LISTS = ("accounts", "contacts", "sites", "assets", "work-orders", "invoices", "quotes")

Body = dict[str, Any]
# The product's database is shared, and an id that another test's record has is never taken for a new one's: far from
# those of the sandbox, which counts from 1.
_ids = itertools.count(10**9)


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, code: str = "VALIDATION", field: str | None = None) -> None:
        self.status = status
        self.body = {"message": message, "code": code, **({"field": field} if field else {})}


class Face(ThreadingHTTPServer):
    """Listens on loopback. `fail` says what happens to the next requests of a kind.

    Attributes:
        held: Records by list and id.
        seen: Method and path of each request, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.held: dict[str, dict[int, Body]] = {name: {} for name in LISTS}
        self.seen: list[str] = []
        self.lock = threading.RLock()
        self._failures: list[tuple[re.Pattern[str], deque[str]]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def fail(self, request: str, *actions: str) -> None:
        """Make the next requests that match `METHOD /path` fail.

        Args:
            request: A regular expression.
            actions: `pass`, `drop` (before), `lose` (after it was carried out), `status N`, `page N` (after; as HTML).
        """
        self._failures.append((re.compile(request), deque(actions)))

    def recover(self) -> None:
        """End all failures."""
        self._failures.clear()

    def action(self, request: str) -> str:
        """Take the next failure that is meant for a request."""
        for pattern, actions in self._failures:
            if actions and pattern.fullmatch(request):
                return actions.popleft()
        return "pass"

    def count(self, request: str) -> int:
        """Count the requests that match a regular expression."""
        return sum(re.fullmatch(request, one) is not None for one in self.seen)

    def add(self, name: str, /, **body: Any) -> Body:
        """Put a record into a list."""
        now = datetime.now(UTC).isoformat()
        made = {"id": next(_ids), "createdAt": now, "updatedAt": now, **body}
        self.held[name][made["id"]] = made
        return made

    def rows(self, name: str) -> list[Body]:
        """List the records of a list, oldest first."""
        return list(self.held[name].values())

    def answer(self, method: str, path: str, params: dict[str, str], body: Body) -> tuple[int, Any]:
        """Carry a request out."""
        name, _, rest = path.strip("/").partition("/")
        nested = re.fullmatch(r"(\d+)/work-orders(?:/(\d+))?", rest)
        if name == "accounts" and nested:
            account = self.one("accounts", nested[1])
            if method == "POST":
                return self._order(account, body)
            return self._one(method, "work-orders", nested[2] or "", params, body)
        if name not in self.held:
            raise Refusal(404, "No such address", "NOT_FOUND")
        if rest:
            return self._one(method, name, rest, params, body)
        return self._list(name, params) if method == "GET" else getattr(self, f"_new_{name}")(params, body)

    def one(self, name: str, id_: str) -> Body:
        """Give a record by its id."""
        if int(id_) not in self.held[name]:
            raise Refusal(404, "Not found", "NOT_FOUND")
        return self.held[name][int(id_)]

    def _one(self, method: str, name: str, id_: str, params: dict[str, str], body: Body) -> tuple[int, Any]:
        found = self.one(name, id_)
        if method == "DELETE":
            del self.held[name][int(id_)]
            return 200, None
        if method == "PATCH":
            found |= _changed(name, body) | {"updatedAt": datetime.now(UTC).isoformat()}
        return 200, self._shown(name, found, params)

    def _list(self, name: str, params: dict[str, str]) -> tuple[int, Any]:
        found = [row for row in self.rows(name) if self._meant(name, row, params) and not row.get("isArchived")]
        size, page = int(params.get("page_size", 20)), int(params.get("page", 1))
        shown = [self._shown(name, row, params) for row in found[size * (page - 1) : size * page]]
        if name == "invoices":
            return 200, {"items": shown, "page": page, "page_size": size, "has_more": len(found) > size * page}
        return 200, shown

    def _meant(self, name: str, row: Body, params: dict[str, str]) -> bool:
        since = params.get("updated_after")
        if since and datetime.fromisoformat(row["updatedAt"]) < datetime.fromisoformat(since):
            return False
        filters = {"accountId": row.get("accountId"), "zipcode": row.get("zipcode"), "title": row.get("title")}
        mine = self._contacts(row) if name == "accounts" else []
        emails = [row.get("primaryEmail"), *(email for one in mine for email in one.get("emails", []))]
        phones = [row.get("primaryPhone"), *(phone for one in mine for phone in one.get("phones", []))]
        lists = {"primaryEmail": emails, "primaryPhone": phones}
        return all(str(filters[key]) == value for key, value in params.items() if key in filters) and all(
            value in lists[key] for key, value in params.items() if key in lists
        )

    def _shown(self, name: str, row: Body, params: dict[str, str]) -> Body:
        if name == "contacts":
            return {key: row[key] for key in ("name", "emails", "phones", "title") if key in row}
        shown = {key: value for key, value in row.items() if not key.startswith("_")}
        if name == "accounts" and params.get("include_contacts") == "true":
            shown["contacts"] = [
                {key: one.get(key, []) for key in ("id", "emails", "phones")} for one in self._contacts(row)
            ]
        return shown

    def _contacts(self, account: Body) -> list[Body]:
        return [one for one in self.rows("contacts") if account["id"] in one["_accounts"]]

    def _new_accounts(self, params: dict[str, str], body: Body) -> tuple[int, Any]:
        if "@" not in body.get("primaryEmail", "@"):
            raise Refusal(400, f"{body['primaryEmail']} is no e-mail address", field="primaryEmail")
        way = params.get("match_by", "title")
        for row in self.rows("accounts"):
            if body.get(way) and row.get(way) == body[way]:
                return 200, self._shown("accounts", row, {})
        made = self.add("accounts", **{"primaryEmail": None, "primaryPhone": None, "description": None, **body})
        lists = {"emails": body.get("primaryEmail"), "phones": body.get("primaryPhone")}
        self.add("contacts", name=body["title"], _accounts=[made["id"]],
                 **{key: [value] for key, value in lists.items() if value})  # fmt: skip
        return 201, self._shown("accounts", made, {})

    def _new_contacts(self, params: dict[str, str], body: Body) -> tuple[int, Any]:  # noqa: ARG002 - as the others
        row = {key: value for key, value in body.items() if key != "accountIds"}
        return 201, self._shown("contacts", self.add("contacts", **row, _accounts=body["accountIds"]), {})

    def _new_sites(self, params: dict[str, str], body: Body) -> tuple[int, Any]:  # noqa: ARG002 - as the others
        self.one("accounts", str(body["accountId"]))
        for row in self.rows("sites"):
            if (row["accountId"], row["fullAddress"].casefold()) == (body["accountId"], body["fullAddress"].casefold()):
                return 200, row
        return 201, self.add("sites", **{"timezone": "America/New_York", **body})

    def _new_assets(self, params: dict[str, str], body: Body) -> tuple[int, Any]:  # noqa: ARG002 - as the others
        if self.one("sites", str(body["siteId"]))["accountId"] != body["accountId"]:
            raise Refusal(400, "The site is another account's", field="siteId")
        return 201, self.add("assets", **{"status": "ACTIVE", "labels": [], "isArchived": False, "name": None, **body})

    def _order(self, account: Body, body: Body) -> tuple[int, Any]:
        if body["templateId"] != TEMPLATE:
            raise Refusal(400, "No such template", field="templateId")
        made = self.add(
            "work-orders", templateId=TEMPLATE, title="Imported work", project={"id": account["id"]}, status=None,
            assignee=None, isField=False,
        )  # fmt: skip
        return 201, {"id": made["id"], "createdAt": made["createdAt"], "projectId": account["id"]}

    def _new_invoices(self, params: dict[str, str], body: Body) -> tuple[int, Any]:  # noqa: ARG002 - as the others
        kept = {key: body[key] for key in ("dueDate", "description", "calculationMethod") if key in body}
        return 201, self._document("invoices", body["recordId"], body, uid=1, amountPaid=0, **kept)

    def _new_quotes(self, params: dict[str, str], body: Body) -> tuple[int, Any]:  # noqa: ARG002 - as the others
        kept = {key: body[key] for key in ("issueDate", "description") if key in body}
        return 201, self._document("quotes", body["opportunityId"], body, **kept)

    def _document(self, name: str, record: int, body: Body, **kept: Any) -> Body:
        account = self.one("accounts", str(record))
        changed = _changed(name, {key: body[key] for key in ("lineItems",)})
        of = {"account": {"id": account["id"]}, "record": {"id": account["id"]}}
        return self.add(name, status=body.get("status", "DRAFT"), **of, **changed, **kept)


def _changed(name: str, body: Body) -> Body:
    """Return how a record tells what a body sets."""
    changed = dict(body)
    if name == "assets" and {"siteId", "accountId"} & set(body):
        raise Refusal(400, "siteId cannot be changed", field="siteId")
    if "lineItems" in body:
        changed["amount"] = sum(line["unitPrice"] * line["quantity"] for line in body["lineItems"])
        changed["lineItems"] = []
    if name == "work-orders":
        if body.get("status") == "Forbidden":
            raise Refusal(400, "Forbidden is no status", field="status")
        if "status" in body:
            changed["status"] = {"id": body["status"].upper(), "label": body["status"]}
        if "assigneeId" in changed:
            changed["assignee"] = {"id": changed.pop("assigneeId")}
    return changed


class _Handler(BaseHTTPRequestHandler):
    server: Face
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _any(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/v1")
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {path}"
        with self.server.lock:
            self.server.seen.append(request)
            action = self.server.action(request)
            if action == "drop":
                self._hang_up()
                return
            if action.startswith("status"):
                self._send(int(action.split()[1]), {"message": "No"})
                return
            params = {key: values[0] for key, values in parse_qs(parts.query).items()}
            try:
                if self.headers.get("x-api-key") != KEY:
                    raise Refusal(401, "Who?", "UNAUTHORIZED")
                status, body = self.server.answer(self.command, path, params, json.loads(raw) if raw else {})
            except Refusal as refusal:
                status, body = refusal.status, refusal.body
            except (KeyError, TypeError, ValueError) as error:
                status, body = 400, {"message": repr(error)}
        if action == "lose":
            self._hang_up()
        elif action.startswith("page"):
            self._send(int(action.split()[1]), None, b"<html>Bad gateway</html>")
        else:
            self._send(status, body)

    do_GET = do_POST = do_PATCH = do_DELETE = _any

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: Any, raw: bytes | None = None) -> None:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if raw is None else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
