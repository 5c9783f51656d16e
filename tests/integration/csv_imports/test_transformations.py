"""Transformations from a file to the database: the order of its dates, and what a contractor's mapping file lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.csv_imports import importing, store

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

HEADER = "name,type,Site,Install Date\n"
EITHER = HEADER + "Unit 1,Boiler,1 Main St,3/4/2021\nUnit 2,Boiler,1 Main St,5/6/2021\n"


def install_dates(office: Office, import_id: UUID) -> list[str | None]:
    return [date for (date,) in office.rows(import_id, "mapped_data ->> 'installDate'")]


def written_order(office: Office, import_id: UUID) -> str | None:
    found = office.conn.execute(
        """
        SELECT transformation_params ->> 'order' FROM csv_column_mapping
        WHERE csv_import_id = %s AND coperniq_field_name = 'installDate'
        """,
        [import_id],
    ).fetchone()
    assert found is not None
    return found[0]


def test_a_row_that_decides_at_the_end_of_a_large_file_decides_for_its_first_row(office: Office) -> None:
    rows = "".join(f"Unit {n},Boiler,1 Main St,3/4/2021\n" for n in range(importing.BATCH_RECORDS))
    found = office.send("Asset.csv", f"{HEADER}{rows}Last,Boiler,1 Main St,14/3/2021\n")
    assert set(install_dates(office, found)) == {"2021-04-03", "2021-03-14"}
    assert written_order(office, found) == "DMY"


def test_a_file_whose_dates_could_be_either_fails_and_asks(office: Office) -> None:
    found = office.send("Asset.csv", EITHER)
    status, reason = office.import_row(found, "status::TEXT", "error_summary ->> 'reason'")
    assert status == "failed"
    assert reason.startswith('The dates of "Install Date" can be read as month/day and as day/month (first in row 1): ')
    assert office.rows(found, "id") == []


def test_a_setting_answers_for_all_files(office: Office) -> None:
    office.put("Asset.csv", EITHER)
    office.register()
    for found in store.unfinished(office.conn, office.id):
        importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, date_order="DMY")
        assert install_dates(office, found.id) == ["2021-04-03", "2021-06-05"]
        assert written_order(office, found.id) == "DMY"


def test_a_file_that_decides_nothing_is_read_all_the_same(office: Office) -> None:
    found = office.send("Asset.csv", HEADER + "Unit 1,Boiler,1 Main St,2021-03-04\nUnit 2,Boiler,1 Main St,1/1/2021\n")
    assert install_dates(office, found) == ["2021-03-04", "2021-01-01"]
    assert written_order(office, found) is None


MAPPING = """
version: 1
type: Asset
columns:
  - {header: name, field: name, transform: [{rule: custom, function: concat, with: [Room], separator: " - "}]}
  - header: type
    field: type
    transform: [{rule: custom, function: value_map, values: {B: Boiler}}, {rule: uppercase}]
  - {header: Install Date, field: installDate, transform: [{rule: parse_date, order: DMY}]}
"""


def read_with_mapping(office: Office, content: str) -> importing.Contents:
    folder = office.root.parent / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / "Asset.yaml").write_text(MAPPING)
    office.put("Asset.csv", content)
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    return importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=folder)


def test_the_transformations_of_a_mapping_file_are_carried_out_and_written_down(office: Office) -> None:
    content = "name,type,Site,Install Date,Room\nUnit 1,b,1 Main St,3/4/2021,Attic\nUnit 2,Pump,1 Main St,,\n"
    read = read_with_mapping(office, content)
    assert read.failure is None
    columns = [f"mapped_data ->> '{name}'" for name in ("name", "type", "installDate")]
    assert office.rows(read.import_id, *columns, "record_data ->> 'type'") == [
        ("Unit 1 - Attic", "BOILER", "2021-04-03", "b"),
        ("Unit 2", "PUMP", None, "Pump"),
    ]
    written = office.conn.execute(
        "SELECT transformation_params::TEXT FROM csv_column_mapping WHERE csv_import_id = %s AND csv_column_number = 2",
        [read.import_id],
    ).fetchone()
    assert written is not None
    assert '"function": "value_map"' in written[0]
    assert '"rule": "uppercase"' in written[0]


def test_a_transformation_that_asks_for_a_column_which_is_not_there_fails_the_file(office: Office) -> None:
    read = read_with_mapping(office, "name,type,Site,Install Date\nUnit 1,B,1 Main St,3/4/2021\n")
    assert read.failure is not None
    assert read.failure.startswith('A transformation asks for the column "Room", which the file does not have: ')
    assert office.rows(read.import_id, "id") == []
