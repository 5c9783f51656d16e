"""The rows that may be the same record: none that is one is missed, and hardly any is suspected for nothing."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.suspects import Suspects

STEP = 3
"""Between the numbers of two rows: a replay has some of its parent's."""
STATUSES = st.sampled_from(["valid", "warning", "error"])
ROWS = st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", None]), STATUSES), min_size=1), max_size=4)


def judged(rows: list[tuple[str | None, str]], before: int) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"record_key": pl.String, "status": pl.String}, orient="row")
    return frame.with_columns(record_number=pl.int_range(before + 1, before + len(rows) + 1, dtype=pl.Int32) * STEP)


def suspected(batches: list[list[tuple[str | None, str]]]) -> list[int]:
    suspects, before = Suspects(), 0
    for batch in batches:
        suspects.take(judged(batch, before))
        before += len(batch)
    return suspects.record_numbers()


@given(ROWS)
def test_the_sendable_rows_that_share_a_key_in_whatever_batches(batches: list[list[tuple[str | None, str]]]) -> None:
    keys = [key if status != "error" else None for batch in batches for key, status in batch]
    assert suspected(batches) == [n * STEP for n, key in enumerate(keys, 1) if key is not None and keys.count(key) > 1]


def test_a_file_without_repeats_has_next_to_none() -> None:
    batches: list[list[tuple[str | None, str]]] = [
        [(f"{number}@example.com", "valid") for number in range(first, first + 10_000)]
        for first in range(0, 100_000, 10_000)
    ]
    assert len(suspected(batches)) < 20


def test_repeats_are_found_wherever_among_the_numbers_their_keys_fall() -> None:
    batch: list[tuple[str | None, str]] = [(f"{number}@example.com", "valid") for number in range(1_000)]
    assert suspected([batch, batch]) == [STEP * number for number in range(1, 2_001)]
