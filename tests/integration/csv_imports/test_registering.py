"""Registering: each content once, whatever its name; what cannot be registered says why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import inbox, registering, store
from tests.integration.csv_imports.conftest import Office, make_office

if TYPE_CHECKING:
    from pathlib import Path

CONTACTS = "name,email\nAnn,a@b.co\nBob,b@b.co\n"


def outcomes(office: Office, *, retry: bool = False) -> list[tuple[str, str, str | None]]:
    return [(file.file, file.outcome, file.note) for file in office.register(retry=retry)]


def count(office: Office, table: str = "csv_imports") -> int:
    found = office.conn.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert found is not None
    return found[0]


def test_a_new_file_becomes_a_pending_import(office: Office) -> None:
    office.put("Contact.csv", CONTACTS)
    (file,) = office.register()
    assert (file.outcome, file.note) == ("new", None)
    assert file.import_id is not None
    row = office.import_row(
        file.import_id, "import_name", "coperniq_type", "status::TEXT", "file_size_bytes", "length(file_hash)",
        "source_path", "imported_by", "contractor_config_id",
    )  # fmt: skip
    assert row == ("Contact.csv", "Contact", "pending", len(CONTACTS), 64, "abc/Contact.csv", "a test", office.id)


def test_the_same_content_under_another_name_is_one_import(office: Office) -> None:
    for name in ("Contact.csv", "contacts copy.csv", "Contact (1).csv"):
        office.put(name, CONTACTS)
    assert outcomes(office) == [
        ("Contact (1).csv", "new", None),
        ("Contact.csv", "already imported", "as Contact (1).csv"),
        ("contacts copy.csv", "already imported", "as Contact (1).csv"),
    ]
    office.read()
    assert [outcome for _, outcome, _ in outcomes(office)] == ["already imported"] * 3
    assert (count(office), count(office, "csv_import_records")) == (1, 2)


def test_the_same_content_as_another_type_is_another_import(office: Office) -> None:
    content = "name,email,Full address,Customer\nAnn,a@b.co,1 Main St,Ann\n"
    office.put("Contact.csv", content)
    office.put("Site.csv", content)
    assert outcomes(office) == [
        ("Contact.csv", "new", "also feeds Site"), ("Contact.csv", "new", None),
        ("Site.csv", "already imported", "as Contact.csv"),
    ]  # fmt: skip


def test_two_contractors_may_send_the_same_content(office: Office) -> None:
    other = make_office(office.conn, office.root, "other")
    for one in (office, other):
        one.put("Contact.csv", CONTACTS)
        assert outcomes(one) == [("Contact.csv", "new", None)]
        assert [contents.records for contents in one.read()] == [2]


def test_a_corrected_file_is_a_new_import(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.put("Contact.csv", CONTACTS.replace("Bob", "Rob"))
    assert outcomes(office) == [("Contact.csv", "new", None)]


def test_a_file_of_no_type_fails_once_with_the_names_that_fit(office: Office) -> None:
    office.put("inventory.csv", "a,b\n1,2\n")
    ((_, outcome, note),) = outcomes(office)
    assert outcome == "failed"
    assert note == (
        "inventory.csv fits no type: name it after what it holds (Contact.csv, Site.csv, Asset.csv, System.csv, "
        "Task.csv, ServicePlanInstance.csv, FinancialDocument.csv)."
    )
    assert outcomes(office) == [("inventory.csv", "failed before", note)]
    assert count(office) == 1


def test_what_failed_is_tried_again_when_asked(office: Office) -> None:
    office.put("Contact.csv", "part,bin\n1,2\n")
    office.run()
    ((_, outcome, note),) = outcomes(office)
    assert outcome == "failed before"
    assert note is not None
    assert note.startswith("No column fits the required Contact field")
    assert outcomes(office, retry=True) == [("Contact.csv", "new", None)]
    assert count(office) == 2


@pytest.mark.parametrize(
    ("name", "note"),
    [
        (b"Contact\xff.csv", r"Contact\udcff.csv has a name that is not UTF-8: rename it."),
        (b"Contact\nx.csv", None),
        (b"Contact '); DROP TABLE csv_imports;--.csv", None),
        (b"Contact " + b"x" * 243 + b".csv", None),
        ("Contact 😀.csv".encode(), None),
    ],
)
def test_hostile_names_break_nothing(office: Office, name: bytes, note: str | None) -> None:
    office.put("Contact.csv", "name,email\nCid,c@b.co\n").with_name(os.fsdecode(name)).write_text(CONTACTS)
    found = {file.note: file.outcome for file in office.register() if file.file != "Contact.csv"}
    assert found == {note: "failed" if note else "new"}
    assert [contents.failure for contents in office.read()] == [None] * (1 if note else 2)


def test_what_is_no_file_does_not_stop_the_others(office: Office) -> None:
    path = office.put("Contact.csv", CONTACTS)
    path.with_name("contacts a.csv").symlink_to(path)
    os.mkfifo(path.with_name("contacts b.csv"))
    paths = [*(path.with_name(f"contacts {letter}.csv") for letter in "abc"), path]  # a link, a FIFO, nothing
    registered = registering.register_files(office.conn, office.id, office.inbox, paths, "a test", retry=False)
    assert [file.outcome for file in registered] == ["failed", "failed", "failed", "new"]
    assert [file.import_id is None for file in registered] == [True, True, True, False]


def test_a_file_outside_the_inbox_is_found_again_by_its_absolute_path(office: Office, tmp_path: Path) -> None:
    path = tmp_path.parent / f"Contact {tmp_path.name}.csv"
    path.write_text(CONTACTS)
    registering.register_files(office.conn, office.id, office.inbox, [path], "a test", retry=True)
    assert [(contents.records, contents.failure) for contents in office.read()] == [(2, None)]


def test_a_file_that_was_renamed_before_it_was_read_is_read_where_it_lies(office: Office) -> None:
    path = office.put("Contact.csv", CONTACTS)
    (first,) = office.register()
    path.rename(path.with_name("contacts new.csv"))
    (again,) = office.register()
    assert (again.outcome, again.import_id) == ("resumed", first.import_id)
    assert [(contents.records, contents.failure) for contents in office.read()] == [(2, None)]


def test_a_file_that_vanished_fails_and_may_come_again(office: Office) -> None:
    path = office.put("Contact.csv", CONTACTS)
    office.register()
    path.unlink()
    (contents,) = office.read()
    assert contents.failure == "Contact.csv is no longer there: put it into the inbox again."
    office.put("Contact.csv", CONTACTS)
    assert outcomes(office) == [("Contact.csv", "new", None)]
    assert [(contents.records, contents.failure) for contents in office.read()] == [(2, None)]
    assert outcomes(office) == [("Contact.csv", "already imported", None)]


def test_a_file_that_changed_fails_without_a_row_and_the_new_content_is_imported(office: Office) -> None:
    path = office.put("Contact.csv", CONTACTS)
    office.register()
    path.write_text(CONTACTS + "Cid,c@b.co\n")
    (contents,) = office.read()
    assert contents.failure == "Contact.csv changed while it was read: put it into the inbox again."
    assert count(office, "csv_import_records") == count(office, "csv_column_mapping") == 0
    assert outcomes(office) == [("Contact.csv", "new", None)]
    assert [(contents.records, contents.failure) for contents in office.read()] == [(3, None)]


def test_an_import_that_someone_else_fills_is_left_alone(office: Office) -> None:
    path = office.put("Contact.csv", CONTACTS)
    file = inbox.inspect(path)
    office.conn.execute(
        "SELECT create_csv_import(p_contractor_id := %s, p_import_name := 'form', p_coperniq_type := 'Contact', "
        "p_file_hash := %s)",
        [office.id, file.sha256],
    )
    assert store.unfinished(office.conn, office.id) == []
    assert outcomes(office) == [("Contact.csv", "already imported", "as form")]
    assert office.read() == []


def test_a_file_too_large_for_its_column_is_refused_and_the_others_go_on(office: Office) -> None:
    with office.put("Contact.csv", "").open("wb") as sparse:
        sparse.truncate(2**31)
    office.put("contacts.csv", CONTACTS)
    assert [outcome for _, outcome, _ in outcomes(office)] == ["failed", "new"]
