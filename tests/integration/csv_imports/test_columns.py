"""What a contractor's columns mean: overrides, earlier choices, and files of contacts that carry sites."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from assets import catalogue
from assets.csv_imports import choices, importing, registering, replays, store
from assets.csv_imports.columns import Columns
from assets.csv_imports.mapping.decision import Earlier
from tests.integration.csv_imports.conftest import make_office

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

OVERRIDE = """\
version: 1
type: Contact
columns:
  - {header: Nm, field: name, transform: [{rule: uppercase}]}
  - {header: Notes, field: source}
  - {header: Phone, field: null}
  - {header: Gone, field: title}
"""
CUSTOMERS = """\
First name,Last name,Mobile number,Email,Street,City,State,Zip
Ann,Lee,303-555-0123,ann@b.co,1 Main St,Denver,CO,80201
Bob,Ray,303-555-0124,,2 Main St,Denver,CO,80201
Ann,Lee,303-555-0123,ann@b.co,9 High St,Denver,CO,80203
"""


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """Give the folder of the contractor's override files."""
    folder = tmp_path / "mappings" / "abc"
    folder.mkdir(parents=True)
    return folder


def run(office: Office, mappings: Path | None) -> list[registering.Registered]:
    registered = registering.register_files(
        office.conn, office.id, office.inbox, office.sources(), "a test", retry=False,
        mappings=mappings,
    )  # fmt: skip
    for found in store.unfinished(office.conn, office.id):
        importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=mappings)
    return registered


def columns(office: Office, import_id: UUID | None) -> list[tuple[str, str | None, str | None, float | None]]:
    return office.conn.execute(
        "SELECT csv_column_header, coperniq_field_name, source, confidence::FLOAT FROM csv_column_mapping"
        " WHERE csv_import_id = %s ORDER BY csv_column_number",
        [import_id],
    ).fetchall()


def test_an_override_decides_and_is_on_record(office: Office, mappings: Path) -> None:
    (mappings / "Contact.yaml").write_text(OVERRIDE)
    office.put("Contact.csv", "Nm,Notes,Phone,E-Mail Adress,Role\nann,x,303-555-0123,a@b.co,CEO\n")
    (found,) = run(office, mappings)
    assert found.import_id is not None
    assert columns(office, found.import_id) == [
        ("Nm", "name", "override", 1.0), ("Notes", "source", "override", 1.0), ("Phone", None, "override", 1.0),
        ("E-Mail Adress", "emails", "similar", 0.92), ("Role", "title", "alias", 1.0),
    ]  # fmt: skip
    ((data,),) = office.rows(found.import_id, "mapped_data")
    assert data == {"name": "ANN", "emails": ["a@b.co"], "title": "CEO", "source": "x"}
    read_as, warnings = office.import_row(found.import_id, "read_as", "warnings")
    assert read_as["override"] == sha256(OVERRIDE.encode()).hexdigest()
    assert warnings == ['The mapping file names the column "Gone", which this file does not have.']


def test_a_default_is_on_record_and_is_nobody_s_header(office: Office, mappings: Path) -> None:
    (mappings / "Contact.yaml").write_text("version: 1\ntype: Contact\ndefaults: {source: Referral, status: Lead}\n")
    office.put("Contact.csv", "name,email\nAnn,a@b.co\n")
    (found,) = run(office, mappings)
    assert columns(office, found.import_id)[2:] == [("", "source", "override", 1.0), ("", "status", "override", 1.0)]
    assert choices.earlier(office.conn, office.id, catalogue.CONTACT) == {}


def test_a_wrong_override_fails_its_file_alone_until_it_is_put_right(office: Office, mappings: Path) -> None:
    (mappings / "Contact.yaml").write_text("version: 3\n")
    office.put("Contact.csv", "Name,Email\nAnn,a@b.co\n")
    office.put("Asset.csv", "Name,Type,Site\nU,T,1 Main St\n")
    contact, asset = run(office, mappings)
    assert (contact.outcome, contact.import_id, asset.outcome) == ("failed", None, "new")
    assert contact.note == "abc/Contact.yaml, line 1: version does not fit (input should be 1): correct it."
    (mappings / "Contact.yaml").unlink()
    assert [found.outcome for found in run(office, mappings)] == ["new", "already imported"]


def test_an_override_that_goes_wrong_before_the_file_is_read(office: Office, mappings: Path) -> None:
    office.put("Contact.csv", "Name,Email\nAnn,a@b.co\n")
    office.register()
    (mappings / "Contact.yaml").write_text("version: 3\n")
    (found,) = store.unfinished(office.conn, office.id)
    read = importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=mappings)
    assert read.failure == "abc/Contact.yaml, line 1: version does not fit (input should be 1): correct it."
    (mappings / "Contact.yaml").unlink()
    assert [found.outcome for found in run(office, mappings)] == ["new"]


