"""Which sheet of a workbook is read, and what is doubtful about it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files import sheets
from tests.unit.csv_imports.files.workbook_reading import (
    ANN,
    HEADER,
    cells,
    read,
    refused,
)
from tests.workbook_files import sheet_xml, workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


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
