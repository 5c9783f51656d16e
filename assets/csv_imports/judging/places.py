"""States and provinces: how they are written, and where their zip codes begin.

What belongs here: the two tables and how a column is looked up in them. What does not: what is said of a row that fits
neither (`rules`). Whatever the tables do not know is no fault: they only raise doubts.
"""

from __future__ import annotations

import polars as pl

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "AS": "American Samoa", "GU": "Guam", "MP": "Northern Mariana Islands", "PR": "Puerto Rico",
    "VI": "Virgin Islands", "FM": "Micronesia", "MH": "Marshall Islands", "PW": "Palau",
    "AA": "Armed Forces Americas", "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific",
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick",
    "NL": "Newfoundland and Labrador", "NS": "Nova Scotia", "NT": "Northwest Territories", "NU": "Nunavut",
    "ON": "Ontario", "PE": "Prince Edward Island", "QC": "Quebec", "SK": "Saskatchewan", "YT": "Yukon",
}  # fmt: skip
"""The USA with DC, territories and military mail, and Canada: code to name."""

_ALSO = {
    "washington dc": "DC", "us virgin islands": "VI", "québec": "QC", "newfoundland": "NL", "pei": "PE",
    "yukon territory": "YT",
}  # fmt: skip
_CODES = {
    **{code.lower(): code for code in STATES}, **{name.lower(): code for code, name in STATES.items()}, **_ALSO,
}  # fmt: skip

_ZIPS = {
    "AL": "350-369", "AK": "995-999", "AZ": "850-865", "AR": "716-729 755", "CA": "900-961", "CO": "800-816",
    "CT": "060-069", "DE": "197-199", "DC": "200-205 569", "FL": "320-349", "GA": "300-319 398-399", "HI": "967-968",
    "ID": "832-838", "IL": "600-629", "IN": "460-479", "IA": "500-528", "KS": "660-679", "KY": "400-427",
    "LA": "700-714", "ME": "039-049", "MD": "206-219", "MA": "010-027 055", "MI": "480-499", "MN": "550-567",
    "MS": "386-397", "MO": "630-658", "MT": "590-599", "NE": "680-693", "NV": "889-898", "NH": "030-038",
    "NJ": "070-089", "NM": "865 870-884", "NY": "005 063 100-149", "NC": "270-289", "ND": "580-588", "OH": "430-459",
    "OK": "730-732 734-749", "OR": "970-979", "PA": "150-196", "RI": "028-029", "SC": "290-299", "SD": "570-577",
    "TN": "370-385 422", "TX": "733 739 750-799 885", "UT": "840-847", "VT": "050-054 056-059", "VA": "201 220-246",
    "WA": "980-994", "WV": "247-268", "WI": "530-549", "WY": "820-831 834", "AS": "967", "GU": "969", "MP": "969",
    "PR": "006-007 009", "VI": "008", "FM": "969", "MH": "969", "PW": "969", "AA": "340", "AE": "090-098",
    "AP": "962-966", "AB": "T", "BC": "V", "MB": "R", "NB": "E", "NL": "A", "NS": "B", "NT": "X", "NU": "X",
    "ON": "K L M N P", "PE": "C", "QC": "G H J K", "SK": "S", "YT": "Y",
}  # fmt: skip
"""The first three digits, or the first letter, of a state's zip codes; generous at borders that offices cross."""


def _starts(written: str) -> list[str]:
    first, _, last = written.partition("-")
    return [f"{n:03}" for n in range(int(first), int(last or first) + 1)] if first.isdigit() else [first]


_PLACED = [code + start for code, written in _ZIPS.items() for part in written.split() for start in _starts(part)]
_STARTS = sorted({placed[2:] for placed in _PLACED})


def state_code(state: pl.Expr) -> pl.Expr:
    """Return the two letters of a state or province that is written as its code or name; null for anything else."""
    plain = state.str.to_lowercase().str.replace_all(r"[.,]", "").str.replace_all(r"\s+", " ")
    return plain.replace_strict(_CODES, default=None, return_dtype=pl.String)


def lies_in(zip_code: pl.Expr, state: pl.Expr) -> pl.Expr:
    """Say whether a zip code may lie in a state; null where the tables know one of the two not."""
    start = pl.coalesce(zip_code.str.extract(r"^([0-9]{3})"), zip_code.str.extract("^([A-Za-z])").str.to_uppercase())
    fits = pl.concat_str(state_code(state), start).is_in(_PLACED)
    return pl.when(start.is_in(_STARTS)).then(fits)
