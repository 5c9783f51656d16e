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
    if not any(series.null_count() for series in frame.iter_columns()):
        return frame.to_struct("json").struct.json_encode()
    members: list[pl.Series] = []
    for place, series in enumerate(frame.iter_columns()):
        # A header is no name for a column on its own: polars takes one such as `^a$` for a pattern.
        encoded = series.to_frame().to_struct(f"member{place}").struct.json_encode()
        members.append(encoded.str.slice(1).str.head(-1).set(series.alias("value").is_null(), None))
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return pl.DataFrame(members).select(json=pl.lit("{") + joined + "}")["json"]


def postgres_array(lists: pl.Series) -> pl.Series:
    """Write a List(String) column as PostgreSQL array literals; null stays null."""
    if lists.explode().str.contains(r'["\\]').any():
        quoted = pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
        lists = lists.list.eval(quoted)
    joined = '{"' + pl.col("l").list.join('","') + '"}'
    arrays = pl.when(pl.col("l").list.len() == 0).then(pl.lit("{}")).otherwise(joined)
    return lists.to_frame("l").select(array=arrays)["array"]
