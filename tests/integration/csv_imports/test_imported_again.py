"""A file that is imported again after it failed: its rows are open where they are now, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.csv_imports import importing, registering, store
from tests.integration.csv_imports.conftest import statuses
from tests.integration.csv_imports.fixing import Outbox, opened

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

FILE = "name;email;nick;box\nAnn;ann@example.com;;\nBob;bob@@example.com;;\nCid;ann@example.com;;\n"
NAMELESS = """\
version: 1
type: Contact
columns:
  - {header: nick, field: name}
  - {header: box, field: emails}
  - {header: name, field: title}
  - {header: email, field: null}
"""


def bring(office: Office, mappings: Path | None) -> UUID:
    """Import the file by the contractor's mapping, as `mep import --retry` does."""
    path = office.put("Contact.csv", FILE)
    registering.register_files(office.conn, office.id, office.inbox, [path], "a test", retry=True, mappings=mappings)
    (found,) = store.unfinished(office.conn, office.id)
    importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=mappings)
    return found.id


def wrong(tmp_path: Path) -> Path:
    """Give a mapping by which no row has a name or an address."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "Contact.yaml").write_text(NAMELESS, "utf-8")
    return folder


def test_the_rows_of_a_failed_import_are_open_where_its_file_was_read_again(office: Office, tmp_path: Path) -> None:
    outbox = Outbox(office, tmp_path / "outbox")
    first = bring(office, wrong(tmp_path))
    assert office.import_row(first, "status::TEXT") == ("failed",)
    assert set(office.rows(first, "status::TEXT", "record_key")) == {("error", None)}
    outbox.write()
    stale = outbox.corrected(first, lambda _: None)
    again = bring(office, None)
    assert statuses(office, again) == ["valid", "error", "duplicate"]
    assert (opened(office, first), opened(office, again)) == (0, 1)
    outbox.write()
    assert not outbox.path(first).exists()
    assert [row[0] for row in outbox.rows(again)[1:]] == ["Bob"]
    sent = office.send("fix.csv", stale.decode("utf-8-sig"))
    assert set(office.rows(sent, "status::TEXT")) == {("duplicate",)}
    said = "The row of Contact.csv that row {0} is to correct {1} row {0} of Contact.csv; row {0} is not sent."
    assert [message for (message,) in office.rows(sent, "error_message")] == [
        said.format(1, "was put right by"), said.format(2, "came again as"), said.format(3, "was put right by"),
    ]  # fmt: skip


def test_they_are_open_again_once_that_is_rolled_back(office: Office, tmp_path: Path) -> None:
    first = bring(office, wrong(tmp_path))
    again = bring(office, None)
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [again])
    assert (opened(office, first), opened(office, again)) == (3, 0)
