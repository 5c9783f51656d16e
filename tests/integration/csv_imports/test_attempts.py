"""What corrected rows put right, and what of an import stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import importing, store
from assets.outbox import paths
from tests.integration.csv_imports.conftest import Office, records, statuses
from tests.integration.csv_imports.fixing import (
    BAD,
    BOB,
    CID,
    DEE,
    EVE,
    Outbox,
    attempts,
    correct_bob,
    die,
    opened,
    refuse,
)

if TYPE_CHECKING:
    Row = dict[str, str]


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


def test_what_a_rolled_back_attempt_had_put_right_is_open_again(office: Office, outbox: Outbox) -> None:
    first = office.send("Contact.csv", BAD)
    second = outbox.send(first, correct_bob)
    assert opened(office, first) == 3
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [second])
    assert (opened(office, first), opened(office, second)) == (4, 0)
    assert outbox.write() == {"Contact.csv": 4, "fix.csv": 0}
    assert len(outbox.rows(first)) == 5


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
