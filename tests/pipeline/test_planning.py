"""`mep plan` and `mep import --plan`, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.pipeline.test_commands import CONTACTS, SITES, SLUG, Stack, copied, stack

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copied", "stack"]


def test_what_is_planned_is_imported_and_what_moved_is_refused(stack: Stack, tmp_path: Path) -> None:
    stack.settings["MEP_PLANS"] = str(tmp_path / "plans")
    stack.drop(Contact=CONTACTS, Site=SITES)
    planned = stack.mep("plan", SLUG, "--json")
    assert planned.returncode == 0, planned.stderr
    document = json.loads(planned.stdout)
    assert {name: number for name, number in document["rows"].items() if number} == {"created": 3}
    assert [(one["file"], one["coperniq_type"], one["outcome"]) for one in document["imports"]] == [
        ("Contact.csv", "Contact", "new"), ("Site.csv", "Site", "new"),
    ]  # fmt: skip
    assert (document["sending"]["requests"], document["sending"]["days"]) == (2, 1)
    assert stack.rows("SELECT FROM csv_imports") == []
    assert stack.rows("SELECT FROM coperniq_api_requests") == []

    plan_id = document["plan"]
    stack.drop(Contact=CONTACTS.replace("Bo,", "Bob,"))
    refused = stack.mep("import", SLUG, "--plan", plan_id)
    said = f"Plan {plan_id} does not hold any more: Contact.csv is another file now; make the plan again with"
    assert (refused.returncode, refused.stderr) == (1, f"mep: {said} `mep plan {SLUG}`.\n")
    assert stack.rows("SELECT FROM csv_imports") == []

    stack.drop(Contact=CONTACTS)
    done = stack.mep("import", SLUG, "--plan", plan_id)
    assert done.returncode == 0, done.stderr
    assert stack.rows("SELECT count(*) FROM data_lineage") == [(3,)]

    moved = stack.mep("import", SLUG, "--plan", plan_id)
    assert moved.returncode == 1
    assert moved.stderr.count("\n") == moved.stderr.count(f"Plan {plan_id} does not hold any more: ") == 3
    assert f"imports of {SLUG} were added or have gone on" in moved.stderr


def test_a_plan_that_leaves_something_to_look_at_ends_with_3(stack: Stack, tmp_path: Path) -> None:
    stack.settings["MEP_PLANS"] = str(tmp_path / "plans")
    stack.drop(Contact=f"{CONTACTS}\x1b[31mRed,no\n", Site="a,b\n1,2\n")
    planned = stack.mep("plan", SLUG)
    assert planned.returncode == 3, planned.stderr
    assert "Site.csv as Site: would fail" in planned.stdout
    assert "3 rows: 2 created, 1 rejected" in planned.stdout
    assert "columns: name -> name (name), emails -> emails (name)" in planned.stdout
    assert "rejected: 1 × " in planned.stdout
    assert "Sending: 2 records of 1 type wait: about 1 request" in planned.stdout
    assert "\x1b" not in planned.stdout
    wrong = stack.mep("import", SLUG, "Contact.csv", "--plan", "0123456789abcdef")
    assert wrong.returncode == 2
