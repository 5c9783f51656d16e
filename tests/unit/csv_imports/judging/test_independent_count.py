"""The rules counted twice: what pandera finds agrees with a count in plain Python, at every edge and in between."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.judging.findings import findings
from assets.csv_imports.judging.transforming import transform
from assets.record_types import Field, Kind, RecordType
from tests.unit.csv_imports.conftest import batch, mapped
from tests.unit.csv_imports.independent import ALLOWED, STATES, TODAY, count_row

EDGES = {
    Kind.TEXT: [
        "", " ", "Ann", "1E5", "1.23457E+11", "2E+05", "12E+05", "E+", "A" * 500, "A" * 501, "é" * 250, "é" * 251,
        "=1+1", "n/a", "NULL", "TBD", "?", "Test", "tested", "Active", "ACTIVE", "Actve", "In  progress", "Lead",
        "#REF!", "#N/A", "#ref", "# 4",
    ],
    Kind.EMAILS: [
        "", "a@b.co", "a@b.co;", "a@b.co; c@d.co", "a@b.co; x", "x; a@b.co", "x", "a@b", "a@b.c", "a@b.c1",
        "a@b..co", ".a@b.co", "a.@b.co", "a..b@c.co", 'a"b@c.co', "a(b@c.co", "a@-b.co", "a@b-.co", "a@b_c.co",
        "a@b@c.co",
        "a" * 249 + "@b.co", "a" * 250 + "@b.co", "a@" + "b" * 63 + ".co", "a@" + "b" * 64 + ".co",
    ],
    Kind.PHONES: [
        "", "3035550123", "+1 303 555 0123", "1-303-555-0123", "(303) 555-0123", "1035550123", "3031550123",
        "303555012",
        "30355501234", "303 555 0123; 12", "12; 13", "3.1E+09", "call me",
    ],
    Kind.ZIP: [
        "", "80202", "80002-1234", "07102", "7102", "8902", "M5V 3L9", "k1a0b1", "00901", "901", "8020-12", "x", "12",
        "123456", "80202-", "-80202", "80202-12345", "00012",
    ],
    Kind.NUMBER: [
        "", "$5", "$1,234.50", "(5)", "5-", "-$5", "5-10", "1.2.3", "--5", "a lot", "12", "1,23", "5%", "0", "-0.01",
        "1000000000", "1000000000.01",
    ],
    Kind.INTEGER: ["", "12", "12 months", "1.5", "twelve", "-1", "0", "1", "600", "601"],
    Kind.DATE: [
        "", "soon", "3/14/2026", "3/15/2026", "3/16/2026", "2026", "2/29/2024", "2/29/2026", "2026-13-01", "12/31/1899",
        "3/1/1900", "12/31/2100", "1/1/2101",
    ],
    Kind.BOOLEAN: ["", "yes", "No", "Y", "n", "TRUE", "0", "1", "2", "maybe", "t"],
}  # fmt: skip
EDGES[Kind.REFERENCE] = EDGES[Kind.TEXT]
EDGES[Kind.DATETIME] = [*EDGES[Kind.DATE], "3/14/2026 8:00", "3/14/2026 7:59", "3/14/2026 24:00", "3/14/2026 0:00"]
STATE_EDGES = ["", *STATES, "Colrado", "XX", "Ontario, Canada"]

FIGURES = st.one_of(st.integers(-3, 3), st.integers(590, 610), st.integers(999_999_990, 1_000_000_010)).map(str)
DAYS = st.builds(
    "{}/{}/{}".format, st.integers(0, 13), st.integers(0, 32), st.sampled_from([1899, 1901, 2026, 2100, 2101])
)
DATES = st.one_of(DAYS, st.dates().filter(lambda day: day.year > 1900).map(str))
LOCAL = st.text('ab1.-_@ ,+"(', max_size=6)
TEXT = st.text("an/.-x?1E+", max_size=6)
CELLS = {
    Kind.TEXT: TEXT,
    Kind.REFERENCE: TEXT,
    Kind.EMAILS: st.builds("{}@{}.{}".format, LOCAL, st.text("ab-.", max_size=5), st.sampled_from(["com", "c", "co"])),
    Kind.PHONES: st.one_of(
        st.text("0123456789-() ", max_size=14),
        st.builds("{}-{}-{}".format, st.integers(100, 999), st.integers(100, 999), st.integers(1000, 9999)),
    ),
    Kind.ZIP: st.builds(
        "{}{:02}".format, st.sampled_from(["802", "800", "071", "089", "009", "000"]), st.integers(0, 99)
    ),
    Kind.NUMBER: st.one_of(FIGURES, st.builds("{}.{}".format, FIGURES, st.integers(0, 99))),
    Kind.INTEGER: FIGURES,
    Kind.DATE: DATES,
    Kind.DATETIME: st.one_of(DATES, st.builds("{} {}:{:02}".format, DAYS, st.integers(0, 24), st.integers(0, 60))),
    Kind.BOOLEAN: st.text("yesnotrufal01", max_size=5),
}  # fmt: skip


def agree(record_type: RecordType, rows: list[tuple[str, ...]]) -> None:
    """Hold pandera's count against the other one."""
    headers = [field.name for field in record_type.fields]
    mapping = mapped(record_type.name, headers)
    if "status" in headers:
        mapping.allowed["status"] = ALLOWED
    expected = Counter[tuple[int, str, str]]()
    for place, row in enumerate(rows):
        counted = count_row(record_type, dict(zip(headers, row, strict=True)))
        expected.update({(place, rule, field): count for (rule, field), count in counted.items() if count})
    found = findings(mapping, transform(mapping, batch(rows, len(headers)).cells), TODAY)
    judged = Counter((one["index"], one["rule"], one["field"]) for one in found.iter_rows(named=True))
    assert Counter({key: n for key, n in judged.items() if key[1] != "repaired"}) == expected


def edges_of(field: Field) -> list[str]:
    return STATE_EDGES if field.name == "state" else EDGES[field.kind]


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_they_agree_at_every_edge(record_type: RecordType) -> None:
    drawn = random.Random(7)
    # Every edge stands in a row, and beside others of the other fields.
    columns = [
        [edge for _ in range(20) for edge in drawn.sample(edges, len(edges))]
        for edges in map(edges_of, record_type.fields)
    ]
    rows = list(zip(*(column[:200] for column in columns), strict=False))
    agree(record_type, rows)


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
@settings(max_examples=30)
@given(data=st.data())
def test_they_agree_in_generated_rows(data: st.DataObject, record_type: RecordType) -> None:
    cells = [
        st.sampled_from(STATE_EDGES) if field.name == "state" else
        st.one_of(st.sampled_from(EDGES[field.kind]), CELLS[field.kind])
        for field in record_type.fields
    ]  # fmt: skip
    agree(record_type, data.draw(st.lists(st.tuples(*cells), min_size=1, max_size=30)))
