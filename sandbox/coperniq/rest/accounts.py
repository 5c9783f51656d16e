"""Accounts and their contacts.

Where the public contract is silent, this server decides: the field of `match_by` compares as the text it is, among
active accounts, and the oldest one matches; the contact that an account brings along is named as it, and matched by
e-mail, then by phone; deleting an account leaves its contacts, without it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.coperniq.rest import answers
from sandbox.coperniq.rest.bodies import AccountUpdate, AccountUpsert, ContactCreate, ContactUpdate, read
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.rest.kinds import ACCOUNTS, ASSETS, CONTACTS, INVOICES, QUOTES, SITES, WORK_ORDERS
from sandbox.coperniq.rest.listing import Listing, contains, flag, parse_listing
from sandbox.coperniq.rest.searching import search_conditions

if TYPE_CHECKING:
    from sandbox.coperniq.records import Record
    from sandbox.coperniq.rest.call import Answer, Call
    from sandbox.coperniq.rest.company import Company

_MATCHED = ("title", "primaryEmail", "primaryPhone", "address")
_STRATEGIES = ("skip", "replace", "enrich")
_FILTERS = {
    "q": contains("title", "address", "primaryEmail", "primaryPhone"),
    "title": contains("title"),
    "address": contains("address"),
    "primaryPhone": contains("primaryPhone"),
    "primaryEmail": contains("primaryEmail"),
}
_CONTACT_FILTERS = {"q": contains("name", "emails", "phones")}
#: What refers to an account, and by which field.
_CHILDREN = (
    (SITES, "accountId"), (ASSETS, "accountId"), (WORK_ORDERS, "accountId"), (INVOICES, "recordId"),
    (QUOTES, "opportunityId"),
)  # fmt: skip


def create_account(call: Call) -> Answer:
    """Create an account, or give the one that matches."""
    company, query = call.company, dict(call.query)
    given = read(AccountUpsert, call.body)
    by, strategy = query.pop("match_by", "title"), query.pop("match_found_strategy", "skip")
    query.pop("allow_new_options", None)
    if query or by not in _MATCHED or strategy not in _STRATEGIES:
        raise bad_request("match_by, match_found_strategy: unknown parameter or value")
    links = given.pop("contacts", None)
    found = _matching(company, by, given.get(by))
    if found is None:
        record = company.create(ACCOUNTS, {**given, "isActive": True})
        _link(company, record, links if links else _own_contacts(company, given))
        return HTTPStatus.CREATED, answers.account(record)
    if strategy == "skip":
        return HTTPStatus.OK, answers.account(found)
    taken = (
        given if strategy == "replace" else {k: v for k, v in given.items() if found.fields.get(k) in (None, [], "")}
    )
    return HTTPStatus.OK, answers.account(company.update(ACCOUNTS, found, taken))


def list_accounts(call: Call) -> Answer:
    """List accounts by what their fields contain."""
    return _list(call, parse_listing(ACCOUNTS, _plain(call), _FILTERS))


def search_accounts(call: Call) -> Answer:
    """List accounts by one or two comparisons."""
    conditions, query = search_conditions(_plain(call))
    listing = parse_listing(ACCOUNTS, query, {})
    listing.conditions.append(conditions)
    return _list(call, listing)


def get_account(call: Call) -> Answer:
    """Give an account."""
    record = call.company.get(ACCOUNTS, call.number("accountId"))
    return HTTPStatus.OK, answers.account(record, _contacts(call, record))


def update_account(call: Call) -> Answer:
    """Change an account."""
    record = call.company.get(ACCOUNTS, call.number("accountId"))
    changes = read(AccountUpdate, call.body)
    _link(call.company, record, changes.pop("contacts", None) or [])
    return HTTPStatus.OK, answers.account(call.company.update(ACCOUNTS, record, changes))


def delete_account(call: Call) -> Answer:
    """Remove an account that nothing refers to."""
    company, record = call.company, call.company.get(ACCOUNTS, call.number("accountId"))
    for child, field in _CHILDREN:
        if any(not one.fields.get("isArchived") for one in company.holding(child, field, record.seq)):
            raise bad_request(f"the account has {child.name}")
    for one in company.holding(CONTACTS, "accountIds", record.seq):
        left = [number for number in _account_ids(one) if number != record.seq]
        company.update(CONTACTS, one, {"accountIds": left})
    company.delete(ACCOUNTS, record)
    return HTTPStatus.OK, None


def create_contact(call: Call) -> Answer:
    """Create a contact."""
    given = read(ContactCreate, call.body)
    for number in given.get("accountIds", ()):
        call.company.require(ACCOUNTS, number, "accountIds")
    record = call.company.create(CONTACTS, {"emails": [], "phones": [], "accountIds": [], **given})
    return HTTPStatus.CREATED, _contact(call.company, record)


def list_contacts(call: Call) -> Answer:
    """List contacts."""
    found = call.company.page(parse_listing(CONTACTS, call.query, _CONTACT_FILTERS))
    return HTTPStatus.OK, [_contact(call.company, record) for record in found]


def get_contact(call: Call) -> Answer:
    """Give a contact."""
    return HTTPStatus.OK, _contact(call.company, call.company.get(CONTACTS, call.number("contactId")))


def update_contact(call: Call) -> Answer:
    """Change a contact."""
    record = call.company.get(CONTACTS, call.number("contactId"))
    changes = read(ContactUpdate, call.body)
    for number in changes.get("accountIds", ()):
        call.company.require(ACCOUNTS, number, "accountIds")
    return HTTPStatus.OK, _contact(call.company, call.company.update(CONTACTS, record, changes))


def delete_contact(call: Call) -> Answer:
    """Remove a contact."""
    call.company.delete(CONTACTS, call.company.get(CONTACTS, call.number("contactId")))
    return HTTPStatus.OK, None


def _list(call: Call, listing: Listing) -> Answer:
    if not flag(call.query.get("include_archived", "false"), "include_archived"):
        listing.conditions.append(("json_extract(fields, '$.isActive')", ()))
    return HTTPStatus.OK, [answers.account(record, _contacts(call, record)) for record in call.company.page(listing)]


def _plain(call: Call) -> dict[str, str]:
    """Give the parameters without those that say what an answer includes."""
    return {name: value for name, value in call.query.items() if not name.startswith("include_")}


def _contacts(call: Call, record: Record) -> list[Record] | None:
    if not flag(call.query.get("include_contacts", "false"), "include_contacts"):
        return None
    return call.company.holding(CONTACTS, "accountIds", record.seq)


def _matching(company: Company, by: str, value: object) -> Record | None:
    if not value:
        return None
    found = company.holding(ACCOUNTS, by, value) if by != "address" else company.page(_at(value))
    return next((record for record in found if record.fields["isActive"]), None)


def _at(address: Any) -> Listing:
    return Listing(ACCOUNTS, [("json_extract(fields, '$.address[0]') = ?", (address[0],))])


def _own_contacts(company: Company, account: dict[str, Any]) -> list[int]:
    """Match or create the contact that an account's e-mail or phone stands for."""
    email, phone = account.get("primaryEmail"), account.get("primaryPhone")
    if not email and not phone:
        return []
    for field, value in (("emails", email), ("phones", phone)):
        if value and (found := company.holding(CONTACTS, field, value)):
            return [found[0].seq]
    emails, phones = ([value] if value else [] for value in (email, phone))
    made = {"name": account["title"], "emails": emails, "phones": phones, "accountIds": []}
    return [company.create(CONTACTS, made).seq]


def _link(company: Company, account: Record, contacts: list[int]) -> None:
    for number in contacts:
        one = company.require(CONTACTS, number, "contacts")
        known = _account_ids(one)
        if account.seq not in known:
            company.update(CONTACTS, one, {"accountIds": [*known, account.seq]})


def _account_ids(contact: Record) -> list[int]:
    numbers: Any = contact.fields["accountIds"]
    return numbers


def _contact(company: Company, record: Record) -> dict[str, Any]:
    return answers.contact(record, [company.get(ACCOUNTS, number) for number in _account_ids(record)])
