"""Fix files: handed back, corrected as an office would, imported again, and what is open of an import meanwhile."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from assets.csv_imports import importing, store, summaries
from assets.outbox import paths
from assets.outbox import store as outbox_store
from assets.outbox.handing_back import hand_back
from tests.integration.csv_imports.conftest import Office, make_office, records, statuses
from tests.workbook_files import workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    Row = dict[str, str]

BAD = (
    "Customer Name;E-Mail;Phone;;Notes\r\n"
    "Ann;ann@example.com;303-555-0101;;fine\r\n"
    "Bob;bob@@example.com;+1 303 555 0102;x;=1+1\r\n"
    '"Cid; the third";;;;"two\r\nlines"\r\n'
    "Dee;dee@example.com;303-555-0104\r\n"
    "Eve;eve@example.com;303-555-0105;;;too;much\r\n"
)
BOB, CID, DEE, EVE = range(4)


class Outbox:
    """The outbox of an office, and its fix files as a program for tables sees them."""

    def __init__(self, office: Office, root: Path) -> None:
        self.office = office
        self.root = root

    def write(self) -> dict[str, int]:
        """Hand back what has changed; give the number of rows to correct by file."""
        office = self.office
        return {one.file: one.to_correct for one in hand_back(office.conn, office.id, office.slug, self.root)}

    def path(self, import_id: UUID, name: str = paths.FIX_FILE) -> Path:
        """Say where a file of an import lies."""
        return paths.folder(self.root, self.office.slug, import_id) / name

    def rows(self, import_id: UUID) -> list[list[str]]:
        """Give the cells of a fix file, its header first."""
        with self.path(import_id).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter=";"))

    def corrected(self, import_id: UUID, change: Callable[[list[list[str]]], object]) -> bytes:
        """Give a fix file as Excel saves it after a change of its rows."""
        header, *rows = self.rows(import_id)
        change(rows)
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
        return text.getvalue().encode("utf-8-sig")

    def send(self, import_id: UUID, change: Callable[[list[list[str]]], object], name: str = "fix.csv") -> UUID:
        """Correct a fix file, put it into the inbox, and read it."""
        self.write()
        content = self.corrected(import_id, change)
        self.office.put(name, content)
        found = self.office.run()[name]
        assert found is not None
        return found


@pytest.fixture
def outbox(office: Office, tmp_path: Path) -> Outbox:
    """Give the outbox of the office, which is empty."""
    return Outbox(office, tmp_path / "outbox")


def opened(office: Office, import_id: UUID) -> int:
    """Say how many rows of an import are open, as SQL and the command line say it."""
    (row,) = office.conn.execute(
        "SELECT open_records FROM csv_import_summary WHERE csv_import_id = %s", [import_id]
    ).fetchall()
    (summary,) = summaries.summaries(office.conn, [import_id])
    assert summary.open == row[0]
    return row[0]


def attempts(office: Office, import_id: UUID, number: int) -> list[tuple[Any, ...]]:
    """Give every attempt at a row: file, number and status."""
    return office.conn.execute(
        """
        SELECT a.import_name, a.record_number, a.status::TEXT FROM csv_import_records AS r
        CROSS JOIN LATERAL record_attempts(r.id) AS a WHERE r.csv_import_id = %s AND r.record_number = %s
        """,
        [import_id, number],
    ).fetchall()


def correct_bob(rows: list[list[str]]) -> None:
    rows[BOB][1] = "bob@example.com"


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


def test_what_is_corrected_is_sent_and_counted_and_the_rest_stays_open(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)

    def change(rows: list[list[str]]) -> None:
        correct_bob(rows)
        rows[DEE][8] = ""
        rows[EVE][5:7] = ["", ""]
        rows.reverse()  # Excel sorts

    second = outbox.send(first, change, "corrected by Pat.csv")
    assert statuses(office, second) == ["valid", "valid", "error", "valid"]
    assert office.rows(second, "record_data ->> 'Notes'")[3] == ("=1+1",)
    assert {key for key, *_ in records(office, "Contact")} == {
        "ann@example.com", "bob@example.com", "dee@example.com", "eve@example.com",
    }  # fmt: skip
    assert (opened(office, first), opened(office, second)) == (1, 1)
    assert attempts(office, first, 2) == [("Contact.csv", 2, "error"), ("corrected by Pat.csv", 4, "valid")]
    assert attempts(office, second, 4) == attempts(office, first, 2)
    assert office.import_row(second, "warnings") == office.import_row(first, "warnings")
    mapped = office.conn.execute(
        "SELECT csv_column_header FROM csv_column_mapping WHERE csv_import_id = %s ORDER BY csv_column_number", [second]
    ).fetchall()
    assert [header for (header,) in mapped] == ["Customer Name", "E-Mail", "Phone", "(column 4)", "Notes"]

    third = outbox.send(second, lambda rows: rows[0].__setitem__(2, "303-555-0103"))
    assert statuses(office, third) == ["valid"]
    assert [opened(office, each) for each in (first, second, third)] == [0, 0, 0]
    assert attempts(office, first, 3) == [
        ("Contact.csv", 3, "error"), ("corrected by Pat.csv", 3, "error"), ("fix.csv", 1, "valid"),
    ]  # fmt: skip
    assert outbox.write() == {"Contact.csv": 0, "corrected by Pat.csv": 0, "fix.csv": 0}
    assert not outbox.path(first).exists()
    assert not outbox.path(first, paths.FIX_WORKBOOK).exists()
    assert outbox.write() == {}


def test_a_row_is_corrected_once(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.send(first, correct_bob)
    stale = outbox.corrected(first, lambda rows: rows[BOB].__setitem__(1, "robert@example.com"))
    office.put("fix.csv", stale)
    second = office.run()["fix.csv"]
    assert second is not None
    assert statuses(office, second)[BOB] == "duplicate"
    assert office.rows(second, "error_message")[BOB] == (
        "The row of Contact.csv that row 1 is to correct was put right by row 1 of fix.csv; row 1 is not sent.",
    )
    assert "robert@example.com" not in {key for key, *_ in records(office, "Contact")}
    assert opened(office, first) == 3


def test_of_two_attempts_in_one_file_the_first_that_is_sendable_counts(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)

    def change(rows: list[list[str]]) -> None:
        bob = rows[BOB]
        rows[:] = [[bob[0], email, *bob[2:]] for email in ("no", "b@example.com", "c@example.com", "no")]

    second = outbox.send(first, change)
    assert statuses(office, second) == ["error", "valid", "duplicate", "error"]
    assert office.rows(second, "error_message")[2] == ("Row 3 corrects the same row as row 2; only row 2 is sent.",)
    assert (opened(office, first), opened(office, second)) == (3, 0)


def test_an_attempt_that_a_faulty_one_stood_before_counts(office: Office, outbox: Outbox) -> None:
    office.send("Contact.csv", "name,email\nJohn Smith,j1@example.com\nJohn Smith,j2@example.com\n")
    office.mark_synced()
    first = office.send("Site.csv", "client;address;city;state;zip\nJohn Smith;1 Elm St;Denver;CO;80202\n")
    # Copied in the table, and the copy corrected: which John Smith is meant shows only when all rows stand.
    second = outbox.send(first, lambda rows: rows.append(["j1@example.com", *rows[0][1:]]))
    assert statuses(office, second) == ["error", "valid"]
    assert (opened(office, first), opened(office, second)) == (0, 0)
    assert outbox.write()["fix.csv"] == 0
    assert len(records(office, "Site")) == 1


def test_a_fix_file_that_lost_a_column_fails_and_says_which(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    header, *rows = outbox.rows(first)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[*row[:4], *row[5:]] for row in (header, *rows)])
    office.put("fix.csv", text.getvalue())
    second = office.run()["fix.csv"]
    assert second is not None
    status, summary = office.import_row(second, "status::TEXT", "error_summary")
    assert status == "failed"
    assert 'fix.csv lacks 1 column of Contact.csv, the first is "Notes": put back its header' in str(summary)
    assert opened(office, first) == 4


def test_a_row_that_names_none_is_an_error_and_one_that_needs_no_work_a_duplicate(
    office: Office, outbox: Outbox
) -> None:
    first = office.send("Contact.csv", BAD)

    def change(rows: list[list[str]]) -> None:
        correct_bob(rows)
        rows[CID][7] = f"99 of {first}"
        rows[DEE][7] = ""
        rows[EVE] = ["Ann", "anna@example.com", "", "", "", "", "", f"1 of {first}", "", ""]

    second = outbox.send(first, change)
    assert statuses(office, second) == ["valid", "error", "error", "duplicate"]
    messages = [message for (message,) in office.rows(second, "error_message")]
    assert messages[CID] == (
        f'_row "99 of {first}" names no row of Contact.csv. Put back what stood there in row 2 and send the fix file.'
    )
    assert messages[EVE] == "The row of Contact.csv that row 4 is to correct needs no work; row 4 is not sent."
    causes = office.import_row(second, "error_summary")[0]["validation_errors"]
    assert [(cause["rule"], cause["records"], cause["first_row"]) for cause in causes] == [("unknown_row", 2, 2)]
    assert outbox.write()["fix.csv"] == 2


def test_a_fix_file_of_another_contractor_or_of_two_imports_is_refused(
    office: Office, outbox: Outbox, connection: Connection[Any], tmp_path: Path
) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    content = outbox.corrected(first, correct_bob)
    other = make_office(connection, tmp_path, "xyz")
    other.put("fix.csv", content)
    (refused,) = other.register()
    assert (refused.outcome, refused.note) == (
        "failed",
        "fix.csv is a fix file, but of no import of this contractor that can be corrected: put it into the inbox of "
        "the contractor to whom it was handed back, with its column _row as it was.",
    )
    assert [file.outcome for file in other.register()] == ["failed before"]
    assert records(other, "Contact") == []

    second = office.send("Customers.csv", BAD.replace("example.com", "example.org"))
    outbox.write()
    mixed = outbox.corrected(first, lambda rows: rows.append(outbox.rows(second)[1]))
    office.put("fix.csv", mixed)
    third = office.run()["fix.csv"]
    assert third is not None
    assert office.import_row(third, "status::TEXT", "error_summary ->> 'reason'") == (
        "failed", "The file holds rows of Contact.csv and of another import: send the fix file of each by itself.",
    )  # fmt: skip
    assert (opened(office, first), opened(office, second), opened(office, third)) == (4, 4, 0)


def test_what_coperniq_refused_is_corrected_under_another_key(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", "name,email\nAnn,ann@example.com\nBob,bob@example.com\n")
    office.mark_synced()
    refuse(office, "bob@example.com")
    assert outbox.write() == {"Contact.csv": 1}
    assert opened(office, first) == 1
    (_, line) = outbox.path(first).read_text(encoding="utf-8-sig").splitlines()
    assert line == (
        f'"Bob","bob@example.com","2 of {first}","emails: Blocked (BLOCKED).",'
        '"Correct the row, then send this file back."'
    )
    office.put("fix.csv", f"name,email,_row,_problem,_what_to_do\nBob,bob@example.org,2 of {first},,\n")
    second = office.run()["fix.csv"]
    assert second is not None
    assert statuses(office, second) == ["valid"]
    assert opened(office, first) == 0
    assert outbox.write() == {"Contact.csv": 0, "fix.csv": 0}


def refuse(office: Office, key: str) -> None:
    """Let Coperniq have refused a record, as sending writes it down."""
    office.conn.execute(
        """
        WITH refused AS (
            UPDATE coperniq_records SET state = 'rejected' WHERE record_key = %s RETURNING csv_import_record_id AS id
        )
        UPDATE csv_import_records AS r SET error_message = 'emails: Blocked (BLOCKED).', refused_at = now() FROM refused
        WHERE r.id = refused.id
        """,
        [key],
    )
    office.conn.execute("SELECT recount_open_records(ARRAY(SELECT id FROM csv_imports))")


def test_what_a_rolled_back_attempt_had_put_right_is_open_again(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    second = outbox.send(first, correct_bob)
    assert opened(office, first) == 3
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [second])
    assert (opened(office, first), opened(office, second)) == (4, 0)
    assert outbox.write() == {"Contact.csv": 4, "fix.csv": 0}
    assert len(outbox.rows(first)) == 5


def test_a_fix_file_of_an_import_that_was_rolled_back_is_refused(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    content = outbox.corrected(first, correct_bob)
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [first])
    office.put("fix.csv", content)
    second = office.run()["fix.csv"]
    assert second is not None
    assert office.import_row(second, "error_summary ->> 'reason'") == (
        "fix.csv corrects an import that was rolled back: import the file of that one again instead.",
    )


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


def test_dates_are_read_as_the_parents_were(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", header + "s1;One;open;25/03/2026;\ns2;Two;open;04/05/2026;never\n")
    office.send("Task 2.csv", header + "s1;Three;open;03/25/2026;\n")
    second = outbox.send(first, lambda _: None)
    assert statuses(office, second) == ["error"]
    order = "SELECT transformation_params ->> 'order' FROM csv_column_mapping WHERE csv_import_id = %s"
    orders = {order for (order,) in office.conn.execute(order, [second]) if order}
    assert orders == {"DMY"}


def test_a_program_for_tables_that_writes_dates_its_own_way_moves_none(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", f"{header}s1;One;open;2026-04-05;never\n")
    office.send("Task 2.csv", f"{header}s1;Two;open;25/03/2026;\n")  # day first, as the contractor's system writes

    def save_as_in_america(rows: list[list[str]]) -> None:
        rows[0][3:5] = ["4/5/2026", ""]

    second = outbox.send(first, save_as_in_america)
    status, reason = office.import_row(second, "status::TEXT", "error_summary ->> 'reason'")
    assert status == "failed"
    assert "can be read as month/day and as day/month" in reason
    assert statuses(office, second) == []


def test_nobody_learns_the_order_of_dates_from_a_fix_file(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", f"{header}s1;One;open;25/03/2026;\ns2;Two;open;04/05/2026;never\n")
    office.send("Task 2.csv", f"{header}s1;Three;open;03/25/2026;\n")
    before = office.send("Task 3.csv", f"{header}s1;Four;open;04/05/2026;\n")
    outbox.send(first, lambda rows: rows[0].__setitem__(4, ""))
    after = office.send("Task 4.csv", f"{header}s1;Five;open;04/05/2026;\n")
    ((sent_before,),) = office.rows(before, "mapped_data ->> 'startDate'")
    assert sent_before
    assert office.rows(after, "mapped_data ->> 'startDate'") == [(sent_before,)]


def die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_dies_while_it_reads_a_fix_file_is_gone_on_with(
    office: Office, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    office.put("fix.csv", outbox.corrected(first, correct_bob))
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    with monkeypatch.context() as patched:
        patched.setattr("assets.csv_imports.attempts.correct", die)
        with pytest.raises(KeyboardInterrupt):
            importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None)
    assert opened(office, first) == 4
    office.run()
    assert opened(office, first) == 3
    assert len(attempts(office, first, 2)) == 2


def without(rows: list[list[str]], *columns: str) -> str:
    """Give a file without some of its columns, as an office saves it that has deleted them."""
    kept = [place for place, header in enumerate(rows[0]) if header not in columns]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[row[place] for place in kept] for row in rows])
    return text.getvalue()


@pytest.mark.parametrize("deleted", [("_what_to_do",), ("_problem",), ("_problem", "_what_to_do")])
def test_a_fix_file_is_known_by_the_rows_that_it_names(
    office: Office, outbox: Outbox, deleted: tuple[str, ...]
) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    rows = outbox.rows(first)
    rows[1][1] = "bob@example.com"
    office.put("Contact again.csv", without(rows, *deleted))
    second = office.run()["Contact again.csv"]
    assert second is not None
    assert office.import_row(second, "parent_import_id") == (first,)
    assert statuses(office, second) == ["valid", "error", "error", "error"]
    assert opened(office, first) == 3


def test_a_fix_file_that_names_no_row_any_more_is_refused(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    office.put("Contact again.csv", without(outbox.rows(first), "_row"))
    (again,) = [file for file in office.register() if file.file == "Contact again.csv"]
    assert again.outcome == "failed"
    assert "with its column _row as it was" in (again.note or "")


def test_a_column_of_that_name_makes_no_fix_file(office: Office) -> None:
    sent = office.send("Contact.csv", "_row,name,email\n1,Ann,ann@example.com\n17 of them,Bob,bob@example.com\n")
    assert office.import_row(sent, "parent_import_id") == (None,)
    assert statuses(office, sent) == ["valid", "valid"]


def test_a_workbook_whose_strings_lie_in_any_order_is_known(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    outbox.write()
    rows = outbox.rows(first)
    rows[1][1] = "bob@example.com"
    # Those of the header last, behind more than a program reads at once.
    cells = [cell for row in reversed(rows) for cell in row]
    texts = ["x" * 1_000] * 3_000 + cells
    places = iter(range(len(texts) - len(rows[0]), 0, -len(rows[0])))
    lines = "".join(
        "<row>" + "".join(f'<c t="s"><v>{place + at}</v></c>' for at in range(len(rows[0]))) + "</row>"
        for place, _ in zip(places, rows, strict=False)
    )
    office.put("Contact again.xlsx", workbook({"To correct": lines}, texts=texts))
    second = office.run()["Contact again.xlsx"]
    assert second is not None
    assert office.import_row(second, "parent_import_id") == (first,)
    assert statuses(office, second)[BOB] == "valid"


def states(outbox: Outbox, import_id: UUID) -> dict[str, tuple[int, int]]:
    """Give each file of an import, as the disk knows it."""
    known = {path.name: path.stat() for path in outbox.path(import_id).parent.iterdir()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in known.items()}


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
