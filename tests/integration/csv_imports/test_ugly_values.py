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
from assets.record_types import RecordType
from tests.conftest import _database
from tests.csv_files import ANY, TRICKY, UNICODE, Written, headers, tables, written
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
    "\x1e", "\x1e\x1f\x1e",
    "".join(sha256(bytes([n])).hexdigest() for n in range(150)),  # fits into no index, however it is packed
]  # fmt: skip
CELL = st.one_of(
    st.sampled_from(UGLY), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
)  # fmt: skip


ONE_OFFICE = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def office(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give a contractor whose database outlives the examples."""
    with _database(postgres, template=migrated_template) as (_, url), psycopg.connect(url, autocommit=True) as conn:
        yield make_office(conn, tmp_path_factory.mktemp("inbox"), "abc")


@ONE_OFFICE
@given(data=st.data(), record_type=st.sampled_from(catalogue.TYPES))
def test_any_table_reaches_the_database_as_it_stood(
    office: Office, data: st.DataObject, record_type: RecordType
) -> None:
    own = [field.name for field in record_type.fields]
    more = st.lists(CELL.map(str.strip).filter(lambda name: name and name not in own), max_size=3, unique=True)
    head = [*own, *data.draw(more)]
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(head)), min_size=1, max_size=6))
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([head, *rows])
    _assert_it_comes_back(office, record_type, out.getvalue().encode(), head, rows)


@ONE_OFFICE
@given(
    data=st.data(), rows=tables(ANY | TRICKY | st.sampled_from(UGLY)), way=written(), encoding=st.sampled_from(UNICODE)
)
def test_any_table_in_any_dialect_and_encoding_reaches_the_database_as_it_stood(
    office: Office, data: st.DataObject, rows: list[list[str]], way: Written, encoding: str
) -> None:
    head = ["name", "email", *data.draw(headers(ANY | TRICKY, len(rows[0]) - 1))]
    filled = [[row[0], f"{number}@b.co", *row[1:]] for number, row in enumerate(rows)]
    content = way.write([head, *filled]).encode(encoding)
    _assert_it_comes_back(office, catalogue.CONTACT, content, head, [tuple(row) for row in filled])


@pytest.mark.parametrize(
    ("content", "stood"),
    [
        (b"name,email,n\nA\0nn,a@b.co,1\nBob,b@b.co,2\n", "A\\x00nn"),
        ("name,email,n\nJos\xe9,a@b.co,1\n\xd6zg\xfcr,b@b.co,2\n".encode() + b"\xe9,c@b.co,3\n", r"\xe9"),
        ("name,email,n\nAx,a@b.co,1\nBob,b@b.co,2\n".encode("utf-16").replace(b"x\0", b"\0\xd8"), "A\\x00\\xd8"),
    ],
)
def test_what_no_database_stores_costs_its_row_and_is_shown(office: Office, content: bytes, stood: str) -> None:
    path = office.put("Contact.csv", content)
    registering.register_files(office.conn, office.id, office.inbox, [path], "a test", retry=True)
    (contents,) = office.read()
    rows = office.rows(contents.import_id, "status::TEXT", "record_data ->> 'name'", "error_message")
    ((_, name, message),) = [row for row in rows if row[0] == "error"]
    assert len(rows) > 1
    assert name == stood
    assert "bytes that are not text" in message


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_ugly_value_in_every_field(office: Office, record_type: RecordType) -> None:
    head = [field.name for field in record_type.fields]
    rows = [tuple(value if header == name else "a@b.co" for header in head) for name in head for value in UGLY]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([head, *rows])
    _assert_it_comes_back(office, record_type, out.getvalue().encode(), head, rows)


def _assert_it_comes_back(
    office: Office, record_type: RecordType, content: bytes, head: list[str], rows: list[tuple[str, ...]]
) -> None:
    path: Path = office.put(f"{record_type.name}.csv", content)
    registering.register_files(office.conn, office.id, office.inbox, [path], "a test", retry=True)
    for contents in office.read():
        assert (contents.records, contents.failure) == (len(rows), None)
        found = office.rows(contents.import_id, "record_data")
        assert [record for (record,) in found] == [dict(zip(head, row, strict=True)) for row in rows]
