"""Making workbooks part by part, so that a test can say what no spreadsheet program would write.

What belongs here: the parts of an .xlsx. What does not: what a test expects of them.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
FORMATS = {"date": 1, "date and time": 2, "hours": 3, "time": 4, "money": 5}
"""Styles of cells, for `s=`."""
_HIDDEN = ' state="hidden"'
_NUMBER_FORMATS = (0, 14, 22, 164, 20, 44)

Cell = str | int | float | bool | None


def workbook(
    sheets: Mapping[str, str | Sequence[Sequence[Cell]]],
    *,
    texts: Sequence[str] = (),
    hidden: Sequence[str] = (),
    parts: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """Make a workbook.

    Args:
        sheets: By name: rows of plain values, or the XML inside of `sheetData`.
        texts: The shared strings, which cells of `t="s"` name by their place.
        hidden: Names of sheets that are hidden.
        parts: More parts, or other contents of the usual ones; None leaves one out.
    """
    made: dict[str, str | bytes | None] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _relationships({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"{_HIDDEN if name in hidden else ""}/>'
            for n, name in enumerate(sheets, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relationships(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
            | {"rId98": ("styles", "styles.xml"), "rId99": ("sharedStrings", "sharedStrings.xml")}
        ),
        "xl/styles.xml": f'<styleSheet {_MAIN}><numFmts><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts><cellXfs>'
        + "".join(f'<xf numFmtId="{number}"/>' for number in _NUMBER_FORMATS)
        + "</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": shared_strings(texts),
        **{f"xl/worksheets/sheet{n}.xml": sheet_xml(rows) for n, rows in enumerate(sheets.values(), 1)},
        **(parts or {}),
    }
    return zipped({name: part for name, part in made.items() if part is not None})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts into a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def shared_strings(texts: Sequence[str]) -> str:
    """Make the part of shared strings."""
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    return f"<sst {_MAIN}>{items}</sst>"


def sheet_xml(rows: str | Sequence[Sequence[Cell]]) -> str:
    """Make the part of a sheet."""
    inside = rows if isinstance(rows, str) else "".join(f"<row>{''.join(map(cell_xml, row))}</row>" for row in rows)
    return f"<worksheet {_MAIN}><sheetData>{inside}</sheetData></worksheet>"


def cell_xml(value: Cell) -> str:
    """Make a cell of a plain value."""
    match value:
        case None:
            return "<c></c>"
        case bool():
            return f'<c t="b"><v>{int(value)}</v></c>'
        case str():
            return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        case _:
            return f"<c><v>{value!r}</v></c>"


def _relationships(targets: Mapping[str, tuple[str, str]]) -> str:
    made = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{made}</Relationships>'
