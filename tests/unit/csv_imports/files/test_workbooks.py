"""Workbooks: the sheet that fits is read as it stands, and a workbook that would harm the reader is refused in time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.csv_imports.files import archives, sheet_process, sheets, workbooks
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from assets.csv_imports.files.workbooks import Workbook
from assets.csv_imports.inbox import InboxError, InboxFile
from tests.unit.csv_imports.conftest import put
from tests.workbook_files import FORMATS, cell_xml, sheet_xml, workbook, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from assets.csv_imports.files.records import Batch, ReadAs

HEADER = ["name", "email"]
ANN = ["Ann", "a@b.co"]
DAMAGED = "Contact.xlsx is damaged: open it in Excel and save it again."


def has_name(cells: list[str]) -> bool:
    return "name" in cells


def put_workbook(folder: Path, content: bytes) -> InboxFile:
    return put(folder, content, "Contact.xlsx")


def read(
    folder: Path, content: bytes, is_header: Callable[[list[str]], bool] = has_name, size: int = 100
) -> tuple[list[str], list[Batch], ReadAs]:
    """Read a workbook to its end; give its headers, its batches and how it was read."""
    with Workbook(put_workbook(folder, content), is_header) as opened:
        return opened.headers, list(opened.batches(size, last_is_optional=False)), opened.read_as


def cells(batches: list[Batch]) -> list[tuple[str, ...]]:
    """Give the cells of the readable rows."""
    return [row[2:] for batch in batches for row in batch.cells.iter_rows()]


def faults(batches: list[Batch]) -> list[tuple[int, int, str]]:
    """Give the other rows: number, line and problem."""
    chosen = ("record_number", "line_number", "problem")
    return [row for batch in batches for row in batch.faults.select(chosen).iter_rows()]


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(UnreadableFile) as raised:
        read(folder, content)
    return str(raised.value)


def one_cell(xml: str, texts: Sequence[str] = ()) -> bytes:
    """Make a workbook whose only row has one cell between two texts."""
    first, last = (cell_xml(text) for text in ("Ann", "z"))
    header = "".join(map(cell_xml, ("name", "x", "end")))
    return workbook({"S": f"<row>{header}</row><row>{first}{xml}{last}</row>"}, texts=texts)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ('<c t="s"><v>0</v></c>', " 00501 "),
        ('<c t="s"><v>1</v></c>', "two\nlines & <more>"),
        ('<c t="inlineStr"><is><r><t xml:space="preserve">rich </t></r><r><t>text</t></r></is></c>', "rich text"),
        ('<c t="str"><f>A1&amp;"x"</f><v>=1+2</v></c>', "=1+2"),
        ("<c><v>501</v></c>", "501"),
        ("<c><v>501.0</v></c>", "501"),
        ("<c><v>-0</v></c>", "0"),
        ("<c><v>3035550123</v></c>", "3035550123"),
        ("<c><v>3.035550123E9</v></c>", "3035550123"),
        ("<c><v>9007199254740991</v></c>", "9007199254740991"),
        ("<c><v>1E+22</v></c>", "1e+22"),
        ("<c><v>0.1</v></c>", "0.1"),
        ("<c><v>0.30000000000000004</v></c>", "0.30000000000000004"),
        ("<c><v>-1234.56</v></c>", "-1234.56"),
        (f'<c s="{FORMATS["money"]}"><v>1234.5</v></c>', "1234.5"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="b"><v>0</v></c>', "FALSE"),
        (f'<c s="{FORMATS["date"]}"><v>44269</v></c>', "2021-03-14"),
        (f'<c s="{FORMATS["date and time"]}"><v>44269</v></c>', "2021-03-14"),
        (f'<c s="{FORMATS["date and time"]}"><v>44269.5625</v></c>', "2021-03-14 13:30:00"),
        (f'<c s="{FORMATS["date"]}"><v>99999999</v></c>', "99999999"),
        (f'<c s="{FORMATS["time"]}"><v>0.5625</v></c>', "13:30:00"),
        (f'<c s="{FORMATS["hours"]}"><v>1.5</v></c>', "36:00:00"),
        ('<c t="d"><v>2021-03-14T00:00:00</v></c>', "2021-03-14"),
        ("<c><v>44269</v></c>", "44269"),
        *((f'<c t="e"><v>{error}</v></c>', error) for error in ("#REF!", "#N/A", "#DIV/0!", "#NAME?", "#SPILL!")),
        ("<c t='e'><f>1/0</f><v>#DIV/0!</v></c>", "#DIV/0!"),
        ("<c/>", ""),
    ],
)  # fmt: skip
def test_a_cell_is_text_as_it_stands(xml: str, text: str, tmp_path: Path) -> None:
    _, batches, _ = read(tmp_path, one_cell(xml, texts=[" 00501 ", "two\nlines & <more>"]))
    assert (cells(batches), faults(batches)) == ([("Ann", text, "z")], [])


def test_dates_that_count_from_1904_are_the_same_dates(tmp_path: Path) -> None:
    content = one_cell(f'<c s="{FORMATS["date"]}"><v>42807</v></c>')
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    book = parts["xl/workbook.xml"].replace(b"<sheets>", b'<workbookPr date1904="1"/><sheets>')
    _, batches, _ = read(tmp_path, zipped({**parts, "xl/workbook.xml": book}))
    assert cells(batches) == [("Ann", "2021-03-14", "z")]


def test_a_namespace_prefix_changes_nothing(tmp_path: Path) -> None:
    xml = sheet_xml([HEADER, ANN]).replace("</row></sheetData>", '<c t="e"><v>#SPILL!</v></c></row></sheetData>')
    for tag in ("worksheet", "sheetData", "row", "c", "is", "t", "v"):
        xml = (
            xml.replace(f"<{tag}>", f"<x:{tag}>").replace(f"<{tag} ", f"<x:{tag} ").replace(f"</{tag}>", f"</x:{tag}>")
        )
    xml = xml.replace("xmlns=", "xmlns:x=")
    _, batches, _ = read(tmp_path, workbook({"S": ""}, parts={"xl/worksheets/sheet1.xml": xml}))
    assert faults(batches) == [(1, 2, "The row has too many cells: 3 where the header has 2. Align its columns.")]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100])
def test_rows_are_numbered_across_batches_and_keep_their_place_in_the_sheet(size: int, tmp_path: Path) -> None:
    rows = [
        ["Customers of March"], [], HEADER, ["1", "x"], [None, None], ["2", "x", None, "extra"], ["3"], [" ", "\t"],
        ["5", "x"], ["", ""], HEADER, ["7", "x"], [], [None],
    ]  # fmt: skip
    _, batches, _ = read(tmp_path, workbook({"S": rows}), size=size)
    good = [row[:3] for batch in batches for row in batch.cells.iter_rows()]
    assert good == [(1, 4, "1"), (3, 7, "3"), (5, 9, "5"), (7, 12, "7")]
    assert cells(batches)[1] == ("3", "")
    assert faults(batches) == [
        (2, 6, "The row has too many cells: 4 where the header has 2. Align its columns."),
        (4, 8, "The row is empty. Fill it in or delete it."),
        (6, 11, "The row repeats the header. Delete it."),
    ]
    assert [len(batch) for batch in batches] == [size] * (7 // size) + ([7 % size] if 7 % size else [])


def test_a_row_that_cannot_be_read_is_kept_as_it_stood(tmp_path: Path) -> None:
    _, batches, _ = read(tmp_path, workbook({"S": [["A note"], HEADER, ANN, [*ANN, None, "right", 1.5, None]]}))
    assert [json.loads(stood) for stood in batches[0].faults["record_data"]] == [
        {"name": "Ann", "email": "a@b.co", "(column 3)": "", "(column 4)": "right", "(column 5)": "1.5"},
    ]


def test_a_column_without_a_name_is_kept_and_a_warning_where_it_holds_something(tmp_path: Path) -> None:
    rows = [[None, "name", None, "email"], [None, "Ann", None, "a@b.co"], [None, "Bob", "x", "b@b.co"]]
    rows.append([None, "Cid", "y", "c@b.co"])
    headers, batches, read_as = read(tmp_path, workbook({"S": [["A note"], *rows]}), size=1)
    assert headers == ["(column 1)", "name", "(column 3)", "email"]
    assert cells(batches) == [("", "Ann", "", "a@b.co"), ("", "Bob", "x", "b@b.co"), ("", "Cid", "y", "c@b.co")]
    assert read_as.warnings == ['Column 3 has no header: what it holds is kept as "(column 3)" and not sent.']


def test_a_batch_of_a_wide_sheet_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BATCH_CELLS", 5)
    _, batches, _ = read(tmp_path, workbook({"S": [HEADER, *[ANN] * 5]}))
    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_a_character_that_no_database_stores_is_that_row_s_fault(tmp_path: Path) -> None:
    _, batches, _ = read(tmp_path, workbook({"S": [HEADER, ["A_x0000_b", "x"], ANN]}))
    assert cells(batches) == [tuple(ANN)]
    assert faults(batches) == [(1, 2, "The row holds bytes that are not text. Type the garbled characters again.")]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_totals_below_the_rows_are_none_of_them(size: int, tmp_path: Path) -> None:
    rows = [HEADER, ANN, ["Total", 12], ANN, ["Subtotal", 3.5], ["Grand Total:", "$1,234.50"]]
    _, batches, _ = read(tmp_path, workbook({"S": rows}), size=size)
    assert cells(batches) == [tuple(ANN), ("Total", "12"), tuple(ANN)]


def test_no_more_rows_are_totals_than_a_report_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_TOTALS", 2)
    _, batches, _ = read(tmp_path, workbook({"S": [HEADER, *[["Total", 1]] * 7]}), size=3)
    assert cells(batches) == [("Total", "1")] * 5
    assert max(map(len, batches)) <= 3


def test_rows_without_positions_and_rows_with_gaps_are_where_excel_shows_them(tmp_path: Path) -> None:
    row = '<row r="{0}"><c r="C{0}" t="s"><v>{1}</v></c><c r="E{0}" t="s"><v>{2}</v></c></row>'
    xml = '<row r="2"><c r="C2" t="s"><v>0</v></c><c t="s"><v>1</v></c><c r="E2" t="s"><v>2</v></c></row>'
    _, batches, read_as = read(
        tmp_path, workbook({"S": xml + row.format(9, 3, 4)}, texts=["name", "email", "phone", "Ann", "303"])
    )
    assert batches[0].cells.rows() == [(1, 9, "Ann", "", "303")]
    assert read_as.details == {"sheet": "S", "header_line": 2}


@pytest.mark.parametrize(
    ("made", "hidden", "sheet"),
    [
        ({"Notes": [["a", "b"]], "Customers": [HEADER, ANN]}, [], "Customers"),
        ({"Empty": [], "Customers": [HEADER, ANN]}, [], "Customers"),
        ({"Old": [HEADER, ["Old", "x"]], "Customers": [HEADER, ANN]}, ["Old"], "Customers"),
        ({"Notes": [["a", "b"], ["c", "d"]], "Customers": [HEADER, ANN]}, ["Customers"], "Customers"),
        ({"Notes": [["a"], ["c"]], "Parts": [["part", "bin"], ["1", "2"]]}, [], "Parts"),
    ],
)
def test_the_sheet_that_fits_is_read(
    made: dict[str, Sequence[Sequence[str]]], hidden: list[str], sheet: str, tmp_path: Path
) -> None:
    _, _, read_as = read(tmp_path, workbook(made, hidden=hidden))
    assert read_as.details == {"sheet": sheet, "header_line": 1}


def test_not_every_sheet_of_a_thousand_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_SHEETS", 2)
    said = io.StringIO()
    sheets.answer(io.BytesIO(workbook({name: [HEADER, ANN] for name in "abcd"})), io.StringIO(), said)
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert lines == [
        *({"sheet": name, "hidden": False, "top": [[1, HEADER], [2, ANN]]} for name in "ab"), {"formulas": 0},
    ]  # fmt: skip


@pytest.mark.parametrize("place", [0, 30])
def test_rows_of_more_text_than_a_sheet_can_hold_are_refused(place: int, tmp_path: Path) -> None:
    rows = [HEADER, *[ANN] * 40]
    rows[1 + place] = [os.urandom(9 << 19).hex()] * 2
    assert refused(tmp_path, workbook({"S": rows})) == (
        "Contact.xlsx has rows of more than 16,777,216 characters: shorten them."
    )
    rows[1 + place] = [os.urandom(10 << 19).hex(), "a@b.co"]
    headers, batches, _ = read(tmp_path, workbook({"S": rows}))
    assert (headers, len(cells(batches)[place][0])) == (HEADER, 10 << 20)


def test_a_batch_of_long_texts_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BATCH_CHARACTERS", 18)
    _, batches, _ = read(tmp_path, workbook({"S": [HEADER, *[ANN] * 5]}))
    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_another_sheet_that_fits_and_a_hidden_one_are_warnings(tmp_path: Path) -> None:
    made = {"March": [HEADER, ANN], "Notes": [["a", "b"]], "April": [HEADER, ANN]}
    _, _, read_as = read(tmp_path, workbook(made))
    assert read_as.warnings == [
        'Only the sheet "March" was read; "April" fits as well: send it as a file of its own if its rows are wanted.'
    ]
    _, _, read_as = read(tmp_path, workbook({"March": [HEADER, ANN]}, hidden=["March"]))
    assert read_as.warnings == ['The sheet "March" that was read is hidden: make sure that its rows are wanted.']
    assert read(tmp_path, workbook({"March": [HEADER, ANN], "Notes": [["a", "b"]]}))[2].warnings == []


def test_formulas_that_nobody_computed_are_a_warning(tmp_path: Path) -> None:
    row = '<row><c t="inlineStr"><is><t>Ann</t></is></c><c><f>1+1</f>{}</c></row>'
    computed = '<row><c><f>1+1</f><v>2</v></c><c t="str"><f>""</f><v></v></c></row>'
    xml = sheet_xml([HEADER]).replace("</sheetData>", row.format("") + row.format("<v/>") + computed + "</sheetData>")
    _, batches, read_as = read(tmp_path, workbook({"S": ""}, parts={"xl/worksheets/sheet1.xml": xml}))
    assert cells(batches) == [("Ann", ""), ("Ann", ""), ("2", "")]
    assert read_as.warnings == [
        "2 cells hold formulas that were never computed and read as empty: open the workbook in Excel, save it and "
        "send it again."
    ]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({}, "Contact.xlsx is empty: export it again."),
        ({"S": []}, "Contact.xlsx is empty: export it again."),
        ({"S": [[None, ""], [""]]}, "Contact.xlsx is empty: export it again."),
        ({"S": [HEADER]}, "Contact.xlsx has a header but no records: export it again with its rows."),
        ({"S": [HEADER, ["Total", 0]]}, "Contact.xlsx has a header but no records: export it again with its rows."),
        (
            {"S": [["name", "note", "note"], ANN]},
            'Contact.xlsx has the header "note" more than once: give every column its own name.',
        ),
    ],
)
def test_a_workbook_without_a_table_says_so(
    made: dict[str, Sequence[Sequence[str]]], reason: str, tmp_path: Path
) -> None:
    assert refused(tmp_path, workbook(made)) == reason


NOT_XLSX = "is no workbook of the kind .xlsx: save it as 'Excel Workbook'."
GOOD = workbook({"S": [HEADER, ANN]})
BOMB = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in b"bcdefghij"
) + b"]>"  # fmt: skip


def encrypted(content: bytes) -> bytes:
    """Set the bit that says so in every entry of the directory."""
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Contact.xlsx is no workbook, whatever its name says: save it as 'Excel Workbook'."),
        (b"name,email\nAnn,x\n", "Contact.xlsx is no workbook, whatever its name says: save it as 'Excel Workbook'."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
            "Contact.xlsx is an old or a password-protected workbook: save it as 'Excel Workbook' with no password.",
        ),
        (zipped({"a.txt": "x"}), f"Contact.xlsx {NOT_XLSX}"),
        (zipped({"xl/workbook.bin": ""}), f"Contact.xlsx {NOT_XLSX}"),
        (encrypted(GOOD), "Contact.xlsx is encrypted: save it without a password."),
        (GOOD[: len(GOOD) // 2], DAMAGED),
        (GOOD[:-10], DAMAGED),
        (b"PK\x03\x04" + bytes(200), DAMAGED),
        (GOOD.replace(b"PK\x03\x04", b"PK\x03\x05"), DAMAGED),
        (workbook({"S": ""}, parts={"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row><c><v>1"}), DAMAGED),
        (workbook({"S": [HEADER, ANN]}, parts={"xl/worksheets/sheet1.xml": None}), DAMAGED),
        (workbook({"S": '<row><c t="s"><v>7</v></c></row>'}), DAMAGED),
        (
            workbook({"S": [HEADER, ANN]}, parts={"xl/sharedStrings.xml": BOMB + b"<sst><si><t>&j;</t></si></sst>"}),
            DAMAGED,
        ),
        (
            workbook({"S": ""}, parts={
                "xl/worksheets/sheet1.xml": b'<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                b'<worksheet><sheetData><row><c t="str"><v>&x;</v></c></row></sheetData></worksheet>'
            }),
            DAMAGED,
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(content: bytes, reason: str, tmp_path: Path) -> None:
    assert refused(tmp_path, content) == reason


def test_any_cut_and_any_changed_byte_is_a_reason_or_a_table(tmp_path: Path) -> None:
    for place in range(50, len(GOOD), 311):
        for broken in (GOOD[:place], GOOD[:place] + b"\xff" + GOOD[place + 1 :]):
            with contextlib.suppress(UnreadableFile):
                read(tmp_path, broken)


def test_macros_links_and_pictures_are_passed_over(tmp_path: Path) -> None:
    parts = {
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 macros",
        "xl/externalLinks/externalLink1.xml": "<externalLink/>",
        "xl/externalLinks/_rels/externalLink1.xml.rels": '<Relationships><Relationship Target="http://127.0.0.1:9/x" '
        'TargetMode="External"/></Relationships>',
        "xl/media/image1.png": os.urandom(1000),
    }
    _, batches, _ = read(tmp_path, workbook({"S": [HEADER, ANN]}, parts=parts))
    assert cells(batches) == [tuple(ANN)]


def lying(content: bytes, name: str, size: int) -> bytes:
    """Let a part's headers say another size than its bytes unpack to."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo(name)
    told, real = struct.pack("<L", size), struct.pack("<L", member.file_size)
    return content.replace(
        struct.pack("<L", member.compress_size) + real, struct.pack("<L", member.compress_size) + told
    )


