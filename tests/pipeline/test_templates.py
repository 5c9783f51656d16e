"""Templates through Dagster and by the command line: what a run says of itself, and what it leaves."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg
import pytest
from click.testing import CliRunner

from assets.contractors import store as contractors
from assets.database import Database
from orchestration.cli import mep
from orchestration.definitions import TEMPLATES_JOB, build_defs
from tests.conftest import ROOT
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from pathlib import Path

BAD = "name: leak\ndisplay_name: Leak\ntrade: plumbing\nphase: repair\ngroups: []\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "templates", tmp_path / "templates")


def run(url: str, folder: Path) -> dg.ExecuteInProcessResult:
    job = build_defs({"database": Database(url), "templates_folder": folder}).resolve_job_def(TEMPLATES_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance)


def said(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    return {
        event.asset_key.to_user_string(): {name: each.value for name, each in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def test_a_run_says_what_changed_and_contractors_follow(migrated_database: str, folder: Path) -> None:
    with Database(migrated_database).connect() as conn:
        contractors.add(conn, "acme", "Acme", "office@acme.example", [], "full_mep")
    first = said(run(migrated_database, folder))
    files = len(list(folder.rglob("*.yaml")))
    assert list(first)[:3] == ["templates", "template_groups", "template_fields"]
    assert (first["templates"]["new"], first["templates"]["contractors whose templates changed"]) == (files, 1)
    assert "| work_order | new, with 22 fields |" in first["templates"]["what changed"]
    (folder / "hvac" / "work_order.yaml").unlink()
    leads = folder / "hvac" / "lead_intake.yaml"
    leads.write_text(leads.read_text().replace("name: budget", "name: budgetRange"))
    (folder / "plumbing" / "leak.yaml").write_text(BAD)
    result = run(migrated_database, folder)
    second = said(result)
    counts = ("new", "changed", "unchanged", "retired")
    assert [second["templates"][name] for name in counts] == [0, 1, files - 2, 1]
    assert "| lead_intake | added budgetRange; removed budget |" in second["templates"]["what changed"]
    assert '| plumbing/leak.yaml | 4 | phase is "repair"' in second["templates"]["faults"]
    assert "| lead_intake | budget | removed |" in second["template_fields"]["what changed"]
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("every_file_is_a_template", False)
    with psycopg.connect(migrated_database) as conn:
        (enabled,) = conn.execute("SELECT templates_enabled FROM mep_contractor_configs").fetchone() or ()
    assert "lead_intake" in enabled
    assert "work_order" not in enabled


def test_the_views_are_computed_from_the_asset() -> None:
    graph = build_defs().resolve_asset_graph()
    assert dg.AssetKey("templates") in graph.get_ancestor_asset_keys(dg.AssetKey("template_usage_analytics"))
    assert graph.get(dg.AssetKey("templates")).is_materializable


def test_check_needs_no_database_and_lists_every_fault(folder: Path) -> None:
    good = CliRunner().invoke(mep, ["templates", "check", str(folder)])
    assert (good.exit_code, good.output) == (0, f"{len(list(folder.rglob('*.yaml')))} templates are good\n")
    (folder / "plumbing" / "leak.yaml").write_text(BAD)
    (folder / "plumbing" / "work_order.yaml").write_text("x: [")
    bad = CliRunner().invoke(mep, ["templates", "check", str(folder)])
    assert bad.exit_code == 1
    assert [line.split(": ")[0] for line in bad.stderr.splitlines()] == [
        "hvac/work_order.yaml:1", "plumbing/leak.yaml:4", "plumbing/leak.yaml:5", "plumbing/work_order.yaml:1",
    ]  # fmt: skip
    assert re.search(r"templates are good, 3 files are not$", bad.stdout)


def test_the_commands_work_on_a_database(migrated_database: str) -> None:
    with project_copy() as project:
        settings = {"DATABASE_URL": migrated_database}
        synced = project.mep("templates", "sync", settings=settings)
        assert synced.returncode == 0, synced.stderr
        files = len(list((project.root / "templates").rglob("*.yaml")))
        assert synced.stdout == f"{files} new, 0 changed, 0 unchanged, 0 retired\n"
        assert "hvac/lead_intake.yaml: new, with 23 fields" in synced.stderr
        add = ("contractor", "add", "acme", "--name", "Acme", "--email", "office@acme.example", "--preset")
        wrong = project.mep(*add, "hvac", settings=settings)
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert wrong.stderr.startswith('mep: There is no preset "hvac": choose one of hvac_residential, ')
        assert project.mep(*add, "full_mep", settings=settings).stdout == "acme is registered\n"
        listed = project.mep("contractor", "list", settings=settings).stdout
        assert re.fullmatch(r"acme +Acme +full_mep +office@acme.example\n", listed)
        (project.root / "templates" / "hvac" / "bad.yaml").write_text("x")
        faulty = project.mep("templates", "sync", settings=settings)
        assert (faulty.returncode, faulty.stdout) == (1, f"0 new, 0 changed, {files} unchanged, 0 retired\n")
        assert "warning: hvac/bad.yaml:1: the file is no group of settings" in faulty.stderr
        shutil.rmtree(project.root / "templates")
        missing = project.mep("templates", "sync", settings=settings)
        assert missing.returncode == 1
        assert missing.stderr.splitlines()[-1].startswith("mep: ")
        assert "cannot be read (No such file or directory): check MEP_TEMPLATES." in missing.stderr
