"""The inbox: which files are there, of which type, and what is refused before a byte of it is believed."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports import inbox
from assets.csv_imports.inbox import InboxError, Listed, in_order, inspect, open_regular, type_of
from assets.csv_imports.local_inbox import LocalInbox
from assets.record_types import RecordType
from assets.text import printable
from tests.unit.csv_imports.conftest import quick


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("Contact.csv", "Contact"),
        ("contacts.csv", "Contact"),
        ("CONTACTS.CSV", "Contact"),
        ("CONTACTs.csv", "Contact"),
        ("contacts_2026.csv", "Contact"),
        ("contacts2026.csv", "Contact"),
        ("Contact (1).csv", "Contact"),
        ("ContactExport.csv", "Contact"),
        (" contact.csv", "Contact"),
        ("_Sites.csv", "Site"),
        ("site-list.csv", "Site"),
        ("Assets.csv", "Asset"),
        ("Asset", "Asset"),
        ("systems.csv.csv", "System"),
        ("Task.csv", "Task"),
        ("tasks march.csv", "Task"),
        ("TaskForce.csv", "Task"),
        ("ServicePlanInstance.csv", "ServicePlanInstance"),
        ("service_plan_instances.csv", "ServicePlanInstance"),
        ("Service Plan Instances 2026.csv", "ServicePlanInstance"),
        ("serviceplaninstances.csv", "ServicePlanInstance"),
        ("SERVICE-PLAN-INSTANCE.csv", "ServicePlanInstance"),
        ("FinancialDocument-quotes.csv", "FinancialDocument"),
        ("financial documents q1.csv", "FinancialDocument"),
        ("contactlist.csv", None),
        ("Contactless.csv", None),
        ("tasklist.csv", None),
        ("websites.csv", None),
        ("2026 contacts.csv", "Contact"),
        ("my contacts.csv", "Contact"),
        ("Acme Contacts.csv", "Contact"),
        ("acme_customers_2026-03-14 (1).csv", "Contact"),
        ("jobber_clients_export.xlsx", "Contact"),
        ("Customer List.csv", "Contact"),
        ("Leads.tsv", "Contact"),
        ("Service Locations.csv", "Site"),
        ("PropertiesExport.csv", "Site"),
        ("Acme Equipment.csv", "Asset"),
        ("Rooftop Units.csv", "Asset"),
        ("Work Orders March.csv", "Task"),
        ("work-order-tasks.csv", "Task"),
        ("Projects.csv", "Task"),
        ("Solar Arrays.csv", "System"),
        ("memberships.csv", "ServicePlanInstance"),
        ("Acme Service Agreements 2026.csv", "ServicePlanInstance"),
        ("Maintenance Plans.csv", "ServicePlanInstance"),
        ("invoices_q1.csv", "FinancialDocument"),
        ("Quotes and Estimates.csv", "FinancialDocument"),
        ("ContactInvoices.csv", "Contact"),
        ("Customer Invoices.csv", None),
        ("Acme Customer Locations.csv", None),
        ("jobs customers jobs.csv", None),
        ("Acme Contacts Notes.csv", None),
        ("jobsite.csv", None),
        ("customerlist.csv", None),
        ("Reunits.csv", None),
        ("service.csv", None),
        ("service plan.csv", None),
        ("work.csv", None),
        ("inventory_export.csv", None),
        ("Клиенты.csv", None),
        ("2026.csv", None),
        (".csv", None),
        ("", None),
    ],
)
def test_the_type_is_in_the_name(name: str, type_name: str | None) -> None:
    found = type_of(name)
    assert (found.name if found else None) == type_name


@quick
@given(st.text())
def test_no_name_is_too_strange_to_look_at(name: str) -> None:
    assert type_of(name) is None or type_of(name) in catalogue.TYPES


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
@pytest.mark.parametrize("written", ["{}", "{} 2", "{}_march", "{}-A"])
def test_every_type_is_found_by_each_of_its_names(record_type: RecordType, written: str) -> None:
    for name in (record_type.name, record_type.plural, record_type.slug):
        assert type_of(written.format(name) + ".csv") is record_type


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_word_of_exports_means_one_type_wherever_it_stands(record_type: RecordType) -> None:
    for word in record_type.file_words:
        for written in ("{}", "{} 2026", "Acme {}", "acme_{}_export"):
            assert type_of(written.format(word.replace(" ", "_")) + ".csv") is record_type


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def find(root: Path, slug: str) -> list[Listed]:
    return in_order(LocalInbox(root).files(slug))


def test_files_come_parents_first_and_then_by_name(tmp_path: Path) -> None:
    names = [
        "contacts b.csv", "Contact.csv", "sites.csv", "Asset.csv", "System.CSV", "task 2.csv", "task 10.csv",
        "ServicePlanInstance.csv", "FinancialDocument.csv", "aaa.csv", "zzz.csv",
    ]  # fmt: skip
    touch(tmp_path / "abc", *reversed(names))
    assert [file.name for file in find(tmp_path, "abc")] == [
        "Contact.csv", "contacts b.csv", "sites.csv", "Asset.csv", "System.CSV", "task 10.csv", "task 2.csv",
        "ServicePlanInstance.csv", "FinancialDocument.csv", "aaa.csv", "zzz.csv",
    ]  # fmt: skip


def test_hidden_files_folders_and_other_endings_are_passed_over(tmp_path: Path) -> None:
    read = ["Contact.TSV", "Contact.csv", "Contact.txt", "Contact.xlsx", "~Contact.csv"]
    other = ["Contact.csv.part", "Contact.ods", "Contact.xls", "Contact.xlsm", "csv"]
    touch(tmp_path / "abc", *read, *other, ".Contact.csv", "~$Contact.xlsx")
    (tmp_path / "abc" / "Site.csv").mkdir()
    (tmp_path / "abc" / "later").mkdir()
    touch(tmp_path / "abc" / "later", "Contact.csv")
    assert [file.name for file in find(tmp_path, "abc")] == read
    assert [file.name for file in LocalInbox(tmp_path).files("abc") if not file.is_read] == other


def test_a_folder_that_is_not_there_holds_no_files(tmp_path: Path) -> None:
    assert find(tmp_path, "abc") == []
    touch(tmp_path, "abc")
    assert find(tmp_path, "abc") == []


@pytest.mark.parametrize(
    "name", [b"Contact\n2.csv", b"Contact\xff.csv", b"Contact " + b"x" * 243 + b".csv", b"Contact ;$(rm).csv"]
)
def test_hostile_names_are_found_and_shown_in_one_printable_line(name: bytes, tmp_path: Path) -> None:
    (tmp_path / "abc").mkdir()
    with open(os.fsencode(tmp_path / "abc") + b"/" + name, "wb"):  # noqa: PTH123 - pathlib takes no bytes
        pass
    (found,) = find(tmp_path, "abc")
    assert type_of(found.name) is catalogue.CONTACT
    shown = printable(found.name)
    assert shown.isprintable()
    assert len(shown) <= 200
    shown.encode()


@quick
@given(st.text(st.characters(codec=None)))
def test_anything_can_be_made_printable(name: str) -> None:
    shown = printable(name)
    assert shown.isprintable()
    assert len(shown) <= 200
    shown.encode()
    if name.isprintable() and len(name) <= 200:
        assert shown == name


def test_a_file_is_hashed_whole(tmp_path: Path) -> None:
    content = os.urandom(3 * inbox._CHUNK // 2)
    path = tmp_path / "Contact.csv"
    path.write_bytes(content)
    file = inspect(path)
    assert (file.path, file.size_bytes, file.sha256) == (path, len(content), hashlib.sha256(content).hexdigest())
    assert file.name == "Contact.csv"


def test_a_path_may_go_through_the_parent_folder(tmp_path: Path) -> None:
    touch(tmp_path / "abc", "Contact.csv")
    assert inspect(tmp_path / "abc" / ".." / "abc" / "Contact.csv").name == "Contact.csv"


def make_link(path: Path) -> None:
    target = path.with_name("secret.txt")
    target.write_text("secret")
    path.symlink_to(target)


def make_broken_link(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "Contact.csv is a link: put the file itself into the inbox."),
        (make_broken_link, "Contact.csv is a link: put the file itself into the inbox."),
        (os.mkfifo, "Contact.csv is not a regular file: put a CSV file into the inbox."),
        (os.mkdir, "Contact.csv is not a regular file: put a CSV file into the inbox."),
        (make_socket, "Contact.csv cannot be read (No such device or address): check its permissions."),
        (lambda _: None, "Contact.csv is no longer there: put it into the inbox again."),
    ],
    ids=["link", "broken link", "FIFO", "folder", "socket", "vanished"],
)
def test_what_is_no_regular_file_is_refused_without_waiting(
    make: object, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("Contact.csv")  # relative: a socket's path is short
    assert callable(make)
    make(path)
    for refuse in (inspect, open_regular):
        with pytest.raises(InboxError) as raised:
            refuse(path)
        assert str(raised.value) == reason


def test_a_link_is_not_followed_even_when_it_takes_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "Contact.csv"
    path.write_text("a,b")
    inspect(path)
    path.unlink()
    make_link(path)
    with pytest.raises(InboxError, match="is a link"):
        open_regular(path)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"Contact\xff.csv")
    path.write_text("a,b")
    with pytest.raises(InboxError) as raised:
        inspect(path)
    assert str(raised.value) == r"Contact\udcff.csv has a name that is not UTF-8: rename it."


def test_a_file_larger_than_its_column_can_say_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Contact.csv"
    with path.open("wb") as sparse:
        sparse.truncate(2**31)
    with pytest.raises(InboxError) as raised:
        inspect(path)
    assert str(raised.value) == "Contact.csv is larger than 2 GiB: split it."


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Contact.csv"
    path.write_text("a,b")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        InboxError, match=r"^Contact.csv cannot be read \(Permission denied\): check its permissions\.$"
    ):
        open_regular(path)
