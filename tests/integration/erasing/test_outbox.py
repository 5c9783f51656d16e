"""The outbox after an erasure: written anew where it lies, as whose it is, and never from what was read before."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from assets import leases
from assets.database import Database
from assets.erasing.erasing import ErasingError
from assets.outbox import report, rollback_file
from orchestration.cli import mep
from tests.conftest import NEEDS_ROOT
from tests.integration.erasing.person import Person, bring, erase, found_in, handed_back, texts

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World
    from tests.integration.forms.desk import Desk

NOBODY = 65534


def configured(world: World, database: str, monkeypatch: pytest.MonkeyPatch, outbox: Path) -> None:
    settings = {
        "DATABASE_URL": database, "MEP_INBOX": world.inbox, "MEP_OUTBOX": outbox,
        "COPERNIQ_API_URL": world.url, "COPERNIQ_API_KEY": world.key, "COPERNIQ_COMPANY_ID": world.company,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))


@NEEDS_ROOT
def test_what_root_writes_anew_belongs_to_whoever_the_outbox_belongs_to(
    desk: Desk, shared_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, person = desk.world, Person("zzbba", "(303) 555-0150")
    bring(world, "Contact.csv", person.contacts())
    # Below /tmp, which everybody may pass: pytest's own folders are root's alone.
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        outbox = Path(made)
        handed_back(world, outbox)
        for path in (outbox, *outbox.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        configured(world, shared_database, monkeypatch, outbox)
        done = CliRunner().invoke(mep, ["erase", "--email", person.email, "--yes"])
        assert done.exit_code == 3, done.output
        assert found_in(texts(outbox), person) == {}
        assert {path.stat().st_uid for path in outbox.rglob("*")} == {NOBODY}
        assert list(outbox.rglob("report.html"))


def test_an_outbox_that_is_not_the_one_is_said(desk: Desk, tmp_path: Path) -> None:
    world, person, outbox = desk.world, Person("zzbca", "(303) 555-0151"), tmp_path / "outbox"
    one = bring(world, "Contact.csv", person.contacts())
    handed_back(world, outbox)
    for _ in range(2):
        with pytest.raises(ErasingError, match=rf"{one} is not there, .* set MEP_OUTBOX"):
            erase(world, person, tmp_path / "another")
    assert found_in(texts(outbox), person)
    erase(world, person, outbox)
    assert found_in(texts(outbox), person) == {}
    # Nothing is left to be done where somebody removed what was handed back, and made its folder.
    bring(world, "Contact later.csv", person.contacts()[:3])
    handed_back(world, outbox)
    shutil.rmtree(outbox)
    with pytest.raises(ErasingError, match="make the folder anew"):
        erase(world, person, outbox)
    for folder in world.query("SELECT id FROM csv_imports WHERE contractor_config_id = %s", world.contractor):
        slug = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)[0]["slug"]
        (outbox / slug / str(folder["id"])).mkdir(parents=True)
    erase(world, person, outbox)
    assert found_in(texts(outbox), person) == {}


@pytest.mark.parametrize(
    ("command", "module", "times"),
    [
        (["report", "--no-open"], report, 1),
        (["rollback", "--yes"], rollback_file, 1),
        (["rollback", "--yes"], rollback_file, 2),
    ],
    ids=["a report", "what a rollback left", "what one left that is over"],
)
def test_nobody_is_erased_between_reading_and_writing(
    desk: Desk, shared_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    command: list[str], module: Any, times: int,
) -> None:  # fmt: skip
    world, person = desk.world, Person("zzbda", "(303) 555-0152")
    one = bring(world, "Contact.csv", person.contacts())
    configured(world, shared_database, monkeypatch, tmp_path / "outbox")
    arguments = [command[0], str(one), *command[1:]]
    for _ in range(times - 1):
        assert CliRunner().invoke(mep, arguments).exit_code == 0
    free: list[bool] = []
    write = module.write

    def looked(*given: Any) -> Any:
        with Database(world.database.url).connect() as conn:
            free.append(leases.take(conn, world.contractor, "an erasure") is not None)
        return write(*given)

    monkeypatch.setattr(module, "write", looked)
    done = CliRunner().invoke(mep, arguments)
    assert (done.exit_code, free) == (0, [False]), done.output
