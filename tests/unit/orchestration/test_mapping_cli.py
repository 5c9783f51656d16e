"""`mep mapping` without a database: drafts of mapping files, and checking those that are there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from assets import catalogue
from assets.csv_imports.mapping.overrides import load
from assets.errors import PipelineError
from orchestration.cli import mep

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CUSTOMERS = "Cust Nm,E-Mail Adress,Fax,Phone\nAnn Lee,ann@b.co,303-555-0199,303-555-0123\n"


@pytest.fixture
def mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of mapping files, and no database."""
    monkeypatch.setenv("MEP_MAPPINGS", str(tmp_path / "mappings"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "mappings" / "acme").mkdir(parents=True)
    return tmp_path / "mappings" / "acme"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(mep, ["mapping", *map(os.fspath, map(str, arguments))])


def test_a_draft_says_why_and_holds_no_value(mappings: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS)
    result = call("suggest", file, "--type", "Contact")
    assert result.exit_code == 0, result.output
    assert "  # similar, 0.95\n  - header: Cust Nm\n    field: name\n" in result.output
    assert "  # not sent\n  - header: Fax\n    field: null\n" in result.output
    assert not any(value in result.output for value in ("Ann", "ann@b.co", "555"))
    (mappings / "Contact.yaml").write_text(result.output)
    assert load(mappings, catalogue.CONTACT) is not None


def test_a_draft_of_a_file_that_lacks_a_required_field_says_so(mappings: Path, tmp_path: Path) -> None:
    file = tmp_path / "Site.csv"
    file.write_text("Customer,Billing Addr\nAnn,1 Main St\n")
    result = call("suggest", file)
    assert result.exit_code == 0, result.output
    assert "# Missing: a column for the required field fullAddress.\n" in result.output
    assert "  # not sent; nearest: street 0.76, street2 0.76, fullAddress 0.74\n" in result.output


def test_a_file_of_no_type_asks_for_it(mappings: Path, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(CUSTOMERS)
    result = call("suggest", file)
    assert result.exit_code == 2
    assert "data.csv fits no type: say with --type what it holds." in result.output
    assert call("suggest", file, "--type", "Contact", "--write").exit_code == 2


def test_good_and_bad_files_are_told_apart(mappings: Path) -> None:
    (mappings / "Contact.yaml").write_text("version: 1\ntype: Contact\n")
    assert (call("check", "acme").exit_code, call("check", "acme").output) == (0, "acme/Contact.yaml is good\n")
    (mappings / "Site.yaml").write_text("version: 1\ntype: Asset\n")
    (mappings / "Task.yml").write_text("version: 1\n")
    (mappings / "Asset.yaml").write_text(
        "version: 1\ntype: Asset\ncolumns: [{header: A, field: name, validate: {sql: nothing > 1}}]\n"
    )
    result = call("check", "acme")
    assert result.exit_code == 1
    assert "acme/Contact.yaml is good\n" in result.output
    assert 'acme/Site.yaml, line 2: type is "Asset" in a file named Site.yaml: make them the same.' in result.output
    assert "acme/Task.yml is not read: name it Contact.yaml, Site.yaml, Asset.yaml," in result.output
    assert 'acme/Asset.yaml: The rule for "name"' in result.output
    assert result.output.count("\n") == 4


def test_nothing_to_check_is_no_fault(mappings: Path) -> None:
    result = call("check", "nobody")
    assert (result.exit_code, "holds no mapping files" in result.output) == (0, True)


@pytest.mark.parametrize("slug", ["../acme", "/etc", "A b", ""])
def test_what_is_no_slug_is_refused(mappings: Path, slug: str) -> None:
    result = call("check", slug)
    assert isinstance(result.exception, PipelineError)
    assert "is no slug" in str(result.exception)
