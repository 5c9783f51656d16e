"""What the UI shows of imports: their rows by status, their types, and what has been handed back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.csv_imports import summaries
from assets.outbox import paths

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.csv_imports.conftest import Office


def test_rows_are_counted_by_status_and_by_file(office: Office) -> None:
    office.put("Contact.csv", "name,email\nAnn,a@b.co\nAnn,a@b.co\nBob,no address\n")
    office.put("contacts more.csv", "name,email\nCid,c@b.co\n")
    ids = [found for found in office.run().values() if found]
    counted = summaries.statuses(office.conn, ids)
    assert counted == {
        "Contact.csv": {"valid": 1, "warning": 0, "error": 1, "duplicate": 1, "skipped": 0},
        "contacts more.csv": {"valid": 1, "warning": 0, "error": 0, "duplicate": 0, "skipped": 0},
    }
    assert summaries.in_all(counted) == {"valid": 2, "warning": 0, "error": 1, "duplicate": 1, "skipped": 0}
    assert summaries.types(office.conn, ids) == ["Contact"]
    assert list(counted["Contact.csv"]) == list(summaries.STATUSES)


def test_a_file_of_two_types_is_two_names(office: Office) -> None:
    office.put("Contact.csv", 'name,email,service address\nAnn,a@b.co,"1 Elm St, Austin, TX 78701"\n')
    registered = office.register()
    office.read()
    ids = [file.import_id for file in registered if file.import_id]
    assert set(summaries.statuses(office.conn, ids)) == {"Contact.csv, Contact", "Contact.csv, Site"}
    assert summaries.types(office.conn, ids) == ["Contact", "Site"]


def test_what_is_handed_back_is_named_where_it_is_there(office: Office, tmp_path: Path) -> None:
    import_id = office.send("Contact.csv", "name,email\nAnn,a@b.co\n")
    assert paths.handed_back(tmp_path, office.slug, import_id) == []
    folder = paths.folder(tmp_path, office.slug, import_id)
    folder.mkdir(parents=True)
    (folder / paths.FIX_FILE).write_text("name\n", encoding="utf-8")
    assert paths.handed_back(tmp_path, office.slug, import_id) == [tmp_path / office.slug / str(import_id) / "fix.csv"]
