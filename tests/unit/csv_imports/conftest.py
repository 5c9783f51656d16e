"""Making what the modules of `csv_imports` take: files, batches, judged rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import settings

from assets import catalogue
from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.files.records import FAULTS_SCHEMA, Batch
from assets.csv_imports.inbox import InboxFile
from assets.csv_imports.judging.judge import Judge
from assets.csv_imports.judging.orders import undecided
from assets.csv_imports.judging.transforming import transform
from assets.csv_imports.mapping.deciding import map_headers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assets.csv_imports.judging.transforming import Transformed
    from assets.csv_imports.mapping.decision import Mapping

# A call of polars has no fixed price: a deadline would fail a test because the machine is busy.
quick = settings(max_examples=50)
NO_FAULTS = pl.DataFrame(schema=FAULTS_SCHEMA)


def text(*values: str | None) -> pl.Series:
    """Make a column of cells."""
    return pl.Series("text", list(values), dtype=pl.String)


def put(folder: Path, content: bytes | str, name: str = "Contact.csv") -> InboxFile:
    """Write a file and register it as it is."""
    content = content.encode() if isinstance(content, str) else content
    path = folder / name
    path.write_bytes(content)
    return InboxFile(path, len(content), hashlib.sha256(content).hexdigest())


def batches(file: InboxFile, size: int = 100, *, last_is_optional: bool = False) -> tuple[list[str], list[Batch]]:
    """Read a file to its end; give its headers and batches."""
    with CsvFile(file) as opened:
        return opened.headers, list(opened.batches(size, last_is_optional=last_is_optional))


def batch(rows: Sequence[Sequence[str]], width: int, first: int = 1) -> Batch:
    """Make the batch that a file's rows would be."""
    columns = {f"c{place}": pl.Series([row[place] for row in rows], dtype=pl.String) for place in range(width)}
    numbers = pl.Series(range(first, first + len(rows)), dtype=pl.Int32)
    return Batch(pl.DataFrame({"record_number": numbers, "line_number": numbers + 1, **columns}), NO_FAULTS)


def mapped(type_name: str, headers: Sequence[str]) -> Mapping:
    """Map headers to a type's fields; dates in figures are month/day."""
    mapping = map_headers(catalogue.BY_NAME[type_name], list(headers))
    mapping.orders |= dict.fromkeys(undecided(mapping), "MDY")
    return mapping


def fed(type_name: str, headers: list[str]) -> dict[str, list[str]]:
    """Give the headers that feed each field."""
    return {name: [headers[n] for n in places] for name, places in mapped(type_name, headers).columns.items()}


def transformed(type_name: str, headers: Sequence[str], *rows: Sequence[str]) -> Transformed:
    """Turn rows into values."""
    return transform(mapped(type_name, headers), batch(rows, len(headers)).cells)


def judged(type_name: str, headers: Sequence[str], *rows: Sequence[str]) -> list[dict[str, Any]]:
    """Judge the rows of one batch."""
    return judge_batches(mapped(type_name, headers), batch(rows, len(headers)))[1]


def judge_batches(mapping: Mapping, *read: Batch) -> tuple[Judge, list[dict[str, Any]]]:
    """Judge batches one after the other; give the judge and all rows."""
    judge = Judge(mapping)
    return judge, [row for one in read for row in judge.judge(one).iter_rows(named=True)]
