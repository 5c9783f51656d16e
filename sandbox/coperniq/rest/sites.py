"""Sites. An address is known when it is that of another site of the account, white space and case aside."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.coperniq.rest import answers
from sandbox.coperniq.rest.bodies import SiteCreate, SiteUpdate, read
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.rest.kinds import ACCOUNTS, ASSETS, SITES
from sandbox.coperniq.rest.listing import contains, equals, is_number, parse_listing

if TYPE_CHECKING:
    from sandbox.coperniq.rest.call import Answer, Call

_FILTERS = {
    "accountId": is_number("accountId", "accountId"),
    "state": equals("state"),
    "city": contains("city"),
    "zipcode": equals("zipcode"),
}


def create_site(call: Call) -> Answer:
    """Create a site, or give the account's one at that address."""
    given = read(SiteCreate, call.body)
    call.company.require(ACCOUNTS, given["accountId"], "accountId")
    where = "fullAddress" if given.get("fullAddress") else "geoLocation"
    if not given.get(where):
        raise bad_request("fullAddress or geoLocation must be given", "fullAddress")
    for known in call.company.holding(SITES, "accountId", given["accountId"]):
        if _alike(known.fields.get(where), given[where]):
            return HTTPStatus.OK, answers.site(known)
    return HTTPStatus.CREATED, answers.site(call.company.create(SITES, given))


def list_sites(call: Call) -> Answer:
    """List sites."""
    return HTTPStatus.OK, [answers.site(one) for one in call.company.page(parse_listing(SITES, call.query, _FILTERS))]


def get_site(call: Call) -> Answer:
    """Give a site."""
    return HTTPStatus.OK, answers.site(call.company.get(SITES, call.number("siteId")))


def update_site(call: Call) -> Answer:
    """Change a site; its account stays."""
    record = call.company.get(SITES, call.number("siteId"))
    return HTTPStatus.OK, answers.site(call.company.update(SITES, record, read(SiteUpdate, call.body)))


def delete_site(call: Call) -> Answer:
    """Remove a site that no asset stands at."""
    record = call.company.get(SITES, call.number("siteId"))
    if any(not one.fields["isArchived"] for one in call.company.holding(ASSETS, "siteId", record.seq)):
        raise bad_request("the site has assets")
    call.company.delete(SITES, record)
    return HTTPStatus.OK, None


def _alike(one: object, other: str) -> bool:
    return isinstance(one, str) and one.casefold().split() == other.casefold().split()
