"""`data_quality_score`: the documented formula, worked out a second time in whole hundredths."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.coperniq.quality import score

if TYPE_CHECKING:
    from assets.record_types import RecordType

types = st.sampled_from(catalogue.TYPES)


@given(record_type=types, data=st.data(), repaired=st.booleans())
def test_the_score_is_the_documented_one(record_type: RecordType, data: st.DataObject, *, repaired: bool) -> None:
    names = [field.name for field in record_type.fields]
    sent = dict.fromkeys(data.draw(st.sets(st.sampled_from(names))), "x")
    optional = [field.name for field in record_type.fields if not field.required]
    validity = Fraction(sum(name in sent for name in record_type.required), len(record_type.required))
    completeness = Fraction(sum(name in sent for name in optional), len(optional))
    exact = validity / 2 + completeness * 3 / 10 + (0 if repaired else Fraction(1, 5))
    found = score(record_type, sent, repaired=repaired)
    assert 0 <= found <= 1
    assert abs(Fraction(found) - exact) <= Fraction(1, 199)
    assert found == round(found, 2)


@given(record_type=types, repaired=st.booleans())
def test_the_bounds_are_reached(record_type: RecordType, *, repaired: bool) -> None:
    everything = dict.fromkeys((field.name for field in record_type.fields), "x")
    assert score(record_type, everything, repaired=repaired) == (0.8 if repaired else 1.0)
    assert score(record_type, {}, repaired=repaired) == (0.0 if repaired else 0.2)


@given(types, st.data())
def test_more_is_never_worth_less(record_type: RecordType, data: st.DataObject) -> None:
    names = st.sampled_from([field.name for field in record_type.fields])
    some = dict.fromkeys(data.draw(st.sets(names)), "x")
    more = some | {data.draw(names): "x"}
    assert score(record_type, more, repaired=False) >= score(record_type, some, repaired=False)
    assert score(record_type, some, repaired=False) > score(record_type, some, repaired=True)


@pytest.mark.parametrize(
    ("sent", "repaired", "expected"),
    [
        ({"name": "Ada", "emails": ["a@b.example"]}, False, 0.76),
        ({"name": "Ada", "emails": ["a@b.example"]}, True, 0.56),
    ],
)
def test_an_example_that_can_be_followed_by_hand(sent: dict[str, object], expected: float, *, repaired: bool) -> None:
    """Half for its one required field, one of five optional fields of three tenths, two tenths if untouched."""
    assert score(catalogue.BY_NAME["Contact"], sent, repaired=repaired) == expected
