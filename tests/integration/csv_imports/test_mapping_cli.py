"""`mep mapping suggest --contractor`: what the database knows of a contractor counts in a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from assets.errors import PipelineError
from orchestration.cli import mep

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.integration.csv_imports.conftest import Office


@pytest.fixture(autouse=True)
def _settings(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEP_MAPPINGS", str(tmp_path / "mappings"))
    monkeypatch.setenv("DATABASE_URL", migrated_database)


def suggest(*arguments: object) -> Result:
    return CliRunner().invoke(mep, ["mapping", "suggest", *map(str, arguments)])


def test_a_draft_is_written_once_and_kept(office: Office, tmp_path: Path) -> None:
    file = office.put("Contact.csv", "Cust Nm,Mystery,Email\nAnn,x,a@b.co\n")
    written = tmp_path / "mappings" / "abc" / "Contact.yaml"
    result = suggest(file, "--contractor", "abc", "--write")
    assert (result.exit_code, result.output) == (0, f"wrote {written}\n")
    text = written.read_text().replace("header: Mystery\n    field: null", "header: Mystery\n    field: source")
    written.write_text(text)
    again = suggest(file, "--contractor", "abc", "--write")
    assert isinstance(again.exception, PipelineError)
    assert str(again.exception) == f"{written} is there already: edit it, or replace it with --force."
    assert written.read_text() == text
    assert suggest(file, "--contractor", "abc", "--write", "--force").exit_code == 0
    assert "  # override, 1.00\n  - header: Mystery\n    field: source\n" in written.read_text()


def test_an_earlier_choice_is_in_the_draft(office: Office, tmp_path: Path) -> None:
    office.send("Contact.csv", "Cust Nm,Email\nAnn,a@b.co\n")
    file = office.put("contacts 2.csv", "CUST NM,E-mail\nBob,b@b.co\n")
    assert "  # earlier, 1.00\n  - header: CUST NM\n    field: name\n" in suggest(file, "--contractor", "abc").output
    assert "  # similar, 0.95\n  - header: CUST NM\n" in suggest(file).output


def test_a_row_of_data_is_no_draft(office: Office) -> None:
    result = suggest(office.put("Contact.csv", "Ann,ann@b.co,3035550123\nBob,b@b.co,\n"))
    assert isinstance(result.exception, PipelineError)
    assert "is no header: put the names of the columns above it" in str(result.exception)
    assert result.output == ""


def test_a_contractor_that_is_not_registered_is_an_error_of_one_line(office: Office) -> None:
    file = office.put("Contact.csv", "Name,Email\nAnn,a@b.co\n")
    result = suggest(file, "--contractor", "nobody")
    assert isinstance(result.exception, PipelineError)
    assert 'No contractor has the slug "nobody"' in str(result.exception)
