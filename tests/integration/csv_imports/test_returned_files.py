"""Which files are fix files, and which of those are refused."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.csv_imports.conftest import Office, make_office, records, statuses
from tests.integration.csv_imports.fixing import BAD, BOB, Outbox, correct_bob, opened, without
from tests.workbook_files import workbook

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection


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
