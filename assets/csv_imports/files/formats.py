"""What a file is by its first bytes, whatever its name says.

What belongs here: telling text from what was given the name of a CSV file. What does not: the encoding of text
(`encodings`).
"""

from __future__ import annotations

import codecs

HEAD_BYTES = 4096
"""How much of a file is looked at."""
_SIGNATURES = (
    (b"%PDF-", "a PDF document"), (b"\x1f\x8b", "a gzip archive"), (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"), (b"GIF8", "a picture (GIF)"), (b"{\\rtf", "a Word document (RTF)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!", "a RAR archive"), (b"BZh", "a bzip2 archive"),
    (b"SQLite format 3\0", "an SQLite database"), (b"\x7fELF", "a program"),
)  # fmt: skip
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table", b"<meta", b"<head")
# A zero byte says no more than that its row is damaged, unless it stands in the first line.
_CONTROLS = bytes([*range(1, 9), *range(14, 32), 0x7F])
_FEW = 16
CONTROLS_SHARE = 0.08
"""Control characters among the bytes of what is no UTF-8, from which it is no text."""


def not_csv(head: bytes) -> str | None:
    """Say in words what a file is instead of a CSV file, and what to do about it; None for text.

    Args:
        head: Its first `HEAD_BYTES` bytes; UTF-16 is to be told apart before.
    """
    if head.startswith(_ZIPS):
        if b"xl/" in head or b"[Content_Types].xml" in head:
            return "is an Excel workbook: give it a name that ends in .xlsx"
        return "is a zip archive: unpack it and put the files themselves into the inbox"
    if head.startswith(_OLD_OFFICE):
        return "is an old Excel workbook (.xls): save it as .xlsx or as 'CSV UTF-8'"
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return f"is {words}, not a CSV file: export it as 'CSV UTF-8'"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return "is a web page or XML, not a CSV file: export it as 'CSV UTF-8'"
    first_line = head.lstrip(b"\r\n").splitlines()[:1]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    many = controls > max(_FEW, CONTROLS_SHARE * len(head))
    if (first_line and b"\0" in first_line[0]) or (many and not _is_utf8(head)):
        return "is not text: export it as 'CSV UTF-8'"
    return None


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
