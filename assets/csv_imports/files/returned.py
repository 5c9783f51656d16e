"""Reading a fix file that came back: the contractor's own columns as they stood, and which row each record corrects.

What belongs here: telling a fix file from others, and taking away what handing back added. What does not: reading the
file itself (`reading`), and whether the rows that are named are there and want work (`attempts`).
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import polars as pl

from assets import fix_files
from assets.csv_imports.files import archives
from assets.csv_imports.files.records import FAULTS_SCHEMA, REFERENCES_SCHEMA, Batch
from assets.csv_imports.files.rows import as_stood, checked_headers, problem
from assets.csv_imports.inbox import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Self

    from assets.csv_imports.files.records import ReadAs, RecordFile
    from assets.csv_imports.inbox import InboxFile

_MARKS = (fix_files.ROW.encode(), fix_files.MARK.encode())
LOOKED_AT = 1 << 20
"""Bytes of a text that are looked at for the header of a fix file; of a workbook's list of parts, at most."""
UNPACKED = 1 << 28
"""Bytes of a workbook's parts that are looked at: programs that save it put its strings in any order."""
_PARTS = ("xl/sharedstrings.xml", "xl/worksheets/")
_END_BYTES = 22
_TAIL = (1 << 16) + _END_BYTES
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"


def may_be_returned(file: InboxFile) -> bool:
    """Say whether a file is worth being opened to see whether it is a fix file.

    Of a text no more than its beginning is read; a workbook that is too long to be looked through is worth it.

    Raises:
        InboxError: When it is no regular file, or cannot be opened.
    """
    with open_regular(file.path) as handle:
        if file.path.suffix.lower() == ".xlsx":
            return _is_in_workbook(handle)
        # In UTF-16 a zero stands beside each byte of it.
        return _has_mark(handle.read(LOOKED_AT).replace(b"\0", b""))


def _has_mark(piece: bytes) -> bool:
    return any(mark in piece for mark in _MARKS)


def _is_in_workbook(handle: BinaryIO) -> bool:
    try:
        if not _has_small_directory(handle):
            return False
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
        archives.check_members(members, handle.seek(0, io.SEEK_END))
        size = 0
        for member in members:
            if not member.filename.lower().startswith(_PARTS):
                continue
            kept = b""
            for piece in archives.unpacked(handle, member):
                size += len(piece)
                if _has_mark(kept + piece) or size > UNPACKED:
                    return True
                kept = piece[-max(map(len, _MARKS)) :]
    except (archives.RefusedArchive, *archives.DAMAGES):
        pass  # whoever reads it says what is wrong with it
    return False


def _has_small_directory(handle: BinaryIO) -> bool:
    """Say whether the list of an archive's parts is one that a workbook has: a hostile one would fill the memory."""
    handle.seek(0, io.SEEK_END)
    handle.seek(max(0, handle.tell() - _TAIL))
    tail = handle.read()
    place = tail.rfind(_END)
    return (
        0 <= place <= len(tail) - _END_BYTES
        and _END_64 not in tail
        and struct.unpack_from("<I", tail, place + 12)[0] <= LOOKED_AT
    )


class ReturnedFile:
    """An open fix file, seen as the file that its rows came from.

    Args:
        file: The file as it lies there, opened by a header with a column of a fix file; it may have lost others.
        name: Its name, for messages.
        width: How many columns the file had that its rows came from; columns beyond hold what stood beyond its last.

    Raises:
        UnreadableFile: When two columns have one name without what handing back added to them.
    """

    def __init__(self, file: RecordFile, name: str, width: int) -> None:
        """Tell the contractor's columns from those that were added."""
        self._file = file
        own = {column: file.headers.index(column) for column in fix_files.COLUMNS if column in file.headers}
        self._row, self._problem = own.get(fix_files.ROW), own.get(fix_files.PROBLEM)
        self._beyond = _beyond(file.headers, width)
        added = {*own.values(), *self._beyond}
        self._places = [place for place in range(len(file.headers)) if place not in added]
        restored = [fix_files.restored_header(file.headers[place]) for place in self._places]
        self.headers = checked_headers(restored, name)
        self.read_as: ReadAs = file.read_as

    def __enter__(self) -> Self:
        """Return the open file."""
        self._file.__enter__()
        return self

    def __exit__(self, *exit_: object) -> None:
        """Close the file."""
        self._file.__exit__(*exit_)

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the records as `RecordFile.batches` does, with the rows that they name."""
        del last_is_optional  # the last columns are the fix file's own
        for batch in self._file.batches(size, last_is_optional=True):
            yield self._restored(batch)

    def _restored(self, batch: Batch) -> Batch:
        whole = batch.cells.select(
            "record_number",
            "line_number",
            *(
                pl.col(f"c{place}").str.replace(fix_files.DEFUSED, "$1").alias(f"c{number}")
                for number, place in enumerate([*self._places, *self._beyond])
            ),
        )
        odd = self._odd(whole)
        faults = [self._fault(number, line, cells) for number, line, *cells in whole.filter(odd).iter_rows()]
        read = [self._read_fault(fault) for fault in batch.faults.iter_rows()]
        nothing = pl.lit(None, pl.String)
        row, said = (nothing if place is None else pl.col(f"c{place}") for place in (self._row, self._problem))
        references = batch.cells.select(
            "record_number",
            reference=row.fill_null(""),
            confirmed=(said.str.strip_chars() == "").fill_null(value=False),
        )
        others = [(fault[0], reference, False) for fault, reference in read]
        return Batch(
            whole.filter(~odd).drop(f"c{len(self.headers) + number}" for number in range(len(self._beyond))),
            pl.DataFrame([*faults, *(fault for fault, _ in read)], schema=FAULTS_SCHEMA, orient="row"),
            pl.concat([references, pl.DataFrame(others, schema=REFERENCES_SCHEMA, orient="row")]),
        )

    def _odd(self, whole: pl.DataFrame) -> pl.Series:
        """Say which rows are no records without the columns that were added; `_fault` says why."""
        own = {f"c{number}": header for number, header in enumerate(self.headers)}
        blank = pl.all_horizontal(pl.col(list(own)).str.strip_chars() == "")
        repeated = pl.all_horizontal(pl.col(name).str.strip_chars() == header for name, header in own.items())
        more = pl.any_horizontal(pl.lit(value=False), pl.col(whole.columns[2 + len(own) :]) != "")
        return whole.select(odd=blank | repeated | more)["odd"]

    def _fault(self, number: int, line: int, cells: list[str]) -> tuple[int, int, str, str]:
        while len(cells) > len(self.headers) and not cells[-1]:
            cells.pop()
        return number, line, as_stood(self.headers, cells), problem(cells, self.headers) or ""

    def _read_fault(self, fault: tuple[Any, ...]) -> tuple[tuple[int, int, str, str], str]:
        """Take what was added out of a record that could not be read; give it, and what it says of the row it names."""
        number, line, record_data, said = fault
        held: dict[str, str] = json.loads(record_data)
        reference = held.get(fix_files.ROW, "")
        own = {
            fix_files.restored_header(header): fix_files.restored(cell)
            for header, cell in held.items()
            if header not in fix_files.COLUMNS
        }
        return (number, line, json.dumps(own, ensure_ascii=False), said), reference


def _beyond(headers: list[str], width: int) -> list[int]:
    """Return the places of the columns that hold what stood beyond the last one: they are numbered on from there."""
    places: list[int] = []
    while (name := fix_files.beyond(width + len(places) + 1)) in headers:
        places.append(headers.index(name))
    return places
