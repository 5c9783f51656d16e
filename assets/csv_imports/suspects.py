"""Which rows of a file may be the same record as another of its rows: all that the database is asked to compare.

What belongs here: telling them by a number for each key, while the rows go by. What does not: whether they are the same
record, which the database says (`identities.sql`).
"""

from __future__ import annotations

import polars as pl

PART = 2**28
"""How many of the 2**32 numbers are looked at together."""


class Suspects:
    """Remembers 32 bits of every sendable row's key, and its number: 8 bytes a row; few are suspected for nothing."""

    def __init__(self) -> None:
        """Suspect no row yet."""
        self._hashes = [pl.Series([], dtype=pl.UInt32)]
        self._numbers = [pl.Series([], dtype=pl.Int32)]

    def take(self, judged: pl.DataFrame) -> None:
        """Remember the keys of a batch; batches come in order and hold every record."""
        sendable = judged["status"].is_in(["valid", "warning"]) & judged["record_key"].is_not_null()
        hashes = (judged["record_key"].hash() % 2**32).cast(pl.UInt32)
        self._hashes.append(hashes.set(~sendable, None))
        self._numbers.append(judged["record_number"])

    def record_numbers(self) -> list[int]:
        """List the rows whose key another row may have, too; part by part, for a sorted copy of all would be large."""
        hashes = pl.concat(self._hashes)
        shared: list[pl.Series] = []
        for lowest in range(0, 2**32, PART):
            some = hashes.filter(hashes.is_between(lowest, lowest + PART - 1)).sort()
            shared.append(some.filter(some == some.shift()))
        return pl.concat(self._numbers).filter(hashes.is_in(pl.concat(shared).implode())).to_list()
