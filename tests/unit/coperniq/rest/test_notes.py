"""Notes at the end of a description: whatever is written there is read back, and the text before it stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.coperniq.rest import notes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.dictionaries(st.from_regex(r"\A[a-z]{1,9}\Z"), st.one_of(TEXT, st.booleans()), min_size=1, max_size=4)


@given(TEXT, VALUES)
def test_what_is_written_is_read(text: str, values: dict[str, object]) -> None:
    told, found = notes.split(notes.join(text, values))
    assert (told, found) == (text.strip("\r\n"), values)


@pytest.mark.parametrize("value", ["", " a", "a\nb", '"quoted', "true", "a: b", "[1]", "Imported values:", "é\u2028x"])
def test_values_that_look_like_something_else_come_back_as_they_were(value: str) -> None:
    assert notes.split(notes.join("Text", {"status": value})) == ("Text", {"status": value})


def test_reads_like_a_note_for_people() -> None:
    written = notes.join("Replace the filter.", {"siteId": "12", "priority": "High", "isField": True, "assetId": None})
    assert written == "Replace the filter.\n\nImported values:\nsiteId: 12\npriority: High\nisField: true"


@pytest.mark.parametrize("description", [None, "", "status: open", 5])
def test_a_description_without_the_heading_holds_no_values(description: object) -> None:
    text = description if isinstance(description, str) else ""
    assert notes.split(description) == (text, {})
    assert notes.join(text, {}) == text
