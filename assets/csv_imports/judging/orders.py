"""Deciding whether the dates of a file are month/day or day/month: by whole columns, never by a row.

What belongs here: which fields have an order that nobody has stated, and the pass over the file that finds it. What
does not: reading dates (`dates`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.csv_imports.judging.transforming import Source, order_of
from assets.csv_imports.mapping.decision import UnmappableFile
from assets.csv_imports.values.dates import ORDERS, Evidence
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assets.csv_imports.files.records import Batch
    from assets.csv_imports.mapping.decision import Mapping


def undecided(mapping: Mapping) -> list[str]:
    """Return the date fields that the file feeds and whose order nothing states: they need a pass over the file."""
    return [
        field.name
        for field in mapping.record_type.fields
        if field.kind in (Kind.DATE, Kind.DATETIME)
        and field.name in mapping.columns
        and order_of(mapping, field.name) is None
    ]


def decide_orders(mapping: Mapping, batches: Iterable[Batch], default_order: str | None = None) -> None:
    """Fill `mapping.orders` from the whole of each undecided column.

    A field whose dates are the same in both orders gets none: nothing hangs on it. A column that could be either has
    the order of the contractor's earlier files, else the default; one whose rows contradict each other has the default.

    Args:
        mapping: Of the file; its `orders` are completed.
        batches: All records of the file.
        default_order: `MDY` or `DMY`, as a setting states it for all files; None where it states nothing.

    Raises:
        UnmappableFile: For the first column whose dates can be both or contradict each other: it asks for the order.
    """
    fields = undecided(mapping)
    evidence = {name: Evidence() for name in fields}
    for batch in batches if fields else ():
        source = Source(mapping, batch.cells)
        for name in fields:
            evidence[name].observe(source.text(name), batch.cells["record_number"])
    for name, found in evidence.items():
        order = _decided(mapping, name, found, default_order)
        if order is not None:
            mapping.orders[name] = order


def _decided(mapping: Mapping, name: str, found: Evidence, default: str | None) -> str | None:
    dates = f'The dates of "{mapping.header_of(name)}"'
    against = {"MDY": found.day_first, "DMY": found.month_first}
    if default is not None and found.order not in (None, default):
        only = f"can only be {ORDERS[found.order or '']} (first in row {against[default]})"
        raise UnmappableFile(_asked(mapping, name, f"{dates} {only}, but MEP_DATE_ORDER says {default}"))
    if not found.asks:
        return found.order
    if found.month_first is None and name in mapping.earlier_orders:
        return mapping.earlier_orders[name]
    if default is not None:
        return default
    if found.month_first is None:
        which = f"{dates} can be read as month/day and as day/month (first in row {found.either})"
    else:
        which = f"{dates} are in two orders: row {found.month_first} is month/day, row {found.day_first} day/month"
    raise UnmappableFile(_asked(mapping, name, which))


def _asked(mapping: Mapping, name: str, what: str) -> str:
    return (
        f'{what}: state the order of "{name}" under "dates" (MDY or DMY) in mappings/<contractor>/'
        f"{mapping.record_type.name}.yaml, or write the dates as YYYY-MM-DD, and import the file again."
    )
