"""`mep duplicates`: what an operator sees of customers that are probably one, and says about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from assets.likeness.searching import Comparison
from orchestration.cli import mep

if TYPE_CHECKING:
    from click.testing import Result

    from tests.integration.csv_imports.conftest import Office

CUSTOMERS = """Customer Name,Email,Phone,Service Address,Service City,Service State,Service Zip
Ada Lovelace,ada@example.com,602-555-0101,12 North Main Street,Phoenix,AZ,85051
Ada Lovelace,countess@example.org,,12 N. Main St,Phoenix,AZ,85051
"""


@pytest.fixture
def pair(office: Office, migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Import two contacts that are probably one customer; give the short id of the pair."""
    monkeypatch.setenv("DATABASE_URL", migrated_database)
    office.send("customers.csv", CUSTOMERS)
    office.conn.execute("UPDATE coperniq_records SET state = 'synced', coperniq_id = 'cq-1' WHERE record_number = 1")
    Comparison(office.conn, office.id).run()
    hostile = '"Ada \\u001b[31m\\u202e Lovelace"'
    office.conn.execute(
        "UPDATE csv_import_records SET mapped_data = jsonb_set(mapped_data, '{name}', %s)"
        " WHERE record_number = 2 AND mapped_data ? 'name'",
        [hostile],
    )
    ((found,),) = office.conn.execute("SELECT id FROM possible_duplicates").fetchall()
    return str(found)[:8]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(mep, ["duplicates", *map(str, arguments)])


def cells(line: str) -> list[str]:
    return [cell for cell in line.strip().split("  ") if cell]


def test_open_pairs_are_listed_side_by_side(pair: str, office: Office) -> None:
    listed = run("list", "abc")
    assert listed.exit_code == 3
    assert listed.output.splitlines()[0] == f"{pair}  0.90  same name, same address, other e-mail"
    assert [[cell.strip() for cell in cells(line)] for line in listed.output.splitlines()[1:]] == [
        ["cq-1, row 1 of customers.csv", "not sent yet, row 2 of customers.csv"],
        ["name", "≠", "Ada Lovelace", "Ada [31m Lovelace"],
        ["e-mail", "≠", "ada@example.com", "countess@example.org"],
        ["phone", "≠", "+16025550101"],
        ["address", "≠", "12 North Main Street, Phoenix, AZ, 85051", "12 N. Main St, Phoenix, AZ, 85051"],
    ]
    (document,) = json.loads(run("list", "abc", "--json").output)
    assert (document["score"], document["reasons"]) == (0.9, ["same name", "same address", "other e-mail"])
    assert [one["contact"]["emails"] for one in document["contacts"]] == [["ada@example.com"], ["countess@example.org"]]


def test_pairs_are_listed_by_the_import_that_brought_them(pair: str, office: Office) -> None:
    ((found,),) = office.conn.execute("SELECT csv_import_id::TEXT FROM possible_duplicates").fetchall()
    assert run("list", "abc", "--import", found[:8].upper()).exit_code == 3
    other = run("list", "abc", "--import", "ffffffff")
    assert (other.exit_code, other.output) == (0, "No possible duplicates are open.\n")
    assert run("list", "abc", "--import", "ffffffff", "--json").output == "[]\n"


def test_of_the_same_customer_it_says_what_is_to_be_done_by_hand(pair: str, office: Office) -> None:
    before = records(office)
    decided = run("decide", pair, "same", "--by", "ann")
    assert (decided.exit_code, decided.output.splitlines()[:2]) == (0, [
        f"{pair}: same, and not offered again. Nothing was merged.",
        "  Keep one of the two, and let go of the other: cq-1, row 1 of customers.csv; not sent yet, row 2 of"
        " customers.csv.",
    ])  # fmt: skip
    assert records(office) == before
    assert office.conn.execute("SELECT state, decided_by FROM possible_duplicates").fetchall() == [("same", "ann")]
    assert run("list", "abc").exit_code == 0


def test_the_last_word_counts(pair: str, office: Office) -> None:
    assert json.loads(run("decide", pair, "same", "--json").output)["to_do"]
    decided = json.loads(run("decide", pair, "different", "--json").output)
    assert (decided["state"], decided["to_do"]) == ("different", [])
    ((state, by),) = office.conn.execute("SELECT state, decided_by FROM possible_duplicates").fetchall()
    assert (state, by.startswith("mep duplicates (")) == ("different", True)


@pytest.mark.parametrize("given", ["ffffffff", "{pair:.7}", "________"])
def test_what_is_no_pair_is_said_in_one_line(pair: str, given: str) -> None:
    decided = run("decide", given.format(pair=pair), "same")
    assert decided.exit_code == 1
    assert "No pair, or more than one, has the id" in str(decided.exception)


def records(office: Office) -> list[Any]:
    return office.conn.execute("SELECT * FROM coperniq_records ORDER BY id").fetchall()
