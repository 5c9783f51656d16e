"""Places: states as offices write them, and where their zip codes begin."""

from __future__ import annotations

import polars as pl
import pytest

from assets.csv_imports.judging.places import STATES, lies_in, state_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("CO", "CO"), ("co", "CO"), ("Colorado", "CO"), ("NEW  JERSEY", "NJ"), ("N.J.", "NJ"), ("D.C.", "DC"),
        ("Washington, D.C.", "DC"), ("Puerto Rico", "PR"), ("Québec", "QC"), ("QUÉBEC", "QC"), ("ontario", "ON"),
        ("Colrado", None), ("XX", None), ("Colorado Springs", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_state_is_known_by_its_code_and_its_name(written: str | None, code: str | None) -> None:
    frame = pl.DataFrame({"state": [written]}, schema={"state": pl.String})
    assert frame.select(state_code(pl.col("state"))).item() == code


def test_there_are_the_states_with_dc_territories_and_mail_and_the_provinces() -> None:
    assert len(STATES) == 50 + 1 + 8 + 3 + 13
    assert len(set(STATES.values())) == len(STATES)


@pytest.mark.parametrize(
    ("zip_code", "state", "fits"),
    [
        ("80202", "CO", True), ("80202-1234", "Colorado", True), ("07102", "NJ", True), ("00501", "NY", True),
        ("00901", "PR", True), ("20500", "DC", True), ("20101", "VA", True), ("06390", "NY", True),
        ("06390", "CT", True), ("08902", "NJ", True),
        ("90210", "CA", True), ("99950", "AK", True), ("10001", "New York", True), ("M5V 3L9", "ON", True),
        ("h2x1y4", "Quebec", True), ("09012", "AE", True), ("96701", "HI", True),
        ("80202", "NJ", False), ("07102", "NY", False), ("M5V 3L9", "QC", False), ("80202", "ON", False),
        ("80202", "Colrado", None), ("80202", None, None), (None, "CO", None), ("00000", "CO", None), ("?", "CO", None),
    ],
)  # fmt: skip
def test_a_zip_code_lies_in_its_state(zip_code: str | None, state: str | None, fits: bool | None) -> None:  # noqa: FBT001
    frame = pl.DataFrame({"zip": [zip_code], "state": [state]}, schema={"zip": pl.String, "state": pl.String})
    assert frame.select(lies_in(pl.col("zip"), pl.col("state"))).item() is fits
