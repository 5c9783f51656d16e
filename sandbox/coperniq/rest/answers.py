"""Records as REST's JSON: every member that the public contract lists and this server can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.coperniq.rest.catalogue import CATALOG_ITEM
from sandbox.coperniq.scalars import from_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.coperniq.records import Record

Json = dict[str, Any]


def account(record: Record, contacts: Iterable[Record] | None = None) -> Json:
    """Give an Account, with its contacts where they are asked for."""
    given = {
        "description": None, "accountType": None, "primaryEmail": None, "primaryPhone": None, "custom": {},
        **_known(record), "number": record.seq, "createdBy": None, "updatedBy": None,
    }  # fmt: skip
    if contacts is not None:
        names = ("emails", "phones", "name", "title")
        given["contacts"] = [{"id": one.seq, **{name: one.fields.get(name) for name in names}} for one in contacts]
    return given


def contact(record: Record, accounts: Iterable[Record]) -> Json:
    """Give a Contact; its id and times are not in the public contract, but in what it answers."""
    given = {name: value for name, value in _known(record).items() if name not in ("accountIds", "projectIds")}
    return {**given, "accounts": [_titled(one) for one in accounts], "projects": []}


def site(record: Record) -> Json:
    """Give a Site."""
    names = ("title", "fullAddress", "street", "city", "state", "zipcode", "geoLocation", "timezone")
    return {**dict.fromkeys(names), **_known(record)}


def asset(record: Record) -> Json:
    """Give an Asset."""
    names = (
        "name", "size", "installDate", "manufacturingDate", "expectedLifetime", "description", "coverImageFileId",
        "nameplateImageFileId",
    )  # fmt: skip
    given = {**dict.fromkeys(names), "labels": [], "uid": record.seq, **_known(record)}
    given.pop("labelIds", None)
    return given


def new_work_order(record: Record) -> Json:
    """Give what the creation of a work order answers."""
    return {
        "id": record.seq,
        **_times(record),
        "description": record.fields["description"],
        "position": 1,
        "projectId": record.fields["accountId"],
        "createdById": 1,
    }


def work_order(record: Record, owner: Record) -> Json:
    """Give a WorkOrder of an account."""
    given = {"startDate": None, "endDate": None, "completedAt": None, **_known(record)}
    status, assignee = given.pop("status", None), given.pop("assigneeId", None)
    del given["accountId"]
    return {
        **given,
        "uid": record.seq,
        "isArchived": False,
        "isCompleted": False,
        "labels": [],
        "project": {"id": owner.seq, "uid": owner.seq, "title": owner.fields["title"]},
        "assignee": None if assignee is None else {"id": assignee},
        "status": None if status is None else {"id": str(status).upper().replace(" ", "_"), "label": status},
    }


def invoice(record: Record, owner: Record) -> Json:
    """Give an Invoice of an account."""
    given = {"description": None, **_known(record)}
    del given["recordId"]
    given.pop("issueDate", None)
    return {
        **given,
        "uid": record.seq,
        "type": "INVOICE",
        "amount": _amount(record),
        "amountPaid": 0.0,
        "isArchived": False,
        "account": _titled(owner),
        "record": {**_titled(owner), "uid": owner.seq},
        "lineItems": [_line(number, line) for number, line in enumerate(_lines(record), 1)],
    }


def quote(record: Record, owner: Record) -> Json:
    """Give a Quote of an account."""
    given = {"description": None, "issueDate": None, "isArchived": False, "sharedWithPortal": False, **_known(record)}
    del given["opportunityId"], given["title"]
    return {
        **given,
        "quoteNumber": record.seq,
        "amount": _amount(record),
        "subtotal": _amount(record),
        "account": _titled(owner),
        "record": {**_titled(owner), "type": "ACCOUNT"},
        "lineItems": [
            {
                **_line(number, line),
                "totalCost": line["quantity"] * line["unitCost"],
                "totalPrice": line["quantity"] * line["unitPrice"],
            }
            for number, line in enumerate(_lines(record), 1)
        ],
    }


def _known(record: Record) -> Json:
    return {"id": record.seq, **record.fields, **_times(record)}


def _times(record: Record) -> Json:
    return {"createdAt": from_microseconds(record.created_at), "updatedAt": from_microseconds(record.updated_at)}


def _titled(record: Record) -> Json:
    return {"id": record.seq, "title": record.fields["title"]}


def _lines(record: Record) -> list[Json]:
    lines: Any = record.fields["lineItems"]
    return lines


def _line(number: int, line: Json) -> Json:
    return {"description": None, **line, "id": number, "catalogItem": CATALOG_ITEM}


def _amount(record: Record) -> float:
    return round(sum(line["quantity"] * line["unitPrice"] for line in _lines(record)), 2)
