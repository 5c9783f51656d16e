"""Whatever stands in a file, it reaches the table as it stood, and no value of it stops the import."""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports import registering
from tests.conftest import _database
from tests.integration.csv_imports.conftest import Office, make_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

UGLY = [
    "", "NULL", "\\N", "\\.", "\\", '"', "'", "{", "}", ",", ";", "|", "\t", "\r", "\n", "\r\n", " ", "\x01\x1f\x7f",
    "\u2028", "\ufeff", "\u200b", "\x1c", "😀", "\U0010ffff", "é", "ß", "İ", "$1", "%s", "{0}", "1" * 400, "-0", "NaN",
    "inf", "1e999", "0/0/0000", "99999", "45352", "12/31/9999", "9999-12-31T23:59:59+14:00", "a@b.co", "x" * 3000,
    "303-555-0123", "+" * 50, "(" * 50, "a.b@" + "c." * 50 + "co", "<script>", "=1+1", "n/a", " | ", "a | b", "true",
    "".join(sha256(bytes([n])).hexdigest() for n in range(150)),  # fits into no index, however it is packed
]  # fmt: skip
CELL = st.one_of(
    st.sampled_from(UGLY), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
)  # fmt: skip


@pytest.fixture(scope="module")
def office(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give a contractor whose database outlives the examples."""
    with _database(postgres, template=migrated_template) as (_, url), psycopg.connect(url, autocommit=True) as conn:
        yield make_office(conn, tmp_path_factory.mktemp("inbox"), "abc")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), record_type=st.sampled_from(catalogue.TYPES))
def test_any_table_reaches_the_database_as_it_stood(
    office: Office, data: st.DataObject, record_type: catalogue.RecordType
) -> None:
    own = [field.name for field in record_type.fields]
    more = st.lists(CELL.map(str.strip).filter(lambda name: name and name not in own), max_size=3, unique=True)
    headers = [*own, *data.draw(more)]
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(headers)), min_size=1, max_size=6))
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([headers, *rows])
    _assert_it_comes_back(office, record_type, written.getvalue(), headers, rows)


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_ugly_value_in_every_field(office: Office, record_type: catalogue.RecordType) -> None:
    headers = [field.name for field in record_type.fields]
    rows = [tuple(value if header == name else "a@b.co" for header in headers) for name in headers for value in UGLY]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([headers, *rows])
    _assert_it_comes_back(office, record_type, written.getvalue(), headers, rows)


def _assert_it_comes_back(
    office: Office, record_type: catalogue.RecordType, content: str, headers: list[str], rows: list[tuple[str, ...]]
) -> None:
    path: Path = office.put(f"{record_type.name}.csv", content)
    registering.register_files(office.conn, office.id, office.root, [path], "a test", retry=True)
    for contents in office.read():
        assert (contents.records, contents.failure) == (len(rows), None)
        found = office.rows(contents.import_id, "record_data")
        assert [tuple(record[header] for header in headers) for (record,) in found] == rows
