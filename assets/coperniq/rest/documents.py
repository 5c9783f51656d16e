"""Financial documents: invoices and quotes, each with one line for the whole amount.

Their ids are `invoices/12` and `quotes/12`: the API numbers the two apart. Neither tells its title, an invoice not its
day of issue, a quote not its due date: these are noted.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from assets.catalogue import FINANCIAL_DOCUMENT
from assets.coperniq.rest import notes
from assets.coperniq.rest.resource import CREATED, Data, Resource, described, number

if TYPE_CHECKING:
    from collections.abc import Collection

    from assets.coperniq.rest.calls import Body
    from assets.coperniq.rest.replies import Answer


@dataclass(frozen=True)
class Documents(Resource):
    """Financial documents of one kind.

    Attributes:
        item: The id of the catalogue item of the line.
        words: What files call the kind.
        statuses: Those that a document may have when it is made.
        issued: Those of them that go with a day of issue.
        noted: Fields that it does not tell.
    """

    record_type = FINANCIAL_DOCUMENT
    most_requests = 1
    fixed = ("clientId", "recordId")
    words: ClassVar[tuple[str, ...]]
    statuses: ClassVar[tuple[str, ...]]
    issued: ClassVar[tuple[str, ...]]
    noted: ClassVar[tuple[str, ...]]
    item: int

    @abstractmethod
    def opening(self, record: int, data: Data) -> Body:
        """Return what only the first request says."""

    def problem(self, data: Data) -> str | None:
        """Say what this API does not take."""
        status = _status(data)
        if data.get("amount") is None:
            return "amount is missing, which Coperniq's REST API requires: fill it in and send the fix file."
        if data.get("recordId") is not None and number(data["recordId"]) is None:
            return (
                f"recordId: {data['recordId']!r} is no id of Coperniq's REST API, which are whole numbers: "
                "give the record's number and send the fix file."
            )
        if status is not None and status not in self.statuses:
            known = ", ".join(self.statuses)
            return (
                f"status: {data['status']!r} is none that Coperniq's REST API takes ({known}): "
                "give one of these and send the fix file."
            )
        if status in self.issued and not data.get("issueDate"):
            return f"issueDate is missing: a document that is {status} needs it. Fill it in and send the fix file."
        return super().problem(data)

    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make the document by one request."""
        record = int(data.get("recordId") or data["clientId"])
        body = self.fields(data, {}) | self.opening(record, data)
        made = self.calls.post(self.path, body)
        return made, body if made.reply.status == CREATED else ()

    def fields(self, data: Data, body: Body) -> Body:
        """Return what a document holds, and as notes what it does not tell."""
        wanted: Body = {}
        noted: Data = {name: data[name] for name in self.noted if name in data}
        status = _status(data)
        if status is not None:
            wanted["status"] = status
            noted["status"] = None if data["status"] == status else data["status"]
        if "dueDate" not in self.noted and data.get("dueDate") and _day(body.get("dueDate")) != data["dueDate"]:
            wanted["dueDate"] = _moment(data["dueDate"])
        if data.get("amount") is not None and body.get("amount") != data["amount"]:
            line = {"catalogItemId": self.item, "quantity": 1, "unitCost": 0, "unitPrice": data["amount"]}
            wanted["lineItems"] = [line]
        return wanted | described(body, noted)

    def values(self, body: Body) -> Data:
        """Return the document; a note of the status counts where it still agrees with the field."""
        noted = notes.split(body.get("description"))[1]
        account: Any = body.get("account") or {}
        record: Any = body.get("record") or {}
        client = account.get("id") or record.get("id")
        status = body.get("status")
        return {
            "dueDate": _day(body.get("dueDate")),
            **{name: noted.get(name) for name in self.noted},
            "status": noted.get("status") if _status(noted) == status else status,
            "amount": body.get("amount"),
            "clientId": str(client) if client else None,
            "recordId": str(record["id"]) if record.get("id") not in (None, client) else None,
        }

    def name(self, body: Body) -> str:
        """Return the id of a document with its kind."""
        return f"{self.path[1:]}/{body['id']}"

    def number(self, id_: str) -> int | None:
        """Return the number behind the kind."""
        kind, _, digits = id_.rpartition("/")
        return number(digits) if f"/{kind}" == self.path else None

    def is_called(self, word: object) -> bool:
        """Say whether a file means this kind."""
        return isinstance(word, str) and word.strip().casefold() in self.words


@dataclass(frozen=True)
class Invoices(Documents):
    """Invoices."""

    path = "/invoices"
    words = ("invoice", "invoices", "bill")
    statuses = ("DRAFT", "SENT", "PARTIALLY_PAID", "PAID")
    issued = ("SENT", "PARTIALLY_PAID", "PAID")
    noted = ("title", "type", "issueDate")

    def opening(self, record: int, data: Data) -> Body:
        """Return whose invoice it is; the day of issue can be sent only now, and not for a draft."""
        issued = {"issueDate": _moment(data["issueDate"])} if _status(data) in self.issued else {}
        return {"recordId": record, "calculationMethod": "LINE_ITEMS", **issued}


@dataclass(frozen=True)
class Quotes(Documents):
    """Quotes."""

    path = "/quotes"
    words = ("quote", "quotes", "quotation", "estimate", "proposal")
    statuses = ("DRAFT", "SENT", "APPROVED", "CHANGES_REQUESTED", "DECLINED")
    issued = ("SENT", "APPROVED")
    noted = ("title", "type", "issueDate", "dueDate")

    def opening(self, record: int, data: Data) -> Body:
        """Return whose quote it is and its title, which it never tells again."""
        return {"opportunityId": record, "title": data["title"]}

    def fields(self, data: Data, body: Body) -> Body:
        """Return what a quote holds; its day of issue goes with a status that has one."""
        wanted = super().fields(data, body)
        if _status(data) in self.issued and _day(body.get("issueDate")) != data.get("issueDate"):
            wanted["issueDate"] = _moment(data["issueDate"])
        return wanted


def _status(data: Data) -> str | None:
    """Return a status as the API writes it."""
    value = data.get("status")
    return "_".join(value.upper().replace("-", " ").split()) if isinstance(value, str) and value.strip() else None


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _day(moment: object) -> str | None:
    return moment[:10] if isinstance(moment, str) else None
