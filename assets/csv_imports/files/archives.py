"""Checking the zip archive that a workbook is, before anything opens it: how many parts, and how large they really are.

What belongs here: the archive as bytes. What does not: what a part says (`sheets`). It runs in the process that reads
the sheets and knows nothing but the standard library.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_MEMBERS = 10_000
"""Parts of a workbook; one of a hundred sheets with pictures has some hundreds."""
MAX_UNPACKED = 1 << 30
"""Bytes of all parts together; a full sheet of 1,048,576 rows and 6 columns has 340 MB."""
MAX_RATIO = 200
"""Unpacked to packed bytes of one part; sheets come to 5-20, and deflate itself ends at 1,032."""
RATIO_FROM = 16 << 20
"""The size from which a part's ratio counts: small parts may be as monotonous as they like."""
DAMAGED = "is damaged: open it in Excel and save it again."
_PIECE = 1 << 18
_LONGEST_CELL = 1 << 20
_LOCAL_HEADER = 30
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A cell that holds an error, whatever prefix its namespace has.
_ERROR_TYPE = re.compile(rb"(<(?:\w+:)?c\b[^<>]*?\bt\s*=\s*)([\"'])e\2")
_FORMULA_ALONE = re.compile(
    rb"<(?:\w+:)?c\b(?![^<>]*\bt=[\"']str)[^<>]*>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

DAMAGES = (
    zipfile.BadZipFile,  # what zipfile or this module finds wrong with the archive
    zlib.error,  # packed bytes that unpack to nothing
    UnicodeDecodeError,  # a part's name that is not the UTF-8 that it says it is
    NotImplementedError,  # what zipfile says of a version of the format that is newer than it
)
"""What is raised while a damaged archive is opened, checked and unpacked."""


class RefusedArchive(Exception):
    """Say what is wrong with a workbook: the end of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was seen in the parts of a workbook while they were counted.

    Attributes:
        formulas: Formulas that no program has computed yet: their cells hold no value.
        with_errors: The sheets that hold error values such as `#REF!`.
    """

    formulas: int
    with_errors: frozenset[str]


def check(file: BinaryIO) -> Contents:
    """Unpack every part of a workbook once, a piece at a time, and keep none of it.

    What a part's header says of its size is not believed: the bytes are counted as they come out.

    Raises:
        RefusedArchive: When it is no workbook of this kind, is encrypted or damaged, or unpacks to too much.
    """
    file.seek(0)
    start = file.read(len(_OLE))
    if start[:2] != b"PK":
        if start != _OLE:
            raise RefusedArchive("is no workbook, whatever its name says: save it as 'Excel Workbook'.")
        raise RefusedArchive(
            "is an old or a password-protected workbook: save it as 'Excel Workbook' with no password."
        )
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_members(members, file.seek(0, io.SEEK_END))
            return _count(file, members)
    except DAMAGES:
        raise RefusedArchive(DAMAGED) from None


def check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Check what an archive of so many bytes says of its parts, before any is unpacked.

    Raises:
        RefusedArchive: When it is no workbook of this kind, or is encrypted.
        zipfile.BadZipFile: When it is damaged.
    """
    names = [member.filename for member in members]
    if len(names) > MAX_MEMBERS:
        raise RefusedArchive(f"has more than {MAX_MEMBERS:,} parts: copy the rows into a new workbook.")
    if any(member.flag_bits & 0x1 for member in members):
        raise RefusedArchive("is encrypted: save it without a password.")
    if "xl/workbook.xml" not in (name.replace("\\", "/").lstrip("/").lower() for name in names):
        raise RefusedArchive("is no workbook of the kind .xlsx: save it as 'Excel Workbook'.")
    if len(set(names)) != len(names) or any(member.compress_type not in (0, 8) for member in members):
        raise zipfile.BadZipFile
    if not all(0 <= member.header_offset < size for member in members):
        raise zipfile.BadZipFile


def _count(file: BinaryIO, members: list[zipfile.ZipInfo]) -> Contents:
    size = formulas = 0
    with_errors: set[str] = set()

    def counted(member: zipfile.ZipInfo) -> Iterator[bytes]:
        nonlocal size
        before = size
        for piece in unpacked(file, member):
            size += len(piece)
            if size > MAX_UNPACKED:
                raise RefusedArchive(f"unpacks to more than {MAX_UNPACKED >> 20:,} MB: split it, or save it as CSV.")
            if size - before > max(RATIO_FROM, MAX_RATIO * member.compress_size):
                raise RefusedArchive(f"unpacks to over {MAX_RATIO} times its size: copy its rows to a new workbook.")
            yield piece

    for member in members:
        if member.filename.endswith(".xml") and "sharedStrings" not in member.filename:
            for piece in _whole_cells(counted(member)):
                if b"<f" in piece or b":f" in piece:
                    formulas += sum(1 for _ in _FORMULA_ALONE.finditer(piece))
                if (b'"e"' in piece or b"'e'" in piece) and _ERROR_TYPE.search(piece):
                    with_errors.add(member.filename)
        else:
            deque(counted(member), maxlen=0)
    return Contents(formulas, frozenset(with_errors))


def unpacked(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part's packed bytes unpack to, a piece at a time, to the end of them, whatever its headers say.

    Raises:
        zipfile.BadZipFile, zlib.error: When they unpack to nothing.
    """
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = member.compress_size
    inflate = zlib.decompressobj(-15) if member.compress_type else None
    while left and not (inflate and inflate.eof):
        packed = file.read(min(left, _PIECE))
        if not packed:
            raise zipfile.BadZipFile
        left -= len(packed)
        if inflate is None:
            yield packed
        else:
            yield from _inflated(inflate, packed)
    if inflate and not inflate.eof:
        raise zipfile.BadZipFile


class _Inflate(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, /, max_length: int = ...) -> bytes: ...


def _inflated(inflate: _Inflate, packed: bytes) -> Iterator[bytes]:
    piece = packed
    while not inflate.eof and (packed or len(piece) == _PIECE):  # a full piece may not be all that there is
        piece = inflate.decompress(packed, _PIECE)
        packed = inflate.unconsumed_tail
        yield piece


def _whole_cells(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a sheet's bytes behind the last cell of each piece, so that no cell's tags are torn."""
    rest = b""
    for piece in pieces:
        held = rest + piece
        end = held.rfind(b"c>") + len(b"c>")
        if end < len(b"c>"):
            end = len(held) if len(held) > _LONGEST_CELL else 0
        rest = held[end:]
        yield held[:end]
    yield rest


def with_errors_as_text(file: BinaryIO, contents: Contents, copy: BinaryIO) -> None:
    """Write a workbook again with its error values as text, since calamine reads them as nothing or not at all."""
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        for member in archive.infolist():
            with written.open(member.filename, "w", force_zip64=True) as part:
                pieces = unpacked(file, member)
                if member.filename in contents.with_errors:
                    pieces = (_ERROR_TYPE.sub(rb"\1\2str\2", piece) for piece in _whole_cells(pieces))
                for piece in pieces:
                    part.write(piece)
