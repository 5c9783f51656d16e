"""Judging: one row and one status for each physical record, across batches, with nothing lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.files.records import Batch
from assets.csv_imports.judging import findings
from assets.csv_imports.judging.judge import COLUMNS, Cause, Judge
from assets.record_types import RecordType
from tests.unit.csv_imports.conftest import batch, judge_batches, judged, mapped, put

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = ("name", "email", "phone")


def test_a_row_has_everything_that_its_table_takes() -> None:
    valid, error = judged("Contact", HEADERS, ("Ann", "A@b.co", ""), ("", "x", ""))
    assert tuple(valid) == tuple(error) == COLUMNS
    assert valid == {
        "record_number": 1, "line_number": 2, "record_data": '{"name":"Ann","email":"A@b.co","phone":""}',
        "record_key": "a@b.co",
        "status": "valid", "error_message": None, "invalid_fields": None, "missing_required_fields": None,
        "mapped_data": '{"name":"Ann","emails":["A@b.co"]}', "names": '{"a@b.co","ann"}', "parent_keys": None,
        "corrects_record_id": None,
    }  # fmt: skip
    assert [error[name] for name in ("mapped_data", "names", "parent_keys")] == [None, None, None]
    assert error["record_data"] == '{"name":"","email":"x","phone":""}'


def test_a_row_that_is_an_error_is_no_warning() -> None:
    headers = ("title", "status", "siteId", "startDate")
    for row in (("n/a", "", "S", "3/1/26"), ("n/a", "New", "", "3/1/26"), ("", "New", "S", "3/1/26")):
        (found,) = judged("Task", headers, row)
        assert found["status"] == "error"
        assert "placeholder" not in found["error_message"]
        assert "two digits" not in found["error_message"]


@pytest.mark.parametrize("type_name", ["Contact", "Site"])
def test_whether_a_row_is_a_duplicate_is_for_the_database_to_say(type_name: str) -> None:
    rows = [("Ann", "a@b.co", "")] * 2 if type_name == "Contact" else [("1 Main St", "Ann", "")] * 2
    headers = HEADERS if type_name == "Contact" else ("Full address", "Customer", "City")
    assert [row["status"] for row in judged(type_name, headers, *rows)] == ["valid", "valid"]


def test_records_that_cannot_be_read_stand_in_their_place(tmp_path: Path) -> None:
    file = put(
        tmp_path, b"name,email,phone\nZo\xc3\xa9,a@b.co,\nBob\nJos\xe9,j@b.co,\n,,\nname,email,phone\nCid,c@b.co,\n"
    )
    with CsvFile(file) as opened:
        judge, rows = judge_batches(mapped("Contact", HEADERS), *opened.batches(4, last_is_optional=False))
    assert [(row["record_number"], row["status"]) for row in rows] == [
        (1, "valid"), (2, "error"), (3, "error"), (4, "error"), (5, "error"), (6, "valid"),
    ]  # fmt: skip
    assert [row["error_message"] for row in rows[1:5]] == [
        "The row has too few cells: 1 where the header has 3. Align its columns in row 2 and send the fix file.",
        "The row holds bytes that are not text. Type the garbled characters again in row 3 and send the fix file.",
        "The row is empty. Fill it in or delete it in row 4 and send the fix file.",
        "The row repeats the header. Delete it in row 5 and send the fix file.",
    ]
    assert json.loads(rows[2]["record_data"]) == {"name": r"Jos\xe9", "email": "j@b.co", "phone": ""}
    assert {cause.cause: (cause.records, cause.first_row) for cause in judge.causes.values()} == {
        "The row has too few cells": (1, 2), "The row holds bytes that are not text": (1, 3),
        "The row is empty": (1, 4), "The row repeats the header": (1, 5),
    }  # fmt: skip
    assert {(cause.field, cause.rule) for cause in judge.causes.values()} == {(None, "unreadable")}


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_a_batch_of_nothing_but_faults(record_type: RecordType) -> None:
    headers = [field.name for field in record_type.fields]
    fault = {
        "record_number": [1, 2],
        "line_number": [2, 3],
        "record_data": ["{}", '{"a":"b"}'],
        "problem": ["Bad. Fix it."] * 2,
    }
    faults = pl.DataFrame(fault, schema_overrides={"record_number": pl.Int32, "line_number": pl.Int32})
    _, rows = judge_batches(mapped(record_type.name, headers), Batch(batch([], len(headers)).cells, faults))
    assert [(row["record_number"], row["status"], row["record_data"]) for row in rows] == [
        (1, "error", "{}"), (2, "error", '{"a":"b"}'),
    ]  # fmt: skip
    assert rows[0]["error_message"] == "Bad. Fix it in row 1 and send the fix file."


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_a_row_without_a_single_value_is_an_error_of_every_required_field(record_type: RecordType) -> None:
    headers = [field.name for field in record_type.fields]
    (row,) = judged(record_type.name, headers, [" "] * len(headers))
    required = [name for name in headers if name in (*record_type.required, *record_type.one_of)]
    assert row["missing_required_fields"] == "{" + ",".join(f'"{name}"' for name in required) + "}"
    assert (row["status"], row["invalid_fields"], row["record_key"]) == ("error", "{}", None)


def test_causes_count_rows_not_findings() -> None:
    rows = [("Ann", "x", ""), ("Ann", "x y", ""), ("", "x", "")]
    judge = Judge(mapped("Contact", HEADERS))
    judge.judge(batch(rows, 3))
    judge.judge(batch(rows, 3, first=4))
    assert list(judge.causes.values()) == [
        Cause("email is not an e-mail address", "emails", "emails", 6, 1),
        Cause("name is missing", "name", "not_nullable", 2, 3),
    ]


def test_a_fault_of_a_schema_is_never_taken_for_one_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = findings.rules.value_schema(catalogue.SITE)
    monkeypatch.setattr(findings.rules, "value_schema", lambda _: wrong)
    with pytest.raises(findings.pa.errors.SchemaErrors):
        judged("Contact", HEADERS, ("Ann", "a@b.co", ""))


CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10),
    st.sampled_from(["", "n/a", "a@b.co", "A@B.co", "303-555-0123", "3/1/2026", "3/1/26", "45352", "-5", "yes"]),
)  # fmt: skip


@settings(max_examples=15)
@given(data=st.data(), record_type=st.sampled_from(catalogue.TYPES), size=st.integers(2, 5))
def test_every_record_has_one_status_whatever_it_holds(data: st.DataObject, record_type: RecordType, size: int) -> None:
    headers = [field.name for field in record_type.fields]
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(headers)), min_size=1, max_size=8))
    read = [batch(rows[start : start + size], len(headers), start + 1) for start in range(0, len(rows), size)]
    _, found = judge_batches(mapped(record_type.name, headers), *read)
    assert [row["record_number"] for row in found] == list(range(1, len(rows) + 1))
    assert [tuple(json.loads(row["record_data"]).values()) for row in found] == rows
    whole = judge_batches(mapped(record_type.name, headers), batch(rows, len(headers)))[1]
    assert found == whole, "the size of a batch decides nothing"
    for row in found:
        _check_one(record_type, row)


def _check_one(record_type: RecordType, row: dict[str, Any]) -> None:
    sendable = row["status"] in ("valid", "warning")
    assert row["status"] in ("valid", "warning", "error")
    assert (row["error_message"] is None) == (row["status"] == "valid")
    assert (row["mapped_data"] is not None) == sendable
    assert (row["invalid_fields"] is not None) == (row["status"] == "error")
    if row["error_message"]:
        assert row["error_message"].isprintable()
    if sendable:
        sent = json.loads(row["mapped_data"])
        assert set(record_type.required) <= sent.keys() <= {field.name for field in record_type.fields}
        assert row["record_key"]
        assert not any(value in ("", [], None) for value in sent.values())
