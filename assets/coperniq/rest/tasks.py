"""Tasks: work orders of the account that a site belongs to.

A work order is made from a template that nobody else uses, empty, and then gets its fields. Its site stands among the
notes, as the API has no field for it: a work order of the template without that note is one that was never filled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.catalogue import TASK
from assets.coperniq.rest import notes
from assets.coperniq.rest.replies import Answer, refuse
from assets.coperniq.rest.resource import Data, Resource, described, number

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assets.coperniq.rest.calls import Body
    from assets.coperniq.rest.resource import Alternative

PLAIN = ("title", "status")
DATES = ("startDate", "endDate")
FIGURES = ("priority", "assigneeId")
NOTED = ("siteId", "assetId", "isField")
BEGUN = "isBegun"
_FIGURE = re.compile(r"0|[1-9]\d{0,8}")


@dataclass(frozen=True)
class Tasks(Resource):
    """Work orders.

    Attributes:
        template: The id of the template.
    """

    path = "/work-orders"
    record_type = TASK
    most_requests = 3
    template: int

    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make an empty work order of the site's account."""
        account = self.calls.account_of(int(data["siteId"]))
        if isinstance(account, Answer):
            return account, ()
        made = self.calls.post(_orders_of(account), {"templateId": self.template})
        if made.done:
            return Answer(made.reply, {**made.body, "project": {"id": account}, "templateId": self.template}), ()
        return made, ()

    def begun(self, node: Data, data: Data) -> bool:
        """Say whether a work order is empty and of the site's account."""
        return node.get(BEGUN) is True and node["siteId"] == data["siteId"]

    def is_blank(self, body: Body) -> bool:
        """Say whether a work order was made from the template and never filled."""
        return body.get("templateId") == self.template and "siteId" not in notes.split(body.get("description"))[1]

    def blanks(self, bodies: Sequence[Body], alternatives: Sequence[Alternative]) -> list[Data] | Answer:
        """Return empty work orders as of each site that is asked for and belongs to their account."""
        found: list[Data] = []
        empty = [body for body in bodies if self.is_blank(body)]
        asked = dict.fromkeys(pair["value"] for given in alternatives for pair in given if pair["field"] == "siteId")
        for site in filter(number, asked if empty else ()):
            account = self.calls.account_of(int(site))
            if isinstance(account, Answer):
                if account.refused:
                    continue
                return account
            ours = (body for body in empty if _account(body) == account)
            found += [{**self.node(body), "siteId": site, BEGUN: True} for body in ours]
        return found

    def complete(self, data: Data, body: Body, settled: Collection[str]) -> Answer | None:
        """Write what a work order lacks, whose status and assignee are told otherwise than they are set."""
        there = self.values(body)
        assignee = number(there["assigneeId"])
        return super().complete(data, {**body, "status": there["status"], "assigneeId": assignee}, settled)

    def change(self, body: Body, changes: Body) -> Answer:
        """Change a work order."""
        account = _account(body)
        return _homeless(body) if account is None else self.calls.patch(f"{_orders_of(account)}/{body['id']}", changes)

    def remove(self, body: Body) -> Answer:
        """Delete a work order; its account has to be known."""
        if "project" not in body:
            found = self.read(self.name(body))
            if not found.done:
                return found
            body = found.body
        account = _account(body)
        return _homeless(body) if account is None else self.calls.delete(f"{_orders_of(account)}/{body['id']}")

    def fields(self, data: Data, body: Body) -> Body:
        """Return what a work order holds, and as notes what has no place."""
        wanted: Body = {name: data[name] for name in (*PLAIN, *DATES) if data.get(name)}
        noted: Data = {name: data[name] for name in NOTED if name in data}
        for name in FIGURES:
            if data.get(name):
                figure = _FIGURE.fullmatch(data[name])
                wanted |= {name: int(data[name])} if figure else {}
                noted[name] = None if figure else data[name]
        return wanted | described(body, noted, data.get("description"))

    def values(self, body: Body) -> Data:
        """Return the work order; a note stands where it has no field."""
        text, noted = notes.split(body.get("description"))
        status: Any = body.get("status")
        assignee: Any = body.get("assignee") or {}
        return {
            "title": body.get("title"),
            "description": text or None,
            "status": status.get("label") if isinstance(status, dict) else status,
            **{name: body.get(name) for name in DATES},
            "priority": noted.get("priority") or _text(body.get("priority")),
            "assigneeId": noted.get("assigneeId") or _text(assignee.get("id")),
            **{name: noted.get(name) for name in NOTED},
        }


def _orders_of(account: int) -> str:
    return f"/accounts/{account}/work-orders"


def _account(body: Body) -> int | None:
    """Return the account of a work order."""
    return (body.get("project") or {}).get("id")


def _homeless(body: Body) -> Answer:
    said = f"Coperniq's work order {body['id']} belongs to no account: give it one"
    return refuse("NO_ACCOUNT", said, by_row=False)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
