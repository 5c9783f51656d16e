"""Former names: what a corrected record was called before, and who else may be called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.fix_files import COLUMNS, reference
from tests.integration.coperniq.test_open_rows import NEW, OLD, WRONG, Case, other_key
from tests.integration.coperniq.test_rolling_back import SITE
from tests.integration.coperniq.world import contact

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World

LATER = {"fullAddress": "2 Oak Ave", "clientId": OLD}


@pytest.fixture
def case(world: World, sandbox: SandboxHandle) -> Case:
    """Give a contractor whose site waits for a contact under its former key."""
    world.bring("Site.csv", SITE)
    return Case(world, sandbox)


def clients(case: Case) -> dict[str, str]:
    """Give the e-mail of the client of each site that Coperniq holds."""
    emails = {node["id"]: node["emails"][0] for node in case.world.held("Contact")}
    return {node["fullAddress"]: emails[node["clientId"]] for node in case.world.held("Site")}


def test_the_key_of_an_error_may_be_what_was_wrong_and_stays_anothers(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0, emails=NEW))
    case.send()
    assert clients(case) == {}
    case.world.bring("Contact Bob.csv", contact(0, name="Bob"))
    case.send()
    assert clients(case) == {"1 Main St": OLD}


def test_a_former_name_gives_way_to_whoever_has_it(case: Case) -> None:
    other_key(case)
    assert clients(case) == {"1 Main St": NEW}
    case.world.bring("Contact Bob.csv", contact(0, name="Bob"))
    later = case.world.bring("Site later.csv", LATER)
    assert [row["status"] for row in case.world.rows(later)] == ["valid"]
    case.send()
    assert clients(case) == {"1 Main St": NEW, "2 Oak Ave": OLD}


def test_whoever_has_a_name_and_was_refused_stands_in_nobodys_way(case: Case) -> None:
    other_key(case)
    case.world.bring("Contact Bob.csv", contact(0, name="Bob"))
    case.send(refused=True, sites=False)
    case.world.bring("Site later.csv", LATER)
    case.send()
    assert clients(case) == {"1 Main St": NEW, "2 Oak Ave": NEW}


@pytest.mark.parametrize("again", [False, True])
def test_a_former_name_that_a_record_has_by_itself_is_none(case: Case, *, again: bool) -> None:
    """Be it new or unchanged: whoever else has it is another of that name."""
    other_key(case)
    emails = f"{NEW};{OLD}"
    if again:
        case.world.conn.execute(
            "UPDATE coperniq_records SET sent_data = jsonb_set(sent_data, '{emails}', to_jsonb(%s::TEXT[]))"
            " WHERE contractor_config_id = %s AND record_key = %s",
            [emails.split(";"), case.world.contractor, NEW],
        )
    (row,) = case.world.rows(case.world.bring("Contact again.csv", contact(0, emails=emails)))
    assert row["status"] == ("skipped" if again else "valid")
    (record,) = case.world.query(
        "SELECT former_names FROM coperniq_records WHERE contractor_config_id = %s AND record_key = %s",
        case.world.contractor, NEW,
    )  # fmt: skip
    assert record["former_names"] is None or OLD not in record["former_names"]


def test_a_former_name_stays_one_when_records_become_one(case: Case) -> None:
    """Of a site, once it is known that its client is the one of another site there."""
    case.bring(contact(0))
    case.send()
    case.imports.append(case.world.bring("Site refused.csv", LATER))
    case.sandbox.set_faults({"rules": [{"fault": "reject", "number": 9, "on": "mutation create"}]})
    case.world.deliver("Site")
    case.sandbox.set_faults({})
    (refused,) = case.world.rows(case.imports[1])
    said = {COLUMNS[0]: reference(1, case.imports[1]), COLUMNS[1]: "wrong", COLUMNS[2]: "correct it"}
    case.world.bring("Site fixed.csv", {**SITE, "clientId": NEW, **said})
    assert len(case.world.states("Site")) == 3
    case.bring(contact(0, emails=f"{OLD};{NEW}"))
    case.send()
    (site,) = case.world.query(
        "SELECT names, former_names FROM coperniq_records WHERE contractor_config_id = %s AND state = 'synced'"
        " AND coperniq_type = 'Site'",
        case.world.contractor,
    )  # fmt: skip
    assert refused["record_key"] in site["former_names"]
    assert set(site["former_names"]) < set(site["names"])
