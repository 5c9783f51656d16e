"""Fields that take several values: e-mail addresses and phone numbers, from several columns and cells.

What belongs here: cells into lists, and lists of phone numbers into E.164. What does not: how one number is written
(`phones`). Nearly every cell holds one value: such a cell is spared what one that holds several is put through.
"""

from __future__ import annotations

import polars as pl

from assets.csv_imports.values.kinds import BLANKS, Parsed, clean
from assets.csv_imports.values.phones import EXTENSION, is_odd, phone_numbers, undamaged
from assets.record_types import Kind

_BETWEEN = {
    Kind.EMAILS: r"[;,|\s]+",
    Kind.PHONES: r"(?i)\s*(?:[;|/,&\n]| or | and |[a-z][a-z ]{0,14}:)\s*",
}
# Where none of these is, nothing separates.
_PERHAPS_BETWEEN = {Kind.EMAILS: r"[;,|\s]", Kind.PHONES: r"(?i)[;|/,&\n:]| or | and "}
_WHOLE = ("#N/A", "#DIV/0!")
"""Errors of Excel's formulas, in which nothing separates."""
_PERHAPS_SAID = rf"(?i){EXTENSION}|E\+|^'|\.0*$"


def split_list(columns: list[pl.Series], kind: Kind) -> pl.Series:
    """Collect the values of several columns or cells into lists, without doubles; null where there is none.

    Phones may stand in one cell with their labels, such as `Phone:(303) 555-0123 Mobile:(303) 555-0199`.
    """
    if len(columns) > 1:
        frame = pl.DataFrame({str(place): column for place, column in enumerate(map(clean, columns))})
        cells = clean(frame.select(cells=pl.concat_str(pl.all(), separator=";", ignore_nulls=True))["cells"])
    else:
        cells = clean(columns[0])
    several = (cells.str.contains(_PERHAPS_BETWEEN[kind]) & ~cells.is_in(_WHOLE)).fill_null(value=False)
    if not several.any():
        return singles(cells)
    return _chosen(several, _split(cells.filter(several), kind), singles(cells.filter(~several)))


def singles(values: pl.Series) -> pl.Series:
    """Make a list of one of each value; null stays null."""
    return _listed(values, values.is_not_null())


def parse_phones(lists: pl.Series, country: str = "US") -> Parsed:
    """Write lists of phone numbers in E.164; an element that is no phone number becomes null.

    Args:
        lists: As they are written; null for none.
        country: Whose numbers those without a country are.
    """
    several = (lists.list.len() > 1).fill_null(value=False)
    if not several.any():
        flat = lists.list.first()
        numbers = phone_numbers(flat, country)
        return Parsed(_listed(numbers, lists.is_not_null()), _said(pl.DataFrame({"t": flat}), country))
    flat = lists.filter(several).to_frame("t").with_row_index("row").explode("t")
    numbers = flat.with_columns(phone_numbers(flat["t"], country).alias("t"))
    grouped = numbers.group_by("row", maintain_order=True).agg(pl.col("t").unique(maintain_order=True))["t"]
    said = flat.with_columns(said=_said(flat, country)).group_by("row", maintain_order=True).agg(
        pl.col("said").drop_nulls().str.join(" ")
    )["said"]  # fmt: skip
    single = parse_phones(lists.filter(~several), country)
    return Parsed(
        _chosen(several, grouped, single.values), _chosen(several, said.set(said == "", None), single.repairs)
    )


def _split(cells: pl.Series, kind: Kind) -> pl.Series:
    if kind is Kind.PHONES:
        cells = cells.str.replace_all(r"(?i)[,;]\s*(?:x|ext\.?|extension|#)\s*([0-9]{1,6})\b", " x$1")
    lists = cells.str.replace_all(_BETWEEN[kind], ";").str.strip_chars(";" + BLANKS).str.split(";")
    found = lists.list.eval(pl.element().filter(pl.element().str.len_bytes() > 0)).list.unique(maintain_order=True)
    return found.set(found.list.len() == 0, None)


def _said(flat: pl.DataFrame, country: str) -> pl.Series:
    """Say, a sentence an element, which phone numbers were repaired or lose an extension."""
    nothing = flat["t"].clear(len(flat))
    odd = is_odd(flat["t"], country).arg_true()
    told = odd.filter(flat["t"].gather(odd).str.contains(_PERHAPS_SAID))
    if told.is_empty():
        return nothing
    elements = flat["t"].gather(told)
    frame = pl.DataFrame({"t": elements, "n": phone_numbers(elements, country), "r": undamaged(elements, country)})
    excel = pl.format("Excel had turned a phone number into {}; sent as {}.", "t", "n")
    extended = pl.format("The phone number {} is sent without its extension.", "t")
    said = frame.select(
        said=pl.when(pl.col("n").is_null()).then(None).when(pl.col("r").is_not_null()).then(excel)
        .when(pl.col("t").str.contains(f"(?i){EXTENSION}")).then(extended)
    )["said"]  # fmt: skip
    return nothing.scatter(told, said)


def _listed(values: pl.Series, where: pl.Series) -> pl.Series:
    """Make a list of one of each value, a null one included; null elsewhere."""
    return pl.DataFrame({"v": values, "w": where}).select(v=pl.when("w").then(pl.concat_list("v")))["v"]


def _chosen(those: pl.Series, chosen: pl.Series, others: pl.Series) -> pl.Series:
    """Put rows that were parted back into their order; works for lists, which cannot be scattered."""
    frame = those.to_frame("c")
    place = pl.when("c").then(pl.col("c").cum_sum() - 1).otherwise((~pl.col("c")).cum_sum() - 1 + len(chosen))
    return pl.concat([chosen.alias("v"), others.alias("v")]).gather(frame.select(place.cast(pl.UInt32))["c"])
