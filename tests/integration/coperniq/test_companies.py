"""Settings that name another company than the records are in: nothing is sent, nothing is looked up there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.coperniq.conftest import COMPANIES
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


OTHER = COMPANIES[-1]


def test_nothing_is_sent_to_another_company_than_the_records_are_in(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.bring("contacts 2.csv", *contacts(3))
    asked = len(proxy.seen)
    done = world.deliver(client=world.client(key=f"key-of-{OTHER}", company_id=OTHER))["Contact"]
    assert done.stopped == (
        f"This contractor's records are in company {world.company}, not {OTHER}: set COPERNIQ_COMPANY_ID to "
        f"{world.company}, or roll its imports back there first."
    )
    assert (len(proxy.seen), done.records) == (asked, {})
    assert world.deliver()["Contact"].records["created"] == 1


def test_what_was_rolled_back_may_go_to_another_company(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    world.deliver()
    roll_back(world, import_id)
    world.bring("contacts 2.csv", *contacts(1))
    done = world.deliver(client=world.client(key=f"key-of-{OTHER}", company_id=OTHER))["Contact"]
    assert done.records == {"created": 1}
