"""What a contractor's columns mean: overrides, and earlier choices."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from assets import catalogue
from assets.csv_imports import choices, importing, store
from assets.csv_imports.mapping.decision import Earlier
from tests.integration.csv_imports.conftest import make_office
from tests.integration.csv_imports.mapped import columns, run

if TYPE_CHECKING:
    from pathlib import Path

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
