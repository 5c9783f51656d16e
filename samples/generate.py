"""Write the sample files, and what a correct pipeline has to make of them.

What belongs here: the command, the contractors, and the expectations, which follow from what was planted. The
pipeline's own code is not asked: an expectation that came out of it would agree with its mistakes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samples.abc_heating import AbcHeating
from samples.people import Place
from samples.sheets import SENDABLE
from samples.sunrise_solar import SunriseSolar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from samples.sheets import Row, Sheet

SEED = 2026
STATUSES = ("valid", "warning", "error", "duplicate", "skipped")
CONTRACTORS: tuple[dict[str, object], ...] = (
    {
        "slug": "abc-heating",
        "contractor_name": "ABC Heating & Cooling",
        "contractor_email": "john@abcheating.com",
        "trades": ["hvac", "plumbing"],
        "markets": ["residential", "commercial"],
        "phases": ["sales", "install", "service"],
        "preset_used": "hvac_residential",
    },
    {
        "slug": "sunrise-solar",
        "contractor_name": "Sunrise Solar & Electric",
        "contractor_email": "office@sunrise-solar.example.com",
        "trades": ["solar", "electrical"],
        "markets": ["residential"],
        "phases": ["sales", "design", "install", "service"],
        "preset_used": "solar_residential",
    },
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `inbox/<contractor>/*.csv`, `contractors.json` and `expected.json`."""
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent, help="folder to write to (default: samples)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"another seed invents other people (default: {SEED})")
    options = parser.parse_args(arguments)
    write(options.output, options.seed)


def write(output: Path, seed: int = SEED) -> None:
    """Write everything into the folder; the same seed writes the same bytes."""
    sheets = {"abc-heating": AbcHeating(seed).sheets(), "sunrise-solar": SunriseSolar(seed).sheets()}
    for slug, files in sheets.items():
        folder = output / "inbox" / slug
        folder.mkdir(parents=True, exist_ok=True)
        for sheet in files:
            (folder / sheet.file_name).write_bytes(sheet.render())
    _write_json(output / "contractors.json", CONTRACTORS)
    _write_json(output / "expected.json", expectations(seed, sheets))


def expectations(seed: int, sheets: dict[str, list[Sheet]]) -> dict[str, object]:
    """Say what has to come of each file, and the totals of them all."""
    contractors = {slug: _contractor(files) for slug, files in sheets.items()}
    files = [file for contractor in contractors.values() for file in contractor.values()]
    faults = Counter(record["fault"] for file in files for record in file["records"] if record["fault"])
    totals: dict[str, object] = {
        "files": len(files),
        "outcomes": dict(sorted(Counter(file["outcome"] for file in files).items())),
        "attempted": sum(file["attempted"] for file in files),
        "counts": {status: sum(file["counts"][status] for file in files) for status in STATUSES},
        "waiting": sum(file["waiting"] for file in files),
        "faults": dict(sorted(faults.items())),
    }
    return {"seed": seed, "totals": totals, "contractors": contractors}


def _contractor(sheets: list[Sheet]) -> dict[str, dict[str, Any]]:
    waits = _waits(sheets)
    return {sheet.file_name: _file(sheet, sheets, waits) for sheet in sheets}


def _waits(sheets: list[Sheet]) -> dict[Row, dict[str, str]]:
    """Say which sendable rows have to wait: {row: {field: reason}}. Sheets come parents first."""
    rows = [row for sheet in sheets if not sheet.reason for row in sheet.records]
    faulty = {row.makes for row in rows if row.makes and row.status not in SENDABLE}
    here: set[object] = set()
    told: set[object] = set()
    waits: dict[Row, dict[str, str]] = {}
    for row in rows:
        if row.status not in SENDABLE:
            continue
        there = here | {place for place in told if isinstance(place, Place) and _can_find(row, place)}
        missing = {name: parent for name, parent in row.needs.items() if parent not in there}
        if missing:
            waits[row] = {name: _why(parent, faulty, waits) for name, parent in missing.items()}
        elif row.makes:
            here.add(row.makes)
            told.add(row.tells)
    return waits


def _can_find(row: Row, place: Place) -> bool:
    """Say whether a row calls a place by its address or its client: all that a file of contacts tells of it."""
    cells = {cell.strip().casefold() for cell in row.values.values()}
    return not cells.isdisjoint((place.full_address.casefold(), place.client.customer.casefold()))


def _why(parent: object, faulty: set[object], waits: dict[Row, dict[str, str]]) -> str:
    if any(row.makes is parent for row in waits):
        return "parent_waits"
    return "parent_at_fault" if parent in faulty else "unknown_parent"


def _file(sheet: Sheet, sheets: list[Sheet], waits: dict[Row, dict[str, str]]) -> dict[str, Any]:
    records = [] if sheet.reason else sheet.records
    counts = Counter(row.status for row in records)
    outcome = {"": "imported", "already_imported": "already_imported"}.get(sheet.reason, "failed")
    expected: dict[str, Any] = {
        "type": sheet.record_type or None,
        "export": sheet.export.system,
        "outcome": outcome,
        "reason": sheet.reason if outcome == "failed" else None,
        "attempted": len(records),
        "counts": {status: counts[status] for status in STATUSES},
        "waiting": sum(row in waits for row in records),
        "records": list(_records(records, waits)),
    }
    if sheet.reason == "already_imported":
        expected["same_as"] = next(other.file_name for other in sheets if other.rows is sheet.rows)
    return expected


def _records(records: list[Row], waits: dict[Row, dict[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield an entry for every record that is not plainly valid and on its way."""
    numbers = {row: number for number, row in enumerate(records, start=1)}
    for row, number in numbers.items():
        if row.status == "valid" and row not in waits:
            continue
        entry: dict[str, Any] = {"record_number": number, "status": row.status, "fault": row.fault or None}
        entry["fields"] = list(row.fields)
        if row.copy_of:
            entry["duplicate_of"] = numbers[row.copy_of]
        if row in waits:
            entry["waits_for"] = waits[row]
        yield entry


def _write_json(path: Path, content: object) -> None:
    path.write_bytes((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    main()
