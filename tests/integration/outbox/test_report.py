"""The report of an import: its numbers are those of the database, and the command writes it."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from assets.database import Database
from assets.outbox import report
from assets.outbox.report_figures import Cause, Reason, UnknownImport, gather
from orchestration.cli import mep
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office
    from tests.pooler import Pooler

KNOWN = "name,email\nUma,uma@b.co\nSid,sid@b.co\n"
EVERY_OUTCOME = (
    "name,email,phone\n"
    "Ann,ann@b.co,303-555-0101 x12\n"  # 1: created, repaired
    "Uma,uma@b.co,303-555-0102\n"  # 2: updated, for it has a phone now
    "Sid,sid@b.co,\n"  # 3: there already, unchanged
    "Ann,ann@b.co,303-555-0101\n"  # 4: a duplicate of row 1
    "Eve,eve@,\n"  # 5: an error
    "Fay,fay@,\n"  # 6: an error that was corrected
    "Wim,wim@b.co,\n"  # 7: waits
    "Kim,kim@b.co,\n"  # 8: in doubt
    "Ray,ray@b.co,\n"  # 9: refused
    "Roy,roy@b.co,\n"  # 10: refused, and corrected
    "Lee,lee@b.co,\n"  # 11: replaced
    "Tom,tom@b.co,\n"  # 12: to be sent
    "n/a,tim@b.co,303-555-0113 x13\n"  # 13: created, repaired twice
)
DOCUMENTS = (
    "title,type,customer,amount,issue date,due date\n"
    "A,Invoice,Ann,€12.50,3/14/26,2026-04-14\n"
    "B,Invoice,Ann,10,2026-03-14,4/14/26\n"
    "C,Invoice,Ann,-3,3/15/26,4/15/26\n"
    "D,Invoice,n/a,11,2026-05-14,2026-04-14\n"
    "E,Invoice,Ann,12,2026-03-14,2026-04-14\n"
)


@pytest.fixture
def mixed(office: Office) -> UUID:
    """Import a file whose rows come to every end, each of which the database is told."""
    office.send("contacts 1.csv", KNOWN)
    office.mark_synced()
    found = office.send("contacts 2.csv", EVERY_OUTCOME)
    states = {7: "waiting", 8: "unknown", 9: "rejected", 10: "rejected"}
    for number, state in states.items():
        _set_record(office, found, number, state)
    for number in (9, 10):
        _set_row(office, found, number, "refused_at = now()")
    _set_row(office, found, 9, "error_message = 'Coperniq refused row 9: It is taken. Correct it in row 9 and so on.'")
    for number in (6, 10):
        _set_row(office, found, number, "corrected_by_id = gen_random_uuid()")
    _set_row(office, found, 11, "replaced_by_id = gen_random_uuid()")
    office.conn.execute("DELETE FROM coperniq_records WHERE csv_import_id = %s AND record_number = 11", [found])
    for number, score in ((1, 0.95), (2, 0.45), (13, 0.6)):
        _set_record(office, found, number, "synced")
        office.conn.execute(
            """
            WITH sent AS (
                UPDATE csv_import_records AS r SET coperniq_id = c.coperniq_id FROM coperniq_records AS c
                WHERE c.csv_import_record_id = r.id AND r.csv_import_id = %s AND r.record_number = %s
                RETURNING r.id, r.coperniq_id
            )
            INSERT INTO data_lineage (
                csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id, data_quality_score
            )
            SELECT id, %s, 'Contact', coperniq_id, %s FROM sent
            """,
            [found, number, office.id, score],
        )
    return found


def _set_record(office: Office, import_id: UUID, number: int, state: str) -> None:
    office.conn.execute(
        """
        UPDATE coperniq_records SET
            state = (%(state)s::TEXT)::delivery_state,
            claim_id = CASE WHEN %(state)s = 'unknown' THEN gen_random_uuid() END,
            claimed_at = CASE WHEN %(state)s = 'unknown' THEN now() END,
            coperniq_id = CASE WHEN %(state)s = 'synced' THEN coalesce(coperniq_id, 'cq-' || record_key) END,
            created_by_import_id = CASE WHEN coperniq_id IS NULL THEN csv_import_id END,
            waiting_for = CASE WHEN %(state)s = 'waiting' THEN 'Site "Main St" is not in Coperniq' END
        WHERE csv_import_id = %(import)s AND record_number = %(number)s
        """,
        {"state": state, "import": import_id, "number": number},
    )


def _set_row(office: Office, import_id: UUID, number: int, what: str) -> None:
    office.conn.execute(
        f"UPDATE csv_import_records SET {what} WHERE csv_import_id = %s AND record_number = %s", [import_id, number]
    )


def test_every_row_has_one_outcome(office: Office, mixed: UUID) -> None:
    figures = gather(office.conn, mixed)
    assert figures.outcomes == {
        "created": 2, "updated": 1, "skipped": 1, "duplicate": 1, "replaced": 1, "corrected": 2, "withdrawn": 0,
        "erased": 0, "ready": 1, "waiting": 1, "unsettled": 1, "rejected": 1, "error": 1,
    }  # fmt: skip
    assert sum(figures.outcomes.values()) == figures.of.attempted == len(office.rows(mixed, "id"))


def test_what_a_later_import_updated_was_created_by_this_one(office: Office, mixed: UUID) -> None:
    later = office.send("contacts 3.csv", "name,email\nAnn Other,ann@b.co\n")
    assert office.conn.execute(
        "SELECT count(*) FROM coperniq_records WHERE csv_import_id = %s", [later]
    ).fetchone() == (1,)
    outcomes = gather(office.conn, mixed).outcomes
    assert (outcomes["created"], outcomes["updated"]) == (2, 1)


def test_what_is_wrong_is_counted_with_an_example(office: Office, mixed: UUID) -> None:
    figures = gather(office.conn, mixed)
    assert figures.causes == [Cause("email is not an e-mail address", "emails", "emails", 2, 5)]
    (errors,) = office.import_row(mixed, "total_records_failed")
    assert errors == sum(cause.records for cause in figures.causes)
    assert figures.refusals == [
        Reason("Coperniq refused the row: It is taken. Correct it in the row and so on.", 1, 9, 1)
    ]
    assert figures.waits == [Reason('Site "Main St" is not in Coperniq', 1, 7, 1)]


def test_repairs_are_counted_by_kind_and_field(office: Office, mixed: UUID) -> None:
    repaired = {(one.kind, one.field): (one.records, one.first_rows) for one in gather(office.conn, mixed).repaired}
    assert repaired == {("extension", "phones"): (2, [1, 13]), ("placeholder", "name"): (1, [13])}


def test_a_repair_is_of_the_field_whose_cell_was_repaired(office: Office) -> None:
    found = office.send("invoices.csv", DOCUMENTS)
    repaired = {(one.kind, one.field): (one.records, one.first_rows) for one in gather(office.conn, found).repaired}
    assert repaired == {
        ("short_year", "issueDate"): (2, [1, 3]), ("short_year", "dueDate"): (2, [2, 3]),
        ("currency", "amount"): (1, [1]), ("negative_amount", "amount"): (1, [3]),
        ("placeholder", "clientId"): (1, [4]), ("period", "dueDate"): (1, [4]),
    }  # fmt: skip


def test_the_rows_of_a_repair_are_named_and_all_of_them_can_be_had(office: Office, tmp_path: Path) -> None:
    rows = "".join(f"Ann {row},ann{row}@b.co,303-555-0101 x{row}\n" for row in range(1, 13))
    found = office.send("contacts.csv", f"name,email,phone\n{rows}")
    page = html.unescape(report.write(office.conn, found, tmp_path / "out").read_text())
    assert ">rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …<" in page
    assert ">filas 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …<" in page
    english, spanish = re.findall(r"select\s+record_number, error_message from [^<]*'warning'", page)
    assert english == spanish
    every = office.conn.execute(english.encode()).fetchall()
    assert sorted(row for row, said in every if "without its extension" in said) == list(range(1, 13))


def test_quality_is_that_of_the_rows_that_coperniq_has(office: Office, mixed: UUID) -> None:
    quality = asdict(gather(office.conn, mixed).quality)
    assert quality == {
        "scored": 3, "lowest": 0.45, "mean": pytest.approx(2 / 3), "highest": 0.95, "from_90": 1,
        "from_80": 0, "from_50": 1, "below_50": 1,
    }  # fmt: skip


def test_the_page_says_these_numbers(office: Office, mixed: UUID, tmp_path: Path) -> None:
    page = report.write(office.conn, mixed, tmp_path / "out").read_text()
    assert "In Coperniq: 4 of 13 rows. On their way: 3. To correct: 2." in page
    assert "En Coperniq: 4 de 13 filas. En camino: 3. Por corregir: 2." in page
    assert "Site &#34;Main St&#34; is not in Coperniq" in page
    assert re.findall("<dd>([0-9]+)</dd>", page)[:5] == ["13", "4", "3", "2", "4"]


@pytest.mark.parametrize("slug", ["abc-heating", "sunrise-solar"])
def test_the_rows_of_every_sample_add_up(office: Office, slug: str) -> None:
    for path in (ROOT / "samples" / "inbox" / slug).iterdir():
        office.put(path.name, path.read_bytes())
    imports = list(filter(None, office.run().values()))
    assert len(imports) >= len(list((ROOT / "samples" / "inbox" / slug).iterdir()))
    for import_id in imports:
        figures = gather(office.conn, import_id)
        rows = office.rows(import_id, "status::TEXT", "error_message")
        statuses = [status for status, _ in rows]
        assert sum(figures.outcomes.values()) == figures.of.attempted == len(rows)
        assert figures.outcomes["error"] == statuses.count("error")
        assert sum(cause.records for cause in figures.causes) >= statuses.count("error")
        assert len([cause for cause in figures.causes if cause.records > statuses.count("error")]) == 0
        assert [one for one in figures.repaired if one.kind is None or one.field is None] == []
        assert max((one.records for one in figures.repaired), default=0) <= statuses.count("warning")
        columns = office.conn.execute("SELECT FROM csv_column_mapping WHERE csv_import_id = %s", [import_id])
        assert len(figures.columns) == columns.rowcount


def test_rows_without_a_summary_are_counted_by_field(office: Office) -> None:
    found = office.conn.execute("SELECT create_csv_import(%s, 'by hand', 'Contact')", [office.id]).fetchone()
    assert found
    add = "SELECT add_csv_import_record(%s, %s, '{\"name\": \"Ann\"}', 'error', 'Wrong.', %s, %s)"
    for number, invalid, missing in ((1, ["emails"], []), (2, ["emails"], ["name"]), (3, None, None)):
        office.conn.execute(add, [found[0], number, invalid, missing])
    assert gather(office.conn, found[0]).causes == [
        Cause(None, "emails", None, 2, 1),
        Cause(None, "name", "not_nullable", 1, 2),
        Cause(None, None, None, 1, 3),
    ]


def test_what_was_taken_back_is_said(office: Office, mixed: UUID) -> None:
    office.conn.execute("DELETE FROM coperniq_records WHERE csv_import_id = %s", [mixed])
    office.conn.execute("UPDATE csv_import_records SET coperniq_id = NULL WHERE csv_import_id = %s", [mixed])
    office.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [mixed])
    outcomes = gather(office.conn, mixed).outcomes
    assert outcomes["withdrawn"] == 7
    assert sum(outcomes.values()) == 13


def test_what_was_taken_back_or_erased_of_a_file_is_not_to_be_sent(office: Office, mixed: UUID) -> None:
    for number, what in ((7, "withdrawn_at"), (9, "withdrawn_at"), (12, "erased_at")):
        _set_row(office, mixed, number, f"{what} = now()")
    office.conn.execute(
        "DELETE FROM coperniq_records WHERE csv_import_id = %s AND record_number IN (7, 9, 12)", [mixed]
    )
    figures = gather(office.conn, mixed)
    shown = {name: figures.outcomes[name] for name in ("withdrawn", "erased", "ready", "waiting", "rejected")}
    assert shown == {"withdrawn": 2, "erased": 1, "ready": 0, "waiting": 0, "rejected": 0}
    assert sum(figures.outcomes.values()) == 13
    assert figures.refusals == []


def test_a_file_that_cannot_be_read_has_a_report(office: Office, tmp_path: Path) -> None:
    office.put("contacts.csv", b"\x00\x01\x02" * 100)
    (found,) = office.run().values()
    assert found
    page = report.write(office.conn, found, tmp_path).read_text()
    (reason,) = office.import_row(found, "error_summary ->> 'reason'")
    assert html.escape(reason).replace("&#x27;", "&#39;") in page
    assert "The file could not be imported." in page


def test_fix_files_are_linked_where_they_are(office: Office, mixed: UUID, tmp_path: Path) -> None:
    assert "href" not in report.write(office.conn, mixed, tmp_path).read_text()
    (tmp_path / "fix.csv").touch()
    assert re.findall('href="(.*?)"', report.write(office.conn, mixed, tmp_path).read_text()) == ["fix.csv"] * 2


def test_it_only_reads_also_through_a_pooler(
    office: Office, mixed: UUID, migrated_database: str, pgbouncer: Pooler, tmp_path: Path
) -> None:
    office.conn.execute("ALTER DATABASE " + office.conn.info.dbname + " SET default_transaction_read_only = on")
    with Database(pgbouncer.url(migrated_database)).connect() as conn:
        assert report.write(conn, mixed, tmp_path).is_file()
        assert conn.execute("SHOW transaction_isolation").fetchone() == ("read committed",)


def test_an_import_that_there_is_not(office: Office, tmp_path: Path) -> None:
    with pytest.raises(UnknownImport, match="There is no such import"):
        report.write(office.conn, office.id, tmp_path)
    assert list(tmp_path.iterdir()) == []


class Command:
    """`mep report` on a database, with an outbox of its own and no browser but one that writes down what it opens."""

    def __init__(self, database: str, outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", database)
        monkeypatch.setenv("MEP_OUTBOX", str(outbox))
        self.opened: list[str] = []
        monkeypatch.setattr("click.launch", self.opened.append)
        self.outbox = outbox

    def run(self, *arguments: object) -> Any:
        return CliRunner().invoke(mep, ["report", *map(str, arguments)])


@pytest.fixture
def command(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(migrated_database, tmp_path / "outbox", monkeypatch)


def test_the_command_writes_and_opens_it(command: Command, mixed: UUID) -> None:
    done = command.run(str(mixed)[:8])
    path = command.outbox / "abc" / str(mixed) / "report.html"
    assert (done.exit_code, done.output) == (0, f"{path}\n")
    assert command.opened == [path.as_uri()]
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("option", ["--no-open", "--json"])
def test_it_opens_nothing_when_it_is_not_to(command: Command, mixed: UUID, option: str) -> None:
    done = command.run(mixed, option)
    path = command.outbox / "abc" / str(mixed) / "report.html"
    if option == "--json":
        assert json.loads(done.output) == {"import": str(mixed), "report": str(path)}
    assert (done.exit_code, command.opened, path.is_file()) == (0, [], True)


@pytest.mark.parametrize("given", ["0f8f", "0f8fad5b", "%"])
def test_an_unknown_import_is_said_in_one_line(command: Command, mixed: UUID, given: str) -> None:
    assert mixed
    done = command.run(given)
    assert f'has the id "{given}"' in str(done.exception)
    assert command.opened == []
