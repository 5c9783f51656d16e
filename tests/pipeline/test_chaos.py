"""Whatever fails and whoever is killed, each record is in Coperniq exactly once: see `tests.chaos`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chaos.rounds import Arena, arena

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 20
SEED = 20


@pytest.fixture(scope="module")
def field() -> Iterator[Arena]:
    # Not in pytest's own folder: as root the server runs as nobody, whom a second session of pytest would lock out.
    with (
        tempfile.TemporaryDirectory(prefix="mep-test-chaos-", ignore_cleanup_errors=True) as folder,
        arena(Path(folder), SEED, ROUNDS) as opened,
    ):
        yield opened


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_round_of_chaos_doubles_and_loses_nothing(field: Arena, number: int) -> None:
    field.play(number)
    assert (field.figures.doubled, field.figures.lost) == (0, 0)
