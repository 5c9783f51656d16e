"""A fix file, as CSV and as a workbook, brings back every cell exactly, and no program takes one for a formula."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import fix_files
from assets.csv_imports.files.reading import open_file
from assets.csv_imports.files.returned import ReturnedFile, may_be_returned
from assets.csv_imports.inbox import inspect
from assets.outbox.fix_file import Column, CsvWriter, Faulty, Table
from assets.outbox.workbook import Unholdable, WorkbookWriter, require
from tests.csv_files import TRICKY

if TYPE_CHECKING:
    from collections.abc import Sequence

IMPORT = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
# What a cell may hold is what PostgreSQL's text can, and XML has two characters fewer.
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\ufffe\uffff")
FORMULAS = st.lists(st.sampled_from([*"'=+-@\t\r\n", "＝", "＠", "cmd|", "1"]), max_size=5).map("".join)
CELLS = st.one_of(st.text(CHARACTERS, max_size=8), TRICKY, FORMULAS, st.sampled_from(fix_files.COLUMNS))
HEADERS = st.one_of(CELLS, st.sampled_from(["", "'_row", "(column 2)", "Name"])).map(str.strip)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Draw the headers of a file, as they are known, and rows, ragged ones among them."""
    drawn = draw(st.lists(HEADERS, min_size=1, max_size=4))
    headers = [header or f"(column {place})" for place, header in enumerate(drawn, 1)]
    headers = list(dict.fromkeys(headers))
    width = len(headers)
    rows = draw(st.lists(st.lists(CELLS, max_size=width + 2), min_size=1, max_size=5))
    return headers, rows


def table_of(
    headers: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str | None
) -> tuple[Table, list[Faulty]]:
    columns = [Column(number, header, {"emails"} if number == 1 else set()) for number, header in enumerate(headers, 1)]
    beyond = max(0, *(len(row) - len(headers) for row in rows))
    names = [*headers, *(fix_files.beyond(number) for number in range(len(headers) + 1, len(headers) + beyond + 1))]
    faulty = [
        Faulty(number, dict(zip(names, row, strict=False)), "=Wrong. Correct it in row 1 and send the fix file.", [])
        for number, row in enumerate(rows, 1)
    ]
    return Table(IMPORT, columns, beyond, delimiter), faulty


def read_back(path: Path, width: int) -> tuple[list[str], list[tuple[dict[str, str], str]]]:
    """Read a fix file as the importer does; give its headers, and each record with the row that it names."""
    file = inspect(path)
    assert may_be_returned(file)
    with open_file(file, fix_files.is_header) as opened:
        returned = ReturnedFile(opened, file.name, width)
        records: dict[int, dict[str, str]] = {}
        named: dict[int, str] = {}
        for batch in returned.batches(3, last_is_optional=False):
            for number, _, *cells in batch.cells.iter_rows():
                records[number] = dict(zip(returned.headers, cells, strict=True))
            records |= {number: json.loads(data) for number, _, data, _ in batch.faults.iter_rows()}
            named |= {number: text for number, text, _ in batch.references.iter_rows()}
    return returned.headers, [(records[number], named[number]) for number in sorted(records)]


def filled(cells: dict[str, str]) -> dict[str, str]:
    """Leave out empty cells: of a ragged row, handing back fills in those that were missing."""
    return {header: cell for header, cell in cells.items() if cell}


def check(path: Path, table: Table, faulty: list[Faulty]) -> None:
    headers, records = read_back(path, len(table.columns))
    assert headers == [column.header for column in table.columns]
    assert [fix_files.parsed(named) for _, named in records] == [(row.number, IMPORT) for row in faulty]
    assert [filled(record) for record, _ in records] == [filled(row.data) for row in faulty]
    for (record, _), row in zip(records, faulty, strict=True):
        if len(row.data) == len(table.columns):
            assert record == row.data


@given(tables(), st.sampled_from([None, ",", ";", "\t"]))
def test_a_csv_file_brings_back_every_cell(drawn: tuple[list[str], list[list[str]]], delimiter: str | None) -> None:
    table, faulty = table_of(*drawn, delimiter)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fix.csv"
        with path.open("wb") as file, CsvWriter(file, table) as writer:
            for row in faulty:
                writer.write(table.line(row))
        check(path, table, faulty)


