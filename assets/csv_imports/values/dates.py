"""Reading dates and times as exports write them: in figures, with month names, or as Excel's count of days.

What belongs here: columns of text into columns of dates, and what a column says of the order of its figures. What does
not: other kinds (`kinds`), which order a file has (`orders`), and which dates are plausible (`rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

ORDERS = {"MDY": "month/day", "DMY": "day/month"}
"""The orders of `3/4/2026`, and their names in sentences. A year in front, or a month's name, needs none."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?<m>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?<y>[0-9]{4}|[0-9]{2})"
_FIGURES = {
    "MDY": rf"^(?<m>[0-9]{{1,2}})[-/.](?<d>[0-9]{{1,2}})[-/.]{_YEAR}$",
    "DMY": rf"^(?<d>[0-9]{{1,2}})[-/.](?<m>[0-9]{{1,2}})[-/.]{_YEAR}$",
}
_UNORDERED = (
    r"^(?<y>[0-9]{4})[-/](?<m>[0-9]{1,2})[-/](?<d>[0-9]{1,2})$",
    rf"(?i)^{_MONTH} +(?<d>[0-9]{{1,2}})(?:st|nd|rd|th)?,? +{_YEAR}$",
    rf"(?i)^(?<d>[0-9]{{1,2}})[- ]{_MONTH}[-, ] *{_YEAR}$",
)
# `Installed 03/14/2021`, `PTO: Mar 14, 2021`: words, and what begins as a date does.
_LABELLED = (
    r"(?i)^([a-z]{2,15}(?:[ .][a-z]{1,15}){0,2}) ?[-:.,=]? *"
    rf"([0-9]{{1,4}}[-/.][0-9]{{1,2}}[-/.].+|[0-9]{{1,2}}[- ][a-z]{{3}}.+|(?:{'|'.join(_MONTHS)}).+)$"
)
# Words in front of a date that make it another one, or none.
_NO_LABEL = (
    r"(?i)\b(?:before|after|until|till|by|not|no|never|approx|approximately|about|around|circa|ca|removed|canceled"
    r"|cancelled|or|and|to|from|jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june"
    r"|july|august|september|october|november|december)\b"
)
_TIME = (
    r"(?i),?[T ]\s*([0-9]{1,2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?\s*(?:([ap])\.?m\.?)?"
    r"\s*(z|utc|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?$"
)
# Serial days 20000-60000 are the years 1954-2064; Excel counts from 1899-12-30, in days and fractions of them.
_EXCEL_SERIAL = r"^[2-5][0-9]{4}(\.[0-9]+)?$"


@dataclass(slots=True)
class Evidence:
    """What the dates of one column, seen so far, say of their order: a row's number for each kind, None for no row.

    Attributes:
        month_first: The first row whose date is one only as month/day.
        day_first: The first row whose date is one only as day/month.
        either: The first row whose date is one as both, and not the same.
    """

    month_first: int | None = None
    day_first: int | None = None
    either: int | None = None

    def observe(self, text: pl.Series, numbers: pl.Series) -> None:
        """Take a batch of the column into account, with the numbers of its rows."""
        # A column has few days, however many times of day it has.
        days = text.str.replace(_TIME, "") if _has_clock(text) else text
        seen = pl.DataFrame({"t": days, "n": numbers}).drop_nulls().unique("t", keep="first", maintain_order=True)
        read = seen.select("n", m=parse_date(seen["t"], "MDY")[0], d=parse_date(seen["t"], "DMY")[0])
        month, day = pl.col("m"), pl.col("d")
        first = read.select(
            month_first=pl.col("n").filter(month.is_not_null() & day.is_null()).min(),
            day_first=pl.col("n").filter(month.is_null() & day.is_not_null()).min(),
            either=pl.col("n").filter(month != day).min(),
        ).row(0, named=True)
        for name, number in first.items():
            if getattr(self, name) is None:
                setattr(self, name, number)

    @property
    def order(self) -> str | None:
        """The order that every date of the column has; None where none of them decides, or they contradict."""
        if (self.month_first is None) == (self.day_first is None):
            return None
        return "DMY" if self.month_first is None else "MDY"

    @property
    def asks(self) -> bool:
        """Whether the column has dates that its order must be known for, and does not show it."""
        return self.order is None and (self.either is not None or self.month_first is not None)


def parse_date(text: pl.Series, order: str | None) -> tuple[pl.Series, pl.Series]:
    """Read a column of dates; return the dates, and what was repaired.

    Args:
        text: As it is written.
        order: `MDY` or `DMY`; None takes only those dates in figures that are the same in both.
    """
    # The day as it is written: a time zone behind it moves the hour, not the day that an office means.
    timeless = pl.col("clock").is_null() | pl.col("local").is_not_null()
    moments, repairs = _dated(text, order, pl.when(timeless).then(pl.coalesce("day", "excel").dt.truncate("1d")))
    return moments.dt.date(), repairs


def parse_datetime(text: pl.Series, order: str | None) -> tuple[pl.Series, pl.Series]:
    """Read a column of dates and times into UTC, as which a time without a zone is taken; otherwise as `parse_date`."""
    utc = pl.col("local") - pl.duration(minutes=pl.col("east"))
    return _dated(text, order, pl.when(pl.col("clock").is_null()).then(pl.coalesce("day", "excel")).otherwise(utc))


