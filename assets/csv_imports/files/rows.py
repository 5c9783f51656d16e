"""What a row is, in whatever kind of file: the header, a total below the data, or a record, and what it held.

What belongs here: telling rows apart by their cells, and the faults of a row as cells of a table. What does not: how a
kind of file is split into cells.
"""

from __future__ import annotations

import json
import re
from collections import Counter

from assets.csv_imports.files.encodings import shown
from assets.csv_imports.files.records import UnreadableFile
from assets.text import UNSTORABLE, printable

_TOTAL = re.compile(r"(grand |page |report |sub-?)?totals?:?", re.IGNORECASE)
# A sum or a count, which no phone number or date is mistaken for.
_SUM = re.compile(r"[-(]?\$?\s?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,9})(\.[0-9]*)?[)%]?")


# `Saturday, Mar 14, 2026 10:11 AM GMT-7 - Accrual Basis`: with this QuickBooks ends a report.
_STAMP = re.compile(
    r"(?:(?:accrual|cash) basis,?\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day, [a-z]{3,9}\.? [0-9]{1,2}, [0-9]{4},?"
    r"\s+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\s[ap]m(?:\sgmt[-+:0-9z]{0,6})?(?:\s-?\s?(?:accrual|cash) basis)?",
    re.IGNORECASE,
)


def several_cells(cells: list[str]) -> bool:
    """Say whether a row could be a header: more than one of its cells holds something."""
    return sum(map(bool, cells)) > 1


def is_total(cells: list[str]) -> bool:
    """Say whether a row could be a total below the data: it is called one, and holds nothing but sums.

    The day and time with which QuickBooks ends a report is the last of them.
    """
    filled = [stripped for cell in cells if (stripped := cell.strip())]
    if not filled:
        return False
    if _TOTAL.fullmatch(filled[0]):
        return all(map(_SUM.fullmatch, filled[1:]))
    # Without quotes the commas of a date part it.
    return len(filled) <= 4 and _STAMP.fullmatch(", ".join(filled)) is not None


def may_be_total(line: str) -> bool:
    """Say whether a line is worth being split to see whether it is a total."""
    lower = line.lower()
    return "total" in lower or "day, " in lower


def checked_headers(cells: list[str], name: str) -> list[str]:
    """Return one distinct name a column: its header, or `(column 3)` where that is empty.

    Args:
        cells: The header row.
        name: The file's name, for the message.

    Raises:
        UnreadableFile: For two columns with one name, and for a header that cannot be kept as text.
    """
    headers = [cell.strip() or f"(column {place})" for place, cell in enumerate(cells, 1)]
    unreadable = [str(place) for place, header in enumerate(headers, 1) if UNSTORABLE.search(header)]
    if unreadable:
        raise UnreadableFile(
            f"{name} has a header that is not text in column {', '.join(unreadable[:10])}: save it as 'CSV UTF-8'."
        )
    doubled = [header for header, times in Counter(headers).items() if times > 1]
    if doubled:
        names = ", ".join(f'"{printable(header)}"' for header in doubled[:10])
        raise UnreadableFile(f"{name} has the header {names} more than once: give every column its own name.")
    return headers


def nameless(cells: list[str]) -> list[int]:
    """Return the places (from 0) of the columns that a header row gives no name."""
    return [place for place, cell in enumerate(cells) if not cell.strip()]


def nameless_warning(place: int, header: str) -> str:
    """Say that a column without a name (its place is from 0) holds something."""
    return f'Column {place + 1} has no header: what it holds is kept as "{header}" and not sent.'


def problem(cells: list[str], headers: list[str]) -> str | None:
    """Say why a row is no record of these headers, and what to do about it; None for a record."""
    width = len(headers)
    if len(cells) != width:
        word = "few" if len(cells) < width else "many"
        return f"The row has too {word} cells: {len(cells)} where the header has {width}. Align its columns."
    joined = "".join(cells)
    if not joined or joined.isspace():
        return "The row is empty. Fill it in or delete it."
    if UNSTORABLE.search(joined):
        return "The row holds bytes that are not text. Type the garbled characters again."
    if repeats(cells, headers):
        return "The row repeats the header. Delete it."
    return None


def repeats(cells: list[str], headers: list[str]) -> bool:
    """Say whether a row is the header once more."""
    # Files that were put together have a byte order mark in the middle.
    return cells[0].lstrip("\ufeff").strip() == headers[0] and [cell.strip() for cell in cells[1:]] == headers[1:]


def as_stood(headers: list[str], cells: list[str]) -> str:
    """Return what a row held as JSON, under the file's headers; cells beyond them under `(column 7)`."""
    names = [*headers, *(f"(column {n})" for n in range(len(headers) + 1, len(cells) + 1))]
    return json.dumps(dict(zip(names, map(shown, cells), strict=False)), ensure_ascii=False)
