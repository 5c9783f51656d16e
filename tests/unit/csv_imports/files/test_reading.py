"""Reading: every physical record comes out once, as it stood in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files import dialects, reading, sources
from assets.csv_imports.files.reading import CsvFile, open_file
from assets.csv_imports.files.records import UnreadableFile
from tests.unit.csv_imports.conftest import batches, put

if TYPE_CHECKING:
    from pathlib import Path

    from assets.csv_imports.files.records import Batch


def cells(read: list[Batch]) -> list[tuple[str, ...]]:
    """Give the cells of the readable records."""
    return [row[2:] for batch in read for row in batch.cells.iter_rows()]


def faults(read: list[Batch]) -> list[tuple[int, str]]:
    """Give the other records: number and problem."""
    return [(row["record_number"], row["problem"]) for batch in read for row in batch.faults.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("content", "headers", "rows"),
    [
        ("name,email\nAnn,a@b.co\n", ["name", "email"], [("Ann", "a@b.co")]),
        ("\ufeffname,email\r\nAnn,a@b.co\r\n", ["name", "email"], [("Ann", "a@b.co")]),
        ("name,email\nAnn,a@b.co", ["name", "email"], [("Ann", "a@b.co")]),
        ("name,email\rAnn,a@b.co\r", ["name", "email"], [("Ann", "a@b.co")]),
        ('name,note\nAnn,"two\nlines, and a comma"\n', ["name", "note"], [("Ann", "two\nlines, and a comma")]),
        ('name,note\r\nAnn,"two\r\nlines"\r\n', ["name", "note"], [("Ann", "two\r\nlines")]),
        ('name,note\nAnn,"the ""big"" one"\n', ["name", "note"], [("Ann", 'the "big" one')]),
        ('name,note\nAnn,5" pipe\nBob,12"\n', ["name", "note"], [("Ann", '5" pipe'), ("Bob", '12"')]),
        ('name, "note"\nAnn, "x, y"\n"Bob" , "z" \n', ["name", "note"], [("Ann", "x, y"), ("Bob", "z")]),
        ('"customer\nname",note\nAnn,x\n', ["customer\nname", "note"], [("Ann", "x")]),
        ("\n  \nname,note\n\n \nAnn,x\n\n", ["name", "note"], [("Ann", "x")]),
        (" name ,note\n Ann , x \n", ["name", "note"], [(" Ann ", " x ")]),
        ("name\tnote\nAnn\ta,b;c|d\n", ["name", "note"], [("Ann", "a,b;c|d")]),
        ("name\t,,\temail\nAnn\t\tx\n", ["name", ",,", "email"], [("Ann", "", "x")]),
        ('"last, first, middle";note\nAnn;x\n', ["last, first, middle", "note"], [("Ann", "x")]),
        ("*,^.*$,c0\n1,2,3\n", ["*", "^.*$", "c0"], [("1", "2", "3")]),
        ('name,b\nAnn,"x\nBob,1\ny"\nCid,2\n', ["name", "b"], [("Ann", "x\nBob,1\ny"), ("Cid", "2")]),
        ("name,b\n\ufeffAnn,x\n", ["name", "b"], [("\ufeffAnn", "x")]),
        ("a,b\n00501,NA\nnull,-\n1E5,#x\n", ["a", "b"], [("00501", "NA"), ("null", "-"), ("1E5", "#x")]),
        ("a,b\n,' '\n\"\",x\n", ["a", "b"], [("", "' '"), ("", "x")]),
    ],
)  # fmt: skip
def test_cells_come_out_as_they_stood(
    content: str, headers: list[str], rows: list[tuple[str, ...]], tmp_path: Path
) -> None:
    found, read = batches(put(tmp_path, content))
    assert (found, cells(read), faults(read)) == (headers, rows, [])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_line_of_a_record_is_the_physical_one(line_end: str, encoding: str, tmp_path: Path) -> None:
    lines = ["Customers", "", "name,b", "Ann,1", "", 'Bob,"two', "", 'more"', "Cid,3,4", '"Dan",4', 'Eve,"5', "Fay,6"]
    with CsvFile(put(tmp_path, line_end.join(lines).encode(encoding)), lambda cells: "name" in cells) as opened:
        read = list(opened.batches(2, last_is_optional=False))
    assert opened.read_as.details["header_line"] == 3
    assert [line for batch in read for line in batch.cells["line_number"]] == [4, 6, 10, 12]
    assert [line for batch in read for line in batch.faults["line_number"]] == [9, 11]
    assert [number for batch in read for number in batch.cells["record_number"]] == [1, 2, 4, 6]


def test_lines_end_as_they_come(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, 'a,b\r\n1,x\n2,y\r3,"z\r\nz"\r\n4,w'))
    assert cells(read) == [("1", "x"), ("2", "y"), ("3", "z\r\nz"), ("4", "w")]
    assert read[0].cells["line_number"].to_list() == [2, 3, 4, 6]


@pytest.mark.parametrize("chunk", range(1, 30))
def test_a_line_end_across_two_chunks_is_one(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", chunk)
    _, read = batches(put(tmp_path, "a,b\r\n" + "1,x\r\n" * 40))
    assert [line for batch in read for line in batch.cells["line_number"]] == list(range(2, 42))


def test_a_file_is_opened_as_what_its_name_says(tmp_path: Path) -> None:
    with open_file(put(tmp_path, "name,b\nAnn,1\n", "Contact.CSV"), lambda cells: "name" in cells) as opened:
        assert opened.headers == ["name", "b"]
    with pytest.raises(UnreadableFile, match=r"^Contact\.xlsx "):
        open_file(put(tmp_path, "name,b\nAnn,1\n", "Contact.xlsx"), lambda cells: "name" in cells)


@pytest.mark.parametrize("delimiter", list(dialects.DELIMITERS))
def test_the_delimiter_is_the_one_that_splits_the_header(delimiter: str, tmp_path: Path) -> None:
    headers, read = batches(put(tmp_path, f"name{delimiter}e-mail{delimiter}a note\nAnn{delimiter}x{delimiter}y\n"))
    assert headers == ["name", "e-mail", "a note"]
    assert cells(read) == [("Ann", "x", "y")]


@pytest.mark.parametrize(
    "above",
    [
        "sep=;\n", '"sep=;"\n', "SEP=;\r\n", "Customer list\n", "Customer list;;\n;;\n", "\nCustomer list\n\n\n",
        "As of March 1; 2026\n", "Smith; Sons; and others\nAll customers\n",
    ],
)  # fmt: skip
def test_what_stands_above_the_header_is_no_record(above: str, tmp_path: Path) -> None:
    file = put(tmp_path, f"{above}name;email;phone\nAnn;a@b.co;\n")
    with CsvFile(file, lambda cells: "name" in cells) as opened:
        assert opened.headers == ["name", "email", "phone"]
        assert cells(list(opened.batches(9, last_is_optional=False))) == [("Ann", "a@b.co", "")]


def test_without_a_header_that_is_recognised_the_first_record_of_several_cells_is_it(tmp_path: Path) -> None:
    with CsvFile(put(tmp_path, "Parts\n\npart,bin\n1,2\n"), lambda _: False) as opened:
        assert opened.headers == ["part", "bin"]


@pytest.mark.parametrize(
    "below",
    [
        "Total,,12\n", "TOTAL,,\n", "Grand Total:,\"$1,234.50\",12\n", ",Subtotal,(3.5)\nTotal,,12%\n",
        "\nTotals,,1\n\n",
        'TOTAL,,"$1,234.50"\n\n\n"Saturday, Mar 14, 2026 10:11 AM GMT-7 - Accrual Basis"\n',
        "Thursday, March 12, 2026 09:15:47 PM GMT+01:00\n", '"Accrual basis  Sunday, March 1, 2026 10:11 AM GMTZ",,\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_totals_below_the_data_are_no_records(below: str, size: int, tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, f"name,b,c\nAnn,,\nBob,,\n{below}"), size)
    assert cells(read) == [("Ann", "", ""), ("Bob", "", "")]


@pytest.mark.parametrize(
    "row",
    [
        ("Total", "3035550123", ""), ("Total", "(303) 555-0123", ""), ("Total Comfort", "", "12"),
        ("Total", "", "Paris"), ("Thursday", " Mar 12", "2026"), ("Sunday", " Mar 1", " 2026 10:11 AM call Ann"),
    ],
)  # fmt: skip
def test_a_record_that_is_merely_called_total_is_one(row: tuple[str, ...], tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, f"name,b,c\nAnn,,\n{','.join(row)}\n"))
    assert cells(read) == [("Ann", "", ""), row]


def test_totals_in_the_middle_are_records(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, "name,b\nTotal,1\nAnn,x\nBob\n"), 1)
    assert cells(read) == [("Total", "1"), ("Ann", "x")]
    assert faults(read)[0][0] == 3


@pytest.mark.parametrize(
    ("record", "problem", "stood"),
    [
        (b"Ann", "The row has too few cells: 1 where the header has 3. Align its columns.", {"a": "Ann"}),
        (
            b"Ann,1,2,,3", "The row has too many cells: 5 where the header has 3. Align its columns.",
            {"a": "Ann", "b": "1", "c": "2", "(column 4)": "", "(column 5)": "3"},
        ),
        (b",,", "The row is empty. Fill it in or delete it.", {"a": "", "b": "", "c": ""}),
        (b" ,\xc2\xa0,\t", "The row is empty. Fill it in or delete it.", {"a": " ", "b": "\xa0", "c": "\t"}),
        (b"a,b,c", "The row repeats the header. Delete it.", {"a": "a", "b": "b", "c": "c"}),
        (b"\xef\xbb\xbfa, b ,c", "The row repeats the header. Delete it.", {"a": "\ufeffa", "b": " b ", "c": "c"}),
        (
            b"Jos\xe9,1,2", "The row holds bytes that are not text. Type the garbled characters again.",
            {"a": "Jos\\xe9", "b": "1", "c": "2"},
        ),
        (
            b"An\0n,\xed\xa0\x80,2", "The row holds bytes that are not text. Type the garbled characters again.",
            {"a": "An\\x00n", "b": "\\xed\\xa0\\x80", "c": "2"},
        ),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_says_why_and_is_kept(
    record: bytes, problem: str, stood: dict[str, str], tmp_path: Path
) -> None:
    _, read = batches(put(tmp_path, b"a,b,c\nx,y,\xc3\xa9\n" + record + b"\nx,y,\xc3\xa9\n"))
    assert cells(read) == [("x", "y", "é")] * 2
    assert faults(read) == [(2, problem)]
    assert json.loads(read[0].faults["record_data"][0]) == stood


def test_the_last_cell_may_be_left_out_where_it_is_optional(tmp_path: Path) -> None:
    file = put(tmp_path, "a,b,c\nx,y\nx\n")
    assert cells(batches(file, last_is_optional=True)[1]) == [("x", "y", "")]
    assert [number for number, _ in faults(batches(file, last_is_optional=True)[1])] == [2]
    assert [number for number, _ in faults(batches(file)[1])] == [1, 2]


def test_a_trailing_delimiter_is_a_cell_too_many_and_kept_though_it_is_empty(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, "name,email\nAnn,a@b.co,\n"), last_is_optional=True)
    assert cells(read) == []
    assert json.loads(read[0].faults["record_data"][0]) == {"name": "Ann", "email": "a@b.co", "(column 3)": ""}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100])
def test_records_are_numbered_across_batches(size: int, tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, "a,b\n1,x\n\n2\n3,x\n,\n5,x\n\n6,x\n"), size)
    numbers = [row[0] for batch in read for row in batch.cells.iter_rows()]
    assert (numbers, [number for number, _ in faults(read)]) == ([1, 3, 5, 6], [2, 4])
    assert [len(batch) for batch in read] == [size] * (6 // size) + ([6 % size] if 6 % size else [])


def test_a_batch_of_a_wide_file_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BATCH_CELLS", 8)
    _, read = batches(put(tmp_path, "a,b,c,d\n" + "1,2,3,4\n" * 5))
    assert [len(batch) for batch in read] == [2, 2, 1]
