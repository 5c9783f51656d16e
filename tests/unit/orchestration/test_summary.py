"""The table of imports that a terminal shows: its columns, whatever the rows are."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from assets.csv_imports.summaries import Summary
from orchestration import summary

DONE = Summary(
    id=UUID(int=1), import_name="Contact.csv", coperniq_type="Contact", status="success", reason=None, attempted=2,
    success=2, failed=0, duplicate=0, skipped=0, sent=2, waiting=0, refused=0, open=0,
)  # fmt: skip


def columns(capsys: pytest.CaptureFixture[str], *rows: Summary) -> list[str]:
    summary.print_imports("acme", rows, {})
    return [cell.strip() for cell in capsys.readouterr().out.splitlines()[2].strip("┃").split("┃")]


def test_what_is_still_open_is_said_when_it_is_nothing_too(capsys: pytest.CaptureFixture[str]) -> None:
    always = ["file", "type", "import", "state", *summary.SHOWN_ALWAYS]
    assert columns(capsys, DONE) == always
    assert "open" in always
    seldom = columns(capsys, DONE, replace(DONE, skipped=1), replace(DONE, refused=1))
    assert set(seldom) - set(always) == {"skipped", "refused"}
