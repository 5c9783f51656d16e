"""Stored rows are the file that they came from: the same cells under the same numbers, whatever their headers."""

from __future__ import annotations

import json
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.files.stored import StoredRows

ID = UUID(int=1)
HEADERS = ["^a$", 'b"{}', "Ünï", "*"]
CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=4, max_size=4)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_every_cell_comes_back_as_it_stood(rows: list[list[str]]) -> None:
    kept = [(7 * n, 8 * n, json.dumps(dict(zip(HEADERS, cells, strict=True))), ID) for n, cells in enumerate(rows, 1)]
    stored = StoredRows(HEADERS, lambda _: iter([kept]))
    (batch,) = stored.batches(10, last_is_optional=True)
    assert batch.cells.rows() == [(7 * n, 8 * n, *cells) for n, cells in enumerate(rows, 1)]
    assert [*batch.references.iter_rows()] == [(7 * n, str(ID), True) for n in range(1, len(rows) + 1)]
    assert not len(batch.faults)


def test_a_cell_that_was_not_kept_is_empty() -> None:
    stored = StoredRows(["a", "b"], lambda _: iter([[(1, 2, '{"b": "x"}', ID)]]))
    (batch,) = stored.batches(10, last_is_optional=True)
    assert batch.cells.rows() == [(1, 2, "", "x")]