@pytest.mark.parametrize("told", [None, 10])
def test_a_part_that_unpacks_to_too_much_is_refused_whatever_it_says(
    told: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook({"S": [HEADER, ANN]}, parts={"xl/media/a.bin": bytes(40 << 20)})
    content = content if told is None else lying(content, "xl/media/a.bin", told)
    assert refused(tmp_path, content) == (
        "Contact.xlsx unpacks to over 200 times its size: copy its rows to a new workbook."
    )
    monkeypatch.setattr(archives, "RATIO_FROM", 1 << 40)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 32 << 20)
    with pytest.raises(archives.RefusedArchive, match=r"^unpacks to more than 32 MB: split it, or save it as CSV\.$"):
        archives.check(io.BytesIO(content))
    monkeypatch.setattr(archives, "MAX_UNPACKED", 41 << 20)
    archives.check(io.BytesIO(content))


@pytest.mark.parametrize("beyond", [-1, 0, 1, 21, 22, 40])
def test_a_part_may_end_anywhere_in_a_piece(beyond: int) -> None:
    part = bytes(archives._PIECE + beyond)
    assert archives.check(io.BytesIO(workbook({"S": [HEADER, ANN]}, parts={"xl/media/a.bin": part}))).formulas == 0


def test_a_part_that_has_no_cells_is_not_held() -> None:
    pieces = [b"x" * archives._PIECE] * 20
    held = list(archives._whole_cells(iter(pieces)))
    assert b"".join(held) == b"".join(pieces)
    assert max(map(len, held)) <= archives._LONGEST_CELL + archives._PIECE


