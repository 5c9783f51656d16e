"""Processed files leave the inbox once all that came of them is settled; any other file stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import inbox
from assets.database import Database
from assets.retention import clearing
from tests.integration.csv_imports.conftest import CONTACTS, Office, make_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def office(migrated_database: str, tmp_path: Path) -> Iterator[Office]:
    with Database(migrated_database).connect() as conn:
        yield make_office(conn, tmp_path, "acme")


def settle(office: Office) -> None:
    """Say of every import that all of it is in Coperniq."""
    office.mark_synced()
    office.conn.execute("UPDATE csv_imports SET coperniq_sync_status = 'synced'")


def clear(office: Office, before: datetime = LATER, most: int = 100) -> int:
    return clearing.clear(office.conn, office.inbox, before, most)


def names(office: Office) -> list[str]:
    return [file.name for file in office.inbox.files(office.slug)]


def removed_at(office: Office, import_id: UUID) -> datetime | None:
    (at,) = office.import_row(import_id, "file_removed_at")
    return at


def test_a_file_goes_when_all_of_it_is_settled_and_its_time_has_come(office: Office) -> None:
    found = office.send("Contact.csv", CONTACTS)
    rows = office.rows(found, "record_data::TEXT", "status::TEXT")
    assert clear(office) == 0
    settle(office)
    (completed,) = office.import_row(found, "completed_at")
    assert clear(office, before=completed) == 0
    assert removed_at(office, found) is None
    assert clear(office, before=completed + timedelta(seconds=1)) == 1
    assert names(office) == []
    assert removed_at(office, found) is not None
    assert office.rows(found, "record_data::TEXT", "status::TEXT") == rows
    assert clear(office) == 0
    # The same file again is known by its content, and its import was complete long ago.
    office.put("Contact.csv", CONTACTS)
    assert [one.outcome for one in office.register()] == ["already imported"]


def test_a_file_that_feeds_two_types_stays_until_both_are_settled(office: Office) -> None:
    office.send("Contact.csv", 'name,email,service address\nAnn,a@b.co,"1 Main St, Austin, TX 78701"\n')
    assert office.conn.execute("SELECT count(*) FROM csv_imports").fetchone() == (2,)
    settle(office)
    office.conn.execute("UPDATE csv_imports SET coperniq_sync_status = 'pending' WHERE coperniq_type = 'Site'")
    assert clear(office) == 0
    settle(office)
    assert clear(office) == 1
    assert names(office) == []
    assert office.conn.execute("SELECT count(*) FROM csv_imports WHERE file_removed_at IS NULL").fetchone() == (0,)


def test_a_file_of_which_one_of_two_types_was_undone_stays(office: Office) -> None:
    office.send("Contact.csv", 'name,email,service address\nAnn,a@b.co,"1 Main St, Austin, TX 78701"\n')
    settle(office)
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE coperniq_type = 'Site'")
    assert clear(office) == 0
    assert names(office) == ["Contact.csv"]


@pytest.mark.parametrize("status", ["failed", "rolled_back"])
def test_what_somebody_has_to_look_at_or_may_want_again_stays(office: Office, status: str) -> None:
    found = office.send("Contact.csv", CONTACTS)
    settle(office)
    office.conn.execute("UPDATE csv_imports SET status = %s WHERE id = %s", [status, found])
    assert clear(office) == 0
    assert names(office) == ["Contact.csv"]


def test_a_file_that_was_never_read_stays(office: Office) -> None:
    office.put("Contact.csv", CONTACTS)
    assert clear(office) == 0
    office.register()
    assert clear(office) == 0
    assert names(office) == ["Contact.csv"]


def test_other_content_under_the_same_name_stays(office: Office) -> None:
    found = office.send("Contact.csv", CONTACTS)
    settle(office)
    office.put("Contact.csv", "name,email\nNew,n@b.co\n")
    assert clear(office) == 0
    assert names(office) == ["Contact.csv"]
    assert removed_at(office, found) is not None


def test_a_file_that_takes_the_place_of_one_while_that_is_looked_at_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.send("Contact.csv", CONTACTS)
    settle(office)

    def inspect(path: Path) -> inbox.InboxFile:
        inspected = real(path)
        office.put("Contact.csv", "name,email\nNew,n@b.co\n")
        return inspected

    real = inbox.inspect
    monkeypatch.setattr(inbox, "inspect", inspect)
    assert clear(office) == 0
    assert names(office) == ["Contact.csv"]


def test_what_cannot_be_read_stays_and_is_looked_at_again(office: Office, tmp_path: Path) -> None:
    found = office.send("Contact.csv", CONTACTS)
    settle(office)
    path = office.root / office.slug / "Contact.csv"
    path.rename(tmp_path / "real.csv")
    path.symlink_to(tmp_path / "real.csv")
    assert clear(office) == 0
    assert (path.is_symlink(), removed_at(office, found)) == (True, None)


@pytest.mark.parametrize(
    "source", ["{root}/Contact.csv", "acme/../Contact.csv", "acme/sub/Contact.csv", "b/Contact.csv"]
)
def test_only_files_of_the_contractors_own_folder_are_looked_at(office: Office, source: str) -> None:
    found = office.send("Contact.csv", CONTACTS)
    settle(office)
    for folder in (office.root, office.root / "b", office.root / "acme" / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "Contact.csv").write_text(CONTACTS)
    given = source.format(root=office.root)
    office.conn.execute("UPDATE csv_imports SET source_path = %s WHERE id = %s", [given, found])
    assert clear(office) == 0
    assert (office.root / "Contact.csv").exists()
    assert (office.root / "b" / "Contact.csv").exists()


def test_a_run_looks_at_so_many_and_begins_with_the_oldest(office: Office) -> None:
    for number in range(3):
        office.send(f"Contact-{number}.csv", f"name,email\nAnn,{number}@b.co\n")
    settle(office)
    assert clear(office, most=2) == 2
    assert names(office) == ["Contact-2.csv"]
    assert clear(office, most=2) == 1
