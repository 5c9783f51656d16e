"""Dates and times, against tables of real writings and against Python's own calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.values.dates import parse_date, parse_datetime
from tests.unit.csv_imports.conftest import quick, text

DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def dates(*written: str | None) -> list[date | None]:
    return parse_date(text(*written), "MDY")[0].to_list()


def moments(*written: str | None) -> list[datetime | None]:
    return parse_datetime(text(*written), "MDY")[0].to_list()


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01", "2026-3-1", "2026/03/01", "3/1/2026", "03/01/2026", "3-1-2026", "3.1.2026", "03-01-2026",
        "Mar 1, 2026", "mar 1 2026", "MARCH 1, 2026", "March 1st, 2026", "Mar. 1, 2026", "1 Mar 2026", "1-Mar-2026",
        "01 March 2026", "2026-03-01T08:30:00Z", "2026-03-01 08:30", "3/1/2026 8:30 AM", "3/1/2026, 8:30:15 pm",
        "Mar 1, 2026, 8:30 PM", "2026-03-01T23:30:00-05:00", "2026-03-01T00:00:00+02:00", "2026-03-01 00:00:00+00",
        "2026-03-01T00:00:00.000000+14:00",
    ],
)  # fmt: skip
def test_the_first_of_march_is_the_first_of_march_whatever_stands_behind_it(written: str) -> None:
    assert dates(written) == [date(2026, 3, 1)]
    assert parse_date(text(written), "MDY")[1].to_list() == [None]


@pytest.mark.parametrize(
    "written",
    [
        "", "soon", "13/01/2026", "2026-13-01", "2/30/2026", "2/29/2025", "0/1/2026", "1/0/2026", "2026-00-01",
        "0000-00-00", "20260301", "2026", "3/2026", "3/1/202", "3/1/20266", "1/2/3", "19999", "60000", "445000",
        "-45000", "45000-", "45,000", "2026-03-01 25:00", "2026-03-01 08:60", "2026-03-01 8", "2026-03-01T",
        "2026-03-01 13:00 PM", "2026-03-01 0:30 AM", "2026-03-01 08:30 EST", "2026-03-01 08:30+15:00",
        "2026-03-01 08:30+05:60", "2026-03-01 +05:00", "٣/1/2026", "3/1/2026 and later", "x 3/1/2026", "Marchy 1, 2026",
        "Mar 32, 2026", "Mar 1, 2026 BC", "1/1/2026-1/2/2026",
    ],
)  # fmt: skip
def test_what_is_no_date_is_null_and_says_nothing(written: str) -> None:
    for parse in (parse_date, parse_datetime):
        values, repairs = parse(text(written), "MDY")
        assert (values.to_list(), repairs.to_list()) == ([None], [None])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("3/1/2026", "2026-03-01T00:00:00"),
        ("3/1/2026 8:30", "2026-03-01T08:30:00"),
        ("3/1/2026 8:30:15", "2026-03-01T08:30:15"),
        ("3/1/2026 12:00 AM", "2026-03-01T00:00:00"),
        ("3/1/2026 12:59 am", "2026-03-01T00:59:00"),
        ("3/1/2026 12:00 PM", "2026-03-01T12:00:00"),
        ("3/1/2026 11:59 p.m.", "2026-03-01T23:59:00"),
        ("3/1/2026 8:30PM", "2026-03-01T20:30:00"),
        ("2026-03-01T08:30:15.123456Z", "2026-03-01T08:30:15"),
        ("2026-03-01t08:30:15z", "2026-03-01T08:30:15"),
        ("2026-03-01 08:30:15 UTC", "2026-03-01T08:30:15"),
        ("2026-03-01 08:30-07:00", "2026-03-01T15:30:00"),
        ("2026-03-01 08:30-0730", "2026-03-01T16:00:00"),
        ("2026-03-01 08:30:00+00", "2026-03-01T08:30:00"),
        ("2026-03-01 08:30+05", "2026-03-01T03:30:00"),
        ("2026-03-01 23:30-05:00", "2026-03-02T04:30:00"),
        ("3/1/2026 8:30 PM -05:00", "2026-03-02T01:30:00"),
        ("Mar 1, 2026, 8:30 PM", "2026-03-01T20:30:00"),
    ],
)
def test_a_moment_is_sent_in_utc(written: str, moment: str) -> None:
    assert moments(written) == [datetime.fromisoformat(moment)]


@pytest.mark.parametrize(
    ("written", "read", "sentence"),
    [
        ("45352", "2024-03-01", "Excel had turned a date into the number 45352; read as 2024-03-01."),
        ("45352.25", "2024-03-01T06:00:00", "…number 45352.25; read as 2024-03-01 06:00:00."),
        ("45352.999999", "2024-03-02", "…number 45352.999999; read as 2024-03-02."),
        ("20000", "1954-10-03", "…number 20000; read as 1954-10-03."),
        ("59999", "2064-04-07", "…number 59999; read as 2064-04-07."),
        ("3/1/26", "2026-03-01", "The year of 3/1/26 has two digits; read as 2026-03-01."),
        ("1-Mar-26", "2026-03-01", "The year of 1-Mar-26 has two digits; read as 2026-03-01."),
        ("12/31/29", "2029-12-31", "The year of 12/31/29 has two digits; read as 2029-12-31."),
        ("1/1/30", "1930-01-01", "The year of 1/1/30 has two digits; read as 1930-01-01."),
        ("1/1/99 8:30 PM", "1999-01-01T20:30:00", "…1/1/99 8:30 PM has two digits; read as 1999-01-01 20:30:00."),
    ],
)
def test_a_repair_says_what_it_read(written: str, read: str, sentence: str) -> None:
    values, repairs = parse_datetime(text(written), "MDY")
    assert values.to_list() == [datetime.fromisoformat(read)]
    assert repairs[0].endswith(sentence.lstrip("…"))


@pytest.mark.parametrize(
    "label",
    ["Installed ", "Inst: ", "PTO ", "Install Date - ", "in service on ", "Mon, ", "commissioned. ", "due=", "INST:"],
)
@pytest.mark.parametrize("written", ["03/14/2021", "3/14/21", "2021-03-14", "Mar 14, 2021", "14 March 2021"])
def test_the_words_before_a_date_are_left_out_and_it_is_said(label: str, written: str) -> None:
    values, repairs = parse_date(text(label + written), "MDY")
    assert values.to_list() == [date(2021, 3, 14)]
    assert repairs.to_list() == [f"Only the date of {label}{written} is sent; read as 2021-03-14."]


@pytest.mark.parametrize(
    "written",
    [
        "before 3/14/2021", "not 3/14/2021", "Removed 03/14/2021", "approx. 2021-03-14", "3/1/2021 or 3/2/2021",
        "never", "x 3/14/2021", "a b c d 3/14/2021", "Unit 12 3/14/2021", "May 3/14/2021", "until Mar 14, 2021",
        "Installed", "Installed 13/13/2021", "Installed 45352", "Inst: 3/14/21 PTO 3/20/21", "3/14/2021 installed",
    ],
)  # fmt: skip
def test_words_that_may_mean_another_date_are_not_passed_over(written: str) -> None:
    values, repairs = parse_date(text(written), "MDY")
    assert (values.to_list(), repairs.to_list()) == ([None], [None])


def test_a_label_says_nothing_of_the_order() -> None:
    written = text("Installed 3/4/2021", "PTO 2021-03-14", "Inst: 5/5/2021")
    assert parse_date(written, "DMY")[0].to_list() == [date(2021, 4, 3), date(2021, 3, 14), date(2021, 5, 5)]
    assert parse_date(written, None)[0].to_list() == [None, date(2021, 3, 14), date(2021, 5, 5)]


def test_a_labelled_time_keeps_its_hour() -> None:
    assert parse_datetime(text("Start: 3/14/2021 8:30 AM"), "MDY")[0].to_list() == [datetime(2021, 3, 14, 8, 30)]


def test_the_first_day_that_excel_knows_is_doubtful() -> None:
    values, repairs = parse_date(text("1/1/1900", "1/2/1900", "1/0/1900"), "MDY")
    assert values.to_list() == [date(1900, 1, 1), date(1900, 1, 2), None]
    assert repairs.to_list() == ["The date 1/1/1900 is what Excel shows for the number 1; check it.", None, None]


def test_a_date_that_stands_often_in_its_column_is_read_as_if_it_stood_alone() -> None:
    written = ["3/1/26", None, "soon", "Inst: 3/1/2026", "45352"]
    alone = [[one[0] for one in parse_date(text(each), "MDY")] for each in written]
    values, repairs = parse_date(text(*written * 5), "MDY")
    assert [list(pair) for pair in zip(values, repairs, strict=True)] == alone * 5


def test_the_time_of_an_excel_date_is_no_part_of_a_date() -> None:
    values, repairs = parse_date(text("45352.75"), None)
    assert values.to_list() == [date(2024, 3, 1)]
    assert repairs.to_list() == ["Excel had turned a date into the number 45352.75; read as 2024-03-01."]


def test_what_stands_above_a_date_in_its_column_makes_no_difference() -> None:
    written = ["99/99/2026", None, "2026-99-99", "soon", "45352", "Mar 1, 2026", "3/1/2026", "2026-03-01"]
    assert dates(*written) == [None, None, None, None, date(2024, 3, 1), *[date(2026, 3, 1)] * 3]
    assert dates(*reversed(written)) == list(reversed(dates(*written)))


def write(day: date, form: str) -> str:
    """Write a date without strftime, which the platform may translate."""
    name = NAMES[day.month - 1]
    return form.format(y=day.year, m=day.month, d=day.day, name=name, short=name[:3])


FORMS = (
    "{y:04}-{m:02}-{d:02}", "{y}/{m}/{d}", "{m}/{d}/{y}", "{m:02}-{d:02}-{y}", "{m}.{d}.{y}", "{name} {d}, {y}",
    "{short} {d} {y}", "{d} {name} {y}", "{d:02}-{short}-{y}",
)  # fmt: skip


@quick
@given(
    st.lists(st.tuples(DATES, st.sampled_from(["{d}/{m}/{y}", "{d:02}.{m:02}.{y}", "{y}-{m}-{d}", "{d} {name} {y}"])))
)
def test_every_day_is_read_with_the_day_in_front(days: list[tuple[date, str]]) -> None:
    written = text(*(write(day, form) for day, form in days))
    assert parse_date(written, "DMY")[0].to_list() == [day for day, _ in days]


@quick
@given(st.lists(st.tuples(DATES, st.sampled_from(FORMS)), min_size=1, max_size=30))
def test_every_day_of_the_calendar_is_read_in_every_form(days: list[tuple[date, str]]) -> None:
    assert dates(*(write(day, form) for day, form in days)) == [day for day, _ in days]


@quick
@given(st.integers(1, 99), st.integers(1, 99), st.integers(1900, 2100))
def test_days_that_the_calendar_does_not_have_are_null(month: int, day: int, year: int) -> None:
    try:
        wanted = date(year, month, day)
    except ValueError:
        wanted = None
    assert dates(f"{month}/{day}/{year}", f"{year}-{month}-{day}") == [wanted, wanted]


@quick
@given(
    moment=st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30)).map(lambda moment: moment.replace(microsecond=0)),
    minutes=st.integers(-14 * 60, 14 * 60),
    form=st.sampled_from(FORMS),
    halves=st.booleans(),
)
def test_any_moment_in_any_zone_is_the_moment_that_python_knows(
    moment: datetime, minutes: int, form: str, *, halves: bool
) -> None:
    hours = f"{(moment.hour + 11) % 12 + 1}" if halves else f"{moment.hour:02}"
    half = (" AM", " PM")[moment.hour // 12] if halves else ""
    clock = f"{hours}:{moment.minute:02}:{moment.second:02}{half}"
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(UTC).replace(tzinfo=None)
    day = write(moment.date(), form)
    assert moments(f"{day} {clock}", f"{day} {clock}{zone}") == [moment, aware]
    assert dates(f"{day} {clock}{zone}") == [moment.date()]


@quick
@given(st.integers(20000, 59999), st.integers(0, 86399))
def test_excels_count_is_pythons_ordinal(days: int, seconds: int) -> None:
    wanted = datetime(1899, 12, 30) + timedelta(days=days, seconds=seconds)
    assert moments(str(days), f"{days + seconds / 86400:.6f}") == [
        datetime(1899, 12, 30) + timedelta(days=days), wanted,
    ]  # fmt: skip


@quick
@given(st.lists(st.one_of(st.none(), st.text(), st.text("0123456789/-.: TZAPM+,"))))
def test_any_text_is_a_date_or_null(written: list[str | None]) -> None:
    for parse in (parse_date, parse_datetime):
        values, repairs = parse(text(*written), "MDY")
        assert len(values) == len(repairs) == len(written)
        assert all(value is not None for value, said in zip(values, repairs, strict=True) if said)