def test_two_parts_of_one_name_are_damage(tmp_path: Path) -> None:
    twice = io.BytesIO(GOOD)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml([HEADER, ["Bob", "b@b.co"]]))
    assert refused(tmp_path, twice.getvalue()) == DAMAGED


def test_parts_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {f"xl/media/{n}.bin": os.urandom(1 << 20) for n in range(4)}
    content = io.BytesIO(workbook({"S": [HEADER, ANN]}, parts=parts))
    monkeypatch.setattr(archives, "MAX_UNPACKED", 4 << 20)
    with pytest.raises(archives.RefusedArchive, match="unpacks to more than 4 MB"):
        archives.check(content)


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 7)
    archives.check(io.BytesIO(GOOD))
    with pytest.raises(archives.RefusedArchive, match=r"^has more than 7 parts"):
        archives.check(io.BytesIO(workbook({"S": [HEADER]}, parts={"a": "", "b": ""})))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="4000000000"><c><v>1</v></c></row>',
        "<row>" + '<c t="s"><v>0</v></c>' * 10_000 + "</row>",
    ],
    ids=["opposite corners", "a row beyond all sheets", "one long text in every cell"],
)
def test_a_small_workbook_that_asks_for_all_memory_is_refused_and_takes_nothing_with_it(
    rows: str, tmp_path: Path
) -> None:
    assert refused(tmp_path, workbook({"S": rows}, texts=["x" * 1_000_000])) == (
        "Contact.xlsx takes more than 1,536 MB of memory to read: split it, or save it as CSV."
    )


