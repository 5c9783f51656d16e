"""The archive that a workbook is: what is no workbook, is damaged or unpacks to too much is refused, with a reason."""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files import archives
from assets.csv_imports.files.records import UnreadableFile
from tests.unit.csv_imports.files.workbook_reading import (
    ANN,
    DAMAGED,
    GOOD,
    HEADER,
    cells,
    read,
    refused,
)
from tests.workbook_files import sheet_xml, workbook, zipped

if TYPE_CHECKING:
    from pathlib import Path


NOT_XLSX = "is no workbook of the kind .xlsx: save it as 'Excel Workbook'."
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


def changed(signature: bytes, place: int, value: bytes) -> bytes:
    """Change the archive behind its first signature of that kind; the places are those of the format."""
    start = GOOD.index(signature) + place
    return GOOD[:start] + value + GOOD[start + len(value) :]


ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"
DIRECTORY = GOOD.index(ENTRY)


@pytest.mark.parametrize(
    "content",
    [
        changed(b"[Content_Types].xml", len("[Content_Types].xml"), b"\xff" * 4),
        changed(ENTRY, 6, struct.pack("<H", 999)),
        changed(ENTRY, 8, struct.pack("<H", 1 << 11)).replace(b"[Content_Types].xml", b"\xff" * 19),
        changed(ENTRY, 10, struct.pack("<H", 12)),
        changed(ENTRY, 42, struct.pack("<L", len(GOOD))),
        changed(END, 16, struct.pack("<L", DIRECTORY + 7)),
    ],
    ids=["unpacks to nothing", "a version to come", "a name that is no UTF-8", "another compression",
         "a part behind the end", "a part before the beginning"],
)  # fmt: skip
def test_whatever_is_damaged_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "Contact.xlsx"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(archives.RefusedArchive, match=f"^{re.escape(archives.DAMAGED)}$"):
        archives.check(file)


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
