"""The manifest is made when it is missing or out of date, once, however many ask for it."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from assets.analytics import project
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Copy the dbt project."""
    shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Put something quick in dbt's place; give the target folders that it wrote to."""
    targets: list[Path] = []

    def parse(root: Path, target: Path, url: str, arguments: list[str]) -> Iterator[dict[str, Any]]:
        targets.append(target)
        for name in ("manifest.json", "partial_parse.msgpack"):
            (target / name).write_text(str(len(targets)))
        time.sleep(0.05)
        yield {}

    monkeypatch.setattr(project, "_events", parse)
    return targets


def test_dbt_makes_it_without_a_database(root: Path) -> None:
    made = project.manifest(root)
    assert made == root / "target" / "manifest.json"
    assert "model.mep_pipeline.contractor_summary" in json.loads(made.read_text())["nodes"]
    assert {path.name for path in made.parent.iterdir()} == {"manifest.json", "partial_parse.msgpack", ".lock"}


def test_a_project_that_dbt_cannot_parse_is_told_in_one_line(root: Path) -> None:
    (root / "dbt_project" / "models" / "marts" / "contractor_summary.yml").write_text("models: [{")
    with pytest.raises(project.DbtFailed, match=r"dbt parse failed: .*contractor_summary\.yml") as failed:
        project.manifest(root)
    assert "\n" not in str(failed.value)
    assert not (root / "target" / "manifest.json").exists()


def test_it_is_made_once_for_many(root: Path, parses: list[Path]) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: project.manifest(root).read_text(), range(8)))
    assert texts == ["1"] * 8
    assert len(parses) == 1
    assert not parses[0].exists()


@pytest.mark.parametrize("change", ["edited", "added", "removed", "settings"])
def test_a_change_makes_it_anew(root: Path, parses: list[Path], change: str) -> None:
    project.manifest(root)
    marts = root / "dbt_project" / "models" / "marts"
    match change:
        case "edited":
            (marts / "contractor_summary.sql").write_text("SELECT 1")
        case "added":
            (marts / "new.sql").write_text("SELECT 1")
        case "removed":
            (marts / "contractor_summary.sql").unlink()
        case _:
            (root / "dbt_project.yml").touch()
    assert project.manifest(root).read_text() == "2"
    assert project.manifest(root).read_text() == "2"


def test_a_file_edited_while_dbt_reads_counts_as_newer(root: Path, parses: list[Path]) -> None:
    made = project.manifest(root)
    written = made.stat().st_mtime_ns
    model = root / "dbt_project" / "models" / "marts" / "contractor_summary.sql"
    os.utime(model, ns=(written + 1, written + 1))
    project.manifest(root)
    assert len(parses) == 2
