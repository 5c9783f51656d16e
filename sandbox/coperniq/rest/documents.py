"""Invoices and quotes of accounts. Both are sums of line items; percentages and sections are not served here."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.coperniq.rest import answers
from sandbox.coperniq.rest.bodies import InvoiceCreate, InvoiceUpdate, QuoteCreate, QuoteUpdate, read
from sandbox.coperniq.rest.catalogue import CATALOG_ITEM
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.rest.kinds import ACCOUNTS, INVOICES, QUOTES
from sandbox.coperniq.rest.listing import equals, is_number, parse_listing

if TYPE_CHECKING:
    from sandbox.coperniq.records import Record
    from sandbox.coperniq.rest.call import Answer, Call

_ISSUED_INVOICE = ("SENT", "PARTIALLY_PAID", "PAID")
_ISSUED_QUOTE = ("SENT", "APPROVED")


def create_invoice(call: Call) -> Answer:
    """Create an invoice; one that is sent or paid has a day of issue."""
    given = read(InvoiceCreate, call.body)
    call.company.require(ACCOUNTS, given["recordId"], "recordId")
    _check_lines(given)
    is_issued = given.get("status", "DRAFT") in _ISSUED_INVOICE
    if is_issued and not given.get("issueDate"):
        raise bad_request("issueDate: is required for an invoice that is sent or paid", "issueDate")
    if not is_issued:
        given.pop("issueDate", None)
    return HTTPStatus.CREATED, _invoice(call, call.company.create(INVOICES, {"status": "DRAFT", **given}))


def list_invoices(call: Call) -> Answer:
    """List invoices."""
    return _invoices(call, call.query)


def list_account_invoices(call: Call) -> Answer:
    """List the invoices of an account."""
    owner = call.company.get(ACCOUNTS, call.number("accountId"))
    return _invoices(call, {**call.query, "recordId": owner.id})


def get_invoice(call: Call) -> Answer:
    """Give an invoice."""
    return HTTPStatus.OK, _invoice(call, call.company.get(INVOICES, call.number("invoiceId")))


def update_invoice(call: Call) -> Answer:
    """Change an invoice."""
    record = call.company.get(INVOICES, call.number("invoiceId"))
    changes = read(InvoiceUpdate, call.body)
    _check_lines(changes)
    return HTTPStatus.OK, _invoice(call, call.company.update(INVOICES, record, changes))


def delete_invoice(call: Call) -> Answer:
    """Remove an invoice."""
    call.company.delete(INVOICES, call.company.get(INVOICES, call.number("invoiceId")))
    return HTTPStatus.OK, None


def create_quote(call: Call) -> Answer:
    """Create a quote."""
    given = read(QuoteCreate, call.body)
    call.company.require(ACCOUNTS, given["opportunityId"], "opportunityId")
    _check_lines(given)
    fields = {"status": "DRAFT", "title": "Quote", **given}
    _check_issue(fields)
    return HTTPStatus.CREATED, _quote(call, call.company.create(QUOTES, fields))


def list_quotes(call: Call) -> Answer:
    """List quotes."""
    found = call.company.page(parse_listing(QUOTES, call.query, {"status": equals("status")}))
    return HTTPStatus.OK, [_quote(call, record) for record in found]


def get_quote(call: Call) -> Answer:
    """Give a quote."""
    return HTTPStatus.OK, _quote(call, call.company.get(QUOTES, call.number("quoteId")))


def update_quote(call: Call) -> Answer:
    """Change a quote."""
    record = call.company.get(QUOTES, call.number("quoteId"))
    changes = read(QuoteUpdate, call.body)
    _check_lines(changes)
    if "issueDate" in changes:
        _check_issue({**record.fields, **changes})
    return HTTPStatus.OK, _quote(call, call.company.update(QUOTES, record, changes))


def delete_quote(call: Call) -> Answer:
    """Remove a quote."""
    call.company.delete(QUOTES, call.company.get(QUOTES, call.number("quoteId")))
    return HTTPStatus.OK, None


def _invoices(call: Call, query: Any) -> Answer:
    listing = parse_listing(INVOICES, query, {"recordId": is_number("recordId", "recordId")})
    found = call.company.page(listing)
    more = len(found) == listing.size and bool(call.company.page(listing.next()))
    items = [_invoice(call, record) for record in found]
    return HTTPStatus.OK, {"items": items, "page": listing.number, "page_size": listing.size, "has_more": more}


def _check_lines(given: dict[str, Any]) -> None:
    for line in given.get("lineItems", ()):
        if line["catalogItemId"] != CATALOG_ITEM["id"]:
            raise bad_request("lineItems: there is no such catalogue item", "lineItems")


def _check_issue(fields: dict[str, Any]) -> None:
    if fields.get("issueDate") and fields["status"] not in _ISSUED_QUOTE:
        raise bad_request("issueDate: only for a quote that is sent or approved", "issueDate")


def _invoice(call: Call, record: Record) -> dict[str, Any]:
    return answers.invoice(record, call.company.get(ACCOUNTS, str(record.fields["recordId"])))


def _quote(call: Call, record: Record) -> dict[str, Any]:
    return answers.quote(record, call.company.get(ACCOUNTS, str(record.fields["opportunityId"])))
