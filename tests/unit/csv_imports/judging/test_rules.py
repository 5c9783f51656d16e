"""The rules: pandera finds exactly what plain Python finds, in every row of a batch, and has words for all of it."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.judging import rules, sentences
from assets.record_types import RecordType
from tests.unit.csv_imports.conftest import judged

# Values of which plain Python knows what is to be said of them: None, or one of the statuses.
NAMES = [("Ann", None), ("Bob O'Neil", None), ("", "missing"), (" \t", "missing"), ("n/a", "warning"), ("??", None)]
DAYS = [
    ("3/1/2026", None),
    ("", None),
    ("x", "error"),
    ("1/1/26", "warning"),
    ("1/1/1776", "error"),
    ("2/30/26", "error"),
]
POOLS = {
    "ServicePlanInstance": {
        "servicePlanId": NAMES, "clientId": NAMES, "startDate": DAYS, "endDate": [("", None), ("x", "error")],
        "durationMonths": [("12", None), ("", None), ("-1", "error"), ("1.5", "error"), ("twelve", "error")],
        "totalPrice": [("$5", None), ("", None), ("-5", "warning"), ("5-5", "error"), ("1" * 400, "error")],
        "status": [("", None), ("N/A", None), ("x", None)],
    },
    "Task": {
        "title": NAMES, "description": [("", None), ("x", None)], "status": [("New", None), ("", "missing")],
        "startDate": DAYS, "isField": [("y", None), ("", None), ("2", "error")], "assigneeId": [("", None)],
        "siteId": NAMES,
    },
    "Contact": {
        "name": NAMES, "emails": [("a@b.co", None), ("a@b", "error"), ("a@b.co;x", "error")],
        "phones": [("3035550123", None), ("", None), ("12", "error"), ("3035550123;1", "error")],
    },
}  # fmt: skip


@settings(max_examples=20)
@given(data=st.data(), type_name=st.sampled_from(sorted(POOLS)))
def test_pandera_finds_exactly_what_plain_python_finds(data: st.DataObject, type_name: str) -> None:
    pools = POOLS[type_name]
    drawn = data.draw(st.lists(st.tuples(*(st.sampled_from(pool) for pool in pools.values())), max_size=40))
    found = judged(type_name, tuple(pools), *([value for value, _ in row] for row in drawn))
    assert [row["record_number"] for row in found] == list(range(1, len(drawn) + 1))
    expected: Counter[str] = Counter()
    for row, judged_row in zip(drawn, found, strict=True):
        said = {name: verdict for name, (_, verdict) in zip(pools, row, strict=True)}
        invalid = [name for name, one in said.items() if one == "error"]
        missing = [name for name, one in said.items() if one == "missing"]
        status = "error" if invalid or missing else "warning" if "warning" in said.values() else "valid"
        # A duplicate is a sendable row that comes again.
        assert judged_row["status"] in ({status, "duplicate"} if status != "error" else {status})
        if status == "error":
            names = ['{"' + '","'.join(fields) + '"}' if fields else "{}" for fields in (invalid, missing)]
            assert [judged_row["invalid_fields"], judged_row["missing_required_fields"]] == names
        expected.update(invalid + missing)
    rows = [row for row in found if row["status"] == "error"]
    counted = Counter(
        name
        for row in rows
        for array in (row["invalid_fields"], row["missing_required_fields"])
        for name in array.strip("{}").replace('"', "").split(",")
        if name
    )
    assert counted == expected


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_rule_of_every_type_has_its_sentence(record_type: RecordType) -> None:
    today = date(2026, 3, 14)
    for schema in (
        rules.text_schema(record_type), rules.value_schema(record_type), rules.doubt_schema(record_type, today)
    ):  # fmt: skip
        for check in schema.checks:
            assert check.name.partition(":")[0] in sentences.SENTENCES
