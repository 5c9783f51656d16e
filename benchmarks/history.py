"""A database whose Dagster has a long history: one real run of the import job, and copies of it in Dagster's tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from orchestration.definitions import IMPORT_JOB
from orchestration.settings import NAMES, ROOT
from orchestration.stack_settings import DAGSTER_SCHEMA

if TYPE_CHECKING:
    from benchmarks.measures import Bench
    from tests.coperniq_server import SandboxHandle

SLUG = "contractor-000"
MEP = "from orchestration.cli import main; main()"


def write(bench: Bench, url: str, coperniq: SandboxHandle, contractors: int, runs: int) -> int:
    """Write the history, and give the number of materializations that it has."""
    inbox = bench.folder / "inbox"
    shutil.copytree(ROOT / "samples" / "inbox" / "abc-heating", inbox / SLUG, dirs_exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | {
        "DATABASE_URL": url, "MEP_INBOX": str(inbox), "COPERNIQ_API_URL": coperniq.url,
        "COPERNIQ_API_KEY": coperniq.key, "COPERNIQ_COMPANY_ID": str(coperniq.company_id),
    }  # fmt: skip
    for arguments in (
        ["contractor", "add", SLUG, "--name", SLUG, "--email", "office@contractor.example"],
        ["templates", "sync"],
        ["import", SLUG],
    ):
        # The end of the import says that rows wait, for parents that are in no sample.
        command = [sys.executable, "-c", MEP, *arguments]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        if done.returncode not in (0, 3):
            raise SystemExit(f"mep {' '.join(arguments)} failed: see above.")
    bench.say("copying the run")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(DAGSTER_SCHEMA)))
        (run,) = conn.execute("SELECT run_id FROM runs WHERE pipeline_name = %s", [IMPORT_JOB]).fetchone() or ("",)
        parameters = {"run": run, "slug": SLUG, "runs": runs, "contractors": contractors}
        for statement in Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split("\n;\n"):
            conn.execute(statement.encode(), parameters)
        conn.execute("VACUUM ANALYZE")
        (count,) = conn.execute(
            "SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'"
        ).fetchone() or (0,)
    return count
