"""A hostile file fails with a reason, or comes through as it stands; the good file beside it never notices."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import importing, registering, store
from assets.text import printable
from tests.workbook_files import FORMATS, cell_xml, workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from assets.csv_imports.files.records import Batch, RecordFile
    from tests.integration.csv_imports.conftest import Office

CONTACTS = "name,email\nAnn,a@b.co\nBob,b@b.co\n"
GOOD = "name,email\nCid,c@b.co\n"
FORMULAS = ["=cmd|' /C calc'!A0", "+1-2", "-2+3", "@SUM(A1:A9)", '=HYPERLINK("http://x.example","y")', "\t=1+1", "%0A"]
SQL = ["'; DROP TABLE csv_imports; --", '"; DROP TABLE csv_imports; --', "Robert'); DELETE FROM csv_imports; --", "$1"]


def put(office: Office, name: str, content: bytes) -> Path:
    path = office.put(name, "")
    path.write_bytes(content)
    return path


def as_csv(*rows: list[str]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def outcomes(office: Office) -> dict[str, str | None]:
    """Register and read everything; give the reason for which each file failed, or None."""
    registered = office.register()
    failures = {file.file: file.note for file in registered}
    return failures | {contents.file: contents.failure for contents in office.read()}


def import_of(office: Office, name: str) -> UUID:
    found = office.conn.execute("SELECT id FROM csv_imports WHERE import_name = %s", [name]).fetchone()
    assert found is not None
    return found[0]


def nothing_of(office: Office, name: str) -> bool:
    """Say whether an import left neither a row nor a mapping."""
    found = office.conn.execute(
        """
        SELECT (SELECT count(*) FROM csv_import_records WHERE csv_import_id = i.id)
             + (SELECT count(*) FROM csv_column_mapping WHERE csv_import_id = i.id)
        FROM csv_imports AS i WHERE import_name = %s
        """,
        [name],
    ).fetchone()
    return found is None or found[0] == 0


def test_a_workbook_becomes_rows_like_any_file(office: Office) -> None:
    shown = f'<c s="{FORMATS["date"]}"><v>44269</v></c>'
    rows = [["ABC Heating", None, None], [], ["name", "email", "zip"], ["Ann", "a@b.co", "00501"]]
    xml = "".join(f"<row>{''.join(map(cell_xml, row))}</row>" for row in rows)
    xml += f'<row><c t="e"><v>#REF!</v></c>{cell_xml("b@b.co")}{shown}</row><row>{cell_xml("Total")}{cell_xml(2)}</row>'
    put(office, "Contact.xlsx", workbook({"Notes": [["a", "b"]], "Customers": xml, "Old": rows}))
    assert outcomes(office) == {"Contact.xlsx": None}
    import_id = import_of(office, "Contact.xlsx")
    assert office.rows(import_id, "record_number", "line_number", "record_data") == [
        (1, 4, {"name": "Ann", "email": "a@b.co", "zip": "00501"}),
        (2, 5, {"name": "#REF!", "email": "b@b.co", "zip": "2021-03-14"}),
    ]
    read_as, warnings = office.import_row(import_id, "read_as", "warnings")
    assert (read_as["sheet"], read_as["header_line"]) == ("Customers", 3)
    assert any('"Old" fits as well' in warning for warning in warnings)


def test_files_of_every_kind_are_read_and_others_left_alone(office: Office) -> None:
    put(office, "Acme Customers.tsv", b"name\temail\nAnn\ta@b.co\n")
    put(office, "Clients.txt", b"name|email\nBob|b@b.co\n")
    put(office, "leads 2026.XLSX", workbook({"S": [["name", "email"], ["Cid", "c@b.co"]]}))
    put(office, "Contact.pdf", b"%PDF")
    assert outcomes(office) == {"Acme Customers.tsv": None, "Clients.txt": None, "leads 2026.XLSX": None}
    found = office.conn.execute("SELECT record_data->>'name' FROM csv_import_records WHERE status = 'valid' ORDER BY 1")
    assert found.fetchall() == [("Ann",), ("Bob",), ("Cid",)]


HOSTILE_WORKBOOKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (
        lambda: workbook({"S": [["name", "email"]]}, parts={"xl/media/a.bin": bytes(32 << 20)}),
        "unpacks to over 200 times its size: copy its rows to a new workbook.",
    ),
    "two far corners": (
        lambda: workbook(
            {"S": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}
        ),
        "takes more than 1,536 MB of memory to read: split it, or save it as CSV.",
    ),
    "text": (CONTACTS.encode, "is no workbook, whatever its name says: save it as 'Excel Workbook'."),
    "half": (lambda: workbook({"S": [["name", "email"]]})[:700], "is damaged: open it in Excel and save it again."),
    "no sheet": (lambda: workbook({}), "is empty: export it again."),
}


@pytest.mark.parametrize("which", HOSTILE_WORKBOOKS)
def test_a_hostile_workbook_fails_alone(office: Office, which: str) -> None:
    make, reason = HOSTILE_WORKBOOKS[which]
    put(office, "Contact.xlsx", make())
    put(office, "contacts.csv", GOOD.encode())
    assert outcomes(office) == {"Contact.xlsx": f"Contact.xlsx {reason}", "contacts.csv": None}
    stored = office.import_row(import_of(office, "Contact.xlsx"), "status::TEXT", "error_summary->>'reason'")
    assert stored == ("failed", f"Contact.xlsx {reason}")
    assert nothing_of(office, "Contact.xlsx")
    assert [name for (name,) in office.rows(import_of(office, "contacts.csv"), "record_data->>'name'")] == ["Cid"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"name,email\n", "has a header but no records"),
        (workbook({"S": [["name", "email"], ["Ann", "a@b.co"]]}), "Contact.csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "Contact.csv"),
        (b"PK\x03\x04" + os.urandom(4000), "Contact.csv"),
    ],
    ids=["no byte", "a header alone", "a workbook", "a picture", "a zip"],
)
def test_what_is_no_csv_file_fails_alone_in_one_line(office: Office, content: bytes, reason: str) -> None:
    put(office, "Contact.csv", content)
    put(office, "contacts.csv", GOOD.encode())
    found = outcomes(office)
    assert found["contacts.csv"] is None
    assert found["Contact.csv"] is not None
    assert reason in found["Contact.csv"]
    assert found["Contact.csv"].isprintable()
    assert nothing_of(office, "Contact.csv")


def while_it_is_read(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something to a file after its first batch was read."""
    open_file = importing.open_file

    def opened(*args: object) -> RecordFile:
        file = open_file(*args)  # type: ignore[arg-type]
        batches = file.batches

        def interrupted(*args: object, **kwargs: object) -> Iterator[Batch]:
            for place, batch in enumerate(batches(*args, **kwargs)):  # type: ignore[arg-type]
                if place == 0:
                    do()
                yield batch

        file.batches = interrupted  # type: ignore[method-assign]
        return file

    monkeypatch.setattr(importing, "open_file", opened)
    monkeypatch.setattr(importing, "BATCH_RECORDS", 1_000)


