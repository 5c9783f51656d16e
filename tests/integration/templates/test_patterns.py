"""Patterns that a template may ask for: PostgreSQL takes each of them, and finds what Rust's engine finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assets.templates.patterns import UnusablePattern, check
from tests.unit.templates.test_patterns import GOOD

if TYPE_CHECKING:
    from tests.integration.templates.conftest import Office

ATOMS = st.sampled_from(
    ["a", "b", "1", " ", ".", r"\d", r"\w", r"\S", "[ab]", "[^a1]", r"[\d_-]", r"\.", "(a|b1)", "(?:ab)"]
)
PARTS = st.builds(
    str.__add__, ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "*?", "{,2}", "++"])
)
ANYTHING = st.text(st.sampled_from(list(r"ab1.^$|()[]{}*+?\-d,:w")), max_size=12)
PATTERNS = (
    st.lists(PARTS | st.sampled_from(["|", "^", "$"]), max_size=5).map("".join) | ANYTHING | st.sampled_from(GOOD)
)


@given(pattern=PATTERNS, texts=st.lists(st.text(st.sampled_from(list("ab1 ._-@")), max_size=8), max_size=5))
@settings(max_examples=500, suppress_health_check=list(HealthCheck))
def test_two_engines_agree(office: Office, pattern: str, texts: list[str]) -> None:
    try:
        check(pattern)
    except UnusablePattern:
        assume(False)  # noqa: FBT003 - hypothesis has it so
    whole = f"^(?:{pattern})$"
    found = office.one(
        "SELECT array_agg(t ~ %s ORDER BY n) FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n)", whole, texts
    )
    assert (found or []) == pl.Series(texts, dtype=pl.String).str.contains(whole).to_list()
