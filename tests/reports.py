"""Figures of imports that there need not be, for tests of the report: one for each way in which an import ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from assets.outbox.repairs import REPAIRS
from assets.outbox.report_figures import OUTCOMES, Cause, Column, Figures, Import, Quality, Reason, Repaired

HOSTILE = '<script>alert(1)</script>"><img src="http://127.0.0.1:9/x" onerror="alert(2)">{{ 7 * 7 }}\u202egnp.exe'
AT = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
NO_QUALITY = Quality(0, None, None, None, 0, 0, 0, 0)
OF = Import(
    id=UUID("0f8fad5b-d9cb-469f-a165-70867728950e"), contractor_name="ABC Heating & Air",
    import_name="Contact.csv", coperniq_type="Contact", status="partial_success", file_size_bytes=48_213,
    file_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    read_as={"encoding": "cp1252", "confidence": 0.9, "delimiter": ";", "header_line": 1}, warnings=[], reason=None,
    causes=[], imported_by="mep import (ann)", created_at=AT, started_at=AT, completed_at=AT, attempted=450,
    written_at=AT, corrects=None, corrected_by=[],
)  # fmt: skip
COLUMNS = [
    Column(1, "Full Name", "name", None, None, None, "alias", 1.0),
    Column(2, "E-mail", "emails", None, None, None, "alias", 1.0),
    Column(3, "Cell", "phones", None, None, None, "similar", 0.86),
    Column(4, "Shoe size", None, None, None, None, None, None),
    Column(5, "", "status", None, None, "Active", "override", 1.0),
]


def counts(**outcomes: int) -> dict[str, int]:
    """Give the outcomes of rows, those that are not named being none."""
    return dict.fromkeys(OUTCOMES, 0) | outcomes


GOOD = Figures(
    replace(OF, status="success"), counts(created=412, updated=30, skipped=8), [], [], [],
    Quality(442, 0.5, 0.87, 1.0, 300, 100, 42, 0), COLUMNS, [],
)  # fmt: skip
MIXED = Figures(
    OF, counts(created=352, updated=30, duplicate=6, waiting=20, unsettled=1, rejected=3, error=38),
    [
        Cause("E-mail is not an e-mail address", "emails", "emails", 25, 17),
        Cause("E-mail and Cell are all empty", "emails phones", "one_of", 9, 44),
        Cause("The row has too few cells", None, "unreadable", 4, 101),
    ],
    [Reason("Coperniq refused the row: The e-mail is taken. Correct it in the row and send the fix file.", 3, 12, 1)],
    [Reason('Contact "ann@example.com" is not in Coperniq', 20, 31, 1)],
    Quality(382, 0.45, 0.83, 1.0, 180, 120, 80, 2), COLUMNS,
    [Repaired("extension", "phones", 14, [*range(8, 18)]), Repaired("placeholder", "name", 2, [77, 78]),
     Repaired(None, None, 1, [90])],
)  # fmt: skip
FAILED = replace(
    MIXED, of=replace(OF, status="failed", attempted=38), outcomes=counts(error=38), refusals=[], waits=[],
    quality=NO_QUALITY, repaired=[],
)  # fmt: skip
UNREADABLE = Figures(
    replace(
        OF, status="failed", attempted=0, read_as=None, coperniq_type=None,
        reason="Contact.csv is no table: it is a PDF. Export it again as CSV.",
    ),
    counts(), [], [], [], NO_QUALITY, [], [],
)  # fmt: skip
LONG = (HOSTILE + " and more of it") * 6
UGLIEST = Figures(
    replace(
        OF,
        import_name=LONG,
        contractor_name=HOSTILE,
        imported_by=LONG,
        warnings=[LONG] * 60,
        attempted=11_000_000_000,
        read_as={"encoding": HOSTILE, "confidence": 1.0, "delimiter": "\x1b", "sheet": LONG, "header_line": 99},
        reason=LONG,
        corrects=LONG,
        corrected_by=[LONG] * 50,
    ),
    counts(**dict.fromkeys(OUTCOMES, 1_000_000_000)),
    [Cause(f"{n} {LONG}", HOSTILE, "own", 1_000_000_000 - n, n) for n in range(1, 500)],
    [Reason(f"{n} {LONG}", 1_000_000_000 - n, n, 70_000) for n in range(1, 51)],
    [Reason(f"{n} {LONG}", 1_000_000_000 - n, n, 70_000) for n in range(1, 51)],
    Quality(1_000_000_000, 0.0, 0.5, 1.0, 1_000_000_000, 1, 1, 1),
    [Column(n, f"{n} {LONG}", "emails", "part", "DMY", LONG, "override", 1.0) for n in range(1, 5_001)],
    [
        Repaired(repair.name, field, 1_000_000_000, [*range(999_999_990, 1_000_000_000)])
        for repair in REPAIRS
        for field in ("endDate", None)
    ],
)
EVERY: dict[str, Any] = {
    "good": GOOD, "mixed": MIXED, "failed": FAILED, "unreadable": UNREADABLE, "ugliest": UGLIEST,
}  # fmt: skip
