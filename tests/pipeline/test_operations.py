"""What operators do about what was sent, by the command line: comparing, resolving, rolling back."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

import requests

from sandbox.coperniq.ledger import records
from tests.pipeline.test_commands import CONTACTS, SITES, SLUG, Stack, copied, stack

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

__all__ = ["copied", "stack"]


def ask(stack: Stack, query: str, **variables: object) -> Any:
    """Do something in Coperniq by hand."""
    answer = requests.post(
        stack.sandbox.url,
        json={"query": query, "variables": {"company": stack.sandbox.company_id, **variables}},
        headers={"Authorization": f"Bearer {stack.sandbox.key}"},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json()["data"]


def rename(stack: Stack, name: str) -> None:
    """Give the first contact another name."""
    found = ask(stack, "query($company: Int!) { contacts(companyId: $company, first: 1) { nodes { id } } }")
    ask(
        stack,
        "mutation($company: Int!, $id: ID!, $name: String!)"
        " { updateContacts(companyId: $company, ids: [$id], input: [{name: $name}]) { transactionId } }",
        id=found["contacts"]["nodes"][0]["id"],
        name=name,
    )


def import_of(shown: CompletedProcess[str], file: str) -> str:
    (found,) = re.findall(rf"{re.escape(file)} .*?│? *([0-9a-f]{{8}}) ", shown.stdout)
    return found


def test_a_comparison_ends_with_0_where_the_two_agree_and_with_3_where_they_do_not(stack: Stack) -> None:
    assert stack.mep("sync-check", SLUG).stdout == f"Nothing was sent for {SLUG} yet.\n"
    stack.drop(Contact=CONTACTS, Site=SITES)
    stack.mep("import", SLUG)
    agreed = stack.mep("sync-check", SLUG)
    assert (agreed.returncode, agreed.stderr) == (0, "")
    assert agreed.stdout == (
        "Contact: 2 compared, 0 missing, 0 changed there, 0 unknown to us\n"
        "Site: 1 compared, 0 missing, 0 changed there, 0 unknown to us\n"
    )
    rename(stack, "Somebody else")
    differing = stack.mep("sync-check", SLUG, "--type", "Contact")
    assert (differing.returncode, differing.stdout) == (
        3, "Contact: 2 compared, 0 missing, 1 changed there (name 1), 0 unknown to us\n",
    )  # fmt: skip
    shown = json.loads(stack.mep("sync-check", SLUG, "--json").stdout)
    assert shown["contractor"] == SLUG
    assert shown["types"][0] == {
        "type": "Contact", "compared": 2, "requests": 1, "missing": 0, "changed": 1, "unknown": 0,
        "fields": {"name": 1}, "stopped": None,
    }  # fmt: skip
    assert stack.rows("SELECT kind, fields FROM coperniq_findings") == [("changed", ["name"])]


def test_what_coperniq_has_before_the_first_import_is_updated_and_held_against_the_file(stack: Stack) -> None:
    there = [{"name": "Ada L", "emails": ["ada@example.com"]}, {"name": "Bo Diddley", "emails": ["old@example.com"]}]
    made = ask(
        stack,
        "mutation($company: Int!, $input: [ContactInput!]!)"
        " { createContacts(companyId: $company, input: $input) { results { id } } }",
        input=[one | {"phones": ["+16025550177"]} for one in there],
    )
    entered = stack.mep("adopt", SLUG)
    assert (entered.returncode, entered.stderr) == (0, "")
    assert entered.stdout.splitlines()[:2] == [
        "Contact: 2 read, 2 of them new here",
        "Site: 0 read, 0 of them new here",
    ]
    stack.drop(Contact="name,emails,phones\nAda,ada@example.com,\nBo Diddley,bo@example.com,602-555-0177\n")
    stack.mep("import", SLUG)
    held = [record["id"] for record in records(stack.sandbox.store, "Contact", stack.sandbox.company_id)]
    assert held[:2] == [result["id"] for result in made["createContacts"]["results"]]
    assert len(held) == 3, "Bo comes with another e-mail address, which is another key"
    again = stack.mep("adopt", SLUG)
    assert again.stdout.splitlines()[-1] == f"1 pair is probably one customer: `mep duplicates list {SLUG}`."
    shown = json.loads(stack.mep("adopt", SLUG, "--json").stdout)
    assert shown["types"][0] == {
        "type": "Contact", "read": 3, "new": 0, "requests": 1, "stopped": None, "missing": None,
    }  # fmt: skip
    assert (shown["contractor"], shown["compared"], shown["open_pairs"]) == (SLUG, True, 1)
    stack.settings["COPERNIQ_COMPANY_ID"] = "999"
    elsewhere = stack.mep("adopt", SLUG)
    assert (elsewhere.returncode, elsewhere.stdout) == (1, "")
    assert "records are in company 112, not 999" in elsewhere.stderr


def test_a_rollback_shows_its_plan_asks_and_says_what_is_left(stack: Stack, tmp_path: Path) -> None:
    stack.settings["MEP_OUTBOX"] = str(tmp_path / "outbox")
    stack.drop(Contact=CONTACTS, Site=SITES)
    shown = stack.mep("import", SLUG)
    people, sites = import_of(shown, "Contact.csv"), import_of(shown, "Site.csv")
    assert import_of(stack.mep("contractor", "show", SLUG), "Site.csv") == sites
    planned = stack.mep("rollback", people, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"1 to be deleted\n +row 2, bo@example.com, contact_\w+: This import made it", planned.stdout)
    assert "1 in use by records of other imports\n" in planned.stdout
    assert f"used by 1 × Site of Site.csv, import {sites}: roll that back first" in planned.stdout
    unasked = stack.mep("rollback", people)
    assert (unasked.returncode, "Go on?" in unasked.stdout) == (130, True)
    assert stack.rows("SELECT count(*) FROM coperniq_records WHERE state = 'synced'") == [(3,)]
    left = stack.mep("rollback", people, "--yes")
    assert left.returncode == 3, left.stderr
    assert "Contact.csv is not rolled back as a whole: 1 record deleted, 0 withdrawn." in left.stdout
    used = f"Others use it: 1 × Site of Site.csv, import {sites}."
    assert re.search(rf"row 1, ada@example.com, contact_\w+: {re.escape(used)}\n", left.stdout)
    (report,) = (tmp_path / "outbox" / SLUG).glob(f"{people}*/rollback.csv")
    assert f"Each of them, why and what to do: {report}\n" in left.stdout
    (line,) = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert (line["row"], line["type"], line["key"], line["why"]) == ("1", "Contact", "ada@example.com", used)
    once_more = json.loads(stack.mep("rollback", people, "--yes", "--json").stdout)
    (named,) = once_more["records"]
    assert (named["row"], named["why"], once_more["file"]) == (1, used, str(report))
    (sample,) = json.loads(stack.mep("rollback", people, "--dry-run", "--json").stdout)["samples"][named["standing"]]
    assert (sample["row"], sample["why"]) == (1, used)
    assert stack.mep("rollback", sites, "--yes").returncode == 0
    done = json.loads(stack.mep("rollback", people, "--yes", "--json").stdout)
    assert (done["rolled_back"], done["deleted"], done["left"], done["stopped"]) == (True, 1, {}, None)
    assert (done["records"], done["file"], report.exists()) == ([], None, False)
    again = stack.mep("rollback", people, "--yes")
    assert again.returncode == 0
    assert again.stdout == "Contact.csv is rolled back already: 0 records deleted, 0 withdrawn.\n"
    assert stack.rows("SELECT DISTINCT status::TEXT FROM csv_imports") == [("rolled_back",)]
    stayed = stack.mep("import", SLUG)
    assert (stayed.returncode, stayed.stdout.count("rolled back")) == (0, 2)
    assert stack.rows("SELECT count(*) FROM coperniq_records") == [(0,)]


def test_a_trace_is_told_as_a_page_and_as_a_document(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS, Site=SITES)
    stack.mep("import", SLUG)
    page = stack.mep("trace", "ada@example.com")
    assert (page.returncode, page.stderr) == (0, "")
    assert [line for line in page.stdout.splitlines() if line.startswith(("Contact ", "Site "))] == [
        f"Contact ada@example.com of {SLUG}", f"Site 1 main st, denver, co 80202 | ada@example.com of {SLUG}",
    ]  # fmt: skip
    assert max(map(len, page.stdout.splitlines())) <= 100
    told = json.loads(stack.mep("trace", "ada@example.com", "--contractor", SLUG, "--json").stdout)
    people, _ = told["records"]
    (row,) = people["rows"]
    assert (told["asked"], people["record"]["state"], row["file"]["name"]) == (
        "ada@example.com", "synced", "Contact.csv",
    )  # fmt: skip
    assert [(cell["column"], cell["cell"], cell["value"]) for cell in row["cells"]] == [
        ("name", "Ada", "Ada"), ("emails", "ada@example.com", ["ada@example.com"]),
    ]  # fmt: skip
    assert [(attempt["operation"], attempt["http_status"]) for attempt in row["attempts"]] == [("import", 200)]
    assert json.loads(stack.mep("trace", row["coperniq_id"], "--json").stdout)["records"] == [people]
    nobody = stack.mep("trace", "nobody@example.com")
    assert (nobody.returncode, nobody.stdout, nobody.stderr.count("\n")) == (1, "", 1)
    assert nobody.stderr.startswith("mep: No record and no row is known by that")
    assert stack.mep("trace", "ada@example.com", "--contractor", "nobody").returncode == 1


def test_what_is_in_doubt_is_listed_and_settled(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS)
    stack.mep("import", SLUG)
    assert stack.mep("resolve").stdout == "Nothing is in doubt.\n"
    stack.rows(
        "WITH lost AS (UPDATE coperniq_records SET state = 'unknown', claim_id = gen_random_uuid(), coperniq_id = NULL"
        " WHERE record_key = 'ada@example.com' RETURNING csv_import_record_id)"
        " UPDATE csv_import_records SET coperniq_id = NULL FROM lost WHERE id = csv_import_record_id RETURNING 1"
    )
    rename(stack, "Somebody else")
    listed = stack.mep("resolve")
    assert (listed.returncode, "row 1 of Contact.csv, key ada@example.com" in listed.stdout) == (3, True)
    (one,) = json.loads(stack.mep("resolve", SLUG, "--json").stdout)
    assert (one["record_number"], one["contractor"]) == (1, SLUG)
    refused = stack.mep("resolve", SLUG, "--sent", one["id"], "no such id")
    assert (refused.returncode, refused.stderr) == (
        1,
        "mep: Coperniq has no Contact no such id: nothing was changed.\n",
    )
    wrong = stack.mep("resolve", SLUG, "--not-sent", "x")
    assert (wrong.returncode, "is no record of this contractor" in wrong.stderr) == (1, True)
    settled = stack.mep("resolve", SLUG, "--not-sent", one["id"])
    assert (settled.returncode, settled.stdout) == (0, "Nothing is in doubt.\n"), settled.stderr
    assert "mep resolve" in stack.rows("SELECT error_message FROM csv_import_records WHERE record_number = 1")[0][0]


def test_wrong_calls_are_one_line(stack: Stack) -> None:
    for arguments, code in (
        (["sync-check", "nobody"], 1), (["sync-check", SLUG, "--type", "Nothing"], 2), (["rollback", "x"], 1),
        (["rollback", "x", "--json"], 2), (["resolve", "--not-sent", "x"], 2), (["resolve", "nobody"], 1),
    ):  # fmt: skip
        done = stack.mep(*arguments)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith(("mep: ", "Error: "))
