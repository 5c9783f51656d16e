"""What was put right and is taken back: it needs work again, unless a later export holds the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.coperniq.test_checking import change
from tests.integration.coperniq.test_open_rows import WRONG, Case
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import contact

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World


@pytest.fixture
def case(world: World, sandbox: SandboxHandle) -> Case:
    """Give a contractor that has brought nothing yet."""
    return Case(world, sandbox)


def corrected_by(case: Case, number: int = 1) -> object:
    """Say which row put a row of the first import right: the place of its import, and its number; None for none."""
    found = case.world.query(
        "SELECT a.csv_import_id, a.record_number FROM csv_import_records AS r"
        " INNER JOIN csv_import_records AS a ON r.corrected_by_id = a.id"
        " WHERE r.csv_import_id = %s AND r.record_number = %s",
        case.imports[0], number,
    )  # fmt: skip
    return next(((case.imports.index(row["csv_import_id"]), row["record_number"]) for row in found), None)


def roll_back_in_part(case: Case) -> None:
    """Roll the second import back; somebody has changed its last record in Coperniq, which stays."""
    case.send(sites=False)
    change(case.world, case.world.held("Contact")[-1]["id"], name="Somebody else")
    assert roll_back(case.world, case.imports[1]).deleted == 1
    assert case.world.import_of(case.imports[1])["status"] == "success"


def test_what_a_later_export_put_right_is_open_again_once_that_is_undone_in_part(case: Case) -> None:
    case.bring(WRONG)
    case.bring(contact(0), contact(1))
    roll_back_in_part(case)
    assert (case.open, case.listed) == ([1, 0], [1, 0])


def test_what_a_fix_file_put_right_is_open_again_once_that_is_undone_in_part(case: Case) -> None:
    case.bring(WRONG, contact(1, name=""))
    case.fix(contact(0), contact(1), numbers=(1, 2))
    assert case.open == [0, 0]
    roll_back_in_part(case)
    assert (case.open, case.listed) == ([1, 0], [1, 0])
    case.fix(contact(0, name="Ann"), of=0)
    case.send(sites=False)
    assert (case.open, case.held[0]) == ([0, 0, 0], ("Ann", "person0@example.com"))


def test_what_a_still_later_export_brings_stays_closed(case: Case) -> None:
    case.bring(WRONG)
    case.bring(contact(0, name="Ann"))
    case.bring(contact(0, name="Newer"))
    roll_back(case.world, case.imports[1])
    assert case.world.import_of(case.imports[1])["status"] == "rolled_back"
    assert (case.open, case.listed, corrected_by(case)) == ([0, 0, 0], [0, 0, 0], (2, 1))


def test_what_a_still_later_export_has_unchanged_stays_closed(case: Case) -> None:
    case.world.bring("Contact before.csv", contact(0))
    case.send(sites=False)
    case.bring(WRONG)
    case.bring(contact(0), contact(1))
    case.bring(contact(0), contact(2))
    assert [row["status"] for row in case.world.rows(case.imports[2])] == ["skipped", "valid"]
    roll_back(case.world, case.imports[1])
    assert case.world.import_of(case.imports[1])["status"] == "rolled_back"
    assert (case.open, corrected_by(case)) == ([0, 0, 0], (2, 1))


def test_values_as_old_as_a_file_before_put_nothing_right(case: Case) -> None:
    """Those of a fix file are as old as the file that it corrects."""
    before = case.world.bring("Contact before.csv", contact(0, name="", title="Tech"))
    case.bring(WRONG)
    case.imports.append(before)
    case.fix(contact(0, name="Older", title="Tech"))
    case.bring(contact(0, name="Newer"))
    assert case.open == [0, 0, 0, 0]
    roll_back(case.world, case.imports[3])
    assert (case.open, corrected_by(case)) == ([1, 0, 0, 0], None)
    case.send(sites=False)
    assert case.held == [("Older", "person0@example.com")]


def test_the_turn_of_a_later_row_closes_what_the_row_before_it_had(case: Case) -> None:
    case.bring(WRONG)
    case.bring(contact(0, name="Ann"), contact(1))
    case.bring(contact(0, name="Newer"), contact(1, name="Newer"))
    case.send(sites=False)
    roll_back(case.world, case.imports[2])
    assert (case.open, corrected_by(case)) == ([0, 0, 0], (1, 1))