def test_a_workbook_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    monkeypatch.setattr(sheet_process, "_START", slow)
    assert refused(tmp_path, GOOD) == f"Contact.xlsx {sheets.TOO_LONG}"


TOP = '{"sheet":"S","hidden":false,"top":[[1,["name","email"]]]}\\n{"formulas":0}\\n'


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [
        ("raise SystemExit(3)", sheets.DAMAGED),
        ("print(end='{\"sheet\":'); sys.stdout.flush(); os.abort()", sheets.TOO_LARGE),
        (f"print(end='{TOP}'); sys.stdout.flush(); sys.stdin.close()", sheets.DAMAGED),
        (f"print(end='{TOP}' + '{{\"rows\":[[2,'); sys.stdout.flush(); os.kill(os.getpid(), 9)", sheets.TOO_LARGE),
    ],
)
def test_a_reader_that_ends_anywhere_is_a_reason(
    last_words: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_process, "_START", f"import os, sys; {last_words}")
    assert refused(tmp_path, GOOD) == f"Contact.xlsx {reason}"


def test_a_workbook_that_changed_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    file = put_workbook(tmp_path, GOOD)
    file.path.write_bytes(GOOD + b"x")
    with pytest.raises(ChangedFile, match=r"^Contact.xlsx changed while it was read: put it into the inbox again\.$"):
        Workbook(file, has_name)