def test_an_earlier_choice_is_remembered_for_this_contractor_and_type(office: Office, mappings: Path) -> None:
    (mappings / "Contact.yaml").write_text(OVERRIDE)
    office.put("Contact.csv", "Nm,Notes,Phone,Email\nann,x,1,a@b.co\n")
    run(office, mappings)
    (mappings / "Contact.yaml").unlink()
    assert choices.earlier(office.conn, office.id, catalogue.CONTACT) == {
        "nm": Earlier(chosen=True, target="name"), "notes": Earlier(chosen=True, target="source"),
        "phone": Earlier(chosen=True, target=None),
    }  # fmt: skip
    office.put("Contact.csv", "NM,notes,E-Mail,Phone\nbob,y,b@b.co,303-555-0123\n")
    (found,) = run(office, mappings)
    assert columns(office, found.import_id) == [
        ("NM", "name", "earlier", 1.0), ("notes", "source", "earlier", 1.0), ("E-Mail", "emails", "alias", 1.0),
        ("Phone", "phones", "alias", 1.0),
    ]  # fmt: skip
    other = make_office(office.conn, office.root, "other")
    assert choices.earlier(other.conn, other.id, catalogue.CONTACT) == {}
    assert choices.earlier(office.conn, office.id, catalogue.SITE) == {}


def test_the_latest_choice_counts_and_a_failed_import_has_none(office: Office, mappings: Path) -> None:
    for name, field in (("one", "source"), ("two", "title"), ("three", "status")):
        (mappings / "Contact.yaml").write_text(
            f"version: 1\ntype: Contact\ncolumns: [{{header: Notes, field: {field}}}]\n"
        )
        email = "no e-mail" if name == "three" else f"{name}@b.co"
        office.put("Contact.csv", f"Name,Email,Notes\n{name},{email},x\n")
        run(office, mappings)
    known = choices.earlier(office.conn, office.id, catalogue.CONTACT)
    assert known == {"notes": Earlier(chosen=True, target="title")}


def test_the_order_of_an_earlier_file_s_dates_settles_an_ambiguous_column(office: Office) -> None:
    head = "Name,Type,Site,Serial Number,Install Date\n"
    office.put("Asset.csv", f"{head}U,T,1 Main St,S1,03/04/2021\n")
    (first,) = run(office, None)
    assert first.import_id is not None
    ((status,),) = [office.import_row(first.import_id, "status::TEXT")]
    assert status == "failed"
    office.put("Asset.csv", f"{head}U,T,1 Main St,S2,25/04/2021\n")
    run(office, None)
    office.put("Asset.csv", f"{head.replace('Install Date', 'install date')}U,T,1 Main St,S3,03/04/2021\n")
    (third,) = run(office, None)
    assert third.import_id is not None
    ((data,),) = office.rows(third.import_id, "mapped_data")
    assert data["installDate"] == "2021-04-03"
    ((params,),) = office.conn.execute(
        "SELECT transformation_params FROM csv_column_mapping WHERE csv_import_id = %s AND csv_column_number = 5",
        [third.import_id],
    ).fetchall()
    assert params == {"order": "DMY"}


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


ASSETS = "Customer Email,Customer Name,Type,Brand,Model,Serial Number"


def test_a_row_that_names_only_its_client_means_the_client_s_one_site(office: Office) -> None:
    office.put("Contact.csv", "Name,Email\nAnn Lee,ann@b.co\nBob,bob@b.co\nCid,cid@b.co\n")
    office.put(
        "Site.csv",
        "Full address,Site name,Customer email\n1 Main St,,ann@b.co\n2 Main St,,bob@b.co\n3 Main St,Bob,bob@b.co\n",
    )
    run(office, None)
    clients = ("ann@b.co,", ",Ann Lee", "bob@b.co,", ",Bob", "cid@b.co,")
    rows = [f"{client},AC,Trane,XR,S{number}" for number, client in enumerate(clients)]
    import_id = office.send("Asset.csv", "\n".join([ASSETS, *rows, ""]))
    assert office.rows(import_id, "status::TEXT", "mapped_data ->> 'name'") == [
        ("valid", "Trane XR"), ("valid", "Trane XR"), ("error", None), ("valid", "Trane XR"),
        ("valid", "Trane XR"),
    ]  # fmt: skip
    ((said, fields),) = office.rows(import_id, "error_message", "invalid_fields")[2:3]
    assert said == (
        'Customer Email "bob@b.co" is ambiguous: it may be 2 main st | bob@b.co or 3 main st | bob@b.co. '
        "Name one of them in row 3 and send the fix file."
    )
    assert fields == ["siteId"]


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
