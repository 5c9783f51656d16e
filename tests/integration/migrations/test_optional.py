"""Optional migrations: applied where an operator chooses them, on top of all the others, and taken off before them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.migrations import (
    Applied,
    DuplicateNumberError,
    MalformedMigrationError,
    MigrationFailedError,
    UnknownOptionError,
    down,
    require_current,
    up,
)
from tests.integration.migrations.conftest import Conn, conditions, tables, versions, write


@pytest.fixture
def option(folder: Path) -> Path:
    """Give a folder of three migrations and an option that stands on the first."""
    (folder / "optional").mkdir()
    write(folder / "optional", "900_wide", "ALTER TABLE one ADD wide int;", "ALTER TABLE one DROP wide;")
    return folder


def test_an_option_is_applied_when_it_is_chosen_and_not_before(conn: Conn, option: Path) -> None:
    assert Applied("900", "wide") not in up(conn, option)
    assert conditions(conn, option) == ["applied", "applied", "applied", "optional"]
    require_current(conn, option)
    assert up(conn, option, ["wide"]) == [Applied("900", "wide")]
    assert conditions(conn, option) == ["applied"] * 4
    assert up(conn, option, ["wide"]) == []


def test_a_migration_that_comes_later_is_applied_beside_an_option(conn: Conn, option: Path) -> None:
    up(conn, option, ["wide"])
    write(option, "004_fourth", "CREATE TABLE four (id int);", "DROP TABLE four;")
    assert up(conn, option) == [Applied("004", "fourth")]
    assert versions(conn) == ["001", "002", "003", "004", "900"]


def test_an_option_comes_off_before_what_it_stands_on(conn: Conn, option: Path) -> None:
    up(conn, option, ["wide"])
    assert down(conn, option, to=3) == [Applied("900", "wide")]
    up(conn, option, ["wide"])
    assert [applied.version for applied in down(conn, option)] == ["900", "003", "002", "001"]
    assert tables(conn) == []


def test_an_unknown_option_is_refused_before_anything_is_applied(conn: Conn, option: Path) -> None:
    with pytest.raises(UnknownOptionError, match="narrow: no such option; there is wide"):
        up(conn, option, ["narrow"])
    assert tables(conn) == []


def test_an_option_that_fails_leaves_nothing_of_itself(conn: Conn, option: Path) -> None:
    write(option / "optional", "901_broken", "CREATE TABLE more (id int); SELECT nothing;")
    with pytest.raises(MigrationFailedError, match=r"901_broken\.sql, line 1"):
        up(conn, option, ["broken"])
    assert (tables(conn), versions(conn)) == (["one", "three", "two"], ["001", "002", "003"])


@pytest.mark.parametrize("name", ["004_small", "900-a", "90_a", "a"])
def test_an_option_has_a_number_of_its_own_kind(conn: Conn, option: Path, name: str) -> None:
    write(option / "optional", name, "SELECT 1;")
    with pytest.raises(MalformedMigrationError, match="not an optional migration's name"):
        up(conn, option)


def test_two_options_of_one_number_are_refused(conn: Conn, option: Path) -> None:
    write(option / "optional", "900_also", "SELECT 1;")
    with pytest.raises(DuplicateNumberError, match=r"900_also\.sql and 900_wide\.sql"):
        up(conn, option)


def test_the_command_line_says_what_is_optional_and_applies_it(fresh_database: str) -> None:
    def mep(*arguments: str) -> list[str]:
        command = [Path(sys.executable).parent / "mep", "migrate", *arguments]
        done = subprocess.run(
            command, env={"DATABASE_URL": fresh_database}, capture_output=True, text=True, check=True, timeout=120
        )
        return [line.strip() for line in done.stdout.splitlines()]

    mep("up")
    assert mep("status")[-1].split() == ["900", "partitioning", "optional"]
    assert mep("up", "--with", "partitioning") == ["applied 900 partitioning"]
    assert mep("status")[-1].split() == ["900", "partitioning", "applied"]
    assert mep("up") == ["nothing to apply"]
    last = mep("status")[-2].split()[0]
    assert mep("down", "--yes", "--to", str(int(last))) == ["rolled back 900 partitioning"]
