"""Frames as text: JSON objects and PostgreSQL arrays, a whole column at a time."""

from __future__ import annotations

import polars as pl


def sent_form(values: pl.DataFrame) -> pl.DataFrame:
    """Write typed values as Coperniq takes them: dates in ISO 8601, a DateTime in UTC."""
    return values.with_columns(
        pl.selectors.datetime().dt.to_string("%Y-%m-%dT%H:%M:%SZ"), pl.selectors.date().dt.to_string("%Y-%m-%d")
    )


def json_object(frame: pl.DataFrame) -> pl.Series:
    """Write each row as a JSON object, leaving out nulls."""
    members = [
        pl.when(pl.col(name).is_not_null()).then(pl.struct(name).struct.json_encode().str.slice(1).str.head(-1))
        for name in frame.columns
    ]
    return frame.select(json=pl.lit("{") + pl.concat_str(members, separator=",", ignore_nulls=True) + "}")["json"]


def postgres_array(lists: pl.Series) -> pl.Series:
    """Write a List(String) column as PostgreSQL array literals; null stays null."""
    quoted = pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    joined = lists.list.eval(pl.lit('"') + quoted + '"').list.join(",")
    return ("{" + joined + "}").alias("array")