def test_a_workbook_that_changes_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    file = put_workbook(tmp_path, GOOD)
    with Workbook(file, has_name) as opened:
        file.path.write_bytes(b"something else")
        assert cells(list(opened.batches(9, last_is_optional=False))) == [tuple(ANN)]


def test_a_workbook_that_vanished_or_is_too_large_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put_workbook(tmp_path, GOOD)
    monkeypatch.setattr(sheet_process, "MAX_PACKED", len(GOOD) - 1)
    with pytest.raises(UnreadableFile, match=r"^Contact.xlsx is larger than 0 MB: split it, or save it as CSV\.$"):
        Workbook(file, has_name)
    monkeypatch.undo()
    file.path.unlink()
    with pytest.raises(InboxError, match=r"^Contact.xlsx is no longer there"):
        Workbook(file, has_name)


def test_leaving_early_ends_the_process(tmp_path: Path) -> None:
    content = workbook({"S": [HEADER, *[ANN] * 50_000]})
    with Workbook(put_workbook(tmp_path, content), has_name) as opened:
        next(opened.batches(10, last_is_optional=False))
    assert opened._process._process.returncode is not None


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]), max_size=12).filter(
    lambda text: "_x" not in text
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(TEXT.map("n{}".format), TEXT, TEXT.map("{}z".format)), min_size=1, max_size=8),
    shared=st.booleans(),
    size=st.integers(1, 9),
)
def test_any_table_of_text_comes_through(rows: list[tuple[str, ...]], shared: bool, size: int, tmp_path: Path) -> None:  # noqa: FBT001
    header = ("name", "email", "note")
    if shared:
        texts = [text for row in (header, *rows) for text in row]
        inside = iter(f'<c t="s"><v>{place}</v></c>' for place in range(len(texts)))
        xml = "".join(f"<row>{''.join(next(inside) for _ in header)}</row>" for _ in (header, *rows))
        content = workbook({"S": xml}, texts=texts)
    else:
        content = workbook({"S": [header, *rows]})
    headers, batches, _ = read(tmp_path, content, size=size)
    assert (headers, cells(batches), faults(batches)) == (list(header), rows, [])
