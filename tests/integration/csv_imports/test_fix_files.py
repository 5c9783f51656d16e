"""What is handed back of an import, and when: the rows to correct, as they stood."""

from __future__ import annotations

import io
import re
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from assets.outbox import paths
from assets.outbox import store as outbox_store
from assets.outbox.handing_back import hand_back
from tests.integration.csv_imports.conftest import Office, records, statuses
from tests.integration.csv_imports.fixing import BAD, BOB, DEE, Outbox, correct_bob, opened, states

if TYPE_CHECKING:
    from pathlib import Path


def test_a_fix_file_has_the_rows_to_correct_as_they_stood(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    assert outbox.write() == {"Contact.csv": 4}
    header, *rows = outbox.rows(first)
    own = ["_row", "_problem", "_what_to_do"]
    assert header == ["Customer Name", "E-Mail", "Phone", "", "Notes", "(column 6)", "(column 7)", *own]
    assert [row[:7] for row in rows] == [
        ["Bob", "bob@@example.com", "'+1 303 555 0102", "x", "'=1+1", "", ""],
        ["Cid; the third", "", "", "", "two\r\nlines", "", ""],
        ["Dee", "dee@example.com", "303-555-0104", "", "", "", ""],
        ["Eve", "eve@example.com", "303-555-0105", "", "", "too", "much"],
    ]
    assert [row[7] for row in rows] == [f"{number} of {first}" for number in (2, 3, 4, 5)]
    assert rows[BOB][8:] == [
        'E-Mail "bob@@example.com" is not an e-mail address.', "Correct it, then send this file back.",
    ]  # fmt: skip
    assert rows[DEE][9].startswith("Align its columns, then send this file back. If the row is right as it stands,")
    raw = outbox.path(first).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\r\n")
    assert outbox.path(first).stat().st_mode & 0o777 == 0o640
    assert outbox.path(first).parent.stat().st_mode & 0o777 == 0o750


def test_rows_that_come_back_as_they_were_are_what_they_were(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    again = outbox.send(first, lambda _: None)
    assert office.rows(again, "record_data") == office.rows(first, "record_data")[1:]
    assert statuses(office, again) == ["error"] * 4
    messages = [message for (message,) in office.rows(again, "error_message")]
    assert messages[DEE] == (
        "The row has too few cells: 3 where the header has 5. Align its columns in row 3 and send the fix file."
    )
    assert office.import_row(again, "status::TEXT", "parent_import_id") == ("failed", first)
    assert opened(office, first) == 4
    assert opened(office, again) == 4
    assert [cause["cause"] for cause in office.import_row(again, "error_summary")[0]["validation_errors"]].count(
        "The row has too few cells"
    ) == 1


def test_contacts_and_their_sites_are_corrected_together(office: Office, outbox: Outbox) -> None:
    office.put(
        "Customers.csv",
        "Name,Email,Service Address,Service City,Service State,Service Zip\n"
        "Ann,ann@example.com,1 Elm St,Denver,CO,80202\n"
        "Bob,bob@@example.com,2 Elm St,Denver,CO,80202\n",
    )
    office.run()
    handed_back = hand_back(office.conn, office.id, office.slug, outbox.root)
    assert sorted(one.to_correct for one in handed_back) == [0, 1]
    ((contacts,), (sites,)) = office.conn.execute("SELECT id FROM csv_imports ORDER BY coperniq_type").fetchall()
    assert (opened(office, contacts), opened(office, sites)) == (1, 1)
    assert not outbox.path(sites).exists()
    (header, row) = outbox.path(contacts).read_text(encoding="utf-8-sig").splitlines()
    office.put("fix.csv", f"{header}\n{row.replace('@@', '@')}\n")
    office.run()
    assert [key for key, *_ in records(office, "Contact")] == ["ann@example.com", "bob@example.com"]
    assert len(records(office, "Site")) == 2
    assert (opened(office, contacts), opened(office, sites)) == (0, 0)


def test_a_workbook_is_marked_commented_and_taken_back(office: Office, outbox: Outbox, tmp_path: Path) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    content = outbox.path(first, paths.FIX_WORKBOOK).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        comments = archive.read("xl/comments1.xml").decode()
        sheet_xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'ref="([A-Z]+[0-9]+)"', comments) == ["B2", "B3", "C3", "I4", "I5"]
    assert "is not an e-mail address." in comments
    plain, marked = (re.findall(rf'<c r="{cell}" s="([0-9]+)" t="inlineStr"', sheet_xml) for cell in ("A2", "B2"))
    assert plain != marked
    assert "<f>" not in sheet_xml
    office.put("Contact to correct.xlsx", content)
    second = office.run()["Contact to correct.xlsx"]
    assert second is not None
    assert office.rows(second, "record_data") == office.rows(first, "record_data")[1:]

    header, *rows = outbox.rows(first)
    correct_bob(rows)
    book = xlsxwriter.Workbook(tmp_path / "saved.xlsx", {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for place, row in enumerate([header, *rows]):
        sheet.write_row(place, 0, row)
    book.close()
    office.put("saved.xlsx", (tmp_path / "saved.xlsx").read_bytes())
    third = office.run()["saved.xlsx"]
    assert third is not None
    assert statuses(office, third) == ["valid", "error", "error", "error"]
    assert opened(office, first) == 3


def test_an_import_that_changed_in_nothing_that_is_handed_back_leaves_its_files(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    report = outbox.path(first, paths.REPORT)
    head, _, foot = report.read_text(encoding="utf-8").rpartition("<footer")
    # As of an earlier minute; a workbook says the second.
    report.write_text(f"{head}<footer{re.sub('[0-9]{4}-', '1999-', foot)}", encoding="utf-8")
    time.sleep(1.1)
    before = states(outbox, first)
    assert before.keys() == {paths.FIX_FILE, paths.FIX_WORKBOOK, paths.REPORT}
    office.conn.execute("UPDATE csv_imports SET imported_by = imported_by")
    assert outbox.write() == {"Contact.csv": 4}
    assert states(outbox, first) == before
    assert outbox.write() == {}
    outbox.send(first, correct_bob)
    assert outbox.write() == {"Contact.csv": 0, "fix.csv": 3}
    assert not {*states(outbox, first).items()} & {*before.items()}


def test_of_older_imports_a_run_hands_back_those_that_changed_last(
    office: Office, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_store, "OLDER", 2)
    imports = {name: office.send(f"Contact {name}.csv", BAD.replace("bob", name)) for name in ("a", "b", "c", "d")}
    office.conn.execute(
        "UPDATE csv_imports SET started_at = started_at - INTERVAL '2 days', completed_at = now() - INTERVAL '2 days'"
        " WHERE id <> %s",
        [imports["d"]],
    )
    for name in ("b", "c", "a"):
        office.conn.execute("UPDATE csv_imports SET imported_by = imported_by WHERE id = %s", [imports[name]])
    assert list(outbox.write()) == ["Contact d.csv", "Contact c.csv", "Contact a.csv"]
    assert outbox_store.left(office.conn, office.id) == 1
    assert list(outbox.write()) == ["Contact b.csv"]
    assert outbox_store.left(office.conn, office.id) == 0