def _dated(text: pl.Series, order: str | None, moment: pl.Expr) -> tuple[pl.Series, pl.Series]:
    distinct = text.unique()
    if len(distinct) * 2 < len(text):
        values, repairs = _dated(distinct, order, moment)
        read = pl.DataFrame({"t": distinct, "values": values, "repairs": repairs})
        out = text.to_frame("t").join(read, on="t", how="left", maintain_order="left")
        return out["values"], out["repairs"]
    bare = _without_label(text)
    frame = _moments(bare, order).with_columns(moment=moment, whole=text)
    shown = pl.col("moment").dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    repairs = (
        pl.when(pl.col("moment").is_null())
        .then(None)
        .when(pl.col("excel").is_not_null())
        .then(pl.format("Excel had turned a date into the number {}; read as {}.", "whole", shown))
        .when(pl.col("t") != pl.col("whole"))
        .then(pl.format("Only the date of {} is sent; read as {}.", "whole", shown))
        .when(pl.col("short"))
        .then(pl.format("The year of {} has two digits; read as {}.", "whole", shown))
        .when(pl.col("moment") == pl.datetime(1900, 1, 1))
        .then(pl.format("The date {} is what Excel shows for the number 1; check it.", "whole"))
    )
    out = frame.select(values="moment", repairs=repairs)
    return out["values"], out["repairs"]


def _without_label(text: pl.Series) -> pl.Series:
    """Take the words from in front of a date: `Installed 03/14/2021`."""
    if not text.str.contains("^[A-Za-z]").any():
        return text
    label, rest = (text.str.extract(_LABELLED, group) for group in (1, 2))
    return rest.zip_with((rest.is_not_null() & ~label.str.contains(_NO_LABEL)).fill_null(value=False), text)


def _moments(text: pl.Series, order: str | None) -> pl.DataFrame:
    """Take dates apart: `day`, `clock`, `local` (the day at the clock's time), `east` (minutes), `excel`, `short`."""
    t, year = pl.col("t"), pl.col("y")
    named = pl.col("m").str.head(3).str.to_lowercase().replace({name: str(n) for n, name in enumerate(_MONTHS, 1)})
    # Two digits are read as Excel reads them: 00-29 are 2000-2029, 30-99 are 1930-1999.
    century = pl.when(year.str.len_bytes() == 4).then(pl.lit("")).when(year < "30").then(pl.lit("20")).otherwise(
        pl.lit("19")
    )  # fmt: skip
    serial = pl.when(t.str.contains(_EXCEL_SERIAL)).then(t).cast(pl.Float64)
    frame = pl.concat([_figures(text, order), _clocks(text)], how="horizontal").with_columns(
        written=pl.concat_str(century + year, named.str.zfill(2), pl.col("d").str.zfill(2), separator="-"),
        short=year.str.len_bytes() == 2,
        excel=pl.lit("1899-12-30").str.to_datetime() + pl.duration(seconds=(serial * 86400).round()),
    )
    frame = frame.with_columns(day=pl.col("written").str.to_datetime("%Y-%m-%d", strict=False))
    if frame["clock"].null_count() == len(frame):
        return frame.with_columns(local=pl.lit(None, dtype=pl.Datetime("us")), east=pl.lit(0))
    return frame.with_columns(local=_local(), east=_minutes_east())


def _figures(text: pl.Series, order: str | None) -> pl.DataFrame:
    """Return the text, `t`, and the figures of its year, month (or name) and day: `y`, `m`, `d`."""
    rows = text.to_frame("t").with_row_index("row")
    dated = rows.with_columns(pl.col("t").str.replace(_TIME, "")) if _has_clock(text) else rows
    left, found = dated.drop_nulls(), list[pl.DataFrame]()
    for form in (_FIGURES[order or "MDY"], *_UNORDERED):
        # A column is nearly always written in one form: the others look at what is left.
        read = left.with_columns(form=pl.col("t").str.extract_groups(form)).unnest("form")
        if form == _FIGURES["MDY"] and order is None:
            same = pl.col("m").str.zfill(2) == pl.col("d").str.zfill(2)
            read = read.with_columns(pl.when(same).then("y"))
        found.append(read.filter(pl.col("y").is_not_null()).select("row", "y", "m", "d"))
        left = read.filter(pl.col("y").is_null()).select("row", "t")
    return rows.join(pl.concat(found), on="row", how="left", maintain_order="left").drop("row")


def _clocks(text: pl.Series) -> pl.DataFrame:
    names = ("clock", "seconds", "half", "zone")
    if not _has_clock(text):
        return pl.DataFrame({name: text.clear(len(text)) for name in names})
    groups = text.to_frame("t").select(g=pl.col("t").str.extract_groups(_TIME))["g"].struct.unnest()
    return groups.select(
        pl.Series(groups.to_series(place)).alias(name) for place, name in enumerate(names)
    ).with_columns(pl.col("seconds").fill_null(":00"))


def _has_clock(text: pl.Series) -> bool:
    return bool(text.str.contains(":", literal=True).any())


def _local() -> pl.Expr:
    stamp = pl.format("{} {}{}", "written", pl.col("clock").str.zfill(5), "seconds")
    halved = pl.format("{} {}M", stamp, "half").str.to_datetime("%Y-%m-%d %I:%M:%S %p", strict=False)
    whole = pl.when(pl.col("half").is_null()).then(stamp).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    return pl.coalesce(halved, whole)


def _minutes_east() -> pl.Expr:
    offset = pl.col("zone").str.extract_groups(r"^(?<sign>[+-])(?<h>[0-9]{2}):?(?<m>[0-9]{2})?$")
    hours, minutes = (offset.struct.field(name).cast(pl.Int64).fill_null(0) for name in "hm")
    total = hours * 60 + minutes
    return pl.when(offset.struct.field("sign") == "-").then(-total).otherwise(total)
