"""`mep replay`, from the command line: a wrong mapping is noticed, and put right without the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.coperniq.ledger import records
from tests.pipeline.test_commands import SLUG, Stack, copied, stack

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copied", "stack"]

CONTACTS = "name,company,emails,qq\nAda,Acme,ada@example.com,bo@example.com\nBo,Best,bo@example.com,ada@example.com\n"
WRONG = "version: 1\ntype: Contact\ncolumns:\n  - {header: name, field: null}\n  - {header: company, field: name}\n"
RIGHT = "version: 1\ntype: Contact\ncolumns:\n  - {header: name, field: name}\n  - {header: company, field: null}\n"


def test_a_wrong_mapping_is_put_right_without_the_file(stack: Stack, tmp_path: Path) -> None:
    mappings = tmp_path / "mappings"
    (mappings / SLUG).mkdir(parents=True)
    (mappings / SLUG / "Contact.yaml").write_text(WRONG)
    (tmp_path / "right.yaml").write_text(RIGHT)
    stack.settings["MEP_MAPPINGS"] = str(mappings)
    stack.drop(Contact=CONTACTS)
    assert stack.mep("import", SLUG).returncode == 0
    (tmp_path / "inbox" / SLUG / "Contact.csv").unlink()
    ((imported,),) = stack.rows("SELECT id::TEXT FROM csv_imports")
    there = _there(stack)
    assert [name for _, name in there] == ["Acme", "Best"]

    looked = stack.mep("replay", imported[:8], "--mapping", str(tmp_path / "right.yaml"))
    assert looked.returncode == 3, looked.stderr
    assert 'row 1: valid -> valid\n        name: "Acme" -> "Ada"\n' in looked.stdout
    assert "Of those that run: 2 updated. 2 records of 1 type wait: about 1 request" in looked.stdout
    assert _there(stack) == there
    assert stack.rows("SELECT count(*) FROM csv_imports") == [(1,)]

    applied = stack.mep("replay", imported, "--mapping", str(tmp_path / "right.yaml"), "--apply", "--json")
    assert applied.returncode == 0, applied.stderr
    document = json.loads(applied.stdout)
    assert (document["replay"]["fields"], document["run"]["finished"]) == ([["name", 2]], True)
    assert [(one["import_name"], one["sent"]) for one in document["run"]["imports"]] == [("Replay of Contact.csv", 2)]
    assert _there(stack) == [(id_, name) for (id_, _), name in zip(there, ["Ada", "Bo"], strict=True)]

    again = stack.mep("replay", imported, "--mapping", str(tmp_path / "right.yaml"), "--apply")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "Nothing differs."), again.stderr

    other = f"{RIGHT}  - {{header: emails, field: null}}\n  - {{header: qq, field: emails}}\n"
    (tmp_path / "other.yaml").write_text(other)
    left = stack.mep("replay", imported, "--mapping", str(tmp_path / "other.yaml"), "--apply", "--json")
    assert left.returncode == 3, left.stderr
    assert json.loads(left.stdout)["replay"]["left"] == {"taken": 2}
    assert stack.rows("SELECT count(*) FROM csv_imports") == [(2,)]


def _there(stack: Stack) -> list[tuple[str, object]]:
    found = records(stack.sandbox.store, "Contact", stack.sandbox.company_id)
    return [(str(one["id"]), one["name"]) for one in found]