LONG = "name,email\n" + "".join(f"Contact {n},c{n}@b.co\n" for n in range(20_000))


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_while_it_is_read_gives_no_mixture_and_may_come_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = put(office, "Contact.csv", LONG.encode())

    def do() -> None:
        match change:
            case "grows":
                with path.open("ab") as more:
                    more.write(b"New,n@b.co\n")
            case "shrinks":
                os.truncate(path, len(LONG) - 100)
            case _:
                path.write_bytes(LONG.replace("Contact 5", "Kontakt 5").encode())

    with monkeypatch.context() as patched:
        while_it_is_read(patched, do)
        (failure,) = outcomes(office).values()
    rows = [name for (name,) in office.rows(import_of(office, "Contact.csv"), "record_data->>'name'")]
    if failure is None:  # it had all been read
        assert rows == [f"Contact {n}" for n in range(20_000)]
    else:
        assert failure == "Contact.csv changed while it was read: put it into the inbox again."
        assert nothing_of(office, "Contact.csv")
    path.write_text(CONTACTS)
    put(office, "contacts.csv", GOOD.encode())
    assert outcomes(office) == {"Contact.csv": None, "contacts.csv": None}


def test_a_file_that_is_removed_or_replaced_while_it_is_read_is_read_as_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(office, "Contact.csv", LONG.encode())
    with monkeypatch.context() as patched:
        while_it_is_read(patched, path.unlink)
        assert outcomes(office) == {"Contact.csv": None}
    assert office.import_row(import_of(office, "Contact.csv"), "total_records_attempted") == (20_000,)


@pytest.mark.parametrize("make", ["link", "FIFO", "folder"])
def test_what_takes_the_place_of_a_registered_file_is_not_read(office: Office, make: str, tmp_path: Path) -> None:
    path = put(office, "Contact.csv", CONTACTS.encode())
    put(office, "contacts.csv", GOOD.encode())
    office.register()
    path.unlink()
    (tmp_path / "secret").write_text(CONTACTS)
    {"link": lambda: path.symlink_to(tmp_path / "secret"), "FIFO": lambda: os.mkfifo(path), "folder": path.mkdir}[
        make
    ]()
    failures = {contents.file: contents.failure for contents in office.read()}
    assert failures["contacts.csv"] is None
    assert failures["Contact.csv"] in {
        "Contact.csv is a link: put the file itself into the inbox.",
        "Contact.csv is not a regular file: put a CSV file into the inbox.",
    }
    assert nothing_of(office, "Contact.csv")


