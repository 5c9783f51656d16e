"""The order of dates: stated, or what a whole column shows, over all of its batches; never a row's own reading."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.judging.orders import decide_orders, undecided
from assets.csv_imports.judging.transforming import transform
from assets.csv_imports.mapping.deciding import map_headers
from assets.csv_imports.mapping.decision import Mapping, Transformation, UnmappableFile
from assets.csv_imports.values.dates import Evidence, parse_date
from tests.unit.csv_imports.conftest import batch, quick, text

if TYPE_CHECKING:
    from assets.csv_imports.files.records import Batch

HEADERS = ("name", "type", "siteId", "Install Date")


def assets(*installed: str, size: int = 100) -> tuple[Mapping, list[Batch]]:
    """Map a file of assets, and read it in batches of a size."""
    rows = [("U", "T", "S", written) for written in installed]
    read = [batch(rows[start : start + size], 4, start + 1) for start in range(0, len(rows), size)]
    return map_headers(catalogue.ASSET, list(HEADERS)), read


def decided(*installed: str, size: int = 100, default: str | None = None) -> dict[str, str]:
    mapping, read = assets(*installed, size=size)
    decide_orders(mapping, read, default)
    return mapping.orders


@pytest.mark.parametrize(
    ("installed", "order"),
    [
        (["3/4/2021", "3/14/2021"], "MDY"),
        (["3/4/2021", "14/3/2021"], "DMY"),
        (["3/4/21", "14.3.21"], "DMY"),
        (["Installed 3/14/2021", "3/4/2021"], "MDY"),
        (["3/14/2021 8:30 PM", "3/4/2021"], "MDY"),
        (["3/14/2021", "32/1/2021", "soon", "", "45352", "2021-03-04"], "MDY"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_a_column_has_the_order_that_all_of_its_dates_have(installed: list[str], order: str, size: int) -> None:
    assert decided(*installed, size=size) == {"installDate": order}
    assert decided(*reversed(installed), size=size) == {"installDate": order}


@pytest.mark.parametrize(
    "installed", [[], [""], ["1/1/2024", "02-02-2024"], ["2024-03-04", "Mar 4, 2024", "4 Mar 2024"], ["45352"], ["x"]]
)
def test_where_no_date_hangs_on_it_no_order_is_decided(installed: list[str]) -> None:
    assert decided(*installed) == {}
    assert decided(*installed, default="DMY") == {}


@pytest.mark.parametrize("size", [1, 100])
def test_a_column_that_could_be_either_asks(size: int) -> None:
    with pytest.raises(UnmappableFile) as raised:
        decided("1/1/2021", "3/4/2021", "5/6/2021", "3/4/2021", size=size)
    assert str(raised.value) == (
        'The dates of "Install Date" can be read as month/day and as day/month (first in row 2): state the order of '
        '"installDate" under "dates" (MDY or DMY) in mappings/<contractor>/Asset.yaml, or write the dates as '
        "YYYY-MM-DD, and import the file again."
    )


def test_a_column_that_contradicts_itself_asks_and_names_its_rows() -> None:
    said = '"Install Date" are in two orders: row 2 is month/day, row 3 day/month'
    with pytest.raises(UnmappableFile, match=re.escape(said)):
        decided("3/4/2021", "3/14/2021", "14/3/2021", size=1)


@pytest.mark.parametrize(
    ("installed", "default", "order"),
    [
        (["3/4/2021"], "DMY", "DMY"),
        (["3/4/2021"], "MDY", "MDY"),
        (["3/14/2021"], "MDY", "MDY"),
        (["14/3/2021", "3/14/2021"], "MDY", "MDY"),
    ],
)
def test_a_default_answers_what_a_column_leaves_open(installed: list[str], default: str, order: str) -> None:
    assert decided(*installed, default=default) == {"installDate": order}


def test_a_default_is_never_put_over_what_a_column_shows() -> None:
    said = "can only be day/month (first in row 2), but MEP_DATE_ORDER says MDY"
    with pytest.raises(UnmappableFile, match=re.escape(said)):
        decided("3/4/2021", "14/3/2021", default="MDY")


@pytest.mark.parametrize(
    ("installed", "order"), [(["3/4/2021"], "DMY"), (["3/14/2021", "3/4/2021"], "MDY"), (["1/1/2021"], None)]
)
def test_an_earlier_order_stands_where_the_column_leaves_it_open(installed: list[str], order: str | None) -> None:
    mapping, read = assets(*installed)
    mapping.earlier_orders["installDate"] = "DMY"
    decide_orders(mapping, read, "MDY" if order == "MDY" else None)
    assert mapping.orders.get("installDate") == order


def test_what_is_stated_needs_no_pass() -> None:
    mapping, _ = assets()
    assert undecided(mapping) == ["installDate"]
    mapping.orders["installDate"] = "DMY"
    assert undecided(mapping) == []
    mapping.orders.clear()
    mapping.transformations[3] = [Transformation("parse_date", {"order": "DMY"})]
    assert undecided(mapping) == []
    made = transform(mapping, batch([("U", "T", "S", "3/4/2021")], 4).cells)
    assert made.values["installDate"].to_list() == [date(2021, 4, 3)]
    mapping.transformations[3] = [Transformation("parse_date", {})]
    assert undecided(mapping) == ["installDate"]


def test_stating_the_order_of_a_time_takes_nothing_from_it() -> None:
    mapping = map_headers(catalogue.TASK, ["title", "status", "siteId", "startDate"])
    mapping.transformations[3] = [Transformation("parse_date", {"order": "DMY"})]
    made = transform(mapping, batch([("T", "N", "S", "4/3/21 8:30 PM")], 4).cells)
    assert made.values["startDate"].to_list() == [datetime(2021, 3, 4, 20, 30)]
    assert made.repairs["sentence"].to_list() == [
        "The year of 4/3/21 8:30 PM has two digits; read as 2021-03-04 20:30:00."
    ]


def test_fields_without_a_column_or_of_another_kind_have_no_order() -> None:
    assert undecided(map_headers(catalogue.ASSET, list(HEADERS[:3]))) == []
    assert undecided(map_headers(catalogue.CONTACT, ["name", "email"])) == []


def test_a_column_is_read_after_its_transformations() -> None:
    mapping, read = assets("on 14/3/2021 by AB", "on 4/3/2021 by CD")
    mapping.transformations[3] = [Transformation("custom", {"function": "split", "separator": " ", "part": 2})]
    decide_orders(mapping, read)
    assert mapping.orders == {"installDate": "DMY"}


def test_every_column_is_decided_by_itself() -> None:
    mapping = map_headers(catalogue.TASK, ["title", "status", "siteId", "startDate", "endDate"])
    rows = [("T", "N", "S", "3/14/2021", "15/3/2021"), ("T", "N", "S", "3/4/2021", "4/3/2021")]
    decide_orders(mapping, [batch(rows, 5)])
    assert mapping.orders == {"startDate": "MDY", "endDate": "DMY"}


DAYS = st.lists(st.dates(date(1990, 1, 1), date(2030, 12, 31)), min_size=1, max_size=20)


@quick
@given(days=DAYS, order=st.sampled_from(["MDY", "DMY"]), size=st.integers(1, 7))
def test_a_file_in_one_order_is_read_right_or_asks(days: list[date], order: str, size: int) -> None:
    form = "{d.month}/{d.day}/{d.year}" if order == "MDY" else "{d.day}/{d.month}/{d.year}"
    written = [form.format(d=day) for day in days]
    mapping, read = assets(*written, size=size)
    decides = any(day.day > 12 for day in days)
    open_ = not decides and any(day.day != day.month for day in days)
    if open_:
        with pytest.raises(UnmappableFile):
            decide_orders(mapping, read)
        decide_orders(mapping, read, order)
    else:
        decide_orders(mapping, read)
    assert mapping.orders.get("installDate") == (order if decides or open_ else None)
    found = [transform(mapping, one.cells).values["installDate"] for one in read]
    assert pl.concat(found).to_list() == days


def test_without_an_order_no_row_is_read_by_itself() -> None:
    written = text("3/4/2021", "3/14/2021", "14/3/2021", "4/4/2021", "2021-03-04", "Mar 4, 2021")
    assert parse_date(written, None)[0].to_list() == [None, None, None, date(2021, 4, 4), *[date(2021, 3, 4)] * 2]


def test_evidence_keeps_the_first_rows_of_its_kinds() -> None:
    found = Evidence()
    for first in (1, 4):
        found.observe(text("3/4/2021", "3/14/2021", "14/3/2021"), pl.Series(range(first, first + 3)))
    assert (found.either, found.month_first, found.day_first) == (1, 2, 3)
    assert found.asks
    assert found.order is None


def test_a_day_that_only_one_calendar_has_decides() -> None:
    assert decided("2/29/2024") == {"installDate": "MDY"}
    assert decided("29/2/2023", "3/3/2023") == {}
