"""Files that cannot be read: each says in a line what it is and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from tests.unit.csv_imports.conftest import batches, put

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Contact.csv is empty: export it again."),
        (b"\xef\xbb\xbf\r\n \n", "Contact.csv is empty: export it again."),
        (b"name,email\n", "Contact.csv has a header but no records: export it again with its rows."),
        (b"name,email\n\nTotal,0\n", "Contact.csv has a header but no records: export it again with its rows."),
        (
            b"name,Note,Note,note\nx,y,z,w\n",
            'Contact.csv has the header "Note" more than once: give every column its own name.',
        ),
        (
            b",(column 1),b\nx,y,z\n",
            'Contact.csv has the header "(column 1)" more than once: give every column its own name.',
        ),
        (
            b"n\xffme,stra\xc3\x9fe,stra\xc3\x9fe 2\n\xc3\x9f,x,x\n",
            "Contact.csv has a header that is not text in column 1: save it as 'CSV UTF-8'.",
        ),
        (
            b'\na,"b\nx,y\n',
            "Contact.csv has a quote in its header, in line 2, that is not closed: close or remove it.",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        batches(put(tmp_path, content))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PK\x03\x04\x14\0\x08\0[Content_Types].xml", "is an Excel workbook: give it a name that ends in .xlsx"),
        (b"PK\x03\x04\x14\0,\xff", "is a zip archive: unpack it and put the files themselves into the inbox"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
            "is an old Excel workbook (.xls): save it as .xlsx or as 'CSV UTF-8'",
        ),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document, not a CSV file: export it as 'CSV UTF-8'"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is a picture (PNG), not a CSV file: export it as 'CSV UTF-8'"),
        (b"\x1f\x8b\x08\0", "is a gzip archive, not a CSV file: export it as 'CSV UTF-8'"),
        (b"\n<!DOCTYPE html><table><tr><td>name", "is a web page or XML, not a CSV file: export it as 'CSV UTF-8'"),
        (b"name\0,email\nx,y\n", "is not text: export it as 'CSV UTF-8'"),
        (bytes(range(1, 256)) * 4, "is not text: export it as 'CSV UTF-8'"),
    ],
)  # fmt: skip
def test_what_was_only_named_csv_says_what_it_is(head: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        batches(put(tmp_path, head))
    assert str(raised.value) == f"Contact.csv {words}."


def test_a_file_that_changed_before_it_is_read_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path, "a,b\nx,y\n")
    file.path.write_text("a,b\nx,z\n")
    with pytest.raises(ChangedFile, match=r"^Contact.csv changed while it was read: put it into the inbox again\.$"):
        batches(file)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path, "a,b\n" + "x,y\n" * 300_000)
    with CsvFile(file) as opened:
        reading_on = opened.batches(100_000, last_is_optional=False)
        next(reading_on)
        with file.path.open("a") as more:
            more.write("x,y\n")
        with pytest.raises(ChangedFile):
            list(reading_on)
