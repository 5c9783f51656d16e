"""Other loaders, in an environment of their own: `python peers.py LOADER URL FILE` prints seconds as JSON.

None of them judges a row or says what became of it: they put the file's cells into a table. Each is given what makes it
fast short of another tool: no type inference, chunks, no constraints.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 10_000


def dlt(url: str, file: str) -> Callable[[], None]:
    """Load dictionaries, as dlt's documentation does."""

    def rows() -> Iterator[list[dict[str, Any]]]:
        with Path(file).open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            while chunk := list(itertools.islice(reader, CHUNK)):
                yield chunk

    return _dlt(url, rows)


def dlt_arrow(url: str, file: str) -> Callable[[], None]:
    """Load Arrow tables, dlt's faster way."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    def rows() -> Iterator[Any]:
        names = ("name", "email", "phone", "title", "source", "notes")
        options = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        for batch in arrow_csv.open_csv(file, convert_options=options):
            yield pa.Table.from_batches([batch])

    return _dlt(url, rows)


def _dlt(url: str, rows: Callable[[], Iterator[Any]]) -> Callable[[], None]:
    import dlt as library

    pipeline = library.pipeline(
        "bench", destination=library.destinations.postgres(url), dataset_name="bench",
        pipelines_dir=tempfile.mkdtemp(prefix="mep-bench-dlt-"),
    )  # fmt: skip
    return lambda: pipeline.run(rows(), table_name="contacts").raise_on_failed_jobs()


def to_sql(url: str, file: str) -> Callable[[], None]:
    """Read with pandas and write with `DataFrame.to_sql`, chunk by chunk."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))

    def run() -> None:
        for chunk in pd.read_csv(file, dtype=str, keep_default_na=False, chunksize=CHUNK):
            chunk.to_sql("contacts", engine, if_exists="append", index=False)

    return run


def csvsql(url: str, file: str) -> Callable[[], None]:
    """Run csvkit's `csvsql --insert`."""
    from csvkit.utilities.csvsql import CSVSQL

    target = url.replace("postgresql://", "postgresql+psycopg2://")
    arguments = ["--db", target, "--insert", "--tables", "contacts", "--no-inference", "--no-constraints"]
    return CSVSQL([*arguments, "--chunk-size", str(CHUNK), file]).run


LOADERS = {"dlt": dlt, "dlt-arrow": dlt_arrow, "to_sql": to_sql, "csvsql": csvsql}


def main() -> None:
    """Load a file with one of them, and print how long it took, its libraries imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loader", choices=LOADERS)
    parser.add_argument("url")
    parser.add_argument("file")
    arguments = parser.parse_args()
    run = LOADERS[arguments.loader](arguments.url, arguments.file)
    began = time.perf_counter()
    run()
    print("\n" + json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
