"""Assets. Nothing deletes one: it is archived, and then listed only where archived ones are asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.coperniq.rest import answers
from sandbox.coperniq.rest.bodies import AssetCreate, AssetUpdate, read
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.rest.kinds import ACCOUNTS, ASSETS, SITES
from sandbox.coperniq.rest.listing import contains, equals, is_flag, is_number, parse_listing

if TYPE_CHECKING:
    from sandbox.coperniq.rest.call import Answer, Call

_FILTERS = {
    "account_id": is_number("accountId", "account_id"),
    "site_id": is_number("siteId", "site_id"),
    "status": equals("status"),
    "type": equals("type"),
    "manufacturer": contains("manufacturer"),
    "is_archived": is_flag("isArchived", "is_archived"),
}


def create_asset(call: Call) -> Answer:
    """Create an asset at a site of its account."""
    given = read(AssetCreate, call.body)
    call.company.require(ACCOUNTS, given["accountId"], "accountId")
    site = call.company.require(SITES, given["siteId"], "siteId")
    if site.fields["accountId"] != given["accountId"]:
        raise bad_request("siteId: the site belongs to another account", "siteId")
    record = call.company.create(ASSETS, {"status": "ACTIVE", **given, "isArchived": False})
    return HTTPStatus.CREATED, answers.asset(record)


def list_assets(call: Call) -> Answer:
    """List assets."""
    listing = parse_listing(ASSETS, {"is_archived": "false", **call.query}, _FILTERS)
    return HTTPStatus.OK, [answers.asset(record) for record in call.company.page(listing)]


def get_asset(call: Call) -> Answer:
    """Give an asset."""
    return HTTPStatus.OK, answers.asset(call.company.get(ASSETS, call.number("assetId")))


def update_asset(call: Call) -> Answer:
    """Change an asset; its site and its account stay."""
    record = call.company.get(ASSETS, call.number("assetId"))
    return HTTPStatus.OK, answers.asset(call.company.update(ASSETS, record, read(AssetUpdate, call.body)))