@settings(max_examples=15)
@given(tables())
def test_a_workbook_brings_back_every_cell(drawn: tuple[list[str], list[list[str]]]) -> None:
    table, faulty = table_of(*drawn, None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fix.xlsx"
        with path.open("wb") as file, WorkbookWriter(file, table, folder) as writer:
            for row in faulty:
                writer.write(table.line(row))
        check(path, table, faulty)


@given(CELLS)
def test_no_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    assert not fix_files.defused(cell).startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert fix_files.restored(fix_files.defused(cell)) == cell
    assert fix_files.restored_header(fix_files.defused_header(cell)) == cell
    assert fix_files.defused_header(cell) not in fix_files.COLUMNS
    (in_bulk,) = pl.Series([fix_files.defused(cell)]).str.replace(fix_files.DEFUSED, "$1")
    assert in_bulk == cell


@pytest.mark.parametrize(
    "cell", ["\uffff", "x" * 32_768, "\U0001f600" * 16_384], ids=["no character", "long", "long in two units each"]
)
def test_what_a_workbook_cannot_hold_is_said(cell: str, tmp_path: Path) -> None:
    table, (row,) = table_of(["Name"], [[cell]], None)
    with (tmp_path / "fix.xlsx").open("wb") as file, WorkbookWriter(file, table, str(tmp_path)) as writer:
        writer.write(table.line(Faulty(1, {"Name": "\U0001f600" * 16_383}, "", [])))
        with pytest.raises(Unholdable, match="a cell"):
            writer.write(table.line(row))
    with pytest.raises(Unholdable, match="50,000 rows"):
        require(4, 50_001)
    with pytest.raises(Unholdable, match="columns of a sheet"):
        require(16_385, 1)
    require(16_384, 50_000)


@pytest.mark.parametrize("name", ["fix.csv", "fix.xlsx"])
def test_a_file_of_another_kind_is_not_opened_for_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for content in (b"", b"name,row\n", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18):
        path.write_bytes(content)
        assert not may_be_returned(inspect(path))
    for header in ("a\t_what_to_do\r\n", "a\t_row\r\n"):
        (tmp_path / "fix.txt").write_text(header, encoding="utf-16")
        assert may_be_returned(inspect(tmp_path / "fix.txt"))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_is_unpacked_as_it_is_for_being_read(method: int, tmp_path: Path) -> None:
    path = tmp_path / "fix.xlsx"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/worksheets/sheet1.xml", "_row")
    # Only deflated parts come out a piece at a time, whatever they hold.
    assert may_be_returned(inspect(path)) is (method == zipfile.ZIP_DEFLATED)
    packed = path.read_bytes()
    end = packed.index(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml")
    path.write_bytes(packed[:end] + b"\xff" * 4 + packed[end + 4 :])
    assert not may_be_returned(inspect(path))


@pytest.mark.parametrize(
    ("message", "problem", "to_do"),
    [
        (
            'Zip "1. 2? 3" is not a zip code. Type it whole in row 17 and send the fix file.',
            'Zip "1. 2? 3" is not a zip code.',
            "Type it whole, then send this file back.",
        ),
        (
            'State "Colo" is none of CO; did you mean "CO"? Correct it in row 1 and send the fix file.',
            'State "Colo" is none of CO; did you mean "CO"?',
            "Correct it, then send this file back.",
        ),
        ("emails: Blocked (BLOCKED).", "emails: Blocked (BLOCKED).", "Correct the row, then send this file back."),
    ],
)
def test_a_message_is_what_is_wrong_and_what_to_do(message: str, problem: str, to_do: str) -> None:
    table, _ = table_of(["E-Mail", "Zip"], [[]], None)
    line = table.line(Faulty(17, {"E-Mail": "a", "Zip": "b"}, message, []))
    assert line.cells[-3:] == [f"17 of {IMPORT}", problem, to_do]
    assert line.marked == ([0] if message.startswith("emails") else [3])


@pytest.mark.parametrize("text", ["", "17", "0 of " + str(IMPORT), f"17 of {IMPORT}0", f"{10**10} of {IMPORT}", "x"])
def test_what_names_no_row(text: str) -> None:
    assert fix_files.parsed(text) is None
    assert fix_files.parsed(f" 17  OF {str(IMPORT).upper()} ") == (17, IMPORT)
