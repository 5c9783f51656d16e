"""Reading a CSV file: bytes in, batches of records out, each physical record exactly once.

What belongs here: decoding, splitting into records and cells, and the faults of a record as a piece of text (ragged,
undecodable, a repeated header). What does not: what a column means (`mapping`) or whether a value is right (`judging`).
Blank lines, a preamble above the header, Excel's `sep=;` and totals below the data are no records.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import polars as pl

from assets.csv_imports.inbox import InboxFile, open_regular, printable
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO, Self

DELIMITERS = ",;\t|"
MAX_CELL_CHARACTERS = 1 << 20
MAX_BATCH_CELLS = 4_000_000
HEADER_LINES = 20
"""How far below the top of a file its header is looked for."""
_UNSTORABLE = re.compile("[\x00\udc80-\udcff]")
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)
_TOTAL = re.compile(r"(grand |page |report |sub-?)?totals?:?", re.IGNORECASE)
# A sum or a count, which no phone number or date is mistaken for.
_SUM = re.compile(r"[-(]?\$?\s?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,9})(\.[0-9]*)?[)%]?")

csv.field_size_limit(MAX_CELL_CHARACTERS)


class UnreadableFile(PipelineError):
    """Say why no record of a file can be read."""


class ChangedFile(UnreadableFile):
    """Say that a file is no longer what was registered."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file, in order.

    Attributes:
        cells: One row a readable record: `record_number` (Int32, from 1) and `c0`, `c1`, … (String, as in the file).
        faults: The records that cannot be read as cells of these headers: `record_number`, `record_data` (JSON text of
            what the file held) and `problem` (a sentence).
    """

    cells: pl.DataFrame
    faults: pl.DataFrame

    def __len__(self) -> int:
        """Count the physical records."""
        return len(self.cells) + len(self.faults)


_FAULTS_SCHEMA = {"record_number": pl.Int32, "record_data": pl.String, "problem": pl.String}


def several_cells(cells: list[str]) -> bool:
    """Say whether a record could be a header: more than one of its cells holds something."""
    return sum(map(bool, cells)) > 1


class CsvFile:
    """An open CSV file whose header has been read.

    Args:
        file: The file as it was registered; what is read must still have its hash.
        is_header: Recognises the header among the first records; without one that it recognises, the header is the
            first record of several cells.

    Raises:
        UnreadableFile: When it is empty, or has no usable header.
    """

    def __init__(self, file: InboxFile, is_header: Callable[[list[str]], bool] = several_cells) -> None:
        """Open the file and read its header."""
        self._file = file
        self._digest = hashlib.sha256()
        self._handle = _Hashing(open_regular(file.path), self._digest)
        self._text = text = io.TextIOWrapper(
            io.BufferedReader(self._handle, 1 << 20), encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        try:
            lines = itertools.dropwhile(str.isspace, text)
            top = list(itertools.islice(lines, HEADER_LINES))
            if not top:
                raise UnreadableFile(f"{file.name} is empty: export it again.")
            start, self.delimiter = _find_header(top, is_header)
            self._records = self._split(itertools.chain(top[start:], lines))
            self.headers = _checked_headers(next(self._records), file.name)
        except csv.Error as error:
            text.close()
            raise self._unsplittable(error) from None
        except BaseException:
            text.close()
            raise

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._text.close()

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the records after the header, `size` at a time; memory is that of one batch.

        Args:
            size: Records in a batch.
            last_is_optional: Whether a record may leave out its last cell.

        Raises:
            UnreadableFile: When the file has no records, or cannot be split into them.
            ChangedFile: When it is no longer the one that was registered.
        """
        number = 0
        size = max(1, min(size, MAX_BATCH_CELLS // len(self.headers)))
        totals: list[list[str]] = []
        while taken := self._take(size):
            records = totals + taken
            totals = []
            while records and _is_total(records[-1]):
                totals.insert(0, records.pop())
            if records:
                yield self._batch(records, number, last_is_optional=last_is_optional)
                number += len(records)
        if self._digest.hexdigest() != self._file.sha256:
            raise ChangedFile(f"{self._file.name} changed while it was read: put it into the inbox again.")
        if number == 0:
            raise UnreadableFile(f"{self._file.name} has a header but no records: export it again with its rows.")

    def _split(self, lines: Iterable[str]) -> Iterator[list[str]]:
        number = 0
        at_end = False

        def watched() -> Iterator[str]:
            nonlocal at_end
            yield from lines
            at_end = True

        for cells in csv.reader(watched(), delimiter=self.delimiter):
            if at_end:  # the reader asked for more lines than there are, to finish a record
                raise csv.Error(f"a quote in row {number} has no end" if number else "a quote in the header has no end")
            if not _blank(cells):
                number += 1
                yield cells

    def _take(self, size: int) -> list[list[str]]:
        try:
            return list(itertools.islice(self._records, size))
        except csv.Error as error:
            raise self._unsplittable(error) from None

    def _unsplittable(self, error: csv.Error) -> UnreadableFile:
        return UnreadableFile(
            f"{self._file.name} cannot be split into records ({error}): look for a quote that is not closed."
        )

    def _batch(self, records: list[list[str]], before: int, *, last_is_optional: bool) -> Batch:
        width = len(self.headers)
        good: list[list[str]] = []
        numbers: list[int] = []
        faults: list[tuple[int, str, str]] = []
        for number, cells in enumerate(records, before + 1):
            if len(cells) == width - 1 and last_is_optional:
                cells.append("")
            problem = self._problem(cells)
            if problem is None:
                good.append(cells)
                numbers.append(number)
            else:
                faults.append((number, self._as_stood(cells), problem))
        columns = list(zip(*good, strict=True)) if good else [()] * width
        frame = {"record_number": pl.Series(numbers, dtype=pl.Int32)}
        frame |= {f"c{place}": pl.Series(column, dtype=pl.String) for place, column in enumerate(columns)}
        return Batch(pl.DataFrame(frame), pl.DataFrame(faults, schema=_FAULTS_SCHEMA, orient="row"))

    def _problem(self, cells: list[str]) -> str | None:
        width = len(self.headers)
        if len(cells) != width:
            word = "few" if len(cells) < width else "many"
            return f"The row has too {word} cells: {len(cells)} where the header has {width}. Align its columns."
        joined = "".join(cells)
        if not joined or joined.isspace():
            return "The row is empty. Fill it in or delete it."
        if _UNSTORABLE.search(joined):
            return "The row holds bytes that are not text. Type the garbled characters again."
        if self._is_header(cells):
            return "The row repeats the header. Delete it."
        return None

    def _is_header(self, cells: list[str]) -> bool:
        # Files that were put together have a byte order mark in the middle.
        first = cells[0].lstrip("\ufeff").strip()
        return first == self.headers[0] and [cell.strip() for cell in cells[1:]] == self.headers[1:]

    def _as_stood(self, cells: list[str]) -> str:
        shown = [_UNSTORABLE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", cell) for cell in cells]
        names = [*self.headers, *(f"(column {n})" for n in range(len(self.headers) + 1, len(cells) + 1))]
        return json.dumps(dict(zip(names, shown, strict=False)), ensure_ascii=False)


def _blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and not cells[0].strip())


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


class _Hashing(io.RawIOBase):
    """A binary file that feeds a digest with every byte read from it."""

    def __init__(self, raw: BinaryIO, digest: _Digest) -> None:
        self._raw = raw
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] - typeshed asks for Buffer
        chunk = self._raw.read(len(buffer))
        count = len(chunk)
        buffer[:count] = chunk
        self._digest.update(chunk)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _find_header(lines: list[str], is_header: Callable[[list[str]], bool]) -> tuple[int, str]:
    """Return the line at which the header begins, and the delimiter."""
    said = _SEPARATOR_LINE.fullmatch(lines[0])
    delimiters = said[1] if said else DELIMITERS
    first = 1 if said and len(lines) > 1 else 0
    for fits in (is_header, several_cells):
        for start in range(first, len(lines)):
            for delimiter, cells in _splittings(lines[start:], delimiters):
                if fits(cells):
                    return start, delimiter
    return first, delimiters[0]


def _splittings(lines: list[str], delimiters: str) -> list[tuple[str, list[str]]]:
    """Split the record that begins at the first line by each delimiter; the one with the most cells comes first."""
    found = [
        (delimiter, [cell.strip() for cell in next(csv.reader(lines, delimiter=delimiter), [])])
        for delimiter in delimiters
    ]
    return sorted(found, key=lambda splitting: -len(splitting[1]))


def _is_total(cells: list[str]) -> bool:
    filled = [stripped for cell in cells if (stripped := cell.strip())]
    return bool(filled) and _TOTAL.fullmatch(filled[0]) is not None and all(map(_SUM.fullmatch, filled[1:]))


def _checked_headers(cells: list[str], name: str) -> list[str]:
    headers = [header.strip() for header in cells]
    if any(_UNSTORABLE.search(header) for header in headers):
        raise UnreadableFile(f"{name} is not a CSV file in UTF-8: save it as 'CSV UTF-8'.")
    empty = [str(place) for place, header in enumerate(headers, 1) if not header]
    if empty:
        raise UnreadableFile(f"{name} has no header in column {', '.join(empty[:10])}: give every column a name.")
    doubled = sorted(header for header, times in Counter(headers).items() if times > 1)
    if doubled:
        names = ", ".join(f'"{printable(header)}"' for header in doubled[:10])
        raise UnreadableFile(f"{name} has the header {names} more than once: give every column its own name.")
    return headers
