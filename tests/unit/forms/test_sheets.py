"""A sheet as a file: exact headers, every required field, a column that says which form it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from assets.catalogue import BY_NAME, TYPES
from assets.csv_imports.judging.judge import Judge
from assets.csv_imports.mapping.deciding import decide
from assets.forms.filling import Sheet, targets
from assets.forms.sheets import SUBMISSION, SheetFile, map_columns, unite
from assets.record_types import RecordType

if TYPE_CHECKING:
    from collections.abc import Collection


def sheet(type_name: str, *rows: dict[str, str]) -> Sheet:
    return Sheet(BY_NAME[type_name], {UUID(int=n): row for n, row in enumerate(rows, 1)})


@pytest.mark.parametrize("record_type", TYPES, ids=lambda record_type: record_type.name)
def test_headers_mean_what_they_say_and_the_forms_id_nothing(record_type: RecordType) -> None:
    headers = [SUBMISSION, *targets(record_type)]
    mapping = decide(record_type, headers)
    assert mapping.columns == {name: [place] for place, name in enumerate(headers) if place}
    assert mapping.constants == {}


@pytest.mark.parametrize("record_type", TYPES, ids=lambda record_type: record_type.name)
def test_what_is_required_has_a_column_whoever_fills_it(record_type: RecordType) -> None:
    last = record_type.fields[-1].name
    file = SheetFile(sheet(record_type.name, {last: "x"}))
    mapping = map_columns(sheet(record_type.name, {last: "x"}), file.headers, None)
    assert all(mapping.feeds(name) for name in record_type.required)
    assert not record_type.one_of or any(mapping.feeds(name) for name in record_type.one_of)


def test_records_come_in_order_and_in_bounded_batches() -> None:
    file = SheetFile(sheet("Contact", *({"name": f"P{n}", "emails": f"p{n}@x.com"} for n in range(5))))
    batches = list(file.batches(2, last_is_optional=True))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert [number for batch in batches for number in batch.cells["record_number"]] == [1, 2, 3, 4, 5]
    assert [name for batch in batches for name in batch.cells["c1"]] == [f"P{n}" for n in range(5)]


def test_the_content_is_that_of_all_forms() -> None:
    one, other = ({"name": "Ada"},), ({"name": "Ada"}, {"name": "Ada"})
    assert SheetFile(sheet("Contact", *one)).sha256 == SheetFile(sheet("Contact", *one)).sha256
    assert SheetFile(sheet("Contact", *one)).sha256 != SheetFile(sheet("Contact", *other)).sha256


@pytest.mark.parametrize(("order", "status"), [(None, "valid"), ("MDY", "valid"), ("DMY", "error")])
def test_the_order_of_dates_is_stated(order: str | None, status: str) -> None:
    made = sheet("ServicePlanInstance", {"servicePlanId": "Gold", "clientId": "Ada", "startDate": "03/14/2026"})
    file = SheetFile(made)
    (batch,) = file.batches(10, last_is_optional=False)
    assert Judge(map_columns(made, file.headers, order)).judge(batch)["status"].to_list() == [status]


def test_the_first_of_several_forms_of_one_record_says_what_all_of_them_say() -> None:
    made = sheet(
        "Contact",
        {"name": "Ada", "emails": "ADA@x.com"},
        {"name": "A.", "emails": "ada@x.com", "source": "Web"},
        {"name": "A. L.", "emails": "ada@x.com; other@x.com", "source": "Call", "title": "Owner"},
        {"name": "Bo", "emails": "bo@x.com"},
    )
    unite(made, None, lambda _: {})
    assert list(made.rows.values()) == [
        {"name": "Ada", "emails": "ADA@x.com", "source": "Web", "title": "Owner"},
        {"name": "A.", "emails": "ada@x.com", "source": "Web"},
        {"name": "A. L.", "emails": "ada@x.com; other@x.com", "source": "Call", "title": "Owner"},
        {"name": "Bo", "emails": "bo@x.com"},
    ]


def test_forms_without_a_key_are_nobodys() -> None:
    made = sheet("Contact", {"title": "Owner"}, {"source": "Web"})
    unite(made, None, lambda _: {})
    assert list(made.rows.values()) == [{"title": "Owner"}, {"source": "Web"}]


def test_a_row_that_was_not_sent_yet_is_said_by_the_form_that_takes_its_place() -> None:
    made = sheet("Contact", {"name": "Ada", "emails": "ADA@x.com"}, {"name": "Bo", "emails": "bo@x.com"})
    asked: list[str] = []

    def unsent(keys: Collection[str]) -> dict[str, dict[str, Any]]:
        asked.extend(keys)
        return {"ada@x.com": {"name": "A.", "title": "Owner", "phones": ["+12125550100", "+12125550101"]}}

    unite(made, None, unsent)
    assert asked == ["ada@x.com", "bo@x.com"]
    assert list(made.rows.values()) == [
        {"name": "Ada", "emails": "ADA@x.com", "title": "Owner", "phones": "+12125550100; +12125550101"},
        {"name": "Bo", "emails": "bo@x.com"},
    ]
