"""Every way of a wrong row: what is open of each import, which fix file lists it, what is sent, and what waits."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from assets.fix_files import COLUMNS, reference
from assets.outbox import paths
from assets.outbox.handing_back import hand_back
from tests.integration.coperniq.test_rolling_back import SITE, roll_back
from tests.integration.coperniq.world import World, contact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from tests.coperniq_server import SandboxHandle

WRONG = contact(0, name="")
OLD, NEW = "person0@example.com", "other0@example.com"


@dataclass
class Case:
    """A contractor with one wrong contact, and a site that waits for it.

    Attributes:
        world: The contractor.
        sandbox: Coperniq.
        imports: Those of contacts, in their order.
    """

    world: World
    sandbox: SandboxHandle
    imports: list[UUID] = field(default_factory=list["UUID"])

    def bring(self, *rows: dict[str, object]) -> None:
        """Import a file of contacts."""
        self.imports.append(self.world.bring(f"Contact {len(self.imports)}.csv", *rows))

    def fix(self, *rows: dict[str, object], of: int = -1, numbers: tuple[int, ...] = ()) -> None:
        """Send the fix file of an import, with a row for each of these of its own, or all for its first."""
        said = {COLUMNS[1]: "wrong", COLUMNS[2]: "correct it"}
        parent = self.imports[of]
        named = [{COLUMNS[0]: reference(number, parent), **said} for number in numbers or [1] * len(rows)]
        self.bring(*(row | of_row for row, of_row in zip(rows, named, strict=True)))

    def send(self, *, refused: bool = False, sites: bool = True) -> None:
        """Send what is ready; Coperniq may refuse the contacts that are new to it."""
        refusal = {"fault": "reject", "number": 9, "on": "mutation create"}
        self.sandbox.set_faults({"rules": [refusal]} if refused else {})
        self.world.deliver("Contact")
        self.sandbox.set_faults({})
        if sites:
            self.world.deliver("Site")

    @property
    def open(self) -> list[int]:
        """How many rows of each import need work."""
        return [
            row["open_records"]
            for import_id in self.imports
            for row in self.world.query(
                "SELECT open_records FROM csv_import_summary WHERE csv_import_id = %s", import_id
            )
        ]

    @property
    def listed(self) -> list[int]:
        """How many rows the fix file of each import lists, whatever was handed back before."""
        root = self.world.inbox / "out"
        list(hand_back(self.world.conn, self.world.contractor, "office", root))
        return [_rows(root, import_id) for import_id in self.imports]

    @property
    def held(self) -> list[tuple[str, str]]:
        """The contacts that Coperniq holds."""
        return sorted((node["name"], node["emails"][0]) for node in self.world.held("Contact"))

    @property
    def waits(self) -> bool:
        """Whether the site waits for its contact."""
        assert len(self.world.held("Site")) + len(self.world.waiting_for("Site")) == 1
        return bool(self.world.waiting_for("Site"))


def _rows(root: Path, import_id: UUID) -> int:
    path = paths.folder(root, "office", import_id) / paths.FIX_FILE
    if not path.exists():
        return 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        return len(list(csv.reader(file))) - 1


@pytest.fixture
def case(world: World, sandbox: SandboxHandle) -> Iterator[Case]:
    """Give a contractor whose site waits, and leave the sandbox in peace."""
    world.bring("Site.csv", SITE)
    yield Case(world, sandbox)
    sandbox.set_faults({})


def fixed(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0))
    case.send()


def still_wrong(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0, name=""))
    case.send()


def fixed_twice(case: Case) -> None:
    still_wrong(case)
    case.fix(contact(0))
    case.send()


def stale_after_still_wrong(case: Case) -> None:
    still_wrong(case)
    case.fix(contact(0), of=0)
    case.send()


def refused(case: Case) -> None:
    case.bring(contact(0))
    case.send(refused=True)


def same_key(case: Case) -> None:
    refused(case)
    case.fix(contact(0, name="Ann"))
    case.send()


def other_key(case: Case) -> None:
    refused(case)
    case.fix(contact(0, emails=NEW))
    case.send()


def other_key_twice(case: Case) -> None:
    refused(case)
    case.fix(contact(0, emails="between@example.com"))
    case.send(refused=True)
    case.fix(contact(0, emails=NEW))
    case.send()


def fix_refused(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0))
    case.send(refused=True)


def refused_fix_refused(case: Case) -> None:
    refused(case)
    case.fix(contact(0, name="Ann"))
    case.send(refused=True)


def refused_fix_fixed(case: Case) -> None:
    fix_refused(case)
    case.fix(contact(0, name="Ann"))
    case.send()


def fix_of_two_refused(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0, name=""), contact(0))
    case.send(refused=True)


def rolled_back(case: Case) -> None:
    case.bring(WRONG)
    case.fix(contact(0))
    case.send(sites=False)
    roll_back(case.world, case.imports[1])
    case.send()


def still_wrong_rolled_back(case: Case) -> None:
    case.bring(WRONG, contact(1, name=""))
    case.fix(WRONG, contact(1), numbers=(1, 2))
    case.send()
    assert (case.open, case.listed) == ([1, 1], [0, 1])
    roll_back(case.world, case.imports[1])


def refused_rolled_back(case: Case) -> None:
    refused(case)
    case.fix(contact(0, name="Ann"))
    roll_back(case.world, case.imports[1])
    case.send()


def superseded(case: Case) -> None:
    case.bring(WRONG)
    case.bring(contact(0, name="Newer"))
    case.send()


def refused_superseded(case: Case) -> None:
    refused(case)
    case.bring(contact(0, name="Newer"))
    case.send()


def superseded_rolled_back(case: Case) -> None:
    case.bring(WRONG)
    case.bring(contact(0, name="Newer"))
    case.send(sites=False)
    roll_back(case.world, case.imports[1])
    case.send()


def unchanged(case: Case) -> None:
    case.bring(contact(0))
    case.send()
    case.bring(WRONG)
    case.bring(contact(0), contact(1, name=""))
    case.send()


def stale(case: Case) -> None:
    superseded(case)
    case.fix(contact(0, name="Older"), of=0)
    case.send()


def stale_under_another_key(case: Case) -> None:
    case.bring(contact(0, emails="person0@@example.com"))
    case.bring(contact(0, name="Newer"))
    case.send()
    case.fix(contact(0, name="Older"), of=0)
    case.send()


def older_is_not_newer(case: Case) -> None:
    case.bring(contact(0, name="Oldest"))
    case.send()
    case.bring(WRONG)
    case.fix(contact(0, name="Newer"))
    case.send()


def duplicate_beside_faulty(case: Case) -> None:
    case.bring(WRONG, contact(0))
    case.fix(contact(0, name=""), contact(0, name="Ann"))
    case.send()


PERSON, ANN, NEWER = ("Person 0", OLD), ("Ann", OLD), ("Newer", OLD)
CASES: dict[Callable[[Case], None], tuple[list[int], list[int], list[tuple[str, str]], bool]] = {
    fixed: ([0, 0], [0, 0], [PERSON], False),
    still_wrong: ([1, 1], [0, 1], [], True),
    fixed_twice: ([0, 0, 0], [0, 0, 0], [PERSON], False),
    stale_after_still_wrong: ([0, 0, 0], [0, 0, 0], [PERSON], False),
    refused: ([1], [1], [], True),
    same_key: ([0, 0], [0, 0], [ANN], False),
    other_key: ([0, 0], [0, 0], [("Person 0", NEW)], False),
    other_key_twice: ([0, 0, 0], [0, 0, 0], [("Person 0", NEW)], False),
    fix_refused: ([1, 1], [0, 1], [], True),
    refused_fix_refused: ([1, 1], [0, 1], [], True),
    refused_fix_fixed: ([0, 0, 0], [0, 0, 0], [ANN], False),
    fix_of_two_refused: ([1, 1], [0, 1], [], True),
    rolled_back: ([1, 0], [1, 0], [], True),
    still_wrong_rolled_back: ([2, 0], [2, 0], [], True),
    refused_rolled_back: ([1, 0], [1, 0], [], True),
    superseded: ([0, 0], [0, 0], [NEWER], False),
    refused_superseded: ([0, 0], [0, 0], [NEWER], False),
    superseded_rolled_back: ([1, 0], [1, 0], [], True),
    unchanged: ([0, 0, 1], [0, 0, 1], [PERSON], False),
    stale: ([0, 0, 0], [0, 0, 0], [NEWER], False),
    stale_under_another_key: ([0, 0, 0], [0, 0, 0], [NEWER], False),
    older_is_not_newer: ([0, 0, 0], [0, 0, 0], [NEWER], False),
    duplicate_beside_faulty: ([0, 0], [0, 0], [ANN], False),
}


@pytest.mark.parametrize("act", CASES, ids=lambda act: act.__name__)
def test_a_wrong_row(case: Case, act: Callable[[Case], None]) -> None:
    act(case)
    opened, listed, held, waits = CASES[act]
    assert (case.open, case.listed, case.held, case.waits) == (opened, listed, held, waits)


def test_a_stale_fix_file_says_what_came_later(case: Case) -> None:
    stale_under_another_key(case)
    (row,) = case.world.rows(case.imports[2])
    assert (str(row["status"]), row["error_message"]) == (
        "duplicate", "Row 1 of Contact 1.csv is the same record and came later; row 1 is not sent.",
    )  # fmt: skip
