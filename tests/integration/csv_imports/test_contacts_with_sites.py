"""Files of contacts that carry sites: two imports of one file, and each row of both or of none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from assets import catalogue
from assets.csv_imports import replays, store
from assets.csv_imports.columns import Columns
from assets.csv_imports.mapping.decision import Earlier
from tests.integration.csv_imports.mapped import run

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office


CUSTOMERS = """\
First name,Last name,Mobile number,Email,Street,City,State,Zip
Ann,Lee,303-555-0123,ann@b.co,1 Main St,Denver,CO,80201
Bob,Ray,303-555-0124,,2 Main St,Denver,CO,80201
Ann,Lee,303-555-0123,ann@b.co,9 High St,Denver,CO,80203
"""


def test_a_customers_export_with_addresses_feeds_contacts_and_sites(office: Office) -> None:
    office.put("Customers.csv", CUSTOMERS)
    contacts, sites = run(office, None)
    assert (contacts.file, contacts.outcome, contacts.note) == ("Customers.csv", "new", "also feeds Site")
    assert (sites.file, sites.outcome, sites.note) == ("Customers.csv", "new", None)
    assert contacts.import_id is not None
    assert sites.import_id is not None
    assert office.import_row(contacts.import_id, "coperniq_type") == ("Contact",)
    assert office.import_row(sites.import_id, "coperniq_type") == ("Site",)
    assert office.rows(contacts.import_id, "record_key", "status::TEXT") == [
        ("ann@b.co", "valid"), ("+13035550124", "valid"), ("ann@b.co", "duplicate"),
    ]  # fmt: skip
    sent = ("mapped_data ->> 'clientId'", "mapped_data ->> 'fullAddress'")
    assert office.rows(sites.import_id, "status::TEXT", *sent) == [
        ("valid", "ann@b.co", "1 Main St, Denver, CO 80201"),
        ("valid", "303-555-0124", "2 Main St, Denver, CO 80201"),
        ("valid", "ann@b.co", "9 High St, Denver, CO 80203"),
    ]
    keys = office.conn.execute("SELECT record_key FROM coperniq_records WHERE coperniq_type = 'Site' ORDER BY 1")
    assert [key for (key,) in keys.fetchall()] == [
        "1 main st, denver, co 80201 | ann@b.co", "2 main st, denver, co 80201 | +13035550124",
        "9 high st, denver, co 80203 | ann@b.co",
    ]  # fmt: skip


def test_a_site_stands_or_falls_with_the_contact_of_its_row(office: Office) -> None:
    head, ann, *_ = CUSTOMERS.splitlines()
    bad = [
        "Bob,Ray,303-555-0124,bob@@b.co,2 Main St,Denver,CO,80201",
        ",,303-555-0125,c@b.co,3 Main St,Denver,CO,80201",
    ]
    office.put("Contact.csv", "\n".join([head, ann, *bad, "Dee,Kay,,d@b.co,,,,", ""]))
    contacts, sites = run(office, None)
    assert contacts.import_id is not None
    assert sites.import_id is not None
    verdict = ("status::TEXT", "invalid_fields", "missing_required_fields", "mapped_data IS NULL")
    assert office.rows(sites.import_id, *verdict) == [
        ("valid", None, None, False), ("error", ["clientId"], [], True), ("error", ["clientId"], [], True),
        ("error", [], ["fullAddress"], True),
    ]  # fmt: skip
    told = "error_message"
    assert office.rows(sites.import_id, told)[1:3] == office.rows(contacts.import_id, told)[1:3]
    assert office.rows(sites.import_id, told)[3] == (
        "Street is missing: the contact of this row is imported all the same, it just has no site. If there is one, "
        "add its address in row 4 and send the fix file.",
    )
    summary, *counts = office.import_row(
        sites.import_id, "error_summary", "total_records_success", "total_records_failed"
    )
    assert counts == [1, 3]
    refused = {
        "cause": "The contact of the row is an error", "field": "clientId", "rule": "parent_refused", "records": 2,
        "first_row": 2,
    }  # fmt: skip
    assert refused in summary["validation_errors"]


def test_two_imports_of_one_file_are_registered_once(office: Office) -> None:
    path = office.put("Contact.csv", CUSTOMERS)
    first = office.register()
    again = office.register()
    assert [found.outcome for found in again] == ["resumed", "resumed"]
    assert [found.import_id for found in again] == [found.import_id for found in first]
    office.read()
    assert [found.outcome for found in office.register()] == ["already imported", "already imported"]
    path.rename(path.with_name("Contact copy.csv"))
    assert [(found.outcome, found.note) for found in office.register()] == [
        ("already imported", "as Contact.csv"), ("already imported", "as Contact.csv"),
    ]  # fmt: skip
    assert office.conn.execute("SELECT count(*) FROM csv_imports").fetchone() == (2,)


def test_a_run_that_dies_between_the_two_registers_neither(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    register = store.register

    def dies_at_sites(*given: Any) -> UUID | None:
        if given[3] is catalogue.SITE:
            raise KeyboardInterrupt
        return register(*given)

    office.put("Contact.csv", CUSTOMERS)
    monkeypatch.setattr(store, "register", dies_at_sites)
    with pytest.raises(KeyboardInterrupt):
        office.register()
    monkeypatch.undo()
    assert [found.outcome for found in office.register()] == ["new", "new"]


def test_a_wrong_override_of_sites_holds_up_the_file_that_feeds_both(office: Office, mappings: Path) -> None:
    (mappings / "Site.yaml").write_text("version: 3\n")
    office.put("Customers.csv", "Customer,Email,Service Address,City,State,Zip\nAnn,a@b.co,1 Main St,Denver,CO,80202\n")
    (held_up,) = run(office, mappings)
    assert (held_up.outcome, held_up.import_id) == ("failed", None)
    assert (held_up.note or "").startswith("abc/Site.yaml, line 1: ")
    (mappings / "Site.yaml").unlink()
    assert [found.outcome for found in run(office, mappings)] == ["new", "new"]
    assert [found.outcome for found in run(office, mappings)] == ["already imported"] * 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Site.csv", CUSTOMERS),
        ("Contact.csv", 'Customer,Email,Billing Address\nAnn,a@b.co,"1 Main St, Denver"\n'),
        ("Contact.csv", "Street,City\n1 Main St,Denver\n"),
    ],
)
def test_other_files_feed_one_type(office: Office, name: str, text: str) -> None:
    office.put(name, text)
    assert len(office.register()) == 1


def test_a_fix_file_of_sites_knows_how_the_contacts_beside_them_were_read(office: Office) -> None:
    office.put("Contact.csv", CUSTOMERS)
    of = {str(one.note): one.import_id for one in run(office, None)}
    contacts, sites = of["also feeds Site"], of["None"]
    office.conn.execute(
        "UPDATE csv_column_mapping SET source = 'override', coperniq_field_name = 'title', transformation_params = %s"
        " WHERE csv_import_id = %s AND csv_column_header = 'Last name'",
        [Jsonb({"order": "DMY"}), contacts],
    )
    later = office.put("Contact.csv", CUSTOMERS.replace("Ann", "Anna"))
    run(office, None)
    assert sites is not None
    # A replay has no contacts beside it: those of what it replays are meant.
    for read in (sites, replays.register(office.conn, sites, "test")):
        plan = Columns(office.conn, office.id, lambda _: None).plan(catalogue.SITE, str(later), read)
        assert plan.contacts is not None
        assert plan.contacts.earlier["lastname"] == Earlier(chosen=True, target="title", order="DMY")
        assert plan.contacts.decided == {"Last name": "title"}
