"""Round trips: any table, written by another program in any dialect and encoding, comes back cell by cell."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.copying import DELIMITER, QUOTE, Encoder
from assets.csv_imports.files import blocks, dialects, proving, sources
from assets.csv_imports.files import headers as header_rows
from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.files.records import gathered
from assets.csv_imports.judging.judge import COLUMNS, Judge
from assets.csv_imports.mapping.deciding import decide
from tests.csv_files import ANY, TRICKY, UNICODE, Written, headers, tables, written
from tests.unit.csv_imports.conftest import batches, put

if TYPE_CHECKING:
    from pathlib import Path

    from assets.csv_imports.files.records import Batch
    from assets.csv_imports.inbox import InboxFile

RARE = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WESTERN = st.lists(st.sampled_from([*'abc ,;"\n', "café", "Müller", "O’Brien", "½"]), max_size=8).map(" ".join)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.tuples(
        st.lists(TEXT.filter(lambda header: header.strip(" \ufeff") != ""), min_size=width, max_size=width).map(
            lambda headers: [f"{header.strip()}{place}" for place, header in enumerate(headers)]
        ),
        st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1, max_size=8),
    )
)


def lines_of(rows: list[list[str]], way: Written) -> list[int]:
    """Count the physical lines above each row, by what stands above it in the file."""
    numbers = []
    for place in range(1, len(rows)):
        above = way.write(rows[:place]).removesuffix("" if way.ends else way.line_end) + (
            "" if way.ends else way.line_end
        )
        numbers.append(1 + above.replace("\r\n", "\n").replace("\r", "\n").count("\n"))
    return numbers


def read(file: InboxFile, size: int = 5) -> tuple[CsvFile, list[Batch]]:
    with CsvFile(file, lambda cells: "name" in cells) as opened:
        return opened, list(opened.batches(size, last_is_optional=False))


def rows_of(batches: list[Batch]) -> list[tuple[Any, ...]]:
    return [row for batch in batches for row in batch.cells.iter_rows()]


def copied(headers: list[str], batches: list[Batch]) -> list[str]:
    """Give the `record_data` that COPY is given for each record."""
    judge, encoder = Judge(decide(catalogue.CONTACT, headers)), Encoder(uuid4())
    sent = b"".join(bytes(encoder.encode(judge.judge(batch))) for batch in gathered(batches, 1000)).decode()
    place = 3 + COLUMNS.index("record_data")
    csv.field_size_limit(1 << 24)
    rows = csv.reader(io.StringIO(sent, newline=""), delimiter=DELIMITER, quotechar=QUOTE)
    return [row[place] for row in rows]


def check(head: list[str], rows: list[list[str]], way: Written, encoding: str, folder: Path) -> None:
    opened, batches = read(put(folder, way.write([head, *rows]).encode(encoding)))
    assert opened.headers == head
    assert [json.loads(stood, object_pairs_hook=list) for stood in copied(head, batches)] == [
        list(zip(head, row, strict=True)) for row in rows
    ]
    assert [fault for batch in batches for fault in batch.faults.iter_rows()] == []
    assert [row[2:] for row in rows_of(batches)] == [tuple(row) for row in rows]
    assert [row[0] for row in rows_of(batches)] == list(range(1, len(rows) + 1))
    assert [row[1] for row in rows_of(batches)] == lines_of([head, *rows], way)


def plain_head(rows: list[list[str]]) -> list[str]:
    return ["name", *(f"column {place}" for place in range(1, len(rows[0])))]


@pytest.fixture(params=[20, sources.CHUNK_BYTES])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read a file in chunks so small that records lie across them."""
    monkeypatch.setattr(sources, "CHUNK_BYTES", request.param)
    monkeypatch.setattr(header_rows, "HEADER_LINES", 2)
    return request.param


@RARE
@given(data=st.data(), rows=tables(ANY | TRICKY), way=written(), encoding=st.sampled_from(UNICODE))
def test_unicode(
    data: st.DataObject, rows: list[list[str]], way: Written, encoding: str, chunk: int, tmp_path: Path
) -> None:
    head = ["name", *data.draw(headers(ANY | TRICKY, len(rows[0]) - 1))]
    check(head, rows, way, encoding, tmp_path)


@RARE
@given(rows=tables(WESTERN), way=written(), encoding=st.sampled_from(["cp1252", "latin-1"]))
def test_western(rows: list[list[str]], way: Written, encoding: str, chunk: int, tmp_path: Path) -> None:
    rows = [[cell.replace("’", "") for cell in row] for row in rows] if encoding == "latin-1" else rows
    check(plain_head(rows), rows, way, encoding, tmp_path)


@RARE
@given(rows=tables(ANY | TRICKY), way=written(backslash=True))
def test_backslashes(rows: list[list[str]], way: Written, chunk: int, tmp_path: Path) -> None:
    rows = [*rows, ['5" pipe', *rows[0][1:]], *([['said "so"', *("x" for _ in rows[0][1:])]] * (len(rows) + 2))]
    check(plain_head(rows), rows, way, "utf-8", tmp_path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLES,
    delimiter=st.sampled_from(dialects.DELIMITERS),
    line_end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(1, 9),
)
def test_any_table_comes_through_with_every_record_and_every_cell(
    table: tuple[list[str], list[list[str]]], delimiter: str, line_end: str, size: int, tmp_path: Path
) -> None:
    headers, rows = table
    headers, rows = ["name", "email", *headers], [["Total Comfort", "x", *row] for row in rows]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([headers, *rows])
    found, read_batches = batches(put(tmp_path, written.getvalue()), size)
    assert (found, [row[2:] for row in rows_of(read_batches)]) == (headers, [tuple(row) for row in rows])


def nothing_is_proven(series: pl.Series, *_: Any) -> pl.Series:
    return pl.repeat(value=False, n=len(series), eager=True)


PIECES = [
    b"a", b"b", b"1", b",", b",", b",", b",", b'"', b'""', b'","', b"\n", b"\n", b"\n", b"\r\n", b"\r", b" ", b"\\",
    b'\\"', b"\0", b"\xe9", b"\xc3\xa9", b"\xef\xbb\xbf", b"Total,1,2", b"name,b,c", b"x,y,z\n", b"x,y,z\n",
    b'"x",y,"z z"\n',
]  # fmt: skip


@settings(RARE, max_examples=150)
@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=40),
    last_is_optional=st.booleans(),
    size=st.integers(1, 7),
    chunk_bytes=st.integers(1, 50),
)
def test_both_readers_and_chunks_of_any_size_give_the_same(
    pieces: list[bytes],
    last_is_optional: bool,  # noqa: FBT001
    size: int,
    chunk_bytes: int,
    tmp_path: Path,
) -> None:
    file = put(tmp_path, b"name,b,c\nx,y,z\n" + b"".join(pieces))
    results = []
    for proof, length in ((proving.proven, 1 << 20), (nothing_is_proven, 1 << 20), (proving.proven, chunk_bytes)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proving, "proven", proof)
            patch.setattr(sources, "CHUNK_BYTES", length)
            patch.setattr(header_rows, "HEADER_LINES", 1)
            patch.setattr(blocks, "MAX_TOTALS", 2)
            with CsvFile(file, lambda cells: "name" in cells) as opened:
                batches = list(opened.batches(size, last_is_optional=last_is_optional))
        results.append((rows_of(batches), [row for batch in batches for row in batch.faults.iter_rows()]))
        numbers = sorted(row[0] for part in results[-1] for row in part)
        assert numbers == list(range(1, len(numbers) + 1))
    assert results[0] == results[1]
    assert results[0] == results[2]
