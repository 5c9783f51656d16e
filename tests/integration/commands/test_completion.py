"""What a shell completes: with a real bash, and contractors and imports of a real database."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner

from assets.contractors import store as contractors
from orchestration import completion
from orchestration.cli import mep
from orchestration.settings import NAMES
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None,
    reason="bash, which completes in this test, is not installed: install it, e.g. `apt-get install bash`",
)
ASK = """
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_mep_completion mep
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Give what completes a line in a real bash that has read the script; nothing may stand on standard error."""
    command = tmp_path / "mep"
    code = "from orchestration.cli import main; main()"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$@"\n')
    command.chmod(0o755)
    script = CliRunner().invoke(mep, ["completion", "bash"], prog_name="mep").output
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
    kept |= {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def complete(line: str, **settings: str) -> set[str]:
        words = " ".join(shlex.quote(word) for word in line.split(" "))
        asked = subprocess.run(
            ["bash", "--norc", "-c", script + ASK.format(words=words)],
            capture_output=True, text=True, cwd=ROOT, env=kept | settings, check=True, timeout=60,
        )  # fmt: skip
        assert asked.stderr == ""
        return set(asked.stdout.split())

    return complete


def test_the_script_comes_as_a_document_too() -> None:
    plain = CliRunner().invoke(mep, ["completion", "bash"], prog_name="mep").output
    said = CliRunner().invoke(mep, ["completion", "bash", "--json"], prog_name="mep").output
    assert json.loads(said) == {"shell": "bash", "script": plain}


def test_commands_contractors_and_imports_are_completed(shell: Any, migrated_database: str) -> None:
    with psycopg.connect(migrated_database, autocommit=True) as conn:
        for slug in ("acme-hvac", "acme-solar", "sunrise"):
            contractors.add(conn, slug, slug, f"office@{slug}.example", ["hvac"])
        (known,) = conn.execute(
            "SELECT create_csv_import(id, 'Contact.csv', 'Contact', 'x', 1)::TEXT FROM mep_contractor_configs LIMIT 1"
        ).fetchone() or ("",)
    assert shell("mep con") == {"contractor"}
    assert shell("mep de") == {"demo"}, "those of other packages, too"
    assert shell("mep import --js") == {"--json"}
    assert shell("mep import acme", DATABASE_URL=migrated_database) == {"acme-hvac", "acme-solar"}
    assert shell("mep contractor show s", DATABASE_URL=migrated_database) == {"sunrise"}
    assert shell("mep rollback ", DATABASE_URL=migrated_database) == {known[:8]}


def test_a_database_that_is_away_or_silent_is_no_trouble(shell: Any) -> None:
    assert shell("mep import acme") == set()
    assert shell("mep import acme", DATABASE_URL="postgresql://u:p@127.0.0.1:9/db") == set()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/db"
        began = time.monotonic()
        assert shell("mep import ", DATABASE_URL=url) == set()
        waited = time.monotonic() - began
        began = time.monotonic()
        assert shell("mep import --js", DATABASE_URL=url) == {"--json"}
        started = time.monotonic() - began
    assert waited - started < completion.SECONDS + 1.5


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "-F _mep_completion mep\n"),
        ("zsh", "#compdef mep\n"),
        ("fish", 'complete --no-files --command mep --arguments "(_mep_completion)";'),
    ],
)
def test_a_script_is_printed_for_each_shell(shell: str, registers: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(CliRunner().invoke(mep, ["completion", shell], prog_name="mep").output)
    assert f"_MEP_COMPLETE={shell}_complete" in script.read_text()
    assert registers in script.read_text()
    if there := shutil.which(shell):
        read = subprocess.run([there, "-n", script], capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")
