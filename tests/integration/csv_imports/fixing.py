"""An office's outbox, and its fix files as a program for tables sees them: what tests of them share."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from assets.csv_imports import summaries
from assets.outbox import paths
from assets.outbox.handing_back import hand_back

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

BAD = (
    "Customer Name;E-Mail;Phone;;Notes\r\n"
    "Ann;ann@example.com;303-555-0101;;fine\r\n"
    "Bob;bob@@example.com;+1 303 555 0102;x;=1+1\r\n"
    '"Cid; the third";;;;"two\r\nlines"\r\n'
    "Dee;dee@example.com;303-555-0104\r\n"
    "Eve;eve@example.com;303-555-0105;;;too;much\r\n"
)
BOB, CID, DEE, EVE = range(4)


class Outbox:
    """The outbox of an office, and its fix files as a program for tables sees them."""

    def __init__(self, office: Office, root: Path) -> None:
        self.office = office
        self.root = root

    def write(self) -> dict[str, int]:
        """Hand back what has changed; give the number of rows to correct by file."""
        office = self.office
        return {one.file: one.to_correct for one in hand_back(office.conn, office.id, office.slug, self.root)}

    def path(self, import_id: UUID, name: str = paths.FIX_FILE) -> Path:
        """Say where a file of an import lies."""
        return paths.folder(self.root, self.office.slug, import_id) / name

    def rows(self, import_id: UUID) -> list[list[str]]:
        """Give the cells of a fix file, its header first."""
        with self.path(import_id).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter=";"))

    def corrected(self, import_id: UUID, change: Callable[[list[list[str]]], object]) -> bytes:
        """Give a fix file as Excel saves it after a change of its rows."""
        header, *rows = self.rows(import_id)
        change(rows)
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
        return text.getvalue().encode("utf-8-sig")

    def send(self, import_id: UUID, change: Callable[[list[list[str]]], object], name: str = "fix.csv") -> UUID:
        """Correct a fix file, put it into the inbox, and read it."""
        self.write()
        content = self.corrected(import_id, change)
        self.office.put(name, content)
        found = self.office.run()[name]
        assert found is not None
        return found


def opened(office: Office, import_id: UUID) -> int:
    """Say how many rows of an import are open, as SQL and the command line say it."""
    (row,) = office.conn.execute(
        "SELECT open_records FROM csv_import_summary WHERE csv_import_id = %s", [import_id]
    ).fetchall()
    (summary,) = summaries.summaries(office.conn, [import_id])
    assert summary.open == row[0]
    return row[0]


def attempts(office: Office, import_id: UUID, number: int) -> list[tuple[Any, ...]]:
    """Give every attempt at a row: file, number and status."""
    return office.conn.execute(
        """
        SELECT a.import_name, a.record_number, a.status::TEXT FROM csv_import_records AS r
        CROSS JOIN LATERAL record_attempts(r.id) AS a WHERE r.csv_import_id = %s AND r.record_number = %s
        """,
        [import_id, number],
    ).fetchall()


def correct_bob(rows: list[list[str]]) -> None:
    rows[BOB][1] = "bob@example.com"


def without(rows: list[list[str]], *columns: str) -> str:
    """Give a file without some of its columns, as an office saves it that has deleted them."""
    kept = [place for place, header in enumerate(rows[0]) if header not in columns]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[row[place] for place in kept] for row in rows])
    return text.getvalue()


def states(outbox: Outbox, import_id: UUID) -> dict[str, tuple[int, int]]:
    """Give each file of an import, as the disk knows it."""
    known = {path.name: path.stat() for path in outbox.path(import_id).parent.iterdir()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in known.items()}


def refuse(office: Office, key: str) -> None:
    """Let Coperniq have refused a record, as sending writes it down."""
    office.conn.execute(
        """
        WITH refused AS (
            UPDATE coperniq_records SET state = 'rejected' WHERE record_key = %s RETURNING csv_import_record_id AS id
        )
        UPDATE csv_import_records AS r SET error_message = 'emails: Blocked (BLOCKED).', refused_at = now() FROM refused
        WHERE r.id = refused.id
        """,
        [key],
    )
    office.conn.execute("SELECT recount_open_records(ARRAY(SELECT id FROM csv_imports))")


def die(*_: object) -> None:
    raise KeyboardInterrupt
