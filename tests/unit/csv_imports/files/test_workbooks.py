"""Workbooks: every cell is text as it stands, every row a record in its place."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.csv_imports.files import workbooks
from tests.unit.csv_imports.files.workbook_reading import (
    ANN,
    HEADER,
    cells,
    faults,
    read,
    refused,
)
from tests.workbook_files import FORMATS, cell_xml, sheet_xml, workbook, zipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


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


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]), max_size=12).filter(
    lambda text: "_x" not in text
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
