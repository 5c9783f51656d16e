"""The ids of rows: version 7, and in the order in which they were taken, whatever the size of the batches."""

from __future__ import annotations

import itertools
import time
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.copying import TimeOrderedIds


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5))
def test_ids_ascend_within_a_batch_and_from_batch_to_batch(counts: list[int]) -> None:
    ids = TimeOrderedIds()
    taken = [ids.take(count).to_list() for count in counts]
    assert [len(batch) for batch in taken] == counts
    found = list(itertools.chain.from_iterable(taken))
    assert all(one < other for one, other in itertools.pairwise(found))
    assert all(len(text) == 32 and UUID(text).version == 7 and UUID(text).variant == RFC_4122 for text in found)


def test_ids_begin_with_the_time_and_differ_in_the_rest() -> None:
    before = time.time_ns() // 1_000_000
    one, other = (TimeOrderedIds().take(2).to_list() for _ in range(2))
    after = time.time_ns() // 1_000_000
    for text in (one[0], other[0]):
        assert before <= UUID(text).int >> 80 <= after
    assert len({text[16:] for text in one + other}) == 4
