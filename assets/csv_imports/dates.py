"""Reading dates and times as exports write them: American or ISO, with month names, or Excel's count of days.

What belongs here: columns of text into columns of dates. What does not: other kinds (`values`), and which dates are
plausible (`rules`).
"""

from __future__ import annotations

import polars as pl

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?<m>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?<y>[0-9]{4}|[0-9]{2})"
_DAYS = (
    r"^(?<y>[0-9]{4})[-/](?<m>[0-9]{1,2})[-/](?<d>[0-9]{1,2})$",
    rf"^(?<m>[0-9]{{1,2}})[-/.](?<d>[0-9]{{1,2}})[-/.]{_YEAR}$",
    rf"(?i)^{_MONTH} +(?<d>[0-9]{{1,2}})(?:st|nd|rd|th)?,? +{_YEAR}$",
    rf"(?i)^(?<d>[0-9]{{1,2}})[- ]{_MONTH}[-, ] *{_YEAR}$",
)
_TIME = (
    r"(?i),?[T ]\s*([0-9]{1,2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?\s*(?:([ap])\.?m\.?)?"
    r"\s*(z|utc|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?$"
)
# Serial days 20000-60000 are the years 1954-2064; Excel counts from 1899-12-30, in days and fractions of them.
_EXCEL_SERIAL = r"^[2-5][0-9]{4}(\.[0-9]+)?$"


def parse_date(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read a column of dates; return the dates, and what was repaired."""
    # The day as it is written: a time zone behind it moves the hour, not the day that an office means.
    timeless = pl.col("clock").is_null() | pl.col("local").is_not_null()
    moments, repairs = _dated(text, pl.when(timeless).then(pl.coalesce("day", "excel").dt.truncate("1d")))
    return moments.dt.date(), repairs


def parse_datetime(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read a column of dates and times into UTC, as which a time without a zone is taken; return as `parse_date`."""
    utc = pl.col("local") - pl.duration(minutes=pl.col("east"))
    return _dated(text, pl.when(pl.col("clock").is_null()).then(pl.coalesce("day", "excel")).otherwise(utc))


def _dated(text: pl.Series, moment: pl.Expr) -> tuple[pl.Series, pl.Series]:
    frame = _moments(text).with_columns(moment=moment)
    shown = pl.col("moment").dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    repairs = (
        pl.when(pl.col("excel").is_not_null())
        .then(pl.format("Excel had turned a date into the number {}; read as {}.", "t", shown))
        .when(pl.col("short"))
        .then(pl.format("The year of {} has two digits; read as {}.", "t", shown))
    )
    out = frame.select(values="moment", repairs=repairs)
    return out["values"], out["repairs"]


def _moments(text: pl.Series) -> pl.DataFrame:
    """Take dates apart: `day`, `clock`, `local` (the day at the clock's time), `east` (minutes), `excel`, `short`."""
    t = pl.col("t")
    forms = [t.str.replace(_TIME, "").str.extract_groups(form) for form in _DAYS]
    year, month, day = (pl.coalesce(form.struct.field(name) for form in forms) for name in "ymd")
    named = month.str.head(3).str.to_lowercase().replace({name: str(n) for n, name in enumerate(_MONTHS, 1)})
    # Two digits are read as Excel reads them: 00-29 are 2000-2029, 30-99 are 1930-1999.
    century = pl.when(year.str.len_bytes() == 4).then(pl.lit("")).when(year < "30").then(pl.lit("20")).otherwise(
        pl.lit("19")
    )  # fmt: skip
    serial = pl.when(t.str.contains(_EXCEL_SERIAL)).then(t).cast(pl.Float64)
    frame = text.alias("t").to_frame().select(
        "t", written=pl.concat_str(century + year, named.str.zfill(2), day.str.zfill(2), separator="-"),
        short=year.str.len_bytes() == 2,
        clock=t.str.extract(_TIME, 1), seconds=t.str.extract(_TIME, 2).fill_null(":00"), half=t.str.extract(_TIME, 3),
        zone=t.str.extract(_TIME, 4),
        excel=pl.lit("1899-12-30").str.to_datetime() + pl.duration(seconds=(serial * 86400).round()),
    )  # fmt: skip
    return frame.with_columns(
        day=pl.col("written").str.to_datetime("%Y-%m-%d", strict=False), local=_local(), east=_minutes_east()
    )


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
