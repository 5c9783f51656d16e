"""The kinds of records, called as their paths are, and what each is looked up by."""

from __future__ import annotations

from sandbox.coperniq.records import RecordType


def _type(name: str, *lookups: str) -> RecordType:
    return RecordType(name, name, fields={}, references={}, lookups=lookups)


ACCOUNTS = _type("accounts", "primaryEmail", "primaryPhone", "title")
CONTACTS = _type("contacts", "emails", "phones", "accountIds")
SITES = _type("sites", "accountId")
ASSETS = _type("assets", "accountId", "siteId", "serialNumber")
WORK_ORDERS = _type("work-orders", "accountId")
INVOICES = _type("invoices", "recordId")
QUOTES = _type("quotes", "opportunityId")

REST_TYPES = {one.name: one for one in (ACCOUNTS, CONTACTS, SITES, ASSETS, WORK_ORDERS, INVOICES, QUOTES)}