def test_a_link_in_the_inbox_to_a_file_outside_is_refused_and_the_others_go_on(office: Office, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text(CONTACTS)
    path = put(office, "contacts.csv", GOOD.encode())
    path.with_name("Contact.csv").symlink_to(outside)
    path.with_name("Site.csv").mkdir()
    assert outcomes(office) == {
        "Contact.csv": "Contact.csv is a link: put the file itself into the inbox.", "contacts.csv": None,
    }  # fmt: skip


def test_a_path_through_the_parent_folder_is_the_file_that_it_names(office: Office, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name} Contact.csv"
    outside.write_text(CONTACTS)
    put(office, "contacts.csv", GOOD.encode())
    named = office.root / office.slug / ".." / ".." / outside.name
    registered = registering.register_files(office.conn, office.id, office.inbox, [named], "a test", retry=True)
    assert [(file.file, file.outcome) for file in registered] == [(outside.name, "new")]
    assert [(contents.records, contents.failure) for contents in office.read()] == [(2, None)]


def test_a_header_and_cells_meant_as_sql_are_stored_as_they_are(office: Office) -> None:
    content = as_csv(["name", "email", *SQL], *([text, f"a{n}@b.co", *SQL] for n, text in enumerate(SQL)))
    name = "Contact '); DROP TABLE csv_imports;--.csv"
    put(office, name, content)
    assert outcomes(office) == {name: None}
    import_id = import_of(office, name)
    assert [data for (data,) in office.rows(import_id, "record_data")] == [
        {"name": text, "email": f"a{n}@b.co"} | {header: header for header in SQL} for n, text in enumerate(SQL)
    ]
    mapped = office.conn.execute(
        "SELECT csv_column_header FROM csv_column_mapping WHERE csv_import_id = %s ORDER BY csv_column_number",
        [import_id],
    )
    assert [header for (header,) in mapped] == ["name", "email", *SQL]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_formulas_are_kept_as_they_are(office: Office, kind: str) -> None:
    rows = [["name", "email", "title"], *([text, f"a{n}@b.co", text] for n, text in enumerate(FORMULAS))]
    put(office, f"Contact.{kind}", as_csv(*rows) if kind == "csv" else workbook({"S": rows}))
    assert outcomes(office) == {f"Contact.{kind}": None}
    found = office.rows(import_of(office, f"Contact.{kind}"), "status", "record_data", "mapped_data")
    for text, (status, stood, mapped) in zip(FORMULAS, found, strict=True):
        assert status in {"valid", "warning"}
        assert (stood["name"], stood["title"]) == (text, text)
        assert (mapped["name"], mapped["title"]) == (text.strip(), text.strip())


@pytest.mark.parametrize("name", [b"Contact\nx.csv", b"Contact \r\x1b[31m.csv", b"Contact " + b"x" * 243 + b".csv"])
def test_a_strange_name_is_imported_and_said_in_one_line(office: Office, name: bytes) -> None:
    said: list[str] = []
    put(office, "contacts.csv", GOOD.encode()).with_name(os.fsdecode(name)).write_text("name,email\nAnn,\nBob,b@b.co")
    (file,) = (file for file in office.register() if file.file != "contacts.csv")
    assert file.file.isprintable()
    assert file.import_id is not None
    for found in store.unfinished(office.conn, office.id):
        contents = importing.read_import(office.conn, office.id, office.inbox, found, said.append)
        assert contents.failure is None
    assert all(line.isprintable() for line in said)
    (stored,) = office.import_row(file.import_id, "import_name")
    assert stored == printable(os.fsdecode(name))


def test_a_name_longer_than_the_file_system_allows_is_a_reason(office: Office) -> None:
    path = put(office, "contacts.csv", GOOD.encode())
    named = [path.with_name("Contact " + "x" * 300 + ".csv"), path.with_name("a\0b.csv"), path]
    registered = registering.register_files(office.conn, office.id, office.inbox, named, "a test", retry=True)
    assert [file.outcome for file in registered] == ["failed", "failed", "new"]
    assert all(file.note and file.note.isprintable() for file in registered[:2])
    assert [contents.failure for contents in office.read()] == [None]
