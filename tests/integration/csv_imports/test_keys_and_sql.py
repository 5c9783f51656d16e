"""Keys in Python and in SQL: both say the same of every row, so that whoever writes a record knows it by one key."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.inbox import inspect, type_of
from assets.csv_imports.judging.judge import Judge
from assets.csv_imports.judging.orders import decide_orders
from assets.csv_imports.mapping.deciding import map_headers
from assets.csv_imports.values.kinds import reference_key
from assets.csv_imports.values.phones import to_e164
from assets.names import normalise
from assets.record_types import RecordType
from tests.conftest import ROOT, _database
from tests.unit.csv_imports.conftest import batch, judge_batches, mapped, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.postgres import Cluster

SAMPLES = [
    ROOT / "samples" / "inbox" / slug / name
    for slug, files in json.loads((ROOT / "samples" / "expected.json").read_text("utf-8"))["contractors"].items()
    for name, file in files.items()
    if file["outcome"] == "imported"
]
# What SQL folds: Latin, Greek and Cyrillic letters; of others, what has no case.
LETTERS = [
    chr(point)
    for point in range(1, 0x1FFFF)
    if unicodedata.name(chr(point), "").startswith(("LATIN ", "GREEK ", "CYRILLIC "))
]
WHITE = [chr(point) for point in range(1, 0x3001) if chr(point).isspace()]
CHARACTERS = st.one_of(
    st.sampled_from([*LETTERS, *WHITE]), st.characters(max_codepoint=0x7F, exclude_characters="\0"),
    st.sampled_from("中😀|\u200b"),
)  # fmt: skip
TEXTS = st.lists(CHARACTERS, max_size=12).map("".join)
PHONES = st.tuples(
    st.sampled_from(["", " ", "Mobile: ", "WORK PHONE:", "tel. ", "m:", "Großvater: ", "\u00a0"]),
    st.sampled_from(["", "1", "+1 ", "1-", "+", "+44 ", "001"]),
    st.sampled_from(["(303) 555-0123", "303.555.0123", "3035550123", "303\u2003555\x1c0123", "20 7946 0958", "555"]),
    st.sampled_from(["", " x5", ", ext. 12", "#3", "EXT 4", " extension 123456", "x1234567", "\u200b", " or so"]),
).map("".join)  # fmt: skip
# SQL does not know which numbers from abroad exist.
AMERICAN = PHONES.filter(lambda phone: "+" not in phone.replace("+1", ""))


@pytest.fixture(scope="module")
def database(postgres: Cluster, migrated_template: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection to one migrated database for all tests of this module, which write nothing."""
    with _database(postgres, template=migrated_template) as (_, url), psycopg.connect(url, autocommit=True) as conn:
        yield conn


def asked(conn: psycopg.Connection[Any], expression: str, values: Sequence[str]) -> list[str | None]:
    """Evaluate an SQL expression of `x` for each value."""
    rows = conn.execute(
        f"SELECT {expression} FROM unnest(%s::TEXT[]) WITH ORDINALITY AS given (x, place) ORDER BY place",
        [list(values)],
    ).fetchall()
    return [row[0] for row in rows]


def test_every_letter_and_every_white_space_is_normalised_alike(database: psycopg.Connection[Any]) -> None:
    written = [f" {character}a{character}B{character} " for character in [*LETTERS, *WHITE]]
    assert asked(database, "normalise_key(x)", written) == normalise(text(*written)).to_list()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(TEXTS, max_size=30))
def test_any_text_is_normalised_alike(database: psycopg.Connection[Any], written: list[str]) -> None:
    assert asked(database, "normalise_key(x)", written) == normalise(text(*written)).to_list()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(st.one_of(PHONES, st.text("+0123456789 ().-x#", max_size=16), TEXTS), max_size=30))
def test_any_phone_is_written_alike(database: psycopg.Connection[Any], written: list[str]) -> None:
    for value, sql, python in zip(
        written, asked(database, "normalise_phone(x)", written), to_e164(text(*written)), strict=True
    ):
        if (sql or python or "+1").startswith("+1"):
            assert sql == python, value
        else:  # from abroad: Python knows which numbers exist, SQL takes any
            assert python is None or sql is None or to_e164(text(sql)).to_list() == [python], value


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(st.one_of(AMERICAN, TEXTS), max_size=30))
def test_any_reference_to_a_contact_is_written_alike(database: psycopg.Connection[Any], written: list[str]) -> None:
    part = "coalesce(coperniq_key_part(jsonb_build_object('clientId', x), 'clientId', 'contact'), '')"
    assert asked(database, part, written) == reference_key(text(*written), "Contact").to_list()


def assert_same_keys(conn: psycopg.Connection[Any], type_name: str, rows: Sequence[dict[str, Any]]) -> int:
    """Compare the keys of all sendable rows; say how many there were."""
    sent = [row for row in rows if row["mapped_data"] is not None]
    keys = asked(conn, f"coperniq_record_key('{type_name}', x::JSONB)", [row["mapped_data"] for row in sent])
    assert keys == [row["record_key"] for row in sent]
    return len(sent)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_sample_row_has_one_key(database: psycopg.Connection[Any], path: Path) -> None:
    record_type = type_of(path.name)
    assert record_type is not None
    with CsvFile(inspect(path)) as file:
        mapping = map_headers(record_type, file.headers)
        batches = list(file.batches(1000, last_is_optional=True))
    decide_orders(mapping, batches)
    rows = [row for judge in [Judge(mapping)] for one in batches for row in judge.judge(one).to_dicts()]
    assert assert_same_keys(database, record_type.name, rows) > 10


CELLS = st.one_of(
    TEXTS, AMERICAN,
    st.sampled_from(["", "A@b.co", "a@b.co; c@d.co", "3/1/2026", "2026-03-01T08:30:00-05:00", "45352.5", "3/1/26"]),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), record_type=st.sampled_from(catalogue.TYPES))
def test_any_row_has_one_key(database: psycopg.Connection[Any], data: st.DataObject, record_type: RecordType) -> None:
    needed = {name for alternative in record_type.key for name in alternative}
    headers = [*dict.fromkeys([*record_type.required, *record_type.one_of, *sorted(needed)])]
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(headers)), max_size=15))
    judged = judge_batches(mapped(record_type.name, headers), batch(rows, len(headers)))[1]
    assert_same_keys(database, record_type.name, judged)
