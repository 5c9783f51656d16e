"""What Excel did to values, from the workbook to the row: repaired where it is certain, an error where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workbook_files import FORMATS, cell_xml, workbook

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office

DATE = f'<c s="{FORMATS["date"]}"><v>44269</v></c>'
FIX = "in row 1 and send the fix file."
SHORT = f"is too short for a zip code: Excel may have cut off a leading zero. Type it whole {FIX}"
SHORTENED = f"was shortened by Excel and its last digits may be lost. Type the whole number {FIX}"
FORMULA = f"is the error of a formula in Excel. Type what it should be {FIX}"
SITES = ["Customer", "Street", "City", "State", "Zip"]
CONTACTS = ["name", "email", "phone", "status"]
ASSETS = ["name", "type", "Site", "Serial number", "Install date"]


def send(office: Office, name: str, header: list[str], *rows: list[Any]) -> list[tuple[Any, ...]]:
    """Send a workbook; give the rows' status, message, what is sent, and what stood in the sheet."""
    lines = [header, *rows]
    xml = "".join(f"<row>{''.join(cell if is_xml(cell) else cell_xml(cell) for cell in line)}</row>" for line in lines)
    office.put(name, workbook({"Sheet1": xml}))
    import_id = office.run()[name]
    assert import_id is not None
    return office.rows(import_id, "status::TEXT", "error_message", "mapped_data", "record_data")


def status_of(sent: str | None, message: str | None) -> str:
    """Say which status a row must have: what is not sent is an error, what is sent with a word a warning."""
    if sent is None:
        return "error"
    return "warning" if message else "valid"


def is_xml(cell: object) -> bool:
    return isinstance(cell, str) and cell.startswith("<c ")


@pytest.mark.parametrize(
    ("state", "code", "sent", "message"),
    [
        ("MA", "02134", "02134", None),
        ("CO", 80202, "80202", None),
        ("MA", 2134, "02134", "Zip code 2134 has lost its leading zero; sent as 02134."),
        ("PR", 601, "00601", "Zip code 601 has lost its leading zeros; sent as 00601."),
        ("MA", "2134.0", "02134", "Excel had turned a zip code into 2134.0; sent as 02134."),
        ("CO", 2134, None, f'Zip "2134" {SHORT}'),
        (None, 2134, None, f'Zip "2134" {SHORT}'),
    ],
)
def test_zip_codes(office: Office, state: str | None, code: float | str, sent: str | None, message: str | None) -> None:
    ((status, said, mapped, stood),) = send(office, "Site.xlsx", SITES, ["Ann", "1 Main St", "Town", state, code])
    assert (status, said) == (status_of(sent, message), message)
    assert stood["Zip"] == str(code)
    assert (mapped or {}).get("zipcode") == sent


@pytest.mark.parametrize(
    ("phone", "sent", "message"),
    [
        (3105551234, "+13105551234", None),
        ("<c ><v>3.105551234E+09</v></c>", "+13105551234", None),
        (
            "3.105551234E+09",
            "+13105551234",
            "Excel had turned a phone number into 3.105551234E+09; sent as +13105551234.",
        ),
        ("3105551234.0", "+13105551234", "Excel had turned a phone number into 3105551234.0; sent as +13105551234."),
        ("'3105551234", "+13105551234", "Excel had turned a phone number into '3105551234; sent as +13105551234."),
        ("3.1E+09", None, f'phone "3.1E+09" {SHORTENED}'),
        ('<c t="e"><v>#REF!</v></c>', None, f'phone "#REF!" {FORMULA}'),
    ],
)
def test_phone_numbers(office: Office, phone: float | str, sent: str | None, message: str | None) -> None:
    ((status, said, mapped, _),) = send(office, "Contact.xlsx", CONTACTS, ["Ann", "a@b.co", phone, "Lead"])
    assert (status, said) == (status_of(sent, message), message)
    assert (mapped or {}).get("phones") == (sent and [sent])


@pytest.mark.parametrize(
    ("date", "serial", "sent", "message"),
    [
        (DATE, "A1", "2021-03-14", None),
        (DATE, "1E5", "2021-03-14", None),
        (DATE, 123456789012, "2021-03-14", None),
        (44269, "A1", "2021-03-14", "Excel had turned a date into the number 44269; read as 2021-03-14."),
        (
            "Installed 03/14/2021",
            "A1",
            "2021-03-14",
            "Only the date of Installed 03/14/2021 is sent; read as 2021-03-14.",
        ),
        (DATE, "1.23457E+11", None, f'Serial number "1.23457E+11" {SHORTENED}'),
        ('<c t="e"><v>#N/A</v></c>', "A1", None, f'Install date "#N/A" {FORMULA}'),
    ],
)
def test_dates_and_serial_numbers(
    office: Office, date: float | str, serial: float | str, sent: str | None, message: str | None
) -> None:
    ((status, said, mapped, stood),) = send(office, "Asset.xlsx", ASSETS, ["Unit", "AC", "1 Main St", serial, date])
    assert (status, said) == (status_of(sent, message), message)
    assert stood["Serial number"] == str(serial)
    assert (mapped or {}).get("installDate") == sent
