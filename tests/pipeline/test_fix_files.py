"""A fix file goes the whole way: handed back by a run, corrected in Excel, dropped into the inbox, sent, and closed."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from orchestration.definitions import SENDING_JOB, build_defs
from tests.pipeline.inboxed import Inboxed

if TYPE_CHECKING:
    from pathlib import Path

    import dagster as dg
    import pytest

BAD = "name;emails;notes\nAda;ada@example.com;\nBo;bo@@example.com;=1+1\nCy;cy at example;-\n"


def run(inboxed: Inboxed) -> dict[str, Any]:
    """Let what lies in the inbox become stable, run what is requested, and give what `outbox` says of itself."""
    (request,) = inboxed.arrived()
    done = inboxed.job.execute_in_process(
        instance=inboxed.instance, partition_key=request.partition_key, run_config=request.run_config
    )
    assert done.success
    return said(done)


def said(done: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = done.asset_materializations_for_node("outbox")
    return {name: value.value for name, value in event.metadata.items()}


def opened(inboxed: Inboxed) -> dict[str, int]:
    with inboxed.database.connect() as conn:
        return dict(conn.execute("SELECT import_name, open_records FROM csv_import_summary").fetchall())


def saved_by_excel(fix_file: Path, corrections: dict[str, str]) -> str:
    """Correct cells of a fix file, and save it as Excel does where commas divide decimals."""
    rows = list(csv.reader(io.StringIO(fix_file.read_text(encoding="utf-8-sig"), newline=""), delimiter=";"))
    text = io.StringIO(newline="")
    corrected = [[corrections.get(cell, cell) for cell in row] for row in rows]
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(corrected)
    return "\ufeff" + text.getvalue()


def test_a_fix_file_is_handed_back_corrected_sent_and_closed(
    inboxed: Inboxed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inboxed.drop("acme", BAD)
    first = run(inboxed)
    assert (first["rows to correct"], first["with rows to correct"]) == (2, 1)
    assert "fix.csv" in first["handed back"]
    assert not {"bo@@", "Cy"} & {word for value in map(str, first.values()) for word in value.split()}
    (fix_file,) = (tmp_path / "out").rglob("fix.csv")
    assert first["newest report"] == str(fix_file.with_name("report.html"))
    assert opened(inboxed) == {"Contact.csv": 2}

    inboxed.drop("acme", saved_by_excel(fix_file, {"bo@@example.com": "bo@example.com"}), "fix.csv")
    second = run(inboxed)
    assert (second["with rows to correct"], second["with nothing to correct"]) == (1, 1)
    assert inboxed.sent() == ["Ada", "Bo"]
    assert opened(inboxed) == {"Contact.csv": 1, "fix.csv": 1}
    (of_child,) = (tmp_path / "out").rglob("fix.csv")
    assert of_child != fix_file

    inboxed.drop("acme", saved_by_excel(of_child, {"cy at example": "cy@example.com"}), "Contact again.csv")
    monkeypatch.setenv("MEP_OUTBOX_URL", "https://files.example.com")
    third = run(inboxed)
    assert re.fullmatch(r"https://files\.example\.com/acme/[0-9a-f-]{36}/report\.html", third["newest report"])
    assert (third["rows to correct"], third["with nothing to correct"]) == (0, 3)
    assert inboxed.sent() == ["Ada", "Bo", "Cy"]
    assert opened(inboxed) == {"Contact.csv": 0, "fix.csv": 0, "Contact again.csv": 0}
    assert not list((tmp_path / "out").rglob("fix.*"))
    with inboxed.database.connect() as conn:
        attempts = conn.execute(
            """
            SELECT a.import_name, a.record_number, a.status::TEXT, a.coperniq_id IS NOT NULL, r.record_data ->> 'notes'
            FROM csv_import_records AS known
            CROSS JOIN LATERAL record_attempts(known.id) AS a
            INNER JOIN csv_import_records AS r ON a.csv_import_record_id = r.id
            WHERE known.record_key = 'cy@example.com' ORDER BY a.attempt
            """
        ).fetchall()
    assert attempts == [
        ("Contact.csv", 3, "error", False, "-"), ("fix.csv", 2, "error", False, "-"),
        ("Contact again.csv", 1, "valid", True, "-"),
    ]  # fmt: skip

    again = build_defs().resolve_job_def(SENDING_JOB).execute_in_process(
        instance=inboxed.instance, partition_key="acme"
    )  # fmt: skip
    nothing = said(again)
    assert nothing["imports handed back"] == 0
    assert "newest report" not in nothing
