"""How many there are of something, in a sentence."""

from __future__ import annotations

import pytest

from assets.counting import counted


@pytest.mark.parametrize(
    ("number", "records", "waiting"),
    [
        (0, "0 records", "0 records wait"),
        (1, "1 record", "1 record waits"),
        (2, "2 records", "2 records wait"),
        (4812, "4,812 records", "4,812 records wait"),
    ],
)
def test_one_is_said_otherwise_than_all_others(number: int, records: str, waiting: str) -> None:
    assert (counted(number, "record"), counted(number, "record waits", "records wait")) == (records, waiting)
