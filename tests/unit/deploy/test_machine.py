"""One machine: the systemd units are well-formed, start what there is, and hand each process the secrets it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from dagster._core.workspace.config_schema import process_workspace_config
from yaml import safe_load

from orchestration.commands.serving import COMMANDS
from orchestration.settings import NAMES, SECRETS
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HARDENED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "ProtectProc=invisible", "PrivateTmp=yes",
    "PrivateDevices=yes", "CapabilityBoundingSet=", "UMask=0077", "User=mep", "SystemCallFilter=@system-service",
}  # fmt: skip


def process_of(unit: Path) -> str:
    (process,) = re.findall(r"^ExecStart=/opt/mep/\.venv/bin/mep serve (\S+)", unit.read_text(), re.M)
    return process


def test_every_process_has_a_unit() -> None:
    assert {process_of(unit) for unit in UNITS} == set(COMMANDS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_hardened_and_names_its_secrets_by_their_files(unit: Path) -> None:
    text = unit.read_text()
    assert HARDENED - set(text.splitlines()) == set()
    handed = re.findall(r"^LoadCredential=(\w+):/etc/mep/secrets/(\w+)\nEnvironment=(\w+)_FILE=%d/(\w+)$", text, re.M)
    keys = ("aws_credentials", "aws_credentials", "AWS_SHARED_CREDENTIALS", "aws_credentials")
    own = [one for one in handed if one != keys]
    assert {name for name, *_ in own} <= {name.lower() for name in SECRETS}
    assert all(len({name.lower() for name in one}) == 1 for one in own)
    assert [name for name in NAMES if f"Environment={name}=" in text] == []
    # The UI and the daemon reach Dagster's own tables and nothing else.
    if process_of(unit) in ("webserver", "daemon"):
        assert [name for name, *_ in handed] == ["dagster_database_url"]
    else:
        assert "database_url" in {name for name, *_ in handed}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: install it, e.g. `apt-get install systemd`, to have the units judged")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/mep/.venv/bin/mep", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "mep-" in line]
    assert (done.returncode, said) == (0, [])


def test_dagster_takes_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_CODE_HOST", "code.example.com")
    monkeypatch.setenv("DAGSTER_CODE_PORT", "4000")
    workspace = process_workspace_config(safe_load((ROOT / "deploy" / "workspace.yaml").read_text()))
    assert workspace.success, workspace.errors
    (server,) = (workspace.value or {})["load_from"]
    assert server["grpc_server"] == {"host": "code.example.com", "port": 4000, "location_name": "mep_pipeline"}
