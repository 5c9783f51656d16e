"""Pictures in Markdown: small enough to be shown at once, true to their numbers, and safe whatever names hold."""

from __future__ import annotations

import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from assets import charts
from assets.markdown import SHOWN_AT_ONCE

SVG = "{http://www.w3.org/2000/svg}"
STATUSES = ("valid", "warning", "error", "duplicate", "skipped")
NAMES = st.text(st.characters(max_codepoint=0x2FFF), min_size=1, max_size=80)


def drawn(markdown: str) -> ET.Element:
    """Read a picture as a browser does: Markdown's escapes first, then those of the address."""
    found = re.fullmatch(r"!\[([^\]]*)\]\(<data:image/svg\+xml,((?:\\[<>]|[^<>\n])*)>\)", markdown)
    assert found is not None, markdown
    return ET.fromstring(unquote(re.sub(r"\\([<>])", r"\1", found[2])))  # noqa: S314 - our own


def lengths(picture: ET.Element) -> list[int]:
    return [int(length) for path in picture.iter(f"{SVG}path") for length in re.findall(r"h(\d+)", path.attrib["d"])]


@given(st.dictionaries(NAMES, st.fixed_dictionaries({name: st.integers(0, 10**7) for name in STATUSES}), min_size=1))
def test_any_bars_are_a_picture_that_is_shown_at_once(counted: dict[str, dict[str, int]]) -> None:
    markdown = charts.bars("rows by status", counted)
    assert len(markdown) < SHOWN_AT_ONCE
    assert all(1 <= length <= charts.WIDTH - charts.LEFT for length in lengths(drawn(markdown)))


def test_bars_are_as_long_as_their_numbers_and_name_what_they_count() -> None:
    picture = drawn(
        charts.bars("rows", {"small.csv": {"valid": 25, "error": 25}, "big.csv": {"valid": 100, "error": 0}})
    )
    whole = charts.WIDTH - charts.LEFT
    assert sorted(lengths(picture)) == [round(whole / 4), whole / 2 - round(whole / 4), whole]
    said = "".join(picture.itertext())
    assert "valid 125" in said
    assert "error 25" in said
    assert said.index("big.csv") < said.index("small.csv")


def test_of_many_bars_the_longest_are_shown_and_the_others_counted() -> None:
    said = "".join(drawn(charts.bars("rows", {f"{n:02}.csv": {"valid": n} for n in range(1, 31)})).itertext())
    shown = len(re.findall(r"\d\d\.csv", said))
    assert "30.csv" in said
    assert f"and {30 - shown} more" in said
    assert "valid 465" in said


def test_a_name_that_would_be_markup_is_text() -> None:
    name = "a>](x)<b&'\"%20#.csv"
    assert name in "".join(drawn(charts.bars("rows", {name: {"valid": 1}})).itertext())


@given(st.lists(st.tuples(st.floats(0, 10**6), st.floats(0, 10**6)), min_size=1, max_size=28))
def test_any_columns_are_a_picture_that_is_shown_at_once(slices: list[tuple[float, float]]) -> None:
    markdown = charts.columns("latency", "1,234,567 requests, median 123,456 ms, longest 1,234,567 ms", slices)
    assert len(markdown) < SHOWN_AT_ONCE
    assert [path.attrib["d"].count("M") for path in drawn(markdown).iter(f"{SVG}path")] == [len(slices)] * 2


def test_nothing_is_no_picture() -> None:
    assert charts.bars("rows", {}) == charts.NOTHING
    assert charts.columns("latency", "", []) == charts.NOTHING
