"""Work orders of accounts. They are made from a template, and get their fields by an update."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.coperniq.rest import answers
from sandbox.coperniq.rest.bodies import WorkOrderCreate, WorkOrderUpdate, read
from sandbox.coperniq.rest.catalogue import WORK_ORDER_TEMPLATE
from sandbox.coperniq.rest.errors import bad_request, not_found
from sandbox.coperniq.rest.kinds import ACCOUNTS, WORK_ORDERS
from sandbox.coperniq.rest.listing import parse_listing

if TYPE_CHECKING:
    from sandbox.coperniq.records import Record
    from sandbox.coperniq.rest.call import Answer, Call


def create_work_order(call: Call) -> Answer:
    """Create a work order as its template has it."""
    owner = call.company.require(ACCOUNTS, call.number("accountId"), "accountId")
    given = read(WorkOrderCreate, call.body)
    if given["templateId"] != WORK_ORDER_TEMPLATE["id"]:
        raise bad_request("templateId: there is no such template", "templateId")
    fields = {
        **given, "accountId": owner.seq, "title": WORK_ORDER_TEMPLATE["title"], "description": "", "isField": True,
    }  # fmt: skip
    return HTTPStatus.CREATED, answers.new_work_order(call.company.create(WORK_ORDERS, fields))


def list_work_orders(call: Call) -> Answer:
    """List work orders."""
    found = call.company.page(parse_listing(WORK_ORDERS, call.query, {}))
    return HTTPStatus.OK, [_answer(call, record) for record in found]


def list_account_work_orders(call: Call) -> Answer:
    """List the work orders of an account, all of them."""
    found = call.company.holding(WORK_ORDERS, "accountId", call.number("accountId"))
    return HTTPStatus.OK, [_answer(call, record) for record in found]


def list_templates(_: Call) -> Answer:
    """List the templates."""
    return HTTPStatus.OK, [WORK_ORDER_TEMPLATE]


def get_work_order(call: Call) -> Answer:
    """Give a work order."""
    return HTTPStatus.OK, _answer(call, call.company.get(WORK_ORDERS, call.number("workOrderId")))


def update_work_order(call: Call) -> Answer:
    """Change a work order."""
    changed = call.company.update(WORK_ORDERS, _of_account(call), read(WorkOrderUpdate, call.body))
    return HTTPStatus.OK, _answer(call, changed)


def delete_work_order(call: Call) -> Answer:
    """Remove a work order."""
    call.company.delete(WORK_ORDERS, _of_account(call))
    return HTTPStatus.OK, None


def _of_account(call: Call) -> Record:
    record = call.company.get(WORK_ORDERS, call.number("workOrderId"))
    if record.fields["accountId"] != call.number("accountId"):
        raise not_found()
    return record


def _answer(call: Call, record: Record) -> dict[str, object]:
    return answers.work_order(record, call.company.get(ACCOUNTS, str(record.fields["accountId"])))
