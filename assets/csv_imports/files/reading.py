"""Reading a CSV file: bytes in, batches of records out, each physical record exactly once.

What belongs here: a file from its header to its end. What does not: how text is encoded
(`encodings`), which of its lines are records (`blocks`), what a column means (`mapping`) or whether a value is right
(`judging`).

Blank lines, a preamble above the header, Excel's `sep=;` and totals below the data are no records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from assets.counting import counted
from assets.csv_imports.files import headers as header_rows
from assets.csv_imports.files import sources, splitting
from assets.csv_imports.files.blocks import Block, Blocks
from assets.csv_imports.files.dialects import Dialect, is_backslashed
from assets.csv_imports.files.encodings import CONFIDENT, Encoding
from assets.csv_imports.files.lines import Lines
from assets.csv_imports.files.records import Batch, ReadAs, UnreadableFile
from assets.csv_imports.files.rows import (
    checked_headers,
    nameless,
    nameless_warning,
    several_cells,
)
from assets.csv_imports.files.workbooks import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from assets.csv_imports.files.records import RecordFile
    from assets.csv_imports.inbox import InboxFile

MAX_BATCH_CELLS = 4_000_000
DIALECT_CHARACTERS = 1 << 20
"""How far a file is looked at to see how it writes quotes, where it has a backslash before one."""


class CsvFile:
    """An open CSV file whose header has been read.

    Args:
        file: The file as it was registered; what is read must still have its hash.
        is_header: Recognises the header among the first records; without one that it recognises, the header is the
            first record of several cells.

    Raises:
        UnreadableFile: When it is empty, is no text, or has no usable header.
        ChangedFile: When it is no longer the one that was registered.
    """

    def __init__(self, file: InboxFile, is_header: Callable[[list[str]], bool] = several_cells) -> None:
        """Open the file and read its header."""
        self._file = file
        survey = sources.surveyed(file)
        self._source = sources.Source(file, survey.encoding, splitting.MAX_RECORD)
        try:
            found = header_rows.find(self._source, is_header, file.name)
            self.headers = checked_headers(found.cells, file.name)
            backslash = self._is_backslashed(survey.backslashed, found.delimiter)
        except BaseException:
            self._source.close()
            raise
        self._dialect = Dialect(found.delimiter, backslash)
        self._nameless = dict.fromkeys(nameless(found.cells), False)
        self.read_as = ReadAs(
            {
                "encoding": survey.encoding.name,
                "confidence": survey.encoding.confidence,
                "delimiter": found.delimiter,
                "quotes": "backslashed" if backslash else "doubled",
                "line_end": found.line_end,
                "header_line": found.line,
            },
            _doubts(survey.encoding),
        )

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._source.close()

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the records after the header, at most `size` at a time; memory is that of a chunk of the file.

        Args:
            size: Records in a batch.
            last_is_optional: Whether a record may leave out its last cell.

        Raises:
            UnreadableFile: When the file has no records.
            ChangedFile: When it is no longer the one that was registered.
        """
        size = max(1, min(size, MAX_BATCH_CELLS // len(self.headers)))
        blocks = Blocks(self._dialect, self.headers, last_is_optional=last_is_optional)
        source, number = self._source, 0
        reach, window = sources.CHUNK_BYTES // 2, sources.CHUNK_BYTES * 2
        while source.text or not source.at_end:
            if len(source.text) < reach and not source.at_end:
                source.more()
                continue
            block = blocks.split(Lines(source.text), window, (number, source.lines_before), at_end=source.at_end)
            if not block.lines:  # the first record, or what comes behind totals, lies further down
                reach += sources.CHUNK_BYTES + reach // 2
                window += sources.CHUNK_BYTES if source.at_end or reach > 2 * splitting.MAX_RECORD else 0
                continue
            reach, window = sources.CHUNK_BYTES // 2, sources.CHUNK_BYTES * 2
            source.drop(block.characters, block.lines)
            self._look_at_nameless(block.cells)
            yield from _cut(block, size, number)
            number += len(block.cells) + len(block.faults)
        if number == 0:
            raise UnreadableFile(f"{self._file.name} has a header but no records: export it again with its rows.")
        count, first = blocks.doubtful
        if count:
            self.read_as.warnings.append(
                f"Lines in the quotes of {counted(count, 'record')} look like rows, first in line {first:,}: "
                "check that no quote was left open there."
            )
        self.read_as.warnings += [
            nameless_warning(place, self.headers[place]) for place, filled in self._nameless.items() if filled
        ]

    def _look_at_nameless(self, cells: pl.DataFrame) -> None:
        for place in [place for place, filled in self._nameless.items() if not filled]:
            self._nameless[place] = bool((cells[f"c{place}"].str.strip_chars() != "").any())

    def _is_backslashed(self, lines: list[str], delimiter: str) -> bool:
        source = self._source
        while lines and not source.at_end and len(source.text) < DIALECT_CHARACTERS:
            source.more()
        text = source.text[:DIALECT_CHARACTERS]
        whole = text if len(text) == len(source.text) else text[: text.rfind("\n") + 1]
        return bool(lines) and is_backslashed(whole, lines, delimiter, len(self.headers))


def _cut(block: Block, size: int, before: int) -> Iterator[Batch]:
    count = len(block.cells) + len(block.faults)
    for first in range(before + 1, before + count + 1, size):
        within = pl.col("record_number").is_between(first, first + size - 1)
        if count <= size:
            yield Batch(block.cells, block.faults)
        else:
            yield Batch(block.cells.filter(within), block.faults.filter(within))


def _doubts(encoding: Encoding) -> list[str]:
    if encoding.confidence >= CONFIDENT:
        return []
    return [
        f"The encoding is a guess, {encoding.name} with {encoding.confidence:.0%} confidence: look at the accented "
        "letters, or save the file as 'CSV UTF-8' and send it again."
    ]


def open_file(file: InboxFile, is_header: Callable[[list[str]], bool]) -> RecordFile:
    """Open a file of any kind and read its header.

    Args:
        file: The file as it was registered; what is read must still have its hash.
        is_header: Recognises the header among the first records; without one that it recognises, the header is the
            first record of several cells.

    Raises:
        UnreadableFile: When it is empty, is not what its name says, or has no usable header.
        ChangedFile: When it is no longer the one that was registered.
    """
    if file.path.suffix.lower() == ".xlsx":
        return Workbook(file, is_header)
    return CsvFile(file, is_header)
