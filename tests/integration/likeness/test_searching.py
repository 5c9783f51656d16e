"""Customers that are probably one, found among those of a file, of other files and of Coperniq; each pair once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.likeness import reviewing, searching, store
from assets.likeness.searching import Comparison
from tests.integration.csv_imports.conftest import make_office

if TYPE_CHECKING:
    from assets.likeness.searching import Compared
    from tests.integration.csv_imports.conftest import Office

HEADER = "Customer Name,Email,Phone,Service Address,Service City,Service State,Service Zip\n"
ADA = "Ada Lovelace,ada@example.com,602-555-0101,12 North Main Street,Phoenix,AZ,85051\n"
ADA_AGAIN = "Lovelace Ada,countess@example.org,,12 N. Main St,Phoenix,AZ,85051\n"
HER_SON = "Byron Lovelace,byron@example.com,602-555-0101,12 North Main Street,Phoenix,AZ,85051\n"
BO = "Bo Diddley,bo@example.com,602-555-0177,7 Elm Avenue,Mesa,AZ,85203\n"
BO_ELSEWHERE = "Bo Diddley,diddley@example.org,602-555-0999,7 Elm Avenue,Denver,CO,80202\n"


def compare(office: Office) -> Compared:
    return Comparison(office.conn, office.id).run()


def pairs(office: Office) -> list[tuple[Any, ...]]:
    return office.conn.execute(
        "SELECT first_key, second_key, state, score::FLOAT8, reasons, csv_import_id FROM possible_duplicates"
        " WHERE contractor_config_id = %s ORDER BY first_key, second_key",
        [office.id],
    ).fetchall()


def test_a_customer_that_comes_twice_in_a_file_is_offered_and_nothing_else(office: Office) -> None:
    found = office.send("customers.csv", HEADER + ADA + HER_SON + BO + ADA_AGAIN + BO_ELSEWHERE)
    sent = office.conn.execute("SELECT id, state, names FROM coperniq_records ORDER BY id").fetchall()
    done = compare(office)
    reasons = ["same name", "same address", "other e-mail"]
    assert pairs(office) == [("ada@example.com", "countess@example.org", "open", 0.9, reasons, found)]
    assert (done.customers, done.offered, dict(done.reasons)) == (5, 1, {", ".join(reasons): 1})
    # A pair is a question: both records go their way.
    assert office.conn.execute("SELECT id, state, names FROM coperniq_records ORDER BY id").fetchall() == sent


def test_a_later_file_is_compared_with_what_came_before_and_only_once(office: Office) -> None:
    office.send("customers-1.csv", HEADER.replace("Customer", "Contact") + ADA + BO)
    assert compare(office).offered == 0
    office.mark_synced()
    second = office.send("customers-2.csv", HEADER + ADA_AGAIN)
    done = compare(office)
    assert (done.customers, done.pairs, done.offered) == (1, 1, 1)
    (found,) = pairs(office)
    assert found[5] == second
    again = compare(office)
    assert (again.customers, again.offered, pairs(office)) == (0, 0, [found])


def test_what_was_decided_is_never_offered_again(office: Office) -> None:
    office.send("customers-1.csv", HEADER + ADA + ADA_AGAIN)
    compare(office)
    (pair,) = reviewing.open_pairs(office.conn, office.id)
    reviewing.decide(office.conn, pair, "different", "ann")
    office.send("customers-2.csv", HEADER.replace("Phone", "Phone,Source") + ADA.replace(",12 N", ",web,12 N"))
    assert compare(office).offered == 0
    # As after a rollback, and a new start.
    office.conn.execute("DELETE FROM coperniq_records WHERE coperniq_type = 'Contact'")
    office.send("customers-3.csv", HEADER + ADA + ADA_AGAIN.replace("Lovelace Ada", "A. Lovelace"))
    assert compare(office).pairs == 1
    assert [found[2] for found in pairs(office)] == ["different"]
    assert reviewing.open_pairs(office.conn, office.id) == []


def test_an_open_pair_says_how_alike_the_two_are_now(office: Office) -> None:
    office.send("customers-1.csv", HEADER + ADA + ADA_AGAIN)
    compare(office)
    office.send("customers-2.csv", HEADER + ADA_AGAIN.replace("org,", "org,602-555-0101"))
    assert compare(office).offered == 0
    assert [found[3:5] for found in pairs(office)] == [
        (1.0, ["same name", "same address", "same phone", "other e-mail"])
    ]


def test_sites_that_come_later_bring_pairs_to_light(office: Office) -> None:
    office.send("Contact.csv", "name,email\nAda Lovelace,ada@example.com\nAda Lovelace,countess@example.org\n")
    assert compare(office).offered == 0
    office.send(
        "Site.csv",
        'fullAddress,clientId\n"12 North Main Street, Phoenix, AZ 85051",ada@example.com\n'
        '"12 N Main St, Phoenix, AZ 85051-1234",countess@example.org\n',
    )
    assert compare(office).offered == 1


def test_a_contact_that_was_in_coperniq_before_is_compared_as_well(office: Office) -> None:
    there = '{"name": "Ada Lovelace", "emails": ["old@example.com"], "phones": ["+16025550101"]}'
    office.conn.execute(
        "INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key, state, coperniq_id, sent_data)"
        " VALUES (%s, 'Contact', 'old@example.com', 'synced', 'cq-1', %s)",
        [office.id, there],
    )
    assert compare(office).customers == 1
    office.send("customers.csv", HEADER + ADA)
    assert compare(office).offered == 1
    assert [found[:2] for found in pairs(office)] == [("ada@example.com", "old@example.com")]
    assert compare(office).customers == 0


BEFORE = (
    "INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key, state, coperniq_id, sent_data)"
    " VALUES (%s, 'Contact', %s, %s, %s, %s)"
)


@pytest.mark.parametrize(
    ("state", "coperniq_id", "compared"), [("synced", "cq-1", 1), ("rejected", None, 0)], ids=["known", "refused"]
)
def test_a_contact_that_shares_nothing_with_anybody_is_looked_at_once(
    office: Office, state: str, coperniq_id: str | None, compared: int
) -> None:
    office.conn.execute(BEFORE, [office.id, "nobody", state, coperniq_id, '{"name": "Ada Lovelace"}'])
    assert (compare(office).customers, compare(office).customers) == (compared, 0)
    assert len(store.without_import(office.conn, office.id, 10)) == 0


def test_what_was_there_before_is_compared_in_bounded_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_AT_ONCE", 2)
    for number in range(3):
        office.conn.execute(BEFORE, [office.id, f"nobody {number}", "synced", f"cq-{number}", "{}"])
    runs = [compare(office) for _ in range(3)]
    assert [(run.customers, run.is_whole) for run in runs] == [(2, False), (1, True), (0, True)]


def test_what_coperniq_refused_is_nobodys_double(office: Office) -> None:
    office.send("customers-1.csv", HEADER + ADA)
    office.conn.execute("UPDATE coperniq_records SET state = 'rejected'")
    office.send("customers-2.csv", HEADER + ADA_AGAIN)
    assert compare(office).offered == 0
    office.conn.execute("UPDATE coperniq_records SET state = 'ready'")
    office.conn.execute("UPDATE csv_imports SET compared_rows = 0, compared_at = NULL")
    assert compare(office).offered == 1
    office.conn.execute("UPDATE coperniq_records SET state = 'rejected' WHERE record_key = 'ada@example.com'")
    assert (reviewing.open_pairs(office.conn, office.id), reviewing.count_open(office.conn, office.id)) == ([], 0)


def test_contractors_customers_are_nothing_to_each_other(office: Office) -> None:
    office.send("customers.csv", HEADER + ADA)
    other = make_office(office.conn, office.root, "other")
    other.send("customers.csv", HEADER + ADA_AGAIN)
    assert (compare(office).pairs, compare(other).pairs) == (0, 0)


def test_what_very_many_share_tells_nobody_apart(office: Office) -> None:
    switchboard = "".join(f"Ada Lovelace,ada{number}@example.com,602-555-0101,,,,\n" for number in range(51))
    office.send("customers.csv", HEADER + switchboard)
    assert compare(office).pairs == 0


def test_a_run_that_dies_or_has_no_time_is_completed_by_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", 2)
    rows = [ADA, BO, HER_SON, ADA_AGAIN, BO_ELSEWHERE]
    found = office.send("customers.csv", HEADER + "".join(rows))
    conclude, done = store.conclude, []

    def die_at_the_second(*given: Any) -> None:
        done.append(given)
        if len(done) == 2:
            raise KeyboardInterrupt
        conclude(*given)

    with monkeypatch.context() as patched:
        patched.setattr(store, "conclude", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            compare(office)
    assert (office.import_row(found, "compared_rows", "compared_at"), pairs(office)) == ((2, None), [])
    assert Comparison(office.conn, office.id, seconds=0.0).run().is_whole is False
    assert office.import_row(found, "compared_rows", "compared_at") == (2, None)
    whole = compare(office)
    assert (whole.customers, whole.offered, whole.is_whole) == (3, 1, True)
    assert office.conn.execute("SELECT min(compared_rows), count(compared_at) FROM csv_imports").fetchone() == (5, 2)
