"""Dates of a fix file are read as its import's were, and teach nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.csv_imports.conftest import statuses

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office
    from tests.integration.csv_imports.fixing import Outbox


def test_dates_are_read_as_the_parents_were(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", header + "s1;One;open;25/03/2026;\ns2;Two;open;04/05/2026;never\n")
    office.send("Task 2.csv", header + "s1;Three;open;03/25/2026;\n")
    second = outbox.send(first, lambda _: None)
    assert statuses(office, second) == ["error"]
    order = "SELECT transformation_params ->> 'order' FROM csv_column_mapping WHERE csv_import_id = %s"
    orders = {order for (order,) in office.conn.execute(order, [second]) if order}
    assert orders == {"DMY"}


def test_a_program_for_tables_that_writes_dates_its_own_way_moves_none(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", f"{header}s1;One;open;2026-04-05;never\n")
    office.send("Task 2.csv", f"{header}s1;Two;open;25/03/2026;\n")  # day first, as the contractor's system writes

    def save_as_in_america(rows: list[list[str]]) -> None:
        rows[0][3:5] = ["4/5/2026", ""]

    second = outbox.send(first, save_as_in_america)
    status, reason = office.import_row(second, "status::TEXT", "error_summary ->> 'reason'")
    assert status == "failed"
    assert "can be read as month/day and as day/month" in reason
    assert statuses(office, second) == []


def test_nobody_learns_the_order_of_dates_from_a_fix_file(office: Office, outbox: Outbox) -> None:
    header = "site;title;status;start date;end date\n"
    first = office.send("Task.csv", f"{header}s1;One;open;25/03/2026;\ns2;Two;open;04/05/2026;never\n")
    office.send("Task 2.csv", f"{header}s1;Three;open;03/25/2026;\n")
    before = office.send("Task 3.csv", f"{header}s1;Four;open;04/05/2026;\n")
    outbox.send(first, lambda rows: rows[0].__setitem__(4, ""))
    after = office.send("Task 4.csv", f"{header}s1;Five;open;04/05/2026;\n")
    ((sent_before,),) = office.rows(before, "mapped_data ->> 'startDate'")
    assert sent_before
    assert office.rows(after, "mapped_data ->> 'startDate'") == [(sent_before,)]
